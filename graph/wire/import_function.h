// Functions of a file's library: from FunctionDef to struct Function. Internal to import and export.
//
// In the file a body's node reads "argument" or "node:output:k"; in a Function it reads endpoints of `_Arg` and other
// nodes, and `_Retval` nodes say what is returned. The outputs of an unknown op are those that the body reads, in the
// order in which it does; their names, "output:k", are the node's attribute kOutputNames. A body that cannot be told so
// (a list of unknown length as an argument) keeps its message in Function::unknown_fields, with an empty body graph.
#pragma once

#include <map>
#include <string>

#include "weir/graph/graph.h"
#include "weir/graph/message_file.h"

namespace weir::pb {
class FunctionDef;
class NodeDef;
class OpDef;
}  // namespace weir::pb

namespace weir {

inline constexpr char kOutputNames[] = "_weir_output_names";  // a list of strings, in bodies only

using Signatures = std::map<std::string, const pb::OpDef*, std::less<>>;

Result<Function> FunctionFromWire(const pb::FunctionDef& p, const OpRegistry* registry, const Signatures& library);
// Name, arguments, results, attributes, doc and statefulness.
Status SignatureFromWire(const pb::OpDef& p, Function* f);

// All but the inputs of a node.
Result<NodeSpec> NodeFromWire(const pb::NodeDef& p, const Contents& contents = {});
// The dtypes of the results of a call to a library function, kInvalid where an attribute tells; nullopt when a result
// is a list.
std::optional<std::vector<DType>> CallTypes(const pb::OpDef& signature);

}  // namespace weir
