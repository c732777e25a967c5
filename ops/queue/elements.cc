// Schemas of the ops that put elements into queues and take them out. All may wait: for room, for elements, for those
// that came before.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/queue/queue.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kChanges[] = "it changes a queue";
constexpr char kTakes[] = "what a queue gives came from another run, where gradients cannot go";
constexpr char kTells[] = "its output is no function of floats";

// The queue behind input 0, null where it is not known. Error: it has components of other dtypes than `attr` says.
Result<const Resource*> QueueOf(const ShapeContext& c, const char* attr) {
  WEIR_ASSIGN_OR_RETURN(const Resource* queue, ObjectBehind(c, 0, ResourceKind::kQueue));
  if (!queue || !attr) return queue;
  const auto types = c.attr<AttrList>(attr).type;
  bool same = types.size() == queue->parts.size();
  for (size_t i = 0; same && i < types.size(); ++i) same = types[i] == queue->parts[i].first;
  if (same) return queue;
  auto names = [](const auto& list, auto name) {
    std::string text;
    for (const auto& e : list) text += (text.empty() ? "" : ", ") + DTypeName(name(e));
    return text;
  };
  return InvalidArgument(fmt::format("has components of {}, but queue '{}' is of {}",
                                     names(types, [](DType t) { return t; }), queue->name,
                                     names(queue->parts, [](const auto& p) { return p.first; })));
}

// The components (inputs from 1 on) fit the queue's, behind `batch` axes.
Status CheckComponents(const ShapeContext& c, int batch) {
  WEIR_ASSIGN_OR_RETURN(const Resource* queue, QueueOf(c, "Tcomponents"));
  for (int i = 1; queue && i < c.num_inputs(); ++i) {
    WEIR_ASSIGN_OR_RETURN(const PartialShape s, c.WithRankAtLeast(i, batch));
    const PartialShape& want = queue->parts[static_cast<size_t>(i - 1)].second;
    if (!s.known_rank() || MergeShapes(Subshape(s, batch, s.rank()), want).ok()) continue;
    return InvalidArgument(fmt::format("cannot put {} into queue '{}', whose component {} is of shape {}",
                                       c.Describe(i), queue->name, i - 1, want.ToString()));
  }
  return {};
}

Status EnqueueShape(ShapeContext& c) { return CheckComponents(c, 0); }
Status EnqueueManyShape(ShapeContext& c) { return CheckComponents(c, 1); }

Status DequeueShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* queue, QueueOf(c, "component_types"));
  for (int i = 0; queue && i < c.num_outputs(); ++i) c.set_output(i, queue->parts[static_cast<size_t>(i)].second);
  return {};
}

Status DequeueBatchShape(ShapeContext& c, bool whole) {
  WEIR_ASSIGN_OR_RETURN(const Resource* queue, QueueOf(c, "component_types"));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  const std::optional<int64_t> n = c.scalar(1);
  if (n && *n < 0 && c.constant(1)) return InvalidArgument(fmt::format("cannot take {} elements", *n));
  for (int i = 0; queue && i < c.num_outputs(); ++i) {
    const PartialShape& part = queue->parts[static_cast<size_t>(i)].second;
    if (part.known_rank()) c.set_output(i, Concatenate(PartialShape({whole && n ? *n : kUnknownDim}), part));
  }
  return {};
}

Status DequeueManyShape(ShapeContext& c) { return DequeueBatchShape(c, true); }
Status DequeueUpToShape(ShapeContext& c) { return DequeueBatchShape(c, false); }

Status StateShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(QueueOf(c, nullptr).status());
  return ScalarShape(c);
}

OpDef& AddEnqueue(OpDef& op, const std::string& handle) {
  return op.Input("handle: " + handle).Input("components: Tcomponents")
      .Attr("Tcomponents: list(type) >= 1").Attr("timeout_ms: int = -1")
      .Stateful().Writes({0}).Waits().NoGradient(kChanges);
}

OpDef& AddDequeue(OpDef& op, const std::string& handle, bool many) {
  op.Input("handle: " + handle);
  if (many) op.Input("n: int32");
  return op.Output("components: component_types")
      .Attr("component_types: list(type) >= 1").Attr("timeout_ms: int = -1")
      .Stateful().Writes({0}).Waits().NoGradient(kTakes);
}

}  // namespace

