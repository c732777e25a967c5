// LowerTensorArrays: TensorFlow 1's arrays of tensors become lists, which are values.
//
// An array is a handle, and a float, its flow, goes from write to read so that they run in order. Here the flow becomes
// the list itself, whichever way it takes (loops, branches, stacks, sums), and the handle the array's size: all that is
// asked of it. The array of gradients by another array is a list of its own, whose writes add.
//
//   TensorArrayV3 -> TensorListReserve;  …Write… -> TensorListSetItem;  …Gather… -> TensorListGather;  …
//   Enter, Switch, Merge, AddN, … of a flow: the same of a list;  a constant where a flow is expected: no list yet
#include <fmt/format.h>

#include <deque>
#include <memory>
#include <numeric>

#include "weir/ops/list/list.h"
#include "weir/ops/rewrites/replacement.h"
#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

// What the graph says of an array; of one of gradients: by which array, and for which source.
struct Array {
  DType dtype = DType::kInvalid;
  PartialShape element_shape = PartialShape::Unknown();
  bool dynamic = false;
  const Array* by = nullptr;
  std::string source;
};

// An op on arrays: its name without its generation ("Write" of TensorArrayWriteV3), and which input is the flow.
struct ArrayOp {
  std::string verb;
  int flow = -1;
};

std::optional<ArrayOp> ArrayOpOf(const Node& n) {
  constexpr std::string_view kPrefix = "TensorArray";
  if (!n.op().starts_with(kPrefix) || !n.def()) return std::nullopt;
  ArrayOp op{n.op().substr(kPrefix.size())};
  if (op.verb.ends_with("V2") || op.verb.ends_with("V3")) op.verb.resize(op.verb.size() - 2);
  const auto& inputs = n.def()->inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name == "flow_in") op.flow = static_cast<int>(i);
  }
  return op;
}

bool MakesArray(const ArrayOp& op) { return op.verb.empty(); }
bool MakesGradient(const ArrayOp& op) { return op.verb == "Grad" || op.verb == "GradWithShape"; }

// Whether what the node reads at input 0 (of Merge and sums, at all) is what it gives.
bool PassesOn(const Node& n, bool flow) {
  static const std::set<std::string, std::less<>> kBoth = {"Identity", "Enter", "Exit", "NextIteration", "Switch",
                                                           "Merge", "RefEnter", "RefExit", "RefNextIteration",
                                                           "RefSwitch", "RefMerge", "RefIdentity"};
  return kBoth.count(n.op()) || (flow && (n.Is("AddN") || n.Is("Add") || n.Is("AddV2") || n.Is("StopGradient")));
}
std::vector<int> Passed(const Node& n) {
  std::vector<int> inputs(n.Is("Switch") || n.Is("RefSwitch") ? 1 : n.inputs().size());
  std::iota(inputs.begin(), inputs.end(), 0);
  return inputs;
}
int PassedOutputs(const Node& n) { return n.Is("Switch") || n.Is("RefSwitch") ? 2 : 1; }

class Lowering {
 public:
  explicit Lowering(Graph& g) : g_(g) {}

  Result<bool> Run() {
    for (NodeId id : g_.nodes()) {
      if (auto op = ArrayOpOf(g_.node(id))) ops_.emplace(id, std::move(*op));
    }
    if (ops_.empty()) return false;
    FindStacks();
    WEIR_RETURN_IF_ERROR(FindArrays());
    FindGradientFlows();
    FindFlows();
    WEIR_RETURN_IF_ERROR(FindOwners());
    for (const auto& [id, op] : ops_) {
      Status s = Lower(g_.node(id), op);
      if (!s.ok()) return NodeError(g_.node(id), "graph", std::move(s));
    }
    WEIR_RETURN_IF_ERROR(ChangePassing());
    return Reconnect();
  }

 private:
  // ---- which ways values take

