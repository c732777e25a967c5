// Lists of loops that are tensors once their lengths are known (ops/rewrites/stack_lists.cc): the same numbers, and no
// list left.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/sequences.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/save/compiled_graph.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// How many loops a graph has that hold lists.
int LoopsOfLists(const Graph& g) {
  int loops = 0;
  for (NodeId id : g.nodes()) {
    bool lists = false;
    for (const OutputType& t : g[id].outputs()) lists |= t.dtype == kVariant;
    loops += lists && (g[id].Is("While") || g[id].Is("StatelessWhile"));
  }
  return loops;
}

// Runs y optimised and as written, expects the same bits and, compiled, `loops` loops that hold lists.
void ExpectStacked(Builder& b, const std::vector<Output>& ys, const Feeds& feeds, int loops = 0) {
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  const std::vector<Fetch> fetches(ys.begin(), ys.end());
  std::vector<Tensor> want;
  for (bool optimize : {false, true}) {
    Session s(b, {.threads = 1, .optimize = optimize});
    for (int twice = 0; twice < 2; ++twice) {
      auto got = s.Run(fetches, feeds);
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      if (want.empty()) want = *got;
      for (size_t i = 0; i < want.size(); ++i) {
        EXPECT_TRUE((*got)[i].Identical(want[i])) << i << ": " << (*got)[i].ToString() << " for " << want[i].ToString();
      }
    }
    if (!optimize) continue;
    NamedFeeds named;
    for (const Feed& f : feeds) named.emplace_back(f.output.name(), f.value.ToTensor(f.output.dtype()).value());
    std::vector<std::string> names;
    for (const Output& y : ys) names.push_back(y.name());
    auto compiled = s.CompileGraph(named, names);
    ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
    EXPECT_EQ(LoopsOfLists(compiled->graph), loops);
  }
}

Tensor Values(const Shape& shape) {
  Tensor t = Tensor::Allocate(kFloat, shape).value();
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = float((7 * i) % 13 - 6) / 8;
  return t;
}

TEST(StackedLists, OfEveryWayToCount) {
  for (auto [start, limit, step] : {std::tuple{0, 4, 1}, {3, 12, 2}, {5, 1, -1}, {7, 0, -3}, {2, 3, 1}}) {
    for (bool equal : {false, true}) {
      SCOPED_TRACE(std::to_string(start) + " " + std::to_string(limit) + " " + std::to_string(step));
      Builder g;
      Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
      const bool up = step > 0;
      auto more = [&, limit = limit](const Outputs& v) {
        if (equal) return up ? ops::LessEqual(v[0], limit) : ops::LessEqual(ops::Constant(g, limit), v[0]);
        return up ? ops::Less(v[0], limit) : ops::Greater(v[0], limit);
      };
      auto body = [&, step = step](const Outputs& v) {
        Output next = up ? v[0] + step : v[0] - (-step);
        return Outputs{next, ops::TensorListPushBack(v[1], v[2]), v[2] * 0.5f + ops::Cast(v[0], kFloat)};
      };
      Outputs r = WhileLoop(g, more, body, {start, ops::EmptyTensorList(g, kFloat, {2}), x});
      const bool steps_of_one = std::abs(step) == 1;  // else the counter does not tell the row
      ExpectStacked(g, {ops::TensorListStack(r[1], kFloat, {2}), r[2], ops::TensorListLength(r[1])},
                    {{x, Values({2})}}, steps_of_one ? 0 : 1);
    }
  }
}

TEST(StackedLists, ThatAreSetReadAndPopped) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {5, 2}, {.name = "x"});
  Output rows = ops::TensorListFromTensor(x);
  Output set = ops::TensorListReserve(ops::Constant(g, {2}), 7, kFloat);
  auto more = [](const Outputs& v) { return ops::LogicalAnd(ops::Less(v[0], 5), ops::Less(v[0], 9)); };
  Outputs r = WhileLoop(
      g, more,
      [](const Outputs& v) {
        Output row = ops::TensorListGetItem(v[1], v[0], kFloat);
        return Outputs{v[0] + 1, v[1], ops::TensorListSetItem(v[2], ops::FloorMod(v[0] * 3, 7), row * 2.0f),
                       ops::TensorListPushBack(v[3], row + 1.0f)};
      },
      {0, rows, set, ops::EmptyTensorList(g, kFloat, {2})});
  Outputs back = WhileLoop(
      g, [](const Outputs& v) { return ops::Greater(v[0], 0); },
      [](const Outputs& v) {
        OutputList popped = ops::TensorListPopBack(v[1], kFloat, {2});
        return Outputs{v[0] - 1, popped[0], v[2] * 0.5f + popped[1]};
      },
      {r[0] - 1, r[3], ops::Zeros(g, {2})});
  ExpectStacked(g, {ops::TensorListStack(r[2], kFloat, {2}), ops::TensorListGetItem(r[2], 3, kFloat, {2}),
                    ops::TensorListStack(r[3], kFloat, {2})},
                {{x, Values({5, 2})}});
  ExpectStacked(g, {back[2]}, {{x, Values({5, 2})}}, 2);  // counts from what is computed: lists they stay
}

