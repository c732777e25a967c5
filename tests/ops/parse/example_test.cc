// Rows of the ops that parse Examples, what they give, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/parse/parse.h"
#include "weir/runtime/io/example.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

using Strings = std::vector<std::string>;
using Types = std::vector<DType>;

Strings Messages() {
  const Example a{{{"f", std::vector<float>{1, 2}}, {"i", std::vector<int64_t>{3, -4, 5}}, {"s", Strings{"x"}}}};
  const Example b{{{"f", std::vector<float>{5, 6}}, {"s", Strings{"y", "z"}}, {"n", std::monostate()}}};
  return {a.Serialize().value(), b.Serialize().value()};
}

Tensor NoStrings() { return Tensor::Zeros(kString, {0}); }
Tensor Keys(const Strings& keys) { return Tensor::Vector(keys); }

AttrMap V2(Types sparse, Types dense, std::vector<PartialShape> shapes, Types ragged, Types splits) {
  return {{"num_sparse", static_cast<int64_t>(sparse.size())}, {"sparse_types", sparse}, {"Tdense", dense},
          {"dense_shapes", shapes}, {"ragged_value_types", ragged}, {"ragged_split_types", splits}};
}

}  // namespace

std::vector<OpRow> ExampleRows() {
  const Tensor both = Tensor::Vector(Messages()), none = NoStrings(), pad = Tensor::Vector(Strings{"pad"});
  const Tensor required = Tensor::Zeros(kFloat, {0});
  const std::vector<PartialShape> shapes = {PartialShape({2}), PartialShape({-1})};
  const AttrMap v1 = {{"Nsparse", int64_t{1}},     {"Ndense", int64_t{2}},
                      {"sparse_types", Types{kInt64}}, {"Tdense", Types{kFloat, kString}},
                      {"dense_shapes", shapes}};
  const AttrMap v2 = V2({kInt64, kString}, {kFloat, kString}, shapes, {kInt64, kString}, {kInt64, kInt32});
  const AttrMap single = {{"num_sparse", int64_t{1}},       {"sparse_keys", Strings{"i"}},
                          {"dense_keys", Strings{"f", "s"}}, {"sparse_types", Types{kInt64}},
                          {"Tdense", Types{kFloat, kString}}, {"dense_shapes", shapes}};
  const Tensor sparse = Keys({"i", "none"}), dense = Keys({"f", "s"}), ragged = Keys({"j", "t"});
  return {
      DataTellsShape({"ParseExample", {both, none, Text("i"), Text("f"), Text("s"), required, pad}, v1}),
      DataTellsShape({"ParseExample", {none, none, Text("i"), Text("f"), Text("s"), required, pad}, v1}),
      DataTellsShape({"ParseExampleV2", {both, Keys({"a", "b"}), sparse, dense, ragged, required, pad}, v2}),
      DataTellsShape({"ParseExampleV2", {none, none, sparse, dense, ragged, required, pad}, v2}),
      DataTellsShape({"ParseExampleV2", {Tensor(Messages()[0]), none, sparse, dense, ragged, required, pad}, v2}),
      DataTellsShape({"ParseSingleExample", {Tensor(Messages()[0]), required, pad}, single}),
  };
}

namespace {

using ops::FeatureSpec;

// The features of messages, or what is wrong.
std::string Parsed(const Strings& messages, const std::vector<FeatureSpec>& features) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None});
  std::vector<Output> outputs;
  for (const auto& [key, f] : ops::ParseExample(x, features)) {
    for (const Output& y : {f.indices, f.values, f.shape, f.row_splits}) {
      if (y.valid()) outputs.push_back(y);
    }
  }
  if (!g.status().ok()) return g.status().ToString();
  auto got = Session(g).Run(outputs, {{x, Tensor::Vector(messages)}});
  if (!got.ok()) return got.status().ToString();
  std::string all;
  for (const Tensor& t : *got) all += t.ToString();
  return all;
}

bool Refused(const Strings& messages, const FeatureSpec& feature, const std::string& why) {
  const std::string text = Parsed(messages, {feature});
  EXPECT_NE(text.find(why), std::string::npos) << text;
  return text.find(why) != std::string::npos;
}

