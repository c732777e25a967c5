// FoldConstants: a node that only constants feed, or whose output's value inference knows (Shape of a known shape, and
// what is computed from it), becomes a Const. Folding keeps the bits that running would give. Effects, random ops and
// results much larger than what they come from stay.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/effects_before.h"
#include "weir/graph/pass.h"

namespace weir {

namespace {

constexpr int64_t kMaxFoldedBytes = 10 << 20;
constexpr int64_t kMaxGrowth = 64 << 10;  // a Fill of a megabyte is better computed than stored

bool Foldable(const Node& n) {
  bool used = std::any_of(n.users().begin(), n.users().end(), [](const Use& u) { return u.input >= 0; });
  if (!used) return false;
  if (!n.def() || n.def()->stateful() || n.def()->fed() || n.Is("Const") || IsRoot(n)) return false;
  for (const OutputType& t : n.outputs()) {
    if (!IsSupported(t.dtype)) return false;  // no file would hold it
  }
  return true;
}

std::optional<Tensor> FromKnownValue(const OutputType& t) {
  if (!t.value || !IsInteger(t.dtype)) return std::nullopt;
  for (int64_t d : *t.value) {
    if (!Known(d)) return std::nullopt;  // negative values are not told from unknown ones
  }
  auto shape = t.shape.ToShape();
  if (!shape || shape->num_elements() != static_cast<int64_t>(t.value->size())) return std::nullopt;
  auto tensor = Tensor::Allocate(t.dtype, *shape);
  if (!tensor.ok()) return std::nullopt;
  DispatchType(t.dtype, IntTypes{}, [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < t.value->size(); ++i) tensor->mutable_data<T>()[i] = static_cast<T>((*t.value)[i]);
  });
  return *tensor;
}

// All outputs' values, or nothing.
std::optional<std::vector<Tensor>> Values(const Graph& g, const Node& n, const PassContext& c) {
  std::vector<Tensor> known;
  for (const OutputType& t : n.outputs()) {
    auto v = FromKnownValue(t);
    if (!v) break;
    known.push_back(std::move(*v));
  }
  if (known.size() == n.outputs().size()) return known;
  if (!c.evaluate || n.inputs().empty()) return std::nullopt;
  std::vector<Tensor> inputs;
  int64_t input_bytes = 0, output_bytes = 0;
  for (Endpoint e : n.inputs()) {
    const Tensor* t = ConstantValue(g, e);
    if (!t && n.def()->shape_only()) {
      // Any elements will do.
      auto shape = g.ShapeOf(e).ToShape();
      if (!shape || shape->num_elements() > kMaxGrowth) return std::nullopt;
      auto zeros = Tensor::AllocateZeros(g.type(e).dtype, *shape);
      if (!zeros.ok()) return std::nullopt;
      inputs.push_back(*zeros);
      continue;
    }
    if (!t || t->opaque()) return std::nullopt;
    input_bytes += t->bytes();
    inputs.push_back(*t);
  }
  for (const OutputType& t : n.outputs()) {
    int64_t bytes = 0;
    auto elements = t.shape.num_elements();
    if (!elements) continue;
    if (!CheckedMul(*elements, static_cast<int64_t>(SizeOf(t.dtype)), &bytes) ||
        !CheckedAdd(output_bytes, bytes, &output_bytes))
      return std::nullopt;
  }
  if (output_bytes > kMaxFoldedBytes || output_bytes > input_bytes + kMaxGrowth) return std::nullopt;
  return c.evaluate(n, inputs);
}

// What waits for the node's value waits for what it waited for, too, and so did what it is computed of: the effects
// before a tensor whose shape alone is asked for.
std::vector<NodeId> WaitedFor(const Graph& g, const Node& n, const EffectsBefore& effects) {
  std::set<NodeId> before(n.control_inputs().begin(), n.control_inputs().end());
  for (NodeId effect : effects.Of(n.inputs())) before.insert(effect);
  for (Endpoint e : n.inputs()) {
    const Node& input = g.node(e.node);
    if (input.Is("Const")) before.insert(input.control_inputs().begin(), input.control_inputs().end());
  }
  return {before.begin(), before.end()};
}

}  // namespace

Result<bool> FoldConstants(Graph& g, PassContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
  const EffectsBefore effects(g, order);
  bool changed = false;
  for (NodeId id : order) {
    if (!Foldable(g.node(id))) continue;
    auto values = Values(g, g.node(id), c);
    if (!values || values->size() != g.node(id).outputs().size()) continue;
    for (size_t i = 0; i < values->size(); ++i) {
      const Node& n = g.node(id);
      NodeSpec spec;
      spec.op = "Const";
      spec.name = g.UniqueName(n.name() + "/_folded");
      spec.control_inputs = WaitedFor(g, n, effects);
      spec.loc = n.loc();
      spec.origins = n.origins().empty() ? std::vector<std::string>{n.name()} : n.origins();
      DType dtype = (*values)[i].dtype();
      spec.attrs = {{"value", (*values)[i]}, {"dtype", dtype}};
      WEIR_ASSIGN_OR_RETURN(NodeId folded, g.AddNode(std::move(spec)));
      WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, static_cast<int>(i)}, {folded, 0}));
    }
    // Control edges from it stay with the node; without them it goes with the next Prune.
    changed = true;
  }
  return changed;
}

}  // namespace weir
