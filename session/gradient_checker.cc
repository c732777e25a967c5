#include "weir/session/gradient_checker.h"

#include <fmt/format.h>

#include <cmath>

#include "weir/graph/gradients.h"

namespace weir {

namespace {

double Element(const Tensor& t, int64_t i) { return t.dtype() == kDouble ? t.data<double>()[i] : t.data<float>()[i]; }

void SetElement(Tensor& t, int64_t i, double v) {
  if (t.dtype() == kDouble) {
    t.mutable_data<double>()[i] = v;
  } else {
    t.mutable_data<float>()[i] = static_cast<float>(v);
  }
}

double Sum(const Tensor& t) {
  double sum = 0;
  for (int64_t i = 0; i < t.num_elements(); ++i) sum += Element(t, i);
  return sum;
}

bool IsReal(DType t) { return t == kFloat || t == kDouble; }

}  // namespace

Result<GradientCheck> CheckGradient(Builder& b, Output y, const std::vector<Output>& xs,
                                    const std::vector<Tensor>& values, const Feeds& others,
                                    const GradientCheckOptions& options) {
  if (xs.size() != values.size())
    return InvalidArgument(fmt::format("{} values were given for {} xs", values.size(), xs.size()));
  for (const Tensor& v : values) {
    if (!IsReal(v.dtype()))
      return InvalidArgument(fmt::format("gradients are checked in float or double, not {}", DTypeName(v.dtype())));
  }
  if (!IsReal(y.dtype()))
    return InvalidArgument(fmt::format("y is {}; gradients are checked in float or double", DTypeName(y.dtype())));
  std::vector<Output> grads = Gradients({y}, xs, {.unconnected = GradientOptions::kZero});
  WEIR_RETURN_IF_ERROR(b.status());
  Session session(b, {.threads = 1});
  auto feeds = [&](const std::vector<Tensor>& at) {
    Feeds f = others;
    for (size_t i = 0; i < xs.size(); ++i) f.push_back({xs[i], at[i]});
    return f;
  };
  WEIR_ASSIGN_OR_RETURN(auto symbolic, session.Run(grads, feeds(values)));
  GradientCheck worst;
  double largest = 1;
  for (size_t x = 0; x < xs.size(); ++x) {
    double delta = options.delta > 0 ? options.delta : values[x].dtype() == kDouble ? 1e-6 : 1e-3;
    int64_t n = values[x].num_elements(), stride = std::max<int64_t>(1, n / std::max<int64_t>(options.max_elements, 1));
    for (int64_t i = 0; i < n; i += stride) {
      std::vector<Tensor> moved = values;
      double y_at[2], x_at[2];
      for (int side : {0, 1}) {
        WEIR_ASSIGN_OR_RETURN(moved[x], values[x].Clone());
        SetElement(moved[x], i, Element(values[x], i) + (side ? delta : -delta));
        x_at[side] = Element(moved[x], i);
        WEIR_ASSIGN_OR_RETURN(Tensor out, session.Run(y, feeds(moved)));
        y_at[side] = Sum(out);
      }
      double numeric = (y_at[1] - y_at[0]) / (x_at[1] - x_at[0]), have = Element(symbolic[x], i);
      largest = std::max({largest, std::abs(numeric), std::abs(have)});
      double error = std::abs(numeric - have);
      if (!(error <= worst.max_error)) worst = {error, static_cast<int>(x), i, have, numeric};
    }
  }
  worst.max_error /= largest;
  return worst;
}

}  // namespace weir
