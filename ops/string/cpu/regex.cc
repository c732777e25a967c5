// Kernels of the ops that match regular expressions: RegexFullMatch, RegexReplace, and their static forms.
#include <fmt/format.h>

#include <optional>

#include "weir/ops/string/cpu/regex.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

constexpr double kNanos = 500;  // of an element: short texts and patterns

// Patterns and rewrites are one for all elements.
Status CheckScalar(const PrepareContext& c, int input, const char* name) {
  if (c.input_shape(input).rank() == 0) return {};
  return InvalidArgument(fmt::format("wants a scalar for input '{}', not {}", name, c.input_shape(input).ToString()));
}

// `f` computes element i by the pattern.
template <class F> void RunWith(PrepareContext& c, std::optional<Regex> fixed, F f) {
  int64_t n = c.input_shape(0).num_elements();
  c.set_output_shape(0, c.input_shape(0));
  c.ParallelOver(n, kNanos);
  c.SetRun([fixed = std::move(fixed), f](RunArgs& a) {
    auto [begin, end] = a.Range();
    if (begin == end) return;
    if (fixed) {
      for (int64_t i = begin; i < end; ++i) f(a, *fixed, i);
      return;
    }
    auto pattern = Regex::Compile(*a.in<std::string>(1));
    if (!pattern.ok()) return a.Fail(pattern.status());
    for (int64_t i = begin; i < end; ++i) f(a, *pattern, i);
  });
}

void Match(RunArgs& a, const Regex& pattern, int64_t i) {
  a.out<bool>(0)[i] = pattern.FullMatch(a.in<std::string>(0)[i]);
}

Status PrepareRegexFullMatch(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScalar(c, 1, "pattern"));
  RunWith(c, std::nullopt, Match);
  return {};
}

Status PrepareStaticRegexFullMatch(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Regex pattern, Regex::Compile(c.attr<std::string>("pattern")));
  RunWith(c, std::move(pattern), Match);
  return {};
}

Status PrepareRegexReplace(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScalar(c, 1, "pattern"));
  WEIR_RETURN_IF_ERROR(CheckScalar(c, 2, "rewrite"));
  RunWith(c, std::nullopt, [all = c.attr<bool>("replace_global")](RunArgs& a, const Regex& pattern, int64_t i) {
    a.out<std::string>(0)[i] = pattern.Replace(a.in<std::string>(0)[i], *a.in<std::string>(2), all);
  });
  return {};
}

Status PrepareStaticRegexReplace(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Regex pattern, Regex::Compile(c.attr<std::string>("pattern")));
  RunWith(c, std::move(pattern),
          [rewrite = c.attr<std::string>("rewrite"), all = c.attr<bool>("replace_global")](RunArgs& a, const Regex& re,
                                                                                           int64_t i) {
            a.out<std::string>(0)[i] = re.Replace(a.in<std::string>(0)[i], rewrite, all);
          });
  return {};
}

}  // namespace

void RegisterStringRegexKernels(KernelRegistry& r) {
  r.Add("RegexFullMatch", PrepareRegexFullMatch);
  r.Add("StaticRegexFullMatch", PrepareStaticRegexFullMatch);
  r.Add("RegexReplace", PrepareRegexReplace);
  r.Add("StaticRegexReplace", PrepareStaticRegexReplace);
}

}  // namespace weir
