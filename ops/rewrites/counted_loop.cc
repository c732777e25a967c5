#include "weir/ops/rewrites/counted_loop.h"

#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"

namespace weir {

namespace {

constexpr int64_t kMost = int64_t{1} << 24;  // so that no sum of a few overflows

class LoopCounter {
 public:
  LoopCounter(const Graph& g, const Node& n, CountedLoop& loop, Counts& counts)
      : g_(g), n_(n), loop_(loop), counts_(counts) {}

  bool Run() {
    const auto trips = TripsBy(loop_.cond.node(RetNodes(loop_.cond)[0]).input(0), 0);
    if (!trips || *trips <= 0 || *trips > kMost) return false;
    loop_.trips = *trips;
    for (int i = 0; i < static_cast<int>(n_.outputs().size()); ++i) {
      CountedLoop::Counter c;
      if (IsCounter(i, &c)) counts_[{n_.id(), i}] = c.start + loop_.trips * c.step;
    }
    return true;
  }

 private:
  // How often the loop goes on by a condition.
  std::optional<int64_t> TripsBy(Endpoint e, int depth) {
    const Graph& cond = loop_.cond;
    const Node& by = cond.node(BehindHandedOn(cond, e).node);
    if (by.Is("LogicalAnd") && depth < 8) {
      const auto a = TripsBy(by.input(0), depth + 1), b = TripsBy(by.input(1), depth + 1);
      return a && b ? std::optional(std::min(*a, *b)) : std::nullopt;
    }
    const bool less = by.Is("Less") || by.Is("LessEqual"), greater = by.Is("Greater") || by.Is("GreaterEqual");
    if (!less && !greater) return std::nullopt;
    const bool equal = by.Is("LessEqual") || by.Is("GreaterEqual");
    for (int side : {0, 1}) {
      const Node& variable = cond.node(BehindHandedOn(cond, by.input(side)).node);
      const auto limit = Int(cond, by.input(1 - side));
      CountedLoop::Counter c;
      if (!variable.Is("_Arg") || !limit || !IsCounter(static_cast<int>(variable.attr<int64_t>("index")), &c)) continue;
      const bool up = less == (side == 0);  // goes on below the limit
      if (up != (c.step > 0) || std::abs(*limit) > kMost) return std::nullopt;
      if (loop_.counter.variable < 0 || std::abs(c.step) == 1) loop_.counter = c;
      const int64_t way = (up ? *limit - c.start : c.start - *limit) + (equal ? 1 : 0), size = std::abs(c.step);
      return std::max<int64_t>(0, (way + size - 1) / size);
    }
    return std::nullopt;
  }

  bool IsCounter(int i, CountedLoop::Counter* counter) const {
    const Graph& body = loop_.body;
    const Node& step = body.node(BehindHandedOn(body, loop_.result(i)).node);
    const bool adds = step.Is("Add") || step.Is("AddV2"), takes = step.Is("Sub");
    const auto start = Count(n_.input(i));
    if (!start || std::abs(*start) > kMost || (!adds && !takes)) return false;
    for (int side : {0, 1}) {
      if (takes && side == 1) break;
      if (!(BehindHandedOn(body, step.input(side)) == loop_.arg(i))) continue;
      const auto by = Int(body, step.input(1 - side));
      if (!by || *by == 0 || std::abs(*by) > kMost) return false;
      *counter = {i, *start, takes ? -*by : *by};
      return true;
    }
    return false;
  }

  // An integer that the loop's functions know: a constant of theirs, or one that is handed round.
  std::optional<int64_t> Int(const Graph& part, Endpoint e) const {
    e = BehindHandedOn(part, e);
    if (!part.node(e.node).Is("_Arg")) return IntOf(ConstantValue(part, e));
    const auto i = static_cast<int>(part.node(e.node).attr<int64_t>("index"));
    const bool handed_on = BehindHandedOn(loop_.body, loop_.result(i)) == loop_.arg(i);
    return handed_on ? Count(n_.input(i)) : std::nullopt;
  }
  // An integer of the graph: a constant, or what a loop before has counted to.
  std::optional<int64_t> Count(Endpoint e) const {
    e = BehindHandedOn(g_, e);
    auto it = counts_.find(e);
    return it != counts_.end() ? it->second : IntOf(ConstantValue(g_, e));
  }

  const Graph& g_;
  const Node& n_;
  CountedLoop& loop_;
  Counts& counts_;
};

}  // namespace

Endpoint BehindHandedOn(const Graph& g, Endpoint e) {
  while (g.node(e.node).def() && g.node(e.node).def()->hands_on()) e = g.node(e.node).input(0);
  return e;
}

std::optional<int64_t> IntOf(const Tensor* t) {
  if (!t || t->num_elements() != 1 || (t->dtype() != kInt32 && t->dtype() != kInt64)) return std::nullopt;
  return t->dtype() == kInt32 ? t->data<int32_t>()[0] : t->data<int64_t>()[0];
}

Result<std::optional<CountedLoop>> CountLoop(const Graph& g, NodeId id, PassContext& context, Counts& counts) {
  const Node& n = g.node(id);
  std::vector<OutputType> types = n.outputs();
  for (OutputType& t : types) t.value.reset();
  std::vector<Graph> parts;
  for (const FuncRef& f : CalledFunctions(g, n)) {
    WEIR_ASSIGN_OR_RETURN(const Function* function, FindCalled(g, f));
    WEIR_ASSIGN_OR_RETURN(Graph part, Instantiate(g, *function, f.attrs, types));
    WEIR_RETURN_IF_ERROR(InlineCalls(part, context).status());
    WEIR_RETURN_IF_ERROR(RelaxOrder(part, context).status());
    WEIR_RETURN_IF_ERROR(DropUnread(*function, part));
    parts.push_back(std::move(part));
  }
  CountedLoop loop{id, std::move(parts[0]), std::move(parts[1]), {}, {}, {}, 0, {}};
  loop.cond_args = ArgNodes(loop.cond), loop.args = ArgNodes(loop.body), loop.results = RetNodes(loop.body);
  if (!LoopCounter(g, n, loop, counts).Run()) return std::optional<CountedLoop>();
  return std::optional(std::move(loop));
}

}  // namespace weir
