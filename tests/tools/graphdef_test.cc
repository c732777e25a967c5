// The graphdef tool as a shell sees it: output, messages, exit codes, and what its files hold.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/tools/graphdef_fixture.h"

namespace weir {
namespace {

// A classifier of 4 * 3 + 3 parameters with its training by Adam: the graph, and a checkpoint.
void WriteTraining(const std::string& graph, const std::string& checkpoint) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 4}, {.name = "x"});
  Output labels = ops::Placeholder(g, kInt32, {None}, {.name = "labels"});
  Output logits = layers::Dense(x, 3);
  ops::Softmax(logits, -1, {.name = "prediction"});
  Output loss = ops::ReduceMean(ops::SparseSoftmaxCrossEntropyWithLogits(labels, logits), {}, {.name = "loss"});
  AdamOptimizer().Minimize(loss, {.global_step = GetOrCreateGlobalStep(g)});
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  ASSERT_TRUE(SaveGraph(g.graph(), graph).ok());
  Session session(g);
  ASSERT_TRUE(session.Run(init).ok());
  ASSERT_TRUE(Saver(&session).Save(checkpoint).ok());
}

const std::vector<std::string> kVerbs = {"show",   "dump",    "summary", "check",  "diff",    "draw",
                                         "run",    "bench",   "plan",    "grad",   "opt",     "extract",
                                         "freeze", "convert", "ops",     "ckpt",   "records", "events"};

TEST_F(Graphdef, EveryVerbHelpsWithTwoExamples) {
  for (const std::string& verb : kVerbs) {
    const std::string help = Output(verb + " --help");
    const size_t examples = help.find("Examples:\n  graphdef " + verb);
    ASSERT_NE(examples, std::string::npos) << verb;
    EXPECT_NE(help.find("\n  graphdef " + verb, examples + 12), std::string::npos) << verb;
  }
}

TEST_F(Graphdef, TellsTheVersionOfTheProject) {
  const std::string version = Output("--version"), expected = "graphdef (Weir) ";
  ASSERT_EQ(version.compare(0, expected.size(), expected), 0) << version;
  const std::string number = version.substr(expected.size(), version.size() - expected.size() - 1);
  EXPECT_NE(ReadAll(WEIR_SOURCE_DIR "/CMakeLists.txt").find("project(Weir VERSION " + number + " "), std::string::npos)
      << version;
}

