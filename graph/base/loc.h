// Loc: the line of the user's code that created a node.
#pragma once

#include <string>

namespace weir {

// Why not std::source_location: clang 14 with libstdc++ 12 does not have it. As a default argument of a converting
// constructor it captures the user's line even through overloaded operators.
struct Loc {
  const char* file = nullptr;  // a string literal, or interned for the life of the process
  int line = 0;

  static Loc Current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
  explicit operator bool() const { return file != nullptr; }
  std::string ToString() const {  // "train.cc:48"; empty when unknown
    if (!file) return {};
    std::string f(file);
    return f.substr(f.rfind('/') + 1) + ":" + std::to_string(line);
  }
};

}  // namespace weir
