// graphdef on a SavedModel of TensorFlow 2: fetches by signature, variables of its objects, and an init that Weir
// cannot run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "weir/runtime/io/bundle.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// y = Relu(x * w) as serving_default, n = -x as `negate`; an init op that needs a table; `trainable` of w alone.
constexpr char kModel[] = R"(
saved_model_schema_version: 1
meta_graphs {
  meta_info_def {tags: 'serve'}
  graph_def {
    node {name: 'mean' op: 'VarHandleOp' attr {key: 'dtype' value {type: DT_FLOAT}}
          attr {key: 'shape' value {shape {dim {size: 3}}}}
          attr {key: 'shared_name' value {s: 'mean'}}}
    node {name: 'w' op: 'VarHandleOp' attr {key: 'dtype' value {type: DT_FLOAT}}
          attr {key: 'shape' value {shape {dim {size: 2}}}}
          attr {key: 'shared_name' value {s: 'w'}}}
    node {name: 'x' op: 'Placeholder' attr {key: 'dtype' value {type: DT_FLOAT}}
          attr {key: 'shape' value {shape {dim {size: 2}}}}}
    node {name: 'y' op: 'StatefulPartitionedCall' input: 'x' input: 'w' attr {key: 'f' value {func {name: 'serve'}}}
          attr {key: 'Tin' value {list {type: DT_FLOAT type: DT_RESOURCE}}}
          attr {key: 'Tout' value {list {type: DT_FLOAT}}}}
    node {name: 'n' op: 'Neg' input: 'x' attr {key: 'T' value {type: DT_FLOAT}}}
    node {name: 'table' op: 'FutureTable'}
    node {name: 'fill' op: 'StatefulPartitionedCall' input: 'table' attr {key: 'f' value {func {name: 'fill'}}}
          attr {key: 'Tin' value {list {type: DT_RESOURCE}}} attr {key: 'Tout' value {list {}}}}
    node {name: 'init' op: 'NoOp' input: '^fill'}
    library {
      function {
        signature {name: 'serve' input_arg {name: 'a' type: DT_FLOAT} input_arg {name: 'h' type: DT_RESOURCE}
                   output_arg {name: 'o' type: DT_FLOAT} is_stateful: true}
        node_def {name: 'r' op: 'ReadVariableOp' input: 'h' attr {key: 'dtype' value {type: DT_FLOAT}}}
        node_def {name: 'm' op: 'Mul' input: 'a' input: 'r:value:0' attr {key: 'T' value {type: DT_FLOAT}}}
        node_def {name: 'p' op: 'Relu' input: 'm:z:0' attr {key: 'T' value {type: DT_FLOAT}}
              attr {key: 'novel' value {b: true}}}
        ret {key: 'o' value: 'p:activations:0'}
      }
      function {
        signature {name: 'fill' input_arg {name: 't' type: DT_RESOURCE} is_stateful: true control_output: 'i'}
        node_def {name: 'k' op: 'Const' attr {key: 'dtype' value {type: DT_FLOAT}} attr {key: 'value'
              value {tensor {dtype: DT_FLOAT tensor_shape {} float_val: 1}}}}
        node_def {name: 'i' op: 'FillFutureTable' input: 't' input: 'k:output:0' input: 'k:output:0'}
        control_ret {key: 'i' value: 'i'}
      }
    }
  }
  signature_def {key: 'serving_default' value {inputs {key: 'x' value {name: 'x:0' dtype: DT_FLOAT}}
        outputs {key: 'y' value {name: 'y:0' dtype: DT_FLOAT}}}}
  signature_def {key: 'negate' value {inputs {key: 'x' value {name: 'x:0' dtype: DT_FLOAT}}
        outputs {key: 'n' value {name: 'n:0' dtype: DT_FLOAT}}}}
  signature_def {key: '__saved_model_init_op' value {outputs {key: '__saved_model_init_op' value {name: 'init'}}}}
  object_graph_def {nodes {} nodes {variable {trainable: true name: 'w'}} nodes {variable {name: 'mean'}}}
}
)";

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

class SavedModel : public ::testing::Test {
 protected:
  SavedModel() : folder_(fs::path(::testing::TempDir()) / ("saved_model_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "variables");
    std::ofstream(folder_ / "saved_model.pbtxt") << kModel;
    auto writer = io::BundleWriter::Create((folder_ / "variables" / "variables").string()).value();
    writer.Add("w", Tensor::Vector(std::vector<float>{2, -3})).Check();
    writer.Add("mean", Tensor::Vector(std::vector<float>{1, 1, 1})).Check();
    writer.Finish().Check();
  }
  ~SavedModel() override { fs::remove_all(folder_); }

  struct Ran {
    int code;
    std::string text;  // stdout, then stderr
  };
  // `verb`, the model, `arguments`.
  Ran Run(const std::string& verb, const std::string& arguments = "") const {
    std::string out = (folder_ / "out").string(), err = (folder_ / "err").string();
    int status = std::system(
        (std::string(WEIR_GRAPHDEF) + " " + verb + " " + folder_.string() + " " + arguments + " >" + out + " 2>" + err)
            .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, ReadAll(out) + ReadAll(err)};
  }
  void ExpectSays(const Ran& r, int code, const std::string& what) const {
    EXPECT_EQ(r.code, code) << r.text;
    EXPECT_NE(r.text.find(what), std::string::npos) << r.text;
  }
  std::string File(const std::string& name) const { return (folder_ / name).string(); }

 private:
  fs::path folder_;
};

TEST_F(SavedModel, RunsBySignatureThoughItsInitNeedsAnUnknownOp) {
  Ran r = Run("run", "--feed x=[1,1]");
  ExpectSays(r, 0, "y:0 f32[2] [2, 0]");
  ExpectSays(r, 0, "note: 'init' was not run");
  EXPECT_EQ(r.text.find("n:0"), std::string::npos) << r.text;
}

TEST_F(SavedModel, CheckWarnsOfWhatIsUnknown) {
  Ran r = Run("check");
  ExpectSays(r, 0, "0 errors");
  ExpectSays(r, 0, "warning[unknown-op]: op 'FillFutureTable' is not known (1 nodes)");
  ExpectSays(r, 0, "warning[unknown-attr]: op 'Relu' has no attribute 'novel'");
}

TEST_F(SavedModel, OptAndPlanGoByTheSignatures) {
  ExpectSays(Run("plan"), 0, "feed 0 is 'x:0'");
  Ran r = Run("opt", "--verify=2 -o " + File("small.pb"));
  ExpectSays(r, 0, "largest difference 0.0e+00");
  EXPECT_EQ(std::system((std::string(WEIR_GRAPHDEF) + " dump " + File("small.pb") + " >" + File("dump")).c_str()), 0);
  for (const char* node : {"y = ", "n = "})
    EXPECT_NE(ReadAll(File("dump")).find(node), std::string::npos) << ReadAll(File("dump"));
}

TEST_F(SavedModel, SummaryTellsItsVariables) {
  Ran r = Run("summary");
  ExpectSays(r, 0, "variables: 2 (1 trainable)");
  ExpectSays(r, 0, "parameters: 2 (8 bytes), from trainable_variables   other variables: 3 (12 bytes)");
}

TEST_F(SavedModel, ATypoIsAMatterOfUsage) {
  for (const char* verb : {"run", "plan", "bench", "opt"}) {
    ExpectSays(Run(verb, "--fetch yy"), 2, "error[fetch]: the graph has no node 'yy'");
    ExpectSays(Run(verb, "--target yy"), 2, "error[target]: the graph has no node 'yy'");
  }
}

}  // namespace
}  // namespace weir
