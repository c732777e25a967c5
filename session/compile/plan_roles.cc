#include "weir/session/compile/plan_roles.h"

#include <fmt/format.h>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/session/compile/plan_builder.h"

namespace weir {

namespace {

// Shapes are exact in elements; here their bytes, and sums of them, must be so too.
Status CheckSizes(const Node& n) {
  constexpr int64_t kMost = int64_t{1} << 45;
  for (const OutputType& t : n.outputs()) {
    int64_t bytes = 0;
    if (!t.shape.fully_known() || !IsPlain(BaseType(t.dtype))) continue;
    auto elements = t.shape.num_elements();
    if (elements && CheckedMul(*elements, static_cast<int64_t>(SizeOf(BaseType(t.dtype))), &bytes) && bytes <= kMost)
      continue;
    return ResourceExhausted(fmt::format("gives {}, more than memory can hold", t.ToString()));
  }
  return {};
}

}  // namespace

Result<Roles> Roles::Of(const Graph& g, const std::vector<NodeId>& order) {
  Roles roles(g);
  for (NodeId id : order) {
    auto role = roles.Decide(g.node(id));
    if (!role.ok()) return NodeError(g.node(id), "graph", role.status());
    roles.roles_[id.value] = *role;
  }
  return roles;
}

bool Roles::Static(Endpoint e) const {
  if (dynamic_.count(e)) return false;
  const OutputType& t = g_->type(e);
  return IsPlain(t.dtype) && t.shape.fully_known();
}

bool Roles::AllStatic(const Node& n) const {
  for (Endpoint e : n.inputs()) {
    if (IsObject(*g_, e)) continue;
    if (IsHandle(*g_, e) ? !g_->type(e).handle_shape.fully_known() : !Static(e)) return false;
  }
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    const Endpoint e{n.id(), static_cast<int>(i)};
    if (!IsObject(*g_, e) && !Static(e)) return false;
  }
  return true;
}

Result<Role> Roles::Decide(const Node& n) {
  WEIR_RETURN_IF_ERROR(CheckSizes(n));
  if (n.Is("Const")) return Role::kConstant;
  if (n.Is("_Arg")) return IsHandle(*g_, {n.id(), 0}) ? Role::kHandle : Role::kFeed;
  if (n.Is("_Retval")) return Role::kFetch;
  if (n.def()->compiled_away() && n.inputs().empty() && n.outputs().empty()) return Role::kNothing;  // order alone
  const OpDef& op = *n.def();
  const KernelDef* kernel = KernelOf(n);
  const bool handle = op.makes_handle() || (op.hands_on() && IsHandle(*g_, {n.id(), 0}));
  if (handle && !(kernel && op.makes_handle())) return Role::kHandle;
  // What the executor does itself, since a variable may take another shape and memory by it.
  if (n.Is("ReadVariableOp")) return Role::kRead;
  if (n.Is("AssignVariableOp")) return Role::kAssign;
  if (n.Is("VarIsInitializedOp")) return Role::kIsInitialized;
  if (op.calls() != CallKind::kNone && op.calls() != CallKind::kCall) return Role::kControl;
  kernels_[n.id().value] = kernel;
  if (op.fed() && !kernel) {
    return FailedPrecondition("must be fed")
        .Help(fmt::format("feed '{}' a value of {}", n.name(), g_->type({n.id(), 0}).ToString()));
  }
  if (!kernel) return Unimplemented("has no kernel");
  for (const OutputType& t : n.outputs()) {
    if (!handle && !IsCarried(BaseType(t.dtype)))
      return Unimplemented(fmt::format("gives {}, a dtype that Weir does not compute with", DTypeName(t.dtype)));
  }
  bool values_known = !kernel->while_running();
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    if (kernel->NeedsValueOf(static_cast<int>(i), static_cast<int>(n.inputs().size())))
      values_known &= ConstantValue(*g_, n.input(static_cast<int>(i))) != nullptr;
  }
  if (AllStatic(n) && values_known) return kernel->has_views() ? Role::kView : Role::kKernel;
  // Outputs whose shapes are known stay static even when the parameters come while running.
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    Endpoint e{n.id(), static_cast<int>(i)};
    if (IsObject(*g_, e)) continue;
    if (!Static(e) || kernel->has_views()) dynamic_.insert(e);
  }
  return Role::kDynamic;
}

Endpoint Roles::RootOf(Endpoint e) const {
  while (true) {
    const Role role = roles_[e.node.value];
    if (role != Role::kView && role != Role::kDynamic) return e;
    const Node& n = g_->node(e.node);
    const int view = kernels_[e.node.value]->ViewOf(e.index);
    if (view < 0) return e;
    e = n.input(view);
  }
}

}  // namespace weir
