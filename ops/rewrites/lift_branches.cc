// What Switch and Merge choose becomes If.
//
// Every node has a guard: under which predicates, and which of their values, it is not dead. What lies under the same
// outermost predicate becomes the branches of an If, which gives what Merges choose and what is read elsewhere under
// the same predicate (the gradients of a branch read what the branch computed). Where something outside lies between
// two such parts there are two Ifs. What is under further predicates is lifted in the branch, as a graph of its own.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/rewrites/lift.h"
#include "weir/ops/rewrites/replacement.h"

namespace weir {

namespace {

// Guards are numbers of a tree: 0 is none, kDead what no run computes.
constexpr int kDead = -1;
struct Guard {
  int parent = -1, depth = 0;
  Endpoint pred;
  bool side = false;
};

// A part of the graph that becomes one If.
struct Part {
  int number = 0;
  Endpoint pred;
  std::vector<NodeId> nodes[2];  // of the branches, by the predicate's value
  std::vector<NodeId> ends;      // Merges that choose between them, results that only one of them has
  std::set<NodeId> all;          // nodes of the branches
};

class Branches {
 public:
  // `optional`: results that nobody reads where they have no value.
  Branches(Graph& g, Library& library, const std::set<int64_t>& optional)
      : g_(g), library_(library), optional_(optional) {}

  Result<bool> Run() {
    bool any = false;
    for (NodeId id : g_.nodes()) any |= g_.node(id).Is("Switch") || g_.node(id).Is("Merge");
    if (!any) return false;
    WEIR_ASSIGN_OR_RETURN(order_, TopologicalOrder(g_));
    WEIR_RETURN_IF_ERROR(FindGuards());
    WEIR_RETURN_IF_ERROR(NumberLive());
    Divide();
    const size_t num_before = static_cast<size_t>(g_.num_ids());
    for (const Part& part : parts_) WEIR_RETURN_IF_ERROR(Lift(part));
    return Reconnect(num_before);
  }

 private:
  // ---- guards

  // A predicate, or the contrary of one.
  struct Literal {
    Endpoint pred;
    bool negated = false;
  };
  // What a predicate comes down to. That a Merge gave its input i is what it chose by.
  Literal Predicate(Endpoint e) const {
    Literal found{e};
    for (;;) {
      const Node& n = g_.node(found.pred.node);
      if (n.Is("Identity") || n.Is("Switch")) {  // either hands it on, where it is not dead
        found.pred = n.input(0);
      } else if (n.Is("LogicalNot")) {
        found.pred = n.input(0), found.negated = !found.negated;
      } else if (auto chosen = n.Is("Equal") ? ChoiceOf(n) : std::nullopt) {
        return {chosen->pred, chosen->negated != found.negated};
      } else {
        return found;
      }
    }
  }
  // Of Equal(Merge:1, i): under which predicate the Merge gives its input i.
  std::optional<Literal> ChoiceOf(const Node& equal) const {
    const Node &merge = g_.node(equal.input(0).node), &number = g_.node(equal.input(1).node);
    if (!merge.Is("Merge") || equal.input(0).index != 1 || !number.Is("Const")) return std::nullopt;
    const Tensor i = number.attr<Tensor>("value");
    if (i.dtype() != kInt32 || i.num_elements() != 1) return std::nullopt;
    const auto given = static_cast<size_t>(i.scalar<int32_t>());
    if (merge.inputs().size() != 2 || given > 1) return std::nullopt;
    for (size_t k : {given, 1 - given}) {  // by the side of either input
      const int guard = GuardOf(merge.input(static_cast<int>(k)));
      if (guard > 0) return Literal{guards_[guard].pred, guards_[guard].side != (k == given)};
    }
    return std::nullopt;
  }
  int Under(int guard, Endpoint pred, bool side) {
    for (int k = guard; k > 0; k = guards_[k].parent) {
      if (guards_[k].pred == pred) return guards_[k].side == side ? guard : kDead;
    }
    auto [it, added] = numbers_.emplace(std::tuple(guard, pred, side), static_cast<int>(guards_.size()));
    if (added) guards_.push_back({guard, guards_[guard].depth + 1, pred, side});
    return it->second;
  }
  bool Within(int inner, int outer) const {
    while (guards_[inner].depth > guards_[outer].depth) inner = guards_[inner].parent;
    return inner == outer;
  }
  int GuardOf(Endpoint e) const {
    auto it = of_output_.find(e);
    return it != of_output_.end() ? it->second : of_node_[e.node.value];
  }
  bool IsDead(NodeId id) const { return of_node_[id.value] == kDead; }
  // Waits for what is dead as well.
  static bool AlwaysRuns(const Node& n) { return IsRoot(n) || n.Is("ControlTrigger"); }
  // The outermost predicate of a guard.
  const Guard& Outermost(int guard) const {
    while (guards_[guard].depth > 1) guard = guards_[guard].parent;
    return guards_[guard];
  }

