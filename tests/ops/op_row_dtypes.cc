// Rows in every dtype that tests/data/op_dtypes.txt lists: the same bits however they run, and the values that the
// widest dtype of their kind gives for the same inputs, within rounding.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weir/ops/registry.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

// double for floats, complex128 for complex numbers, int64 for integers, where the op has it; else none, as for bool
// and strings.
DType WidestOf(DType t, const std::vector<DType>& listed) {
  const DType widest = IsFloating(t)  ? kDouble
                       : IsComplex(t) ? kComplex128
                       : IsInteger(t) ? kInt64
                                      : DType::kInvalid;
  return std::find(listed.begin(), listed.end(), widest) == listed.end() ? DType::kInvalid : widest;
}

Complex128 ElementOf(const Tensor& t, int64_t i) {
  Complex128 v = 0;
  DispatchType(t.dtype(), RealAndBoolTypes{}, [&](auto zero) { v = double(t.data<decltype(zero)>()[i]); });
  DispatchType(t.dtype(), ComplexTypes{}, [&](auto zero) { v = t.data<decltype(zero)>()[i]; });
  return v;
}

bool IsFinite(Complex128 v) { return std::isfinite(v.real()) && std::isfinite(v.imag()); }
bool SameNumber(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The same numbers in a wider dtype.
Tensor Widened(const Tensor& t, DType widest) {
  Tensor wide = Tensor::Zeros(widest, t.shape());
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    if (widest == kComplex128) wide.mutable_data<Complex128>()[i] = ElementOf(t, i);
    else if (widest == kDouble) wide.mutable_data<double>()[i] = ElementOf(t, i).real();
    else wide.mutable_data<int64_t>()[i] = static_cast<int64_t>(ElementOf(t, i).real());
  }
  return wide;
}

// Rounding that an op may show, of its result's largest element.
double Rounding(DType t) { return t == kHalf ? 4e-3 : t == kBfloat16 ? 3e-2 : PartType(t) == kFloat ? 2e-5 : 1e-13; }

// Integers wrap as their width has it.
bool SameInteger(const Tensor& got, int64_t i, int64_t want) {
  bool same = false;
  DispatchType(got.dtype(), IntTypes{}, [&](auto zero) {
    using T = decltype(zero);
    same = got.data<T>()[i] == static_cast<T>(want);
  });
  return same;
}

}  // namespace

std::string DifferenceBeyondRounding(const Tensor& got, const Tensor& wide, DType swept) {
  if (got.shape() != wide.shape())
    return fmt::format("shapes {} and {}", got.shape().ToString(), wide.shape().ToString());
  const bool rounds = IsFloating(got.dtype()) || IsComplex(got.dtype());
  if (got.dtype() == wide.dtype() && !rounds) return got.Identical(wide) ? "" : "other values";
  double largest = 1;
  for (int64_t i = 0; i < wide.num_elements(); ++i) {
    if (IsFinite(ElementOf(wide, i))) largest = std::max(largest, std::abs(ElementOf(wide, i)));
  }
  const DType rounded = IsFloating(swept) || IsComplex(swept) ? swept : got.dtype();
  for (int64_t i = 0; i < got.num_elements(); ++i) {
    const Complex128 a = ElementOf(got, i), b = ElementOf(wide, i);
    const bool same = wide.dtype() == kInt64 ? SameInteger(got, i, wide.data<int64_t>()[i])
                                             : (SameNumber(a.real(), b.real()) && SameNumber(a.imag(), b.imag())) ||
                                                   std::abs(a - b) <= largest * Rounding(rounded);
    if (!same)
      return fmt::format("element {} is {}{:+}j, not {}{:+}j", i, a.real(), a.imag(), b.real(), b.imag());
  }
  return {};
}

namespace {

// Whether the op draws other numbers for each dtype: of a stream, or of a seed (but not where parameters say of which
// distribution, which is computed in double).
bool DrawsByDType(const std::string& op) {
  return AllOps().Find(op)->random() || op.starts_with("StatelessRandomUniform") ||
         op.starts_with("StatelessRandomNormal") || op.starts_with("StatelessTruncated");
}

RowResult RunWide(const OpRow& row, DType t, DType widest) {
  std::vector<Tensor> values = ValuesOf(row, t);
  for (size_t k = 0; k < values.size(); ++k) {
    if (!row.inputs[k].fixed.valid()) values[k] = Widened(values[k], widest);
  }
  return RunRow(RowGraph(row, widest, values, Feeding::kFed), false, 1);
}

// Whether values were compared, and held.
bool CheckDType(const OpRow& row, DType t, DType widest) {
  const RowGraph g(row, t, ValuesOf(row, t), Feeding::kFed);
  const RowResult plain = RunRow(g, false, 1);
  EXPECT_TRUE(plain.status.ok()) << plain.status.ToString();
  if (!plain.status.ok()) return false;
  std::string differs = Difference(plain, RunRow(g, true, 2));
  EXPECT_EQ(differs, "") << "optimised";
  const ForcedCuts cut(3, true);
  differs += Difference(plain, RunRow(g, true, 3));
  EXPECT_EQ(differs, "") << "three parts";
  if (widest == DType::kInvalid || widest == t || DrawsByDType(row.op)) return differs.empty();
  const RowResult wide = RunWide(row, t, widest);
  EXPECT_TRUE(wide.status.ok()) << wide.status.ToString();
  if (!wide.status.ok()) return false;
  for (size_t i = 0; i < plain.tensors.size(); ++i) {
    if (plain.tensors[i].dtype() == kString) continue;
    const std::string from = DifferenceBeyondRounding(plain.tensors[i], wide.tensors[i], t);
    EXPECT_EQ(from, "") << "result " << i << " against " << DTypeName(widest);
    differs += from;
  }
  return differs.empty();
}

}  // namespace

void SweepDTypes(const OpRow& row, OpCoverage* coverage) {
  if (row.dtype != DType::kInvalid) return;
  const std::vector<DType> listed = ListedDTypes(row.op, SweptAttr(row));
  int good = 0;
  for (DType t : listed) {
    SCOPED_TRACE(DTypeName(t));
    good += CheckDType(row, t, WidestOf(t, listed));
  }
  if (int(listed.size()) < coverage->dtypes_wanted) return;
  coverage->dtypes_wanted = int(listed.size()), coverage->dtypes = std::max(good, coverage->dtypes);
}

}  // namespace weir::testing
