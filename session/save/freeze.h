// FreezeGraph: a graph for inference alone, its variables become constants.
//
//   Saver(&session).Restore("model/net-100").Check();
//   Graph frozen = FreezeGraph(session, {"softmax"}).value();
//   SaveGraph(frozen, "net.pb").Check();
#pragma once

#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir {

class Session;

// The part of the session's graph that computes `outputs` ("node:0" or "node"), under the names that nodes have
// there, with the session's values in place of variables, of handles and references, also where branches and loops
// read them. Training and saving ops are gone. TensorFlow runs the result. Errors: no such output; a malformed
// node; a variable without a value; an output that only comes about with a change of a variable.
Result<Graph> FreezeGraph(const Session& session, const std::vector<std::string>& outputs);
Result<Graph> FreezeGraph(const Session& session, const std::vector<Output>& outputs);

}  // namespace weir
