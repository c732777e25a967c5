// Files: GraphDef in and out, kept as it was; the text form; and what is malformed.
#include "weir/graph/import.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "weir/graph/export.h"
#include "weir/graph/text/text.h"
#include "weir/ops/registry.h"

namespace weir {
namespace {

std::string FileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

const std::string& Features() {
  static const std::string bytes = FileContent(WEIR_TEST_DATA "/files/features.pb");
  return bytes;
}

Graph Import(const std::string& bytes) { return ImportGraphDef(bytes, &AllOps()).value(); }

// A graph in protobuf text: the error of importing it.
Status ErrorOf(const std::string& text) { return ImportGraphDefText(text, &AllOps()).status(); }

// What a MetaGraphDef says that a MetaGraph does not hold.
constexpr char kMeta[] = R"(
meta_info_def {
  stripped_op_list { op { name: 'Strange' } } tags: 'serve' tensorflow_version: '1.15.0' stripped_default_attrs: true
}
graph_def { node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } }
saver_def { filename_tensor_name: 'f:0' sharded: true version: V1 }
collection_def { key: 'any' value { any_list { value { type_url: 'a/b' value: 'c' } } } }
collection_def { key: 'variables' value { bytes_list { value: '\n\003w:0\022\001i8\001@\001' } } }
signature_def { key: 's' value { inputs { key: 'i' value {
  coo_sparse { values_tensor_name: 'v:0' } dtype: DT_FLOAT tensor_shape { unknown_rank: true } } } } }
asset_file_def { tensor_info { name: 'f:0' dtype: DT_STRING } filename: 'words' }
object_graph_def { nodes { children { node_id: 1 local_name: 'w' } } nodes { variable { name: 'w' } } }
)";

TEST(Import, KeepsWhatAMetaGraphSaysBeside) {
  const LoadedGraph m = LoadGraphFromString(kMeta, &AllOps()).value();
  EXPECT_EQ(m.meta->objects.kinds, (std::map<std::string, int64_t>{{"other", 1}, {"variable", 1}}));
  EXPECT_EQ(m.meta->objects.members, (std::map<std::string, std::string>{{"w", "variable"}}));
  const std::string text = ExportMetaGraphText(m.graph, *m.meta).value();
  for (const char* kept : {"name: \"Strange\"", "stripped_default_attrs: true", "sharded: true", "version: V1",
                           "type_url: \"a/b\"", "values_tensor_name: \"v:0\"", "dtype: DT_STRING", "local_name: \"w\""})
    EXPECT_NE(text.find(kept), text.npos) << kept << "\n" << text;
  // Bytes and text say the same, again and again.
  const std::string bytes = ExportMetaGraph(m.graph, *m.meta).value();
  const LoadedGraph again = LoadGraphFromString(bytes, &AllOps()).value();
  EXPECT_EQ(ExportMetaGraph(again.graph, *again.meta).value(), bytes);
  EXPECT_EQ(ExportMetaGraphText(again.graph, *again.meta).value(), text);
  // What was changed is written as it is now.
  MetaGraph changed = *m.meta;
  changed.saver->filename_tensor = "g:0", changed.signatures["s"].method_name = "m", changed.collections.erase("any");
  const std::string other = ExportMetaGraphText(m.graph, changed).value();
  for (const char* gone : {"coo_sparse", "type_url: \"a/b\""}) EXPECT_EQ(other.find(gone), other.npos) << other;
  for (const char* kept : {"filename_tensor_name: \"g:0\"", "sharded: true", "version: V1"})
    EXPECT_NE(other.find(kept), other.npos) << other;
}

TEST(Import, GivesAllGraphsOfASavedModel) {
  const std::string folder = ::testing::TempDir() + "all_graphs";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/saved_model.pbtxt")
      << "saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'a' } } "
         "meta_graphs { meta_info_def { tags: 'b' } graph_def { node { name: 'n' op: 'NoOp' } } }";
  const auto graphs = LoadAllGraphs(folder, &AllOps()).value();
  ASSERT_EQ(graphs.size(), 2u);
  EXPECT_EQ(graphs[0].meta->tags, std::vector<std::string>{"a"});
  EXPECT_EQ(graphs[1].graph.num_nodes(), 1);
  EXPECT_FALSE(LoadGraph(folder, &AllOps()).ok()) << "which of them";
  EXPECT_EQ(LoadAllGraphs(WEIR_TEST_DATA "/files/features.pb", &AllOps()).value().size(), 1u);
  EXPECT_FALSE(LoadAllGraphs(folder + "/none", &AllOps()).ok());
  std::ofstream(folder + "/saved_model.pbtxt") << "saved_model_schema_version: 1";
  EXPECT_FALSE(LoadAllGraphs(folder, &AllOps()).ok()) << "no graph";
}

TEST(Import, KeepsWhatNoSchemaKnows) {
  Graph g = Import(Features());
  const Node& n = g[g.Find("strange")];
  EXPECT_EQ(n.def(), nullptr);
  EXPECT_EQ(n.outputs().size(), 3u);  // as many as are read
  EXPECT_EQ(n.control_inputs().size(), 1u);
  EXPECT_EQ(*n.attrs().find("s")->second.get<std::string>(), std::string("a\0b", 3));
  EXPECT_TRUE(n.attrs().find("empty")->second.is<AttrList>());
  EXPECT_EQ(g[g.Find("late")].device(), "/job:worker/cpu:0");
  EXPECT_EQ(g[g.Find("short")].attr<Tensor>("value").ToString(), "[1, 2, 2, 2]");
  EXPECT_EQ(g[g.Find("none")].attr<Tensor>("value").ToString(), "[0, 0]");
  EXPECT_EQ(g.FindFunction("twice")->body.num_nodes(), 3);
}

TEST(Import, ExportIsStableAndLosesNothing) {
  std::string once = ExportGraphDef(Import(Features())).value();
  EXPECT_EQ(ExportGraphDef(Import(once)).value(), once);
  for (const char* kept : {"batch", "double", "twice_grad", "NoSuchOp"})
    EXPECT_NE(once.find(kept), std::string::npos) << kept;
  // The one tensor whose form changes is the one that repeats its last value.
  EXPECT_LT(std::abs(static_cast<int>(once.size()) - static_cast<int>(Features().size())), 32);
}

TEST(Import, ProtobufTextSaysTheSame) {
  Graph g = Import(Features());
  auto loaded = LoadGraphFromString(ExportGraphDefText(g).value(), &AllOps()).value();
  EXPECT_EQ(loaded.format, GraphFormat::kGraphDef);
  EXPECT_EQ(ExportGraphDef(loaded.graph).value(), ExportGraphDef(g).value());
}

TEST(TextForm, ParsingWhatWasPrintedGivesTheGraphAgain) {
  Graph g = Import(Features());
  std::string text = PrintGraph(g);
  Graph again = ParseGraph(text, &AllOps(), {.infer = false}).value();
  EXPECT_EQ(PrintGraph(again), text);
  EXPECT_EQ(ExportGraphDef(again).value(), ExportGraphDef(g).value());
}

TEST(TextForm, TypesAndCountsThatInputsTellAreLeftOut) {
  Graph g = ParseGraph(
                "x = Placeholder() {dtype: f32, shape: [?,2]} : f32[?,2]\nw = Const() {value: f32[2,1] [[1], [2]]}\n"
                "y = MatMul(x, w) : f32[?,1]\np = Pack(y, y) {axis: 1}\n",
                &AllOps())
                .value();
  EXPECT_EQ(g[g.Find("p")].attr<int64_t>("N"), 2);
  EXPECT_EQ(PrintNode(g, g.Find("p")), "p = Pack(y, y) {axis: 1} : f32[?,2,1]");
}

TEST(TextForm, ErrorsTellLineAndColumn) {
  auto error = [](const char* text) { return ParseGraph(text, &AllOps()).status().ToString(); };
  EXPECT_NE(error("x = NoOp()\ny = NoOp(").find("line 2, column"), std::string::npos);
  EXPECT_NE(error("x = Const() {value: f32[2] [1]}").find("1 elements for a tensor of shape [2]"), std::string::npos);
  EXPECT_NE(error("y = Relu(x)").find("no such node"), std::string::npos);
  EXPECT_NE(error("x = Const() {value: f32[2] [1, 2]} : f32[3]").find("line 1"), std::string::npos);
  EXPECT_FALSE(ParseGraph("x = Foo() {a: " + std::string(100000, '[') + "}", &AllOps()).ok());
  EXPECT_FALSE(ParseGraph("x = Const() {value: f32[1099511627776] splat 0}", &AllOps()).ok());
}

