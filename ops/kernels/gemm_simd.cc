// A cache-blocked matrix product on Highway, compiled once per instruction set.
//
// The classic scheme: blocks of b [kDepth, kWidth] and of a [kHeight, kDepth] are packed into panels so that the tile in
// registers (kTileRows rows, two vectors wide) streams through memory; packed buffers belong to the thread. With few rows
// b is read where it lies. Products with a vector have loops of their own, bound by memory.
//
// Invariant: an element is folded over k in the same order whatever tile it falls into, so that cutting a product into
// slices changes no bit.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/ops/kernels/gemm_simd.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "weir/ops/kernels/gemm_simd.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using kernels::Product;

template <class T>
constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
// 24 accumulators where there are 32 registers, 12 where there are 16.
constexpr int kTileRows = HWY_MAX_BYTES == 64 || HWY_ARCH_ARM_A64 ? 12 : 6;
// Sums of up to kDepth terms are not broken: near the float limit a part may overflow where the whole does not, and TensorFlow
// breaks none of 3 x 3 x 32 terms.
constexpr int64_t kDepth = 384, kHeight = 120, kWidth = 512;

// A buffer of the thread, grown on demand.
template <class T, int kWhich>
T* Scratch(int64_t n) {
  static thread_local std::vector<T> buffer;
  if (int64_t(buffer.size()) < n) buffer.resize(n);
  return buffer.data();
}

// How a tile meets c: c = scale · c + tile, or c = tile.
template <class T>
struct Meet {
  bool overwrite;
  T scale;
};

// a: packed [depth, kRows]; b: rows of kVecs vectors, `stride` apart; c: kRows rows.
template <int kRows, int kVecs, class T>
HWY_NOINLINE void Tile(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t stride, int64_t depth, T* HWY_RESTRICT c, int64_t ldc,
                       Meet<T> meet) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  V acc[kRows][kVecs];
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) acc[r][v] = hn::Zero(d);
  }
  for (int64_t p = 0; p < depth; ++p, a += kRows, b += stride) {
    V row[kVecs];
    for (int v = 0; v < kVecs; ++v) row[v] = hn::LoadU(d, b + v * kLanes<T>);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const V x = hn::Set(d, a[r]);
      for (int v = 0; v < kVecs; ++v) acc[r][v] = hn::MulAdd(x, row[v], acc[r][v]);
    }
  }
  const V scale = hn::Set(d, meet.scale);
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) {
      T* out = c + r * ldc + v * kLanes<T>;
      hn::StoreU(meet.overwrite ? acc[r][v] : hn::MulAdd(scale, hn::LoadU(d, out), acc[r][v]), d, out);
    }
  }
}

template <class T>
using TileFn = void (*)(const T*, const T*, int64_t, int64_t, T*, int64_t, Meet<T>);

// The rows of the smallest tile that holds `rows`.
constexpr int TileHeight(int64_t rows) {
  for (int r : {1, 2, 4, 8}) {
    if (r < kTileRows && rows <= r) return r;
  }
  return kTileRows;
}

template <int kVecs, class T>
TileFn<T> TileOf(int height) {
  switch (height) {
    case 1: return &Tile<1, kVecs, T>;
    case 2: return &Tile<2, kVecs, T>;
    case 4: return &Tile<4, kVecs, T>;
    case 8: return &Tile<std::min(8, kTileRows), kVecs, T>;
    default: return &Tile<kTileRows, kVecs, T>;
  }
}

// A tile that c has no room for goes through a buffer.
template <class T>
void EdgeTile(TileFn<T> tile, const T* a, const T* b, int64_t stride, int64_t depth, T* c, int64_t ldc, Meet<T> meet, int64_t rows,
              int64_t columns) {
  constexpr int64_t kStride = 2 * kLanes<T>;
  HWY_ALIGN T buffer[kTileRows * kStride];
  tile(a, b, stride, depth, buffer, kStride, Meet<T>{true, T(0)});
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) {
      T sum = buffer[r * kStride + j];
      // MulAdd as in the tile, so that an element has the same bits on an edge.
      const hn::CappedTag<T, 1> d1;
      T& out = c[r * ldc + j];
      out = meet.overwrite ? sum : hn::GetLane(hn::MulAdd(hn::Set(d1, meet.scale), hn::Set(d1, out), hn::Set(d1, sum)));
    }
  }
}

