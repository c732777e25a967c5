// A cache-blocked matrix product on Highway, compiled once per instruction set.
//
// The classic scheme: blocks of b [kDepth, kWidth] and of a [kHeight, kDepth] are packed into panels so that the tile
// in registers (kTileRows rows, two vectors wide) streams through memory; packed buffers belong to the thread. With few
// rows b is read where it lies. Products with a vector have loops of their own, bound by memory; the smallest are not
// worth packing.
//
// Invariant: an element is folded over k one term after the other by MulAdd, in runs of kDepth that start from zero,
// whatever tile or loop it falls into: neither cutting a product into slices nor the number of its rows changes a bit.
// The one exception, whole rows by a single column (n = 1), is one for any number of rows.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/runtime/cpu/gemm_simd.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "weir/runtime/cpu/gemm_simd.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using kernels::Product;

template <class T>
constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
// 24 accumulators where there are 32 registers, 12 where there are 16.
constexpr int kTileRows = HWY_MAX_BYTES == 64 || HWY_ARCH_ARM_A64 ? 12 : 6;
// Sums of up to kDepth terms are not broken: near the float limit a part may overflow where the whole does not, and
// TensorFlow breaks none of 3 x 3 x 32 terms.
constexpr int64_t kDepth = 384, kHeight = 120, kWidth = 512;

// A buffer of the thread, grown on demand.
template <class T, int kWhich>
T* Scratch(int64_t n) {
  static thread_local std::vector<T> buffer;
  if (int64_t(buffer.size()) < n) buffer.resize(n);
  return buffer.data();
}

// a: packed [depth, kRows]; b: rows of kVecs vectors, `stride` apart; c: kRows rows, which the tile is added to or
// becomes.
template <int kRows, int kVecs, class T>
HWY_NOINLINE void Tile(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t stride, int64_t depth,
                       T* HWY_RESTRICT c, int64_t ldc, bool add) {
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
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) {
      T* out = c + r * ldc + v * kLanes<T>;
      hn::StoreU(add ? hn::Add(hn::LoadU(d, out), acc[r][v]) : acc[r][v], d, out);
    }
  }
}

template <class T>
using TileFn = void (*)(const T*, const T*, int64_t, int64_t, T*, int64_t, bool);

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
void EdgeTile(TileFn<T> tile, const T* a, const T* b, int64_t stride, int64_t depth, T* c, int64_t ldc, bool add,
              int64_t rows, int64_t columns) {
  constexpr int64_t kStride = 2 * kLanes<T>;
  HWY_ALIGN T buffer[kTileRows * kStride];
  tile(a, b, stride, depth, buffer, kStride, false);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) {
      T& out = c[r * ldc + j];
      out = add ? out + buffer[r * kStride + j] : buffer[r * kStride + j];
    }
  }
}

#if HWY_TARGET == HWY_SCALAR
template <class T>
constexpr int64_t kSide = 1;
#else
template <class T>
constexpr int64_t kSide = 16 / sizeof(T);  // a 128-bit vector
#endif
template <class T>
using SideTag = hn::FixedTag<T, kSide<T>>;
template <class T>
using Side = hn::Vec<SideTag<T>>;

// out[i][r] = in[r * ld + i] for r, i < kSide.
template <class T>
HWY_INLINE void LoadTransposed(const T* in, [[maybe_unused]] int64_t ld, Side<T>* out) {
  const SideTag<T> d;
  const auto v0 = hn::LoadU(d, in);
#if HWY_TARGET == HWY_SCALAR
  out[0] = v0;
#else
  const auto v1 = hn::LoadU(d, in + ld), low = hn::InterleaveLower(d, v0, v1), high = hn::InterleaveUpper(d, v0, v1);
  if constexpr (kSide<T> == 2) {
    out[0] = low, out[1] = high;
  } else {
    const hn::RepartitionToWide<SideTag<T>> pairs;
    const auto v2 = hn::LoadU(d, in + 2 * ld), v3 = hn::LoadU(d, in + 3 * ld);
    const auto low01 = hn::BitCast(pairs, low), low23 = hn::BitCast(pairs, hn::InterleaveLower(d, v2, v3));
    const auto high01 = hn::BitCast(pairs, high), high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, v2, v3));
    out[0] = hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)),
    out[1] = hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23));
    out[2] = hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)),
    out[3] = hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23));
  }
