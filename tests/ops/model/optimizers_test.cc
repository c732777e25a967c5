// Optimizers: variables, slots and their names after three steps as TensorFlow has them, by dense and by sparse
// gradients; errors.
#include "weir/ops/model/optimizers.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/model/schedules.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::ExpectError;
using golden::Grid;
using golden::Part;

using Maker = std::function<std::unique_ptr<Optimizer>(const Variable& step)>;

template <class T, class... Args>
Maker Of(Args... args) {
  return [=](const Variable&) { return std::make_unique<T>(args...); };
}

// As `optimizers` of make_helpers.py.
std::map<std::string, Maker> Makers() {
  const RMSPropOptions rms{.decay = .8, .momentum = .5, .epsilon = 1e-3},
      centered{.decay = .8, .momentum = .5, .epsilon = 1e-3, .centered = true};
  const FtrlOptions norms{-.4, .2, .05, .1},
      shrinkage{.l1_regularization_strength = .05, .l2_shrinkage_regularization_strength = .2};
  return {
      {"GradientDescent", Of<GradientDescentOptimizer>(.3)},
      {"Momentum", Of<MomentumOptimizer>(.1, .8)},
      {"MomentumNesterov", Of<MomentumOptimizer>(.1, .8, MomentumOptions{.use_nesterov = true})},
      {"Adam", Of<AdamOptimizer>(.05, AdamOptions{.8, .95, 1e-3})},
      {"AdamW", Of<AdamWOptimizer>(.1, .05, AdamWOptions{.8, .95, 1e-3})},
      {"RMSProp", Of<RMSPropOptimizer>(.02, rms)},
      {"RMSPropCentered", Of<RMSPropOptimizer>(.02, centered)},
      {"Adagrad", Of<AdagradOptimizer>(.3, AdagradOptions{.2})},
      {"Adadelta", Of<AdadeltaOptimizer>(.5, AdadeltaOptions{.8, 1e-2})},
      {"AdagradDA",
       [](const Variable& step) {
         return std::make_unique<AdagradDAOptimizer>(.3, step, AdagradDAOptions{.2, .01, .02});
       }},
      {"Ftrl", Of<FtrlOptimizer>(.3)},
      {"FtrlL1L2", Of<FtrlOptimizer>(.3, norms)},
      {"FtrlShrinkage", Of<FtrlOptimizer>(.3, shrinkage)},
      {"ProximalGradientDescent", Of<ProximalGradientDescentOptimizer>(.3, ProximalGradientDescentOptions{.02, .1})},
      {"ProximalAdagrad", Of<ProximalAdagradOptimizer>(.3, ProximalAdagradOptions{.2, .02, .1})},
      {"Named",
       [](const Variable& step) {
         return std::make_unique<AdamOptimizer>(ops::ExponentialDecay(.1, step, 2, .5), AdamOptions{.name = "Mine"});
       }},
  };
}

// The sum of weighted squares of w - 1/2 and of rows of e; some rows are taken twice.
struct Model {
  explicit Model(DType dtype = kFloat, bool read_first = false)
      : step(GetOrCreateGlobalStep(g)),
        w(First({2, 3}, 0, dtype), {.name = "w"}),
        e(First({5, 3}, 4, dtype), {.name = "e"}) {
    Output rows = read_first ? ops::Gather(e, {3, 0, 3, 1}) : e.Gather({3, 0, 3, 1});
    loss = Squares(w.Read(), {2, 3}) + Squares(rows, {4, 3});
  }

  Output First(const Shape& shape, int offset, DType dtype) {
    return ops::Cast(g.Constant(Grid(shape, offset)), dtype);
  }
  Output Squares(const Output& x, const Shape& shape) {
    Output curvature = ops::Cast(g.Constant(Part(shape, 2)), x.dtype()) * 2.0;
    return ops::ReduceSum(curvature * ops::Square(x - 0.5));
  }

  Builder g;
  Variable step, w, e;
  Output loss;
};