#if HWY_TARGET == HWY_SCALAR
template <class T>
constexpr int64_t kSide = 1;
template <class T>
void TransposeSquare(const T* in, int64_t, T scale, T* out, int64_t) { *out = scale * *in; }
#else
template <class T>
constexpr int64_t kSide = 16 / sizeof(T);  // a 128-bit vector

// out[i * stride + r] = scale · in[r * ld + i] for r, i < kSide.
template <class T>
HWY_INLINE void TransposeSquare(const T* in, int64_t ld, T scale, T* out, int64_t stride) {
  const hn::FixedTag<T, kSide<T>> d;
  const auto factor = hn::Set(d, scale);
  auto load = [&](int64_t r) HWY_ATTR { return hn::Mul(factor, hn::LoadU(d, in + r * ld)); };
  auto store = [&](int64_t i, auto v) HWY_ATTR { hn::StoreU(hn::BitCast(d, v), d, out + i * stride); };
  const auto v0 = load(0), v1 = load(1), low = hn::InterleaveLower(d, v0, v1), high = hn::InterleaveUpper(d, v0, v1);
  if constexpr (kSide<T> == 2) {
    store(0, low), store(1, high);
  } else {
    const hn::RepartitionToWide<decltype(d)> pairs;
    const auto v2 = load(2), v3 = load(3);
    const auto low01 = hn::BitCast(pairs, low), low23 = hn::BitCast(pairs, hn::InterleaveLower(d, v2, v3));
    const auto high01 = hn::BitCast(pairs, high), high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, v2, v3));
    store(0, hn::InterleaveLower(pairs, low01, low23)), store(1, hn::InterleaveUpper(pairs, low01, low23));
    store(2, hn::InterleaveLower(pairs, high01, high23)), store(3, hn::InterleaveUpper(pairs, high01, high23));
  }
}
#endif

// out[i * stride + r] = scale · rows[r * ld + i] for r < count, i < depth.
template <class T>
void PackTransposed(const T* rows, int64_t ld, int64_t count, int64_t depth, T scale, T* out, int64_t stride) {
  auto plain = [&](int64_t r, int64_t from) {
    for (int64_t i = from; i < depth; ++i) out[i * stride + r] = scale * rows[r * ld + i];
  };
  const int64_t squares = depth - depth % kSide<T>;
  int64_t r = 0;
  for (; r + kSide<T> <= count; r += kSide<T>) {
    for (int64_t i = 0; i < squares; i += kSide<T>) TransposeSquare(rows + r * ld + i, ld, scale, out + i * stride + r, stride);
    for (int64_t q = 0; q < kSide<T>; ++q) plain(r + q, squares);
  }
  for (; r < count; ++r) plain(r, 0);
}

// Rows [first, first + rows) and depth [from, from + depth) of alpha · op(a), as [depth, height], zeros below.
template <class T>
void PackA(const Product<T>& p, int64_t first, int64_t rows, int height, int64_t from, int64_t depth, T* out) {
  for (int64_t r = rows; r < height; ++r) {
    for (int64_t i = 0; i < depth; ++i) out[i * height + r] = T(0);
  }
  if (!p.ta) return PackTransposed(p.a + first * p.lda + from, p.lda, rows, depth, p.alpha, out, int64_t{height});
  for (int64_t i = 0; i < depth; ++i) {
    const T* a = p.a + (from + i) * p.lda + first;
    for (int64_t r = 0; r < rows; ++r) out[i * height + r] = p.alpha * a[r];
  }
}

