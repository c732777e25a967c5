// weir_contender: runs workloads that are TensorFlow graph files, to be timed beside other frameworks.
//
//   weir_contender --dir GRAPHS [--threads N]                 speaks the peers' line protocol on stdin and stdout
//   weir_contender --dir GRAPHS [--threads N] --table [W,…]    times the workloads alone and prints a table
//   weir_contender --dir GRAPHS [--threads N] --explain W      prints W's plan, and its steps by time
//
// A workload W is W.json (feeds, fetches, targets, whether it trains), W.pb or W.meta, and W.FEED.npy. The protocol:
//   prepare W -> ok LOAD_MS FIRST_RUN_MS;  run N -> SECONDS;  result PREFIX -> ok SUM;  memory -> RSS_MB PEAK_MB;  quit
// `run` starts from the initial state and takes one step before the clock starts. `result` writes the outputs, or the
// losses of the first five steps, as PREFIX.FETCH.npy. Anything that fails is answered by `error TEXT`.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "weir/graph/import.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/session.h"
#include "weir/tests/bench/bench_main.h"

namespace weir::bench {
namespace {

constexpr int kCheckedSteps = 5;

struct Options {
  std::string dir = "graphs";
  int threads = 1;
};

// One workload, loaded and prepared.
class Workload {
 public:
  Workload(const Options& options, const std::string& name) : name_(name) {
    std::string path = options.dir + "/" + name;
    std::ifstream file(path + ".json");
    if (!file) throw Error(Code::kNotFound, path + ".json cannot be read");
    auto spec = nlohmann::json::parse(file);
    fetches_ = spec["fetches"].get<std::vector<std::string>>();
    train_ = spec["train"].get<bool>();
    for (const auto& [feed, ignored] : spec["feeds"].items()) {
      feeds_.push_back({feed, io::ReadNpy(path + "." + feed + ".npy").value()});
    }
    double start = Seconds();
    LoadedGraph loaded = LoadGraph(path + (train_ ? ".meta" : ".pb"), &AllOps()).value();
    session_ = std::make_unique<Session>(std::move(loaded.graph), SessionOptions{.threads = options.threads});
    std::vector<std::string> feed_names;
    for (const auto& [feed, value] : feeds_) feed_names.push_back(feed);
    targets_ = spec["targets"].get<std::vector<std::string>>();
    step_ = std::make_unique<Callable>(session_->MakeCallable(feed_names, fetches_, targets_).value());
    for (size_t i = 0; i < feeds_.size(); ++i) step_->BindFeed(static_cast<int>(i), feeds_[i].second).Check();
    Reset();
    load_seconds_ = Seconds() - start;
    start = Seconds();
    Step();
    first_seconds_ = Seconds() - start;
    BindFetches();
    Record();
    for (int i = 1; i < kCheckedSteps; ++i) {
      Step();
      if (train_) Record();
    }
  }

  // Initial values of all variables.
  void Reset() {
    if (train_) session_->Run({}, {}, {"init"}).value();
  }
  void Step() { step_->Run().Check(); }
  double load_ms() const { return load_seconds_ * 1e3; }
  double first_ms() const { return first_seconds_ * 1e3; }
  const Session& session() const { return *session_; }

  double Time(int64_t steps) {
    Reset();
    Step();
    double start = Seconds();
    for (int64_t i = 0; i < steps; ++i) Step();
    return Seconds() - start;
  }

  // Writes what the first steps gave; returns the sum of all elements.
  double WriteResults(const std::string& prefix) const {
    double sum = 0;
    for (size_t i = 0; i < fetches_.size(); ++i) {
      Tensor all = train_ ? Stacked(i) : recorded_[0][i];
      io::WriteNpy(prefix + "." + fetches_[i] + ".npy", all).Check();
      for (float v : all.span<float>()) sum += v;
    }
    return sum;
  }

  // The plan, and the time of its steps by op, over a few steps.
  void Explain() {
    std::cout << session_->ExplainPlan(feeds_, fetches_, targets_).value();
    std::map<std::string, std::pair<int, double>> by_op;
    std::vector<std::pair<double, std::string>> steps;
    constexpr int kRuns = 5;
    for (int run = 0; run < kRuns; ++run) {
      RunMetadata metadata;
      step_->Run({.metadata = &metadata}).Check();
      for (const StepStats& s : metadata.steps) {
        auto& [count, micros] = by_op[s.op];
        ++count, micros += s.duration_us / kRuns;
        if (run == kRuns - 1) steps.push_back({s.duration_us, s.op + " " + s.name});
      }
    }
    std::vector<std::pair<double, std::string>> ops;
    for (const auto& [op, cost] : by_op) ops.push_back({cost.second, fmt::format("{} x {}", cost.first / kRuns, op)});
    for (auto* list : {&ops, &steps}) {
      std::sort(list->rbegin(), list->rend());
      fmt::print("\n");
      for (size_t i = 0; i < list->size() && i < 30; ++i)
        fmt::print("{:10.2f} us  {}\n", (*list)[i].first, (*list)[i].second);
    }
  }

 private:
  // From now on fetches are written into buffers of ours.
  void BindFetches() {
    for (size_t i = 0; i < fetches_.size(); ++i) {
      int index = static_cast<int>(i);
      outputs_.push_back(step_->Fetch(index).value().Clone().value());
      step_->BindFetch(index, outputs_.back()).Check();
    }
  }

