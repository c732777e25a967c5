// One node on concrete inputs, outside a plan: what constant folding asks for.
#include "weir/graph/infer.h"
#include "weir/ops/kernels.h"
#include "weir/runtime/exec/op_call.h"
#include "weir/runtime/exec/phases.h"
#include "weir/session/compile/plan_builder.h"

namespace weir {

const KernelDef* KernelOf(const Node& n) { return AllKernels().Find(n.op()); }

std::vector<std::string_view> InputNamesOf(const Node& n) {
  std::vector<std::string_view> names;
  names.reserve(n.inputs().size());
  for (const ArgDef& a : n.def()->inputs()) {
    names.insert(names.end(), static_cast<size_t>(a.Count(n.FindAttr(a.counted_by())).value_or(1)), a.name);
  }
  return names;
}

InferFn InferFunctionOf(const Node& n, std::vector<std::shared_ptr<const Resource>> objects) {
  const OpDef* def = n.def();
  std::vector<DType> dtypes;
  for (const OutputType& t : n.outputs()) dtypes.push_back(t.dtype);
  auto declared = def->InputTypes(n.attrs());
  std::vector<bool> handles;
  for (size_t i = 0; declared.ok() && i < declared->size(); ++i) handles.push_back((*declared)[i] == kResource);
  objects.resize(handles.size());
  return [def, attrs = n.attrs(), dtypes, handles, objects = std::move(objects)](
             const std::vector<DynamicInput>& inputs, std::vector<PartialShape>* outputs) -> Status {
    std::vector<ShapeContext::Input> in;
    for (const DynamicInput& i : inputs) {
      ShapeContext::Input s;
      s.dtype = i.dtype, s.shape = PartialShape(i.shape), s.constant = i.value;
      // A list's own dtype and shape are not those of its items, of which nothing is known here.
      if (i.dtype != kVariant) s.handle_dtype = i.dtype, s.handle_shape = PartialShape(i.shape);
      // While running a variable stands where its handle stood; the op's shape function expects the handle.
      if (in.size() < handles.size() && handles[in.size()])
        s.dtype = kResource, s.shape = PartialShape::Scalar(), s.constant = nullptr, s.resource = objects[in.size()];
      in.push_back(std::move(s));
    }
    std::vector<OutputType> out(dtypes.size());
    for (size_t i = 0; i < dtypes.size(); ++i) out[i].dtype = dtypes[i];
    ShapeContext c(def, &attrs, std::move(in), &out);
    WEIR_RETURN_IF_ERROR(def->shape_fn()(c));
    for (size_t i = 0; i < out.size(); ++i) (*outputs)[i] = out[i].shape;
    return {};
  };
}

namespace {

Result<std::vector<Tensor>> Evaluate(const Node& n, const std::vector<Tensor>& inputs) {
  const KernelDef* kernel = KernelOf(n);
  if (!kernel || n.def()->stateful() || !n.def()->writes().empty() || n.def()->holds_functions())
    return Unimplemented("cannot be evaluated");
  std::vector<DynamicInput> known;
  const std::vector<std::string_view> names = kernel->by_name() ? InputNamesOf(n) : std::vector<std::string_view>();
  for (const Tensor& t : inputs) {
    known.push_back({t.dtype(), t.shape(), &t, kernel->by_name() ? names[known.size()] : std::string_view()});
  }
  std::vector<DType> dtypes;
  for (const OutputType& t : n.outputs()) dtypes.push_back(BaseType(t.dtype));
  static const KernelServices no_services;
  AttrMap attrs = n.attrs();
  for (const AttrDef& a : n.def()->attrs()) {
    if (a.default_value) attrs.emplace(a.name, *a.default_value);
  }
  WEIR_ASSIGN_OR_RETURN(PrepareContext c, PrepareOp(*kernel, InferFunctionOf(n), attrs, known, dtypes, no_services));
  std::vector<Tensor> results;
  std::vector<void*> slots;
  std::vector<int32_t> operands;
  for (const Tensor& t : inputs) slots.push_back(const_cast<void*>(t.raw()));
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    const int k = static_cast<int>(i);
    WEIR_ASSIGN_OR_RETURN(Tensor t, OutputOf(*kernel, inputs, k, c.output_dtype(k), c.output_shape(k)));
    results.push_back(std::move(t));
    slots.push_back(results.back().mutable_raw());
  }
  for (size_t i = 0; i < slots.size(); ++i) operands.push_back(static_cast<int32_t>(i));
  Prepared p = c.Take();
  if (p.phases.empty()) return results;
  WEIR_ASSIGN_OR_RETURN(int64_t bytes, Cut(p, 1));
  WEIR_ASSIGN_OR_RETURN(auto workspace, Buffer::Allocate(bytes, "a workspace"));
  RunError error;
  RunArgs args;
  args.slots = slots.data(), args.operands = operands.data(), args.num_inputs = static_cast<int32_t>(inputs.size());
  args.workspace_data = workspace->data(), args.error = &error;
  RunPhases(p, args, nullptr);
  if (error.failed.load()) return error.status;
  return results;
}

}  // namespace

std::optional<std::vector<Tensor>> EvaluateNode(const Node& n, std::span<const Tensor> inputs) {
  auto results = Evaluate(n, {inputs.begin(), inputs.end()});
  // Why errors are dropped: what cannot be computed now fails when it runs, with the run's message.
  return results.ok() ? std::optional(*results) : std::nullopt;
}

}  // namespace weir