  Status FindGuards() {
    guards_ = {Guard{}};
    of_node_.assign(static_cast<size_t>(g_.num_ids()), 0);
    for (NodeId id : order_) {
      const Node& n = g_.node(id);
      if (n.Is("Merge")) {
        WEIR_ASSIGN_OR_RETURN(of_node_[id.value], MergedGuard(n));
        continue;
      }
      int guard = 0;
      auto reads = [&](int other) -> Status {
        if (guard == kDead || other == kDead) guard = kDead;
        else if (Within(other, guard)) guard = other;
        else if (!Within(guard, other)) {
          if (Contradict(guard, other)) guard = kDead;
          else return NodeError(n, "graph", Unimplemented(fmt::format("depends on '{}' and on '{}', neither of which "
                                                                      "is within the other",
                                                                      g_.EndpointName(guards_[guard].pred),
                                                                      g_.EndpointName(guards_[other].pred))));
        }
        return {};
      };
      for (Endpoint e : n.inputs()) WEIR_RETURN_IF_ERROR(reads(GuardOf(e)));
      for (NodeId c : n.control_inputs()) {
        if (!AlwaysRuns(n)) WEIR_RETURN_IF_ERROR(reads(of_node_[c.value]));
      }
      of_node_[id.value] = guard;
      if (!n.Is("Switch") || guard == kDead) continue;
      const Literal by = Predicate(n.input(1));
      for (int side : {0, 1}) of_output_[{id, side}] = Under(guard, by.pred, (side == 1) != by.negated);
      if (guards_.back().depth > kMaxCallDepth)
        return NodeError(n, "graph", ResourceExhausted(fmt::format("is within {} conditions", kMaxCallDepth)));
    }
    return {};
  }

  // The value_index of a Merge of which one input alone can be alive is that input's number.
  Status NumberLive() {
    std::vector<NodeId> numbers;
    for (NodeId id : order_) {
      if (!g_.node(id).Is("Merge") || of_node_[id.value] == kDead) continue;
      const Users& users = g_.node(id).users();
      const std::vector<Endpoint>& inputs = g_.node(id).inputs();
      const Endpoint live = OnlyLive(g_.node(id));
      const bool asked = std::any_of(users.begin(), users.end(), [](const Use& use) { return use.output == 1; });
      if (!live.valid() || !asked) continue;
      const auto number = std::find(inputs.begin(), inputs.end(), live) - inputs.begin();
      WEIR_ASSIGN_OR_RETURN(const Endpoint constant, AddConst(g_, "const", Tensor(static_cast<int32_t>(number))));
      WEIR_RETURN_IF_ERROR(g_.ReplaceUses({id, 1}, constant));
      of_node_.resize(static_cast<size_t>(g_.num_ids()));
      of_node_[constant.node.value] = of_node_[id.value];
      numbers.push_back(constant.node);
    }
    order_.insert(order_.begin(), numbers.begin(), numbers.end());
    return {};
  }

