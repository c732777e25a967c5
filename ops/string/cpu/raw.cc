// Kernels of DecodeRaw and DecodePaddedRaw.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

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

// `length` bytes as numbers of `part` bytes each; zeros stand for those that a string lacks.
void CopyNumbers(std::string_view bytes, size_t length, char* out, size_t part, DType type, bool swap) {
  bytes = bytes.substr(0, length);
  std::copy(bytes.begin(), bytes.end(), out);
  std::fill(out + bytes.size(), out + length, 0);
  if (type == kBool) std::transform(out, out + length, out, [](char c) { return static_cast<char>(c != 0); });
  for (size_t i = 0; swap && i < length; i += part) std::reverse(out + i, out + i + part);
}

// Output 0 is the first `length` bytes of each string as numbers along a new last axis.
Status SetNumbers(PrepareContext& c, int64_t length) {
  const DType type = c.output_dtype(0);
  Dims dims = c.input_shape(0).dims();
  dims.push_back(length / static_cast<int64_t>(SizeOf(type)));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  c.ParallelOver(c.input_shape(0).num_elements(), 10 + 0.2 * static_cast<double>(length));
  static_assert(std::endian::native == std::endian::little);
  const size_t part = SizeOf(IsComplex(type) ? PartType(type) : type);
  c.SetRun([length, part, type, swap = !c.attr<bool>("little_endian")](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      CopyNumbers(a.in<std::string>(0)[i], static_cast<size_t>(length), a.out<char>(0) + i * length, part, type, swap);
    }
  });
  return {};
}

Status PrepareDecodeRaw(PrepareContext& c) {
  const DType type = c.output_dtype(0);
  const auto size = static_cast<int64_t>(SizeOf(type));
  WEIR_ASSIGN_OR_RETURN(int64_t bytes, CommonLength(*c.input_value(0)));
  if (bytes % size != 0) {
    return InvalidArgument(
        fmt::format("has strings of {} bytes, no multiple of {}, the size of {}", bytes, size, DTypeName(type)));
  }
  return SetNumbers(c, bytes);
}

Status PrepareDecodePaddedRaw(PrepareContext& c) {
  const DType type = c.output_dtype(0);
  const auto size = static_cast<int64_t>(SizeOf(type));
  if (c.input_shape(1).rank() != 0)
    return InvalidArgument(fmt::format("wants a scalar as fixed_length, not {}", c.input_shape(1).ToString()));
  const int64_t length = c.ints(1)[0];
  if (length <= 0 || length % size != 0) {
    return InvalidArgument(fmt::format("has the fixed_length {}, which is no positive multiple of {}, the size of {}",
                                       length, size, DTypeName(type)));
  }
  return SetNumbers(c, length);
}

}  // namespace

void RegisterStringRawKernels(KernelRegistry& r) {
  r.Add("DecodeRaw", PrepareDecodeRaw).NeedsValue({0});
  r.Add("DecodePaddedRaw", PrepareDecodePaddedRaw).NeedsValue({1});
}

}  // namespace weir