#endif
}

// out[i * stride + r] = in[r * ld + i] for r, i < kSide.
template <class T>
HWY_INLINE void TransposeSquare(const T* in, int64_t ld, T* out, int64_t stride) {
  Side<T> columns[kSide<T>];
  LoadTransposed(in, ld, columns);
  for (int64_t i = 0; i < kSide<T>; ++i) hn::StoreU(columns[i], SideTag<T>(), out + i * stride);
}

// out[i * stride + r] = rows[r * ld + i] for r < count, i < depth.
template <class T>
void PackTransposed(const T* rows, int64_t ld, int64_t count, int64_t depth, T* out, int64_t stride) {
  auto plain = [&](int64_t r, int64_t from) {
    for (int64_t i = from; i < depth; ++i) out[i * stride + r] = rows[r * ld + i];
  };
  const int64_t squares = depth - depth % kSide<T>;
  int64_t r = 0;
  for (; r + kSide<T> <= count; r += kSide<T>) {
    for (int64_t i = 0; i < squares; i += kSide<T>)
      TransposeSquare(rows + r * ld + i, ld, out + i * stride + r, stride);
    for (int64_t q = 0; q < kSide<T>; ++q) plain(r + q, squares);
  }
  for (; r < count; ++r) plain(r, 0);
}

// Rows [first, first + rows) and depth [from, from + depth) of op(a), as [depth, height], zeros below.
template <class T>
void PackA(const Product<T>& p, int64_t first, int64_t rows, int height, int64_t from, int64_t depth, T* out) {
  for (int64_t r = rows; r < height; ++r) {
    for (int64_t i = 0; i < depth; ++i) out[i * height + r] = T(0);
  }
  if (!p.ta) return PackTransposed(p.a + first * p.lda + from, p.lda, rows, depth, out, int64_t{height});
  for (int64_t i = 0; i < depth; ++i) {
    const T* a = p.a + (from + i) * p.lda + first;
    for (int64_t r = 0; r < rows; ++r) out[i * height + r] = a[r];
  }
}

// Columns [first, first + columns) of op(b), as [depth, width]. What is to the right of them is never used, so that
// whole vectors are copied where they end inside b.
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
  PackTransposed(p.b + first * p.ldb + from, p.ldb, columns, depth, out, width);
  if (columns == width) return;
  for (int64_t i = 0; i < depth; ++i) std::fill(out + i * width + columns, out + (i + 1) * width, T(0));
}

// The columns of the panel of `columns` of b's, which are no more than two vectors.
template <class T>
int64_t Room(int64_t columns) { return columns <= kLanes<T> ? kLanes<T> : 2 * kLanes<T>; }

// All of b packed: blocks of kWidth columns one after the other, in each blocks of kDepth, in those panels.
template <class T>
struct Panels {
  int64_t n, k;

  // The columns of the block that begins at `j0`, those of its last panel rounded up.
  int64_t Width(int64_t j0) const {
    const int64_t width = std::min(kWidth, n - j0), rest = width % (2 * kLanes<T>);
    return width - rest + (rest > 0 ? Room<T>(rest) : 0);
  }
  int64_t size() const {
    const int64_t last = n > 0 ? (n - 1) / kWidth * kWidth : 0;
    return (last + Width(last)) * k;
  }
  // Where the panel of column j begins, for the depth from `from` on.
  int64_t At(int64_t j, int64_t from, int64_t depth) const {
    const int64_t j0 = j / kWidth * kWidth;
    return j0 * k + from * Width(j0) + (j - j0) * depth;
  }
};