  // Whether two guards want different values of one predicate.
  bool Contradict(int a, int b) const {
    for (int k = a; k > 0; k = guards_[k].parent) {
      for (int l = b; l > 0; l = guards_[l].parent) {
        if (guards_[k].pred == guards_[l].pred && guards_[k].side != guards_[l].side) return true;
      }
    }
    return false;
  }

  Result<int> MergedGuard(const Node& n) const {
    std::vector<int> live;
    for (Endpoint e : n.inputs()) {
      if (GuardOf(e) != kDead) live.push_back(GuardOf(e));
    }
    if (live.empty()) return kDead;
    if (live.size() == 1) return live[0];
    if (live.size() == 2) {
      const Guard &a = guards_[live[0]], &b = guards_[live[1]];
      if (live[0] != 0 && live[1] != 0 && a.parent == b.parent && a.pred == b.pred && a.side != b.side) return a.parent;
      // A constant of a branch may have lost its guard.
      if (live[1] != 0 && Within(b.parent, live[0])) return b.parent;
      if (live[0] != 0 && Within(a.parent, live[1])) return a.parent;
    }
    return NodeError(n, "graph", Unimplemented("merges what is not the two sides of one condition"));
  }

  // ---- parts

  // The predicate under whose outermost choice a node's work lies; invalid: none.
  Endpoint RegionOf(NodeId id) const {
    const Node& n = g_.node(id);
    const int guard = of_node_[id.value];
    if (guard > 0) return Outermost(guard).pred;
    if (guard == 0 && n.Is("Merge")) {
      for (Endpoint e : n.inputs()) {
        if (GuardOf(e) > 0) return guards_[GuardOf(e)].pred;
      }
    }
    return {};
  }

  // Divides the graph: as much as can be done outside, then a part under one predicate as far as that goes, and again.
  void Divide() {
    std::vector<size_t> waits(static_cast<size_t>(g_.num_ids()));
    std::vector<size_t> place(waits.size());
    for (size_t k = 0; k < order_.size(); ++k) {
      const Node& n = g_.node(order_[k]);
      place[order_[k].value] = k;
      for (Endpoint e : n.inputs()) waits[order_[k].value] += !IsDead(e.node);  // the dead nobody waits for
      for (NodeId c : n.control_inputs()) waits[order_[k].value] += !IsDead(c);
    }
    std::map<Endpoint, std::set<size_t>> ready;  // by region, places in the order
    auto now_ready = [&](NodeId id) { ready[RegionOf(id)].insert(place[id.value]); };
    for (NodeId id : order_) {
      if (waits[id.value] == 0 && !IsDead(id)) now_ready(id);
    }
    auto take = [&](std::set<size_t>& from) {
      const NodeId id = order_[*from.begin()];
      from.erase(from.begin());
      for (const Use& use : g_.node(id).users()) {
        if (--waits[use.node.value] == 0 && !IsDead(use.node)) now_ready(use.node);
      }
      return id;
    };
    for (;;) {
      for (auto& outside = ready[Endpoint()]; !outside.empty();) take(outside);
      auto next = ready.end();
      for (auto it = ready.begin(); it != ready.end(); ++it) {
        if (!it->second.empty() && (next == ready.end() || *it->second.begin() < *next->second.begin())) next = it;
      }
      if (next == ready.end()) return;
      Part part{static_cast<int>(parts_.size()), next->first, {}, {}, {}};
      while (!next->second.empty()) {
        const NodeId id = take(next->second);
        const int guard = of_node_[id.value];
        if (g_.node(id).Is("Merge") && OnlyLive(g_.node(id)).valid()) continue;
        part_of_[id] = static_cast<int>(parts_.size());
        if (guard == 0 || IsRoot(g_.node(id))) {
          part.ends.push_back(id);
        } else {
          part.nodes[Outermost(guard).side].push_back(id);
          part.all.insert(id);
        }
      }
      if (!part.all.empty() || !part.ends.empty()) parts_.push_back(std::move(part));
    }
  }

  // ---- one part

