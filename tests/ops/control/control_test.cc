// Rows of control, string and random ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

const std::vector<OpRow>& ControlRows() {
  static const std::vector<OpRow> rows = {
      {"NoOp", {}}, {"ControlTrigger", {}}, {"Assert", {Bool(true), {2, 3}}}, {"Print", {{2, 3}, Ints({1, 2})}, {{"message", "printed: "}}},
  };
  return rows;
}

const std::vector<OpRow>& StringRows() {
  static const std::vector<OpRow> rows = {
      {"AsString", {{2, 3}}}, OfType(kFloat, {"AsString", {{2, 3}}, {{"precision", 3}, {"width", 9}, {"fill", "0"}}}),
      {"StringJoin", {Tensor::Vector(std::vector<std::string>{"a", "b"}), Text("c")}, {{"separator", "-"}}},
      NeverEmpty({"ShardedFilename", {Text("model"), Int(1), Int(3)}}),
      {"StringJoin", {Tensor::Zeros(kString, {0}), Text("c")}}, Swept("out_type", {"StringToNumber", {Tensor::Zeros(kString, {0})}}),
      Swept("out_type", {"StringToNumber", {Tensor::Vector(std::vector<std::string>{"1", "25"})}}),
      {"RegexFullMatch", {Tensor::Vector(std::vector<std::string>{"ab", "b"}), Text("a.")}},
      {"RegexFullMatch", {Tensor::Zeros(kString, {0}), Text("a.")}},
      {"StaticRegexFullMatch", {Tensor::Vector(std::vector<std::string>{"ab", "b"})}, {{"pattern", "a."}}},
      {"StaticRegexFullMatch", {Tensor::Zeros(kString, {0})}, {{"pattern", "a."}}},
      {"RegexReplace", {Tensor::Vector(std::vector<std::string>{"abab", "b"}), Text("(a)b"), Text("\\1-")}},
      {"RegexReplace", {Tensor::Zeros(kString, {0}), Text("a."), Text("")}},
      {"StaticRegexReplace", {Tensor::Vector(std::vector<std::string>{"abab", "b"})}, {{"pattern", "(a)b"}, {"rewrite", "\\1-"}, {"replace_global", false}}},
      {"StaticRegexReplace", {Tensor::Zeros(kString, {0})}, {{"pattern", "a."}, {"rewrite", ""}}},
  };
  return rows;
}

const std::vector<OpRow>& RandomRows() {
  static const std::vector<OpRow> rows = {
      Swept("dtype", {"RandomUniform", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      Swept("dtype", {"RandomStandardNormal", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      Swept("dtype", {"TruncatedNormal", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      {"RandomUniformInt", {Ints({40, 3}), Elements({}, {-3}), Elements({}, {9})}, {{"seed", 1}, {"seed2", 2}}},
      Swept("dtype", {"RandomUniform", {Ints({0, 3})}, {{"seed", 1}}}),
      Swept("dtype", {"RandomStandardNormal", {Ints({0, 3})}, {{"seed", 1}}}),
      Swept("dtype", {"TruncatedNormal", {Ints({0, 3})}, {{"seed", 1}}}),
      {"RandomUniformInt", {Ints({0}), Elements({}, {-3}), Elements({}, {9})}, {{"seed", 1}}},
      {"RandomShuffle", {{9, 2}}, {{"seed", 1}, {"seed2", 2}}},
      {"LogUniformCandidateSampler",
       {In(Tensor::Of<int64_t>({2, 2}, {0, 5, 9, 2}))},
       {{"num_true", 2}, {"num_sampled", 7}, {"unique", true}, {"range_max", 30}, {"seed", 1}}},
      {"LogUniformCandidateSampler",
       {In(Tensor::Of<int64_t>({0, 2}, {}))},
       {{"num_true", 2}, {"num_sampled", 3}, {"unique", false}, {"range_max", 30}, {"seed", 1}}},
      {"UniformCandidateSampler",
       {In(Tensor::Of<int64_t>({0, 2}, {}))},
       {{"num_true", 2}, {"num_sampled", 3}, {"unique", true}, {"range_max", 30}, {"seed", 1}}},
      {"UniformCandidateSampler",
       {In(Tensor::Of<int64_t>({2, 2}, {0, 5, 9, 2}))},
       {{"num_true", 2}, {"num_sampled", 7}, {"unique", false}, {"range_max", 30}, {"seed", 1}}},
  };
  return rows;
}

}  // namespace weir::testing
