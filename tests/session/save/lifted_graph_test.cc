// Graphs with TensorFlow 1's control flow, lifted when they are loaded: the same numbers, and gradients.
#include "weir/session/save/lifted_graph.h"

#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// One of TensorFlow's recorded graphs: results got/0 … as they should be, its inputs have defaults.
Graph Recorded(const std::string& name) {
  const Tensor bytes = io::ReadNpz(WEIR_TEST_DATA "/control_flow.npz").value().at(name);
  return ImportGraphDef({static_cast<const char*>(bytes.raw()), static_cast<size_t>(bytes.num_elements())}, &AllOps())
      .value();
}

bool HasOp(const Graph& g, const std::string& op) {
  for (NodeId id : g.nodes()) {
    if (g[id].Is(op)) return true;
  }
  return false;
}

// Result 0 is what is differentiated by the graph's first input; result 1 is what TensorFlow has for that.
class Lifted : public ::testing::TestWithParam<std::string> {};

TEST_P(Lifted, GivesTheSameAndItsGradients) {
  const Graph file = Recorded(GetParam());
  auto lifted = LiftedGraph(file, {"got/0"});
  ASSERT_TRUE(lifted.ok()) << lifted.status().ToString();
  for (const char* op : {"Switch", "Merge", "Enter", "TensorArrayV3"}) EXPECT_FALSE(HasOp(*lifted, op)) << op;
  const Tensor want = Session(file).Run(NamedFeeds{}, {"got/0"}).value()[0];
  EXPECT_TRUE(Session(*lifted).Run(NamedFeeds{}, {"got/0"}).value()[0].Identical(want));
  Builder g(*lifted);
  Output x = g.FindOutput("PlaceholderWithDefault:0"), y = g.FindOutput("got/0:0");
  Output dx = Gradients({ops::ReduceSum(y)}, {x})[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  ASSERT_TRUE(dx.valid());
  // Against differences of the graph as it was.
  Session before(file), after(g);
  const Tensor at = before.Run(NamedFeeds{}, {x.name()}).value()[0], got = after.Run(dx).value();
  auto sum = [&](const Tensor& t) {
    const Tensor value = before.Run({{x.name(), t}}, {"got/0"}).value()[0];
    double total = 0;
    for (int64_t k = 0; k < value.num_elements(); ++k) total += value.data<float>()[k];
    return total;
  };
  for (int64_t i = 0; i < at.num_elements(); ++i) {
    Tensor up = at.Clone().value(), down = at.Clone().value();
    constexpr float kStep = 1e-2f;
    up.mutable_data<float>()[i] += kStep, down.mutable_data<float>()[i] -= kStep;
    EXPECT_NEAR(got.data<float>()[i], (sum(up) - sum(down)) / (2 * kStep), 2e-2) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Lifted,
                         ::testing::Values("cond_simple_v1", "while_gradients_v1", "while_nested_v1",
                                           "while_with_cond_v1", "array_write_and_stack_v1", "rnn_lengths_v1"),
                         [](const auto& info) { return info.param; });

TEST(LiftedGraph, SaysWhatItCannotDo) {
  const Graph file = Recorded("while_gradients_v1");
  EXPECT_NE(LiftedGraph(file, {"nowhere"}).status().ToString().find("error[fetch]"), std::string::npos);
  EXPECT_NE(LiftedGraph(file, {}).status().ToString().find("without naming outputs"), std::string::npos);
  std::string inside;
  for (NodeId id : file.nodes()) {
    if (file[id].Is("NextIteration")) inside = file[id].name();
  }
  EXPECT_NE(LiftedGraph(file, {inside}).status().ToString().find("is inside"), std::string::npos);
  Builder g(file);
  Gradients({g.FindOutput("got/0:0")}, {g.FindOutput("PlaceholderWithDefault:0")});
  EXPECT_NE(g.status().ToString().find("LiftedGraph"), std::string::npos) << g.status().ToString();
}

}  // namespace
}  // namespace weir