  // Where what is read comes out again.
  std::vector<Endpoint> PassedTo(const Use& use, bool flow) const {
    const Node& n = g_.node(use.node);
    std::vector<Endpoint> to;
    if (PassesOn(n, flow) && !gradient_flows_.count(use.node)) {
      for (int i = 0; i < PassedOutputs(n); ++i) to.push_back({use.node, i});
    } else if (auto stack = stack_of_.find(use.node); stack != stack_of_.end() && use.input == 1) {
      to.push_back({use.node, 0});
      for (NodeId pop : pops_.at(stack->second)) to.push_back({pop, 0});
    }
    return to;
  }
  // Of which inputs an output is one.
  std::vector<std::pair<NodeId, int>> PassedFrom(Endpoint e) const {
    const Node& n = g_.node(e.node);
    std::vector<std::pair<NodeId, int>> from;
    if (PassesOn(n, true) && !gradient_flows_.count(e.node)) {
      for (int i : Passed(n)) from.emplace_back(e.node, i);
    } else if (auto stack = stack_of_.find(e.node); stack != stack_of_.end()) {
      for (NodeId push : pushes_.at(stack->second)) from.emplace_back(push, 1);
    }
    return from;
  }

  // What loops remember for their gradients goes over stacks, too; which of them each push and pop is of.
  void FindStacks() {
    std::vector<NodeId> open;
    for (NodeId id : g_.nodes()) {
      const Node& n = g_.node(id);
      if (n.op().starts_with("StackPush") || n.op().starts_with("StackPop")) open.push_back(id);
    }
    for (bool found = true; found;) {  // the handle of a stack may come from a stack
      found = false;
      std::erase_if(open, [&](NodeId id) {
        const NodeId stack = StackBehind(g_.node(id).input(0));
        if (!stack.valid()) return false;
        stack_of_[id] = stack, pushes_[stack], pops_[stack];
        (g_.node(id).op().starts_with("StackPush") ? pushes_ : pops_)[stack].push_back(id);
        return found = true;
      });
    }
  }
  NodeId StackBehind(Endpoint e) const {
    for (size_t steps = 0; steps < static_cast<size_t>(g_.num_ids()); ++steps) {
      const Node& n = g_.node(e.node);
      if (n.Is("Stack") || n.Is("StackV2")) return e.node;
      auto stack = stack_of_.find(e.node);
      if (PassesOn(n, false)) e = n.input(0);
      else if (stack != stack_of_.end() && !pushes_.at(stack->second).empty())
        e = g_.node(pushes_.at(stack->second)[0]).input(1);
      else return {};
    }
    return {};
  }

  // ---- what is what

  Status FindArrays() {
    std::deque<Endpoint> next;
    auto found = [&](Endpoint e, Array* a) {
      if (arrays_.emplace(e, a).second) next.push_back(e);
    };
    for (const auto& [id, op] : ops_) {
      const Node& n = g_.node(id);
      if (!MakesArray(op)) continue;
      made_.push_back(std::make_unique<Array>());
      Array& a = *made_.back();
      a.dtype = n.type_attr("dtype"), a.element_shape = n.attr<PartialShape>("element_shape");
      a.dynamic = n.attr<bool>("dynamic_size");
      found({id, 0}, &a);
    }
    while (!next.empty()) {
      const Endpoint e = next.front();
      next.pop_front();
      Array* a = arrays_[e];
      for (const Use& use : g_.node(e.node).users()) {
        if (use.input < 0 || use.output != e.index) continue;
        const Node& reader = g_.node(use.node);
        auto op = ops_.find(use.node);
        const std::vector<Endpoint> passed = PassedTo(use, false);
        for (Endpoint to : passed) found(to, a);
        if (!passed.empty()) continue;
        if (op == ops_.end()) {
          return NodeError(reader, "graph", InvalidArgument("reads the handle of a TensorArray"));
        } else if (MakesGradient(op->second)) {
          found({use.node, 0}, GradientArray(*a, reader.attr<std::string>("source")));
        }
      }
    }
    return {};
  }

  Array* GradientArray(const Array& by, const std::string& source) {
    for (const auto& a : made_) {
      if (a->by == &by && a->source == source) return a.get();
    }
    made_.push_back(std::make_unique<Array>(by));
    made_.back()->by = &by, made_.back()->source = source;
    return made_.back().get();
  }

  // The flow of an array of gradients is the Identity of another one's that waits for the op that gave the handle: what
  // TensorFlow's TensorArray.grad makes.
  void FindGradientFlows() {
    for (const auto& [id, op] : ops_) {
      if (!MakesGradient(op)) continue;
      for (const Use& use : g_.node(id).users()) {
        const Node& n = g_.node(use.node);
        if (use.input < 0 && n.Is("Identity") && n.input(0) == g_.node(id).input(op.flow))
          gradient_flows_[use.node] = id;
      }
    }
  }

