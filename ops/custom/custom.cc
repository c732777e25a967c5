// CppFunc and CppFuncStateless: a C++ function as an op. How ops from outside join the registry is in ops/registry.cc.
#include "weir/ops/custom/custom.h"

#include "weir/ops/registry.h"

namespace weir {

namespace {

Status CppFuncShape(ShapeContext& c) {
  const AttrList shapes = c.attr<AttrList>("shapes");
  if (!shapes.shape.empty() && static_cast<int>(shapes.shape.size()) != c.num_outputs()) {
    return InvalidArgument("is told " + std::to_string(shapes.shape.size()) + " shapes for " +
                           std::to_string(c.num_outputs()) + " outputs");
  }
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, shapes.shape.empty() ? PartialShape::Unknown() : shapes.shape[i]);
  return {};
}

OpDef& AddCppFunc(OpRegistry& r, std::string name, std::string_view doc) {
  return r.Add(std::move(name))
      .Input("inputs: Tin")
      .Output("outputs: Tout")
      .Attr("function: cpp_function")
      .Attr("Tin: list(type)")
      .Attr("Tout: list(type)")
      .Attr("shapes: list(shape) = []")
      .Doc(doc)
      .Shape(CppFuncShape)
      .NoGradient("it is a C++ function", false);
}

}  // namespace

void RegisterCustomOps(OpRegistry& r) {
  AddCppFunc(r, "CppFunc",
             "Calls a C++ function that has effects or a state, with the inputs' values. No file can hold it.")
      .Stateful();
  AddCppFunc(r, "CppFuncStateless",
             "Calls a C++ function that gives the same for the same inputs. No file can hold it.");
}

OutputList ops::CppFunc(At g, const InputList& inputs, const std::vector<DType>& outputs, CppFunction fn,
                        const CppFuncOptions& options) {
  AttrList shapes;
  shapes.shape = options.shapes;
  AttrMap attrs = {{"function", CppFunctionRef{std::make_shared<const CppFunction>(std::move(fn))}},
                   {"Tout", outputs},
                   {"shapes", std::move(shapes)}};
  Builder& b = *g.builder;
  Operation op = b.AddNode(options.stateful ? "CppFunc" : "CppFuncStateless", inputs, std::move(attrs),
                           {.name = options.name}, g.loc);
  OutputList results;
  for (size_t i = 0; i < outputs.size(); ++i) results.push_back(b.OutputOf(op, static_cast<int>(i)));
  return results;
}

}  // namespace weir
