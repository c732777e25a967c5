// graph_fuzz: graph files with fields dropped, doubled, retyped, rewired or damaged, each taken through every verb of
// graphdef that reads a graph, and through the library's other ways with one (graph_ways.h), in this process. Every
// case must end in an exit code: never a signal, a sanitizer's report, a hang or an exception that is let escape.
//
//   graph_fuzz [--seconds=10] [--cases=N] [--first=0] [--seed=1] [--folder=DIR…] [--verbose] [--write=FILE]
//
// --seed=0 begins with the graphs undamaged. When a case does not end well, stderr names it: --seed=S --first=NUMBER
// --cases=1 runs it again, --write=FILE writes its graph first.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <thread>

#include "weir/graph/base/memory.h"
#include "weir/graph/base/file.h"
#include "weir/tests/fuzz/current_case.h"
#include "weir/tests/fuzz/graph_seeds.h"
#include "weir/tests/fuzz/graph_ways.h"

namespace weir::fuzz {

namespace {

constexpr int64_t kBudget = int64_t{256} << 20;
constexpr int kPatience = 3;   // seconds, then a verb is interrupted: a loop may run for ever
constexpr int kHang = 60;      // seconds of the processor; one that does not end then hangs
constexpr int kStuck = 600;    // seconds; so does one that only waits. Why so long: others may use the processor

std::FILE* report = nullptr;  // the real stderr
std::atomic<int64_t> verb_started{0}, verb_cpu{0};  // milliseconds; 0: none runs
pthread_t fuzzing;                                  // the thread that does

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t CpuNow() { return int64_t{std::clock()} * 1000 / CLOCKS_PER_SEC; }

// A stream that takes everything and keeps nothing, without a system call.
std::FILE* Nowhere() {
  cookie_io_functions_t functions{};
  functions.write = [](void*, const char*, size_t n) { return static_cast<ssize_t>(n); };
  return fopencookie(nullptr, "w", functions);
}

// Interrupts what takes long, ends what does not listen.
void Watch() {
  while (true) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const int64_t started = verb_started.load();
    if (started == 0) continue;
    const int64_t took = Now() - started, cpu = CpuNow() - verb_cpu.load();
    if (took > kPatience * 1000) tool::interrupted = true;
    if (cpu <= kHang * 1000 && took <= kStuck * 1000) continue;
    fmt::print(report, "hangs: over {} s\n", took / 1000);
    std::fflush(report);
    pthread_kill(fuzzing, SIGABRT);  // so that ASAN_OPTIONS=handle_abort=1 shows where
    std::this_thread::sleep_for(std::chrono::seconds(30));
    std::abort();
  }
}

// The file that all ways read: of this process, in memory.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("graph", 0)) {}
  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }
  void Put(const std::string& bytes) const {
    bool ok =
        ftruncate(fd_, 0) == 0 && pwrite(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    if (!ok) throw std::runtime_error("cannot write the graph's file");
  }

 private:
  int fd_;
};

struct Options {
  double seconds = 10;
  int64_t cases = INT64_MAX, first = 0;
  uint64_t seed = 1;
  std::vector<std::string> folders;
  std::string write;
  bool verbose = false;
};

// A file op takes its path from the graph: none that writes may run on a damaged one.
bool MayWrite(const std::string& bytes) {
  return bytes.find("SaveV2") != bytes.npos || bytes.find("MergeV2") != bytes.npos ||
         bytes.find("WriteFile") != bytes.npos;
}

// The exit code of one way.
int Go(const Way& way, const std::string& what, bool verbose) {
  std::snprintf(current, sizeof current, "%s: %s\n", what.c_str(), way.line.c_str());
  if (verbose) fmt::print(report, "{}", current);
  tool::interrupted = false;
  verb_cpu = CpuNow(), verb_started = Now();
  int code = tool::kResources;
  try {
    code = way.action();
  } catch (const std::bad_alloc&) {
    // As main does: a verb may run out of the budget.
  }
  verb_started = 0;
  return code;
}