  // All ways that flows take, as classes of endpoints that are one way.
  void FindFlows() {
    for (const auto& [id, op] : ops_) {
      if (op.flow >= 0) ReadAsFlow(id, op.flow);
      const Node& n = g_.node(id);
      for (size_t i = 0; i < n.def()->outputs().size(); ++i) {
        const std::string& name = n.def()->outputs()[i].name;
        if (name == "flow" || name == "flow_out") AddFlow({id, static_cast<int>(i)});
      }
    }
    for (const auto& [id, maker] : gradient_flows_) AddFlow({id, 0});
    while (!new_flows_.empty()) {
      const Endpoint e = new_flows_.front();
      new_flows_.pop_front();
      for (auto [node, i] : PassedFrom(e)) {
        if (ReadAsFlow(node, i)) Unite(e, g_.node(node).input(i));
      }
      for (const Use& use : g_.node(e.node).users()) {
        if (use.input < 0 || use.output != e.index) continue;
        const Node& reader = g_.node(use.node);
        const std::vector<Endpoint> passed = PassedTo(use, true);
        for (Endpoint to : passed) Unite(e, to);
        if (!passed.empty()) continue;
        if (reader.Is("ZerosLike")) {
          AddFlow({use.node, 0});
        } else if (!ops_.count(use.node) && !gradient_flows_.count(use.node)) {
          asides_.push_back({use.node, use.input});
        }
      }
    }
  }

  // What input i reads becomes a flow, unless nothing makes it one: a number in its place.
  bool ReadAsFlow(NodeId id, int i) {
    const Endpoint e = g_.node(id).input(i);
    const Node& from = g_.node(e.node);
    if (!PassedFrom(e).empty() || from.Is("ZerosLike") || ops_.count(e.node) || gradient_flows_.count(e.node)) {
      AddFlow(e);
      return true;
    }
    numbers_.insert({id, i});
    return false;
  }
  void AddFlow(Endpoint e) {
    if (class_.emplace(e, e).second) new_flows_.push_back(e);
  }
  Endpoint ClassOf(Endpoint e) {
    while (class_[e] != e) e = class_[e] = class_[class_[e]];
    return e;
  }
  void Unite(Endpoint a, Endpoint b) {
    AddFlow(a), AddFlow(b);
    class_[ClassOf(a)] = ClassOf(b);
  }

  // Which array each way belongs to, and whether it begins with a number.
  Status FindOwners() {
    auto own = [&](Endpoint flow, Endpoint handle, const Node& n) -> Status {
      auto array = arrays_.find(handle);
      if (array == arrays_.end())
        return NodeError(n, "graph", InvalidArgument("has a handle that no TensorArray gave"));
      if (!class_.count(flow)) return {};
      const Array*& owner = owners_[ClassOf(flow)];
      if (owner && owner != array->second && (owner->by || array->second->by))
        return NodeError(n, "graph", Unimplemented("mixes the flows of two TensorArrays, by which none is a list"));
      owner = array->second;
      return {};
    };
    for (const auto& [id, op] : ops_) {
      const Node& n = g_.node(id);
      if (MakesArray(op) || MakesGradient(op)) {
        if (n.outputs().size() > 1) WEIR_RETURN_IF_ERROR(own({id, 1}, {id, 0}, n));
        if (MakesArray(op)) continue;
      }
      if (!arrays_.count(n.input(0)))
        return NodeError(n, "graph", InvalidArgument("has a handle that no TensorArray gave"));
      if (MakesGradient(op) || op.flow < 0) continue;
      WEIR_RETURN_IF_ERROR(own(n.input(op.flow), n.input(0), n));
      for (size_t i = 0; i < n.outputs().size(); ++i) {
        const Endpoint e{id, static_cast<int32_t>(i)};
        if (class_.count(e)) WEIR_RETURN_IF_ERROR(own(e, n.input(0), n));
      }
    }
    for (const auto& [id, maker] : gradient_flows_)
      WEIR_RETURN_IF_ERROR(own({id, 0}, {maker, 0}, g_.node(id)));
    for (const auto& [id, i] : numbers_) {
      if (!ops_.count(id)) begins_with_number_.insert(ClassOf({id, 0}));
    }
    return {};
  }

  // ---- new nodes

