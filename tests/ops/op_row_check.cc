// The checks that rows are put to, but for gradients (op_row_gradient.cc), dtypes (op_row_dtypes.cc), bad inputs
// (op_row_hostile.cc) and effects (op_row_effects.cc).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/ops/kernels.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::string Difference(const RowResult& a, const RowResult& b) {
  if (a.status.ok() != b.status.ok()) return (a.status.ok() ? b : a).status.ToString();
  if (a.tensors.size() != b.tensors.size()) return "other numbers of results";
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    if (!a.tensors[i].Identical(b.tensors[i]))
      return fmt::format("result {}: {} and {}", i, a.tensors[i].ToString(20), b.tensors[i].ToString(20));
  }
  return {};
}

bool NamesNode(const Status& s) {
  const std::string text = s.ToString();
  // "'op/": a part of what a composite stands for.
  for (const char* name : {"'op'", "'op:", "'op/"}) {
    if (text.find(name) != std::string::npos) return true;
  }
  return false;
}

namespace {

// Partial sums, as larger work has them, are in another order: near, and again the same bits in every way.
void CheckPartialSums(const RowGraph& g, DType dtype, const RowResult& plain) {
  for (int64_t parts : {2, 3, 5}) {
    const ForcedSums sums(parts);
    const std::string how = fmt::format("{} partial sums", parts);
    const RowResult cut = RunRow(g, false, 1);
    EXPECT_TRUE(cut.status.ok()) << how << ": " << cut.status.ToString();
    for (size_t i = 0; i < cut.tensors.size(); ++i) {
      if (cut.tensors[i].dtype() == kString) continue;
      EXPECT_EQ(DifferenceBeyondRounding(cut.tensors[i], plain.tensors[i], dtype), "") << how << ", result " << i;
    }
    EXPECT_EQ(Difference(cut, RunRow(g, true, 3)), "") << how << ", optimised";
    const ForcedCuts cuts(3, true);
    EXPECT_EQ(Difference(cut, RunRow(g, true, 3)), "") << how << ", 3 unequal parts";
  }
}

// Fed, constant and dynamic inputs, optimised or not, any number of threads, any cut: the same bits.
RowResult CheckWays(const OpRow& row, DType dtype, const std::vector<Tensor>& values) {
  RowGraph fed(row, dtype, values, Feeding::kFed);
  RowResult plain = RunRow(fed, false, 1);
  EXPECT_TRUE(plain.status.ok()) << plain.status.ToString();
  if (!plain.status.ok()) return plain;
  for (int threads : {1, 2, 3, 8})
    EXPECT_EQ(Difference(plain, RunRow(fed, true, threads)), "") << "optimised, " << threads << " threads";
  EXPECT_EQ(Difference(plain, RunRow(RowGraph(row, dtype, values, Feeding::kConstant), true, 1)), "")
      << "constant inputs";
  RowGraph dynamic(row, dtype, values, Feeding::kDynamic);
  EXPECT_EQ(Difference(plain, RunRow(dynamic, true, 2)), "") << "dynamic shapes, optimised";
  EXPECT_EQ(Difference(plain, RunRow(dynamic, false, 1)), "") << "dynamic shapes";
  for (int64_t parts : {1, 2, 3, 7}) {
    for (bool unequal : {false, true}) {
      if (unequal && parts == 1) continue;
      const ForcedCuts cut(parts, unequal);
      const std::string how = fmt::format("{}{} parts", parts, unequal ? " unequal" : "");
      EXPECT_EQ(Difference(plain, RunRow(fed, true, 3)), "") << "optimised, " << how;
      EXPECT_EQ(Difference(plain, RunRow(fed, false, 2)), "") << how;
      EXPECT_EQ(Difference(plain, RunRow(dynamic, true, 2)), "") << "dynamic shapes, " << how;
    }
  }
  if (!AllOps().Find(row.op)->random()) CheckPartialSums(fed, dtype, plain);
  return plain;
}

// What inference says of less than everything must admit what running gives; of everything it must be that.
void CheckInference(const OpRow& row, DType dtype, const std::vector<Tensor>& values, const RowResult& result) {
  for (Feeding f :
       {Feeding::kConstant, Feeding::kFed, Feeding::kUnknownDims, Feeding::kUnknownRank, Feeding::kDynamic}) {
    RowGraph g(row, dtype, values, f);
    ASSERT_TRUE(g.op.valid()) << g.b.status().ToString();
    for (size_t i = 0; i < g.outputs.size(); ++i) {
      if (g.outputs[i].dtype() == kResource) continue;
      const PartialShape& s = g.outputs[i].shape();
      EXPECT_TRUE(s.Admits(result.tensors[i].shape()))
          << "output " << i << " is " << result.tensors[i].shape().ToString() << ", inferred as " << s.ToString();
      bool must_know = f == Feeding::kConstant && !row.data_tells_shape;
      EXPECT_TRUE(!must_know || s.fully_known()) << "output " << i << " is inferred as " << s.ToString();
      EXPECT_EQ(BaseType(g.outputs[i].dtype()), result.tensors[i].dtype());
    }
  }
}

void CheckRoundTrip(const OpRow& row, DType dtype, const std::vector<Tensor>& values, const RowResult& result) {
  RowGraph g(row, dtype, values, Feeding::kConstant);
  Result<std::string> bytes = ExportGraphDef(g.b.graph());
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  Result<Graph> again = ImportGraphDef(*bytes, &AllOps());
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  Result<std::string> second = ExportGraphDef(*again);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*bytes, *second) << "export, import, export is not stable";
  Session session(*again, {.threads = 1, .optimize = false, .print = [](const std::string&) {}});
  for (const auto& [name, value] : g.variables) session.SetVariable(name, value.Clone().value()).Check();
  std::vector<std::string> fetches;
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    if (g.outputs[i].dtype() != kResource) fetches.push_back(fmt::format("op:{}", i));
  }
  Result<std::vector<Tensor>> got = session.Run(NamedFeeds{}, fetches, {"op"});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  for (size_t i = 0; i < got->size(); ++i)
    EXPECT_TRUE((*got)[i].Identical(result.tensors[i])) << "output " << i << " after import";
}