// Columns [first, first + columns) of op(b), as [depth, width]. What is to the right of them is never used, so that whole
// vectors are copied where they end inside b.
template <class T>
void PackB(const Product<T>& p, int64_t first, int64_t columns, int64_t width, int64_t from, int64_t depth, T* out) {
  if (!p.tb) {
    const hn::ScalableTag<T> d;
    const int64_t end = (p.k - 1) * p.ldb + p.n;
    for (int64_t i = 0; i < depth; ++i, out += width) {
      const int64_t at = (from + i) * p.ldb + first;
      if (at + width <= end) {
        for (int64_t j = 0; j < width; j += kLanes<T>) hn::StoreU(hn::LoadU(d, p.b + at + j), d, out + j);
      } else {
        std::memcpy(out, p.b + at, columns * sizeof(T));
        std::fill(out + columns, out + width, T(0));
      }
    }
    return;
  }
  PackTransposed(p.b + first * p.ldb + from, p.ldb, columns, depth, T(1), out, width);
  if (columns == width) return;
  for (int64_t i = 0; i < depth; ++i) std::fill(out + i * width + columns, out + (i + 1) * width, T(0));
}

// One block: rows [i0, i0 + height), columns [j0, j0 + width), depth [from, from + depth). b's panels that need packing are packed.
template <class T>
void Block(const Product<T>& p, int64_t i0, int64_t height, int64_t j0, int64_t width, int64_t from, int64_t depth, bool direct,
           const T* packed_b) {
  constexpr int64_t kFull = 2 * kLanes<T>;
  T* packed_a = Scratch<T, 0>(kHeight * kDepth);
  for (int64_t i = 0; i < height; i += kTileRows) {
    int64_t rows = std::min<int64_t>(kTileRows, height - i);
    PackA(p, i0 + i, rows, TileHeight(rows), from, depth, packed_a + i * depth);
  }
  const Meet<T> meet = from > 0 ? Meet<T>{false, T(1)} : Meet<T>{p.beta == T(0), p.beta};
  for (int64_t j = 0; j < width; j += kFull) {
    const int64_t columns = std::min(kFull, width - j);
    const bool narrow = columns <= kLanes<T>;
    const int64_t room = narrow ? kLanes<T> : kFull;
    const bool in_place = direct && columns == room;
    const T* b = in_place ? p.b + from * p.ldb + j0 + j : packed_b + j * depth;
    const int64_t stride = in_place ? p.ldb : room;
    for (int64_t i = 0; i < height; i += kTileRows) {
      const int64_t rows = std::min<int64_t>(kTileRows, height - i);
      const int tall = TileHeight(rows);
      const TileFn<T> tile = narrow ? TileOf<1, T>(tall) : TileOf<2, T>(tall);
      T* c = p.c + (i0 + i) * p.ldc + j0 + j;
      if (rows == tall && columns == room) tile(packed_a + i * depth, b, stride, depth, c, p.ldc, meet);
      else EdgeTile(tile, packed_a + i * depth, b, stride, depth, c, p.ldc, meet, rows, columns);
    }
  }
}

template <class T>
void Blocked(const Product<T>& p) {
  constexpr int64_t kFull = 2 * kLanes<T>;
  const bool direct = !p.tb && p.m <= 3 * kTileRows;
  T* packed_b = Scratch<T, 1>(kDepth * kWidth);
  for (int64_t j0 = 0; j0 < p.n; j0 += kWidth) {
    const int64_t width = std::min(kWidth, p.n - j0);
    for (int64_t from = 0; from < p.k; from += kDepth) {
      const int64_t depth = std::min(kDepth, p.k - from);
      for (int64_t j = 0; j < width; j += kFull) {
        const int64_t columns = std::min(kFull, width - j), room = columns <= kLanes<T> ? kLanes<T> : kFull;
        if (!direct || columns != room) PackB(p, j0 + j, columns, room, from, depth, packed_b + j * depth);
      }
      for (int64_t i0 = 0; i0 < p.m; i0 += kHeight) {
        Block(p, i0, std::min(kHeight, p.m - i0), j0, width, from, depth, direct, packed_b);
      }
    }
  }
}

// Σ x·y of n contiguous elements.
template <class T>
T Dot(const T* x, const T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kStep = kLanes<T>;
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * kStep <= n; i += 4 * kStep) {
    s0 = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, x + i + kStep), hn::LoadU(d, y + i + kStep), s1);
    s2 = hn::MulAdd(hn::LoadU(d, x + i + 2 * kStep), hn::LoadU(d, y + i + 2 * kStep), s2);
    s3 = hn::MulAdd(hn::LoadU(d, x + i + 3 * kStep), hn::LoadU(d, y + i + 3 * kStep), s3);
  }
  for (; i + kStep <= n; i += kStep) s0 = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), s0);
  T sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// y[j] += Σ_r x[r] · rows[r][j], four rows at a time.
