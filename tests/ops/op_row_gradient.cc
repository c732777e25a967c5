// Gradients of rows against central differences, in double where the op has it; in complex128, where it has that, by
// the real and the imaginary parts.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weir/graph/gradients.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"
#include "weir/weir.h"

namespace weir::testing {
namespace {

// sum(x * weights) over all elements, weights irregular.
Output WeightedSum(Builder& b, const Output& x, const Shape& shape, int number) {
  if (IsComplex(x.dtype()))
    return WeightedSum(b, ops::Real(x), shape, number) + WeightedSum(b, ops::Imag(x), shape, number + 3);
  Tensor w = Tensor::Allocate(x.dtype(), shape).value();
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    double v = std::sin(1.7 * double(i) + number) + 0.3;
    if (x.dtype() == kDouble) w.mutable_data<double>()[i] = v;
    else w.mutable_data<float>()[i] = float(v);
  }
  Output flat = Make("Reshape", {Make("Mul", {x, b.Constant(w, {.name = "weights"})}), std::vector<int32_t>{-1}});
  return Make("Sum", {flat, std::vector<int32_t>{0}});
}

double ElementOf(const Tensor& t, int64_t i) {
  return t.dtype() == kDouble ? t.data<double>()[i] : double(t.data<float>()[i]);
}

// The row at a point, as a function of one element of one input: fed, or the value of a variable.
struct Differences {
  const OpRow& row;
  const RowGraph& g;
  const std::vector<Tensor>& values;
  Session& session;
  double step;

  Result<Tensor> Run(const Output& y, size_t which = ~size_t{0}, int64_t element = 0, double delta = 0) const {
    Feeds feeds;
    for (size_t k = 0; k < values.size(); ++k) {
      Tensor v = values[k];
      if (k == which) {
        v = v.Clone().value();
        if (v.dtype() == kDouble) v.mutable_data<double>()[element] += delta;
        else v.mutable_data<float>()[element] += float(delta);
      }
      if (row.inputs[k].kind == In::kValue) feeds.emplace_back(g.inputs[k], v);
      else WEIR_RETURN_IF_ERROR(session.SetVariable(g.b.graph()[g.inputs[k].endpoint().node].name(), v));
    }
    return session.Run(y, feeds);
  }
  double Value(const Output& y, size_t which, int64_t element, double delta) const {
    return ElementOf(Run(y, which, element, delta).value(), 0);
  }
  double operator()(const Output& y, size_t which, int64_t element) const {
    return (Value(y, which, element, step) - Value(y, which, element, -step)) / (2 * step);
  }
};

bool Differentiable(const Tensor& t) { return t.dtype() == kDouble || t.dtype() == kFloat; }

// The inputs to differentiate by.
std::vector<size_t> InputsOf(const OpRow& row, const std::vector<Tensor>& values) {
  std::vector<size_t> which;
  for (size_t k = 0; k < values.size(); ++k) {
    if (Differentiable(values[k]) && !row.no_gradient.count(int(k)) && values[k].num_elements() > 0) which.push_back(k);
  }
  return which;
}

// Compares the gradients of y with differences. False when y does not depend on any.
bool CompareGradients(const OpRow& row, RowGraph& g, const std::vector<Tensor>& values, const Output& y,
                      const std::vector<size_t>& which, std::vector<Output>* grads, const char* order) {
  std::vector<Output> xs;
  for (size_t k : which) xs.push_back(g.inputs[k]);
  Result<std::vector<Grad>> made = GradientsOf(g.b, {y}, xs);
  EXPECT_TRUE(made.ok()) << order << ": " << made.status().ToString();
  if (!made.ok()) return false;
  for (const Grad& grad : *made) grads->push_back(grad.valid() ? grad.ToDense() : Output());
  EXPECT_TRUE(g.b.status().ok()) << g.b.status().ToString();
  if (!g.b.status().ok()) return false;
  bool is_double = values[which[0]].dtype() == kDouble, any = false;
  Session session(g.b, {.threads = 1, .precision = Precision::kExact, .print = [](const std::string&) {}});
  Differences differences{row, g, values, session, is_double ? 1e-5 : 4e-3};
  for (size_t i = 0; i < which.size(); ++i) {
    const Tensor& x = values[which[i]];
    Tensor analytic;
    if ((*grads)[i].valid()) {
      Result<Tensor> run = differences.Run((*grads)[i]);
      EXPECT_TRUE(run.ok()) << order << ": " << run.status().ToString();
      if (!run.ok()) return false;
      analytic = *run, any = true;
      EXPECT_EQ(analytic.shape(), x.shape()) << order << " gradient by input " << which[i];
      if (analytic.shape() != x.shape()) return false;
    }
    for (int64_t e = 0; e < x.num_elements(); e += std::max<int64_t>(1, x.num_elements() / 12)) {
      double want = differences(y, which[i], e), got = analytic.valid() ? ElementOf(analytic, e) : 0;
      double tolerance = (is_double ? 2e-6 : 2e-2) * row.tolerance * (1 + std::abs(want));
      EXPECT_NEAR(got, want, tolerance) << order << " gradient by input " << which[i] << ", element " << e;
    }
  }
  return any;
}

// The sum of the terms, as the first one's dtype.
Output Total(std::vector<Output> terms) {
  for (Output& t : terms) {
    if (t.dtype() != terms[0].dtype()) t = Make("Cast", {t}, {{"DstT", terms[0].dtype()}});
  }
  return terms.size() == 1 ? terms[0] : Make("AddN", terms);
}

}  // namespace

