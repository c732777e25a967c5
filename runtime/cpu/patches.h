// Convolution as matrix products over patches: what the forward and the two backward kernels share.
//
// A patch is the part of the input under one window, laid out as the filter is: [kz, ky, kx, channel], kz of volumes.
// In NHWC a block of patches is a matrix [patches, K] and output = patches · filter; in NCHW it is [K, patches] and
// output = filterᵀ · patches. A single channel makes no difference between the layouts of the input: its patches are
// [K, patches] in both, whose rows are long runs. Either way blocks are bounded (kTileBytes), so that the workspace
// does not grow with the problem.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "weir/runtime/cpu/gemm.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir::kernels {

inline constexpr int64_t kTileBytes = 512 << 10;
// The most items that a convolution is cut into.
inline constexpr int64_t kMaxConvItems = 32;

struct ConvProblem {
  bool nchw = false;
  int64_t n = 0, in_channels = 0, out_channels = 0, groups = 1;
  WindowAxis y, x, z = kOnePlane;

  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  int64_t depth() const { return z.window * y.window * x.window * group_in(); }  // K: elements of a patch
  int64_t pixels() const { return z.output * y.output * x.output; }
  int64_t in_rows() const { return z.input * y.input; }  // of one image, from plane to plane
  int64_t filter_size() const { return depth() * out_channels; }
  // Blocks of patches are [K, patches], of one image; else [patches, K], of the whole batch.
  bool by_taps() const { return nchw || (in_channels == 1 && !pointwise() && pixels() >= kGemmColumns); }
  // What blocks are cut from.
  int64_t planes() const { return by_taps() ? n : 1; }
  int64_t plane_pixels() const { return by_taps() ? pixels() : n * pixels(); }
  bool empty() const { return n == 0 || pixels() == 0 || in_channels == 0; }
  // Patches are the input itself: windows of one element, side by side.
  bool pointwise() const;
  double ns() const { return 2.0 * n * pixels() * depth() * group_out() * groups / 80; }  // roughly, on one thread
};

// The problem of Conv2D or Conv3D(input, filter), from concrete shapes. Errors as the shape function's; also when
// output_shape differs.
Result<ConvProblem> MakeConvProblem(PrepareContext& c, Spatial spatial, const Dims& input, const Dims& filter,
                                    const Shape& output);

// One patch of NHWC, [K], of the image at `image`, for output `pixel` of it.
template <class T, class A>
void GatherPatch(const ConvProblem& p, const T* image, int64_t pixel, int64_t group, A* out);

// Patches [begin, end) of plane `plane` for `group`, as Wide<T>, into `tile`: [end − begin, K], or [K, end − begin] by
// taps.
template <class T>
void GatherPatches(const ConvProblem& p, const T* input, int64_t plane, Span patches, int64_t group, Wide<T>* tile);

// Adds the patches [begin, end) of image `image` (pixels of that image) to the input rows `rows`; `out` holds those
// rows of that image in the layout, its channels `channel_stride` apart in NCHW.
template <class A>
void ScatterPatches(const ConvProblem& p, const A* tile, Span patches, int64_t group, Span rows, A* out,
                    int64_t channel_stride);

// c [m,n] (+)= op(a) · op(b), through Gemm where there is one.
template <class A>
void PatchProduct(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const A* a, int64_t lda, const A* b, int64_t ldb,
                  bool add, A* c, int64_t ldc) {
  if constexpr (std::is_floating_point_v<A>) {
    Gemm(ta, tb, m, n, k, a, lda, b, ldb, add, c, ldc);
  } else {
    for (int64_t i = 0; i < m; ++i) {
      A* row = c + i * ldc;
      if (!add) std::fill_n(row, n, A(0));
      for (int64_t l = 0; l < k; ++l) {
        A v = ta ? a[l * lda + i] : a[i * lda + l];
        for (int64_t j = 0; j < n; ++j) row[j] += v * (tb ? b[j * ldb + l] : b[l * ldb + j]);
      }
    }
  }
}


// Share i of n things in `shares` shares.
inline Span Share(int64_t n, int64_t shares, int64_t i) {
  const int64_t per = n / shares, rest = n % shares, begin = i * per + std::min(i, rest);
  return {begin, begin + per + (i < rest)};
}

// A phase that adds the partial sums of the workspace, [sums][size], in order into output 0.
template <class T>
void SumPartialsAfter(PrepareContext& c, int64_t size, int64_t sums) {
  c.After(size, 0.2 * double(sums), [=](RunArgs& a) {
    const Wide<T>* partials = a.workspace<Wide<T>>();
    for (int64_t k = a.begin; k < a.end; ++k) {
      Wide<T> sum = partials[k];
      for (int64_t i = 1; i < sums; ++i) sum = Plus(sum, partials[i * size + k]);
      a.out<T>(0)[k] = T(sum);
    }
  });
}

// Conversion between a tensor's elements and what they are computed in. Strided rows: `rows` runs of `n`.
template <class T, class A>
void ConvertRows(const T* in, int64_t in_stride, A* out, int64_t out_stride, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < n; ++i) out[r * out_stride + i] = A(in[r * in_stride + i]);
  }
}

// Cuts workspace into parts aligned to 64 bytes: Add gives a part's offset. Sizes are of tensors that exist or bounded,
// but their sum is checked.
class WorkspaceLayout {
 public:
  int64_t Add(int64_t count, int64_t element_bytes);
  // As the workspace that is shared, or as each part's own.
  Status Set(PrepareContext& c) const;
  Status SetOwn(PrepareContext& c) const;

 private:
  Status Check() const;

  int64_t bytes_ = 0;
  bool overflow_ = false;
};

// A filter as it is computed with, in Wide<T>: the input itself, its kept form, or a copy in the workspace that a phase
// makes.
template <class T>
class WideFilter {
 public:
  WideFilter(PrepareContext& c, int input, int64_t size, WorkspaceLayout* layout) : input_(input) {
    if constexpr (!std::is_same_v<T, Wide<T>>) {
      const std::string kind = "wide " + DTypeShortName(DTypeOf<T>) + " " + std::to_string(size);
      auto widen = [size](const void* in, void* out) {
        std::copy_n(static_cast<const T*>(in), size, static_cast<Wide<T>*>(out));
      };
      if (c.Keep(input, {kind, size * static_cast<int64_t>(sizeof(Wide<T>)), widen})) return;
      at_ = layout->Add(size, sizeof(Wide<T>));
      c.Before(size, 0.5, [at = at_, input](RunArgs& a) {
        std::copy(a.in<T>(input) + a.begin, a.in<T>(input) + a.end,
                  reinterpret_cast<Wide<T>*>(a.workspace<char>() + at) + a.begin);
      });
    }
  }
  const Wide<T>* Of(const RunArgs& a) const {
    return at_ < 0 ? a.in<Wide<T>>(input_) : reinterpret_cast<const Wide<T>*>(a.workspace<char>() + at_);
  }

 private:
  int input_;
  int64_t at_ = -1;
};

}  // namespace weir::kernels
