// Regular expressions in RE2's syntax and with its meaning, as TensorFlow's string ops use them: a text of n bytes is
// matched in time n · (size of the pattern), whatever the pattern; of several matches the leftmost counts, and of
// those the one that the pattern prefers.
//
// Why not RE2 itself: TensorFlow exports another version's symbols, with which those of Debian's library (its static
// one fits no shared object) would be mixed up in one process.
//
// Left out, with an error: \C, and scripts and categories of Unicode (\pL) but \p{Any}. One difference is meant: where
// RE2 finds an empty match (of \B) between the bytes of one character, here is none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir {

// A compiled pattern. Immutable; threads may share it.
class Regex {
 public:
  // Errors go on after a node's name: "has the invalid pattern '(': …".
  static Result<Regex> Compile(std::string_view pattern);

  bool FullMatch(std::string_view text) const;
  // The text with its first match, or all that do not overlap, replaced by `rewrite`, in which \0 is the match, \1 to
  // \9 its groups and \\ a backslash. A rewrite that names groups which the pattern lacks replaces nothing; one that
  // is malformed ends there, or, when only the first match is meant, replaces nothing.
  std::string Replace(std::string_view text, std::string_view rewrite, bool all) const;

  // ---- the program
  enum class Kind : uint8_t { kClass, kSplit, kSave, kAssert, kMatch };
  enum class Assert : uint8_t { kTextBegin, kTextEnd, kLineBegin, kLineEnd, kWord, kNoWord };
  struct Instruction {
    Kind kind = Kind::kMatch;
    Assert assertion = Assert::kTextBegin;
    int32_t first = 0, second = 0;  // kSplit: relative, the preferred first. kClass: the class. kSave: the slot
  };
  // A set of code points: ranges, or all others.
  struct Class {
    std::vector<std::pair<int32_t, int32_t>> ranges;
    bool negated = false, fold = false;  // fold: letters of either case
    bool Has(int32_t rune) const;
  };
  struct Program {
    std::vector<Instruction> code;
    std::vector<Class> classes;
    int groups = 0;
  };

 private:
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

// The kernels that use them; ops/kernels/string_regex.cc.
class KernelRegistry;
void RegisterRegexKernels(KernelRegistry& r);

}  // namespace weir