namespace {

// The row in complex numbers: each input of the row's dtype is fed as doubles […,2], the real and the imaginary parts.
OpRow InPairs(const OpRow& row) {
  OpRow pairs = row;
  for (In& in : pairs.inputs) {
    if (in.fixed.valid()) continue;
    Dims dims = in.shape.dims();
    dims.push_back(2);
    in.shape = Shape::Make(dims).value();
    std::vector<double> elements;
    for (double v : in.elements) elements.insert(elements.end(), {v, 0.4 * std::sin(v + 1)});
    in.elements = elements;
    in.through = [through = in.through](const Output& x) {
      const OutputList parts = ops::Unstack(x, 2, -1);
      Output z = ops::Complex(parts[0], parts[1]);
      return through ? through(z) : z;
    };
  }
  return pairs;
}

bool HasComplexForm(const OpRow& row) {
  if (!row.complex_gradient || (row.dtype != DType::kInvalid && row.dtype != kComplex128)) return false;
  for (const In& in : row.inputs) {
    if (in.kind != In::kValue) return false;
  }
  if (row.dtype == kComplex128) return true;
  const std::vector<DType> listed = ListedDTypes(row.op, SweptAttr(row));
  return std::find(listed.begin(), listed.end(), kComplex128) != listed.end();
}

// `fed` is the dtype of the inputs, `dtype` what the op gets.
void CheckGradientsOf(const OpRow& row, DType fed, DType dtype, OpCoverage* coverage) {
  std::vector<Tensor> values = ValuesOf(row, fed);
  RowGraph g(row, dtype, values, Feeding::kFed);
  RowResult result = RunRow(g, true, 1);
  std::vector<Output> terms, first, second, again;
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    if (!row.differentiated.empty() && !row.differentiated.count(int(i))) continue;
    const Tensor& t = result.tensors[i];
    if ((!Differentiable(t) && !IsComplex(t.dtype())) || t.num_elements() == 0) continue;
    terms.push_back(WeightedSum(g.b, g.outputs[i], result.tensors[i].shape(), int(i)));
  }
  std::vector<size_t> which = InputsOf(row, values);
  if (terms.empty() || which.empty()) return;
  if (row.refuses_gradient) {
    EXPECT_FALSE(GradientsOf(g.b, {Total(terms)}, {g.inputs[which[0]]}).ok());
    return;
  }
  if (!CompareGradients(row, g, values, Total(terms), which, &first, "first")) return;
  coverage->gradient = true;
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i].valid()) again.push_back(WeightedSum(g.b, first[i], values[which[i]].shape(), int(i) + 7));
  }
  CompareGradients(row, g, values, Total(again), which, &second, "second");
  coverage->second_order = true;
}

}  // namespace

void CheckGradients(const OpRow& row, OpCoverage* coverage) {
  if (!AllOps().Find(row.op)->has_gradient()) return;
  const DType dtype = PreferredDType(row);
  if (dtype == kDouble || dtype == kFloat) CheckGradientsOf(row, dtype, dtype, coverage);
  if (!HasComplexForm(row)) return;
  SCOPED_TRACE("complex");
  CheckGradientsOf(InPairs(row), kDouble, kComplex128, coverage);
}

}  // namespace weir::testing