  Result<Endpoint> Add(const Node& like, const char* op, std::vector<Endpoint> inputs, AttrMap attrs) {
    return AddInPlaceOf(g_, like, op, std::move(inputs), std::move(attrs));
  }
  Result<Endpoint> AddConst(const Node& like, Tensor value) {
    const DType dtype = value.dtype();
    return Add(like, "Const", {}, {{"value", std::move(value)}, {"dtype", dtype}});
  }
  Result<Endpoint> AddSum(const Node& like, Endpoint a, Endpoint b) {
    return Add(like, "AddN", {a, b}, {{"N", int64_t{2}}, {"T", kVariant}});
  }
  Result<Endpoint> AddReserve(const Node& like, const Array& a, Endpoint size) {
    WEIR_ASSIGN_OR_RETURN(Endpoint shape, AddConst(like, ops::ElementShapeTensor(a.element_shape)));
    return Add(like, "TensorListReserve", {shape, size}, {{"element_dtype", a.dtype}, {"shape_type", kInt32}});
  }

  // The list that op `n` on array `a` works on: its flow, or an empty one where that may be a number.
  Result<Endpoint> ListOf(const Node& n, const Array& a, int flow) {
    const Endpoint e = n.input(flow);
    if (numbers_.count({n.id(), flow})) return AddReserve(n, a, n.input(0));
    if (!begins_with_number_.count(ClassOf(e))) return e;
    WEIR_ASSIGN_OR_RETURN(Endpoint empty, AddReserve(n, a, n.input(0)));
    return AddSum(n, e, empty);
  }

  // ---- ops on arrays

  Status Lower(const Node n, const ArrayOp& op) {  // a copy: what is added moves it
    std::vector<Endpoint> outputs;
    WEIR_RETURN_IF_ERROR(MakesArray(op)      ? LowerArray(n, &outputs)
                         : MakesGradient(op) ? LowerGradient(n, op, &outputs)
                                             : LowerUse(n, op, &outputs));
    for (size_t i = 0; i < outputs.size(); ++i) replaced_[{n.id(), static_cast<int>(i)}] = outputs[i];
    return {};
  }

  Status LowerArray(const Node& n, std::vector<Endpoint>* outputs) {
    outputs->push_back(n.input(0));
    if (n.outputs().size() == 1) return {};
    WEIR_ASSIGN_OR_RETURN(Endpoint list, AddReserve(n, *arrays_[{n.id(), 0}], n.input(0)));
    outputs->push_back(list);
    return {};
  }

  Status LowerGradient(const Node& n, const ArrayOp& op, std::vector<Endpoint>* outputs) {
    const Array& mine = *arrays_[{n.id(), 0}];
    Array shaped = mine;
    if (op.verb == "GradWithShape") shaped.element_shape = PartialShape::Unknown();
    const Endpoint flow = n.input(op.flow);
    const bool number = numbers_.count({n.id(), op.flow});
    const bool is_mine = !number && (!owners_.count(ClassOf(flow)) || owners_[ClassOf(flow)] == &mine);
    Endpoint size = n.input(0);
    if (!number && !is_mine) {  // that of the array by which these are gradients
      WEIR_ASSIGN_OR_RETURN(size, Add(n, "TensorListLength", {flow}, {}));
    }
    outputs->push_back(size);
    Endpoint list;
    if (is_mine) {
      WEIR_ASSIGN_OR_RETURN(list, ListOf(n, shaped, op.flow));
    } else {
      WEIR_ASSIGN_OR_RETURN(list, AddReserve(n, shaped, size));
    }
    if (n.outputs().size() > 1) outputs->push_back(list);
    for (const auto& [id, maker] : gradient_flows_) {
      if (maker == n.id()) replaced_[{id, 0}] = list;
    }
    return {};
  }

