// Sums into images that many pixels elsewhere add to, for gradients of resizing and cropping.
#pragma once

#include <algorithm>
#include <type_traits>

#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"

namespace weir::kernels {

inline constexpr int64_t kWantedBands = 16;

// Output 0, images of rows of `row` elements, as sums that are taken in Wide<T>, here or in the output itself. Items
// are the bands, for each of which add(args, image, rows, sums of those rows) runs; `work`: what all cost.
template <class T, class F>
Status SetBandedSums(PrepareContext& c, const Bands& bands, int64_t image_size, int64_t row, double work, F add) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  c.ParallelOver(bands.count(), work / double(bands.count()));
  WorkspaceLayout own;
  own.Add(same ? 0 : bands.max_rows() * row, sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([bands, image_size, row, add](RunArgs& a) {
    for (int64_t band = a.begin; band < a.end; ++band) {
      const Span rows = bands.Rows(band);
      const int64_t image = bands.image(band), n = rows.size() * row;
      T* out = a.out<T>(0) + image * image_size + rows.begin * row;
      A* sums = a.own<A>();
      if constexpr (same) sums = out;
      std::fill_n(sums, n, A(0));
      add(a, image, rows, sums);
      if constexpr (!same) ConvertRows(sums, 0, out, 0, 1, n);
    }
  });
  return {};
}

}  // namespace weir::kernels
