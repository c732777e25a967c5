// Saving that is killed, and saving whose system calls fail: whatever happens, the last committed checkpoint loads.
//
//   save_campaign [--kills=N] [--seed=N]      1,000 kills; each call of a save fails once with EIO, once with a full
//                                             disk, and each write is cut short once
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "weir/ops/model/variables.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/fuzz/failing_calls.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

constexpr int kElements = 20000;

// A variable that holds one number many times, so that a torn one shows.
class Model {
 public:
  explicit Model(const TempFolder& folder)
      : folder_(folder), w_(g_, Tensor::Zeros(kFloat, {kElements}), {.name = "w"}), session_(g_, {.threads = 1}) {}

  Status Save(float number) {
    WEIR_RETURN_IF_ERROR(session_.SetVariable("w", Tensor::Vector(std::vector<float>(kElements, number))));
    return Saver(&session_, {.max_to_keep = 2}).Save(folder_ / "net", static_cast<int64_t>(number)).status();
  }
  // What the latest checkpoint holds; 0 when none was made yet. Exits when there is none that is sound.
  float Latest(float committed) {
    auto path = LatestCheckpoint(folder_.path.string());
    if (!path.ok() && committed == 0) return 0;
    Status s = path.ok() ? Saver(&session_).Restore(*path) : path.status();
    if (!s.ok()) Lost(committed, s.ToString());
    const Tensor w = session_.GetVariable("w").value();
    for (float v : w.span<float>()) {
      if (v != w.data<float>()[0]) Lost(committed, "the variable is torn");
    }
    return w.data<float>()[0];
  }
  [[noreturn]] static void Lost(float committed, const std::string& why) {
    fmt::print(stderr, "{} was committed: {}\n", committed, why);
    std::fflush(stdout);
    _exit(1);
  }
  // But two checkpoints of two files, and the state.
  void CheckNothingIsLeft(float committed) const {
    std::string names;
    int files = 0;
    for (const auto& e : std::filesystem::directory_iterator(folder_.path))
      names += " " + e.path().filename().string(), ++files;
    if (files != 5) Lost(committed, "these files are left:" + names);
  }

 private:
  const TempFolder& folder_;
  Builder g_;
  Variable w_;
  Session session_;
};

// A child saves one number after the other, and says which are committed, until it is killed.
void Kill(int kills, std::mt19937& random) {
  TempFolder folder;
  float committed = 0;
  for (int round = 0; round < kills; ++round) {
    int told[2];
    if (pipe(told) != 0) Model::Lost(committed, "no pipe");
    const pid_t child = fork();
    if (child == 0) {
      Model m(folder);
      for (float number = m.Latest(committed) + 1;; ++number) {
        if (Status s = m.Save(number); !s.ok()) Model::Lost(number - 1, s.ToString());
        if (write(told[1], &number, sizeof number) != sizeof number) _exit(1);
      }
    }
    close(told[1]);
    usleep(1000 + random() % 60000);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    while (read(told[0], &committed, sizeof committed) == sizeof committed) {}
    close(told[0]);
    const float latest = Model(folder).Latest(committed);
    if (!WIFSIGNALED(status) || latest < committed) Model::Lost(committed, fmt::format("the latest is {}", latest));
  }
  Model m(folder);
  m.Save(committed + 100).Check();
  m.CheckNothingIsLeft(committed);
  fmt::print("{} kills, {} checkpoints committed: none lost\n", kills, committed);
}

// Each call of a save fails, one after the other.
void Fail(Failure how, const char* what) {
  TempFolder folder;
  Model m(folder);
  float number = 1, committed = 1;
  m.Save(number).Check();
  int errors = 0, calls = 0;
  for (int nth = 0;; ++nth) {
    FailCall(nth, how);
    const Status s = m.Save(++number);
    calls = CallsSince();
    FailCall(-1, how);
    const float latest = m.Latest(committed);
    // What failed may be committed all the same: flushing the folder is the last call.
    if (latest != number && (s.ok() || latest != committed))
      Model::Lost(committed, fmt::format("call {} failed ({}), and the latest is {}", nth, what, latest));
    committed = latest, errors += !s.ok();
    if (nth >= calls) break;
  }
  m.Save(++number).Check();
  m.CheckNothingIsLeft(committed);
  fmt::print("{}: {} calls, {} errors told: none lost\n", what, calls, errors);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  int kills = 1000;
  unsigned seed = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg.starts_with("--kills=")) kills = std::atoi(argv[i] + 8);
    else if (arg.starts_with("--seed=")) seed = static_cast<unsigned>(std::atoi(argv[i] + 7));
    else return fmt::print(stderr, "save_campaign [--kills=N] [--seed=N]\n"), 2;
  }
  std::mt19937 random(seed);
  weir::Kill(kills, random);
  weir::Fail(Failure::kIoError, "EIO");
  weir::Fail(Failure::kDiskFull, "disk full");
  weir::Fail(Failure::kShortWrite, "short write");
}
