// Kernel of Bitcast. Why a copy: the bytes may lie where the other dtype could not, in a part of a tensor.
#include <fmt/format.h>

#include <cstring>

#include "weir/runtime/kernel.h"

namespace weir {

namespace {

Status PrepareBitcast(PrepareContext& c) {
  const int64_t from = int64_t(SizeOf(c.input_dtype(0))), to = int64_t(SizeOf(c.output_dtype(0)));
  Dims dims = c.input_shape(0).dims();
  if (from > to) dims.push_back(from / to);
  if (from < to) {
    if (dims.empty() || dims.back() != to / from) {
      return InvalidArgument(fmt::format("cannot make {} of {}", DTypeName(c.output_dtype(0)),
                                         c.input_shape(0).ToString()))
          .Detail(fmt::format("the last axis must have {} elements, which become one", to / from));
    }
    dims.pop_back();
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  c.ParallelOver(c.output_shape(0).num_elements() * to, 0.05, 64, 64);
  c.SetRun([](RunArgs& a) {
    auto [begin, end] = a.Range();
    if (begin < end) std::memcpy(a.out<char>(0) + begin, a.in<char>(0) + begin, static_cast<size_t>(end - begin));
  });
  return {};
}

}  // namespace

void RegisterArrayBitcastKernels(KernelRegistry& r) { r.Add("Bitcast", PrepareBitcast); }

}  // namespace weir
