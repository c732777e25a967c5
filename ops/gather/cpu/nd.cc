// Kernels of GatherNd and ScatterNd: slices at positions of several numbers.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/positions.h"
#include "weir/runtime/cpu/scatter.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareGatherNd(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Positions p, ReadPositions(c, c.input_shape(0), 1));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, p.SlicesShape()));
  c.ParallelOver(p.count, 2 + double(p.depth) + MoveCost(c.output_dtype(0)) * double(p.slice));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        int64_t place = p.Place(a.in<void>(1), i);
        T* out = a.out<T>(0) + i * p.slice;
        if (place >= 0) {
          std::copy_n(a.in<T>(0) + place * p.slice, p.slice, out);
        } else if (p.ignore) {
          std::fill_n(out, p.slice, T());
        } else {
          return a.Fail(p.OutOfBounds(a.in<void>(1), i));
        }
      }
    });
  });
}

Status PrepareScatterNd(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(2)));
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatterNd(c, c.output_shape(0), 0));
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
  plan.output = true;
  return SetScatter<Accumulate<false>>(c, plan);
}

}  // namespace

void RegisterGatherNdKernels(KernelRegistry& r) {
  r.Add("GatherNd", PrepareGatherNd);
  r.Add("ScatterNd", PrepareScatterNd).NeedsValue({2});
}

}  // namespace weir