  // One thing that the If gives: by the predicate's value what the branch has there, or nothing.
  struct Given {
    Endpoint of;  // what it stands for
    std::optional<Endpoint> value[2];
    std::optional<int> index[2];  // value_index of a Merge instead
    NodeId result = {};  // of the graph, that only one of the branches has
    bool crosses = false;  // read by a later part, in the same branch
  };

  // What lies behind Switches by the part's predicate, and behind its Merges.
  Endpoint Behind(Endpoint e, const Part& part, bool side) const {
    for (;;) {
      e = Chosen(e);
      const Node& n = g_.node(e.node);
      if (n.Is("Switch") && ReadsThrough(n, e.index, part.pred, side)) {
        e = n.input(0);
      } else if (n.Is("Merge") && e.index == 0 && IsEnd(e.node, part)) {
        e = *MergedBy(n)[side];
      } else if (n.Is("Switch") && !part.all.count(e.node)) {
        e = n.input(0);  // of an earlier part, under whose predicates this reader is as well
      } else {
        return e;
      }
    }
  }
  bool ReadsThrough(const Node& n, int output, Endpoint pred, bool side) const {
    const Literal by = Predicate(n.input(1));
    return by.pred == pred && ((output == 1) != by.negated) == side;
  }
  // What has to be there where `e` is read outside its part: not a Switch crosses, but what it reads.
  void Cross(Endpoint from, std::set<Endpoint>& crossing) const {
    std::vector<Endpoint> stack{from};
    while (!stack.empty()) {
      const Endpoint e = Chosen(stack.back());
      stack.pop_back();
      if (!crossing.insert(e).second || !g_.node(e.node).Is("Switch")) continue;
      for (Endpoint input : g_.node(e.node).inputs()) stack.push_back(input);
    }
  }
  // The part with the Switches that its nodes read and an earlier part has: they tell Merges which input is alive.
  Part WithSwitches(Part part) const {
    for (bool side : {false, true}) {
      std::vector<NodeId>& nodes = part.nodes[side];
      for (size_t k = 0; k < nodes.size(); ++k) {
        for (Endpoint e : g_.node(nodes[k]).inputs()) {
          e = Chosen(e);
          const Node& n = g_.node(e.node);
          if (!n.Is("Switch") || GuardOf(e) <= 0 || Outermost(GuardOf(e)).pred != part.pred) continue;
          if (ReadsThrough(n, e.index, part.pred, side) || !part.all.insert(e.node).second) continue;
          nodes.push_back(e.node);
        }
      }
    }
    return part;
  }
  // What lies behind Merges of which all inputs but one are dead.
  Endpoint Chosen(Endpoint e) const {
    while (g_.node(e.node).Is("Merge") && e.index == 0) {
      const Endpoint live = OnlyLive(g_.node(e.node));
      if (!live.valid()) break;
      e = live;
    }
    return e;
  }
  Endpoint OnlyLive(const Node& merge) const {
    Endpoint live;
    for (Endpoint e : merge.inputs()) {
      if (GuardOf(e) == kDead) continue;
      if (live.valid()) return {};
      live = e;
    }
    return live;
  }
  bool IsEnd(NodeId id, const Part& part) const {
    auto it = part_of_.find(id);
    return it != part_of_.end() && it->second == part.number && !part.all.count(id);
  }
  Endpoint Now(Endpoint e) const {
    e = Chosen(e);
    auto it = moved_.find(e);
    return it == moved_.end() ? e : it->second;
  }

  // The inputs of a Merge by the predicate's value.
  std::array<std::optional<Endpoint>, 2> MergedBy(const Node& merge, std::array<int, 2>* indices = nullptr) const {
    std::array<std::optional<Endpoint>, 2> by;
    std::array<int, 2> index{};
    auto choose = [&](bool side, int i) { by[side] = merge.input(i), index[side] = i; };
    const int n = static_cast<int>(merge.inputs().size());
    for (int i = 0; i < n; ++i) {
      if (const int guard = GuardOf(merge.input(i)); guard > 0) choose(Outermost(guard).side, i);
    }
    for (int i = 0; i < n; ++i) {
      if (GuardOf(merge.input(i)) == 0) choose(by[0].has_value(), i);
    }
    if (indices) *indices = index;
    return by;
  }