template <class T>
void AddRows(const T* x, const T* rows, int64_t ld, int64_t count, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kStep = kLanes<T>;
  for (int64_t r = 0; r < count; r += 4) {
    const int64_t here = std::min<int64_t>(4, count - r);
    T w[4] = {};
    const T* row[4];
    for (int64_t q = 0; q < 4; ++q) {
      if (q < here) w[q] = x[r + q];
      row[q] = rows + (r + std::min(q, here - 1)) * ld;
    }
    int64_t j = 0;
    if (here == 4) {
      const auto w0 = hn::Set(d, w[0]), w1 = hn::Set(d, w[1]), w2 = hn::Set(d, w[2]), w3 = hn::Set(d, w[3]);
      for (; j + kStep <= n; j += kStep) {
        auto s = hn::MulAdd(w0, hn::LoadU(d, row[0] + j), hn::LoadU(d, y + j));
        s = hn::MulAdd(w1, hn::LoadU(d, row[1] + j), s);
        s = hn::MulAdd(w2, hn::LoadU(d, row[2] + j), s);
        hn::StoreU(hn::MulAdd(w3, hn::LoadU(d, row[3] + j), s), d, y + j);
      }
    }
    for (; j < n; ++j) {
      for (int64_t q = 0; q < here; ++q) y[j] += w[q] * row[q][j];
    }
  }
}

// y (elements `step` apart) = alpha · M x + beta · y of a matrix M [rows, columns], or of its transpose.
template <class T>
void TimesVector(bool transposed, const T* matrix, int64_t ld, int64_t rows, int64_t columns, const T* x, int64_t x_step, T alpha, T beta,
                 T* y, int64_t step) {
  const int64_t inputs = transposed ? rows : columns, outputs = transposed ? columns : rows;
  if (x_step != 1) {
    T* dense = Scratch<T, 0>(inputs);
    for (int64_t i = 0; i < inputs; ++i) dense[i] = x[i * x_step];
    x = dense;
  }
  auto finish = [&](int64_t i, T sum) { y[i * step] = beta == T(0) ? alpha * sum : alpha * sum + beta * y[i * step]; };
  if (!transposed) {
    for (int64_t i = 0; i < outputs; ++i) finish(i, Dot(matrix + i * ld, x, inputs));
    return;
  }
  constexpr int64_t kStrip = 2048;  // outputs that stay in the first cache
  T* sums = Scratch<T, 1>(kStrip);
  for (int64_t j = 0; j < outputs; j += kStrip) {
    const int64_t n = std::min(kStrip, outputs - j);
    std::fill(sums, sums + n, T(0));
    AddRows(x, matrix + j, ld, inputs, sums, n);
    for (int64_t i = 0; i < n; ++i) finish(j + i, sums[i]);
  }
}

template <class T>
void Multiply(const Product<T>& p) {
  if (p.n == 1) {
    TimesVector(p.ta, p.a, p.lda, p.ta ? p.k : p.m, p.ta ? p.m : p.k, p.b, p.tb ? 1 : p.ldb, p.alpha, p.beta, p.c, p.ldc);
  } else if (p.m == 1) {
    TimesVector(!p.tb, p.b, p.ldb, p.tb ? p.n : p.k, p.tb ? p.k : p.n, p.a, p.ta ? p.lda : 1, p.alpha, p.beta, p.c, int64_t{1});
  } else {
    Blocked(p);
  }
}

void MultiplyF32(const Product<float>& p) { Multiply(p); }
void MultiplyF64(const Product<double>& p) { Multiply(p); }

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {
HWY_EXPORT(MultiplyF32);
HWY_EXPORT(MultiplyF64);

namespace kernels {
void SimdGemm(const Product<float>& p) { HWY_DYNAMIC_DISPATCH(MultiplyF32)(p); }
void SimdGemm(const Product<double>& p) { HWY_DYNAMIC_DISPATCH(MultiplyF64)(p); }
}  // namespace kernels
}  // namespace weir
#endif  // HWY_ONCE
