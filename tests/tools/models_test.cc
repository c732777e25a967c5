// The verbs of the graphdef tool that look at whole models and make others of them: show, diff, extract, freeze,
// convert, and ckpt's diff, convert and merge.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/graph/export.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/collections.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/meta_graph.h"
#include "weir/session/save/saved_model.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/tools/graphdef_fixture.h"

namespace weir {
namespace {

constexpr char kFeed[] = " --feed 'x=[[1,1],[0,2]]'", kResult[] = "y:0 f32[2,1] [[5.5], [6.5]]\n";

class GraphdefModels : public Graphdef {
 protected:
  // y = x · w + b: model.meta with the checkpoint `model` beside it, and the SavedModel `exported`.
  GraphdefModels() {
    weir::Output x = ops::Placeholder(g_, kFloat, {kUnknownDim, 2}, {.name = "x"});
    Variable w(g_, Tensor::Of<float>({2, 1}, {2, 3}), {.name = "w"});
    Variable b(g_, Tensor::Of<float>({1}, {0.5f}), {.name = "b", .reference = true});
    weir::Output h = ops::MatMul(x, w, {.name = "h"});
    weir::Output y = ops::Add(h, b, {.name = "y"});
    weir::Output path = g_.Constant(Tensor(std::string("unset")), {.name = "path"});
    OutputCollection(g_, "results").push_back(y);
    Operation init = GlobalVariablesInitializer(g_);
    Session session(g_);
    session.Run(init).Check();
    Saver(&session).Save(File("model")).value();
    SaveMetaGraph(g_, File("model.meta")).Check();
    std::ofstream(File("words.txt")) << "words";
    MetaGraphOptions options{.signatures = {{"serving_default", PredictSignature({{"in", x}}, {{"out", y}})}},
                             .assets = {{path, File("words.txt")}}};
    SavedModelBuilder builder(File("exported"));
    builder.AddMetaGraph(g_, options).Check();
    options.tags = {"train"}, options.signatures["inner"] = PredictSignature({{"in", x}}, {{"hidden", h}});
    builder.AddMetaGraph(g_, options).Check();
    builder.Save(session).Check();
  }

  std::string Out(const std::string& name) const { return " -o " + File(name); }
  void ExpectComputes(const std::string& model, const std::string& more = "") const {
    EXPECT_EQ(Output("run " + File(model) + kFeed + " --fetch y" + more), kResult) << model;
  }
  // That an error leaves nothing behind but what was there.
  size_t Files() const {
    size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::recursive_directory_iterator(File(""))) ++files;
    return files;
  }

 private:
  Builder g_;
};

TEST_F(GraphdefModels, ShowTellsWhatASavedModelHas) {
  const std::string text = Output("show " + File("exported"));
  for (const char* line :
       {"SavedModel\ngraph tagged 'serve': ", "\ngraph tagged 'train': ", "  placeholder x:0 : f32[?,2]\n",
        "  signature 'serving_default' tensorflow/serving/predict\n    in  in : f32[?,2] = x:0\n"
        "    out out : f32[?,1] = y:0\n",
        "    out hidden : f32[?,1] = h:0\n", "  asset of path:0: words.txt\n", "  saver's restore: save/restore_all\n",
        "  collection 'results': 1 nodes (y:0)\n", "  collection 'trainable_variables': 2 variables\n",
        "tensors of 12 bytes in variables/\n", "  w : f32[2,1]\n"})
    EXPECT_NE(text.find(line), text.npos) << line << "\n" << text;
  EXPECT_EQ(Output("show " + File("exported") + " --tags train").find("'serve'"), std::string::npos);
  const Json json = Json::parse(Output("show --json " + File("exported")));
  EXPECT_EQ(json["schema"], "graphdef.show/1");
  EXPECT_EQ(json["graphs"].size(), 2u);
  EXPECT_EQ(json["graphs"][0]["signatures"]["serving_default"]["inputs"]["in"],
            Json::parse(R"({"tensor":"x:0","dtype":"float","shape":[-1,2]})"));
  EXPECT_EQ(json["variables"].size(), 2u);
}

TEST_F(GraphdefModels, ShowTellsWhatOtherFilesHave) {
  const std::string meta = Output("show " + File("model.meta"));
  for (const char* line : {"MetaGraphDef\n", "  collection 'results': 1 nodes (y:0)\n"})
    EXPECT_NE(meta.find(line), meta.npos) << meta;
  const std::string graph = Output("show - < " + kXor);
  for (const char* line : {"GraphDef\n", "  placeholder x:0 : f32[?,2]\n", "  result (guessed) xor:0 : f32[?,1]\n"})
    EXPECT_NE(graph.find(line), graph.npos) << graph;
  ExpectFailure("show " + File("none"), 3, "error[file]: cannot read");
  ExpectFailure("show " + File("exported") + " --tags gone", 3, "tags present: 'serve', 'train'");
}

TEST_F(GraphdefModels, DiffTellsTheDifference) {
  EXPECT_EQ(Output("diff " + kXor + " " + kXor).substr(0, 7), "equal: ");
  Output("dump --full " + kXor + Out("xor.weir"));
  std::string text = ReadAll(File("xor.weir"));
  const size_t relu = text.find("= Relu(");
  ASSERT_NE(relu, text.npos) << text;
  std::ofstream(File("other.weir")) << text.replace(relu, 7, "= Tanh(");
  const Ran r = Run("diff " + kXor + " " + File("other.weir"));
  EXPECT_EQ(r.code, 1) << r.err;
  EXPECT_NE(r.out.find("(Relu): op Relu -> Tanh\n"), r.out.npos) << r.out;
  EXPECT_NE(r.out.find("0 added, 0 removed, 0 renamed, 1 changed\n"), r.out.npos) << r.out;
  const Json json = Json::parse(Run("diff --json " + kXor + " " + File("other.weir")).out);
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["differences"][0]["changes"][0]["what"], "op");
  ExpectFailure("diff " + kXor + " " + File("none"), 3, "error[file]: cannot read");
  ExpectFailure("diff - - < " + kXor, 2, "only one of the two");
}