TEST(StackedLists, OfGradientsOfFirstAndSecondOrder) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 2, 3}, {.name = "x"});
  Output w = ops::Placeholder(g, kFloat, {3, 3}, {.name = "w"});
  Output y = Scan([&](const Outputs& h, const Outputs& row) {
    return Outputs{ops::Tanh(ops::MatMul(h[0], w) + row[0])};
  }, {x}, {.initializer = {ops::Zeros(g, {2, 3})}})[0];
  auto first = Gradients({ops::ReduceSum(ops::Square(y))}, {x, w});
  auto second = Gradients({ops::ReduceSum(ops::Sin(first[1]))}, {x, w});
  const Feeds at{{x, Values({4, 2, 3})}, {w, Values({3, 3})}};
  ExpectStacked(g, {y}, at);
  ExpectStacked(g, {first[1]}, at);
  ExpectStacked(g, {first[0], first[1]}, at);
  Session exact(g, {.threads = 1, .optimize = false}), fast(g, {.threads = 1});
  auto want = exact.Run({second[0], second[1]}, at).value(), got = fast.Run({second[0], second[1]}, at).value();
  for (size_t i = 0; i < 2; ++i) {
    for (int64_t k = 0; k < want[i].num_elements(); ++k)
      EXPECT_NEAR(got[i].data<float>()[k], want[i].data<float>()[k], 1e-5) << i << " " << k;
  }
}

TEST(StackedLists, WhatTheyBeginWithStays) {
  // The loop's tensor is its own: neither another loop that begins with the same nor a second run sees what it writes.
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output empty = ops::TensorListReserve(ops::Constant(g, {2}), 3, kFloat);
  auto fill = [&](float by, int limit) {
    return WhileLoop(g, [limit](const Outputs& v) { return ops::Less(v[0], limit); }, [&](const Outputs& v) {
      return Outputs{v[0] + 1, ops::TensorListSetItem(v[1], v[0], x * by)};
    }, {0, empty})[1];
  };
  ExpectStacked(g, {ops::TensorListStack(fill(2, 3), kFloat, {2}), ops::TensorListStack(fill(3, 1), kFloat, {2}),
                    ops::TensorListStack(empty, kFloat, {2})},
                {{x, Values({2})}});
}

// What random ops draw in the loops that `make` puts into a graph, run by run, is the same with the pass and without.
void ExpectSameDraws(const std::function<std::vector<Output>(Builder&)>& make, const std::vector<bool>& runs) {
  std::vector<Tensor> want;
  for (bool stacked : {false, true}) {
    Builder g;
    Output first = ops::Placeholder(g, kBool, {}, {.name = "first"});
    const std::vector<Output> ys = make(g);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    SessionOptions options{.threads = 1};
    if (!stacked) options.disabled_passes = {"stack_lists", "prune_results"};
    Session s(g, options);
    std::vector<Tensor> drawn;
    for (bool run : runs) {
      auto got = s.Run(std::vector<Fetch>(ys.begin(), ys.end()), {{first, run}});
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      drawn.insert(drawn.end(), got->begin(), got->end());
    }
    if (want.empty()) want = drawn;
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_TRUE(drawn[i].Identical(want[i])) << i << ": " << drawn[i].ToString() << " for " << want[i].ToString();
    }
  }
}

TEST(StackedLists, RandomOpsOfLoopsOfOneNameHaveStatesOfTheirOwn) {
  ExpectSameDraws([](Builder& g) {
    auto draws = [&](int64_t seed) {
      Outputs r = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 3); }, [&](const Outputs& v) {
        Output u = ops::RandomUniform(g, {2}, {.seed = seed, .name = "u"});
        return Outputs{v[0] + 1, ops::TensorListPushBack(v[1], u)};
      }, {0, ops::EmptyTensorList(g, kFloat, {2})}, {.name = "loop"});
      return ops::TensorListStack(r[1], kFloat, {2});
    };
    Output first = g.FindOutput("first");
    return std::vector{Cond(first, [&] { return draws(11); }, [&] { return draws(77); })};
  }, {true, false, true, false});
}

