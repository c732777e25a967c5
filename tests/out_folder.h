// A folder that tests write files into: of the test's own, or the one that WEIR_TEST_OUT names, whose files the scripts
// of tests/oracle then read (make_records.py, check_saved.py).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace weir {

inline std::string OutFolder() {
  const char* named = std::getenv("WEIR_TEST_OUT");
  const std::string folder =
      named ? named
            : testing::TempDir() + "weir_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace weir
