// What the tests of the tool share: the tool as a shell runs it, in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace weir {

using Json = nlohmann::json;
namespace fs = std::filesystem;

inline const std::string kXor = WEIR_SOURCE_DIR "/examples/data/xor.pb", kFiles = WEIR_TEST_DATA "/files/";

inline std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

class Graphdef : public ::testing::Test {
 protected:
  struct Ran {
    int code;
    std::string out, err;
  };

  Graphdef()
      : folder_(fs::path(::testing::TempDir()) /
                ("graphdef_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" +
                 std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Graphdef() override { fs::remove_all(folder_); }

  std::string File(const std::string& name) const { return (folder_ / name).string(); }

  // Runs the tool by the shell. The code is 128 and more when a signal ended it.
  Ran Run(const std::string& arguments) const {
    const std::string command = std::string(WEIR_GRAPHDEF) + " " + arguments + " >" + File("out") + " 2>" + File("err");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadAll(File("out")),
            ReadAll(File("err"))};
  }
  std::string Output(const std::string& arguments) const {
    const Ran r = Run(arguments);
    EXPECT_EQ(r.code, 0) << arguments << "\n" << r.err;
    return r.out;
  }
  // A failure: its code, nothing on stdout, and a message that holds `text`.
  void ExpectFailure(const std::string& arguments, int code, const std::string& text) const {
    const Ran r = Run(arguments);
    EXPECT_EQ(r.code, code) << arguments << "\n" << r.out << r.err;
    EXPECT_EQ(r.out, "") << arguments;
    EXPECT_NE(r.err.find(text), std::string::npos) << arguments << "\n" << r.err;
  }

 private:
  fs::path folder_;
};

}  // namespace weir
