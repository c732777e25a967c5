// Plan: what a graph compiles to for given feeds, fetches and shapes; what the executor runs. No node, no graph, no
// names on the path of a run: the graph can die.
//
// Steps run in order. Every tensor of the plan has a slot. Most slots are static: their shape is known and their memory
// is an offset in the arena, a constant, a feed, a variable or a fetch's own buffer. The rest are dynamic: what only
// data tells (Where, Unique), strings, and what follows from them; their memory is found while running, by the same
// Prepare.
//
// Immutable after compiling; shared by concurrent runs, each with a RunContext of its own (executor.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/runtime/kernel.h"
#include "weir/runtime/resource_store.h"

namespace weir {

// kForm: what a kernel has in place of a variable (Form). kObject: no tensor, but the cell of a table, queue or reader.
enum class Storage : uint8_t { kArena, kConstant, kFeed, kVariable, kForm, kOutput, kDynamic, kObject, kNone };

struct Slot {
  Storage storage = Storage::kNone;
  DType dtype = DType::kInvalid;
  Shape shape;         // of static slots
  int64_t offset = 0;  // bytes from the beginning of the arena, constant, feed, variable or output
  int32_t index = -1;  // number of the constant, feed, variable, output, dynamic tensor or object
  int64_t bytes() const { return shape.num_elements() * static_cast<int64_t>(SizeOf(dtype)); }
  bool is_static() const { return storage != Storage::kDynamic; }
};

class Plan;

// What inference of a dynamic step is asked: concrete dtypes and shapes, and values where known.
struct DynamicInput {
  DType dtype = DType::kInvalid;
  Shape shape;
  const Tensor* value = nullptr;
  std::string_view name = {};    // in the op's definition
  ObjectCell* object = nullptr;  // behind the handle of a table, queue or reader
};
// Fills the output shapes that the op's shape function can tell. Injected, since ops are not visible to the runtime.
using InferFn = std::function<Status(const std::vector<DynamicInput>& inputs, std::vector<PartialShape>* outputs)>;

// A plan of a branch, a loop's condition or its body, bound to the step of another plan. Its arena is a part of the
// step's workspace, from the beginning on; those of one step are never in use at once.
struct NestedPlan {
  std::shared_ptr<const Plan> plan;
  std::vector<int> feeds;       // its feed i takes the step's input feeds[i]
  std::vector<int32_t> writes;  // the variables of the outer plan that it writes
  // Those of them whose handles it is given: the outer plan has copied what it still wants of their old values.
  std::vector<int32_t> lends;
};

// A loop variable of static shape: the body writes the next value into one of two buffers, which take turns.
struct LoopVariable {
  bool handed_on = false;     // unchanged, or a handle
  bool updated = false;       // handed on, and changed where it is: in the step's own output
  bool computed = false;      // into an output buffer of the body; else copied from the body's fetch
  int64_t bytes = 0;
  int64_t offset[2] = {0, 0};  // in the step's workspace
};

// The cold part of a step.
struct StepInfo {
  std::string op, name;                // of the node
  std::string loc;                     // creation place, "train.cc:48"
  std::vector<std::string> origins;
  std::string note;                    // for ToString: "in place of slot 3", "not fused: …"
  // Dynamic steps
  const KernelDef* kernel = nullptr;
  AttrMap attrs;
  InferFn infer;
  std::vector<bool> needs_value;
  std::vector<std::string_view> input_names;  // in the op's definition, which is the registry's
  std::vector<std::shared_ptr<const HeldFunction>> functions;  // of ops that hold any
  bool preparation_keeps = false;  // what preparing decides follows from shapes and needed values alone
  // Control flow: by branch, or {cond, body}.
  std::vector<NestedPlan> nested;
  std::vector<bool> handles;  // which inputs are
  // Whether all that goes in and out is static, so that nested plans read and write where the outer plan keeps it.
  bool direct = false;
  std::vector<LoopVariable> loop;  // of a direct loop
  int64_t condition_offset = 0;    // in its workspace: where the condition's result goes
};

enum class StepKind : uint8_t {
  kKernel,         // static: prepared while compiling
  kDynamic,        // shapes or parameters known only while running
  kReadVariable,   // a variable's value into a dynamic slot
  kAssign,         // a variable takes a value, perhaps another shape
  kIsInitialized,  // whether a variable has a value, into a bool slot
  kIf,             // one of two nested plans, by a truth
  kCase,           // one of several, by a number; the last where that is none's
  kWhile,
};

struct Step {
  StepKind kind = StepKind::kKernel;
  Prepared prepared;             // kKernel: phases and the parts they are cut into
  int64_t workspace_offset = 0;  // in the arena
  int32_t first_operand = 0;     // in Plan::operands: inputs, then outputs
  int16_t num_inputs = 0, num_outputs = 0;
  bool waits = false;            // for another run, by itself or in a nested plan
  NodeState* state = nullptr;
  std::vector<int32_t> writes;   // variables, ascending
  std::shared_ptr<const StepInfo> info;
};

struct PlanFeed {
  std::string name;
  DType dtype = DType::kInvalid;
  PartialShape shape = PartialShape::Unknown();          // fully known unless the feed is dynamic
  std::vector<int32_t> slots;  // static slots that view it
  int32_t dynamic = -1;        // or the dynamic tensor that holds it
  bool updated = false;        // a loop's variable that the body changes where it is

  // Whether the plan was compiled for such a value. Any will do for a handle, and for what is not read.
  bool Takes(const Tensor& value) const;
};

struct PlanFetch {
  std::string name;
  int32_t slot = -1;
  int32_t variable = -1;       // instead of a slot: a handle, of this variable
  int32_t object = -1;         // or of this object
  int32_t output = -1;         // slot's storage is output buffer `output`, which the fetch takes
};

struct PlanVariable {
  VariableRef variable;
  bool has_shape = false;      // compiled for `shape`; a run finds the plan stale when the variable has another
  Shape shape;
  bool read_first = false;     // must be initialised when a run starts
  std::string first_reader;    // node that reads it first, for the error
  std::vector<int32_t> slots;  // static slots that view it
  bool written = false;
  Form form;                         // what kernels want of it besides; `kind` is empty without
  std::vector<int32_t> form_slots;
};

class Plan {
 public:
  std::vector<Step> steps;
  std::vector<Slot> slots;
  std::vector<int32_t> operands;  // slot numbers
  std::vector<Tensor> constants;
  std::vector<PlanFeed> feeds;
  std::vector<PlanFetch> fetches;
  std::vector<PlanVariable> variables;
  std::vector<std::shared_ptr<ObjectCell>> objects;
  std::vector<int32_t> written;   // variables, in the order in which every run locks them
  std::vector<std::vector<int32_t>> outputs;  // per output buffer: its slots
  std::vector<int64_t> output_bytes;
  int num_dynamic = 0;
  int64_t arena_bytes = 0;
  int64_t arena_lower_bound = 0;  // no order of offsets needs less
  int64_t arena_sum = 0;          // without reuse
  int64_t compile_micros = 0, verify_micros = 0;  // verifying is part of compiling
  int num_nodes = 0;              // of the graph it was made from, after pruning
  KernelServices services;
  std::vector<std::string> notes;  // why something was not done, for Print
  // Of a branch's or loop's body that needs an op that Weir does not have: what a run that gets there fails with.
  Status refused;

  // About what the plan itself holds, beside the constants that it shares with the graph.
  int64_t bytes() const;

  // Steps, slots, memory and notes as text.
  std::string ToString() const;
};

}  // namespace weir