  std::vector<Given> GivenBy(const Part& part) const {
    std::vector<Given> given;
    for (NodeId id : part.ends) {
      const Node& n = g_.node(id);
      Given g{.of = {id, 0}}, number{.of = {id, 1}};
      if (!n.Is("Merge")) {
        g.of = n.input(0), g.result = id;
        g.value[Outermost(of_node_[id.value]).side] = n.input(0);
        given.push_back(g);
        continue;
      }
      std::array<int, 2> index;
      const auto by = MergedBy(n, &index);
      for (bool side : {false, true}) g.value[side] = by[side], number.index[side] = index[side];
      given.push_back(g);
      for (const Use& use : n.users()) {
        if (use.output != 1) continue;
        given.push_back(number);
        break;
      }
    }
    std::set<Endpoint> crossing, more;
    for (const auto& nodes : part.nodes) {
      for (NodeId id : nodes) {
        for (const Use& use : g_.node(id).users()) {
          if (use.output < 0 || part.all.count(use.node) || IsEnd(use.node, part)) continue;
          if (of_node_[use.node.value] == kDead) continue;
          Cross({id, use.output}, crossing);
        }
      }
    }
    for (Endpoint e : crossing) {
      if (!g_.node(e.node).Is("Switch") && part.all.count(e.node)) more.insert(e);
    }
    for (Endpoint e : more) {
      Given g{.of = e, .crosses = true};
      g.value[Outermost(of_node_[e.node.value]).side] = e;
      given.push_back(g);
    }
    return given;
  }

  Status Lift(const Part& own) {
    const std::vector<Given> given = GivenBy(own);
    const Part part = WithSwitches(own);
    Captures captures(g_, 0);
    std::vector<NodeId> controls;
    for (bool side : {false, true}) Note(part, side, given, captures, controls);
    std::vector<FuncRef> branches;
    bool effects = false;
    const std::string name = NameOf(part);
    for (bool side : {true, false}) {
      WEIR_ASSIGN_OR_RETURN(Graph body, MakeBranch(part, side, given, captures));
      effects |= HasEffects(body);
      WEIR_ASSIGN_OR_RETURN(FuncRef f, library_.Add(name + (side ? "_then" : "_else"), std::move(body)));
      branches.push_back(std::move(f));
    }
    std::vector<DType> in, out;
    NodeSpec spec{.op = effects ? "If" : "StatelessIf", .name = g_.UniqueName(name), .inputs = {Now(part.pred)}};
    for (Endpoint e : captures.all()) {
      spec.inputs.push_back(e);
      in.push_back(BaseType(g_.type(e).dtype));
    }
    for (const Given& x : given) out.push_back(BaseType(g_.type(x.of).dtype));
    spec.loc = g_.node(part.ends.empty() ? *part.all.begin() : part.ends[0]).loc();
    spec.control_inputs = std::move(controls);
    spec.attrs = {{"Tcond", BaseType(g_.type(part.pred).dtype)}, {"Tin", in}, {"Tout", out},
                  {"then_branch", branches[0]}, {"else_branch", branches[1]}, {"output_shapes", AttrList()}};
    WEIR_ASSIGN_OR_RETURN(NodeId branch, g_.AddRaw(std::move(spec)));
    ifs_.push_back(branch);
    for (size_t k = 0; k < given.size(); ++k) {
      const Endpoint e{branch, static_cast<int32_t>(k)};
      OutputType type = g_.type(given[k].of);
      type.dtype = BaseType(type.dtype), type.value.reset();
      WEIR_RETURN_IF_ERROR(g_.SetOutputType(branch, static_cast<int>(k), std::move(type)));
      if (given[k].result.valid()) results_[given[k].result] = e;
      else moved_[given[k].of] = e;
    }
    return {};
  }

