// The kernel of EditDistance. Elements come in row-major order, so that those of one sequence lie side by side: a first
// phase finds where, then each sequence is an item.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

// Whether two elements are equal, a[i] and b[j].
using Equal = bool (*)(const void* a, int64_t i, const void* b, int64_t j);

template <class T>
bool EqualAs(const void* a, int64_t i, const void* b, int64_t j) {
  return static_cast<const T*>(a)[i] == static_cast<const T*>(b)[j];
}

// By value where bits are not all, as of floats.
Equal EqualOf(DType t) {
  Equal equal = nullptr;
  DispatchType(t, FloatTypes() + ComplexTypes() + ObjectTypes(), [&](auto zero) { equal = &EqualAs<decltype(zero)>; });
  if (equal || !IsPlain(t)) return equal;
  switch (SizeOf(t)) {
    case 1: return &EqualAs<uint8_t>;
    case 2: return &EqualAs<uint16_t>;
    case 4: return &EqualAs<uint32_t>;
    default: return &EqualAs<uint64_t>;
  }
}

// One of the two tensors: its first input, and how many elements it has.
struct Side {
  int input = 0;
  int64_t count = 0;
};

// Writes where each sequence's elements begin, and where the last ones end. False where the run has failed.
bool FindSequences(RunArgs& a, const Side& side, const Dims& sizes, int64_t sequences, int64_t* begin) {
  const auto* at = a.in<int64_t>(side.input);
  const auto axes = static_cast<int64_t>(sizes.size());
  int64_t before = 0, next = 0;
  for (int64_t i = 0; i < side.count; ++i) {
    int64_t place = 0;
    for (int64_t k = 0; k < axes; ++k) {
      const int64_t p = at[i * (axes + 1) + k], size = sizes[static_cast<size_t>(k)];
      if (p < 0 || p >= size) {
        FailPosition(a, i, static_cast<int>(k), p, size);
        return false;
      }
      place = place * size + p;
    }
    if (place < before) {
      a.Fail(InvalidArgument(fmt::format("has elements out of order: that of number {}", i))
                 .Help("SparseReorder orders them"));
      return false;
    }
    while (next <= place) begin[next++] = i;
    before = place;
  }
  while (next <= sequences) begin[next++] = side.count;
  return true;
}

// Of a[begin, …) and b[begin, …): row by row of the table of distances between their beginnings, of which one row is
// kept.
int64_t Distance(RunArgs& args, Equal equal, const void* a, int64_t a_begin, int64_t n, const void* b, int64_t b_begin,
                 int64_t m) {
  auto* row = args.own<int64_t>();
  for (int64_t j = 0; j <= m; ++j) row[j] = j;
  for (int64_t i = 0; i < n && !args.cancelled(); ++i) {
    int64_t diagonal = row[0];
    row[0] = i + 1;
    for (int64_t j = 0; j < m; ++j) {
      const int64_t changed = diagonal + !equal(a, a_begin + i, b, b_begin + j);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row[m];
}

float Scaled(int64_t distance, int64_t truth, bool normalize) {
  const auto d = static_cast<float>(distance);
  if (!normalize || distance == 0) return d;
  return truth == 0 ? std::numeric_limits<float>::infinity() : d / static_cast<float>(truth);
}

// The output's sizes. Errors: parts that do not fit together.
Result<Shape> OutputShape(const PrepareContext& c) {
  Dims sizes;
  for (int i : {0, 3}) {
    WEIR_ASSIGN_OR_RETURN(const SparseCounts size, CheckSparseParts(c, i, i + 1, i + 2));
    if (size.rank < 2 || size.rank != c.input_shape(0)[1]) {
      return InvalidArgument(fmt::format("needs sparse tensors of one rank, at least 2, got {} axes", size.rank));
    }
    Dims own = c.ints(i + 2);
    own.pop_back();
    if (sizes.empty()) sizes = own;
    std::transform(own.begin(), own.end(), sizes.begin(), sizes.begin(),
                   [](int64_t p, int64_t q) { return std::min(p, q) < 0 ? -1 : std::max(p, q); });
  }
  return Shape::Make(sizes);
}

Status PrepareEditDistance(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Shape out, OutputShape(c));
  c.set_output_shape(0, out);
  const Side hypothesis{0, c.input_shape(0)[0]}, truth{3, c.input_shape(3)[0]};
  const int64_t n = out.num_elements();
  int64_t bytes = 0;
  if (!CheckedAdd(n, 1, &bytes) || !CheckedMul(bytes, 2 * sizeof(int64_t), &bytes)) {
    return ResourceExhausted("has too many sequences");
  }
  const Equal equal = EqualOf(c.input_dtype(1));
  if (!equal) return c.NoKernelFor(c.input_dtype(1));
  c.set_workspace(bytes);
  c.set_own_workspace((truth.count + 1) * static_cast<int64_t>(sizeof(int64_t)));
  c.Before(1, 5.0 * static_cast<double>(n + hypothesis.count + truth.count), [=, sizes = out.dims()](RunArgs& a) {
    auto* begin = a.workspace<int64_t>();
    if (FindSequences(a, hypothesis, sizes, n, begin)) FindSequences(a, truth, sizes, n, begin + n + 1);
  });
  const double mean = static_cast<double>(truth.count) / static_cast<double>(std::max<int64_t>(n, 1));
  c.ParallelOver(n, 10 + 3 * mean * mean);
  c.SetRun([=, normalize = c.attr<bool>("normalize")](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      const int64_t *h = a.workspace<int64_t>() + i, *t = h + n + 1;
      const int64_t d = Distance(a, equal, a.in<char>(1), h[0], h[1] - h[0], a.in<char>(4), t[0], t[1] - t[0]);
      a.out<float>(0)[i] = Scaled(d, t[1] - t[0], normalize);
    }
  });
  return {};
}

}  // namespace

void RegisterSparseEditDistanceKernels(KernelRegistry& r) {
  r.Add("EditDistance", PrepareEditDistance).NeedsValue({2, 5});
}

}  // namespace weir