TEST(StackedLists, RandomOpsOfOneBodyShareItsState) {
  ExpectSameDraws([](Builder& g) {
    FuncRef cond = DefineFunction(g, "more", {kInt32, kVariant}, [](const Outputs& v) {
      return Outputs{ops::Less(v[0], 2)};
    });
    FuncRef body = DefineFunction(g, "draw", {kInt32, kVariant}, [](const Outputs& v) {
      Output u = ops::RandomUniform(*v[0].builder(), {2}, {.seed = 3});
      return Outputs{v[0] + 1, ops::TensorListPushBack(v[1], u)};
    });
    std::vector<Output> ys;
    for (int k = 0; k < 2; ++k) {
      Output w = g.Add("While", {ops::Constant(g, 0), ops::EmptyTensorList(g, kFloat, {2})},
                       {{"T", std::vector<DType>{kInt32, kVariant}}, {"cond", cond}, {"body", body}});
      ys.push_back(ops::TensorListStack(Output(&g, {w.endpoint().node, 1}), kFloat, {2}));
    }
    return std::vector{ys[0] + ys[1] * 0.0f, ys[1]};
  }, {true, true});
}

TEST(StackedLists, AnElementShapeThatIsReadIsTheDeclaredOne) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 2}, {.name = "x"});
  auto more = [](const Outputs& v) { return ops::Less(v[0], 4); };
  Outputs rows = WhileLoop(g, more, [&](const Outputs& v) {
    return Outputs{v[0] + 1, ops::TensorListPushBack(v[1], x[0])};
  }, {0, ops::EmptyTensorList(g, kFloat)});
  Outputs r = WhileLoop(g, more, [&](const Outputs& v) {
    Output declared = ops::ReduceSum(ops::Reshape(ops::TensorListElementShape(v[1]), {-1}));
    return Outputs{v[0] + 1, v[1], v[2] + declared, v[3] + ops::TensorListGetItem(v[1], v[0], kFloat)};
  }, {0, rows[1], 0, ops::Zeros(g, {2})});
  ExpectStacked(g, {r[2], r[3]}, {{x, Values({4, 2})}}, 2);
}

TEST(StackedLists, ListsOfFewItemsAndOfQuantisedOnesStay) {
  Builder g;
  Output few = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 3); }, [&](const Outputs& v) {
    return Outputs{v[0] + 1, ops::TensorListSetItem(v[1], v[0], ops::Ones(g, {2}))};
  }, {0, ops::TensorListReserve(ops::Constant(g, {2}), 1000, kFloat)})[1];
  const DType quantised = DType::kQint8;
  Output x = ops::Placeholder(g, quantised, {4, 2}, {.name = "x"});
  Outputs r = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 4); }, [&](const Outputs& v) {
    return Outputs{v[0] + 1, v[1], ops::TensorListPushBack(v[2], ops::TensorListGetItem(v[1], v[0], quantised))};
  }, {0, ops::TensorListFromTensor(x), ops::EmptyTensorList(g, quantised, {2})});
  ExpectStacked(g, {ops::TensorListGetItem(few, 2, kFloat), ops::TensorListStack(r[2], quantised, {2})},
                {{x, Tensor::Zeros(quantised, Shape({4, 2}))}}, 2);
}

TEST(StackedLists, AListThatMayNotHoldAllIsAnError) {
  for (int most : {2, 3, 4}) {
    Builder g;
    Outputs r = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 3); }, [&](const Outputs& v) {
      return Outputs{v[0] + 1, ops::TensorListPushBack(v[1], ops::Ones(g, {2}))};
    }, {0, ops::EmptyTensorList(g, kFloat, {2}, most)});
    Output y = ops::TensorListStack(r[1], kFloat, {2});
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    for (bool optimize : {false, true}) {
      const std::string said = Session(g, {.threads = 1, .optimize = optimize}).Run(y).status().ToString();
      EXPECT_EQ(said.find("may hold 2 items") != said.npos, most < 3) << said;
    }
  }
}

TEST(StackedLists, AnIndexOutsideIsAnError) {
  Builder g;
  Output n = ops::Placeholder(g, kInt32, {}, {.name = "n"});
  Output set = ops::TensorListReserve(ops::Constant(g, {2}), 3, kFloat);
  Outputs r = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 2); }, [&](const Outputs& v) {
    return Outputs{v[0] + 1, ops::TensorListSetItem(v[1], v[0] + n, ops::Ones(g, {2}))};
  }, {0, set});
  Output y = ops::TensorListStack(r[1], kFloat, {2});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    EXPECT_TRUE(s.Run(y, {{n, 1}}).ok());
    const std::string error = s.Run(y, {{n, 2}}).status().ToString();
    EXPECT_NE(error.find("has the index 3 for a list of 3 items"), std::string::npos) << error;
    EXPECT_NE(s.Run(y, {{n, -1}}).status().ToString().find("index -1"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir
