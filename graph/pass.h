// Pass: a function from a graph to "changed or not" or an error. The passes that know no op live in graph/passes, those
// that do in ops/rewrites; the pipeline (session/compile/pipeline.cc) calls them in a straight line and verifies after
// each.
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
  // Whether an op of these dtypes has a lane function, and how many inputs, outputs and ops a fused chain may have.
  // Injected, since kernels are not visible here.
  std::function<bool(std::string_view op, const std::vector<DType>& operands, DType result)> has_lanes;
  int max_fused_inputs = 8, max_fused_outputs = 8, max_fused_ops = 48;
  std::vector<std::string> notes;           // "not fused: …"
  int64_t verify_nanos = 0;                 // what verifying after passes has taken
};

struct Pass {
  const char* name;                         // a verb phrase, the same in file, code and command line
  const char* why;                          // one line
  Result<bool> (*run)(Graph& g, PassContext& c);
};

// ---- graph/passes
Result<bool> Prune(Graph& g, PassContext& c);            // drops what no result, target or effect needs
Result<bool> FillDefaults(Graph& g, PassContext& c);     // makes every attribute explicit
Result<bool> InlineCalls(Graph& g, PassContext& c);      // puts called functions' bodies in place of calls
Result<bool> OrderEffects(Graph& g, PassContext& c);     // control edges between effects on one resource
Result<bool> RelaxOrder(Graph& g, PassContext& c);       // drops control edges that order nothing visible
Result<bool> InferShapes(Graph& g, PassContext& c);
Result<bool> FoldConstants(Graph& g, PassContext& c);    // computes what only constants feed
Result<bool> MergeDuplicates(Graph& g, PassContext& c);  // one node for equal computations

// ---- ops/rewrites
Result<bool> LowerReferences(Graph& g, PassContext& c);  // Variable, Assign, Apply…: handles, reads and writes
Result<bool> Simplify(Graph& g, PassContext& c);         // a table of local rules
Result<bool> ExpandBatchNorm(Graph& g, PassContext& c);  // inference's normalisation becomes element-wise ops
Result<bool> FoldPadding(Graph& g, PassContext& c);      // convolutions pad by themselves
Result<bool> FuseElementwise(Graph& g, PassContext& c);  // chains of element-wise ops become one step

// All of them, in the order of the pipeline.
const std::vector<Pass>& AllPasses();

// Whether a node must stay although nothing reads it: results, the targets' sink, and, in function bodies, effects.
bool IsRoot(const Node& n);

}  // namespace weir
