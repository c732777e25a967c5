// LRN and LRNGrad, a pixel's channels at a time; 16-bit floats in float.
//
// Why not running sums: a window is short, and a sum that elements enter and leave would carry an infinity, or the
// rounding of a large element, on to channels whose windows have none.
#include <algorithm>
#include <cmath>

#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

using LrnTypes = Types<float, Half, BFloat16>;

struct LrnProblem {
  int64_t pixels = 0, depth = 0, radius = 0;
  float bias = 1, alpha = 1, beta = 0.5f;

  double pixel_ns() const { return double(depth) * (10 + 0.3 * (2 * radius + 1)); }
};

LrnProblem MakeProblem(PrepareContext& c) {
  const Shape& x = c.output_shape(0);
  LrnProblem p{.bias = c.attr<float>("bias"), .alpha = c.attr<float>("alpha"), .beta = c.attr<float>("beta")};
  p.depth = x[3];
  p.pixels = x.num_elements() == 0 ? 0 : x.num_elements() / p.depth;
  p.radius = std::clamp<int64_t>(c.attr<int64_t>("depth_radius"), 0, p.depth);
  return p;
}

// sums[d] = Σ of values within the radius of d.
void WindowSums(const LrnProblem& p, const float* values, float* sums) {
  std::fill_n(sums, p.depth, 0.0f);
  for (int64_t j = -p.radius; j <= p.radius; ++j) {
    const int64_t begin = std::max<int64_t>(-j, 0), end = std::min(p.depth - j, p.depth);
    for (int64_t d = begin; d < end; ++d) sums[d] += values[d + j];
  }
}

// (bias + alpha · sum)^−beta
float Power(const LrnProblem& p, float norm) {
  if (p.beta == 1.0f) return 1.0f / norm;
  if (p.beta == 0.5f) return 1.0f / std::sqrt(norm);
  return std::pow(norm, -p.beta);
}

// norms[d] = bias + alpha · Σ x²
template <class T>
void Norms(const LrnProblem& p, const T* x, float* squares, float* norms) {
  for (int64_t d = 0; d < p.depth; ++d) squares[d] = float(x[d]) * float(x[d]);
  WindowSums(p, squares, norms);
  for (int64_t d = 0; d < p.depth; ++d) norms[d] = p.bias + p.alpha * norms[d];
}

// Each part has `buffers` of a pixel's depth.
int64_t SetPixels(PrepareContext& c, const LrnProblem& p, int buffers) {
  c.ParallelOver(p.pixels, p.pixel_ns());
  const int64_t size = CeilDiv(p.depth, 16) * 16;
  c.set_own_workspace(buffers * size * int64_t(sizeof(float)));
  return size;
}

Status PrepareLrn(PrepareContext& c) {
  const LrnProblem p = MakeProblem(c);
  const int64_t size = SetPixels(c, p, 2);
  return c.ForType(LrnTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      float *squares = a.own<float>(), *norms = squares + size;
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const T* x = a.in<T>(0) + i * p.depth;
        T* y = a.out<T>(0) + i * p.depth;
        Norms(p, x, squares, norms);
        for (int64_t d = 0; d < p.depth; ++d) y[d] = T(float(x[d]) * Power(p, norms[d]));
      }
    });
  });
}

// dx = g · norm^−β − 2αβ · x · W(g · y / norm), W the sum within the radius.
Status PrepareLrnGrad(PrepareContext& c) {
  const LrnProblem p = MakeProblem(c);
  const int64_t size = SetPixels(c, p, 3);
  return c.ForType(LrnTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      float *terms = a.own<float>(), *norms = terms + size, *sums = norms + size;
      const float k = 2 * p.alpha * p.beta;
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = i * p.depth;
        const T *g = a.in<T>(0) + at, *x = a.in<T>(1) + at, *y = a.in<T>(2) + at;
        T* dx = a.out<T>(0) + at;
        Norms(p, x, terms, norms);
        for (int64_t d = 0; d < p.depth; ++d) terms[d] = float(g[d]) * float(y[d]) / norms[d];
        WindowSums(p, terms, sums);
        for (int64_t d = 0; d < p.depth; ++d) dx[d] = T(float(g[d]) * Power(p, norms[d]) - k * float(x[d]) * sums[d]);
      }
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterLrnKernels(KernelRegistry& r) {
  r.Add("LRN", kernels::PrepareLrn);
  r.Add("LRNGrad", kernels::PrepareLrnGrad);
}

}  // namespace weir