  Status LowerUse(const Node& n, const ArrayOp& op, std::vector<Endpoint>* outputs) {
    if (op.verb == "Close") return {};
    const Array& a = *arrays_[n.input(0)];
    WEIR_ASSIGN_OR_RETURN(Endpoint list, ListOf(n, a, op.flow));
    const AttrMap dtype{{"element_dtype", a.dtype}};
    Endpoint result;
    if (op.verb == "Size") {
      WEIR_ASSIGN_OR_RETURN(result, Add(n, "TensorListLength", {list}, {}));
    } else if (op.verb == "Read") {
      WEIR_ASSIGN_OR_RETURN(Endpoint shape, AddConst(n, ops::ElementShapeTensor(a.element_shape)));
      WEIR_ASSIGN_OR_RETURN(result, Add(n, "TensorListGetItem", {list, n.input(1), shape}, dtype));
    } else if (op.verb == "Gather" || op.verb == "Pack") {
      auto element = MergeShapes(a.element_shape, n.attr<PartialShape>("element_shape"));
      if (!element.ok()) return element.status();
      WEIR_ASSIGN_OR_RETURN(Endpoint shape, AddConst(n, ops::ElementShapeTensor(*element)));
      if (op.verb == "Gather") {
        WEIR_ASSIGN_OR_RETURN(result, Add(n, "TensorListGather", {list, n.input(1), shape}, dtype));
      } else {
        WEIR_ASSIGN_OR_RETURN(result, Add(n, "TensorListStack", {list, shape}, dtype));
      }
    } else if (op.verb == "Concat") {
      PartialShape element = n.attr<PartialShape>("element_shape_except0");
      if (element.known_rank()) element = Concatenate(PartialShape({kUnknownDim}), element);
      AttrMap attrs = dtype;
      attrs["element_shape"] = element;
      WEIR_ASSIGN_OR_RETURN(result, Add(n, "TensorListConcat", {list}, attrs));
      outputs->push_back(result);
      result.index = 1;
    } else {
      WEIR_ASSIGN_OR_RETURN(result, LowerWrite(n, op, a, list));
    }
    outputs->push_back(result);
    return {};
  }

  Result<Endpoint> LowerWrite(const Node& n, const ArrayOp& op, const Array& a, Endpoint list) {
    Endpoint into = list;
    if (a.by) {
      WEIR_ASSIGN_OR_RETURN(Endpoint size, Add(n, "TensorListLength", {list}, {}));
      WEIR_ASSIGN_OR_RETURN(into, AddReserve(n, a, size));
    }
    AttrMap attrs{{"element_dtype", a.dtype}};
    Endpoint written;
    if (op.verb == "Write") {
      attrs["resize_if_index_out_of_bounds"] = a.dynamic && !a.by;
      WEIR_ASSIGN_OR_RETURN(written, Add(n, "TensorListSetItem", {into, n.input(1), n.input(2)}, attrs));
    } else if (op.verb == "Scatter") {
      WEIR_ASSIGN_OR_RETURN(written,
                            Add(n, "TensorListScatterIntoExistingList", {into, n.input(2), n.input(1)}, attrs));
    } else if (op.verb == "Split" || op.verb == "Unpack") {
      WEIR_ASSIGN_OR_RETURN(Endpoint shape, AddConst(n, ops::ElementShapeTensor(a.element_shape)));
      attrs["shape_type"] = kInt32;
      if (op.verb == "Split") {
        WEIR_ASSIGN_OR_RETURN(written, Add(n, "TensorListSplit", {n.input(1), shape, n.input(2)}, attrs));
      } else {
        WEIR_ASSIGN_OR_RETURN(written, Add(n, "TensorListFromTensor", {n.input(1), shape}, attrs));
      }
    } else {
      return Unimplemented("is no op on arrays that is known");
    }
    return a.by ? AddSum(n, list, written) : written;
  }

  // ---- the ways

  // What hands on a handle hands on a size, what hands on a flow a list.
  Status ChangePassing() {
    std::map<NodeId, DType> passing;
    for (const auto& [e, a] : arrays_) {
      if (!ops_.count(e.node)) passing[e.node] = kInt32;
    }
    for (const auto& [e, c] : class_) {
      if (!ops_.count(e.node) && !gradient_flows_.count(e.node)) passing[e.node] = kVariant;
    }
    for (const auto& [id, dtype] : std::map<NodeId, DType>(passing)) {
      if (auto stack = stack_of_.find(id); stack != stack_of_.end()) passing[stack->second] = dtype;
    }
    for (const auto& [id, dtype] : passing) {
      std::string op = g_.node(id).op();
      if (op.starts_with("Ref")) op = op.substr(3);
      AttrMap attrs = g_.node(id).attrs();
      attrs[op.starts_with("Stack") && !op.starts_with("StackPush") ? "elem_type" : "T"] = dtype;
      if (op == "Add" || op == "AddV2") op = "AddN", attrs = {{"N", int64_t{2}}, {"T", kVariant}};
      WEIR_RETURN_IF_ERROR(g_.SetOp(id, op, std::move(attrs)));
    }
    return {};
  }

