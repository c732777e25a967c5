#include "weir/session/queue_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/queue/queue.h"

namespace weir {

// ---- Coordinator

Coordinator::~Coordinator() { Join().IgnoreError(); }

void Coordinator::RequestStop(Status why) {
  std::lock_guard lock(mutex_);
  if (stop_.exchange(true)) return;  // what fails because all stops is no reason
  if (why.code() != Code::kOutOfRange) status_ = std::move(why);
  stopped_.notify_all();
}

bool Coordinator::WaitForStop(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return stopped_.wait_for(lock, timeout, [&] { return stop_.load(); });
}

void Coordinator::Start(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  threads_.emplace_back(std::move(work));
}

Status Coordinator::Join() {
  RequestStop();
  for (std::thread& t : threads_) t.join();
  threads_.clear();
  std::lock_guard lock(mutex_);
  return status_;
}

// ---- queue runners

namespace {

// What the threads of one runner share.
struct Running {
  Running(const Session& session, Coordinator& coordinator, QueueRunnerInfo runner)
      : session(session),
        coordinator(coordinator),
        info(std::move(runner)),
        left(static_cast<int>(info.enqueue.size())) {}

  const Session& session;
  Coordinator& coordinator;
  QueueRunnerInfo info;
  std::atomic<int> left;  // threads whose input has not ended

  Status Run(const std::string& node, const std::atomic<bool>* cancel) const {
    if (node.empty()) return {};
    return session.Run(NamedFeeds{}, {}, {node}, {.cancel = cancel}).status();
  }
  bool TellsEnd(const Status& s) const {
    return std::find(info.closed_errors.begin(), info.closed_errors.end(), s.code()) != info.closed_errors.end();
  }
};

void Fill(Running& r, const std::string& enqueue) {
  while (!r.coordinator.ShouldStop()) {
    Status s = r.Run(enqueue, r.coordinator.cancel());
    if (s.ok()) continue;
    if (r.coordinator.ShouldStop()) break;
    if (!r.TellsEnd(s)) return r.coordinator.RequestStop(std::move(s));
    // Others may still have something to put in.
    if (--r.left == 0) {
      Status closed = r.Run(r.info.close, r.coordinator.cancel());
      if (!closed.ok() && closed.code() != Code::kCancelled) r.coordinator.RequestStop(std::move(closed));
    }
    return;
  }
}

// Whoever still waits for the queue need not any more.
void CloseOnStop(const Running& r) {
  constexpr std::chrono::milliseconds kLong{1000};
  while (!r.coordinator.WaitForStop(kLong)) {}
  r.Run(r.info.cancel, nullptr).IgnoreError();
}

Status CheckNodes(const Graph& g, const QueueRunnerInfo& info) {
  std::vector<std::string> names = info.enqueue;
  for (const std::string& name : {info.close, info.cancel}) {
    if (!name.empty()) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (g.Find(name).valid()) continue;
    return NotFound(fmt::format("error[graph]: queue '{}' is filled by '{}', which the graph does not have", info.queue,
                                name));
  }
  return {};
}

}  // namespace

Status StartQueueRunners(const Session& session, const std::vector<QueueRunnerInfo>& runners,
                         Coordinator* coordinator) {
  for (const QueueRunnerInfo& info : runners) WEIR_RETURN_IF_ERROR(CheckNodes(session.graph(), info));
  for (const QueueRunnerInfo& info : runners) {
    auto running = std::make_shared<Running>(session, *coordinator, info);
    for (const std::string& enqueue : info.enqueue)
      coordinator->Start([running, enqueue] { Fill(*running, enqueue); });
    coordinator->Start([running] { CloseOnStop(*running); });
  }
  return {};
}

QueueRunnerInfo MakeQueueRunner(Output queue, const Operation& enqueue, int threads) {
  if (!queue.valid() || !enqueue.valid()) return {};
  const std::vector<std::string> ops(static_cast<size_t>(std::max(threads, 0)), enqueue.name());
  return {queue.op().name(), ops, ops::QueueClose(queue).name(), ops::QueueClose(queue, true).name()};
}

}  // namespace weir