TEST_F(GraphdefModels, DiffTellsHowFarConstantsAreApart) {
  std::ofstream(File("a.weir")) << "w = Const() {value: f32[2] [1, 2]}\n";
  std::ofstream(File("b.weir")) << "w = Const() {value: f32[2] [1, 2.5]}\n";
  const Ran r = Run("diff " + File("a.weir") + " " + File("b.weir"));
  EXPECT_EQ(r.out,
            "~ 'w' (Const): attr 'value' differs in 1 of 2 elements, the first at [1], by at most 0.5 (relative 0.25)\n"
            "0 added, 0 removed, 0 renamed, 1 changed\n");
  EXPECT_EQ(r.code, 1);
  Output("diff --tolerance 0.3 " + File("a.weir") + " " + File("b.weir"));
  const Json change = Json::parse(Run("diff --json " + File("a.weir") + " " + File("b.weir")).out);
  EXPECT_EQ(change["differences"][0]["changes"][0]["max_abs"], 0.5);
}

TEST_F(GraphdefModels, DiffComparesSignatures) {
  Output("convert " + File("exported") + " --tags serve" + Out("a.meta"));
  Output("convert " + File("exported") + " --tags train" + Out("b.meta"));
  const Ran r = Run("diff " + File("a.meta") + " " + File("b.meta"));
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.out.substr(0, 21), "~ signature 'inner'\n0") << r.out;
}

TEST_F(GraphdefModels, ExtractWritesTheInnerPart) {
  EXPECT_EQ(Output("extract " + File("model.meta") + " --inputs h --outputs y" + Out("part.pb")),
            "input h:0 : f32[?,1]\noutput y:0\n" + std::string("4 of ") +
                std::to_string(LoadGraph(File("model.meta")).value().graph.num_nodes()) + " nodes\n");
  EXPECT_EQ(Output("run " + File("part.pb") + " --ckpt " + File("model") + " --feed 'h=[[2]]' --fetch y"),
            "y:0 f32[1,1] [[2.5]]\n");
  const Json json = Json::parse(Output("extract --json " + kXor + " --outputs xor"));
  EXPECT_EQ(json["inputs"][0], Json::parse(R"({"name":"x:0","type":"f32[?,2]","asked":false})"));
}

TEST_F(GraphdefModels, ExtractSaysWhatIsWrong) {
  ExpectFailure("extract " + kXor + " --inputs xx --outputs xor" + Out("p.pb"), 2, "error[feed]: the graph");
  ExpectFailure("extract " + kXor + " --outputs xorr" + Out("p.pb"), 2, "did you mean 'xor'?");
  ExpectFailure("extract " + kXor + " --inputs xor --outputs hidden" + Out("p.pb"), 2, "needs 'xor:0'");
  ExpectFailure("extract " + File("model.meta") + " --inputs b --targets b/Assign" + Out("p.pb"), 1, "error[");
  EXPECT_FALSE(fs::exists(File("p.pb")));
  ExpectFailure("extract " + kXor + " --outputs xor -o " + File("no/such/p.pb"), 3, "error[file]: cannot write");
}

