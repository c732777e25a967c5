// An op with a kernel from outside, built against the installed package: declared, registered, run, saved and loaded.
#include <cstdio>

#include "weir/weir.h"

using namespace weir;

namespace {

// y = x³, in parts that threads share.
Status PrepareCube(PrepareContext& c) {
  c.ParallelOver(c.input_shape(0).num_elements(), 0.5);
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto zero) {
    using T = decltype(zero);
    c.SetRun([](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) a.out<T>(0)[i] = a.in<T>(0)[i] * a.in<T>(0)[i] * a.in<T>(0)[i];
    });
  });
}

void DeclareCube(OpRegistry& r) {
  r.Add("Cube")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {float, double}")
      .Doc("x³, element by element.")
      .Shape([](ShapeContext& c) { return c.set_output(0, c.input(0)), Status(); });
}

bool Check(bool ok, const char* what) {
  if (!ok) std::printf("failed: %s\n", what);
  return ok;
}

}  // namespace

int main() {
  bool ok = Check(!RegisterOps([](OpRegistry& r) {
                     r.Add("MatMul").Output("y: float").Shape([](ShapeContext&) { return Status(); });
                   }).ok(),
                  "a name that is taken");
  ok &= Check(!RegisterOps([](OpRegistry& r) { r.Add("NoShape").Output("y: float"); }).ok(),
              "an op without shape function");
  ok &= Check(!RegisterKernels([](KernelRegistry& r) { r.Add("MatMul", PrepareCube); }).ok(), "a kernel that is there");
  RegisterOps(DeclareCube).Check();
  RegisterKernels([](KernelRegistry& r) { r.Add("Cube", PrepareCube).InPlace(0, 0); }).Check();

  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}), y = Make("Cube", {x + 1.0f}, {}, {.name = "y"});
  Session session(g);
  ok &= Check(session.Run(y, {{x, {0, 1, 2}}}).value().ToString() == "[1, 8, 27]", "the op's value");
  Session loaded(ImportGraphDef(ExportGraphDef(g.graph()).value(), &AllOps()).value());
  ok &= Check(loaded.Run({{"x", Tensor::Of<float>({1}, {3})}}, {"y"}).value()[0].ToString() == "[64]",
              "the op of a saved graph");
  ok &= Check(!RegisterOps(DeclareCube).ok() && !RegisterKernels([](KernelRegistry&) {}).ok(), "too late");
  return ok ? 0 : 1;
}
