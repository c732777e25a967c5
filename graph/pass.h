// Pass: a function from a graph to "changed or not" or an error. The passes that know no op live in graph/passes, those
// that do in ops/rewrites; session/compile/passes.h has the table of all, and runs them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "weir/graph/infer.h"

namespace weir {

// What a rewrite may change: kExact nothing, bit for bit; kStandard the rounding, within 1e-5; kFast more.
enum class Precision { kExact, kStandard, kFast };

struct PassContext {
  Evaluator evaluate;                       // runs a kernel on constants; empty: none
  Precision precision = Precision::kStandard;
  // Whether an op of these dtypes has a lane function that takes all elements. Injected, since kernels are not visible
  // here.
  std::function<bool(std::string_view op, const std::vector<DType>& operands, DType result)> has_lanes;
  std::vector<std::string> notes;           // "not fused: …"
  int64_t verify_nanos = 0;                 // what verifying after passes has taken
};

struct Pass {
  const char* name;                         // a verb phrase, the same in file, code and command line
  const char* why;                          // one line
  Result<bool> (*run)(Graph& g, PassContext& c);
  Precision may_change = Precision::kExact;  // the least level at which it runs
};

// ---- graph/passes
Result<bool> Prune(Graph& g, PassContext& c);            // drops what no result, target or effect needs
Result<bool> PruneResults(Graph& g, PassContext& c);     // drops what nobody reads of branches and loops
Result<bool> FillDefaults(Graph& g, PassContext& c);     // makes every attribute explicit
Result<bool> InlineCalls(Graph& g, PassContext& c);      // puts called functions' bodies in place of calls
Result<bool> ExpandComposites(Graph& g, PassContext& c);  // puts what composite ops stand for in their places
Result<bool> OrderEffects(Graph& g, PassContext& c);     // control edges between effects on one resource
Result<bool> RelaxOrder(Graph& g, PassContext& c);       // drops control edges that order nothing visible
Result<bool> InferShapes(Graph& g, PassContext& c);
Result<bool> FoldConstants(Graph& g, PassContext& c);    // computes what only constants feed
Result<bool> MergeDuplicates(Graph& g, PassContext& c);  // one node for equal computations

// Whether a node must stay although nothing reads it: results, the targets' sink, and, in function bodies, effects.
bool IsRoot(const Node& n);

}  // namespace weir
