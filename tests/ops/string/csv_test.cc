// Rows of DecodeCSV, what is a record, and what is refused.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

Tensor Texts(const std::vector<std::string>& texts) { return Tensor::Vector(texts); }
Tensor OneOf(DType type) { return Tensor::Zeros(type, {1}); }

}  // namespace

std::vector<OpRow> CsvRows() {
  const std::vector<DType> three = {kInt32, kFloat, kString};
  const Tensor records = Texts({"1,2.5,a", "3,,\"b,c\"", ",-1,"});
  std::vector<OpRow> rows = {
      {"DecodeCSV", {records, Int(7), OneOf(kFloat), Text("none")}, {{"OUT_TYPE", three}}},
      {"DecodeCSV", {Tensor::Zeros(kString, {0}), OneOf(kInt32), OneOf(kFloat), Text("")}, {{"OUT_TYPE", three}}},
      {"DecodeCSV", {records, Text("")},
       {{"OUT_TYPE", std::vector<DType>{kString}}, {"select_cols", std::vector<int64_t>{2}}}},
  };
  for (DType t : {kFloat, kDouble, kInt32, kInt64, kString}) {
    rows.push_back({"DecodeCSV", {Texts({"1", "25"}), OneOf(t)}, {{"OUT_TYPE", std::vector<DType>{t}}}});
  }
  return rows;
}

namespace {

// The columns of records, or what is wrong.
std::string Columns(const std::vector<std::string>& records, const std::vector<Tensor>& defaults,
                    const ops::DecodeCsvOptions& o = {}) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None});
  std::vector<Input> inputs;
  for (const Tensor& t : defaults) inputs.push_back(g.Constant(t));
  const std::vector<Output> columns = ops::DecodeCsv(x, inputs, o);
  auto got = Session(g).Run(columns, {{x, Texts(records)}});
  if (!got.ok()) return got.status().ToString();
  std::string all;
  for (const Tensor& t : *got) all += t.ToString();
  return all;
}

bool Refused(const std::string& record, const std::vector<Tensor>& defaults, const std::string& why,
             const ops::DecodeCsvOptions& o = {}) {
  const std::string text = Columns({"1,2", record}, defaults, o);
  return text.find(why) != std::string::npos && text.find("in record 1") != std::string::npos;
}

// What TensorFlow 2.21 gives.
TEST(DecodeCsv, ReadsRecords) {
  const Tensor number(int32_t{7}), text("x");
  EXPECT_EQ(Columns({"1,\"a\"\"b\"", " 2 , c ", ",\"d\ne\"", "3,"}, {number, text}),
            "[1, 2, 7, 3][\"a\\\"b\", \" c \", \"d\\ne\", \"x\"]");
  EXPECT_EQ(Columns({"1|NA"}, {number, text}, {.field_delim = "|", .na_value = "NA"}), "[1][\"x\"]");
  EXPECT_EQ(Columns({"1,2,3,\"a"}, {number}, {.select_cols = {1}}), "[2]");
  EXPECT_EQ(Columns({"\"1,2\""}, {text, text}, {.use_quote_delim = false}), "[\"\\\"1\"][\"2\\\"\"]");
}

TEST(DecodeCsv, RefusesWhatIsNoRecord) {
  const Tensor number(int32_t{7}), none = Tensor::Zeros(kInt32, {0});
  const std::vector<Tensor> two = {number, number};
  EXPECT_TRUE(Refused("1", two, "wants 2 fields"));
  EXPECT_TRUE(Refused("1,2,3", two, "wants 2 fields"));
  EXPECT_TRUE(Refused("", two, "wants 2 fields"));
  EXPECT_TRUE(Refused("1,x", two, "which is no int32"));
  EXPECT_TRUE(Refused("1,3000000000", two, "which is no int32"));
  EXPECT_TRUE(Refused("1,", {number, none}, "lacks field 1"));
  EXPECT_TRUE(Refused("1,2\"", two, "without quotes"));
  EXPECT_TRUE(Refused("1,\"2", two, "without an end"));
  EXPECT_TRUE(Refused("1,\"2\" ", two, "within a quoted field"));
  EXPECT_TRUE(Refused("1,2\n", two, "without quotes"));
}

TEST(DecodeCsv, RefusesFormats) {
  const std::vector<Tensor> one = {Tensor(int32_t{7})};
  EXPECT_NE(Columns({"1"}, one, {.field_delim = "::"}).find("one character"), std::string::npos);
  EXPECT_NE(Columns({"1"}, one, {.select_cols = {0, 1}}).find("selects 2 columns"), std::string::npos);
  EXPECT_NE(Columns({"1"}, one, {.select_cols = {-1}}).find("select_cols"), std::string::npos);
  EXPECT_NE(Columns({"1"}, {Tensor::Zeros(kInt32, {2})}).find("one element or none"), std::string::npos);
}

}  // namespace
}  // namespace weir::testing