  // That of the predicate's scope, "cond" of cond/pred_id.
  std::string NameOf(const Part& part) const {
    const NodeId named = part.ends.empty() ? *part.all.begin() : part.ends[0];
    const std::string& name = g_.node(named).name();
    const size_t slash = name.rfind('/');
    return slash == name.npos ? name + "_if" : name.substr(0, slash);
  }

  // What the branch reads of the graph around, and what the If has to wait for.
  void Note(const Part& part, bool side, const std::vector<Given>& given, Captures& captures,
            std::vector<NodeId>& controls) const {
    auto read = [&](Endpoint e) {
      e = Behind(e, part, side);
      if (!part.all.count(e.node)) captures.Note(Now(e));
    };
    for (NodeId id : part.nodes[side]) {
      for (Endpoint e : g_.node(id).inputs()) read(e);
      for (NodeId c : g_.node(id).control_inputs()) {
        c = DoneBy(c);
        if (!part.all.count(c) && !IsEnd(c, part)) controls.push_back(MovedNode(c));
      }
    }
    for (const Given& x : given) {
      if (x.value[side] && !x.index[side]) read(*x.value[side]);
    }
  }
  // What is waited for in place of a node that is read through.
  NodeId DoneBy(NodeId id) const {
    while (part_of_.find(id) == part_of_.end()) {
      const Node& n = g_.node(id);
      if (n.Is("Switch")) id = n.input(0).node;
      else if (n.Is("Merge") && OnlyLive(n).valid()) id = OnlyLive(n).node;
      else break;
    }
    return id;
  }
  NodeId Waited(NodeId id) const { return MovedNode(DoneBy(id)); }
  // The If that a node has become part of; itself if it has not.
  NodeId MovedNode(NodeId id) const {
    auto it = part_of_.find(id);
    return it == part_of_.end() || it->second >= static_cast<int>(ifs_.size()) ? id
                                                                               : ifs_[static_cast<size_t>(it->second)];
  }

  Result<Graph> MakeBranch(const Part& part, bool side, const std::vector<Given>& given, Captures& captures) {
    Graph body(&g_.registry());
    WEIR_RETURN_IF_ERROR(captures.AddTo(body));
    SubgraphCopy copy(g_, body);
    WEIR_RETURN_IF_ERROR(copy.AddNodes(part.nodes[side]));
    auto find = [&](Endpoint e) -> Result<Endpoint> {
      e = Behind(e, part, side);
      if (part.all.count(e.node)) return copy[e];
      return captures.Find(body, Now(e));
    };
    for (NodeId id : part.nodes[side]) {
      for (Endpoint e : g_.node(id).inputs()) {
        WEIR_ASSIGN_OR_RETURN(Endpoint there, find(e));
        if (!(copy[e] == there)) copy.Substitute(e, there);
      }
      for (NodeId c : g_.node(id).control_inputs()) {
        if (const NodeId done = DoneBy(c); done != c && part.all.count(done)) copy.SubstituteControl(c, copy[done]);
      }
    }
    WEIR_RETURN_IF_ERROR(copy.Connect());
    for (size_t k = 0; k < given.size(); ++k) {
      Endpoint value;
      if (given[k].index[side]) {
        WEIR_ASSIGN_OR_RETURN(value, AddConst(body, "const", Tensor(*given[k].index[side])));
      } else if (given[k].value[side]) {
        WEIR_ASSIGN_OR_RETURN(value, find(*given[k].value[side]));
      } else {
        WEIR_ASSIGN_OR_RETURN(value, AddNothing(body, given[k]));
      }
      WEIR_RETURN_IF_ERROR(AddRetval(body, fmt::format("ret{}", k), static_cast<int64_t>(k), value).status());
    }
    std::set<int64_t> optional;
    for (size_t k = 0; k < given.size(); ++k) {
      const bool unwanted = given[k].result.valid() && !IsWanted(given[k]);
      if (given[k].crosses || unwanted) optional.insert(static_cast<int64_t>(k));
    }
    WEIR_RETURN_IF_ERROR(LiftBranches(body, library_, optional).status());
    return body;
  }

