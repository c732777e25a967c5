// lift_fuzzer: programs of TensorFlow 1's conditions and loops, each within others, some of them damaged. What is
// sound is lifted and runs, the same optimised and not; what is not is an error.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "weir/graph/gradients.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/session/save/lifted_graph.h"
#include "weir/session/session.h"
#include "weir/tests/fuzz/bytes.h"

namespace weir::fuzz {

namespace {

class Program {
 public:
  explicit Program(Bytes bytes) : in_(bytes) {}

  Builder& Make() {
    Values v;
    for (int i = 0; i < 2; ++i) v.floats.push_back(Leaf(Tensor::Vector<float>({0.5f, float(i) - 1}), "x"));
    v.flags.push_back(Leaf(Tensor(true), "p"));
    v.flags.push_back(Leaf(Tensor(false), "q"));
    Block(v, 0, 2 + in_.Pick(5));
    Output last = v.floats.back();
    for (size_t i = v.floats.size() > 4 ? v.floats.size() - 4 : 0; i + 1 < v.floats.size(); ++i)
      last = last + v.floats[i];
    b_.Add("Identity", {last}, {}, {.name = "y"});
    damaged_ = in_.Chance(40);
    for (size_t times = damaged_ ? 1 + in_.Pick(3) : 0; times > 0; --times) Damage();
    return b_;
  }
  bool damaged() const { return damaged_; }

 private:
  struct Values {
    std::vector<Output> floats, flags;
  };

  Output Leaf(const Tensor& t, const std::string& name) {
    return b_.Add("PlaceholderWithDefault", {b_.Constant(t)}, {{"shape", t.shape()}}, {.name = name});
  }
  const Output& Any(const std::vector<Output>& v) { return v[v.size() - 1 - in_.Pick(std::min<size_t>(v.size(), 6))]; }

  void Block(Values& v, int depth, size_t length) {
    for (; length > 0 && !in_.empty() && b_.status().ok(); --length) {
      switch (in_.Pick(depth < 3 ? 7 : 3)) {
        case 0: v.floats.push_back(Any(v.floats) * 0.5f + Any(v.floats)); break;
        case 1: v.floats.push_back(ops::Tanh(Any(v.floats))); break;
        case 2: v.flags.push_back(ops::LogicalXor(Any(v.flags), ops::LogicalNot(Any(v.flags)))); break;
        case 3:
        case 4: Condition(v, depth); break;
        default: Loop(v, depth);
      }
    }
  }

  Output On(const Output& x, const Output& p, int side) { return b_.OutputOf(b_.AddNode("Switch", {x, p}), side); }

  // Each side reads what it needs through Switches of its own, as tf.cond does.
  void Condition(Values& v, int depth) {
    const Output p = Any(v.flags);
    std::vector<Output> results[2];
    const size_t count = 1 + in_.Pick(2), reads = 1 + in_.Pick(3);
    for (int side : {0, 1}) {
      Values inner;
      for (size_t i = 0; i < reads; ++i) inner.floats.push_back(On(Any(v.floats), p, side));
      inner.flags.push_back(On(Any(v.flags), p, side));
      Block(inner, depth + 1, in_.Pick(3));
      for (size_t i = 0; i < count; ++i) results[side].push_back(Any(inner.floats));
    }
    for (size_t i = 0; i < count; ++i) {
      Operation merge = b_.AddNode("Merge", {results[0][i], results[1][i]});
      v.floats.push_back(b_.OutputOf(merge, 0));
      if (in_.Chance(20)) v.flags.push_back(ops::Greater(b_.OutputOf(merge, 1), 0));
    }
  }

