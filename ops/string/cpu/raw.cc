// Kernel of DecodeRaw.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "weir/runtime/kernel.h"

namespace weir {

namespace {

// The bytes that all strings have.
Result<int64_t> CommonLength(const Tensor& strings) {
  const auto* text = strings.data<std::string>();
  for (int64_t i = 1; i < strings.num_elements(); ++i) {
    if (text[i].size() == text[0].size()) continue;
    return InvalidArgument(
        fmt::format("wants strings of one length, but has {} bytes and {} at {}", text[0].size(), text[i].size(), i));
  }
  return strings.num_elements() == 0 ? 0 : static_cast<int64_t>(text[0].size());
}

void CopyNumbers(const std::string& bytes, char* out, size_t part, DType type, bool swap) {
  std::memcpy(out, bytes.data(), bytes.size());
  if (type == kBool) std::transform(out, out + bytes.size(), out, [](char c) { return static_cast<char>(c != 0); });
  for (size_t i = 0; swap && i < bytes.size(); i += part) std::reverse(out + i, out + i + part);
}

Status PrepareDecodeRaw(PrepareContext& c) {
  const DType type = c.output_dtype(0);
  const auto size = static_cast<int64_t>(SizeOf(type));
  WEIR_ASSIGN_OR_RETURN(int64_t bytes, CommonLength(*c.input_value(0)));
  if (bytes % size != 0) {
    return InvalidArgument(
        fmt::format("has strings of {} bytes, no multiple of {}, the size of {}", bytes, size, DTypeName(type)));
  }
  Dims dims = c.input_shape(0).dims();
  dims.push_back(bytes / size);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  c.ParallelOver(c.input_shape(0).num_elements(), 10 + 0.2 * static_cast<double>(bytes));
  static_assert(std::endian::native == std::endian::little);
  const size_t part = SizeOf(IsComplex(type) ? PartType(type) : type);
  c.SetRun([bytes, part, type, swap = !c.attr<bool>("little_endian")](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      CopyNumbers(a.in<std::string>(0)[i], a.out<char>(0) + i * bytes, part, type, swap);
    }
  });
  return {};
}

}  // namespace

void RegisterStringRawKernels(KernelRegistry& r) { r.Add("DecodeRaw", PrepareDecodeRaw).NeedsValue({0}); }

}  // namespace weir
