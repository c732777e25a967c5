// What a saver does to the files around it: what killed saves left goes, what lives or is others' stays; saves beside
// runs.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/graph/base/file.h"
#include "weir/session/save/checkpoint_reader.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class SaverFiles : public testing::Test {
 protected:
  SaverFiles() : path_(fs::temp_directory_path() / ("weir_files_" + std::to_string(std::random_device()()))) {
    fs::create_directories(path_);
    w_ = Variable(g_, {1.0f, 2.0f}, {.name = "w"});
    add_ = ops::AssignAdd(w_, {1.0f, 1.0f});
    init_ = GlobalVariablesInitializer(g_);
    // Without workers: a child that is forked while another thread allocates may wait for ever.
    session_ = std::make_unique<Session>(g_, SessionOptions{.threads = 1});
    session_->Run(init_).Check();
  }
  ~SaverFiles() override { fs::remove_all(path_); }

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  bool Has(const std::string& name) const { return fs::exists(path_ / name); }
  void Write(const std::string& name) const { std::ofstream(path_ / name) << "x"; }
  void Save(int step, int keep = 5) const {
    auto saved = Saver(session_.get(), {.max_to_keep = keep}).Save(File("net"), step);
    ASSERT_TRUE(saved.ok()) << saved.status().ToString();
  }
  int Count() const { return static_cast<int>(std::distance(fs::directory_iterator(path_), {})); }

  Builder g_;
  Variable w_;
  Operation add_, init_;
  std::unique_ptr<Session> session_;
  fs::path path_;
};

TEST_F(SaverFiles, WhatKilledSavesLeftGoes) {
  // Killed while writing data; between data and index; while deleting.
  for (const char* name :
       {"net-1.data-00000-of-00001.tempAb3dEf", "net-2.data-00000-of-00001", "net-2.index.tempQ7u0zZ",
        "net-3.data-00000-of-00001", "net-3.index.tempRETIRE", "checkpoint.tempAb3dEf"})
    Write(name);
  Save(4);
  EXPECT_EQ(Count(), 3);  // index, data, state
  EXPECT_TRUE(Has("net-4.index"));
}

TEST_F(SaverFiles, WhatIsNotItsOwnStays) {
  const std::vector<std::string> strangers = {
      "other-1.data-00000-of-00001.tempAb3dEf",  // another prefix
      "net-best.index.tempAb3dEf",               // no step of ours
      "net-7.data-00000-of-00001",               // data without an index, and nothing tells whose it is
      "net-8.index.tempstate123456",             // TensorFlow's
      "net-9.notes.tempAb3dEf",
      "net.txt",
      "net-10.index.temp"};
  for (const std::string& name : strangers) Write(name);
  Save(1);
  for (const std::string& name : strangers) EXPECT_TRUE(Has(name)) << name;
}

TEST_F(SaverFiles, WhatALiveProcessWritesStays) {
  int ready[2], finish[2];
  ASSERT_EQ(pipe(ready) | pipe(finish), 0);
  pid_t child = fork();
  if (child == 0) {
    auto data = io::AsideFile::Create(File("net-5.data-00000-of-00001"));
    auto index = io::AsideFile::Create(File("net-5.index"));
    char c = data.ok() && index.ok() && (*data)->Commit().ok() ? '+' : '-';
    if (write(ready[1], &c, 1) != 1 || read(finish[0], &c, 1) != 1) _exit(1);
    _exit(0);  // as if killed: nothing is cleaned up
  }
  char c = 0;
  ASSERT_EQ(read(ready[0], &c, 1), 1);
  EXPECT_EQ(c, '+');
  auto aside = [&] {
    for (const auto& e : fs::directory_iterator(path_)) {
      if (e.path().filename().string().starts_with("net-5.index.temp")) return true;
    }
    return false;
  };
  Save(1);
  EXPECT_TRUE(aside());
  EXPECT_TRUE(Has("net-5.data-00000-of-00001"));
  ASSERT_EQ(write(finish[1], &c, 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  Save(2);  // now it is dead
  EXPECT_FALSE(aside());
  EXPECT_FALSE(Has("net-5.data-00000-of-00001"));
}

TEST_F(SaverFiles, ACheckpointOfASaveKilledAtItsEndCounts) {
  Save(1, 2);
  Save(2, 2);
  // Net-3 is written and entered, but the state does not call it the latest, nor is anything deleted.
  Save(3, 0);
  std::ofstream(path_ / "checkpoint")
      << "model_checkpoint_path: \"net-2\"\nall_model_checkpoint_paths: \"net-1\"\n"
         "all_model_checkpoint_paths: \"net-2\"\nall_model_checkpoint_paths: \"net-3\"\n";
  Save(4, 2);
  EXPECT_FALSE(Has("net-1.index"));
  EXPECT_FALSE(Has("net-2.index"));
  EXPECT_TRUE(Has("net-3.index"));
  EXPECT_TRUE(Has("net-4.index"));
  EXPECT_EQ(Count(), 5);
}

// A child is killed at a random moment of saving, again and again: no garbage grows, and the latest checkpoint is
// sound.
TEST_F(SaverFiles, KilledAtAnyMoment) {
  std::mt19937 random(7);
  for (int round = 0; round < 12; ++round) {
    pid_t child = fork();
    if (child == 0) {
      Builder g;
      Variable w(g, Tensor::Zeros(kFloat, {50000}), {.name = "w"});
      Operation init = GlobalVariablesInitializer(g);
      Session s(g, {.threads = 1});
      if (!s.Run(init).ok()) _exit(1);
      for (int step = round * 1000;; ++step) {
        if (!Saver(&s, {.max_to_keep = 2}).Save(File("net"), step).ok()) _exit(1);
      }
    }
    usleep(40000 + random() % 60000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  Save(1000000, 2);
  EXPECT_EQ(Count(), 5) << "two checkpoints of two files, and the state";
  EXPECT_EQ(LatestCheckpoint(path_).value(), File("net-1000000"));
}

TEST_F(SaverFiles, AFailedSaveLeavesTheStateAsItWas) {
  Save(1);
  Builder g;
  Variable v(g, 1.0f, {.name = "v"});
  Session s(g);
  EXPECT_FALSE(Saver(&s).Save(File("net"), 2).ok());
  EXPECT_FALSE(Saver(session_.get()).Save(File(""), 2).ok());  // no prefix
  fs::create_directory(path_ / "net-2.data-00000-of-00001");
  EXPECT_FALSE(Saver(session_.get()).Save(File("net"), 2).ok());
  fs::remove(path_ / "net-2.data-00000-of-00001");
  EXPECT_EQ(LatestCheckpoint(path_).value(), File("net-1"));
  EXPECT_EQ(Count(), 3);
}

// Set, saved and restored while runs change it: a variable is one whole value in every one of them.
TEST_F(SaverFiles, BesideRuns) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  auto whole = [](const Tensor& t) { return t.data<float>()[1] - t.data<float>()[0] == 1.0f; };
  std::atomic<int> torn{0}, failed{0};
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        failed += !session_->Run(add_).ok();
        auto t = session_->Run(w_);
        failed += !t.ok();
        torn += t.ok() && !whole(*t);
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) failed += !session_->SetVariable("w", Tensor::Vector(std::vector<float>{5, 6})).ok();
  });
  Saver saver(session_.get());
  for (int i = 0; i < 20; ++i) {
    auto path = saver.Save(File("net"), i);
    failed += !path.ok() || !saver.Restore(*path).ok();
    torn += path.ok() && !whole(CheckpointReader::Open(*path).value().Read("w").value());
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace weir