// How many ways ended with code 0; -1 where the graph does not load, which is the same to all of them: one tries.
int RunCase(const std::string& bytes, const std::vector<const Way*>& ways, const std::string& what, bool verbose) {
  const bool may_run = !MayWrite(bytes);
  int good = 0;
  for (const Way* way : ways) {
    for (const Way* w = way; w && (may_run || !w->runs);) {
      const int code = Go(*w, what, verbose);
      good += code == tool::kOk;
      if (w == ways[0] && code == tool::kBadFile) return -1;
      w = code == tool::kOk ? w->then.get() : nullptr;
    }
  }
  return good;
}

int Fuzz(const Options& o) {
  std::vector<Seed> seeds = AllSeeds(o.folders);
  WriteCheckpoint(seeds);
  MemoryFile file;
  Ways ways(file.path());
  std::thread(Watch).detach();
  const int64_t start = Now();
  int64_t done = 0, loaded = 0, good = 0;
  for (; done < o.cases && static_cast<double>(Now() - start) < o.seconds * 1000; ++done) {
    const int64_t number = o.first + done;
    std::mt19937_64 rng(o.seed * 1000003 + static_cast<uint64_t>(number));
    const bool undamaged = o.seed == 0 && number < static_cast<int64_t>(seeds.size());
    const Seed& seed = seeds[undamaged ? static_cast<size_t>(number) : rng() % seeds.size()];
    const std::string bytes = undamaged ? seed.bytes : Mutated(seed, rng);
    if (!o.write.empty()) io::WriteFile(o.write, bytes).Check();
    file.Put(bytes);
    const std::string what = fmt::format("graph_fuzz: --seed={} --first={}, of {}", o.seed, number, seed.name);
    try {
      const int ended_well = RunCase(bytes, ways.For(seed, rng), what, o.verbose);
      if (ended_well >= 0) ++loaded, good += ended_well;
    } catch (const std::exception& e) {
      fmt::print(report, "{}an exception escaped: {}\n", current, e.what());
      return 1;
    }
  }
  fmt::print(report,
             "{} graphs of {} seeds: {} loaded, on which {} ways ended well and the others with an error; {} bytes in "
             "use at the end\n",
             done, seeds.size(), loaded, good, memory::bytes_in_use());
  return 0;
}

int Main(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i], value = arg.substr(arg.find('=') + 1);
    if (arg.starts_with("--seconds=")) o.seconds = std::stod(value);
    else if (arg.starts_with("--cases=")) o.cases = std::stoll(value), o.seconds = 1e9;
    else if (arg.starts_with("--first=")) o.first = std::stoll(value);
    else if (arg.starts_with("--seed=")) o.seed = std::stoull(value);
    else if (arg.starts_with("--folder=")) o.folders.push_back(std::filesystem::absolute(value));
    else if (arg.starts_with("--write=")) o.write = std::filesystem::absolute(value);
    else if (arg == "--verbose") o.verbose = true;
    else return fmt::print(stderr, "graph_fuzz: unknown argument {}\n", arg), 2;
  }
  memory::set_budget(kBudget);
  // In memory where that is to be had: a checkpoint waits until the disk has it.
  std::string folder = "/dev/shm/graph_fuzz_XXXXXX";
  if (!mkdtemp(folder.data())) {
    folder = std::filesystem::temp_directory_path() / "graph_fuzz_XXXXXX";
    if (!mkdtemp(folder.data())) folder.clear();
  }
  if (folder.empty() || chdir(folder.c_str()) != 0)
    return fmt::print(stderr, "graph_fuzz: no folder to work in\n"), 2;
  fuzzing = pthread_self();
  SayCurrentAtAnyEnd();
  report = stderr;
  stdout = Nowhere(), stderr = Nowhere();
  const int code = Fuzz(o);
  std::filesystem::remove_all(folder);
  std::fflush(report);
  ended = true;
  return code;
}

}  // namespace
}  // namespace weir::fuzz

int main(int argc, char** argv) { return weir::fuzz::Main(argc, argv); }
