// Ops of your own: C++ functions as ops, and op definitions and kernels from outside the library.
//
//   auto fn = [](const std::vector<Tensor>& in) -> Result<std::vector<Tensor>> { … };
//   Output y = ops::CppFunc(g, {x}, {kFloat}, fn)[0];
//
// A function is the quick way; no file can hold it. An op of its own is built, saved, inferred and planned as any
// other (tests/consumers/custom_op.cc is a whole program):
//
//   Status s = RegisterOps([](OpRegistry& r) {
//     r.Add("Cube").Input("x: float").Output("y: float").Doc("x³.").Shape(CubeShape);      // graph/op_def.h
//   });
//   s = RegisterKernels([](KernelRegistry& r) { r.Add("Cube", PrepareCube).InPlace(0, 0); });  // ops/kernels.h
//   Output y = Make("Cube", {x});
#pragma once

#include <functional>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace ops {

struct CppFuncOptions {
  // Has effects or a state: runs once each run that asks for it, in no order but that of inputs and control
  // dependencies. Else the same inputs give the same outputs, and a call may be left out, merged with an equal one, or
  // made while compiling.
  bool stateful = true;
  // Of the outputs, where known; checked. What follows an unknown shape is planned while running.
  std::vector<PartialShape> shapes = {};
  std::string name = {};
};

// Calls `fn` with the inputs' values; its results are the outputs, of these dtypes. It runs on the thread of the run,
// or of several runs at once; inputs are views that it must not keep (Clone them). What it returns is copied into the
// plan's memory. Errors: those it returns or throws, results of other dtypes or shapes, or another number of them. It
// has no gradient. The graph holds the function; ExportGraphDef and SaveGraph refuse it, and a graph of a file cannot
// have it.
OutputList CppFunc(At g, const InputList& inputs, const std::vector<DType>& outputs, CppFunction fn,
                   const CppFuncOptions& options = {});

}  // namespace ops
}  // namespace weir