TEST_F(Graphdef, PrintsFactsAsJson) {
  for (const auto& [verb, rest] :
       std::vector<std::pair<std::string, std::string>>{{"dump", kXor},
                                                        {"summary", kXor},
                                                        {"check", kXor},
                                                        {"run", kXor + " --fetch xor --feed 'x=[[1,0]]'"},
                                                        {"grad", kXor + " --y xor"},
                                                        {"opt", kXor},
                                                        {"plan", kXor},
                                                        {"show", kXor},
                                                        {"diff", kXor + " " + kXor},
                                                        {"extract", kXor},
                                                        {"freeze", kXor},
                                                        {"bench", kXor + " --runs 3"},
                                                        {"ops", "MatMul"}}) {
    const Json json = Json::parse(Output(verb + " --json " + rest), nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << verb;
    EXPECT_EQ(json["schema"], "graphdef." + verb + "/1");
  }
  EXPECT_EQ(Json::parse(Output("ckpt ls --json " + kFiles + "checkpoint"))["tensors"].size(), 17u);
}

TEST_F(Graphdef, DumpedGraphsAreReadAgain) {
  Output("dump --full " + kXor + " -o " + File("x.weir"));
  Output("dump " + File("x.weir") + " -o " + File("x.pbtxt"));
  Output("dump --proto " + File("x.pbtxt") + " -o " + File("y.pb"));
  EXPECT_EQ(Output("dump --full " + kXor), Output("dump --full " + File("y.pb")));
  EXPECT_EQ(Output("dump --full " + kXor), Output("dump --full - < " + File("y.pb")));
}

TEST_F(Graphdef, SummarySaysWhatGoesInAndOut) {
  const std::string text = Output("summary " + kXor);
  for (const char* part : {"parameters: 8", "x:0 : f32[?,2]", "xor:0 : f32[?,1]", "MatMul:2"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(Graphdef, SummaryCountsTrainableVariablesAsParameters) {
  WriteTraining(File("train.pb"), File("train"));
  // Two slots a parameter, beta1_power, beta2_power, and the global step of 8 bytes.
  EXPECT_NE(Output("summary " + File("train.pb"))
                .find("parameters: 15 (60 bytes), from variables   other variables: 33 (136 bytes)"),
            std::string::npos);
  const Json json = Json::parse(Output("summary --json " + File("train.pb")));
  EXPECT_EQ(json["total"]["parameters"], 15);
  EXPECT_EQ(json["total"]["other_variables"], 33);
  EXPECT_EQ(json["parameter_source"], "variables");
}

TEST_F(Graphdef, SummaryHeedsTheCollectionOfTrainableVariables) {
  const char* shape =
      "attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { dim { size: 5 } } } }";
  std::ofstream(File("m.pbtxt"))
      << "graph_def { node { name: 'w' op: 'VariableV2' " << shape << " } node { name: 'moving_mean' op: 'VariableV2' "
      << shape << " } }\ncollection_def { key: 'trainable_variables' value { bytes_list { value: '\\n\\003w:0' } } }\n";
  EXPECT_NE(Output("summary " + File("m.pbtxt"))
                .find("parameters: 5 (20 bytes), from trainable_variables   other variables: 5 (20 bytes)"),
            std::string::npos);
  std::ofstream(File("bare.pbtxt")) << "node { name: 'w' op: 'VariableV2' " << shape
                                    << " } node { name: 'bn/moving_mean' op: 'VariableV2' " << shape << " }";
  EXPECT_NE(Output("summary " + File("bare.pbtxt"))
                .find("parameters: 5 (20 bytes), from variables   other variables: 5 (20 bytes)"),
            std::string::npos);
}

TEST_F(Graphdef, SummaryCountsConstantsWhereThereAreNoVariables) {
  EXPECT_NE(Output("summary " + kXor).find("parameters: 8 (32 bytes), from constants   other variables: 0 (0 bytes)"),
            std::string::npos);
  EXPECT_NE(Output("summary --help").find("Parameters are the elements of the trainable variables"), std::string::npos);
}

TEST_F(Graphdef, GuessesTheLossAndThePredictionOfATraining) {
  WriteTraining(File("train.pb"), File("train"));
  const std::string text = Output("summary " + File("train.pb"));
  EXPECT_NE(text.find("outputs (guessed):\n  prediction:0 : f32[?,3]\n  loss:0 : f32[]\nops:"), std::string::npos)
      << text;
  const std::string run =
      Output("run " + File("train.pb") + " --ckpt " + File("train") + " --feed x=@ones --feed labels=[2]");
  EXPECT_EQ(run.find("prediction:0 f32[1,3] "), 0u) << run;
  EXPECT_NE(run.find("\nloss:0 f32[] "), std::string::npos) << run;
}

TEST_F(Graphdef, CheckFindsAllProblems) {
  std::ofstream(File("bad.weir"))
      << "a = Const() {value: f32[2,3] [[1, 2, 3], [4, 5, 6]]}\nb = MatMul(a, a)\nc = Relu(a)\nd = Transpose(a, a)\n";
  const Ran r = Run("check " + File("bad.weir"));
  EXPECT_EQ(r.code, 1) << r.out << r.err;
  for (const char* name : {"'b'", "'d'"}) EXPECT_NE(r.out.find(name), std::string::npos) << r.out;
}

TEST_F(Graphdef, RunPrintsAndWritesValues) {
  const std::string feed = " --fetch xor --feed 'x=[[0,0],[0,1],[1,0],[1,1]]'";
  EXPECT_EQ(Output("run " + kXor + feed), "xor:0 f32[4,1] [[0], [1], [1], [0]]\n");
  Output("run " + kXor + feed + " --steps 3 --out " + File("o.npz"));
  auto arrays = io::ReadNpz(File("o.npz")).value();
  ASSERT_EQ(arrays.size(), 1u);
  EXPECT_EQ(arrays.begin()->first, "xor:0");
  EXPECT_EQ(arrays.begin()->second.shape(), (Shape{3, 4, 1}));
  Output("run " + kXor + " --fetch hidden:0 --feed x=@ones --batch 2 --out " + File("o.npy"));
  EXPECT_EQ(io::ReadNpy(File("o.npy")).value().ToString(), "[[2, 1], [2, 1]]");
  Output("run " + kXor + " --fetch xor --feed x=" + File("o.npy") + " --trace " + File("trace.json"));
  EXPECT_FALSE(Json::parse(ReadAll(File("trace.json")), nullptr, false).is_discarded());
}

TEST_F(Graphdef, RunWritesJsonOfAnyDtypeAndShape) {
  Builder g;
  g.Constant(std::vector<std::vector<double>>{{1, 2.5}, {-0.1, NAN}}, {.name = "f64"});
  g.Constant(Half(0.5f), {.name = "f16"});
  g.Constant(std::vector<std::string>{"a\"b", "\xff"}, {.name = "text"});
  ops::Fill(g, {2, 1, 2}, true, {.name = "truth"});
  ops::Reshape(ops::Zeros(g, {0}), {1 << 30, 0}, {.name = "nothing"});
  SaveGraph(g.graph(), File("values.pb")).Check();
  const std::string fetches = " --fetch f64 --fetch f16 --fetch text --fetch truth --fetch nothing";
  const Json json = Json::parse(Output("run --json " + File("values.pb") + fetches));
  EXPECT_EQ(json["schema"], "graphdef.run/1");
  EXPECT_EQ(json["fetches"]["f64:0"], Json::parse(R"({"dtype":"double","shape":[2,2],"value":[[1,2.5],[-0.1,null]]})"));
  EXPECT_EQ(json["fetches"]["f16:0"], Json::parse(R"({"dtype":"half","shape":[],"value":0.5})"));
  EXPECT_EQ(json["fetches"]["text:0"]["value"], Json::parse("[\"a\\\"b\",\"\\ufffd\"]"));
  EXPECT_EQ(json["fetches"]["truth:0"]["value"], Json::parse("[[[true,true]],[[true,true]]]"));
  EXPECT_EQ(json["fetches"]["nothing:0"], Json::parse(R"({"dtype":"float","shape":[1073741824,0],"value":[]})"));
  Output("run " + File("values.pb") + fetches + " --out " + File("values.json"));
  EXPECT_EQ(Json::parse(ReadAll(File("values.json"))), json);
}

// The losses that were published for this program; TensorFlow wrote the graph (tests/oracle/published_run.py).
TEST_F(Graphdef, RunRepeatsThePublishedTraining) {
  for (const char* how : {"", " --optimize=0"}) {
    Output("run " + kFiles + "published_run.pb --init --target train --fetch loss --steps 4001 --out " +
           File("losses.npy") + how);
    const Tensor losses = io::ReadNpy(File("losses.npy")).value();
    ASSERT_EQ(losses.shape(), Shape{4001});
    const char* published[] = {"0.0674925", "0.0163385", "0.00907547", "0.00714436", "0.00578471"};
    for (int i = 0; i < 5; ++i) {
      char text[32];
      std::snprintf(text, sizeof text, "%.6g", static_cast<double>(losses.data<float>()[1000 * i]));
      EXPECT_STREQ(text, published[i]) << how;
    }
  }
}

TEST_F(Graphdef, CheckNumericsNamesTheOp) {
  std::ofstream(File("log.weir")) << "x = Placeholder() {dtype: f32, shape: [2]}\ny = Log(x)\nz = Neg(y)\n";
  ExpectFailure("run " + File("log.weir") + " --fetch z --feed 'x=[1,-1]' --check-numerics", 4, "Log 'y'");
}

TEST_F(Graphdef, GradAddsGradientsThatRun) {
  Output("grad " + kXor + " --y xor --x x -o " + File("g.pb"));
  EXPECT_EQ(Output("run " + File("g.pb") + " --fetch gradients/MatMul_grad/MatMul --feed 'x=[[1,1]]'"),
            "gradients/MatMul_grad/MatMul:0 f32[1,2] [[-1, -1]]\n");
  ExpectFailure("grad " + kXor + " --y xo", 2, "did you mean 'x', 'xor'");
}

TEST_F(Graphdef, GradAndCheckTellOfWhatHasNoGradient) {
  std::ofstream(File("bessel.pbtxt"))
      << "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }\n"
         "node { name: 'd' op: 'BesselJ0' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }\n"
         "node { name: 'y' op: 'AddV2' input: 'x' input: 'd' attr { key: 'T' value { type: DT_FLOAT } } }\n";
  ExpectFailure("grad " + File("bessel.pbtxt") + " --y y --x x", 1, "BesselJ0 'd'");
  std::ofstream(File("flip.pbtxt"))
      << "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }\n"
         "node { name: 'h' op: 'Identity' input: 'x' attr { key: 'T' value { type: DT_FLOAT } }"
         "       attr { key: '_gradient_op_type' value { s: 'Flip' } } }\n";
  ExpectFailure("grad " + File("flip.pbtxt") + " --y h --x x", 1, "asks for the gradient 'Flip'");
  EXPECT_NE(Output("check " + File("flip.pbtxt"))
                .find("warning[custom-gradient]: 'h' (Identity) asks for the gradient 'Flip'"),
            std::string::npos);
}

TEST_F(Graphdef, OptVerifiesWhatItWrites) {
  EXPECT_NE(Output("opt " + kXor + " --verify 3 -o " + File("o.pb")).find("verified on 3 random feeds"),
            std::string::npos);
  EXPECT_EQ(Output("run " + File("o.pb") + " --fetch xor --feed 'x=[[1,0]]'"), "xor:0 f32[1,1] [[1]]\n");
  EXPECT_NE(Output("opt --list").find("fold_constants"), std::string::npos);
}

TEST_F(Graphdef, PlanTellsGuessedFeedsFromGivenOnes) {
  EXPECT_NE(Output("plan " + kXor).find("feed 0 is 'x:0', guessed"), std::string::npos);
  EXPECT_NE(Output("plan " + kXor + " --feed x=[[0,1]]").find("feed 0 is 'x:0', given\n"), std::string::npos);
  for (const char* feed : {"", " --feed x=[[0,1]]"}) {
    const Json feeds = Json::parse(Output("plan --json " + kXor + feed))["feeds"];
    ASSERT_EQ(feeds.size(), 1u);
    EXPECT_EQ(feeds[0]["name"], "x:0");
    EXPECT_EQ(feeds[0]["guessed"], *feed == 0);
  }
}

TEST_F(Graphdef, DrawRefusesFormatsThatItCannotWrite) {
  ExpectFailure("draw " + kXor + " --out " + File("m.png"), 2, "neither in .dot nor in .svg; for a PNG: dot -Tpng");
  EXPECT_FALSE(fs::exists(File("m.png")));
  Output("draw " + kXor + " --out " + File("m.dot"));
  EXPECT_EQ(ReadAll(File("m.dot")), Output("draw " + kXor + " --out -"));
}

TEST_F(Graphdef, InitTakesANodeAndSaysSoOfAModel) {
  const std::string model = kFiles + "published_run.pb", fetch = " --fetch w1/Read/ReadVariableOp";
  EXPECT_NE(Output("run " + model + fetch + " --init").find("f32[2,3]"), std::string::npos);
  EXPECT_EQ(Output("run " + model + fetch + " --init=init"), Output("run --init=init " + model + fetch));
  ExpectFailure("run --init " + model + fetch, 2,
                "write `graphdef run " + model + " --init` or `graphdef run --init=NODE " + model + "`");
  ExpectFailure("run --init=init", 2, "model is required");
}

TEST_F(Graphdef, AWrittenPlanRuns) {
  Output("plan " + kXor + " --feed x=[[0,1]] --save " + File("xor.meta"));
  EXPECT_EQ(Output("run --plan " + File("xor.meta") + " --feed x=[[0,1]] --fetch xor"),
            Output("run " + kXor + " --feed x=[[0,1]] --fetch xor"));
  ExpectFailure("run --plan " + File("xor.meta") + " --feed x=[[0,1],[1,1]]", 4, "is f32[1,2], but was fed f32[2,2]");
  ExpectFailure("run --plan " + kXor + " --feed x=[[0,1]]", 3, "is no compiled graph");
  ExpectFailure("run " + kXor + " --plan " + File("xor.meta"), 2, "--plan");
}

TEST_F(Graphdef, PlanBenchAndDraw) {
  EXPECT_NE(Output("plan " + kXor + " --svg " + File("m.svg")).find("lower bound"), std::string::npos);
  EXPECT_EQ(ReadAll(File("m.svg")).compare(0, 4, "<svg"), 0);
  const std::string bench = Output("bench " + kXor + " --runs 5");
  for (const char* part : {"p50", "p90", "p99", "MatMul"}) EXPECT_NE(bench.find(part), std::string::npos) << bench;
  EXPECT_EQ(Output("draw " + kXor).compare(0, 9, "digraph g"), 0);
}

TEST_F(Graphdef, CheckpointsAreListedPrintedAndVerified) {
  for (const char* part : {"checkpoint.index", "checkpoint.data-00000-of-00001"})
    fs::copy_file(kFiles + part, File(part));
  EXPECT_NE(Output("ckpt cat " + File("checkpoint") + " scalar").find("3.5"), std::string::npos);
  EXPECT_NE(Output("ckpt verify " + File("checkpoint")).find("17 of 17"), std::string::npos);
  std::fstream data(File("checkpoint.data-00000-of-00001"), std::ios::in | std::ios::out | std::ios::binary);
  data.seekp(100);
  data.put('\x5a');
  data.close();
  const Ran r = Run("ckpt verify " + File("checkpoint"));
  EXPECT_EQ(r.code, 1) << r.out << r.err;
  EXPECT_NE((r.out + r.err).find("checksum"), std::string::npos) << r.out << r.err;
}

TEST_F(Graphdef, RecordsAreCountedAndPrinted) {
  for (const char* name : {"examples.tfrecord", "examples.gz", "examples.zlib"}) {
    const std::string file = kFiles + "records/" + name;
    EXPECT_EQ(Output("records ls " + file), file + ": 3 records of 258 bytes, 3 of them Examples\n");
    const std::string text = Output("records cat --limit 2 --values 1 " + file);
    EXPECT_NE(text.find("record 1: 89 bytes\n  label: int64[2] 1, …\n  name: bytes[2] \"row 1\", …\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("record 2"), std::string::npos);
  }
  const Json json = Json::parse(Output("records cat --json " + kFiles + "records/sequence.tfrecord"));
  EXPECT_EQ(json["schema"], "graphdef.records.cat/1");
  EXPECT_EQ(json["records"][0]["feature_lists"]["x"][2]["values"], (Json{2.0, 2.5}));
  EXPECT_EQ(Run("records ls " + kXor).code, 3);
  EXPECT_NE(Run("records cat " + kXor).err.find("is this a file of TFRecords?"), std::string::npos);
}

TEST_F(Graphdef, EventsAreListedPrintedAndPlotted) {
  const std::string logs = kFiles + "records";
  const std::string list = Output("events ls " + logs);
  EXPECT_NE(list.find("scalar     loss"), std::string::npos) << list;
  EXPECT_NE(list.find("text       note"), std::string::npos) << list;
  EXPECT_EQ(Json::parse(Output("events ls --json " + logs))["tags"].size(), 4u);
  const Json losses = Json::parse(Output("events cat --json --tag loss " + logs))["values"];
  ASSERT_EQ(losses.size(), 4u);
  EXPECT_EQ(losses[3]["value"], 0.25);
  EXPECT_EQ(Json::parse(Output("events plot --json --tag loss " + logs))["schema"], "graphdef.events.plot/1");
  const std::string plot = Output("events plot --tag loss --width 16 --height 4 " + logs);
  EXPECT_EQ(std::count(plot.begin(), plot.end(), '*'), 4) << plot;
  EXPECT_NE(Run("events cat --tag los " + logs).err.find("did you mean 'loss'?"), std::string::npos);
  EXPECT_EQ(Run("events ls " + kFiles + "none").code, 3);
  std::string whole = ReadAll(logs + "/events.out.tfevents.0000000001.golden");
  std::ofstream(File("cut.tfevents.1"), std::ios::binary) << whole.substr(0, whole.size() - 5);
  const Ran cut = Run("events ls " + File("cut.tfevents.1"));
  EXPECT_EQ(cut.code, 0) << "a file that is still written";
  EXPECT_NE(cut.err.find("cut off"), std::string::npos) << cut.err;
}

TEST_F(Graphdef, FailuresHaveTheirCodes) {
  ExpectFailure("sumary " + kXor, 2, "did you mean 'summary'");
  ExpectFailure("run " + kXor + " --fetsh xor", 2, "--fetsh");
  ExpectFailure("run " + kXor + " --fetch xo", 2, "did you mean");
  ExpectFailure("run " + File("none.pb") + " --fetch x", 3, "No such file");
  ExpectFailure("run " + std::string(WEIR_SOURCE_DIR) + "/README.md --fetch x", 3, "README.md");
  ExpectFailure("run " + kXor + " --fetch xor", 4, "Placeholder 'x' must be fed");
  ExpectFailure("run " + kXor + " --fetch xor --feed 'x=[[1,0,3]]'", 4, "f32[1,3]");
  ExpectFailure("run " + kXor + " --fetch xor --feed 'x=[[1,0'", 2, "ends too early");
  for (const std::string verb : {"run ", "plan ", "bench "}) {
    ExpectFailure(verb + kXor + " --fetch xor --feed 'z=[[1,0]]'", 2,
                  "error[feed]: the graph has no node 'z'\n  help: did you mean 'x'");
    ExpectFailure(verb + kXor + " --fetch xor --feed x", 2, "error[feed]: 'x' is not of the form NAME=VALUE");
    ExpectFailure(verb + kXor + " --fetch xor --feed x=3", 4,
                  "error[feed]: Placeholder 'x:0' is f32[?,2], but was fed f32[]");
    ExpectFailure(verb + kXor + " --fetch xor --feeds " + File("none.npz"), 3, "none.npz");
  }
  ExpectFailure("run " + kXor + " --fetch xor --feed 'x=@zeros[1000000000000,2]'", 5, "memory");
}

// Every prefix of a file, and the file with each byte inverted: an error or a result, never a signal.
TEST_F(Graphdef, BrokenFilesEndInAMessage) {
  const std::string good = ReadAll(kXor);
  for (size_t i = 0; i < good.size(); i += 37) {
    for (bool cut : {true, false}) {
      std::string bad = cut ? good.substr(0, i) : good;
      if (!cut) bad[i] = static_cast<char>(~bad[i]);
      std::ofstream(File("bad.pb"), std::ios::binary) << bad;
      const Ran r = Run("summary " + File("bad.pb"));
      EXPECT_TRUE(r.code == 0 || r.code == 3) << r.code << " at " << i << (cut ? " cut " : " inverted ") << r.err;
      EXPECT_TRUE(r.code == 0 || !r.err.empty());
    }
  }
}

TEST_F(Graphdef, ACheckpointIsReadUnderTheNamesOfTheGraphsOwnSaver) {
  const std::string state = WEIR_TEST_DATA "/state/";
  EXPECT_EQ(Output("run " + state + "ema_eval.meta --ckpt " + state + "ema --fetch y"), "y:0 f32[3] [2, 3, 4]\n");
  EXPECT_EQ(Output("run " + state + "parts3.meta --ckpt " + state + "parts --fetch w/part_2"),
            "w/part_2:0 f32[2,2] [[10, 11], [12, 13]]\n");
}

// The field `input` is missing; an unknown one stands in its place. 95 bytes.
TEST_F(Graphdef, ANodeWithoutItsInputIsNamed) {
  Graph g = ParseGraph("x = Const() {value: f32[2,2] [[1, 2], [3, 4]], dtype: f32}\ny = Neg(x)\n", &AllOps()).value();
  std::string bytes = ExportGraphDef(g).value(), input = "\x1a\x01x";  // field 3 of NodeDef
  size_t at = bytes.rfind(input);
  ASSERT_NE(at, bytes.npos);
  bytes[at] = '\x7a';  // field 15
  std::ofstream(File("broken.pb"), std::ios::binary) << bytes;
  for (const char* verb : {"summary", "dump", "draw"})
    EXPECT_EQ(Run(std::string(verb) + " " + File("broken.pb")).code, 0) << verb;
  for (auto [verb, rest] : {std::pair("check", ""),
                            {"opt", ""},
                            {"run", "--fetch=y"},
                            {"plan", "--fetch=y"},
                            {"bench", "--fetch=y"},
                            {"grad", "--y=y --x=x"}}) {
    Ran r = Run(std::string(verb) + " " + File("broken.pb") + " " + rest);
    EXPECT_TRUE(r.code > 0 && r.code < 128) << verb << r.code;
    EXPECT_NE((r.out + r.err).find("Neg 'y' takes 1 inputs, not 0"), std::string::npos) << verb << r.out << r.err;
  }
}

TEST_F(Graphdef, AMalformedRestoreOpIsNamed) {
  const LoadedGraph loaded = LoadGraph(WEIR_TEST_DATA "/state/ema_eval.meta").value();
  for (const auto& [node, words] : {std::pair("save/Assign", "Assign 'save/Assign' takes 2 inputs, not 0"),
                                    std::pair("save/RestoreV2", "RestoreV2 'save/RestoreV2' takes 3 inputs, not 0")}) {
    Graph broken = loaded.graph;
    broken.SetInputs(broken.Find(node), {}, {}).Check();
    SaveMetaGraph(broken, *loaded.meta, File("broken.meta")).Check();
    const std::string rest = " " + File("broken.meta") + " --fetch y --ckpt " WEIR_TEST_DATA "/state/ema";
    ExpectFailure("run" + rest, 3, words);
    ExpectFailure("bench --runs=1" + rest, 4, words);
  }
}

TEST_F(Graphdef, WhatUnknownOpsGiveIsWhatTheirReadersTakeItFor) {
  std::ofstream(File("jpeg.weir")) << "f = Placeholder() {dtype: str, shape: []}\njpeg = DecodeSomething(f) {}\n"
                                      "id = Identity(jpeg) {T: u8}\ny = Cast(id) {SrcT: u8, DstT: f32}\n";
  EXPECT_EQ(Output("run " + File("jpeg.weir") + " --feed 'jpeg=[[[1,2,3]]]' --fetch y"),
            "y:0 f32[1,1,3] [[[1, 2, 3]]]\n");
  Ran fraction = Run("run " + File("jpeg.weir") + " --feed 'jpeg=[0.5]' --fetch y");
  EXPECT_EQ(fraction.code, 2) << fraction.err;
  EXPECT_NE(fraction.err.find("error[feed]: '0.5' is no value of dtype uint8"), std::string::npos) << fraction.err;
  Ran opt = Run("opt " + File("jpeg.weir") + " --fetch=y -o " + File("opt.weir"));
  EXPECT_EQ(opt.code, 0) << opt.err;
  std::ofstream(File("untold.weir")) << "a = SomeOp() {}\nb = AnotherOp(a) {}\n";
  Ran untold = Run("run " + File("untold.weir") + " --feed 'a=[1]' --fetch b");
  EXPECT_EQ(untold.code, 2) << untold.err;
  EXPECT_NE(untold.err.find("error[feed]: the dtype is not known"), std::string::npos) << untold.err;
}

TEST_F(Graphdef, AFetchThatIsNotThereIsAMistakeOfTheCallerInEveryVerb) {
  for (const char* verb : {"run --batch=1", "plan", "bench --runs=1", "opt -o /dev/null"}) {
    Ran r = Run(std::string(verb) + " " + kXor + " --fetch TYPO");
    EXPECT_EQ(r.code, 2) << verb << ": " << r.err;
    EXPECT_NE(r.err.find("TYPO"), std::string::npos) << verb;
  }
}

// Making 200 million values takes some seconds; a tree of their JSON would take a minute and gigabytes.
TEST_F(Graphdef, AnInterruptEndsWhatReadsOrWritesManyValues) {
  Builder g;
  ops::Fill(g, {200 << 20}, true, {.name = "y"});
  ops::Identity(ops::Placeholder(g, kBool, {200 << 20}, {.name = "x"}), {.name = "z"});
  SaveGraph(g.graph(), File("long.pb")).Check();
  const std::string run = std::string(WEIR_GRAPHDEF) + " run " + File("long.pb");
  auto expect = [&](int status, const std::string& text) {
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << status;
    EXPECT_NE(ReadAll(File("err")).find(text), std::string::npos) << ReadAll(File("err"));
  };
  const std::string reads = " --fetch z --feed x=@normal >/dev/null 2>";
  expect(std::system(("timeout --preserve-status -k 30 -s INT 2 " + run + reads + File("err")).c_str()),
         "interrupted while making values");
  // Why not after a time: how long the run before takes is the machine's and the sanitizer's business.
  std::FILE* out = popen(("echo $$; exec " + run + " --json --fetch y 2>" + File("err")).c_str(), "r");
  ASSERT_TRUE(out);
  int pid = 0;
  ASSERT_EQ(std::fscanf(out, "%d ", &pid), 1);  // and the first character that the tool prints
  kill(pid, SIGINT);
  char rest[4096];
  while (std::fread(rest, 1, sizeof rest, out) > 0) continue;
  expect(pclose(out), "interrupted while writing");
}

// What never ends by itself: an interrupt ends every verb that runs it.
TEST_F(Graphdef, AnInterruptEndsALoop) {
  Builder g;
  weir::Output y = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 1); }, [](const Outputs& v) { return Outputs{v[0] * 1}; },
      {ops::Identity(ops::Constant(g, 0))}, {.name = "loop"})[0];
  ops::Identity(y, {.name = "y"});
  SaveGraph(g.graph(), File("loop.pb")).Check();
  for (const char* verb : {"run", "bench", "opt --verify=1 -o /dev/null"}) {
    const std::string command = std::string("timeout --preserve-status -k 30 -s INT 1 ") + WEIR_GRAPHDEF + " " + verb +
                                " " + File("loop.pb") + " --fetch y >/dev/null 2>" + File("err");
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << verb << ": " << ReadAll(File("err"));
  }
}

}  // namespace
}  // namespace weir
