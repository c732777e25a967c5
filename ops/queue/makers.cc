// Schemas of the ops that make queues and give their handles.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/queue/queue.h"

namespace weir {

namespace {

// A queue of these components; without `shapes` theirs are not known.
Status TellQueue(ShapeContext& c, bool priority) {
  const auto types = c.attr<AttrList>("component_types").type;
  const auto shapes = c.attr<AttrList>("shapes").shape;
  if (!shapes.empty() && shapes.size() != types.size())
    return InvalidArgument(fmt::format("has {} shapes for {} components", shapes.size(), types.size()));
  std::vector<std::pair<DType, PartialShape>> parts;
  if (priority) parts.emplace_back(kInt64, PartialShape::Scalar());
  for (size_t i = 0; i < types.size(); ++i)
    parts.emplace_back(types[i], shapes.empty() ? PartialShape::Unknown() : shapes[i]);
  TellObject(c, ResourceKind::kQueue, std::move(parts));
  return {};
}

Status QueueShape(ShapeContext& c) { return TellQueue(c, false); }
Status PriorityQueueShape(ShapeContext& c) { return TellQueue(c, true); }

OpDef& AddQueue(OpDef& op, const std::string& handle) {
  return op.Output("handle: " + handle)
      .Attr("component_types: list(type) >= 1").Attr("shapes: list(shape) = []").Attr("capacity: int = -1")
      .Attr("container: string = ''").Attr("shared_name: string = ''")
      .MakesObject().Shape(QueueShape).NoGradient("its output is a handle");
}

}  // namespace

void RegisterQueueMakerOps(OpRegistry& r) {
  AddBothForms(r, "FIFOQueue", [](OpDef& op, const std::string& handle) {
    AddQueue(op, handle)
        .Doc("A queue of elements, each a tuple of tensors, that gives the oldest first. It holds `capacity` of them; "
             "-1: any number.");
  });
  AddBothForms(r, "RandomShuffleQueue", [](OpDef& op, const std::string& handle) {
    AddQueue(op, handle)
        .Attr("min_after_dequeue: int = 0").Attr("seed: int = 0").Attr("seed2: int = 0")
        .Doc("A queue that gives any of its elements, drawn by the seeds; none as long as not more than "
             "min_after_dequeue would be left, until it is closed.");
  });
  AddBothForms(r, "PaddingFIFOQueue", [](OpDef& op, const std::string& handle) {
    AddQueue(op, handle)
        .Doc("A FIFOQueue whose components may differ in the sizes that `shapes` leaves open: where several elements "
             "are taken at once, they are padded with zeros to the largest.");
  });
  AddBothForms(r, "PriorityQueue", [](OpDef& op, const std::string& handle) {
    op.Output("handle: " + handle)
        .Attr("component_types: list(type) = []").Attr("shapes: list(shape)").Attr("capacity: int = -1")
        .Attr("container: string = ''").Attr("shared_name: string = ''")
        .MakesObject()
        .Doc("A queue that gives the element of the smallest priority first: an int64 scalar that comes as a component "
             "before the others. Of equal ones it gives the oldest.")
        .Shape(PriorityQueueShape).NoGradient("its output is a handle");
  });
}

// ---- building functions

namespace ops {

namespace {

Output MakeQueue(const At& g, const char* op, std::vector<DType> types, const QueueOptions& o, AttrMap attrs = {}) {
  attrs["component_types"] = std::move(types);
  attrs["shapes"] = o.shapes;
  attrs["capacity"] = o.capacity;
  attrs["shared_name"] = o.shared_name;
  attrs["container"] = o.container;
  return g.builder->Add(op, {}, std::move(attrs), {.name = o.name}, g.loc);
}

}  // namespace

Output FifoQueue(At g, std::vector<DType> component_types, const QueueOptions& o) {
  return MakeQueue(g, "FIFOQueueV2", std::move(component_types), o);
}

Output RandomShuffleQueue(At g, std::vector<DType> component_types, int64_t min_after_dequeue, const QueueOptions& o) {
  return MakeQueue(g, "RandomShuffleQueueV2", std::move(component_types), o,
                   {{"min_after_dequeue", min_after_dequeue}, {"seed", o.seed}, {"seed2", o.seed2}});
}

Output PaddingFifoQueue(At g, std::vector<DType> component_types, const QueueOptions& o) {
  return MakeQueue(g, "PaddingFIFOQueueV2", std::move(component_types), o);
}

Output PriorityQueue(At g, std::vector<DType> component_types, const QueueOptions& o) {
  return MakeQueue(g, "PriorityQueueV2", std::move(component_types), o);
}

}  // namespace ops

}  // namespace weir
