#include "weir/ops/sequence/loop.h"

#include "weir/graph/body.h"
#include "weir/ops/control/control.h"

namespace weir {

Result<OutputList> LoopOver(Builder& b, const LoopRange& range, const std::vector<Output>& vars, std::string_view name,
                            const LoopStep& step) {
  WEIR_RETURN_IF_ERROR(b.status());
  std::vector<OutputType> types(1);
  types[0].dtype = kInt32, types[0].shape = PartialShape::Scalar();
  for (const Output& v : vars) types.push_back(b.graph().type(v.endpoint())), types.back().value.reset();
  Builder body(&b, static_cast<int>(types.size()));
  {
    auto tracing = body.Tracing();
    WEIR_ASSIGN_OR_RETURN(const std::vector<Output> args, AddArgs(body, types));
    WEIR_RETURN_IF_ERROR(AddResults(body, step(args[0], {args.begin() + 1, args.end()})));
  }
  const FuncRef f = b.AddFunction(name, std::move(body.mutable_graph()));
  OutputList last = ops::For(range.start, range.limit, range.delta, InputList(vars), f);
  WEIR_RETURN_IF_ERROR(b.status());
  return last;
}

}  // namespace weir