void RegisterQueueElementOps(OpRegistry& r) {
  AddBothForms(r, "QueueEnqueue", [](OpDef& op, const std::string& handle) {
    AddEnqueue(op, handle).Doc("Puts an element into the queue; waits for room. Cancelled when that is closed.")
        .Shape(EnqueueShape);
  });
  AddBothForms(r, "QueueEnqueueMany", [](OpDef& op, const std::string& handle) {
    AddEnqueue(op, handle)
        .Doc("Puts as many elements into the queue, one by one, as the components have rows; waits for room.")
        .Shape(EnqueueManyShape);
  });
  AddBothForms(r, "QueueDequeue", [](OpDef& op, const std::string& handle) {
    AddDequeue(op, handle, false)
        .Doc("Takes an element out of the queue; waits for one. OutOfRange when that is closed and empty.")
        .Shape(DequeueShape);
  });
  AddBothForms(r, "QueueDequeueMany", [](OpDef& op, const std::string& handle) {
    AddDequeue(op, handle, true)
        .Doc("Takes n elements, joined along a new first axis; waits for them. OutOfRange when the queue is closed and "
             "has fewer. Its components must have shapes.")
        .Shape(DequeueManyShape);
  });
  AddBothForms(r, "QueueDequeueUpTo", [](OpDef& op, const std::string& handle) {
    AddDequeue(op, handle, true)
        .Doc("As QueueDequeueMany, but of a queue that is closed, if it is no PriorityQueue, it takes what there is, "
             "if anything.")
        .Shape(DequeueUpToShape);
  });
  AddBothForms(r, "QueueClose", [](OpDef& op, const std::string& handle) {
    op.Input("handle: " + handle).Attr("cancel_pending_enqueues: bool = false").Stateful().Writes({0}).Waits()
        .Doc("Nothing is put into the queue any more, once what waits to be is in it, or at once, if that is to be "
             "cancelled. What is in it can be taken out.")
        .Shape([](ShapeContext& c) { return QueueOf(c, nullptr).status(); }).NoGradient(kChanges);
  });
  AddBothForms(r, "QueueIsClosed", [](OpDef& op, const std::string& handle) {
    op.Input("handle: " + handle).Output("is_closed: bool").Stateful().Reads({0})
        .Doc("Whether the queue is closed.")
        .Shape(StateShape).NoGradient(kTells);
  });
  AddBothForms(r, "QueueSize", [](OpDef& op, const std::string& handle) {
    op.Input("handle: " + handle).Output("size: int32").Stateful().Reads({0})
        .Doc("How many elements the queue has.")
        .Shape(StateShape).NoGradient(kTells);
  });
}

// ---- building functions

namespace ops {

namespace {

AttrMap ComponentTypes(const Output& queue) {
  if (!queue.valid()) return {};
  std::vector<DType> types;
  if (const auto& resource = queue.builder()->graph().type(queue.endpoint()).resource) {
    for (const auto& [type, shape] : resource->parts) types.push_back(type);
  }
  return {{"component_types", std::move(types)}};
}

int64_t ComponentsOf(const Output& queue) {
  if (!queue.valid()) return 0;
  const auto& resource = queue.builder()->graph().type(queue.endpoint()).resource;
  return resource ? static_cast<int64_t>(resource->parts.size()) : 0;
}

Operation Enqueue(const char* op, Output queue, InputList components, const Name& name) {
  components.insert(components.begin(), queue);
  AttrMap types = ComponentTypes(queue);
  AttrMap attrs;
  if (auto it = types.find("component_types"); it != types.end()) attrs["Tcomponents"] = it->second;
  return MakeNode(op, std::move(components), std::move(attrs), name);
}

}  // namespace

Operation QueueEnqueue(Output queue, InputList components, const Name& name) {
  return Enqueue("QueueEnqueueV2", std::move(queue), std::move(components), name);
}

Operation QueueEnqueueMany(Output queue, InputList components, const Name& name) {
  return Enqueue("QueueEnqueueManyV2", std::move(queue), std::move(components), name);
}

OutputList QueueDequeue(Output queue, const Name& name) {
  return MakeAll("QueueDequeueV2", {queue}, ComponentTypes(queue), name, ComponentsOf(queue));
}

OutputList QueueDequeueMany(Output queue, Input n, const Name& name) {
  return MakeAll("QueueDequeueManyV2", {queue, std::move(n)}, ComponentTypes(queue), name, ComponentsOf(queue));
}

OutputList QueueDequeueUpTo(Output queue, Input n, const Name& name) {
  return MakeAll("QueueDequeueUpToV2", {queue, std::move(n)}, ComponentTypes(queue), name, ComponentsOf(queue));
}

Operation QueueClose(Output queue, bool cancel_pending_enqueues, const Name& name) {
  return MakeNode("QueueCloseV2", {queue}, {{"cancel_pending_enqueues", cancel_pending_enqueues}}, name);
}

Output QueueSize(Output queue, const Name& name) { return Make("QueueSizeV2", {queue}, {}, name); }
Output QueueIsClosed(Output queue, const Name& name) { return Make("QueueIsClosedV2", {queue}, {}, name); }

}  // namespace ops

}  // namespace weir