// One block: rows [i0, i0 + height), columns [j0, j0 + width), depth [from, from + depth). b's panels that need packing
// are packed.
template <class T> void Block(const Product<T>& p, int64_t i0, int64_t height, int64_t j0, int64_t width, int64_t from,
                              int64_t depth, bool direct, const T* packed_b) {
  constexpr int64_t kFull = 2 * kLanes<T>;
  T* packed_a = Scratch<T, 0>(kHeight * kDepth);
  for (int64_t i = 0; i < height; i += kTileRows) {
    int64_t rows = std::min<int64_t>(kTileRows, height - i);
    PackA(p, i0 + i, rows, TileHeight(rows), from, depth, packed_a + i * depth);
  }
  const bool add = p.add || from > 0;
  for (int64_t j = 0; j < width; j += kFull) {
    const int64_t columns = std::min(kFull, width - j);
    const bool narrow = columns <= kLanes<T>;
    const int64_t room = Room<T>(columns);
    const bool in_place = direct && columns == room;
    const T* b = in_place  ? p.b + from * p.ldb + j0 + j
                 : p.packed ? p.packed + Panels<T>{p.packed_n, p.k}.At(p.first + j0 + j, from, depth)
                            : packed_b + j * depth;
    const int64_t stride = in_place ? p.ldb : room;
    for (int64_t i = 0; i < height; i += kTileRows) {
      const int64_t rows = std::min<int64_t>(kTileRows, height - i);
      const int tall = TileHeight(rows);
      const TileFn<T> tile = narrow ? TileOf<1, T>(tall) : TileOf<2, T>(tall);
      T* c = p.c + (i0 + i) * p.ldc + j0 + j;
      if (rows == tall && columns == room) tile(packed_a + i * depth, b, stride, depth, c, p.ldc, add);
      else EdgeTile(tile, packed_a + i * depth, b, stride, depth, c, p.ldc, add, rows, columns);
    }
  }
}

template <class T>
void PackAll(const Product<T>& p, T* to) {
  constexpr int64_t kFull = 2 * kLanes<T>;
  const Panels<T> panels{p.n, p.k};
  for (int64_t from = 0; from < p.k; from += kDepth) {
    const int64_t depth = std::min(kDepth, p.k - from);
    for (int64_t j = 0; j < p.n; j += kFull) {
      const int64_t columns = std::min(kFull, p.n - j);
      PackB(p, j, columns, Room<T>(columns), from, depth, to + panels.At(j, from, depth));
    }
  }
}

