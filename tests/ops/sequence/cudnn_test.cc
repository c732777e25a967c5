// CudnnRNN against Keras' layers with the same weights (tests/oracle/make_cudnn.py), its Backprop ops against its
// gradients, and its weights in one vector and apart.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/runtime/io/npy.h"
#include "weir/tests/graph/derived.h"
#include "weir/tests/ops/model/golden.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {
namespace {

const std::map<std::string, Tensor>& Recorded() {
  static const auto file = io::ReadNpz(WEIR_TEST_DATA "/cudnn.npz").value();
  return file;
}

// CELL_DIRECTIONS_LAYERS[_lengths].
struct Case {
  explicit Case(const std::string& name) : prefix(name + "/"), cell(name.substr(0, name.find('_'))) {
    two_ways = name[cell.size() + 1] == '2';
    layers = name[cell.size() + 3] - '0';
    lengths = name.ends_with("_lengths");
    attrs = {{"rnn_mode", cell == "relu" || cell == "tanh" ? "rnn_" + cell : cell},
             {"direction", two_ways ? "bidirectional" : "unidirectional"}};
  }
  const Tensor& operator[](const std::string& key) const { return Recorded().at(prefix + key); }
  bool has_c() const { return cell == "lstm"; }

  std::string prefix, cell;
  bool two_ways = false, lengths = false;
  int layers = 0;
  AttrMap attrs;
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [key, value] : Recorded()) {
    if (key.ends_with("/x")) names.push_back(key.substr(0, key.size() - 2));
  }
  return names;
}

struct Net {
  Builder b;
  std::vector<Output> xs;  // x, h, c, params, and the lengths of V3
  Feeds feeds;
  OutputList outputs;

  // `batch_first`: of V3.
  Net(const Case& c, const std::string& suffix, bool batch_first = false) {
    for (const char* key : {"x", "h", "c", "params"}) {
      PartialShape shape(c[key].shape());
      if (shape.rank() == 3) shape[1] = None;
      if (key == std::string("x")) shape[0] = None;
      Output fed = ops::Placeholder(b, kFloat, shape, {.name = key});
      feeds.emplace_back(fed, c[key]);
      xs.push_back(fed);
    }
    AttrMap attrs = c.attrs;
    std::vector<Input> in(xs.begin(), xs.end());
    if (suffix == "V3") {
      std::vector<int32_t> lengths(3, 5);
      if (c.lengths) lengths = {5, 2, 0};
      in.push_back(b.Constant(Tensor::Vector(lengths)));
      attrs["time_major"] = !batch_first;
      for (size_t i = 0; i < 3 && batch_first; ++i) in[i] = ops::Transpose(xs[i], {1, 0, 2});
    }
    outputs = MakeAll("CudnnRNN" + suffix, in, attrs, {.name = "rnn"});
    inputs = in;
  }
  std::vector<Input> inputs;
};

void ExpectNear(const Tensor& got, const Tensor& want, const std::string& what) {
  ASSERT_EQ(got.shape().ToString(), want.shape().ToString()) << what;
  for (int64_t i = 0; i < want.num_elements(); ++i)
    ASSERT_NEAR(got.data<float>()[i], want.data<float>()[i], 2e-5) << what << " " << i;
}

class Cudnn : public ::testing::TestWithParam<std::string> {};

