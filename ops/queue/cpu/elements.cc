// Kernels that put elements into queues and take them out. What is taken out comes while preparing, since only the
// queue knows its shapes; the run then copies it to its place.
#include <fmt/format.h>

#include "weir/ops/queue/cpu/element_queue.h"

namespace weir {

namespace {

Status CheckTimeout(const PrepareContext& c) {
  if (c.attr<int64_t>("timeout_ms") == -1) return {};
  return InvalidArgument("has a timeout_ms, which TensorFlow does not support either")
      .Help("RunConfig::timeout ends a run that waits");
}

// The components: the inputs' own memory, or copies of it.
Result<ElementQueue::Element> ComponentsOf(const RunArgs& a, const std::vector<DType>& types,
                                           const std::vector<Shape>& shapes, bool copied) {
  ElementQueue::Element element;
  for (size_t i = 0; i < types.size(); ++i) {
    const void* data = a.in<void>(static_cast<int>(i) + 1);
    Tensor t = Tensor::Wrap(types[i], shapes[i], const_cast<void*>(data));
    if (copied) { WEIR_ASSIGN_OR_RETURN(t, t.Clone()); }
    element.push_back(std::move(t));
  }
  return element;
}

Status Enqueue(const RunArgs& a, const std::vector<DType>& types, const std::vector<Shape>& shapes, bool many) {
  WEIR_ASSIGN_OR_RETURN(ElementQueue * queue, a.object(0).Get<ElementQueue>());
  WEIR_RETURN_IF_ERROR(queue->CheckTypes(types));
  // Of many, the queue copies the rows.
  WEIR_ASSIGN_OR_RETURN(ElementQueue::Element element, ComponentsOf(a, types, shapes, !many));
  return many ? queue->EnqueueMany(element, a.limits()) : queue->Enqueue(std::move(element), a.limits());
}

template <bool kMany>
Status PrepareEnqueue(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckTimeout(c));
  std::vector<DType> types;
  std::vector<Shape> shapes;
  for (int i = 1; i < c.num_inputs(); ++i) {
    types.push_back(c.input_dtype(i));
    shapes.push_back(c.input_shape(i));
  }
  c.SetRun([types, shapes](RunArgs& a) {
    if (Status s = Enqueue(a, types, shapes, kMany); !s.ok()) a.Fail(std::move(s));
  });
  return {};
}

Result<ElementQueue*> QueueToTakeFrom(const PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckTimeout(c));
  WEIR_ASSIGN_OR_RETURN(ElementQueue * queue, c.object(0).Get<ElementQueue>());
  WEIR_RETURN_IF_ERROR(queue->CheckTypes(c.attr<AttrList>("component_types").type));
  return queue;
}

Status PrepareDequeue(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ElementQueue * queue, QueueToTakeFrom(c));
  WEIR_ASSIGN_OR_RETURN(ElementQueue::Element element, queue->Dequeue(c.limits()));
  return GiveTensors(c, std::move(element));
}

template <bool kFewer>
Status PrepareDequeueMany(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ElementQueue * queue, QueueToTakeFrom(c));
  const std::vector<int64_t> n = c.ints(1);
  if (n.size() != 1) return InvalidArgument(fmt::format("wants one n, not {}", c.input_shape(1).ToString()));
  WEIR_ASSIGN_OR_RETURN(ElementQueue::Element elements, queue->DequeueMany(n[0], kFewer, c.limits()));
  return GiveTensors(c, std::move(elements));
}

// The run's function: `fn` with the queue.
template <class F>
Status SetQueueRun(PrepareContext& c, F fn) {
  c.SetRun([fn](RunArgs& a) {
    Result<ElementQueue*> queue = a.object(0).Get<ElementQueue>();
    Status s = queue.ok() ? fn(a, **queue) : queue.status();
    if (!s.ok()) a.Fail(std::move(s));
  });
  return {};
}

Status PrepareClose(PrepareContext& c) {
  return SetQueueRun(c, [cancel = c.attr<bool>("cancel_pending_enqueues")](RunArgs& a, ElementQueue& queue) {
    return queue.Close(cancel, a.limits());
  });
}

Status PrepareIsClosed(PrepareContext& c) {
  return SetQueueRun(c, [](RunArgs& a, const ElementQueue& queue) {
    *a.out<bool>(0) = queue.closed();
    return Status();
  });
}

Status PrepareSize(PrepareContext& c) {
  return SetQueueRun(c, [](RunArgs& a, const ElementQueue& queue) {
    *a.out<int32_t>(0) = static_cast<int32_t>(std::min<int64_t>(queue.size(), INT32_MAX));
    return Status();
  });
}

}  // namespace

void RegisterQueueElementKernels(KernelRegistry& r) {
  r.Add("QueueEnqueueV2", PrepareEnqueue<false>);
  r.Add("QueueEnqueueManyV2", PrepareEnqueue<true>);
  r.Add("QueueDequeueV2", PrepareDequeue).WhileRunning();
  r.Add("QueueDequeueManyV2", PrepareDequeueMany<false>).WhileRunning().NeedsValue({1});
  r.Add("QueueDequeueUpToV2", PrepareDequeueMany<true>).WhileRunning().NeedsValue({1});
  r.Add("QueueCloseV2", PrepareClose);
  r.Add("QueueIsClosedV2", PrepareIsClosed);
  r.Add("QueueSizeV2", PrepareSize);
}

}  // namespace weir