TEST(Import, RefusesWhatIsMalformedByName) {
  struct Case {
    const char *text, *says;
  };
  for (const Case& c : {
           Case{"node {name: 'a b' op: 'NoOp'}", "'a b' is not a valid node name"},
           Case{"node {name: 'a' op: 'NoOp'} node {name: 'a' op: 'NoOp'}", "two nodes named 'a'"},
           Case{"node {name: 'a'}", "node 'a' has no op"},
           Case{"node {name: 'a' op: 'Foo' input: 'b'}", "Foo 'a' has the input 'b', but there is no such node"},
           Case{"node {name: 'c' op: 'Const' attr {key: 'dtype' value {type: DT_INT32}}} node {name: 'a' op: 'Foo' "
                "input: 'c:7'}",
                "reads 'c:7', but Const 'c' has 1 outputs"},
           Case{"node {name: 'c' op: 'NoOp'} node {name: 'a' op: 'Foo' input: '^c' input: 'c'}",
                "after control inputs"},
           Case{"node {name: 'c' op: 'Foo'} node {name: 'a' op: 'Foo' input: 'c:-1'}", "names no output"},
           Case{"node {name: 'c' op: 'Foo'} node {name: 'a' op: 'Foo' input: 'c:99999999999'}", "names no output"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT tensor_shape {dim {size: 2}} "
                "int_val: 1}}}}",
                "elements in int_val"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT_REF}}}}", "reference dtype"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_INVALID}}}}", "no valid dtype"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT tensor_shape {dim {size: 2}} "
                "tensor_content: 'abc'}}}}",
                "3 bytes where f32[2] needs 8"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT tensor_shape {dim {size: "
                "-1}}}}}}",
                "not fully known"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT tensor_shape {dim {size: "
                "4611686018427387904} dim {size: 4}}}}}}",
                "impossible shape"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 't' value {tensor {dtype: DT_FLOAT tensor_shape {dim {size: "
                "1099511627776}} float_val: 1}}}}",
                "not enough memory"},
           Case{"node {name: 'a' op: 'Foo' attr {key: 'l' value {list {i: 1 f: 2}}}}", "several kinds"},
           Case{"node {name: 'a' op: 'Split' attr {key: 'T' value {type: DT_INT32}} attr {key: 'num_split' value {i: "
                "16000000}}}",
                "outputs"},
           Case{"library {function {signature {name: 'f' output_arg {name: 'y' type: DT_FLOAT}}}}",
                "does not say what it returns as 'y'"},
           Case{"node {name: 'a' opp: 'Foo'}", "line 1, column"},
       }) {
    Status s = ErrorOf(c.text);
    EXPECT_FALSE(s.ok()) << c.text;
    EXPECT_NE(s.ToString().find(c.says), std::string::npos) << c.text << "\n" << s.ToString();
  }
}

TEST(Import, DeepNestingIsAnErrorAndNoCrash) {
  std::string text = "node {name: 'a' op: 'Foo' attr {key: 'f' value ";
  for (int i = 0; i < 30000; ++i) text += "{func {attr {key: 'f' value ";
  EXPECT_FALSE(ErrorOf(text).ok());
}

TEST(Import, FilesThatAreNoGraphsSayWhatTheyAre) {
  Status s = LoadGraph(WEIR_TEST_DATA "/files/checkpoint.index", &AllOps()).status();
  EXPECT_NE(s.help().find("checkpoint's index"), std::string::npos);
  EXPECT_FALSE(LoadGraphFromString("", &AllOps()).ok());
  EXPECT_EQ(LoadGraph("/nowhere.pb", &AllOps()).status().code(), Code::kNotFound);
}

TEST(Import, RandomDamageNeverCrashes) {
  std::mt19937 random(1);
  std::string text = PrintGraph(Import(Features()));
  for (int i = 0; i < 3000; ++i) {
    for (std::string bytes : {Features(), text}) {
      for (int k = random() % 4; k >= 0; --k) bytes[random() % bytes.size()] = static_cast<char>(random());
      if (random() % 8 == 0) bytes.resize(random() % bytes.size());
      auto loaded = LoadGraphFromString(bytes, &AllOps());
      if (loaded.ok()) ExportGraphDef(loaded->graph).status().IgnoreError();
    }
  }
}

TEST(Import, TwoHundredThousandNodesInAChain) {
  std::string text = "x0 = Placeholder() {dtype: f32}\n";
  for (int i = 1; i < 200000; ++i) text += "x" + std::to_string(i) + " = Relu(x" + std::to_string(i - 1) + ")\n";
  Graph g = ParseGraph(text, &AllOps()).value();
  EXPECT_EQ(Import(ExportGraphDef(g).value()).num_nodes(), 200000);
}

}  // namespace
}  // namespace weir
