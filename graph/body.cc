#include "weir/graph/body.h"

#include <fmt/format.h>

#include "weir/graph/subgraph.h"

namespace weir {

Result<std::vector<Output>> AddArgs(Builder& body, const std::vector<OutputType>& types) {
  std::vector<Output> args;
  for (size_t i = 0; i < types.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    WEIR_ASSIGN_OR_RETURN(NodeId id, AddArg(body.mutable_graph(), fmt::format("arg{}", i), index, types[i]));
    args.push_back({&body, {id, 0}});
  }
  return args;
}

Status AddResults(Builder& body, const std::vector<Output>& results) {
  WEIR_RETURN_IF_ERROR(body.status());
  for (size_t i = 0; i < results.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    WEIR_RETURN_IF_ERROR(
        AddRetval(body.mutable_graph(), fmt::format("ret{}", i), index, results[i].endpoint()).status());
  }
  return {};
}

}  // namespace weir
