// SavedModels written and loaded again; TensorFlow loads them too (tests/oracle/check_saved.py).
#include "weir/session/save/saved_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/graph/base/file.h"
#include "weir/session/save/checkpoint_reader.h"
#include "weir/tests/out_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// y = x · w + b, of a resource variable and a reference, with an asset's path and an init op that sets a counter.
struct Linear {
  Builder g;
  Output x, y, path;
  Variable w, b, count;
  Operation init, initialize;

  Linear() {
    x = ops::Placeholder(g, kFloat, {kUnknownDim, 2}, {.name = "x"});
    w = Variable(g, Tensor::Of<float>({2, 1}, {2, 3}), {.name = "w"});
    b = Variable(g, Tensor::Of<float>({1}, {0.5f}), {.name = "b", .reference = true});
    count = Variable(g, Tensor(int64_t{0}), {.name = "count", .trainable = false});
    y = ops::Add(ops::MatMul(x, w), b, {.name = "y"});
    path = g.Constant(Tensor(std::string("unset")), {.name = "path"});
    init = ops::AssignAdd(count, Tensor(int64_t{7}));
    initialize = GlobalVariablesInitializer(g);
  }
  MetaGraphOptions Options() {
    return {.signatures = {{"serving_default", PredictSignature({{"x", x}}, {{"y", y}})},
                           {"count", PredictSignature({}, {{"count", count.snapshot()}})}}};
  }
};

std::string Fresh(const std::string& name) {
  const std::string folder = OutFolder() + "/" + name;
  fs::remove_all(folder);
  return folder;
}

std::string AFile(const std::string& path) {
  std::ofstream(path) << "words";
  return path;
}

const Tensor kX = Tensor::Of<float>({2, 2}, {1, 1, 0, 2});

TEST(SavedModels, IsLoadedWithItsVariablesAndSignatures) {
  Linear m;
  Session session(m.g, {.threads = 1});
  ASSERT_TRUE(session.Run(m.initialize).ok());
  ASSERT_TRUE(session.SetVariable("w", Tensor::Of<float>({2, 1}, {10, 20})).ok());
  const std::string folder = Fresh("linear");
  SavedModelBuilder builder(folder);
  MetaGraphOptions options = m.Options();
  options.assets = {{m.path, AFile(OutFolder() + "/words.txt")}};
  options.init_op = m.init;
  ASSERT_TRUE(builder.AddMetaGraph(m.g, options).ok());
  const Status saved = builder.Save(session);
  ASSERT_TRUE(saved.ok()) << saved.ToString();
  EXPECT_TRUE(fs::exists(folder + "/assets/words.txt"));
  EXPECT_EQ(m.g.graph().Find("save/restore_all"), NodeId{}) << "the program's own graph stays as it was";

  auto loaded = LoadSavedModel(folder);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_TRUE(loaded->notes().empty());
  auto out = loaded->Run("serving_default", {{"x", kX}});
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(out->at("y").ToString(), "[[30.5], [40.5]]");
  EXPECT_EQ(loaded->Run("count", {}).value().at("count").ToString(), "7") << "the init op has run";
  EXPECT_EQ(loaded->signatures().at("serving_default").method_name, "tensorflow/serving/predict");
  EXPECT_EQ(loaded->signatures().at("serving_default").inputs.at("x").shape.ToString(), "[?,2]");
}

