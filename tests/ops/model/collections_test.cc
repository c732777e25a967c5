// Collections: through a MetaGraphDef and back they are what they were, and for TensorFlow, too
// (tests/oracle/check_state.py reads what is kept here).
#include "weir/ops/model/collections.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "weir/graph/export.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/model/metrics.h"
#include "weir/ops/model/moving_average.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/registry.h"

namespace weir {
namespace {

// Every list, an item a line: "losses tensor mean_squared_error/value:0".
std::string Lines(Builder& b, const std::string& prefix = "") {
  std::string lines;
  auto add = [&](const std::string& key, const char* kind, const std::string& name) {
    EXPECT_TRUE(name.starts_with(prefix)) << name;
    lines += key + " " + kind + " " + name.substr(prefix.size()) + "\n";
  };
  for (const auto& [key, c] : CollectionsOf(b)) {
    for (const Variable& v : c.variables) add(key, v.trainable() ? "trained" : "variable", v.handle().name());
    for (const Output& o : c.outputs) add(key, "tensor", o.name());
    for (const Operation& o : c.operations) add(key, "op", o.name());
  }
  return lines;
}

// A model with something in every collection.
void BuildModel(Builder& g) {
  Output x = ops::Placeholder(g, kFloat, {4, 3}, {.name = "x"}), y = ops::Placeholder(g, kFloat, {4, 2}, {.name = "y"});
  Output hidden = layers::BatchNormalization(layers::Dense(x, 5, {.name = "hidden"}), {.training = true});
  Output out = layers::Dense(hidden, 2, {.name = "out"});
  Output loss = losses::MeanSquaredError(y, out);
  Variable own(g, {1.5f}, {.name = "own", .collections = {collection::kGlobalVariables, collection::kModelVariables}});
  Variable step(g, Tensor(int64_t{0}), {.name = "step", .trainable = false});
  Variable old(g, {1.0f, 2.0f}, {.name = "old", .reference = true});
  VariableCollection(g, collection::kGlobalStep).push_back(step);
  VariableCollection(g, "mine").push_back(own);
  OutputCollection(g, "activations") = {hidden, out};
  OutputCollection(g, collection::kSummaries).push_back(ops::Identity(loss, {.name = "seen"}));
  metrics::MeanAbsoluteError(y, out, {.metrics_collections = {"figures"}, .updates_collections = {"figures_updates"}});
  GradientDescentOptimizer(0.1f).Minimize(loss + own * own);
  ExponentialMovingAverage(0.9f).Apply(TrainableVariables(g));
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
}

std::string Meta(Builder& g) {
  auto meta = MetaGraphOf(g);
  EXPECT_TRUE(meta.ok()) << meta.status().ToString();
  auto bytes = ExportMetaGraph(g.graph(), *meta);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : "";
}

TEST(Collections, GoThroughAMetaGraphAndBack) {
  Builder g;
  BuildModel(g);
  const std::string want = Lines(g), bytes = Meta(g);
  for (const char* key : {"variables ", "trainable_variables ", "local_variables ", "model_variables ",
                          "metric_variables ", "moving_average_variables ", "global_step ", "losses ", "update_ops op ",
                          "train_op op ", "summaries ", "mine ", "activations ", "figures ", "figures_updates "}) {
    EXPECT_NE(("\n" + want).find(std::string("\n") + key), std::string::npos) << key << "is in none of\n" << want;
  }
  Builder again(LoadGraphFromString(bytes, &AllOps()));
  EXPECT_EQ(Lines(again), want);
  EXPECT_EQ(again.graph().local_variables(), g.graph().local_variables());
  EXPECT_EQ(Meta(again), bytes) << "written again it is the same, byte for byte";
  if (const char* folder = std::getenv("WEIR_KEEP_FOR_TENSORFLOW")) {
    ASSERT_TRUE(SaveMetaGraph(g.graph(), MetaGraphOf(g).value(), std::string(folder) + "/collections.meta").ok());
    std::ofstream(std::string(folder) + "/collections.txt") << want;
  }
}

TEST(Collections, OfAnImportedGraphJoinUnderItsPrefix) {
  Builder g, into;
  BuildModel(g);
  auto loaded = LoadGraphFromString(Meta(g), &AllOps());
  ASSERT_TRUE(loaded.ok());
  ImportGraph(into, loaded->graph, {.prefix = "old"});
  ASSERT_TRUE(into.status().ok()) << into.status().ToString();
  EXPECT_EQ(Lines(into, "old/"), Lines(g));
}

TEST(Collections, ThoseOfVariablesHoldNothingElse) {
  Builder g;
  OutputCollection(g, collection::kTrainableVariables).push_back(ops::Placeholder(g, kFloat, {}));
  Status s = MetaGraphOf(g).status();
  EXPECT_EQ(s.code(), Code::kInvalidArgument);
  EXPECT_NE(s.message().find("'trainable_variables' holds more than variables"), std::string::npos) << s.ToString();
}

TEST(Collections, WhatAFileSaysBesideThemStays) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  ops::Relu(x, {.name = "y"});
  MetaGraph meta;
  meta.tags = {"serve"};
  meta.signatures["serving_default"] = {"predict", {{"in", {"x:0", kFloat, {2}}}}, {{"out", {"y:0", kFloat, {2}}}}};
  meta.collections["numbers"].ints = {1, 2, 3};
  meta.collections["rates"].floats = {0.5f};
  meta.collections["notes"].bytes = {"a", "b"};
  meta.collections["names"].nodes = {"y:0", "x"};
  Builder again(LoadGraphFromString(ExportMetaGraph(g.graph(), meta).value(), &AllOps()));
  OutputCollection(again, "names").push_back(again.FindOutput("x:0"));
  auto kept = LoadGraphFromString(Meta(again), &AllOps()).value().meta;
  EXPECT_EQ(kept->tags, meta.tags);
  EXPECT_EQ(kept->signatures.at("serving_default").inputs.at("in").name, "x:0");
  EXPECT_EQ(kept->signatures.at("serving_default").outputs.at("out").shape.ToString(), "[2]");
  EXPECT_EQ(kept->collections.at("numbers").ints, meta.collections["numbers"].ints);
  EXPECT_EQ(kept->collections.at("rates").floats, meta.collections["rates"].floats);
  EXPECT_EQ(kept->collections.at("notes").bytes, meta.collections["notes"].bytes);
  EXPECT_EQ(kept->collections.at("names").nodes, (std::vector<std::string>{"y:0", "x:0", "x"}));
}

// Whatever ended so was taken for a list of variables once, and what it held was lost.
TEST(Collections, ANameThatEndsLikeOneOfVariablesIsNone) {
  Builder g;
  Variable v(g, 1.0f, {.name = "v"});
  MetaGraph meta;
  meta.collections["my_variables"].bytes = {"a", std::string("\0\xff", 2), ""};
  meta.collections["their_variables"].nodes = {"v:0"};
  const std::string bytes = ExportMetaGraph(g.graph(), meta).value();
  auto loaded = LoadGraphFromString(bytes, &AllOps()).value().meta;
  EXPECT_EQ(loaded->variables.count("my_variables"), 0u);
  EXPECT_EQ(loaded->collections.at("my_variables").bytes, meta.collections["my_variables"].bytes);
  Builder again(LoadGraphFromString(bytes, &AllOps()));
  EXPECT_EQ(VariableCollection(again, "their_variables").size(), 1u);
  auto kept = LoadGraphFromString(Meta(again), &AllOps()).value().meta;
  EXPECT_EQ(kept->collections.at("my_variables").bytes, meta.collections["my_variables"].bytes);
  EXPECT_EQ(kept->collections.at("their_variables").nodes, meta.collections["their_variables"].nodes);
}

}  // namespace
}  // namespace weir
