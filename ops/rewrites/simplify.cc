// Simplify: a table of local rules, each from a node to the endpoint that computes the same, bit for bit.
#include <cmath>

#include "weir/graph/effects_before.h"
#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

bool SameType(const Graph& g, Endpoint a, Endpoint b) {
  return g.type(a).dtype == g.type(b).dtype && g.type(a).shape.fully_known() && g.type(a).shape == g.type(b).shape;
}

bool IsUniform(const Graph& g, Endpoint e, double value) {
  const Tensor* t = ConstantValue(g, e);
  if (!t || t->num_elements() == 0 || t->num_elements() > 4096) return false;
  bool all = true;
  bool number = DispatchType(t->dtype(), RealTypes{}, [&](auto zero) {
    for (auto v : t->span<decltype(zero)>())
      all &= static_cast<double>(v) == value && !(value == 0 && std::signbit(static_cast<double>(v)));
  });
  return number && all;
}

using Rule = std::optional<Endpoint> (*)(const Graph& g, const Node& n);

std::optional<Endpoint> FirstInputIfSameType(const Graph& g, const Node& n) {
  if (SameType(g, {n.id(), 0}, n.input(0))) return n.input(0);
  return std::nullopt;
}

std::optional<Endpoint> FirstInput(const Graph&, const Node& n) { return n.input(0); }

std::optional<Endpoint> NoCast(const Graph& g, const Node& n) {
  return n.type_attr("SrcT") == n.type_attr("DstT") ? FirstInputIfSameType(g, n) : std::nullopt;
}

// Transposes whose permutation keeps the order.
std::optional<Endpoint> IdentityTranspose(const Graph& g, const Node& n) {
  const Tensor* perm = ConstantValue(g, n.input(1));
  auto ints = perm ? perm->ToInts() : std::nullopt;
  if (!ints) return std::nullopt;
  for (size_t i = 0; i < ints->size(); ++i) {
    if ((*ints)[i] != static_cast<int64_t>(i)) return std::nullopt;
  }
  return n.input(0);
}

// x * 1, x / 1: exact for every x.
std::optional<Endpoint> ByOne(const Graph& g, const Node& n) {
  if (IsUniform(g, n.input(1), 1) && SameType(g, {n.id(), 0}, n.input(0))) return n.input(0);
  if (n.Is("Mul") && IsUniform(g, n.input(0), 1) && SameType(g, {n.id(), 0}, n.input(1))) return n.input(1);
  return std::nullopt;
}

// x - 0 is exact; x + 0 turns -0 to 0 and is not listed.
std::optional<Endpoint> MinusZero(const Graph& g, const Node& n) {
  if (IsUniform(g, n.input(1), 0) && SameType(g, {n.id(), 0}, n.input(0))) return n.input(0);
  return std::nullopt;
}

// A reduction over no axis.
std::optional<Endpoint> NoReduction(const Graph& g, const Node& n) {
  const PartialShape& axes = g.ShapeOf(n.input(1));
  if (axes.num_elements() == 0) return FirstInputIfSameType(g, n);
  return std::nullopt;
}

// AddN of one tensor; ConcatV2 of one is no valid op.
std::optional<Endpoint> SingleInput(const Graph&, const Node& n) {
  if (n.inputs().size() == 1) return n.input(0);
  return std::nullopt;
}

// A choice between two tensors by a constant scalar.
std::optional<Endpoint> Choice(const Graph& g, const Node& n) {
  const Tensor* condition = ConstantValue(g, n.input(0));
  if (!condition || condition->rank() != 0 || condition->dtype() != kBool) return std::nullopt;
  Endpoint chosen = n.input(condition->scalar<bool>() ? 1 : 2);
  return SameType(g, {n.id(), 0}, chosen) ? std::optional(chosen) : std::nullopt;
}

struct NamedRule {
  const char* op;
  Rule rule;
};

constexpr NamedRule kRules[] = {
    {"Identity", FirstInput},
    {"StopGradient", FirstInput},
    {"PreventGradient", FirstInput},
    {"Snapshot", FirstInput},
    {"Reshape", FirstInputIfSameType},
    {"ExpandDims", FirstInputIfSameType},
    {"Squeeze", FirstInputIfSameType},
    {"BroadcastTo", FirstInputIfSameType},
    {"Tile", FirstInputIfSameType},
    {"Slice", FirstInputIfSameType},
    {"Pad", FirstInputIfSameType},
    {"PadV2", FirstInputIfSameType},
    {"Cast", NoCast},
    {"Transpose", IdentityTranspose},
    {"Mul", ByOne},
    {"RealDiv", ByOne},
    {"Div", ByOne},
    {"Sub", MinusZero},
    {"Sum", NoReduction},
    {"Prod", NoReduction},
    {"Max", NoReduction},
    {"Min", NoReduction},
    {"AddN", SingleInput},
    {"PlaceholderWithDefault", FirstInput},
    {"Select", Choice},
    {"SelectV2", Choice},
};

}  // namespace

Result<bool> Simplify(Graph& g, PassContext&) {
  static const std::unordered_multimap<std::string, Rule> rules = [] {
    std::unordered_multimap<std::string, Rule> m;
    for (const NamedRule& r : kRules) m.emplace(r.op, r.rule);
    return m;
  }();
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
  const EffectsBefore effects(g, order);
  bool changed = false;
  for (NodeId id : order) {
    const Node& n = g.node(id);
    auto [begin, end] = rules.equal_range(n.op());
    for (auto it = begin; it != end; ++it) {
      auto replacement = it->second(g, g.node(id));
      if (!replacement || *replacement == Endpoint{id, 0}) continue;
      // A node that waits for others holds its readers back with it.
      if (!g.node(id).control_inputs().empty()) continue;
      std::vector<Endpoint> dropped = g.node(id).inputs();
      std::erase(dropped, *replacement);
      if (!effects.Of(dropped).empty()) continue;  // they run whether what they give is wanted or not
      bool read = false;
      for (const Use& u : g.node(id).users()) read |= u.input >= 0;
      if (!read) continue;
      WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, 0}, *replacement));
      changed = true;
    }
  }
  return changed;
}

}  // namespace weir