TEST_F(GraphdefModels, FreezePutsValuesInPlaceOfVariables) {
  for (const char* how : {"exported", "exported --signature serving_default", "exported/saved_model.pb --outputs y",
                          "model.meta --outputs y"}) {
    const std::string text = Output("freeze " + File(how) + Out("frozen.pb"));
    EXPECT_NE(text.find("input x:0 : f32[?,2]\noutput y:0 : f32[?,1]\n"), text.npos) << text;
    EXPECT_NE(text.find("2 variables became constants of 12 bytes\n"), text.npos) << text;
    ExpectComputes("frozen.pb");
    fs::remove(File("frozen.pb"));
  }
  fs::rename(File("model.index"), File("moved.index"));
  fs::rename(File("model.data-00000-of-00001"), File("moved.data-00000-of-00001"));
  ExpectFailure("freeze " + File("model.meta") + " --outputs y" + Out("frozen.pb"), 1, "has no value");
  Output("freeze " + File("model.meta") + " --outputs y --ckpt " + File("moved") + Out("frozen.weir"));
  ExpectComputes("frozen.weir");
}

TEST_F(GraphdefModels, FreezeSaysWhatIsWrong) {
  ExpectFailure("freeze " + File("exported") + " --signature inner", 2, "it has: serving_default");
  ExpectFailure("freeze " + kXor + " --signature a", 2, "the model has no signature 'a'");
  ExpectFailure("freeze " + File("exported") + " --outputs yy", 2, "error[fetch]: the graph has no node 'yy'");
  ExpectFailure("freeze " + File("model.meta") + " --ckpt " + File("none"), 3, "error[file]");
  ExpectFailure("freeze " + File("model.meta") + " --outputs w/Assign" + Out("f.pb"), 2, "error[fetch]");
  EXPECT_FALSE(fs::exists(File("f.pb")));
}

TEST_F(GraphdefModels, ConvertKeepsTheGraph) {
  for (const char* name : {"a.pb", "a.pbtxt", "a.weir", "a.meta"}) {
    Output("convert " + File("exported") + Out(name));
    EXPECT_EQ(Output("diff " + File("exported") + " " + File(name)).substr(0, 6), "equal:") << name;
    Output("convert " + File(name) + " --to weir" + Out("text"));
    EXPECT_EQ(Output("diff " + File("text") + " " + File("exported")).substr(0, 6), "equal:") << name;
  }
  ExpectComputes("a.meta", " --ckpt " + File("a"));
  Output("convert " + File("a.meta") + " --to meta-pbtxt" + Out("text.pbtxt"));
  Output("convert " + File("text.pbtxt") + Out("b.meta"));
  EXPECT_EQ(ReadAll(File("a.meta")), ReadAll(File("b.meta")));
}

TEST_F(GraphdefModels, ConvertMakesSavedModels) {
  Output("convert " + File("model.meta") + Out("made"));
  ExpectComputes("made");
  const std::string text = Output("show " + File("made"));
  EXPECT_NE(text.find("    in  x : f32[?,2] = x:0\n    out y : f32[?,1] = y:0\n"), text.npos) << text;
  Output("convert " + File("model.meta") + " --ckpt " + File("model") + " --outputs h" + Out("hidden/"));
  EXPECT_NE(Output("show " + File("hidden")).find("out h : f32[?,1] = h:0\n"), std::string::npos);
  Output("convert " + kXor + Out("xor"));
  EXPECT_NE(Output("run " + File("xor") + " --feed 'x=[[0,1]]'").find("xor:0 f32[1,1] [[1]]"), std::string::npos);
  // Of another SavedModel: all its graphs, its variables, its assets.
  Output("convert " + File("exported") + Out("copy"));
  EXPECT_EQ(ReadAll(File("copy/saved_model.pb")), ReadAll(File("exported/saved_model.pb")));
  EXPECT_EQ(ReadAll(File("copy/assets/words.txt")), "words");
  Output("convert " + File("exported") + " --to saved-model-pbtxt --tags train" + Out("text"));
  ExpectComputes("text");
  EXPECT_EQ(Json::parse(Output("show --json " + File("text")))["graphs"].size(), 1u);
}

TEST_F(GraphdefModels, ConvertSaysWhatIsWrongAndLeavesNothing) {
  Output("convert " + File("model.meta") + Out("made"));
  const size_t files = Files();
  ExpectFailure("convert " + File("model.meta") + Out("made"), 3, "has files already");
  ExpectFailure("convert " + File("exported") + Out("made"), 3, "has files already");
  ExpectFailure("convert " + kXor + " --outputs xorr" + Out("x"), 2, "did you mean 'xor'?");
  ExpectFailure("convert " + File("none") + Out("x.pb"), 3, "cannot read");
  ExpectFailure("convert " + kXor + Out("x.npz"), 2, "holds a graph, of which no npz is made");
  ExpectFailure("convert " + File("model") + Out("x.pb"), 2, "holds tensors, of which no pb is made");
  ExpectFailure("convert " + kXor + " -o " + File("no/x.pb"), 3, "cannot write");
  ExpectFailure("convert " + kXor + Out("x.onnx"), 2, "tells no form");
  ExpectFailure("convert " + kXor + " -o -", 2, "tells no form");
  ExpectFailure("convert " + kXor + " -o - --to saved-model", 2, "does not go to stdout");
  ExpectFailure("convert " + File("exported") + " --ckpt " + File("model") + Out("x"), 3, "of its own");
  fs::rename(File("model.index"), File("moved.index"));
  ExpectFailure("convert " + File("model.meta") + Out("x"), 3, "it has no value");
  EXPECT_EQ(Files(), files);
}

