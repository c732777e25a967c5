// ExtractImagePatches: what convolution gathers, a patch after the other.
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/patches.h"

namespace weir {
namespace kernels {
namespace {

Result<ConvProblem> MakePatchProblem(const PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PatchWindow(ReadWindowAttrs(c)));
  const Shape& images = c.input_shape(0);
  if (images.rank() != 4) return InvalidArgument("needs images of rank 4");
  WEIR_RETURN_IF_ERROR(w.Place(images.dims()));
  return ConvProblem{.n = images[0], .in_channels = images[3], .y = w.y, .x = w.x};
}

Status PreparePatches(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(const ConvProblem p, MakePatchProblem(c));
  c.ParallelOver(p.n * p.pixels(), double(p.depth()) * MoveCost(c.input_dtype(0)) + 5.0 * double(p.y.window));
  return ForPlainElement(c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      const int64_t image = p.y.input * p.x.input * p.in_channels;
      for (int64_t i = a.begin; i < a.end; ++i) {
        GatherPatch(p, a.in<T>(0) + i / p.pixels() * image, i % p.pixels(), 0, a.out<T>(0) + i * p.depth());
      }
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterImagePatchesKernels(KernelRegistry& r) { r.Add("ExtractImagePatches", kernels::PreparePatches); }

}  // namespace weir