TEST(SavedModels, SaysWhatThereIs) {
  Linear m;
  Session session(m.g, {.threads = 1});
  ASSERT_TRUE(session.Run(m.initialize).ok());
  const std::string folder = Fresh("says");
  SavedModelBuilder builder(folder);
  ASSERT_TRUE(builder.AddMetaGraph(m.g, m.Options()).ok());
  ASSERT_TRUE(builder.Save(session).ok());
  SavedModel loaded = LoadSavedModel(folder).value();
  const Status signature = loaded.Run("serve", {}).status();
  EXPECT_EQ(signature.code(), Code::kNotFound);
  EXPECT_NE(signature.help().find("count, serving_default"), std::string::npos) << signature.ToString();
  const Status inputs = loaded.Run("serving_default", {{"z", kX}}).status();
  EXPECT_EQ(inputs.message(), "error[feed]: signature 'serving_default' takes x, not z");
  const Status tags = LoadSavedModel(folder, {"train"}).status();
  EXPECT_NE(tags.details().find("tags present: 'serve'"), std::string::npos) << tags.ToString();
  EXPECT_EQ(LoadSavedModel(folder + "/saved_model.pb").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(LoadSavedModel(folder + "/none").status().code(), Code::kNotFound);
  EXPECT_EQ(builder.Save(session).code(), Code::kAlreadyExists) << "the folder has files";
}

TEST(SavedModels, OfSeveralGraphsShareVariables) {
  Linear serve, train;
  train.y = ops::ReduceSum(train.y, {}, {.name = "sum"});
  Session session(train.g, {.threads = 1});
  ASSERT_TRUE(session.Run(train.initialize).ok());
  const std::string folder = Fresh("several");
  SavedModelBuilder builder(folder);
  ASSERT_TRUE(builder.AddMetaGraph(train.g, {.tags = {"train", "cpu"},
                                             .signatures = {{"sum", PredictSignature({{"x", train.x}},
                                                                                     {{"sum", train.y}})}}}).ok());
  EXPECT_EQ(builder.AddMetaGraph(train.g, {.tags = {"cpu", "train"}}).code(), Code::kAlreadyExists);
  ASSERT_TRUE(builder.AddMetaGraph(serve.g, serve.Options()).ok());
  ASSERT_TRUE(builder.Save(session).ok());
  EXPECT_EQ(LoadSavedModel(folder).value().Run("serving_default", {{"x", kX}}).value().at("y").ToString(),
            "[[5.5], [6.5]]");
  SavedModel training = LoadSavedModel(folder, {"cpu", "train"}).value();
  EXPECT_EQ(training.Run("sum", {{"x", kX}}).value().at("sum").ToString(), "12");
  EXPECT_EQ(CheckpointReader::Open(folder + "/variables/variables").value().List().size(), 3u);
}

TEST(SavedModels, LeavesOutWhatIsAskedFor) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"}), y;
  {
    auto device = g.Device("/gpu:0");
    y = ops::Relu(x, {.name = "y"});
  }
  ASSERT_TRUE(g.mutable_graph().SetAttr(x.endpoint().node, "shape", PartialShape::Unknown()).ok());
  Session session(g, {.threads = 1});
  const std::string folder = Fresh("stripped");
  SavedModelBuilder builder(folder);
  ASSERT_TRUE(builder.AddMetaGraph(g, {.clear_devices = true, .strip_default_attrs = true}).ok());
  ASSERT_TRUE(builder.Save(session).ok());
  const Graph stripped = LoadGraph(folder).value().graph;
  EXPECT_EQ(stripped[stripped.Find("y")].device(), "");
  EXPECT_EQ(stripped[stripped.Find("x")].attrs().count("shape"), 0u) << "the default";
  EXPECT_EQ(g.graph()[y.endpoint().node].device(), "/gpu:0");
}

TEST(SavedModels, IsCopiedAsItIs) {
  Linear m;
  const std::string folder = Fresh("original"), copy = Fresh("copy"), text = Fresh("text");
  Session session(m.g);
  ASSERT_TRUE(session.Run(m.initialize).ok());
  SavedModelBuilder builder(folder);
  MetaGraphOptions options = m.Options();
  options.assets = {{m.path, AFile(OutFolder() + "/words.txt")}};
  ASSERT_TRUE(builder.AddMetaGraph(m.g, options).ok());
  options.tags = {"train"};
  ASSERT_TRUE(builder.AddMetaGraph(m.g, options).ok());
  ASSERT_TRUE(builder.Save(session).ok());
  auto graphs = LoadAllGraphs(folder, &DefaultOps()).value();
  ASSERT_EQ(graphs.size(), 2u);
  EXPECT_EQ(graphs[1].meta->tags, std::vector<std::string>{"train"});
  ASSERT_TRUE(CopySavedModel(folder, graphs, copy + "/").ok());
  ASSERT_TRUE(CopySavedModel(folder, graphs, text, /*text=*/true).ok());
  EXPECT_EQ(io::ReadFile(folder + "/saved_model.pb").value(), io::ReadFile(copy + "/saved_model.pb").value());
  for (const std::string& other : {copy, text}) {
    auto loaded = LoadSavedModel(other, {"train"}).value();
    EXPECT_EQ(loaded.Run("serving_default", {{"x", kX}}).value().at("y").ToString(), "[[5.5], [6.5]]");
    EXPECT_TRUE(fs::exists(other + "/assets/words.txt"));
  }
  EXPECT_EQ(CopySavedModel(folder, graphs, copy).code(), Code::kAlreadyExists);
  EXPECT_EQ(CopySavedModel(folder, graphs, copy + "/saved_model.pb/x").ok(), false);
}

TEST(SavedModels, IsNotThereAfterAnError) {
  Linear m;
  Session session(m.g, {.threads = 1});
  const std::string folder = Fresh("unsaved");
  SavedModelBuilder builder(folder);
  EXPECT_EQ(builder.Save(session).code(), Code::kFailedPrecondition) << "no graph";
  ASSERT_TRUE(builder.AddMetaGraph(m.g, m.Options()).ok());
  const Status s = builder.Save(session);
  EXPECT_NE(s.message().find("has no value"), std::string::npos) << s.ToString();
  EXPECT_FALSE(fs::exists(folder));
  for (const auto& entry : fs::directory_iterator(OutFolder()))
    EXPECT_EQ(entry.path().string().find("unsaved.temp"), std::string::npos) << entry.path();
  Linear other;
  EXPECT_EQ(builder.AddMetaGraph(m.g, {.tags = {"t"}, .assets = {{other.path, "/none"}}}).code(),
            Code::kInvalidArgument);
  EXPECT_EQ(builder.AddMetaGraph(m.g, {.tags = {"t"}, .assets = {{m.path, "/none"}}}).code(), Code::kNotFound);
  SignatureInfo wrong = PredictSignature({}, {{"y", Output()}});
  EXPECT_EQ(builder.AddMetaGraph(m.g, {.tags = {"t"}, .signatures = {{"s", wrong}}}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir
