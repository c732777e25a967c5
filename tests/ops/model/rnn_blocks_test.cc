// Cells that are one op against those of rnn.h, which are held to TensorFlow's: the same variables, numbers and
// gradients.
#include "weir/ops/model/rnn_blocks.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/model/golden.h"
#include "weir/tests/ops/op_row.h"

namespace weir {
namespace {

constexpr int64_t kUnits = 3, kDepth = 2;

// Outputs, state and the gradients by inputs and variables of a network over [5, 3, 2].
struct Run {
  std::vector<std::string> names;  // of the variables
  std::vector<Tensor> results;
};

using Network = std::function<RnnResult(const Output& x, const RnnOptions& o)>;

Run RunOf(const Network& network, bool lengths) {
  Builder b;
  const Output x = ops::Placeholder(b, kFloat, {None, None, kDepth});
  RnnOptions options{.time_major = true, .scope = "net"};
  if (lengths) options.sequence_length = b.Constant(Tensor(std::vector<int32_t>{5, 2, 0}));
  const RnnResult r = network(x, options);
  std::vector<Output> fetches{r.outputs};
  for (const Output& s : r.state) fetches.push_back(s);
  Output loss = b.Constant(Tensor(0.0f));
  for (const Output& y : fetches) loss = loss + ops::ReduceSum(y * y * (y + 0.7));
  Run run;
  std::vector<Output> by{x};
  for (const Variable& v : GlobalVariables(b)) by.push_back(v.handle()), run.names.push_back(v.name());
  for (const Output& g : Gradients({loss}, by)) fetches.push_back(g);
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  if (!b.status().ok()) return run;
  Session session(b);
  int phase = 1;
  for (const Variable& v : GlobalVariables(b)) {
    const Status set = session.SetVariable(v.name(), golden::Grid(v.shape().ToShape().value(), phase++));
    EXPECT_TRUE(set.ok()) << set.ToString();
  }
  auto results = session.Run(fetches, {{x, golden::Grid({5, 3, kDepth})}});
  EXPECT_TRUE(results.ok()) << results.status().ToString();
  if (results.ok()) run.results = *results;
  return run;
}

void ExpectSame(const Network& block, const Network& plain) {
  for (bool lengths : {false, true}) {
    const Run got = RunOf(block, lengths), want = RunOf(plain, lengths);
    EXPECT_EQ(got.names, want.names);
    ASSERT_EQ(got.results.size(), want.results.size());
    for (size_t i = 0; i < got.results.size(); ++i)
      EXPECT_EQ(testing::DifferenceBeyondRounding(got.results[i], want.results[i], kFloat), "") << i;
  }
}

// The cell along time, in the scope that DynamicRnn makes.
Network Along(std::function<std::shared_ptr<RnnCell>()> make) {
  return [make](const Output& x, const RnnOptions& o) {
    auto cell = make();
    return DynamicRnn(*cell, x, o);
  };
}

TEST(RnnBlocks, LSTMBlockCellIsLSTMCell) {
  for (bool peephole : {false, true}) {
    ExpectSame(Along([=] {
                 return std::make_shared<LSTMBlockCell>(
                     kUnits, LSTMBlockOptions{.forget_bias = 0.5, .use_peephole = peephole});
               }),
               Along([=] {
                 return std::make_shared<LSTMCell>(kUnits,
                                                   LSTMOptions{.forget_bias = 0.5, .use_peepholes = peephole});
               }));
  }
}

TEST(RnnBlocks, GRUBlockCellIsGRUCell) {
  ExpectSame(Along([] { return std::make_shared<GRUBlockCell>(kUnits); }),
             Along([] { return std::make_shared<GRUCell>(kUnits); }));
}

TEST(RnnBlocks, LSTMBlockFusedCellIsLSTMCellAlongTime) {
  for (bool peephole : {false, true}) {
    ExpectSame(
        [=](const Output& x, const RnnOptions& o) {
          auto scope = VariableScope(*x.builder(), o.scope);
          LSTMBlockFusedCell cell(kUnits, {.use_peephole = peephole});
          return cell(x, o);
        },
        Along([=] {
          return std::make_shared<LSTMCell>(kUnits,
                                            LSTMOptions{.use_peepholes = peephole, .name = "lstm_fused_cell"});
        }));
  }
}

TEST(RnnBlocks, ErrorsAreKept) {
  auto error = [](const PartialShape& shape, size_t states, Reuse reuse) {
    Builder b;
    const Output x = ops::Placeholder(b, kFloat, shape, {.name = "x"});
    LSTMBlockFusedCell cell(kUnits, {.reuse = reuse});
    EXPECT_FALSE(cell(x, {.initial_state = Outputs(states, x)}).outputs.valid());
    return b.status().ToString();
  };
  EXPECT_NE(error({None, 2, None}, 0, Reuse::kInherit).find("LSTMBlockFusedCell"), std::string::npos);
  EXPECT_NE(error({None, 2, 3}, 1, Reuse::kInherit).find("an initial state of 1 tensors, not 2"), std::string::npos);
  EXPECT_NE(error({None, 2, 3}, 0, Reuse::kExisting), "OK");  // there are no variables to be had again
}

}  // namespace
}  // namespace weir
