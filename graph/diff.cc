// Comparing graphs: pairs of nodes by name, then by fingerprint; then each pair, what the two are made of.
#include "weir/graph/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"

namespace weir {

namespace {

using Change = NodeDifference::Change;

constexpr int64_t kShown = 8;  // elements of a tensor or list that a line shows

// ---- which node is which

// What a node computes, as a text: op, attributes, inputs. A node that both graphs have by name stands for itself, so
// that only the names of others do not matter.
class Fingerprints {
 public:
  Fingerprints(const Graph& g, const Graph& other) {
    auto order = TopologicalOrder(g);
    if (!order.ok()) return;  // then nothing is told to be renamed
    std::hash<std::string> hash;
    for (NodeId id : *order) of_[id] = other.Find(g[id].name()).valid() ? hash(g[id].name()) : hash(TextOf(g[id]));
  }
  std::optional<size_t> Of(NodeId id) const {
    auto it = of_.find(id);
    return it == of_.end() ? std::nullopt : std::optional<size_t>(it->second);
  }

 private:
  std::string TextOf(const Node& n) const {
    std::string text = n.op();
    for (const auto& [name, value] : n.attrs()) {
      if (name == "_class") continue;  // which tells names
      text += fmt::format("\n{} {}", name, PrintAttr(value, kShown));
      const Tensor* t = value.get<Tensor>();
      const bool bytes = t && t->valid() && (t->opaque() || IsPlain(t->dtype()));
      if (bytes) text += std::string_view(static_cast<const char*>(t->raw()), static_cast<size_t>(t->bytes()));
    }
    for (Endpoint e : n.inputs()) text += fmt::format("\n{}:{}", Of(e.node).value_or(0), e.index);
    return text;
  }

  std::map<NodeId, size_t> of_;
};

// The nodes of the second graph that are those of the first.
std::map<NodeId, NodeId> Pairs(const Graph& a, const Graph& b) {
  std::map<NodeId, NodeId> pairs;
  for (NodeId id : a.nodes()) {
    if (NodeId same = b.Find(a[id].name()); same.valid()) pairs[id] = same;
  }
  if (static_cast<int>(pairs.size()) == std::min(a.num_nodes(), b.num_nodes())) return pairs;
  const Fingerprints of_a(a, b), of_b(b, a);
  std::map<size_t, std::vector<NodeId>> left_a, left_b;
  for (NodeId id : a.nodes()) {
    if (!pairs.count(id) && of_a.Of(id)) left_a[*of_a.Of(id)].push_back(id);
  }
  for (NodeId id : b.nodes()) {
    if (!a.Find(b[id].name()).valid() && of_b.Of(id)) left_b[*of_b.Of(id)].push_back(id);
  }
  for (const auto& [print, from] : left_a) {
    auto to = left_b.find(print);
    if (to == left_b.end() || to->second.size() != from.size()) continue;  // it cannot be told which is which
    for (size_t i = 0; i < from.size(); ++i) pairs[from[i]] = to->second[i];
  }
  return pairs;
}

// ---- what is different between two of them

class Comparison {
 public:
  Comparison(const Graph& a, const Graph& b, const DiffOptions& options, std::string function)
      : a_(a), b_(b), options_(options), function_(std::move(function)), pairs_(Pairs(a, b)) {}

  void AddTo(std::vector<NodeDifference>* out) const {
    std::set<NodeId> known;
    for (NodeId id : a_.nodes()) {
      const Node& n = a_[id];
      auto it = pairs_.find(id);
      if (it == pairs_.end()) {
        out->push_back({DifferenceKind::kRemoved, function_, n.name(), n.op()});
        continue;
      }
      known.insert(it->second);
      const Node& m = b_[it->second];
      std::vector<Change> changes = Changes(n, m);
      const bool renamed = n.name() != m.name();
      if (!renamed && changes.empty()) continue;
      NodeDifference d{renamed ? DifferenceKind::kRenamed : DifferenceKind::kChanged, function_, n.name(), n.op()};
      if (renamed) d.new_name = m.name();
      d.changes = std::move(changes);
      out->push_back(std::move(d));
    }
    for (NodeId id : b_.nodes()) {
      if (!known.count(id)) out->push_back({DifferenceKind::kAdded, function_, b_[id].name(), b_[id].op()});
    }
  }

 private:
  std::vector<Change> Changes(const Node& n, const Node& m) const {
    std::vector<Change> changes;
    auto add = [&](const std::string& what, const std::string& before, const std::string& after) {
      if (before != after) changes.push_back({what, before, after, {}});
    };
    add("op", n.op(), m.op());
    add("device", n.device(), m.device());
    AddAttrs(n, m, &changes);
    for (size_t i = 0; i < std::max(n.inputs().size(), m.inputs().size()); ++i) {
      const std::string before = i < n.inputs().size() ? NameThere(n.inputs()[i]) : "";
      add(fmt::format("input {}", i), before, i < m.inputs().size() ? b_.EndpointName(m.inputs()[i]) : "");
    }
    AddControl(n, m, &changes);
    for (size_t i = 0; options_.shapes && i < std::max(n.outputs().size(), m.outputs().size()); ++i) {
      add(fmt::format("shape of output {}", i), i < n.outputs().size() ? n.outputs()[i].ToString() : "",
          i < m.outputs().size() ? m.outputs()[i].ToString() : "");
    }
    return changes;
  }