  bool IsWanted(const Given& given) const {
    return given.result.valid() && !optional_.count(g_.node(given.result).attr<int64_t>("index"));
  }

  // What a branch gives that has nothing to give: an error, where the graph's own result would be dead.
  Result<Endpoint> AddNothing(Graph& body, const Given& given) const {
    const OutputType& type = g_.type(given.of);
    NodeSpec spec{.op = "FakeParam", .name = body.UniqueName("nothing"),
                  .attrs = {{"dtype", BaseType(type.dtype)}, {"shape", type.shape}}};
    if (IsWanted(given)) {
      WEIR_ASSIGN_OR_RETURN(Endpoint no, AddConst(body, "const", Tensor(false)));
      const std::string said = fmt::format("'{}' has no value: it is on the side of a condition that was not taken",
                                           g_.EndpointName(given.of));
      WEIR_ASSIGN_OR_RETURN(Endpoint why, AddConst(body, "const", Tensor(said)));
      NodeSpec check{.op = "Assert", .name = body.UniqueName("dead"), .inputs = {no, why},
                     .attrs = {{"T", std::vector<DType>{kString}}}};
      WEIR_ASSIGN_OR_RETURN(NodeId fails, body.AddNode(std::move(check)));
      spec.control_inputs = {fails};
    }
    WEIR_ASSIGN_OR_RETURN(NodeId id, body.AddNode(std::move(spec)));
    return Endpoint{id, 0};
  }

  // ---- the graph around

  Result<bool> Reconnect(size_t num_before) {
    std::vector<bool> keep(static_cast<size_t>(g_.num_ids()), true);
    for (size_t i = 0; i < num_before; ++i) {
      const NodeId id{static_cast<int32_t>(i)};
      if (!g_.alive(id)) continue;
      const Node& n = g_.node(id);
      // Switches are read through, and dead nodes by nobody.
      const bool read_through = n.Is("Switch") || (n.Is("Merge") && OnlyLive(n).valid());
      const bool stays = IsRoot(n) || (!part_of_.count(id) && !read_through && of_node_[i] != kDead);
      if (!stays) {
        keep[i] = false;
        continue;
      }
      std::vector<Endpoint> inputs;
      for (Endpoint e : n.inputs()) {
        auto result = results_.find(id);
        inputs.push_back(result != results_.end() ? result->second : Now(e));
        const Node& from = g_.node(inputs.back().node);
        if (IsRoot(n) && (of_node_[i] == kDead || from.Is("Switch")))
          return InvalidArgument(fmt::format("error[fetch]: '{}' never has a value", g_.EndpointName(e)));
      }
      std::vector<NodeId> controls;
      for (NodeId c : n.control_inputs()) {
        if (of_node_[c.value] == kDead) continue;
        controls.push_back(Waited(c));
      }
      WEIR_RETURN_IF_ERROR(g_.SetInputs(id, std::move(inputs), std::move(controls)));
    }
    WEIR_RETURN_IF_ERROR(g_.Retain(keep));
    return true;
  }

  Graph& g_;
  Library& library_;
  std::vector<NodeId> order_;
  std::vector<Guard> guards_;
  std::map<std::tuple<int, Endpoint, bool>, int> numbers_;
  std::vector<int> of_node_;              // guard, by node
  std::map<Endpoint, int> of_output_;     // of Switches
  std::vector<Part> parts_;
  std::vector<NodeId> ifs_;               // by part
  std::map<NodeId, int> part_of_;
  std::map<Endpoint, Endpoint> moved_;    // what an If gives in place of
  std::map<NodeId, Endpoint> results_;    // what a result reads now
  const std::set<int64_t>& optional_;
};

}  // namespace

Result<bool> LiftBranches(Graph& g, Library& library, const std::set<int64_t>& optional) {
  return Branches(g, library, optional).Run();
}

}  // namespace weir
