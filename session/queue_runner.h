// Threads that fill a graph's queues, and their coordinator, as TensorFlow 1 has them.
//
//   Builder g(LoadGraph("train.meta"));
//   Session session(g);
//   Coordinator coordinator;
//   StartQueueRunners(session, QueueRunnersOf(g).value(), &coordinator).Check();
//   while (!coordinator.ShouldStop()) {
//     Status s = session.Run(train);
//     if (!s.ok()) coordinator.RequestStop(s);                    // OutOfRange: the input has ended
//   }
//   coordinator.Join().Check();
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "weir/graph/queue_runner_info.h"
#include "weir/session/session.h"

namespace weir {

// Ends a group of threads together. Thread-safe, but for Join.
class Coordinator {
 public:
  Coordinator() = default;
  // Stops and joins.
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  bool ShouldStop() const { return stop_.load(); }
  // From now on ShouldStop. Join tells the first `why` that is an error; not OutOfRange, by which inputs tell their
  // end.
  void RequestStop(Status why = {});
  // Whether a stop was asked for within the time.
  bool WaitForStop(std::chrono::milliseconds timeout);
  // Runs `work` in a thread that Join waits for. It should end soon after ShouldStop.
  void Start(std::function<void()> work);
  // Asks for a stop and waits for all threads. The first error that one of them, or RequestStop, told of.
  Status Join();
  // Turns true with ShouldStop: RunConfig::cancel of what threads run.
  const std::atomic<bool>* cancel() const { return &stop_; }

 private:
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  Status status_;
  std::vector<std::thread> threads_;
};

// Starts a thread for each enqueue op of each runner. Each runs its op until the coordinator stops it or an input has
// ended (QueueRunnerInfo::closed_errors): the last one of a runner then closes the queue. Any other error stops all.
// Session and coordinator outlive the threads. Error: a node that the graph does not have; nothing was started then.
Status StartQueueRunners(const Session& session, const std::vector<QueueRunnerInfo>& runners, Coordinator* coordinator);

// What fills `queue` by running `enqueue` in as many threads, with ops that close the queue.
QueueRunnerInfo MakeQueueRunner(Output queue, const Operation& enqueue, int threads = 1);

}  // namespace weir