  void Record() {
    recorded_.emplace_back();
    for (const Tensor& t : outputs_) recorded_.back().push_back(t.Clone().value());
  }

  Tensor Stacked(size_t fetch) const {
    std::vector<float> values;
    for (const auto& step : recorded_)
      values.insert(values.end(), step[fetch].span<float>().begin(), step[fetch].span<float>().end());
    std::vector<int64_t> dims{static_cast<int64_t>(recorded_.size())};
    const Shape& one = recorded_[0][fetch].shape();
    dims.insert(dims.end(), one.dims().begin(), one.dims().end());
    return Tensor::Vector(values).Reshaped(Shape::Make(dims).value()).value();
  }

  std::string name_;
  std::vector<std::string> fetches_, targets_;
  NamedFeeds feeds_;
  bool train_ = false;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Callable> step_;
  std::vector<Tensor> outputs_;
  std::vector<std::vector<Tensor>> recorded_;  // by step, by fetch
  double load_seconds_ = 0, first_seconds_ = 0;
};

// One thread: the process stays on one processor. More: the main thread does, once the workers exist. As the peers do.
class Pinning {
 public:
  explicit Pinning(int threads) : threads_(threads) {
    sched_getaffinity(0, sizeof(all_), &all_);
    if (threads_ == 1) PinToFirst();
  }
  void Release() const {
    if (threads_ > 1) sched_setaffinity(0, sizeof(all_), &all_);
  }
  void PinToFirst() const {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &all_)) CPU_SET(cpu, &one);
    }
    sched_setaffinity(0, sizeof(one), &one);
  }

 private:
  int threads_;
  cpu_set_t all_;
};

std::string Memory() {
  std::map<std::string, double> megabytes;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string key;
    double kilobytes = 0;
    if (words >> key >> kilobytes) megabytes[key] = kilobytes / 1024;
  }
  return fmt::format("{:.0f} {:.0f}", megabytes["VmRSS:"], megabytes["VmHWM:"]);
}

std::string Answer(const Options& options, const Pinning& pinning, std::unique_ptr<Workload>& work,
                   const std::string& line) {
  std::istringstream words(line);
  std::string command, argument;
  words >> command >> argument;
  if (command == "memory") return Memory();
  if (command == "prepare") {
    work.reset();
    pinning.Release();
    work = std::make_unique<Workload>(options, argument);
    pinning.PinToFirst();
    return fmt::format("ok {:.3f} {:.3f}", work->load_ms(), work->first_ms());
  }
  if (!work) return "error no workload is prepared";
  if (command == "run") return fmt::format("{:.9f}", work->Time(std::stoll(argument)));
  if (command == "result") return fmt::format("ok {:.9g}", work->WriteResults(argument));
  return "error unknown command " + command;
}

int Serve(const Options& options) {
  Pinning pinning(options.threads);
  std::unique_ptr<Workload> work;
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::string answer;
    try {
      answer = Answer(options, pinning, work, line);
    } catch (const std::exception& e) {
      answer = std::string("error ") + e.what();
      std::replace(answer.begin(), answer.end(), '\n', ' ');
    }
    std::cout << answer << std::endl;
  }
  return 0;
}

int PrintTable(const Options& options, std::vector<std::string> names) {
  Pinning pinning(options.threads);
  if (names.empty()) {
    for (const auto& f : std::filesystem::directory_iterator(options.dir)) {
      if (f.path().extension() == ".json") names.push_back(f.path().stem());
    }
    std::sort(names.begin(), names.end());
  }
  fmt::print("{:20} {:>12} {:>10} {:>10}   {} thread(s)\n", "workload", "ms a step", "load ms", "first ms",
             options.threads);
  int failed = 0;
  for (const std::string& name : names) {
    try {
      pinning.Release();
      Workload w(options, name);
      pinning.PinToFirst();
      double once = w.Time(2) / 2;
      int64_t steps = std::clamp<int64_t>(static_cast<int64_t>(0.1 / once), 1, 1000000);
      double best = BestOf(5, 1, [&] { once = std::min(once, w.Time(steps) / static_cast<double>(steps)); });
      static_cast<void>(best);
      fmt::print("{:20} {:12.5f} {:10.1f} {:10.1f}\n", name, once * 1e3, w.load_ms(), w.first_ms());
    } catch (const std::exception& e) {
      fmt::print("{:20} {}\n", name, e.what());
      ++failed;
    }
    std::cout.flush();
  }
  return failed > 0;
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

int Main(int argc, char** argv) {
  Options options;
  std::string mode, list;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    std::string next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--dir" && !next.empty()) {
      options.dir = argv[++i];
    } else if (word == "--threads" && !next.empty()) {
      options.threads = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--table" || word == "--explain") {
      mode = word;
      if (!next.empty() && next[0] != '-') list = argv[++i];
    } else {
      fmt::print(stderr, "usage: weir_contender --dir GRAPHS [--threads N] [--table [W,...] | --explain W]\n");
      return 2;
    }
  }
  if (mode == "--table") return PrintTable(options, Split(list));
  if (mode == "--explain") {
    Pinning pinning(options.threads);
    pinning.Release();
    Workload(options, list).Explain();
    return 0;
  }
  return Serve(options);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  try {
    return weir::bench::Main(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
