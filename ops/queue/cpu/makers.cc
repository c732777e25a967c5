// Kernels that make queues: the first run that comes there does, for the session.
#include <fmt/format.h>

#include "weir/ops/queue/cpu/element_queue.h"

namespace weir {

namespace {

Status MakeQueue(ObjectCell& cell, const QueueSpec& spec) {
  WEIR_ASSIGN_OR_RETURN(ElementQueue* queue, cell.Made<ElementQueue>([&]() -> Result<std::shared_ptr<ResourceObject>> {
    return std::shared_ptr<ResourceObject>(std::make_shared<ElementQueue>(spec, cell.name()));
  }));
  if (queue->spec() == spec) return {};
  return InvalidArgument(
      fmt::format("makes a queue '{}', and there is another of this name: of other components, capacity or another "
                  "kind",
                  cell.name()));
}

template <QueueKind kKind>
Status PrepareQueue(PrepareContext& c) {
  QueueSpec spec{kKind, c.attr<AttrList>("component_types").type, c.attr<AttrList>("shapes").shape,
                 c.attr<int64_t>("capacity"), 0, 0, 0};
  if (kKind == QueueKind::kPriority) {
    if (spec.shapes.size() != spec.types.size())
      return InvalidArgument(fmt::format("has {} shapes for {} components", spec.shapes.size(), spec.types.size()));
    spec.types.insert(spec.types.begin(), kInt64);
    spec.shapes.insert(spec.shapes.begin(), PartialShape::Scalar());
  }
  if (kKind == QueueKind::kRandom) {
    spec.min_after_dequeue = c.attr<int64_t>("min_after_dequeue");
    spec.seed = c.attr<int64_t>("seed"), spec.seed2 = c.attr<int64_t>("seed2");
  }
  c.SetRun([spec](RunArgs& a) {
    if (Status s = MakeQueue(*a.out<ObjectCell>(0), spec); !s.ok()) a.Fail(std::move(s));
  });
  return spec.Check();
}

}  // namespace

void RegisterQueueMakerKernels(KernelRegistry& r) {
  r.Add("FIFOQueueV2", PrepareQueue<QueueKind::kFifo>);
  r.Add("RandomShuffleQueueV2", PrepareQueue<QueueKind::kRandom>);
  r.Add("PaddingFIFOQueueV2", PrepareQueue<QueueKind::kPadding>);
  r.Add("PriorityQueueV2", PrepareQueue<QueueKind::kPriority>);
}

}  // namespace weir