void ExpectTensorFlowsSteps(const std::string& name, Model& m, Optimizer& optimizer) {
  Operation train = optimizer.Minimize(m.loss, {.global_step = m.step});
  golden::Started s(m.g);
  EXPECT_EQ(golden::Sorted(golden::NamesOf(GlobalVariables(m.g))),
            golden::Sorted(golden::Names("optimizers/" + name + "/names")));
  for (int row = 0; row < 4; ++row) {
    if (row > 0) s.Run(train).Check();
    golden::ExpectPacked("optimizers/" + name, row,
                         [&](const std::string& variable) { return s.GetVariable(variable).value(); });
  }
}

TEST(Optimizers, StepAsTensorFlows) {
  for (const auto& [name, make] : Makers()) {
    SCOPED_TRACE(name);
    Model m;
    ExpectTensorFlowsSteps(name, m, *make(m.step));
  }
}

TEST(Optimizers, StepAlikeByRowsOfAReadAndInDouble) {
  for (const auto& [name, make] : Makers()) {
    for (DType dtype : {kFloat, kDouble}) {
      SCOPED_TRACE(name + " in " + std::string(DTypeShortName(dtype)));
      Model m(dtype, true);
      ExpectTensorFlowsSteps(name, m, *make(m.step));
    }
  }
}

TEST(Optimizers, SlotsByTensorFlowsNames) {
  std::vector<std::string> slots;
  for (const auto& [name, make] : Makers()) {
    Model m;
    auto optimizer = make(m.step);
    optimizer->Minimize(m.loss);
    ASSERT_TRUE(m.g.status().ok()) << name << m.g.status().ToString();
    slots.push_back(name + ":");
    for (const std::string& slot : optimizer->GetSlotNames()) {
      slots.back() += " " + slot;
      EXPECT_EQ(optimizer->GetSlot(m.e, slot).name().substr(0, 2), "e/") << name;
    }
    EXPECT_FALSE(optimizer->GetSlot(m.w, "no such slot").valid());
    EXPECT_FALSE(optimizer->GetSlot(m.step, "m").valid());
  }
  auto want = golden::Names("optimizers/slots");
  for (std::string& line : want) {
    if (line.back() == ' ') line.pop_back();  // an optimizer without slots
  }
  EXPECT_EQ(slots, want);
}

TEST(Optimizers, SparseGradientsStaySparse) {
  Model m;
  auto grads = GradientDescentOptimizer(.1).ComputeGradients(m.loss);
  ASSERT_EQ(grads.size(), 2u);
  EXPECT_FALSE(grads[0].grad.is_slices());
  EXPECT_TRUE(grads[1].grad.is_slices());
}

TEST(Optimizers, MinimizeOptions) {
  Model m;
  GradientDescentOptimizer sgd(.5);
  Operation train =
      sgd.Minimize(m.loss, {.var_list = {m.w}, .grad_loss = m.g.Constant(Tensor(3.0f)), .name = "training"});
  EXPECT_EQ(train.name(), "training");
  ASSERT_EQ(OperationCollection(m.g, collection::kTrainOp).size(), 1u);
  golden::Started s(m.g);
  s.Run(train).Check();
  EXPECT_TRUE(s.GetVariable("e").value().Identical(Grid({5, 3}, 4))) << "e is not in var_list";
  Tensor before = Grid({2, 3}), curvature = Part({2, 3}, 2), after = s.GetVariable("w").value();
  for (int i = 0; i < 6; ++i) {
    const float w = before.data<float>()[i], gradient = 2 * 2 * curvature.data<float>()[i] * (w - 0.5f);
    EXPECT_NEAR(after.data<float>()[i], w - 0.5f * 3 * gradient, 1e-6) << i;
  }
}

TEST(Optimizers, TheLossBesideAnUpdateIsTheOneBefore) {
  Model m;
  Operation train = MomentumOptimizer(.1, .8).Minimize(m.loss);
  golden::Started s(m.g);
  for (int i = 0; i < 3; ++i) {
    const float before = s.Run(m.loss).value().scalar<float>();
    EXPECT_EQ(s.Run({m.loss}, {}, {train}).value()[0].scalar<float>(), before);
    EXPECT_LT(s.Run(m.loss).value().scalar<float>(), before);
  }
}