// What TensorFlow 2.21 gives.
TEST(ParseExample, GivesAllForms) {
  const Strings m = Messages();
  EXPECT_EQ(Parsed(m, {{.key = "f", .shape = {2}}}), "[[1, 2], [5, 6]]");
  EXPECT_EQ(Parsed(m, {{.key = "i", .dtype = kInt64, .form = FeatureSpec::kSparse}}),
            "[[0, 0], [0, 1], [0, 2]][3, -4, 5][2, 3]");
  EXPECT_EQ(Parsed(m, {{.key = "i", .dtype = kInt64, .form = FeatureSpec::kRagged}}), "[3, -4, 5][0, 3, 3]");
  EXPECT_EQ(Parsed(m, {{.key = "s", .dtype = kString, .shape = {None}, .default_value = Tensor("-")}}),
            "[[\"x\", \"-\"], [\"y\", \"z\"]]");
  const Tensor three = Tensor::Vector<int64_t>({7, 8, 9});
  EXPECT_EQ(Parsed(m, {{.key = "i", .dtype = kInt64, .shape = {3}, .default_value = three}}),
            "[[3, -4, 5], [7, 8, 9]]");
  EXPECT_EQ(Parsed(m, {{.key = "f", .shape = {None, 2}, .default_value = Tensor(0.f)}}), "[[[1, 2]], [[5, 6]]]");
  EXPECT_EQ(Parsed(m, {{.key = "n", .shape = {1}, .default_value = Tensor::Vector<float>({4})}}), "[[4], [4]]");
}

TEST(ParseExample, NamesWhatIsWrong) {
  const Strings m = Messages();
  EXPECT_TRUE(Refused(m, {.key = "i", .dtype = kInt64, .shape = {3}}, "wants the feature 'i' (int64), which is missing "
                                                                      "in example 1"));
  EXPECT_TRUE(Refused(m, {.key = "f", .shape = {3}}, "has 2 float values of 'f' in example 0"));
  EXPECT_TRUE(Refused(m, {.key = "f", .dtype = kInt64, .form = FeatureSpec::kSparse},
                      "wants 'f' as int64, but it is float in example 0"));
  EXPECT_TRUE(Refused(m, {.key = "i", .dtype = kInt64, .shape = {None, 2}, .default_value = Tensor(int64_t{0})},
                      "no multiple of 2"));
  EXPECT_TRUE(Refused(m, {.key = "f", .shape = {None}}, "is given a default [0] of 'f'"));
  EXPECT_TRUE(Refused(m, {.key = "f", .shape = {2}, .default_value = Tensor(0.f)}, "is given a default [] of 'f'"));
  EXPECT_TRUE(Refused(m, {.key = "f", .shape = {2, None}}, "inner sizes"));
  EXPECT_TRUE(Refused({m[0], m[1].substr(0, m[1].size() - 1)}, {.key = "f", .shape = {2}}, "in example 1"));
  EXPECT_NE(Parsed(m, {{.key = "f", .shape = {2}}, {.key = "f", .form = FeatureSpec::kSparse}}).find("twice"),
            std::string::npos);
}

// Bytes that protobuf would not write, and its parsers read: numbers one by one, a key twice, fields of other versions.
TEST(ParseExample, ReadsOtherEncodings) {
  auto feature = [](const std::string& key, const std::string& value) {
    auto with_size = [](char tag, const std::string& bytes) {
      return std::string(1, tag) + static_cast<char>(bytes.size()) + bytes;
    };
    return with_size('\n', with_size('\n', with_size('\n', key) + with_size('\x12', value)));
  };
  const std::string single("\x1a\x04\x08\x05\x08\x06", 6), packed("\x1a\x04\n\x02\x07\x08", 6);
  const FeatureSpec sparse{.key = "i", .dtype = kInt64, .form = FeatureSpec::kSparse};
  EXPECT_EQ(Parsed({feature("i", single)}, {sparse}), "[[0, 0], [0, 1]][5, 6][1, 2]");
  EXPECT_EQ(Parsed({feature("i", single) + feature("i", packed)}, {sparse}), "[[0, 0], [0, 1]][7, 8][1, 2]");
  EXPECT_EQ(Parsed({std::string("\x78\x01", 2) + feature("i", packed)}, {sparse}), "[[0, 0], [0, 1]][7, 8][1, 2]");
  const std::string cut("\x1a\x04\n\x02\x07\x80", 6);
  EXPECT_TRUE(Refused({feature("i", cut)}, sparse, "cannot parse the feature 'i'"));
  EXPECT_TRUE(Refused({feature("i", "\x1a\x0d\n\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}, sparse, "64 bits"));
}

}  // namespace
}  // namespace weir::testing
