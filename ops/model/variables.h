// Variable: state that lives in the session, in code a value like any Output. Collections and variable scopes.
//
//   Variable w(ops::RandomNormal(g, {2, 1}), {.name = "w"});
//   Output y = ops::MatMul(x, w);                  // one read, at this place
//   Operation more = ops::AssignAdd(w, delta);
//   Operation init = GlobalVariablesInitializer(g);
//   Session session(g);
//   session.Run(init).Check(); …
//
// A Variable is a handle (VarHandleOp `w`), the op that gives it its first value (`w/Assign`) and a question whether
// that has run (`w/IsInitialized/VarIsInitializedOp`), with TensorFlow's names. The object is a light reference; the
// graph owns the nodes, and a session the value.
//
// Graphs of TensorFlow 1 have reference variables (VariableV2) instead of handles. They are Variables too: what is
// built on one uses the reference ops (Assign, ApplyAdam, …) as TensorFlow 1 would, so that the file's own training and
// saving ops, its checkpoints and TensorFlow go on understanding the graph. All other code looks the same:
//
//   Builder g(LoadGraph("model.meta"));
//   Operation train = AdamOptimizer().Minimize(g.FindOutput("loss:0"));   // by the file's trainable variables
//   Variable w = FindVariable(g, "dense/kernel");
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/ops/array/indexing.h"
#include "weir/ops/control/control.h"
#include "weir/ops/model/initializers.h"

namespace weir {

struct VariableOptions {
  std::string name = "Variable";  // made unique within the scope
  bool trainable = true;          // optimizers change it unless told otherwise
  DType dtype = DType::kInvalid;  // of a literal initial value; else the value's
  std::optional<PartialShape> shape = {};      // what it may hold; the initial value's shape unless told
  std::vector<std::string> collections = {};  // {"variables"} when empty
  bool reference = false;         // a VariableV2 as TensorFlow 1 made them; what belongs to one (a slot) is one, too
};

class Variable {
 public:
  Variable() = default;
  // With a first value. The node's creation place is the caller's line.
  Variable(Output initial_value, VariableOptions options = {}, Loc loc = Loc::Current());
  Variable(Builder& b, const Input& initial_value, VariableOptions options = {}, Loc loc = Loc::Current());
  // With a first value built by `initializer` under `name/Initializer/`.
  Variable(Builder& b, const Shape& shape, DType dtype, const Initializer& initializer, VariableOptions options = {},
           Loc loc = Loc::Current());

  // The variable of a node that a file brought; invalid when the node is no variable. Initializer and initial value are
  // invalid where the graph has none; a read is added where a handle has none. Users call FindVariable.
  static Variable OfNode(Builder& b, NodeId node, bool trainable);

  bool valid() const { return handle_.valid(); }
  Builder* builder() const { return handle_.builder(); }
  const std::string& name() const { return handle_.op().name(); }
  bool is_reference() const { return valid() && !handle_.node().Is("VarHandleOp"); }
  DType dtype() const;
  const PartialShape& shape() const;
  bool trainable() const { return trainable_; }

  const Output& handle() const { return handle_; }  // or reference
  const Output& initial_value() const { return initial_value_; }
  const Operation& initializer() const { return initializer_; }  // name/Assign
  const Output& is_initialized() const { return is_initialized_; }  // invalid where a file has none
  const Output& snapshot() const { return snapshot_; }  // name/Read/ReadVariableOp: what a fetch of the variable reads

  // The value at this place: a new read, after the control dependencies that hold here.
  Output Read(Loc loc = Loc::Current()) const;
  // A part of the value, as Output's subscripts give it.
  Output operator[](std::initializer_list<Index> index) const { return Read()[index]; }
  template <class I>
  Output operator[](const I& index) const { return Read()[index]; }
  // Rows of the value at `indices`, read without the rest; its gradient is sparse.
  Output Gather(const Input& indices, const Name& name = {}) const;

 private:
  void Build(Builder& b, const std::string& full_name, const VariableOptions& options);
  void BuildHandle(Builder& b, const std::string& full_name, const PartialShape& shape);
  void BuildReference(Builder& b, const std::string& full_name, const PartialShape& shape);

