// Golden cases of passes: one small text file each in tests/data/passes. The runner verifies before and after, compares
// exactly, asserts that "changed" is told iff the text differs, runs the passes again (nothing may change), and
// executes both graphs on random feeds. `WEIR_UPDATE_GOLDEN=1 weir_tests --gtest_filter=*Passes*` writes what the
// passes give: read it before it is committed.
//
//   # why this case exists
//   passes: fold_constants prune
//   --- before
//   x = Placeholder() {dtype: f32, shape: [2]}
//   …
//   --- after
//   …
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "weir/graph/pass.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/registry.h"
#include "weir/session/compile/passes.h"
#include "weir/session/session.h"

namespace weir {
namespace {

struct GoldenCase {
  std::string head, before, after;
  std::vector<std::string> passes;
};

GoldenCase Read(const std::string& path) {
  GoldenCase c;
  std::ifstream file(path);
  std::string* part = &c.head;
  for (std::string line; std::getline(file, line);) {
    if (line == "--- before") { part = &c.before; continue; }
    if (line == "--- after") { part = &c.after; continue; }
    *part += line + '\n';
  }
  std::istringstream words(c.head.substr(c.head.find("passes:") + 7));
  for (std::string word; words >> word;) c.passes.push_back(word);
  return c;
}

Result<bool> RunPasses(const std::vector<std::string>& names, Graph& g) {
  PassContext context = MakePassContext();
  bool changed = false;
  for (const std::string& name : names) {
    WEIR_ASSIGN_OR_RETURN(const Pass* pass, FindPass(name));
    WEIR_ASSIGN_OR_RETURN(bool c, RunPass(*pass, g, context));
    changed |= c;
    WEIR_RETURN_IF_ERROR(Verify(g));
  }
  return changed;
}

std::string Print(const Graph& g) { return PrintGraph(g, {.types = false, .locs = false}); }

Tensor RandomTensor(DType dtype, const Shape& shape, std::mt19937& rng) {
  Tensor t = Tensor::Zeros(dtype, shape);
  DispatchType(dtype, RealAndBoolTypes{}, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < t.num_elements(); ++i)
      t.mutable_data<T>()[i] =
          static_cast<T>(static_cast<float>(rng() % 16) / 4 - (std::is_floating_point_v<T> ? 2.0f : 0.0f));
  });
  return t;
}

// What the graph's `_Retval` nodes give.
Result<std::vector<Tensor>> Execute(const Graph& g) {
  std::mt19937 rng(1);
  NamedFeeds feeds;
  std::vector<std::string> fetches, targets;
  for (NodeId id : g.nodes()) {
    const Node& n = g.node(id);
    if (n.Is("Placeholder"))
      feeds.push_back(
          {n.name(), RandomTensor(n.type_attr("dtype"), n.attr<PartialShape>("shape").ToShape().value(), rng)});
    if (n.Is("_Retval")) fetches.push_back(g.EndpointName(n.input(0)));
    if (n.name() == "_targets") targets.push_back(n.name());
  }
  Session s(g, {.threads = 1, .optimize = false});
  for (NodeId id : g.nodes()) {
    const Node& n = g.node(id);
    if (!n.Is("VarHandleOp") && !n.Is("VariableV2")) continue;
    std::string shared = n.attr<std::string>("shared_name");
    WEIR_RETURN_IF_ERROR(
        s.SetVariable(shared.empty() ? n.name() : shared,
                      RandomTensor(n.type_attr("dtype"), n.attr<PartialShape>("shape").ToShape().value(), rng)));
  }
  return s.Run(feeds, fetches, targets);
}

class Passes : public testing::TestWithParam<std::string> {};

TEST_P(Passes, Golden) {
  std::string path = std::string(WEIR_TEST_DATA) + "/passes/" + GetParam() + ".txt";
  GoldenCase c = Read(path);
  auto before = ParseGraph(c.before, &AllOps());
  ASSERT_TRUE(before.ok()) << before.status().ToString();
  ASSERT_TRUE(Verify(*before).ok());
  Graph g = *before;
  auto changed = RunPasses(c.passes, g);
  ASSERT_TRUE(changed.ok()) << changed.status().ToString();
  std::string got = Print(g);
  if (std::getenv("WEIR_UPDATE_GOLDEN"))
    std::ofstream(path) << c.head << "--- before\n" << c.before << "--- after\n" << got;
  else EXPECT_EQ(got, c.after);
  EXPECT_EQ(*changed, got != Print(*before)) << "\"changed\" must be told iff the text differs";
  auto again = RunPasses(c.passes, g);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(*again) << "a second run changed the graph";
  EXPECT_EQ(Print(g), got);
  auto want = Execute(*before), have = Execute(g);
  ASSERT_TRUE(want.ok()) << want.status().ToString();
  ASSERT_TRUE(have.ok()) << have.status().ToString();
  ASSERT_EQ(want->size(), have->size());
  EXPECT_LE(before->num_nodes(), 24) << "golden cases stay small";
  for (size_t i = 0; i < want->size(); ++i)
    EXPECT_TRUE((*want)[i].Identical((*have)[i])) << "result " << i << ": " << (*want)[i] << " became " << (*have)[i];
}

std::vector<std::string> CaseNames() {
  std::vector<std::string> names;
  for (const auto& f : std::filesystem::directory_iterator(std::string(WEIR_TEST_DATA) + "/passes"))
    names.push_back(f.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, Passes, testing::ValuesIn(CaseNames()), [](const auto& info) { return info.param; });

TEST(Verifier, CatchesAPassThatBreaksTheGraph) {
  auto g = ParseGraph("x = Placeholder() {dtype: f32, shape: [2]}\ny = Relu(x)\n", &AllOps());
  ASSERT_TRUE(g.ok());
  NodeId y = g->Find("y");
  ASSERT_TRUE(g->SetInputs(y, {}, {}).ok());
  EXPECT_NE(Verify(*g).ToString().find("Relu 'y' takes 1 inputs, not 0"), std::string::npos) << Verify(*g).ToString();
}

}  // namespace
}  // namespace weir