template <class T>
void Blocked(const Product<T>& p) {
  constexpr int64_t kFull = 2 * kLanes<T>;
  const bool direct = !p.tb && !p.packed && p.m <= 3 * kTileRows;
  T* packed_b = Scratch<T, 1>(kDepth * kWidth);
  for (int64_t j0 = 0; j0 < p.n; j0 += kWidth) {
    const int64_t width = std::min(kWidth, p.n - j0);
    for (int64_t from = 0; from < p.k; from += kDepth) {
      const int64_t depth = std::min(kDepth, p.k - from);
      for (int64_t j = 0; j < width; j += kFull) {
        const int64_t columns = std::min(kFull, width - j), room = Room<T>(columns);
        if (p.packed) continue;
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

// A term more, rounded as in the tiles.
template <class T>
T AddTerm(T x, T y, T sum) {
  const hn::CappedTag<T, 1> d;
  return hn::GetLane(hn::MulAdd(hn::Set(d, x), hn::Set(d, y), hn::Set(d, sum)));
}

// y[j] += x[r] · rows[r][j] for each r in turn, kRows of them at a time.
template <int kRows, class T>
void AddRowsBy(const T* x, const T* rows, int64_t ld, int64_t count, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kStep = kLanes<T>;
  for (int64_t r = 0; r + kRows <= count; r += kRows, x += kRows, rows += kRows * ld) {
    hn::Vec<decltype(d)> w[kRows];
    for (int q = 0; q < kRows; ++q) w[q] = hn::Set(d, x[q]);
    int64_t j = 0;
    for (; j + kStep <= n; j += kStep) {
      auto s = hn::LoadU(d, y + j);
      for (int q = 0; q < kRows; ++q) s = hn::MulAdd(w[q], hn::LoadU(d, rows + q * ld + j), s);
      hn::StoreU(s, d, y + j);
    }
    for (; j < n; ++j) {
      for (int q = 0; q < kRows; ++q) y[j] = AddTerm(x[q], rows[q * ld + j], y[j]);
    }
  }
}

// The elements of a vector, one after the other.
template <class T>
const T* Dense(const T* x, int64_t step, int64_t n) {
  if (step == 1) return x;
  T* dense = Scratch<T, 0>(n);
  for (int64_t i = 0; i < n; ++i) dense[i] = x[i * step];
  return dense;
}

// y (elements `step` apart) (+)= Mᵀ x of a matrix M [inputs, outputs].
template <class T>
void RowTimes(const T* x, const T* matrix, int64_t ld, int64_t inputs, int64_t outputs, bool add, T* y, int64_t step) {
  constexpr int64_t kStrip = 2048;  // outputs that stay in the first cache
  T* sums = Scratch<T, 1>(kStrip);
  for (int64_t j = 0; j < outputs; j += kStrip) {
    const int64_t n = std::min(kStrip, outputs - j);
    for (int64_t from = 0; from < inputs; from += kDepth) {
      const int64_t depth = std::min(kDepth, inputs - from), fours = depth - depth % 4;
      const T* rows = matrix + from * ld + j;
      std::fill(sums, sums + n, T(0));
      AddRowsBy<4>(x + from, rows, ld, fours, sums, n);
      AddRowsBy<1>(x + from + fours, rows + fours * ld, ld, depth - fours, sums, n);
      T* out = y + j * step;
      for (int64_t i = 0; i < n; ++i) out[i * step] = add || from > 0 ? out[i * step] + sums[i] : sums[i];
    }
  }
}

// sums[r] = Σ x[q] · rows[r][q] of `depth` terms, one after the other, for kGroups · kSide rows.
template <int kGroups, class T>
HWY_NOINLINE void Dots(const T* x, const T* rows, int64_t ld, int64_t depth, T* sums) {
  const SideTag<T> d;
  Side<T> acc[kGroups];
  for (int g = 0; g < kGroups; ++g) acc[g] = hn::Zero(d);
  int64_t q = 0;
  for (; q + kSide<T> <= depth; q += kSide<T>) {
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) {
      Side<T> columns[kSide<T>];
      LoadTransposed(rows + g * kSide<T> * ld + q, ld, columns);
      for (int64_t i = 0; i < kSide<T>; ++i) acc[g] = hn::MulAdd(hn::Set(d, x[q + i]), columns[i], acc[g]);
    }
  }
  for (int g = 0; g < kGroups; ++g) hn::StoreU(acc[g], d, sums + g * kSide<T>);
  for (; q < depth; ++q) {
    for (int64_t r = 0; r < kGroups * kSide<T>; ++r) sums[r] = AddTerm(x[q], rows[r * ld + q], sums[r]);
  }
}

// y (+)= M x of a matrix M [outputs, inputs], in the order of the tiles.
template <class T>
void RowTimesTransposed(const T* x, const T* matrix, int64_t ld, int64_t inputs, int64_t outputs, bool add, T* y) {
  constexpr int kGroups = 8;
  constexpr int64_t kMany = kGroups * kSide<T>;
  T sums[kMany];
  for (int64_t from = 0; from < inputs; from += kDepth) {
    const int64_t depth = std::min(kDepth, inputs - from);
    for (int64_t j = 0; j < outputs;) {
      // The last group overlaps with rows that are done already.
      const int64_t left = outputs - j, rows = left >= kMany ? kMany : std::min(left, kSide<T>);
      const int64_t back = rows < kSide<T> && outputs >= kSide<T> ? kSide<T> - rows : 0;
      const T* at = matrix + (j - back) * ld + from;
      if (rows == kMany) {
        Dots<kGroups>(x + from, at, ld, depth, sums);
      } else if (rows + back == kSide<T>) {
        Dots<1>(x + from, at, ld, depth, sums);
      } else {
        std::fill(sums, sums + rows, T(0));
        for (int64_t q = 0; q < depth; ++q) {
          for (int64_t r = 0; r < rows; ++r) sums[r] = AddTerm(x[from + q], at[r * ld + q], sums[r]);
        }
      }
      for (int64_t r = 0; r < rows; ++r) y[j + r] = add || from > 0 ? y[j + r] + sums[back + r] : sums[back + r];
      j += rows;
    }
  }
}

// Rows of a by a single column.
template <class T>
void TimesColumn(const Product<T>& p) {
  const T* x = Dense(p.b, p.tb ? 1 : p.ldb, p.k);
  for (int64_t i = 0; i < p.m; ++i) {
    const T sum = Dot(p.a + i * p.lda, x, p.k);
    p.c[i * p.ldc] = p.add ? p.c[i * p.ldc] + sum : sum;
  }
}

// The smallest sizes, of no more than kDepth terms.
template <class T>
void Plain(const Product<T>& p) {
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      T sum = 0;
      for (int64_t q = 0; q < p.k; ++q) {
        sum = AddTerm(p.ta ? p.a[q * p.lda + i] : p.a[i * p.lda + q], p.tb ? p.b[j * p.ldb + q] : p.b[q * p.ldb + j],
                      sum);
      }
      T& c = p.c[i * p.ldc + j];
      c = p.add ? c + sum : sum;
    }
  }
}

template <class T>
void Multiply(const Product<T>& p) {
  constexpr double kPlain = 64;  // multiplications below which packing is the larger part
  if (p.packed) {
    Blocked(p);
  } else if (p.n == 1 && !p.ta) {
    TimesColumn(p);
  } else if (double(p.m) * double(p.n) * double(p.k) <= kPlain) {
    Plain(p);
  } else if (p.n == 1) {
    RowTimes(Dense(p.b, p.tb ? 1 : p.ldb, p.k), p.a, p.lda, p.k, p.m, p.add, p.c, p.ldc);
  } else if (p.m == 1) {
    const T* x = Dense(p.a, p.ta ? p.lda : 1, p.k);
    if (p.tb) RowTimesTransposed(x, p.b, p.ldb, p.k, p.n, p.add, p.c);
    else RowTimes(x, p.b, p.ldb, p.k, p.n, p.add, p.c, int64_t{1});
  } else {
    Blocked(p);
  }
}

void MultiplyF32(const Product<float>& p) { Multiply(p); }
void MultiplyF64(const Product<double>& p) { Multiply(p); }
void PackF32(const Product<float>& p, float* to) { PackAll(p, to); }
void PackF64(const Product<double>& p, double* to) { PackAll(p, to); }
int64_t PackedSizeF32(int64_t n, int64_t k) { return Panels<float>{n, k}.size(); }
int64_t PackedSizeF64(int64_t n, int64_t k) { return Panels<double>{n, k}.size(); }

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {
HWY_EXPORT(MultiplyF32);
HWY_EXPORT(MultiplyF64);
HWY_EXPORT(PackF32);
HWY_EXPORT(PackF64);
HWY_EXPORT(PackedSizeF32);
HWY_EXPORT(PackedSizeF64);

namespace kernels {
void SimdGemm(const Product<float>& p) { HWY_DYNAMIC_DISPATCH(MultiplyF32)(p); }
void SimdGemm(const Product<double>& p) { HWY_DYNAMIC_DISPATCH(MultiplyF64)(p); }
template <>
int64_t SimdPackedSize<float>(int64_t n, int64_t k) { return HWY_DYNAMIC_DISPATCH(PackedSizeF32)(n, k); }
template <>
int64_t SimdPackedSize<double>(int64_t n, int64_t k) { return HWY_DYNAMIC_DISPATCH(PackedSizeF64)(n, k); }
void SimdPack(bool tb, int64_t n, int64_t k, const float* b, int64_t ldb, float* to) {
  HWY_DYNAMIC_DISPATCH(PackF32)({.tb = tb, .n = n, .k = k, .b = b, .ldb = ldb}, to);
}
void SimdPack(bool tb, int64_t n, int64_t k, const double* b, int64_t ldb, double* to) {
  HWY_DYNAMIC_DISPATCH(PackF64)({.tb = tb, .n = n, .k = k, .b = b, .ldb = ldb}, to);
}
}  // namespace kernels
}  // namespace weir
#endif  // HWY_ONCE