// Every size of the row's own inputs in turn becomes 0 wherever it stands: a result, or an error that names the node.
void CheckEmpty(const OpRow& row, DType dtype, OpCoverage* coverage) {
  std::set<int64_t> sizes;
  for (const In& in : row.inputs) {
    if (!in.fixed.valid()) sizes.insert(in.shape.dims().begin(), in.shape.dims().end());
  }
  for (int64_t size : sizes) {
    OpRow empty = row;
    for (In& in : empty.inputs) {
      Dims dims = in.shape.dims();
      std::replace(dims.begin(), dims.end(), size, int64_t{0});
      if (in.fixed.valid() || dims == in.shape.dims()) continue;
      in.shape = Shape::Make(dims).value();
      in.elements.clear();
    }
    RowGraph g(empty, dtype, ValuesOf(empty, dtype), Feeding::kFed);
    RowResult r = RunRow(g, true, 2);
    coverage->empty |= r.status.ok();
    EXPECT_TRUE(r.status.ok() || NamesNode(r.status)) << r.status.ToString();
    EXPECT_EQ(Difference(r, RunRow(g, false, 1)), "") << "empty";
  }
}

}  // namespace

void CheckRow(const OpRow& row, OpCoverage* coverage) {
  ASSERT_TRUE(AllOps().Find(row.op)) << row.op << " is not registered";
  DType dtype = PreferredDType(row);
  std::vector<Tensor> values = ValuesOf(row, dtype);
  RowResult result = CheckWays(row, dtype, values);
  if (!result.status.ok()) return;
  coverage->forward = true;
  coverage->differentiable = AllOps().Find(row.op)->has_gradient() && !row.refuses_gradient;
  for (const std::vector<Tensor>* tensors : {&values, &result.tensors}) {
    for (const Tensor& t : *tensors)
      coverage->may_be_empty = !row.never_empty, coverage->empty |= t.num_elements() == 0;
  }
  CheckInference(row, dtype, values, result);
  CheckRoundTrip(row, dtype, values, result);
  CheckEffects(row, dtype, values);
  SweepDTypes(row, coverage);
  CheckEmpty(row, dtype, coverage);
  CheckHostile(row, coverage);
  CheckGradients(row, coverage);
}

}  // namespace weir::testing
