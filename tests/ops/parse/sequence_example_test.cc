// Rows of the ops that parse SequenceExamples, what they give, and what they refuse.
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
using Floats32 = std::vector<float>;
using Ints64 = std::vector<int64_t>;

Strings Messages() {
  const SequenceExample a{{{"c", Ints64{1, 2}}, {"d", Floats32{2}}},
                          {{"f", {Ints64{1}, Ints64{2, 3}}}, {"g", {Floats32{1, 2}, Floats32{3, 4}}}}};
  const SequenceExample b{{{"d", Floats32{3}}},
                          {{"f", {Ints64{5, 6, 7}}}, {"g", {Floats32{7, 8}, Floats32{8, 9}, Floats32{0, 1}}}}};
  return {a.Serialize().value(), b.Serialize().value()};
}

Tensor Keys(const Strings& keys) { return Tensor::Vector(keys); }
Tensor NoStrings() { return Tensor::Zeros(kString, {0}); }

// Sparse c and f, dense d and g.
AttrMap Attrs() {
  return {{"Ncontext_sparse", int64_t{1}},
          {"Nfeature_list_sparse", int64_t{1}},
          {"Nfeature_list_dense", int64_t{1}},
          {"context_sparse_types", Types{kInt64}},
          {"Tcontext_dense", Types{kFloat}},
          {"context_dense_shapes", std::vector<PartialShape>{PartialShape({1})}},
          {"feature_list_sparse_types", Types{kInt64}},
          {"feature_list_dense_types", Types{kFloat}},
          {"feature_list_dense_shapes", std::vector<PartialShape>{PartialShape({2})}}};
}

AttrMap With(AttrMap attrs, AttrMap more) {
  attrs.merge(more);
  return attrs;
}

AttrMap FirstForm(const char* dense_list = "g", Strings may_be_missing = {}) {
  return With(Attrs(), {{"Ncontext_dense", int64_t{1}},
                        {"context_sparse_keys", Strings{"c"}},
                        {"context_dense_keys", Strings{"d"}},
                        {"feature_list_sparse_keys", Strings{"f"}},
                        {"feature_list_dense_keys", Strings{dense_list}},
                        {"feature_list_dense_missing_assumed_empty", std::move(may_be_missing)}});
}

AttrMap SecondForm() {
  return With(Attrs(), {{"context_ragged_value_types", Types{kInt64}},
                        {"context_ragged_split_types", Types{kInt32}},
                        {"feature_list_ragged_value_types", Types{kInt64}},
                        {"feature_list_ragged_split_types", Types{kInt64}}});
}

}  // namespace

std::vector<OpRow> SequenceExampleRows() {
  const Tensor both = Tensor::Vector(Messages()), none = NoStrings(), one(Messages()[0]);
  const Tensor required = Tensor::Zeros(kFloat, {0});
  auto second = [&](const Tensor& serialized) {
    return DataTellsShape({"ParseSequenceExampleV2",
                           {serialized, none, Keys({"c"}), Keys({"d"}), Keys({"e"}), Keys({"f"}), Keys({"g"}),
                            Keys({"h"}), Bools({1}, {true}), required},
                           SecondForm()});
  };
  return {
      DataTellsShape({"ParseSequenceExample", {both, Keys({"a", "b"}), required}, FirstForm()}),
      DataTellsShape({"ParseSequenceExample", {none, none, required}, FirstForm()}),
      DataTellsShape({"ParseSequenceExample", {one, none, required}, FirstForm()}),
      second(both), second(none), second(one),
      DataTellsShape({"ParseSingleSequenceExample",
                      {one, none, Text("c"), Text("d"), Text("f"), Text("g"), required, Text("name")},
                      With(Attrs(), {{"Ncontext_dense", int64_t{1}}})}),
  };
}

namespace {

// All outputs of ParseSequenceExample, or what is wrong.
std::string Parsed(const Strings& messages, const AttrMap& attrs) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None});
  const OutputList outputs = MakeAll("ParseSequenceExample", {x, NoStrings(), Tensor::Zeros(kFloat, {0})}, attrs);
  auto got = Session(g).Run(outputs, {{x, Tensor::Vector(messages)}});
  if (!got.ok()) return got.status().ToString();
  std::string all;
  for (const Tensor& t : *got) all += t.ToString() + "\n";
  return all;
}

TEST(ParseSequenceExample, HasABuildingFunction) {
  Builder g;
  Output x = g.Constant(Tensor::Vector(Messages()));
  using ops::FeatureSpec;
  const ops::ParsedSequence p = ops::ParseSequenceExample(
      x, {{.key = "c", .dtype = kInt64, .form = FeatureSpec::kRagged}, {.key = "d", .shape = {1}}},
      {{.key = "f", .dtype = kInt64, .form = FeatureSpec::kRagged},
       {.key = "g", .shape = {2}},
       {.key = "h", .dtype = kString, .shape = {}, .may_be_missing = true},
       {.key = "i", .form = FeatureSpec::kSparse}});
  const ops::ParsedFeature &c = p.context.at("c"), &f = p.lists.at("f");
  auto got = Session(g).Run({c.values, c.row_splits, p.context.at("d").values, f.values, f.row_splits, f.inner_splits,
                             p.lists.at("g").lengths, p.lists.at("h").values, p.lists.at("i").shape});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  std::string all;
  for (const Tensor& t : *got) all += t.ToString();
  EXPECT_EQ(all, "[1, 2][0, 2, 2][[2], [3]][1, 2, 3, 5, 6, 7][0, 2, 3][0, 1, 3, 6][2, 3][[]][2, 0, 0]");
}

// What TensorFlow 2.21 gives.
TEST(ParseSequenceExample, GivesContextAndLists) {
  EXPECT_EQ(Parsed(Messages(), FirstForm()),
            "[[0, 0], [0, 1]]\n[1, 2]\n[2, 2]\n[[2], [3]]\n"
            "[[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 0, 2]]\n[1, 2, 3, 5, 6, 7]\n[2, 2, 3]\n"
            "[[[1, 2], [3, 4], [0, 0]], [[7, 8], [8, 9], [0, 1]]]\n[2, 3]\n");
}

TEST(ParseSequenceExample, NamesWhatIsWrong) {
  EXPECT_NE(Parsed(Messages(), FirstForm("none")).find("wants the feature list 'none' (float), which is missing in "
                                                       "example 0"), std::string::npos);
  EXPECT_EQ(Parsed(Messages(), FirstForm("none", {"none"})).find("error"), std::string::npos);
  EXPECT_NE(Parsed(Messages(), FirstForm("f")).find("twice"), std::string::npos);
  AttrMap wide = FirstForm();
  wide["feature_list_dense_shapes"] = std::vector<PartialShape>{PartialShape({3})};
  EXPECT_NE(Parsed(Messages(), wide).find("has 2 float values of 'g' at element 0 in example 0"), std::string::npos);
  wide["feature_list_dense_shapes"] = std::vector<PartialShape>{PartialShape({None})};
  EXPECT_NE(Parsed(Messages(), wide).find("not all known"), std::string::npos);
}

}  // namespace
}  // namespace weir::testing
