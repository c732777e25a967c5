// ElementQueue: what stands behind the handle of a queue. Thread-safe; runs wait in it for each other.
//
// Who puts elements in takes turns in the order of coming, and so do those who take them out: one that wants many takes
// what there is and keeps its turn. A close is a turn of the first kind. Whoever is ended from outside (RunLimits) puts
// back what it has taken.
#pragma once

#include <deque>
#include <set>
#include <vector>

#include "weir/runtime/object_cell.h"
#include "weir/runtime/philox.h"

namespace weir {

enum class QueueKind : uint8_t { kFifo, kRandom, kPadding, kPriority };

struct QueueSpec {
  QueueKind kind = QueueKind::kFifo;
  std::vector<DType> types;          // with a priority's
  std::vector<PartialShape> shapes;  // none: any
  int64_t capacity = -1;             // negative: any number
  int64_t min_after_dequeue = 0, seed = 0, seed2 = 0;  // of a random one

  Status Check() const;
  bool operator==(const QueueSpec&) const = default;
};

class ElementQueue : public ResourceObject {
 public:
  using Element = std::vector<Tensor>;  // a tensor for each component

  ElementQueue(QueueSpec spec, std::string name);
  const QueueSpec& spec() const { return spec_; }
  Status CheckTypes(const std::vector<DType>& types) const;

  // Errors: shapes that are not the queue's; Cancelled of one that is closed; what ends the run. EnqueueMany puts in
  // the rows one by one: after an error the first ones may be there.
  Status Enqueue(Element element, const RunLimits& limits);
  Status EnqueueMany(const Element& rows, const RunLimits& limits);
  // Errors: OutOfRange of one that is closed and has too few; what ends the run.
  Result<Element> Dequeue(const RunLimits& limits);
  // n elements, joined; of a queue that is closed fewer will do if `fewer`. The components must have shapes.
  Result<Element> DequeueMany(int64_t n, bool fewer, const RunLimits& limits);
  // Errors: Cancelled of one that is closed already; what ends the run. `cancel`: what waits to be put in is dropped.
  Status Close(bool cancel, const RunLimits& limits);
  int64_t size() const;
  bool closed() const;

 private:
  // A place in one of the two lines, while it lives; under the mutex.
  class Turn {
   public:
    Turn(ElementQueue& queue, std::set<uint64_t>& line) : queue_(queue), line_(line), number_(queue.next_turn_++) {
      line_.insert(number_);
    }
    ~Turn() {
      line_.erase(number_);
      queue_.changed_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool IsFirst() const { return *line_.begin() == number_; }

   private:
    ElementQueue& queue_;
    std::set<uint64_t>& line_;
    uint64_t number_;
  };

  Status CheckElement(const Element& element) const;
  Status Put(std::unique_lock<std::mutex>& lock, const Turn& turn, uint64_t cancels, const RunLimits& limits,
             Element element);
  Result<std::vector<Element>> Take(int64_t n, bool fewer, const RunLimits& limits);
  int64_t Available() const;
  Element TakeOne();
  void PutBack(std::vector<Element> elements);
  Status Insufficient(int64_t wanted) const;
  Result<Tensor> Join(const std::vector<Element>& elements, size_t component) const;
  Result<Shape> JoinedShape(const std::vector<Element>& elements, size_t component) const;

  const QueueSpec spec_;
  const std::string name_;  // "queue 'q'"
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Element> elements_;  // of a PriorityQueue in the order in which they go
  std::set<uint64_t> enqueues_, dequeues_;
  uint64_t next_turn_ = 0, cancels_ = 0;
  bool closed_ = false;
  NodeState random_state_;
  PhiloxWords random_;
};

}  // namespace weir
