// Kernels of EncodeBase64 and DecodeBase64.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "weir/ops/string/cpu/texts.h"

namespace weir {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int8_t kNone = -1;

// The number that each byte is as a digit, or kNone.
constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kDigits.size(); ++i) values[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
  return values;
}();

std::string Encoded(std::string_view bytes, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (size_t k = 0; k <= group.size(); ++k) out += kDigits[bits >> (18 - 6 * k) & 63];
    if (pad) out.append(3 - group.size(), '=');
  }
  return out;
}

// The text without its padding, which is there only where it makes the length a multiple of 4.
std::string_view Unpadded(std::string_view text) {
  for (int k = 0; k < 2 && text.size() % 4 == static_cast<size_t>(k == 0 ? 0 : 3); ++k) {
    if (text.empty() || text.back() != '=') break;
    text.remove_suffix(1);
  }
  return text;
}

Status Decode(std::string_view padded, std::string* out) {
  const std::string_view text = Unpadded(padded);
  if (text.size() % 4 == 1)
    return InvalidArgument(fmt::format("has a string of {} characters, which is no Base64", padded.size()));
  out->clear();
  out->reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kNone) return InvalidArgument(fmt::format("has a string whose character {} is no Base64", i));
    bits = bits << 6 | static_cast<uint32_t>(value);
    // Each digit but the first of four ends a byte.
    if (i % 4 != 0) *out += static_cast<char>(bits >> (6 - 2 * (i % 4)));
  }
  return {};
}

Status PrepareEncode(PrepareContext& c) {
  return SetTextMap<std::string>(c, [pad = c.attr<bool>("pad")](const std::string& bytes, std::string* out) {
    *out = Encoded(bytes, pad);
    return Status();
  });
}

Status PrepareDecode(PrepareContext& c) { return SetTextMap<std::string>(c, Decode); }

}  // namespace

void RegisterStringBase64Kernels(KernelRegistry& r) {
  r.Add("EncodeBase64", PrepareEncode);
  r.Add("DecodeBase64", PrepareDecode);
}

}  // namespace weir
