// Recurrent networks against TensorFlow's own (tests/oracle/make_rnn.py): outputs, states, gradients, names.
#include "weir/ops/model/rnn.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

const std::map<std::string, Tensor>& Recorded() {
  static const auto file = io::ReadNpz(WEIR_TEST_DATA "/rnn.npz").value();
  return file;
}

std::shared_ptr<RnnCell> CellOf(const std::string& kind) {
  if (kind == "basic") return std::make_shared<BasicRnnCell>(3);
  if (kind == "gru") return std::make_shared<GRUCell>(3);
  if (kind == "stacked") {
    return std::make_shared<MultiRnnCell>(
        std::vector<std::shared_ptr<RnnCell>>{std::make_shared<LSTMCell>(3), std::make_shared<GRUCell>(2)});
  }
  if (kind != "peepholes") return std::make_shared<LSTMCell>(3);
  return std::make_shared<LSTMCell>(3, LSTMOptions{.forget_bias = 0.5,
                                                   .use_peepholes = true,
                                                   .cell_clip = 0.3,
                                                   .num_proj = 2,
                                                   .proj_clip = 0.25});
}

class Rnn : public ::testing::TestWithParam<std::string> {};

TEST_P(Rnn, EqualsTensorFlow) {
  const std::string kind = GetParam().substr(0, GetParam().find("_lengths")), prefix = GetParam() + "/";
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {None, None, 2}, {.name = "x"});
  Feeds feeds{{x, golden::Grid({3, 5, 2})}};
  RnnOptions options;
  if (kind != GetParam()) {
    Output lengths = ops::Placeholder(b, kInt32, {None}, {.name = "lengths"});
    feeds.emplace_back(lengths, Tensor(std::vector<int32_t>{5, 2, 0}));
    options.sequence_length = lengths;
  }
  Outputs outputs, states;
  if (kind == "both_ways") {
    GRUCell forward(3);
    LSTMCell backward(2);
    BidirectionalResult r = BidirectionalRnn(forward, backward, x, options);
    outputs = {r.forward.outputs, r.backward.outputs};
    states = r.forward.state;
    for (const Output& s : r.backward.state) states.push_back(s);
  } else {
    auto cell = CellOf(kind);
    RnnResult r = DynamicRnn(*cell, x, options);
    outputs = {r.outputs}, states = r.state;
  }
  std::vector<Output> fetches;
  std::vector<std::string> names;
  Output loss = b.Constant(Tensor(0.0f));
  auto want = [&](const std::string& name, const Output& y) {
    ASSERT_TRUE(y.valid()) << b.status().ToString();
    names.push_back(prefix + name), fetches.push_back(y);
    loss = loss + ops::ReduceSum(y * golden::Grid(Recorded().at(names.back()).shape(), 3));
  };
  for (size_t i = 0; i < outputs.size(); ++i) want("y" + std::to_string(i), outputs[i]);
  for (size_t i = 0; i < states.size(); ++i) want("s" + std::to_string(i), states[i]);
  std::vector<Output> by{x};
  names.push_back(prefix + "gx");
  for (const Variable& v : GlobalVariables(b)) by.push_back(v.handle()), names.push_back(prefix + "g/" + v.name());
  for (const Output& g : Gradients({loss}, by)) fetches.push_back(g);
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  Session session(b);
  size_t variables = 0;
  for (const auto& [key, value] : Recorded()) {
    if (!key.starts_with(prefix + "v/")) continue;
    ASSERT_TRUE(session.SetVariable(key.substr(prefix.size() + 2), value).ok()) << key;
    ++variables;
  }
  EXPECT_EQ(variables, GlobalVariables(b).size());
  auto got = session.Run(fetches, feeds);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  for (size_t i = 0; i < names.size(); ++i) {
    SCOPED_TRACE(names[i]);
    golden::ExpectNear(golden::Flat((*got)[i]), golden::Flat(Recorded().at(names[i])), 1e-5);
  }
}

std::vector<std::string> Kinds() {
  std::vector<std::string> kinds;
  for (const char* kind : {"basic", "lstm", "gru", "stacked", "peepholes", "both_ways"})
    for (const char* more : {"", "_lengths"}) kinds.push_back(std::string(kind) + more);
  return kinds;
}
INSTANTIATE_TEST_SUITE_P(Cells, Rnn, ::testing::ValuesIn(Kinds()), [](const auto& info) { return info.param; });

TEST(RnnErrors, SayWhatIsWrong) {
  auto error = [](const PartialShape& shape, Outputs state = {}) {
    Builder b;
    Output x = ops::Placeholder(b, kFloat, shape, {.name = "x"});
    for (Output& s : state) s = x;
    LSTMCell cell(3);
    EXPECT_EQ(DynamicRnn(cell, x, {.initial_state = state}).state.size(), 2u);
    return b.status().ToString();
  };
  EXPECT_NE(error({None, 2}).find("wants inputs [batch, time, depth]"), std::string::npos);
  EXPECT_NE(error({None, 2, None}).find("DynamicRnn"), std::string::npos);
  EXPECT_NE(error({None, 2, 3}, Outputs(1)).find("an initial state of 1 tensors for a cell of 2"), std::string::npos);
}

}  // namespace
}  // namespace weir
