// Regular expressions by RE2: see regex.h. Compiled into libweir_deps.so.
#include "weir/ops/string/cpu/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace weir {

namespace {

struct Re2 : Regex::Compiled {
  explicit Re2(std::string_view pattern) : re(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet) {}
  RE2 re;
};

const RE2& Of(const Regex::Compiled& compiled) { return static_cast<const Re2&>(compiled).re; }
re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

Result<std::shared_ptr<const Regex::Compiled>> Compile(std::string_view pattern) {
  auto compiled = std::make_shared<Re2>(pattern);
  if (compiled->re.ok()) return std::shared_ptr<const Regex::Compiled>(std::move(compiled));
  return InvalidArgument(fmt::format("has the invalid pattern '{:.100}': {:.200}", pattern, compiled->re.error()));
}

bool FullMatch(const Regex::Compiled& re, std::string_view text) { return RE2::FullMatch(Piece(text), Of(re)); }

std::string Replace(const Regex::Compiled& re, std::string_view text, std::string_view rewrite, bool all) {
  std::string result(text);
  if (all) {
    RE2::GlobalReplace(&result, Of(re), Piece(rewrite));
  } else {
    RE2::Replace(&result, Of(re), Piece(rewrite));
  }
  return result;
}

}  // namespace

WEIR_DEPS_TABLE(Regex::Engine, weir_regex) = {&Compile, &FullMatch, &Replace};

}  // namespace weir
