#include "weir/ops/queue/cpu/element_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/runtime/cpu/lists.h"

namespace weir {

Status QueueSpec::Check() const {
  for (DType t : types) {
    if (!IsCarried(t)) return PrepareContext::NoKernelFor(t);
  }
  if (!shapes.empty() && shapes.size() != types.size())
    return InvalidArgument(fmt::format("has {} shapes for {} components", shapes.size(), types.size()));
  if (kind == QueueKind::kPadding || kind == QueueKind::kPriority) {
    if (shapes.empty()) return InvalidArgument("wants a shape for each component");
  }
  for (const PartialShape& s : shapes) {
    const bool good = kind == QueueKind::kPadding ? s.known_rank() : s.fully_known();
    if (!good) return InvalidArgument(fmt::format("cannot have components of shape {}", s.ToString()));
  }
  if (kind == QueueKind::kRandom && capacity >= 0 && min_after_dequeue >= capacity) {
    return InvalidArgument(fmt::format("wants a capacity above min_after_dequeue, not {} and {}", capacity,
                                       min_after_dequeue));
  }
  if (min_after_dequeue < 0)
    return InvalidArgument(fmt::format("wants a min_after_dequeue of 0 at least, not {}", min_after_dequeue));
  return {};
}

ElementQueue::ElementQueue(QueueSpec spec, std::string name)
    : spec_(std::move(spec)), name_(fmt::format("queue '{}'", name)),
      random_(ReservePhilox(random_state_, spec_.seed, spec_.seed2, 0)) {}

Status ElementQueue::CheckTypes(const std::vector<DType>& types) const {
  if (types == spec_.types) return {};
  return InvalidArgument(fmt::format("has components of other dtypes than {}", name_));
}

Status ElementQueue::CheckElement(const Element& element) const {
  for (size_t i = 0; i < spec_.shapes.size(); ++i) {
    if (spec_.shapes[i].Admits(element[i].shape())) continue;
    return InvalidArgument(fmt::format("cannot put {}{} into {}, whose component {} is of shape {}",
                                       DTypeShortName(element[i].dtype()), element[i].shape().ToString(), name_, i,
                                       spec_.shapes[i].ToString()));
  }
  return {};
}

// ---- putting in

// Waits for the turn and for room.
Status ElementQueue::Put(std::unique_lock<std::mutex>& lock, const Turn& turn, uint64_t cancels,
                         const RunLimits& limits, Element element) {
  WEIR_RETURN_IF_ERROR(CheckElement(element));
  auto room = [&] { return spec_.capacity < 0 || static_cast<int64_t>(elements_.size()) < spec_.capacity; };
  WEIR_RETURN_IF_ERROR(WaitUntil(lock, changed_, limits,
                                 [&] { return cancels_ != cancels || (turn.IsFirst() && (closed_ || room())); }));
  if (closed_ || cancels_ != cancels) return Cancelled(fmt::format("cannot put into {}, which is closed", name_));
  auto at = elements_.end();
  if (spec_.kind == QueueKind::kPriority) {
    auto later = [](const Element& a, const Element& b) { return *a[0].data<int64_t>() < *b[0].data<int64_t>(); };
    at = std::upper_bound(elements_.begin(), elements_.end(), element, later);
  }
  elements_.insert(at, std::move(element));
  changed_.notify_all();
  return {};
}

Status ElementQueue::Enqueue(Element element, const RunLimits& limits) {
  std::unique_lock lock(mutex_);
  const Turn turn(*this, enqueues_);
  return Put(lock, turn, cancels_, limits, std::move(element));
}

Status ElementQueue::EnqueueMany(const Element& rows, const RunLimits& limits) {
  for (const Tensor& t : rows) {
    if (t.rank() > 0 && t.shape()[0] == rows[0].shape()[0]) continue;
    return InvalidArgument(fmt::format("wants components of as many rows each, not {} and {}",
                                       rows[0].shape().ToString(), t.shape().ToString()));
  }
  std::unique_lock lock(mutex_);
  const Turn turn(*this, enqueues_);
  const uint64_t cancels = cancels_;
  if (closed_) return Cancelled(fmt::format("cannot put into {}, which is closed", name_));
  for (int64_t r = 0; r < rows[0].shape()[0]; ++r) {
    Element element;
    for (const Tensor& t : rows) {
      WEIR_ASSIGN_OR_RETURN(Tensor row, kernels::RowOf(t, r));
      element.push_back(std::move(row));
    }
    WEIR_RETURN_IF_ERROR(Put(lock, turn, cancels, limits, std::move(element)));
  }
  return {};
}

Status ElementQueue::Close(bool cancel, const RunLimits& limits) {
  std::unique_lock lock(mutex_);
  if (cancel) {
    closed_ = true;
    ++cancels_;
    changed_.notify_all();
    return {};
  }
  const Turn turn(*this, enqueues_);
  WEIR_RETURN_IF_ERROR(WaitUntil(lock, changed_, limits, [&] { return turn.IsFirst(); }));
  if (closed_) return Cancelled(fmt::format("closes {}, which is closed already", name_));
  closed_ = true;
  return {};
}

// ---- taking out

int64_t ElementQueue::Available() const {
  const bool keeps = spec_.kind == QueueKind::kRandom && !closed_;
  return static_cast<int64_t>(elements_.size()) - (keeps ? spec_.min_after_dequeue : 0);
}

// As TensorFlow draws: the last element takes the place of the one that goes.
ElementQueue::Element ElementQueue::TakeOne() {
  size_t i = 0;
  if (spec_.kind == QueueKind::kRandom) i = random_.Next() % elements_.size();
  Element taken = std::move(elements_[i]);
  if (spec_.kind == QueueKind::kRandom) {
    if (i + 1 < elements_.size()) elements_[i] = std::move(elements_.back());
    elements_.pop_back();
  } else {
    elements_.pop_front();
  }
  return taken;
}

void ElementQueue::PutBack(std::vector<Element> elements) {
  if (spec_.kind == QueueKind::kRandom) {
    for (Element& e : elements) elements_.push_back(std::move(e));
  } else {
    elements_.insert(elements_.begin(), std::make_move_iterator(elements.begin()),
                     std::make_move_iterator(elements.end()));
  }
}

Status ElementQueue::Insufficient(int64_t wanted) const {
  return OutOfRange(fmt::format("wants {} of {}, which is closed and has insufficient elements: {}", wanted, name_,
                                elements_.size()));
}

Result<std::vector<ElementQueue::Element>> ElementQueue::Take(int64_t n, bool fewer, const RunLimits& limits) {
  std::unique_lock lock(mutex_);
  const Turn turn(*this, dequeues_);
  std::vector<Element> taken;
  while (static_cast<int64_t>(taken.size()) < n) {
    Status waited =
        WaitUntil(lock, changed_, limits, [&] { return turn.IsFirst() && (closed_ || Available() > 0); });
    const int64_t missing = n - static_cast<int64_t>(taken.size());
    const bool few = waited.ok() && closed_ && static_cast<int64_t>(elements_.size()) < missing;
    if (!waited.ok() || few) {
      PutBack(std::exchange(taken, {}));
      changed_.notify_all();
      if (!waited.ok()) return waited;
      // TensorFlow's PriorityQueue takes all or nothing.
      if (!fewer || elements_.empty() || spec_.kind == QueueKind::kPriority) return Insufficient(n);
      n = static_cast<int64_t>(elements_.size());
    }
    taken.push_back(TakeOne());
    changed_.notify_all();
  }
  return taken;
}

Result<ElementQueue::Element> ElementQueue::Dequeue(const RunLimits& limits) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Element> one, Take(1, false, limits));
  return std::move(one[0]);
}