  Endpoint Resolved(Endpoint e) const {
    for (auto it = replaced_.find(e); it != replaced_.end(); it = replaced_.find(e)) e = it->second;
    return e;
  }

  Result<bool> Reconnect() {
    for (const auto& [id, i] : asides_) {  // whoever reads a flow as a number reads zero
      WEIR_ASSIGN_OR_RETURN(Endpoint zero, AddConst(g_.node(id), Tensor(0.0f)));
      WEIR_RETURN_IF_ERROR(g_.SetInput(id, i, zero));
    }
    for (const auto& [id, i] : numbers_) {
      if (ops_.count(id)) continue;
      WEIR_ASSIGN_OR_RETURN(Endpoint none, Add(g_.node(id), "FakeParam", {},
                                               {{"dtype", kVariant}, {"shape", PartialShape::Scalar()}}));
      // It is in the loop, or on the side of a condition, that the number was in.
      const std::vector<NodeId> before = g_.node(g_.node(id).input(i).node).control_inputs();
      WEIR_RETURN_IF_ERROR(g_.SetInputs(none.node, {}, before));
      WEIR_RETURN_IF_ERROR(g_.SetInput(id, i, none));
    }
    for (NodeId id : g_.nodes()) {
      if (ops_.count(id) || gradient_flows_.count(id)) continue;
      for (size_t i = 0; i < g_.node(id).inputs().size(); ++i) {
        const Endpoint e = g_.node(id).input(static_cast<int>(i));
        if (const Endpoint to = Resolved(e); to != e) WEIR_RETURN_IF_ERROR(g_.SetInput(id, static_cast<int>(i), to));
      }
    }
    // What waits, or is waited for, keeps its place.
    for (const auto& [id, op] : ops_) {
      NodeId after;
      const Endpoint last = Resolved({id, static_cast<int>(g_.node(id).outputs().size()) - 1});
      const bool made_here = !g_.node(id).outputs().empty() && last.node != id && !g_.node(last.node).inputs().empty();
      if (made_here && std::find(g_.node(id).inputs().begin(), g_.node(id).inputs().end(), last) ==
                           g_.node(id).inputs().end()) {
        after = last.node;
      } else {
        WEIR_ASSIGN_OR_RETURN(Endpoint noop, Add(g_.node(id), "NoOp", {}, {}));
        after = noop.node;
      }
      WEIR_RETURN_IF_ERROR(HandOverControl(g_, id, after));
    }
    for (const auto& [id, maker] : gradient_flows_)
      WEIR_RETURN_IF_ERROR(g_.ReplaceControlUses(id, Resolved({id, 0}).node));
    std::vector<bool> keep(static_cast<size_t>(g_.num_ids()), true);
    for (const auto& [id, op] : ops_) keep[static_cast<size_t>(id.value)] = false;
    for (const auto& [id, maker] : gradient_flows_) keep[static_cast<size_t>(id.value)] = false;
    WEIR_RETURN_IF_ERROR(g_.Retain(keep));
    return true;
  }

  Graph& g_;
  std::map<NodeId, ArrayOp> ops_;
  std::vector<std::unique_ptr<Array>> made_;
  std::map<Endpoint, Array*> arrays_;           // by handle
  std::map<Endpoint, Endpoint> class_;          // of flows: towards one that stands for all
  std::deque<Endpoint> new_flows_;
  std::map<NodeId, NodeId> stack_of_;           // by push or pop
  std::map<NodeId, std::vector<NodeId>> pushes_, pops_;
  std::map<NodeId, NodeId> gradient_flows_;     // and the op that made the handle
  std::set<std::pair<NodeId, int>> numbers_;    // inputs that are flows, but read what is none
  std::vector<std::pair<NodeId, int>> asides_;  // inputs that are none, but read flows
  std::map<Endpoint, const Array*> owners_;     // by class
  std::set<Endpoint> begins_with_number_;       // by class
  std::map<Endpoint, Endpoint> replaced_;
};

}  // namespace

Result<bool> LowerTensorArrays(Graph& g, PassContext&) { return Lowering(g).Run(); }

}  // namespace weir
