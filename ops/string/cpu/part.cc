// Kernels of Substr, StringLength and StringStrip. A character of UTF-8 is a byte and the trailing bytes behind it,
// valid or not, as in TensorFlow.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "weir/runtime/cpu/spaces.h"
#include "weir/ops/string/cpu/texts.h"
#include "weir/runtime/cpu/lanes.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

bool IsTrailing(char ch) { return (static_cast<unsigned char>(ch) & 0xc0) == 0x80; }
bool CountsBytes(const PrepareContext& c) { return c.attr<std::string>("unit") == "BYTE"; }

// The place `count` characters behind `at`, and how many of them the text lacks.
struct Found {
  size_t at;
  int64_t missing;
};
Found Forward(std::string_view text, size_t at, int64_t count) {
  for (; count > 0 && at < text.size(); --count) {
    do ++at;
    while (at < text.size() && IsTrailing(text[at]));
  }
  return {at, count};
}
Found Backward(std::string_view text, int64_t count) {
  size_t at = text.size();
  for (; count > 0 && at > 0; --count) {
    do --at;
    while (at > 0 && IsTrailing(text[at]));
  }
  return {at, count};
}

// The part of a text that a position and a length name; nullopt where the position is outside.
std::optional<std::string_view> PartOfBytes(std::string_view text, int64_t pos, int64_t len) {
  const auto size = static_cast<int64_t>(text.size());
  if (pos < -size || pos > size) return std::nullopt;
  const auto begin = static_cast<size_t>(pos < 0 ? pos + size : pos);
  return text.substr(begin, len < 0 ? std::string_view::npos : static_cast<size_t>(len));
}
std::optional<std::string_view> PartOfCharacters(std::string_view text, int64_t pos, int64_t len) {
  if (pos < 0 && len < 0) return std::nullopt;
  // Why not the least number: it has no opposite, and no text has so many characters.
  const Found begin = pos < 0 ? Backward(text, -std::max(pos, -INT64_MAX)) : Forward(text, 0, pos);
  if (begin.missing > 0) return std::nullopt;
  return text.substr(begin.at, Forward(text, begin.at, len).at - begin.at);
}

Status CheckSubstr(const PrepareContext& c) {
  const bool fits = c.input_shape(1) == c.input_shape(2) && c.output_known(0) &&
                    ElementwisePlan::Broadcasts(c.input_shape(0), c.output_shape(0)) &&
                    ElementwisePlan::Broadcasts(c.input_shape(1), c.output_shape(0));
  if (fits) return {};
  return InvalidArgument(fmt::format("cannot take parts {} and {} of texts {}", c.input_shape(1).ToString(),
                                     c.input_shape(2).ToString(), c.input_shape(0).ToString()));
}

Status PrepareSubstr(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckSubstr(c));
  const DType type = c.input_dtype(1);
  const auto size = static_cast<int64_t>(SizeOf(type));
  const std::vector<Shape> shapes = {c.input_shape(0), c.input_shape(1)};
  const std::vector<int64_t> sizes = {sizeof(std::string), size};
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, sizeof(std::string));
  c.ParallelOver(plan.units(), 40.0 * static_cast<double>(plan.unit_elements()));
  c.SetRun([plan, type, part = CountsBytes(c) ? PartOfBytes : PartOfCharacters](RunArgs& a) {
    auto [begin, end] = a.Range();
    Status bad;
    plan.ForEach(begin, end, [&](int64_t i, const int64_t* at) {
      if (!bad.ok()) return;
      const std::string& text = a.in<std::string>(0)[at[0]];
      const int64_t pos = IntegerAt(a.in<void>(1), type, at[1]), len = IntegerAt(a.in<void>(2), type, at[1]);
      if (auto found = part(text, pos, len)) a.out<std::string>(0)[i].assign(*found);
      else bad = InvalidArgument(fmt::format("has pos {} and len {} out of range of the text at {}", pos, len, i));
    });
    if (!bad.ok()) a.Fail(std::move(bad));
  });
  return {};
}

Status PrepareStringLength(PrepareContext& c) {
  return SetTextMap<int32_t>(c, [bytes = CountsBytes(c)](const std::string& text, int32_t* length) {
    const auto trailing = bytes ? 0 : std::count_if(text.begin(), text.end(), IsTrailing);
    *length = static_cast<int32_t>(static_cast<int64_t>(text.size()) - trailing);
    return Status();
  });
}

Status PrepareStringStrip(PrepareContext& c) {
  return SetTextMap<std::string>(c, [](const std::string& text, std::string* out) {
    const size_t begin = SkipSpaces(text, 0);
    size_t end = text.size();
    while (end > begin && IsSpace(text[end - 1])) --end;
    out->assign(text, begin, end - begin);
    return Status();
  });
}

}  // namespace

void RegisterStringPartKernels(KernelRegistry& r) {
  r.Add("Substr", PrepareSubstr);
  r.Add("StringLength", PrepareStringLength);
  r.Add("StringStrip", PrepareStringStrip);
}

}  // namespace weir