Result<ElementQueue::Element> ElementQueue::DequeueMany(int64_t n, bool fewer, const RunLimits& limits) {
  if (n < 0) return InvalidArgument(fmt::format("cannot take {} elements", n));
  if (spec_.shapes.empty()) {
    return InvalidArgument(fmt::format("takes several elements of {}, whose components have no shapes", name_))
        .Help("give the queue shapes, or take elements one by one");
  }
  WEIR_ASSIGN_OR_RETURN(const std::vector<Element> elements, Take(n, fewer, limits));
  Element joined;
  for (size_t i = 0; i < spec_.types.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, Join(elements, i));
    joined.push_back(std::move(t));
  }
  return joined;
}

// As large as the largest, where sizes are open.
Result<Shape> ElementQueue::JoinedShape(const std::vector<Element>& elements, size_t component) const {
  const PartialShape& told = spec_.shapes[component];
  Dims dims = {static_cast<int64_t>(elements.size())};
  for (int axis = 0; axis < told.rank(); ++axis) {
    int64_t size = Known(told[axis]) ? told[axis] : 0;
    for (const Element& e : elements) size = std::max(size, e[component].shape()[axis]);
    dims.push_back(size);
  }
  return Shape::Make(dims);
}

Result<Tensor> ElementQueue::Join(const std::vector<Element>& elements, size_t component) const {
  WEIR_ASSIGN_OR_RETURN(const Shape shape, JoinedShape(elements, component));
  WEIR_ASSIGN_OR_RETURN(const Shape each, Shape::Make(Dims(shape.dims().begin() + 1, shape.dims().end())));
  const DType dtype = spec_.types[component];
  WEIR_ASSIGN_OR_RETURN(Tensor joined, spec_.kind == QueueKind::kPadding && IsPlain(dtype)
                                           ? Tensor::AllocateZeros(dtype, shape)
                                           : Tensor::Allocate(dtype, shape));
  for (size_t e = 0; e < elements.size(); ++e) {
    const auto at = static_cast<int64_t>(e) * each.num_elements();
    kernels::CopyIntoCorner(elements[e][component], each, ElementAt(dtype, joined.mutable_raw(), at));
  }
  return joined;
}

// ---- looking

int64_t ElementQueue::size() const {
  std::lock_guard lock(mutex_);
  return static_cast<int64_t>(elements_.size());
}

bool ElementQueue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace weir