  Output handle_, initial_value_, is_initialized_, snapshot_;
  Operation initializer_;
  bool trainable_ = false;
};

// ---- collections: lists kept with the graph under TensorFlow's names; all of them, and their files: collections.h
namespace collection {
inline constexpr char kGlobalVariables[] = "variables";
inline constexpr char kLocalVariables[] = "local_variables";
inline constexpr char kMetricVariables[] = "metric_variables";
inline constexpr char kTrainableVariables[] = "trainable_variables";
inline constexpr char kModelVariables[] = "model_variables";
inline constexpr char kMovingAverageVariables[] = "moving_average_variables";
inline constexpr char kLosses[] = "losses";
inline constexpr char kRegularizationLosses[] = "regularization_losses";
inline constexpr char kUpdateOps[] = "update_ops";
inline constexpr char kTrainOp[] = "train_op";
inline constexpr char kSummaries[] = "summaries";
inline constexpr char kGlobalStep[] = "global_step";
}  // namespace collection

std::vector<Variable>& VariableCollection(Builder& b, const std::string& key);
std::vector<Output>& OutputCollection(Builder& b, const std::string& key);
std::vector<Operation>& OperationCollection(Builder& b, const std::string& key);
inline std::vector<Variable>& GlobalVariables(Builder& b) {
  return VariableCollection(b, collection::kGlobalVariables);
}
inline std::vector<Variable>& TrainableVariables(Builder& b) {
  return VariableCollection(b, collection::kTrainableVariables);
}

// The variable whose node is called `name`, built here or brought by a file. None of that name is the builder's error,
// which names the nearest; GlobalVariables lists those that there are.
Variable FindVariable(Builder& b, std::string_view name);
// A file's variables join the collections that it names; those of a bare GraphDef are all global and, if of floats,
// trainable. Nodes that `b` gained by ImportGraph (import_graph.h) are told to it by this; names in `meta` get `prefix`
// in front.
void AdoptVariables(Builder& b, const std::vector<NodeId>& nodes, const MetaGraph* meta,
                    const std::string& prefix = {});

// ---- variables as nodes
bool IsVariable(const Node& n);             // VarHandleOp, VariableV2, Variable
std::string CheckpointName(const Node& n);  // of a variable: its shared name, else the node's
OutputType VariableType(const Node& n);     // of a variable: what it holds
// An op that reads tensors from a checkpoint: RestoreV2, and TensorFlow's own before it.
bool ReadsCheckpoint(const Node& n);

// A target that gives all variables (those of one list) their first values.
Operation VariablesInitializer(At g, const std::vector<Variable>& variables, const Name& name = {"init"});
inline Operation GlobalVariablesInitializer(At g, const Name& name = {"init"}) {
  return VariablesInitializer(g, GlobalVariables(*g.builder), name);
}
// Local variables are those of metrics and such: started anew by each program, not in checkpoints.
inline std::vector<Variable>& LocalVariables(Builder& b) { return VariableCollection(b, collection::kLocalVariables); }
inline Operation LocalVariablesInitializer(At g, const Name& name = {"init"}) {
  return VariablesInitializer(g, LocalVariables(*g.builder), name);
}

// ---- sharing by name
enum class Reuse {
  kInherit,  // as the surrounding scope; at the top: a second variable of one name is an error
  kNew,      // a second variable of one name is an error
  kExisting, // asks for variables that exist
  kAuto,     // takes the one that exists, else makes it
};
struct VariableScopeOptions {
  Reuse reuse = Reuse::kInherit;
  Initializer initializer = {};  // of variables that name none
  bool unique = false;           // a name taken since the scope around was opened becomes name_1, as layers want it
};
// While the guard lives, GetVariable puts `name/` in front; opens a name scope too.
[[nodiscard]] Builder::Guard VariableScope(Builder& b, const std::string& name, VariableScopeOptions options = {});

struct GetVariableOptions {
  DType dtype = kFloat;
  Initializer initializer = {};  // the scope's; else Glorot's uniform one for floats, zeros for others
  bool trainable = true;
  std::function<Output(Output)> regularizer = {};  // its result joins the regularization losses
};
// The variable `name` of the current variable scope, made or shared as the scope says. Errors: it exists, does not
// exist, or has another shape or dtype.
Variable GetVariable(At g, const std::string& name, const Shape& shape, GetVariableOptions options = {});

namespace ops {

// Each sets, adds to or subtracts from the variable; the value has its shape and dtype.
Operation Assign(const Variable& v, const Input& value, const Name& name = {});
Operation AssignAdd(const Variable& v, const Input& value, const Name& name = {});
Operation AssignSub(const Variable& v, const Input& value, const Name& name = {});
// The same on the rows that `indices` names.
Operation ScatterUpdate(const Variable& v, const Input& indices, const Input& updates, const Name& name = {});
Operation ScatterAdd(const Variable& v, const Input& indices, const Input& updates, const Name& name = {});
Operation ScatterSub(const Variable& v, const Input& indices, const Input& updates, const Name& name = {});
// Whether the variable has a value.
Output IsVariableInitialized(const Variable& v);
// The op that changes `v` by this rule: `ApplyAdam` on a reference, `ResourceApplyAdam` on a handle. `inputs` are the
// op's, variables by Variable::handle(), which are all of the kind that `v` is.
Operation ApplyRule(const Variable& v, const std::string& op, InputList inputs, AttrMap attrs = {},
                    const Name& name = {});

}  // namespace ops
}  // namespace weir