TEST_P(Cudnn, EqualsKeras) {
  const Case c(GetParam());
  std::vector<std::pair<std::string, bool>> forms{{"V3", false}, {"V3", true}};
  if (!c.lengths) forms.insert(forms.end(), {{"", false}, {"V2", false}});
  for (const auto& [suffix, batch_first] : forms) {
    SCOPED_TRACE(suffix + (batch_first ? ", batch first" : ""));
    Net net(c, suffix, batch_first);
    ASSERT_TRUE(net.b.status().ok()) << net.b.status().ToString();
    auto by_time = [&, first = batch_first](const Output& o) { return first ? ops::Transpose(o, {1, 0, 2}) : o; };
    std::vector<Output> results{net.outputs[0], net.outputs[1]}, weighted, seeds;
    std::vector<std::string> names{"y", "hn"};
    if (c.has_c()) results.push_back(net.outputs[2]), names.push_back("cn");
    for (size_t i = 0; i < names.size(); ++i) {
      seeds.push_back(by_time(net.b.Constant(golden::Grid(c[names[i]].shape(), 3))));
      weighted.push_back(ops::ReduceSum(results[i] * seeds[i]));
    }
    // The op that TensorFlow's gradient is.
    InputList in(net.inputs);
    for (int i = 0; i < 3; ++i) in.push_back(net.outputs[i]);
    for (const Output& seed : seeds) in.push_back(seed);
    if (!c.has_c()) in.push_back(ops::ZerosLike(net.outputs[2]));
    for (size_t i = 3; i < net.outputs.size(); ++i) in.push_back(net.outputs[i]);
    AttrMap attrs = c.attrs;
    if (suffix == "V3") attrs["time_major"] = !batch_first;
    OutputList back = MakeAll("CudnnRNNBackprop" + suffix, in, attrs);
    std::vector<Output> dxs = Gradients(weighted, net.xs, {.unconnected = GradientOptions::kZero});
    ASSERT_TRUE(net.b.status().ok()) << net.b.status().ToString();

    std::vector<Output> fetches;
    std::vector<std::string> keys = names;
    for (const Output& r : results) fetches.push_back(by_time(r));
    fetches.insert(fetches.end(), dxs.begin(), dxs.end());
    for (size_t i = 0; i < 4; ++i) fetches.push_back(i < 3 ? by_time(back[i]) : back[i]);
    for (int twice = 0; twice < 2; ++twice) keys.insert(keys.end(), {"gx", "gh", "gc", "gparams"});
    for (bool optimize : {true, false}) {
      auto got = Session(net.b, {.threads = 1, .optimize = optimize}).Run(fetches, net.feeds);
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      for (size_t i = 0; i < keys.size(); ++i) ExpectNear((*got)[i], c[keys[i]], keys[i]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, Cudnn, ::testing::ValuesIn(Names()), [](const auto& info) { return info.param; });

// ---- weights

OutputList Canonical(Builder& b, const std::string& suffix, const Output& params, AttrMap attrs, int64_t layers,
                     int64_t count) {
  if (suffix.empty()) attrs["num_params"] = count;
  else attrs["num_params_weights"] = attrs["num_params_biases"] = count;
  return MakeAll("CudnnRNNParamsToCanonical" + suffix,
                 {b.Constant(Tensor(static_cast<int32_t>(layers))), b.Constant(Tensor(3)), b.Constant(Tensor(2)),
                  params}, attrs);
}

TEST(CudnnParams, ApartAndTogetherAgain) {
  for (const std::string suffix : {"", "V2"}) {
    const Case c("gru_2_2");
    Builder b;
    Output params = b.Constant(c["params"]);
    OutputList parts = Canonical(b, suffix, params, c.attrs, 2, 24);
    ASSERT_TRUE(b.status().ok()) << b.status().ToString();
    InputList in{b.Constant(Tensor(2)), b.Constant(Tensor(3)), b.Constant(Tensor(2))};
    for (const Output& p : parts) in.push_back(p);
    AttrMap attrs = c.attrs;
    if (!suffix.empty()) attrs["num_params_weights"] = attrs["num_params_biases"] = 24;
    Output again = Make("CudnnRNNCanonicalToParams" + suffix, in, attrs);
    AttrMap sized = c.attrs;
    sized["T"] = kFloat, sized["S"] = kInt32;
    Output size = Make("CudnnRNNParamsSize", {in[0], in[1], in[2]}, sized);
    ASSERT_TRUE(b.status().ok()) << b.status().ToString();
    Session s(b);
    EXPECT_TRUE(s.Run(again).value().Identical(c["params"]));
    EXPECT_EQ(s.Run(size).value().data<int32_t>()[0], c["params"].num_elements());
    auto shape = [&](size_t i) { return s.Run(parts[i]).value().shape().ToString(); };
    EXPECT_EQ(shape(0), "[3,2]") << "of the input, to a gate of the first layer";
    EXPECT_EQ(shape(3), "[3,3]") << "recurrent";
    EXPECT_EQ(shape(12), "[3,6]") << "of both directions, in the second layer";
    EXPECT_EQ(shape(24), "[3]");
    // Behind the matrices [3,2] and [3,3] of three gates each comes the other direction.
    EXPECT_EQ(s.Run(parts[6]).value().data<float>()[0], c["params"].data<float>()[3 * 6 + 3 * 9]);
  }
}

TEST(CudnnRnn, SkipsItsInputAndDropsOut) {
  Builder b;
  Output x = b.Constant(golden::Grid({4, 2, 3})), h = b.Constant(golden::Grid({2, 2, 3}, 1));
  const int64_t skipped = 9 + 9 + 9 + 12;  // [3,3] of layer 0 without its input's, two of layer 1, 12 biases
  AttrMap attrs{{"rnn_mode", "rnn_tanh"}, {"input_mode", "skip_input"}};
  Output params = b.Constant(golden::Grid({skipped}));
  OutputList plain = MakeAll("CudnnRNN", {x, h, h, params}, attrs);
  attrs["dropout"] = 0.5f, attrs["seed"] = 3;
  OutputList dropped = MakeAll("CudnnRNN", {x, h, h, params}, attrs);
  attrs["is_training"] = false;
  OutputList kept = MakeAll("CudnnRNN", {x, h, h, params}, attrs);
  attrs.erase("is_training");
  InputList in{x, h, h, params};
  for (int i = 0; i < 3; ++i) in.push_back(dropped[i]);
  in.insert(in.end(), {ops::OnesLike(dropped[0]), ops::ZerosLike(h), ops::ZerosLike(dropped[2]), dropped[3]});
  OutputList back = MakeAll("CudnnRNNBackprop", in, attrs);
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  Session s(b);
  const auto one = s.Run({plain[0], kept[0]}).value();
  EXPECT_TRUE(one[0].Identical(one[1]));
  const auto run = s.Run({dropped[0], dropped[3], back[3]}).value();
  EXPECT_FALSE(run[0].Identical(one[0]));
  int zeros = 0;
  for (float m : run[1].span<float>()) {
    EXPECT_TRUE(m == 0 || m == 2) << m;
    zeros += m == 0;
  }
  EXPECT_EQ(run[1].num_elements(), 4 * 2 * 3);
  EXPECT_GT(zeros, 3);
  EXPECT_LT(zeros, 21);
  // The first layer's recurrent matrix has a gradient through those that are kept alone.
  EXPECT_NE(run[2].data<float>()[0], 0);
}

TEST(CudnnRnn, SaysWhatIsWrong) {
  auto error = [](const Shape& x, const Shape& h, int64_t params, AttrMap attrs, const std::string& op = "CudnnRNN") {
    Builder b;
    auto zeros = [&](const Shape& s) { return Input(b.Constant(Tensor::Zeros(kFloat, s))); };
    InputList in{zeros(x), zeros(h), zeros(h), zeros({params})};
    if (op == "CudnnRNNV3") in.push_back(b.Constant(Tensor::Vector(std::vector<int32_t>{1, 1})));
    OutputList y = MakeAll(op, in, std::move(attrs));
    return b.status().ok() ? Session(b).Run(y[0]).status().ToString() : b.status().ToString();
  };
  EXPECT_EQ(error({4, 2, 3}, {1, 2, 3}, 96, {}), Status().ToString());
  EXPECT_NE(error({4, 2, 3}, {1, 2, 3}, 95, {}).find("has 95 params; 1 layers of 3 units and 3 inputs have 96"),
            std::string::npos);
  EXPECT_NE(error({4, 2, 3}, {1, 2, 3}, 96, {{"direction", "bidirectional"}}).find("odd number of states"),
            std::string::npos);
  EXPECT_NE(error({4, 2, 2}, {1, 2, 3}, 96, {{"input_mode", "skip_input"}}).find("skips the input"), std::string::npos);
  EXPECT_NE(error({4, 2, 3}, {1, 2, 3}, 96, {{"dropout", 1.5f}}).find("dropout of 1.5"), std::string::npos);
  EXPECT_NE(error({4, 2, 3}, {1, 2, 3}, 96, {{"num_proj", 2}}, "CudnnRNNV3").find("num_proj = 2"), std::string::npos);
  Builder b;
  Output n = ops::Placeholder(b, kInt32, {}, {.name = "n"});
  Output size = Make("CudnnRNNParamsSize", {n, 3, 2}, {{"T", kFloat}, {"S", kInt32}});
  EXPECT_NE(Session(b).Run(size, {{n, 2}}).status().ToString().find("a num_layers that is computed"),
            std::string::npos);
}

// ---- coverage

// Sequences of one layer of an LSTM, in every dtype, of no batch, and their derivatives.
std::vector<Input> Inputs(Builder& b, DType dtype, int64_t batch, const std::string& op, std::vector<Output>* xs = {}) {
  std::vector<Input> in;
  int k = 0;
  for (const Shape& shape : {Shape({3, batch, 2}), Shape({1, batch, 2}), Shape({1, batch, 2}), Shape({48})}) {
    Output x = ops::Placeholder(b, kDouble, shape, {.name = "in"});
    if (xs) xs->push_back(x);
    else x = b.Constant(golden::Grid(shape, k++));
    in.push_back(x.dtype() == dtype ? x : ops::Cast(x, dtype));
  }
  if (op.ends_with("V3")) in.push_back(b.Constant(Tensor::Vector(std::vector<int32_t>(size_t(batch), 2))));
  return in;
}

OutputList Applied(const std::string& op, std::vector<Input> in) {
  const size_t at = op.find("Backprop");
  if (at == op.npos) return MakeAll(op, in, {}, {.name = "op"});
  const std::string forward = op.substr(0, at) + op.substr(at + 8);
  OutputList made = MakeAll(forward, in);
  for (int i = 0; i < 3; ++i) in.push_back(made[i]);
  for (int i = 0; i < 3; ++i) in.push_back(ops::Sin(made[i]));
  for (size_t i = 3; i < made.size(); ++i) in.push_back(made[i]);
  return MakeAll(op, in, {}, {.name = "op"});
}

void CheckRnn(const std::string& op, OpCoverage* c) {
  std::vector<double> want;
  c->may_be_empty = true;
  for (DType dtype : {kDouble, kFloat, kHalf, kBfloat16}) {
    Builder b;
    OutputList y = Applied(op, Inputs(b, dtype, 2, op));
    const Output as_double = ops::Cast(y[0], kDouble);
    auto got = Session(b).Run(as_double);
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    const double error = dtype == kDouble ? 1e-12 : dtype == kFloat ? 1e-5 : dtype == kHalf ? 1e-2 : 6e-2;
    if (want.empty()) want.assign(got->span<double>().begin(), got->span<double>().end());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got->span<double>()[i], want[i], error) << DTypeName(dtype);
    ++c->dtypes, ++c->dtypes_wanted;
  }
  c->forward = true;
  Builder none, refused, g;
  OutputList y = Applied(op, Inputs(none, kFloat, 0, op));
  c->empty = Session(none).Run(y[0]).value().num_elements() == 0;
  std::vector<Input> in = Inputs(refused, kFloat, 2, op);
  in[0] = refused.Constant(Tensor(1.0f));
  refused.AddNode(op.substr(0, 8) + (op.ends_with("V3") ? "V3" : ""), in, {}, {.name = "op"});
  ExpectRefused(refused, c);
  std::vector<Output> xs;
  OutputList z = Applied(op, Inputs(g, kDouble, 2, op, &xs));
  std::vector<Tensor> at;
  int k = 0;
  for (const Output& x : xs) {
    const Tensor grid = golden::Grid(x.shape().ToShape().value(), k++);
    at.push_back(Tensor::Allocate(kDouble, grid.shape()).value());
    std::copy_n(grid.data<float>(), grid.num_elements(), at.back().mutable_data<double>());
  }
  ASSERT_NO_FATAL_FAILURE(ExpectDerived(g, ops::ReduceSum(z[0]), xs, at));
  c->differentiable = c->gradient = c->second_order = true;
}

void CheckParams(const std::string& op, OpCoverage* c) {
  c->may_be_empty = false;
  for (DType dtype : {kDouble, kFloat, kHalf, kBfloat16}) {
    Builder b;
    const AttrMap tanh{{"rnn_mode", "rnn_tanh"}};
    Output params = ops::Cast(b.Constant(golden::Grid({21})), dtype);
    const std::string suffix = op.ends_with("V2") ? "V2" : "";
    Output got = params;
    if (op.find("Canonical") != op.npos) {
      InputList in{b.Constant(Tensor(1)), b.Constant(Tensor(3)), b.Constant(Tensor(2))};
      for (const Output& p : Canonical(b, suffix, params, tanh, 1, 2)) in.push_back(p);
      AttrMap attrs = tanh;
      if (!suffix.empty()) attrs["num_params_weights"] = attrs["num_params_biases"] = 2;
      got = Make("CudnnRNNCanonicalToParams" + suffix, in, attrs);
    } else {
      Output size = Make(op, {b.Constant(Tensor(1)), 3, 2}, {{"rnn_mode", "rnn_tanh"}, {"T", dtype}, {"S", kInt64}});
      got = ops::Slice(params, {int64_t{0}}, size);
    }
    ASSERT_TRUE(b.status().ok()) << b.status().ToString();
    Session s(b);
    EXPECT_TRUE(s.Run(got).value().Identical(s.Run(params).value()));
    ++c->dtypes, ++c->dtypes_wanted;
  }
  c->forward = true;
  Builder refused;
  refused.AddNode(op, {refused.Constant(Tensor(1.5f)), 3, 2}, {}, {.name = "op"});
  ExpectRefused(refused, c);
  c->differentiable = op != "CudnnRNNParamsSize";  // a number of elements
  if (!c->differentiable) return;
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {21}, {.name = "x"}), y = g.Constant(Tensor(0.0));
  for (const Output& p : Canonical(g, op.ends_with("V2") ? "V2" : "", x, {{"rnn_mode", "rnn_tanh"}}, 1, 2))
    y = y + ops::ReduceSum(ops::Sin(p));
  Tensor at = Tensor::Zeros(kDouble, {21});
  for (int i = 0; i < 21; ++i) at.mutable_data<double>()[i] = 0.1 * i - 1;
  ASSERT_NO_FATAL_FAILURE(ExpectDerived(g, y, {x}, {at}));
  c->gradient = c->second_order = true;
}

}  // namespace

SpecialChecks SequenceSpecials() {
  SpecialChecks checks{{"CudnnRNNParamsSize", CheckParams}};
  for (const char* version : {"", "V2", "V3"}) {
    checks["CudnnRNN" + std::string(version)] = CheckRnn;
    checks["CudnnRNNBackprop" + std::string(version)] = CheckRnn;
  }
  for (const char* version : {"", "V2"}) {
    checks["CudnnRNNParamsToCanonical" + std::string(version)] = CheckParams;
    checks["CudnnRNNCanonicalToParams" + std::string(version)] = CheckParams;
  }
  return checks;
}

}  // namespace weir::testing
