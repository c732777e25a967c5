// C++ functions as ops; registering ops and kernels after the first use is refused. (That it works before is shown by
// tests/consumers/custom_op.cc, a process of its own.)
#include "weir/ops/custom/custom.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "weir/graph/export.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/kernels.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

using Tensors = std::vector<Tensor>;

Result<Tensors> Doubled(const Tensors& in) {
  WEIR_ASSIGN_OR_RETURN(Tensor out, in[0].Clone());
  for (int64_t i = 0; i < out.num_elements(); ++i) out.mutable_data<float>()[i] *= 2;
  return Tensors{out};
}

TEST(CppFunc, ComputesAmongOtherOps) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output unknown = ops::CppFunc(g, {x + 1.0f}, {kFloat}, Doubled)[0] + 0.5f;
  Output known = ops::CppFunc(g, {x + 1.0f}, {kFloat}, Doubled, {.stateful = false, .shapes = {{None}}})[0] + 0.5f;
  Output fixed = ops::CppFunc(g, {x + 1.0f}, {kFloat}, Doubled, {.shapes = {{2}}})[0] + 0.5f;
  Session s(g, {.threads = 2});
  for (int run = 0; run < 2; ++run) {
    for (const Tensor& t : s.Run({unknown, known, fixed}, {{x, {1, 2}}}).value()) EXPECT_EQ(t.ToString(), "[4.5, 6.5]");
  }
  EXPECT_EQ(s.Run(unknown, {{x, {1, 2, 3}}}).value().ToString(), "[4.5, 6.5, 8.5]");
}

TEST(CppFunc, OfNothingAndOfSeveralDtypes) {
  Builder g;
  int calls = 0;
  auto next = [&calls](const Tensors&) -> Result<Tensors> {
    return Tensors{Tensor(int64_t{++calls}), Tensor("call " + std::to_string(calls))};
  };
  auto both =
      ops::CppFunc(g, {}, {kInt64, kString}, next, {.shapes = {PartialShape(Shape()), PartialShape::Unknown()}});
  Output twice = ops::CppFunc(g, {}, {kInt64},
                              [&calls](const Tensors&) -> Result<Tensors> { return Tensors{Tensor(int64_t{++calls})}; },
                              {.shapes = {PartialShape(Shape())}})[0] *
                 ops::Constant(g, 2, kInt64);
  Session s(g, {.threads = 1});
  EXPECT_EQ(calls, 0);
  auto got = s.Run({both[0], both[1]}).value();
  EXPECT_EQ(got[0].ToString() + got[1].ToString(), "1\"call 1\"");
  EXPECT_EQ(s.Run(both[1]).value().ToString(), "\"call 2\"") << "a function with a state runs in each run";
  EXPECT_EQ(s.Run(twice).value().ToString(), "6");
}

TEST(CppFunc, StatelessOnesAreMergedAndFolded) {
  Builder g;
  int calls = 0;
  auto count = [&calls](const Tensors& in) -> Result<Tensors> { return ++calls, Tensors{in[0]}; };
  Output y = ops::CppFunc(g, {ops::Constant(g, {1.f, 2.f})}, {kFloat}, count, {.stateful = false})[0] * 3.0f;
  Session s(g, {.threads = 1});
  for (int run = 0; run < 3; ++run) EXPECT_EQ(s.Run(y).value().ToString(), "[3, 6]");
  EXPECT_LE(calls, 1);
}

TEST(CppFunc, ErrorsNameTheNode) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  auto make = [&](const char* name, CppFunction fn, std::vector<PartialShape> shapes = {}) {
    return ops::CppFunc(g, {x}, {kFloat}, std::move(fn), {.shapes = std::move(shapes), .name = name})[0];
  };
  Output fails = make("fails", [](const Tensors&) -> Result<Tensors> { return InvalidArgument("does not like it"); });
  Output throws = make("throws", [](const Tensors&) -> Result<Tensors> { throw std::runtime_error("oh no"); }, {{2}});
  Output dtype = make("dtype", [](const Tensors&) -> Result<Tensors> { return Tensors{Tensor(1)}; });
  Output shape = make("shape", [](const Tensors& in) -> Result<Tensors> { return in; }, {{3}});
  Output number = make("number", [](const Tensors&) -> Result<Tensors> { return Tensors{}; });
  Output none = make("none", nullptr);
  Session s(g, {.threads = 1});
  auto error = [&](Output y) { return s.Run(y, {{x, {1, 2}}}).status().ToString(); };
  EXPECT_NE(error(fails).find("CppFunc 'fails' does not like it"), std::string::npos) << error(fails);
  EXPECT_NE(error(throws).find("CppFunc 'throws' threw an exception: oh no"), std::string::npos) << error(throws);
  EXPECT_NE(error(dtype).find("CppFunc 'dtype' gave i32[] as result 0, not f32"), std::string::npos) << error(dtype);
  EXPECT_NE(error(shape).find("CppFunc 'shape' gave f32[2] as result 0, not f32[3]"), std::string::npos)
      << error(shape);
  EXPECT_NE(error(number).find("CppFunc 'number' gave 0 results, not 1"), std::string::npos) << error(number);
  EXPECT_NE(error(none).find("has no C++ function to call"), std::string::npos) << error(none);
}

TEST(CppFunc, AfterAnErrorThereAreAsManyAsAsked) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2, 8}), bad = ops::MatMul(x, x);
  ASSERT_FALSE(g.status().ok());
  OutputList z = ops::CppFunc(g, {bad}, {kFloat, kInt32}, Doubled);
  EXPECT_EQ(z.size(), 2u);
  EXPECT_FALSE(ops::Sigmoid(z[1]).valid());
  EXPECT_FALSE(ops::Sigmoid(z[7]).valid()) << "of more than were asked for";
}

TEST(CppFunc, FilesRefuseIt) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}),
         y = ops::CppFunc(g, {x}, {kFloat}, Doubled, {.name = "mine"})[0];
  for (const Status& s :
       {ExportGraphDef(g.graph()).status(), SaveGraph(g.graph(), ::testing::TempDir() + "/custom.weir")}) {
    EXPECT_NE(s.ToString().find("CppFunc 'mine' calls a C++ function of this process, which no file can hold"),
              std::string::npos)
        << s.ToString();
  }
  Gradients({y}, {x});
  EXPECT_NE(g.status().ToString().find("it is a C++ function"), std::string::npos) << g.status().ToString();
}

TEST(CppFunc, OfAFileSaysWhatItIs) {
  const char* text =
      R"(node { name: "mine" op: "CppFunc" attr { key: "Tin" value { list {} } }
                attr { key: "Tout" value { list { type: DT_FLOAT } } } })";
  auto loaded = ImportGraphDefText(text, &AllOps());
  Status s = loaded.ok() ? Verify(*loaded) : loaded.status();
  EXPECT_NE(s.ToString().find("calls a C++ function, which no file can hold"), std::string::npos) << s.ToString();
}

TEST(CustomOps, ComeBeforeTheFirstUse) {
  Builder g;
  Session s(g, {.threads = 1});
  Status op = RegisterOps([](OpRegistry&r) { r.Add("Late").Output("y: float"); }),
         kernel = RegisterKernels([](KernelRegistry&) {});
  EXPECT_EQ(op.code(), Code::kFailedPrecondition);
  EXPECT_NE(op.ToString().find("before the first Builder"), std::string::npos) << op.ToString();
  EXPECT_EQ(kernel.code(), Code::kFailedPrecondition);
  EXPECT_NE(kernel.ToString().find("before the first Session"), std::string::npos) << kernel.ToString();
}

}  // namespace
}  // namespace weir