  void Loop(Values& v, int depth) {
    AttrMap frame{{"frame_name", fmt::format("frame{}", frames_++)}};
    const size_t count = 1 + in_.Pick(2);
    // In the frame that is around, as TensorFlow's constants are by a control edge.
    auto constant = [&](int32_t value) {
      auto here = b_.ControlDependencies({Any(v.floats).op()});
      return b_.Add("Const", {}, {{"value", Tensor(value)}, {"dtype", kInt32}});
    };
    std::vector<Output> enters{b_.Add("Enter", {constant(0)}, frame)};
    for (size_t i = 0; i < count; ++i) enters.push_back(b_.Add("Enter", {Any(v.floats)}, frame));
    frame["is_constant"] = true;
    const Output limit = b_.Add("Enter", {constant(static_cast<int32_t>(in_.Pick(4)))}, frame);
    Values inner;
    inner.floats.push_back(b_.Add("Enter", {Any(v.floats)}, frame));
    inner.flags.push_back(b_.Add("Enter", {Any(v.flags)}, frame));
    std::vector<Operation> merges, switches;
    for (const Output& e : enters) merges.push_back(b_.AddNode("Merge", {e, e}));
    Output more = ops::Less(b_.OutputOf(merges[0], 0), limit);
    if (in_.Chance(20)) more = ops::LogicalAnd(more, inner.flags[0]);
    more = b_.Add("LoopCond", {more});
    for (Operation m : merges) switches.push_back(b_.AddNode("Switch", {b_.OutputOf(m, 0), more}));
    for (size_t i = 1; i < switches.size(); ++i) inner.floats.push_back(ops::Identity(b_.OutputOf(switches[i], 1)));
    Block(inner, depth + 1, in_.Pick(4));
    std::vector<Output> next{ops::Add(b_.OutputOf(switches[0], 1), 1)};
    for (size_t i = 0; i < count; ++i) next.push_back(Any(inner.floats));
    for (size_t i = 0; i < next.size(); ++i) {
      Output back = b_.Add("NextIteration", {next[i]});
      if (!back.valid()) return;
      b_.Fail(b_.mutable_graph().SetInput(merges[i].id(), 1, back.endpoint()));
      if (i > 0) v.floats.push_back(b_.Add("Exit", {b_.OutputOf(switches[i], 0)}));
    }
  }

  // An edge that leads elsewhere, an attribute that says something else, a control edge more.
  void Damage() {
    Graph& g = b_.mutable_graph();
    const std::vector<NodeId> nodes = g.nodes();
    auto pick = [&] { return nodes[(in_.Pick(256) * 256 + in_.Pick(256)) % nodes.size()]; };
    const Node &n = g.node(pick()), &from = g.node(pick());
    Status ignored;
    switch (in_.Pick(4)) {
      case 0:
      case 1:
        if (n.inputs().empty() || from.outputs().empty()) break;
        ignored = g.SetInput(n.id(), static_cast<int>(in_.Pick(n.inputs().size())),
                             {from.id(), static_cast<int32_t>(in_.Pick(from.outputs().size()))});
        break;
      case 2:
        if (n.Is("Enter")) ignored = g.SetAttr(n.id(), "frame_name", fmt::format("frame{}", in_.Pick(4)));
        break;
      default: ignored = g.AddControlInput(n.id(), from.id()).status();
    }
  }

  Bytes in_;
  Builder b_;
  int frames_ = 0;
  bool damaged_ = false;
};

[[noreturn]] void Wrong(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

void Run(const uint8_t* data, size_t size) {
  Program program({data, size});
  Builder& made = program.Make();
  if (!made.status().ok()) return;
  const Graph& g = made.graph();
  std::vector<Tensor> got[2];
  Status status[2];
  for (bool optimize : {false, true}) {
    Session session(g, {.threads = 1, .optimize = optimize});
    auto run = session.Run(NamedFeeds{}, {"y:0"}, {}, {.timeout = std::chrono::milliseconds(200)});
    status[optimize] = run.ok() ? Status() : run.status();
    if (run.ok()) got[optimize] = std::move(*run);
  }
  auto timed_out = [](const Status& s) { return s.code() == Code::kDeadlineExceeded; };
  if (status[0].code() == Code::kInternal || status[1].code() == Code::kInternal)
    Wrong(status[0].ToString() + status[1].ToString());
  if (!program.damaged() && !status[0].ok() && !timed_out(status[0])) Wrong(status[0].ToString());
  if (status[0].ok() && status[1].ok()) {
    for (int64_t i = 0; i < got[0][0].num_elements(); ++i) {
      const float a = got[0][0].data<float>()[i], b = got[1][0].data<float>()[i];
      if (!(std::abs(a - b) <= 1e-5f * std::max(1.0f, std::abs(a)))) Wrong(fmt::format("{} is {} optimised", a, b));
    }
  } else if (status[0].ok() != status[1].ok() && !timed_out(status[0]) && !timed_out(status[1])) {
    Wrong(fmt::format("optimised or not differs: {} and {}", status[0].ToString(), status[1].ToString()));
  }
  auto lifted = LiftedGraph(g, {"y:0"});
  if (!lifted.ok()) {
    if (status[0].ok()) Wrong("runs, and is not lifted: " + lifted.status().ToString());
    return;
  }
  if (Status s = Verify(*lifted); !s.ok()) Wrong("lifting broke the graph: " + s.ToString());
  Builder b(std::move(*lifted));
  Gradients({b.FindOutput("y:0")}, {b.FindOutput("x:0")});
  if (b.status().ok()) {
    if (Status s = Verify(b.graph()); !s.ok()) Wrong("its gradients broke the graph: " + s.ToString());
  } else if (b.status().code() == Code::kInternal) {
    Wrong(b.status().ToString());
  }
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::Run(data, size);
  return 0;
}