  // An attribute that is left out is its default.
  void AddAttrs(const Node& n, const Node& m, std::vector<Change>* changes) const {
    std::set<std::string> names;
    for (const auto& [name, value] : n.attrs()) names.insert(name);
    for (const auto& [name, value] : m.attrs()) names.insert(name);
    for (const std::string& name : names) {
      const AttrValue *before = n.FindAttr(name), *after = m.FindAttr(name);
      if (before && after && *before == *after) continue;
      Change c{fmt::format("attr '{}'", name), before ? PrintAttr(*before, kShown) : "",
               after ? PrintAttr(*after, kShown) : "", {}};
      const Tensor* from = before ? before->get<Tensor>() : nullptr;
      const Tensor* to = after ? after->get<Tensor>() : nullptr;
      if (from && to && from->dtype() == to->dtype() && from->shape() == to->shape()) {
        c.value = NodeDifference::Value{DistanceOf(*from, *to), from->shape()};
        if (c.value->distance.relative <= options_.tolerance) continue;
      }
      changes->push_back(std::move(c));
    }
  }

  void AddControl(const Node& n, const Node& m, std::vector<Change>* changes) const {
    std::set<std::string> before, after;
    for (NodeId c : n.control_inputs()) before.insert(NameThere(c));
    for (NodeId c : m.control_inputs()) after.insert(b_[c].name());
    for (const std::string& name : before) {
      if (!after.count(name)) changes->push_back({"control input", name, "", {}});
    }
    for (const std::string& name : after) {
      if (!before.count(name)) changes->push_back({"control input", "", name, {}});
    }
  }

  // What a node of the first graph is called in the second one.
  const std::string& NameThere(NodeId id) const {
    auto it = pairs_.find(id);
    return it == pairs_.end() ? a_[id].name() : b_[it->second].name();
  }
  std::string NameThere(Endpoint e) const { return fmt::format("{}:{}", NameThere(e.node), e.index); }

  const Graph &a_, &b_;
  const DiffOptions& options_;
  const std::string function_;
  const std::map<NodeId, NodeId> pairs_;
};

std::string SignatureOf(const Function& f) {
  std::string text;
  for (const auto* list : {&f.args, &f.rets}) {
    text += list == &f.args ? "(" : " -> (";
    for (const ArgDef& a : *list)
      text += fmt::format("{}{}: {}", &a == list->data() ? "" : ", ", a.name,
                          a.type_attr.empty() ? DTypeShortName(a.type) : a.type_attr);
    text += ")";
  }
  return text;
}

void CompareFunctions(const Graph& a, const Graph& b, const DiffOptions& options, std::vector<NodeDifference>* out) {
  for (const auto& [name, f] : a.functions()) {
    const Function* other = b.FindFunction(name);
    if (!other) {
      out->push_back({DifferenceKind::kRemoved, "", name, "function"});
      continue;
    }
    if (other == f.get()) continue;
    NodeDifference d{DifferenceKind::kChanged, "", name, "function"};
    if (const std::string before = SignatureOf(*f), after = SignatureOf(*other); before != after)
      d.changes.push_back({"signature", before, after, {}});
    if (f->gradient != other->gradient) d.changes.push_back({"gradient", f->gradient, other->gradient, {}});
    if (!d.changes.empty()) out->push_back(std::move(d));
    Comparison(f->body, other->body, options, name).AddTo(out);
  }
  for (const auto& [name, f] : b.functions()) {
    if (!a.FindFunction(name)) out->push_back({DifferenceKind::kAdded, "", name, "function"});
  }
}

// "[1,0]" of the element at this offset.
std::string IndexText(const Shape& shape, int64_t offset) {
  Dims index(static_cast<size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<size_t>(axis)] = offset % shape[axis];
    offset /= shape[axis];
  }
  return PartialShape(std::move(index)).ToString();
}

std::string TextOf(const Change& c) {
  if (c.value) {
    const TensorDistance& d = c.value->distance;
    return fmt::format("{} differs in {} of {} elements, the first at {}, by at most {:.6g} (relative {:.2g})", c.what,
                       d.different, c.value->shape.num_elements(), IndexText(c.value->shape, d.first), d.max_abs,
                       d.relative);
  }
  const char* none = "none";
  return fmt::format("{} {} -> {}", c.what, c.before.empty() ? none : c.before, c.after.empty() ? none : c.after);
}

}  // namespace

std::string NodeDifference::ToString() const {
  static constexpr const char* kSigns[] = {"+", "-", ">", "~"};
  std::string text = fmt::format("{} {}'{}' ({})", kSigns[static_cast<int>(kind)],
                                 function.empty() ? "" : fmt::format("in function '{}': ", function), name, op);
  if (!new_name.empty()) text += fmt::format(" is now '{}'", new_name);
  for (size_t i = 0; i < changes.size(); ++i) text += (i ? "; " : ": ") + TextOf(changes[i]);
  return text;
}

int GraphDifference::Count(DifferenceKind kind) const {
  return static_cast<int>(std::count_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.kind == kind; }));
}

std::string GraphDifference::ToString() const {
  std::string text;
  for (const NodeDifference& n : nodes) text += n.ToString() + "\n";
  return text;
}

GraphDifference DiffGraphs(const Graph& a, const Graph& b, const DiffOptions& options) {
  GraphDifference d;
  Comparison(a, b, options, "").AddTo(&d.nodes);
  CompareFunctions(a, b, options, &d.nodes);
  return d;
}

}  // namespace weir
