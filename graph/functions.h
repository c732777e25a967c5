// Functions of a graph's library: binding a polymorphic body's attributes, inference through calls.
#pragma once

#include <set>
#include <span>

#include "weir/graph/graph.h"

namespace weir {

inline constexpr int kMaxCallDepth = 64;  // nested calls; more is recursion

// The function that a call, branch or loop node refers to by attribute `attr` ("f", "then_branch", "cond", …), or, for a
// node whose op is a function's name, that function with attr "". Error when it is not in the library.
Result<const Function*> CalledFunction(const Graph& g, const Node& n, std::string_view attr);

// Whether the body could be read from the function's file; see import_function.h.
bool HasBody(const Function& f);

// The body with attribute placeholders bound by `attrs` (and by the call's input types), its `_Arg` outputs typed by
// `arg_types` (as many as arguments), inferred. The body's library is `g`'s.
Result<Graph> Instantiate(const Graph& g, const Function& f, const AttrMap& attrs, const std::vector<OutputType>& arg_types);

// Names of the function attributes of a node, in the order that matters: {"f"}, {"then_branch", "else_branch"}, {"cond", "body"}.
std::span<const std::string_view> FunctionAttrs(const Node& n);

// The body's `_Arg` / `_Retval` nodes by index.
std::vector<NodeId> ArgNodes(const Graph& body);
std::vector<NodeId> RetNodes(const Graph& body);
// The nodes of the body of `f` that have an effect: the stateful ones, and of unknown ops, of which nobody can say, those that
// the function's control results name.
std::set<NodeId> EffectNodes(const Function& f, const Graph& body);

// Output types of a call, branch or loop node by inference through its bodies. Leaves the node alone when it is none.
Status InferCall(Graph& g, NodeId id);

}  // namespace weir