TEST(Optimizers, ARateCanBeAVariable) {
  Builder g;
  Variable w(g, 1.0f, {.name = "w"}), rate(g, 0.25f, {.name = "rate", .trainable = false});
  Operation train = GradientDescentOptimizer(rate).Minimize(w.Read() * 2.0);
  golden::Started s(g);
  s.Run(train).Check();
  EXPECT_EQ(s.GetVariable("w").value().scalar<float>(), 0.5f);
  s.SetVariable("rate", Tensor(2.0f)).Check();
  s.Run(train).Check();
  EXPECT_EQ(s.GetVariable("w").value().scalar<float>(), -3.5f);
}

TEST(Optimizers, OneOptimizerForTwoLossesHasOneSetOfSlots) {
  Model m;
  AdamOptimizer adam;
  adam.Minimize(m.loss);
  const size_t variables = GlobalVariables(m.g).size();
  EXPECT_EQ(adam.variables().size(), variables - 3);
  adam.Minimize(m.loss * 2.0);
  ASSERT_TRUE(m.g.status().ok()) << m.g.status().ToString();
  EXPECT_EQ(GlobalVariables(m.g).size(), variables);
}

TEST(Optimizers, AfterAnErrorThereIsAPairForEachVariable) {
  Builder g;
  const Variable v(g, 1.0f, {.name = "v"}), w(g, 2.0f, {.name = "w"});
  AdamOptimizer adam;
  auto expect = [](const std::vector<GradAndVar>& pairs, std::vector<std::string> names) {
    ASSERT_EQ(pairs.size(), names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_FALSE(pairs[i].grad.valid());
      EXPECT_EQ(pairs[i].var.name(), names[i]);
    }
  };
  expect(adam.ComputeGradients(Output(), {.var_list = {w}}), {"w"});
  EXPECT_TRUE(adam.ComputeGradients(Output()).empty());
  expect(adam.ComputeGradients(ops::PreventGradient(v.Read() * w, "by choice")), {"v", "w"});
  ExpectError(g.status(), "by choice");
  expect(adam.ComputeGradients(v.Read() * w, {.var_list = {w, v}}), {"w", "v"});  // of what comes after the error
}

TEST(Optimizers, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    std::function<void(Builder& g, const Variable& w)> make;
    const char* error;
  };
  auto unrelated = [](Builder& g) { return ops::Placeholder(g, kFloat, {}); };
  const Row rows[] = {
      {"a loss of no variable", [&](Builder& g, const Variable&) { AdamOptimizer().Minimize(unrelated(g)); },
       "Adam was given no gradient for any variable"},
      {"invalid gradients",
       [](Builder&, const Variable& w) {
         AdamOptimizer().ApplyGradients({{{}, w}});
       },
       "Adam was given no gradient for any variable"},
      {"a rate of two numbers",
       [](Builder&, const Variable& w) {
         GradientDescentOptimizer({.1, .2}).Minimize(w.Read() * w);
       },
       "learning_rate' must be one number"},
      {"a rate that is a text", [](Builder&, const Variable& w) { AdamOptimizer("fast").Minimize(w.Read() * w); },
       "learning_rate' must be one number"},
      {"an op without gradient",
       [](Builder&, const Variable& w) { AdamOptimizer().Minimize(ops::PreventGradient(w, "by choice")); },
       "by choice"},
      {"a gradient of another shape",
       [](Builder& g, const Variable& w) {
         AdamOptimizer().ApplyGradients({{Grad(g.Constant(Grid({2}))), w}});
       },
       "shape"},
      {"a gradient by the loss of another shape",
       [](Builder& g, const Variable& w) {
         AdamOptimizer().Minimize(w.Read() * w, {.grad_loss = g.Constant(Grid({2}))});
       },
       "shape"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    row.make(g, Variable(g, 1.0f, {.name = "w"}));
    ExpectError(g.status(), row.error);
  }
  Builder g;
  EXPECT_FALSE(FtrlOptimizer(.1).Minimize(unrelated(g)).valid());
  ExpectError(g.status(), "Ftrl has no variables to optimize");
  EXPECT_FALSE(AdamOptimizer().Minimize(Output()).valid());
  EXPECT_FALSE(AdamOptimizer().ApplyGradients({}).valid());
}

}  // namespace
}  // namespace weir
