// Regular expressions: RE2, as TensorFlow's string ops use it. A text of n bytes is matched in time n · (size of the
// pattern), whatever the pattern. RE2 is in libweir_deps.so (graph/base/deps.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weir/graph/base/deps.h"

namespace weir {

// A compiled pattern. Immutable; threads may share it.
class Regex {
 public:
  // Errors go on after a node's name: "has the invalid pattern '(': …".
  static Result<Regex> Compile(std::string_view pattern);

  bool FullMatch(std::string_view text) const { return engine_->full_match(*compiled_, text); }
  // The text with its first match, or all that do not overlap, replaced by `rewrite`, in which \0 is the match, \1 to
  // \9 its groups and \\ a backslash. A rewrite that names groups which the pattern lacks replaces nothing; one that is
  // malformed ends there, or, when only the first match is meant, replaces nothing.
  std::string Replace(std::string_view text, std::string_view rewrite, bool all) const {
    return engine_->replace(*compiled_, text, rewrite, all);
  }

  struct Compiled {
    virtual ~Compiled() = default;
  };
  struct Engine {
    Result<std::shared_ptr<const Compiled>> (*compile)(std::string_view pattern);
    bool (*full_match)(const Compiled& re, std::string_view text);
    std::string (*replace)(const Compiled& re, std::string_view text, std::string_view rewrite, bool all);
  };

 private:
  const Engine* engine_ = nullptr;
  std::shared_ptr<const Compiled> compiled_;
};

inline Result<Regex> Regex::Compile(std::string_view pattern) {
  Regex re;
  WEIR_ASSIGN_OR_RETURN(re.engine_, deps::Get<Engine>("weir_regex"));
  WEIR_ASSIGN_OR_RETURN(re.compiled_, re.engine_->compile(pattern));
  return re;
}

}  // namespace weir
