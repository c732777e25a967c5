// Rows of connectionist temporal classification, and what rows cannot see: the loss's gradient, CTCLossV2, which
// TensorFlow computes on GPUs alone, and bad labels.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/tests/ops/op_row.h"
#include "weir/weir.h"

namespace weir::testing {

namespace {

using Ints32 = std::vector<int32_t>;

const In kLogits({5, 2, 4}), kAt = In(Tensor::Of<int64_t>({5, 2}, {0, 0, 0, 1, 0, 2, 1, 0, 1, 1}));

}  // namespace

std::vector<OpRow> CtcRows() {
  const In labels = Ints({1, 1, 2, 0, 2}), shifted = Ints({2, 2, 3, 1, 3}), steps = Ints({5, 3});
  const In none = In(Tensor::Of<int64_t>({0, 2}, {}));
  std::vector<OpRow> rows;
  for (bool merge : {true, false}) {
    const AttrMap attrs{{"ctc_merge_repeated", merge}, {"preprocess_collapse_repeated", !merge}};
    rows.push_back(RefusesGradient({"CTCLoss", {kLogits, kAt, labels, steps}, attrs}));
    rows.push_back(RefusesGradient({"CTCLossV2", {kLogits, kAt, shifted, steps}, attrs}));
    rows.push_back(DataTellsShape({"CTCGreedyDecoder", {kLogits, steps}, {{"merge_repeated", merge}}}));
    rows.push_back(DataTellsShape(
        {"CTCBeamSearchDecoder", {kLogits, steps}, {{"beam_width", 6}, {"top_paths", 2}, {"merge_repeated", merge}}}));
  }
  const AttrMap ignore{{"ignore_longer_outputs_than_inputs", true}};
  rows.push_back(RefusesGradient({"CTCLoss", {kLogits, kAt, labels, Ints({2, 0})}, ignore}));
  rows.push_back(RefusesGradient({"CTCLoss", {kLogits, none, Ints({}), steps}}));
  rows.push_back(RefusesGradient({"CTCLossV2", {kLogits, none, Ints({}), steps}}));
  const AttrMap beams{{"beam_width", 2}, {"top_paths", 1}};
  rows.push_back(DataTellsShape({"CTCBeamSearchDecoder", {{5, 0, 4}, Ints({})}, beams}));
  rows.push_back(DataTellsShape({"CTCGreedyDecoder", {kLogits, Ints({0, -3})}, {{"blank_index", 0}}}));
  return rows;
}

namespace {

Tensor LogitsOf(DType t) { return ValuesOf({"CTCLoss", {kLogits}}, t)[0]; }

ops::SparseParts LabelsOf(Builder& b, std::vector<int32_t> labels) {
  return {b.Constant(kAt.fixed), b.Constant(Tensor::Vector(labels)), b.Constant(Tensor::Vector(Dims{2, 3}))};
}

// Weighted, and of 2 * logits, so that the gradient is not the op's output itself.
TEST(Ctc, TheGradientIsThatOfTheLoss) {
  Builder b;
  const Output x = ops::Placeholder(b, kDouble, {5, 2, 4});
  const Output loss = ops::CtcLoss(2.0 * x, LabelsOf(b, {1, 1, 2, 0, 2}), b.Constant(Tensor::Vector(Ints32{5, 4})));
  const Output total = ops::ReduceSum(loss * b.Constant(Tensor::Of<double>({2}, {1, -3})));
  const Output gradient = Gradients({total}, {x})[0];
  Session session(b, {.threads = 1, .precision = Precision::kExact});
  Tensor at = LogitsOf(kDouble);
  const Tensor got = session.Run(gradient, {{x, at}}).value();
  for (int64_t i = 0; i < at.num_elements(); ++i) {
    const auto shifted = [&](double by) {
      Tensor moved = at.Clone().value();
      moved.mutable_data<double>()[i] += by;
      return session.Run(total, {{x, moved}}).value().data<double>()[0];
    };
    EXPECT_NEAR(got.data<double>()[i], (shifted(1e-5) - shifted(-1e-5)) / 2e-5, 1e-7) << i;
  }
  EXPECT_FALSE(GradientsOf(b, {ops::ReduceSum(gradient)}, {x}).ok());  // as in TensorFlow there is no second one
}

// Its blank is class 0: the same with the classes in another order.
TEST(Ctc, TheSecondVersionHasTheBlankFirst) {
  Builder b;
  const Output x = b.Constant(LogitsOf(kFloat)), steps = b.Constant(Tensor::Vector(Ints32{5, 3}));
  const Output rolled = ops::Concat({x[{_, _, {1, _}}], x[{_, _, {0, 1}}]}, 2);
  const ops::SparseParts first = LabelsOf(b, {2, 2, 3, 1, 3}), last = LabelsOf(b, {1, 1, 2, 0, 2});
  const OutputList v2 = MakeAll("CTCLossV2", {x, first.indices, first.values, steps});
  const OutputList v1 = MakeAll("CTCLoss", {rolled, last.indices, last.values, steps});
  const Output back = ops::Concat({v1[1][{_, _, {3, _}}], v1[1][{_, _, {0, 3}}]}, 2);
  const std::vector<Tensor> r = Session(b, {.threads = 1}).Run(std::vector<Output>{v2[0], v1[0], v2[1], back}).value();
  EXPECT_TRUE(r[0].Identical(r[1])) << r[0].ToString() << r[1].ToString();
  EXPECT_TRUE(r[2].Identical(r[3])) << r[2].ToString() << r[3].ToString();
}

Status LossOf(const Tensor& at, std::vector<int32_t> labels, std::vector<int32_t> steps) {
  Builder b;
  const ops::SparseParts parts{b.Constant(at), b.Constant(Tensor::Vector(labels)), {}};
  const Output lengths = b.Constant(Tensor::Vector(steps));
  const Output loss = ops::CtcLoss(b.Constant(LogitsOf(kFloat)), parts, lengths, {.name = "op"});
  return Session(b, {.threads = 1}).Run(loss).status();
}

TEST(Ctc, BadLabelsAreErrors) {
  const struct {
    Tensor at;
    std::vector<int32_t> labels, steps;
    const char* says;
  } cases[] = {
      {Tensor::Of<int64_t>({2, 2}, {1, 0, 0, 0}), {1, 1}, {5, 5}, "out of order"},
      {Tensor::Of<int64_t>({2, 2}, {0, 1, 0, 1}), {1, 1}, {5, 5}, "out of order"},
      {Tensor::Of<int64_t>({1, 2}, {2, 0}), {1}, {5, 5}, "for a batch of 2"},
      {Tensor::Of<int64_t>({1, 2}, {-1, 0}), {1}, {5, 5}, "for a batch of 2"},
      {Tensor::Of<int64_t>({1, 2}, {0, 0}), {-1}, {5, 5}, "has the label -1"},
      {Tensor::Of<int64_t>({2, 2}, {0, 0, 0, 1}), {3, 1}, {5, 5}, "behind one that is none"},
      {Tensor::Of<int64_t>({2, 2}, {0, 0, 0, 1}), {1, 2}, {1, 5}, "has 2 labels for a sequence of 1 steps"},
      {Tensor::Of<int64_t>({1, 2}, {0, 0}), {1}, {5, 6}, "sequence_length[1] = 6"},
      {Tensor::Of<int64_t>({1, 2}, {0, 0}), {1}, {-1, 5}, "sequence_length[0] = -1"},
  };
  for (const auto& c : cases) {
    const Status s = LossOf(c.at, c.labels, c.steps);
    EXPECT_FALSE(s.ok()) << c.says;
    EXPECT_NE(s.ToString().find(c.says), std::string::npos) << s.ToString();
    EXPECT_TRUE(NamesNode(s)) << s.ToString();
  }
}

TEST(Ctc, DecodersFindTheLikeliest) {
  Builder b;
  // Classes a, b and the blank: a a _ b.
  const Output x = b.Constant(Tensor::Of<float>({4, 1, 3}, {3, 0, 0, 3, 0, 0, 0, 0, 3, 0, 3, 0}));
  const ops::CtcDecoded greedy = ops::CtcGreedyDecoder(x, {4});
  const ops::CtcDecoded beam = ops::CtcBeamSearchDecoder(x, {4}, {.beam_width = 10, .top_paths = 2});
  ASSERT_EQ(beam.decoded.size(), 2u);
  const std::vector<Tensor> r = Session(b, {.threads = 1})
                                    .Run(std::vector<Output>{greedy.decoded[0].values, beam.decoded[0].values,
                                                             greedy.decoded[0].shape, greedy.log_probability})
                                    .value();
  EXPECT_TRUE(r[0].Identical(Tensor::Vector(std::vector<int64_t>{0, 1}))) << r[0].ToString();
  EXPECT_TRUE(r[1].Identical(r[0])) << r[1].ToString();
  EXPECT_TRUE(r[2].Identical(Tensor::Vector(std::vector<int64_t>{1, 2}))) << r[2].ToString();
  EXPECT_EQ(r[3].data<float>()[0], -12);
  const ops::CtcDecoded many = ops::CtcBeamSearchDecoder(x, {0}, {.beam_width = 10, .top_paths = 2});
  EXPECT_FALSE(Session(b, {.threads = 1}).Run(many.log_probability).ok());  // there is one candidate yet
}

}  // namespace
}  // namespace weir::testing
