// Functions of a graph's library: binding a polymorphic body's attributes, inference through calls.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "weir/graph/graph.h"

namespace weir {

inline constexpr int kMaxCallDepth = 64;  // nested calls; more is recursion
// Of all bodies that one inference walks, that calls unfold to, or that branches and loops are compiled to.
inline constexpr int64_t kMaxUnfoldedNodes = 1 << 18;

// How a node calls functions; a node whose op is a function's name is a call of it.
CallKind CallKindOf(const Graph& g, const Node& n);
// The functions that a node calls, in order: of a branch one a case, of a loop the condition and the body.
std::vector<FuncRef> CalledFunctions(const Graph& g, const Node& n);
// Names of the library's functions that a node refers to, by its op or by any attribute.
std::vector<std::string> FunctionNames(const Graph& library, const Node& n);
// Drops the functions of the library that neither nodes nor what these call refer to.
void RetainCalledFunctions(Graph& g);
// The function of the library. Error when it has none of the name.
Result<const Function*> FindCalled(const Graph& g, const FuncRef& f);
// Lets the node call these in place of those, with other attributes changed at once.
Status SetCalledFunctions(Graph& g, NodeId id, const std::vector<FuncRef>& functions, const AttrMap& changed = {});
// The input of a node that is its functions' first argument.
inline int FirstArgument(CallKind kind) { return kind == CallKind::kIf || kind == CallKind::kCase ? 1 : 0; }

// Whether the body could be read from the function's file; see import_function.h.
bool HasBody(const Function& f);
// Whether number and dtypes of the arguments and results of the functions that a call, branch or loop names are those
// of the node, as far as signatures tell: the arguments are its inputs (of a branch, those behind the condition); the
// results of calls and branches its outputs, of a loop's body its inputs again, and a loop's condition gives one.
// Linear in the signatures.
Status CheckCall(const Graph& g, const Node& n);

// The body with attribute placeholders bound by `attrs` (and by the call's input types), its `_Arg` outputs typed by
// `arg_types` (as many as arguments), inferred. The body's library is `g`'s.
Result<Graph> Instantiate(const Graph& g, const Function& f, const AttrMap& attrs,
                          const std::vector<OutputType>& arg_types);

// The body's `_Arg` / `_Retval` nodes by index.
std::vector<NodeId> ArgNodes(const Graph& body);
std::vector<NodeId> RetNodes(const Graph& body);
std::vector<DType> ResultDTypes(const Graph& body);
// The nodes of the body of `f` that have an effect: the stateful ones, and of unknown ops, of which nobody can say,
// those that the function's control results name.
std::set<NodeId> EffectNodes(const Function& f, const Graph& body);
bool HasEffects(const Graph& body);  // of its known ops
// Takes away what neither results nor effects of the body of `f` need; arguments stay.
Status DropUnread(const Function& f, Graph& body);
// The op that calls a function of the library.
const char* CallOp(const Graph& g, const FuncRef& f);
bool TouchesResource(const Graph& g, const Node& n);  // has a handle among its inputs
// By id, whether a node may wait for another run: its op does, or a function's that it calls.
std::vector<bool> WaitingNodes(const Graph& g);

// By which function's name the nodes of a body keep their states (OpDef::KeepsState): its own, or, where a pass made it
// of another, that one's, so that what random ops draw does not depend on passes.
const std::string& NameOfStates(const Function& f);
void KeepStatesOf(const Function& other, Function& f);

// Output types of a call, branch or loop node by inference through its bodies, which must give what the node promises.
// Leaves the node alone when it is none.
Status InferCall(Graph& g, NodeId id);

// While one lives, its thread infers equal instantiations (function, attributes, argument types) once, and refuses to
// walk more than kMaxUnfoldedNodes nodes of bodies in all. Nested ones are the outermost. The libraries must not change
// meanwhile.
class InferenceScope {
 public:
  InferenceScope();
  ~InferenceScope();
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;
};
// Counts a body of function `f` against the scope's budget.
Status CountInferred(const Function& f, const Graph& body);

// The symbols of `a` and what they are in `b`, when the two differ in the names of symbols only.
std::optional<std::map<Dim, Dim>> SameButSymbols(const std::vector<OutputType>& a, const std::vector<OutputType>& b);

}  // namespace weir