TEST_F(GraphdefModels, CkptConvertsToArraysAndBack) {
  Output("ckpt convert " + File("model") + Out("all.npz"));
  Output("ckpt convert " + File("all.npz") + Out("again"));
  EXPECT_EQ(Output("ckpt diff " + File("model") + " " + File("again")).substr(0, 6), "equal:");
  EXPECT_EQ(io::ReadNpz(File("all.npz")).value().at("w").ToString(), "[[2], [3]]");
  Output("convert " + File("model") + Out("same.npz"));
  EXPECT_EQ(Output("ckpt diff " + File("same.npz") + " " + File("again")).substr(0, 6), "equal:");
  ExpectFailure("ckpt convert " + File("none.npz") + Out("x"), 3, "error[file]");
  ExpectFailure("ckpt convert " + File("model") + " -o " + File("no/x"), 3, "error[file]");
}

TEST_F(GraphdefModels, ConvertMakesNewCheckpointsOfOldOnes) {
  const std::string old = WEIR_TEST_DATA "/state/old_shards.ckpt";
  Output("convert " + old + Out("new"));
  EXPECT_TRUE(fs::exists(File("new.index")));
  EXPECT_EQ(Output("ckpt diff " + old + " " + File("new")).substr(0, 6), "equal:");
}

TEST_F(GraphdefModels, ConvertPutsConstantsAside) {
  Builder b;
  weir::Output c = b.Constant(Tensor::Zeros(kFloat, {5000}), {.name = "c"});
  ops::Add(c, c, {.name = "sum"});
  SaveGraph(b.graph(), File("large.pb")).Check();
  Output("convert " + File("large.pb") + Out("aside.pb") + " --constants-aside");
  EXPECT_LT(fs::file_size(File("aside.pb")), 2000u);
  EXPECT_EQ(Output("run " + File("aside.pb") + " --fetch sum"), Output("run " + File("large.pb") + " --fetch sum"));
  ExpectFailure("convert " + File("large.pb") + Out("x.meta") + " --constants-aside", 2, "constants go aside");
}

TEST_F(GraphdefModels, CkptDiffTellsTheDifference) {
  auto writer = io::BundleWriter::Create(File("other")).value();
  writer.Add("b", Tensor::Of<float>({1}, {0.75f})).Check();
  writer.Add("new", Tensor(1.0)).Check();
  writer.Add("w", Tensor::Of<float>({1, 2}, {2, 3})).Check();
  writer.Finish().Check();
  const Ran r = Run("ckpt diff " + File("model") + " " + File("other"));
  EXPECT_EQ(r.code, 1) << r.err;
  EXPECT_EQ(r.out,
            "~ b : f32[1] differs in 1 of 1 elements, by at most 0.25 (relative 0.5)\n+ new : f64[]\n"
            "~ w : f32[2,1] -> f32[1,2]\n3 of 3 tensors differ\n");
  const Json json = Json::parse(Run("ckpt diff --json --tolerance 0.5 " + File("model") + " " + File("other")).out);
  EXPECT_EQ(json["differences"].size(), 2u);
  EXPECT_EQ(json["equal"], false);
  ExpectFailure("ckpt diff " + File("model") + " " + File("none"), 3, "error[file]");
}

TEST_F(GraphdefModels, CkptMergesWithoutTakingTheSources) {
  auto writer = io::BundleWriter::Create(File("other")).value();
  writer.Add("new", Tensor(1.0)).Check();
  writer.Finish().Check();
  EXPECT_EQ(Output("ckpt merge " + File("model") + " " + File("other") + Out("all")), "3 tensors in 2 data files\n");
  for (const char* name : {"model", "other", "all"}) Output("ckpt verify " + File(name));
  ExpectFailure("ckpt merge " + File("model") + " " + File("all") + Out("x"), 3, "checkpoints to merge hold");
  ExpectFailure("ckpt merge " + File("model") + " " + File("other") + Out("model"), 3, "merged into itself");
  EXPECT_FALSE(fs::exists(File("x.index")));
  Output("ckpt verify " + File("model"));
}

}  // namespace
}  // namespace weir
