// OpDef: what an op is (its schema, documentation, shape function and gradient), as data. OpRegistry: a set of them.
//
// An op is declared in one fluent block of ops/<family>/<topic>.cc:
//
//   r.Add("MatMul")
//       .Input("a: T").Input("b: T").Output("product: T")
//       .Attr("transpose_a: bool = false").Attr("transpose_b: bool = false").Attr("T: {half, float, double, int32}")
//       .Doc("Product of the matrices a [m,k] and b [k,n], [m,n].")
//       .Shape(MatMulShape)
//       .Gradient(MatMulGrad);
//
// Invariant: a registry is filled once, by explicit lists, and is frozen before the first graph uses it; OpDefs then
// stay at their addresses. Each op has a doc, a shape function, and a gradient or the reason why it has none.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/graph/base/attr.h"

namespace weir {

class ShapeContext;
class GradContext;
class ExpandContext;
using ShapeFn = std::function<Status(ShapeContext&)>;
using GradFn = std::function<Status(GradContext&)>;
using ExpandFn = std::function<Status(ExpandContext&)>;
using FlopsFn = std::function<int64_t(const ShapeContext&)>;

// Which functions an op calls, by its attributes: "f"; "then_branch" and "else_branch", by the truth of input 0; one of
// "branches", by the number that input 0 is; "cond" and "body"; "body" alone, as often as inputs 0 to 2 (start, limit
// and delta of a count, which is the body's first argument) say.
enum class CallKind : uint8_t { kNone, kCall, kIf, kCase, kLoop, kCounted };

// One input or output of an op: a tensor, `N * T` equal-typed tensors, or a list of tensors typed by a list(type)
// attribute.
struct ArgDef {
  std::string name;
  DType type = DType::kInvalid;  // when fixed
  std::string type_attr;  // else the attribute that names the dtype (kind "type") or the dtypes (kind "list(type)")
  std::string number_attr;       // when repeated
  bool is_list = false;          // type_attr is a list(type)
  bool is_ref = false;

  // The attribute that tells how many tensors it is; empty where it is one.
  const std::string& counted_by() const { return is_list ? type_attr : number_attr; }
  // How many, by that attribute's value (null where it is not given); nullopt where that does not tell.
  std::optional<int64_t> Count(const AttrValue* value) const;
};

struct AttrDef {
  std::string name;
  // "type", "int", "float", "bool", "string", "shape", "tensor", "func", "cpp_function", "program", "list(…)"
  std::string kind;
  std::optional<AttrValue> default_value;
  std::vector<DType> allowed_types;
  std::vector<std::string> allowed_strings;
  std::optional<int64_t> minimum;  // of an int, or of a list's length
};

class OpDef {
 public:
  explicit OpDef(std::string name) : name_(std::move(name)) {}

  // ---- declaration
  // "name: type", type being a dtype, a type attribute, `N * type`, or `Ref(type)`.
  OpDef& Input(std::string_view spec);
  OpDef& Output(std::string_view spec);
  // "name: kind", "name: {float, double}", "name: {'SAME', 'VALID'}", "name: numbertype" (or realnumbertype, lists that
  // TensorFlow names so, also within braces), then optionally ">= minimum", then "= default".
  // Defaults: 3, 0.5, true, 'text', float (a dtype), [] or [1, 1], ? (a shape of unknown rank), [] for a scalar shape.
  OpDef& Attr(std::string_view spec);
  OpDef& Attr(std::string_view spec, AttrValue default_value);
  OpDef& Doc(std::string_view doc);
  OpDef& Shape(ShapeFn fn);
  OpDef& Gradient(GradFn fn);
  // Has no gradient: `reason` completes "<op> has no gradient: ". Gradients stop here silently when `zero` (the
  // derivative is zero or the output is no function of floats), else asking for it is an error.
  OpDef& NoGradient(std::string_view reason, bool zero = true);
  // Stands for what `fn` builds (expand.h): no kernel, and that has its gradient.
  OpDef& Composed(ExpandFn fn);
  OpDef& Stateful();     // has a side effect or a hidden state: never folded, merged or dropped once asked for
  OpDef& Random();       // stateful by nothing but random numbers; keeps a state
  OpDef& KeepsState();   // the session keeps a state for each of its nodes (NodeState, runtime/kernel.h)
  OpDef& Fed();          // a placeholder: what it gives is the run's to say, never computed or merged while compiling
  OpDef& TellsItsName();  // the output holds the node's name: kernels find it as kNodeName among the attributes
  OpDef& MakesHandle();  // stateful, since two are two; makes the handle of a resource and has no effect by that
  // The same of a handle to a table, a queue or a reader, which a kernel makes: the first time that it runs.
  OpDef& MakesObject();
  OpDef& Waits();        // until another run does something: variables are not held for the run meanwhile
  OpDef& HandsOn();      // output 0 is input 0 itself: a tensor, a handle, a reference
  OpDef& Commutative();  // f(a, b) = f(b, a), bit for bit
  OpDef& ShapeOnly();    // the outputs depend on the inputs' shapes alone: folded once those are known
  OpDef& Calls(CallKind kind);
  // What it gives, or a later run by it, calls the functions that its attributes name: with what they are called for
  // (elements of a dataset), then with the inputs of argument "other_arguments".
  OpDef& HoldsFunctions();
  OpDef& CompiledAway();  // the compiler deals with it, or turns it into other ops: no kernel
  OpDef& FeedsBack();  // what it gives is read by a Merge of the next iteration: an edge that may close a cycle
  // On a reference (TensorFlow 1's variables): the op that does the same by a handle, which compiling makes of it.
  OpDef& HandleForm(std::string op);
  OpDef& Chooses();  // input 0, if a scalar bool, says which of the others to give: the rest need not be computed
  OpDef& SizedByFirst();  // the elements of input 0 are no data: they tell the output's shape
  // Where it may give infinity or NaN for finite inputs (a root, a quotient), and so may its gradient.
  OpDef& HasPoles();
  // Multiplications and additions of one run, as shapes tell. Without it: one for each element of output 0.
  OpDef& Flops(FlopsFn fn);
  OpDef& NoFlops();  // it only moves elements
  // Input `i` is read (reads), written (writes) or both through a resource handle or reference.
  OpDef& Reads(std::vector<int> inputs);
  OpDef& Writes(std::vector<int> inputs);

  // ---- facts
  const std::string& name() const { return name_; }
  const std::vector<ArgDef>& inputs() const { return inputs_; }
  const std::vector<ArgDef>& outputs() const { return outputs_; }
  const std::vector<AttrDef>& attrs() const { return attrs_; }
  const AttrDef* FindAttr(std::string_view name) const;
  const std::string& doc() const { return doc_; }
  const ShapeFn& shape_fn() const { return shape_; }
  const GradFn& gradient() const { return gradient_; }
  const std::string& no_gradient_reason() const { return no_gradient_; }
  const ExpandFn& expansion() const { return expansion_; }
  // By itself, or as what it stands for.
  bool has_gradient() const { return gradient_ || expansion_; }
  bool gradient_is_zero() const { return gradient_is_zero_; }
  bool stateful() const { return stateful_; }
  bool random() const { return random_; }
  bool keeps_state() const { return keeps_state_; }
  bool fed() const { return fed_; }
  bool tells_its_name() const { return tells_its_name_; }
  bool makes_handle() const { return makes_handle_; }
  bool waits() const { return waits_; }
  bool hands_on() const { return hands_on_; }
  CallKind calls() const { return calls_; }
  bool holds_functions() const { return holds_functions_; }
  bool compiled_away() const { return compiled_away_; }
  bool feeds_back() const { return feeds_back_; }
  const std::string& handle_form() const { return handle_form_; }  // empty: none
  bool chooses() const { return chooses_; }
  bool sized_by_first() const { return sized_by_first_; }
  bool has_poles() const { return has_poles_; }
  const FlopsFn& flops() const { return flops_; }
  bool commutative() const { return commutative_; }
  bool shape_only() const { return shape_only_; }
  const std::vector<int>& reads() const { return reads_; }
  const std::vector<int>& writes() const { return writes_; }
  const std::string& declaration_error() const { return error_; }  // a mistake in a spec string; empty when none

  // Checks `attrs` against the declaration: kinds, allowed values, minima. Names that the op does not have are passed
  // over.
  Status CheckAttrs(const AttrMap& attrs) const;
  // Reads the programs that are given as their print, which is how files hold them.
  Status ReadPrograms(AttrMap& attrs) const;
  // The dtypes of all inputs or outputs, lists flattened, as the attributes say (references as such).
  Result<std::vector<DType>> InputTypes(const AttrMap& attrs) const { return ArgTypes(inputs_, attrs); }
  Result<std::vector<DType>> OutputTypes(const AttrMap& attrs) const { return ArgTypes(outputs_, attrs); }
  // The same, appended to `types`: for callers with many nodes, whose vector then need not grow each time.
  Status AppendInputTypes(const AttrMap& attrs, std::vector<DType>& types) const {
    return AppendArgTypes(inputs_, attrs, types);
  }
  Status AppendOutputTypes(const AttrMap& attrs, std::vector<DType>& types) const {
    return AppendArgTypes(outputs_, attrs, types);
  }
  // Name of the `flat`-th input or output: "values[2]".
  std::string InputName(int flat, const AttrMap& attrs) const;
  // The first and one past the last flat index of input argument `arg`.
  Result<std::pair<int, int>> InputRange(std::string_view arg, const AttrMap& attrs) const;
  // The attribute's value: from `attrs`, else the default; null when neither.
  const AttrValue* Value(const AttrMap& attrs, std::string_view name) const;
  // The schema in one line: "MatMul(a: T, b: T) -> (product: T) {transpose_a: bool = false, …}".
  std::string Signature() const;

 private:
  Result<std::vector<DType>> ArgTypes(const std::vector<ArgDef>& args, const AttrMap& attrs) const;
  Status AppendArgTypes(const std::vector<ArgDef>& args, const AttrMap& attrs, std::vector<DType>& types) const;
  ArgDef ParseArg(std::string_view spec);

  std::string name_, doc_, no_gradient_, error_, handle_form_;
  std::vector<ArgDef> inputs_, outputs_;
  std::vector<AttrDef> attrs_;
  ShapeFn shape_;
  GradFn gradient_;
  ExpandFn expansion_;
  FlopsFn flops_;
  CallKind calls_ = CallKind::kNone;
  bool gradient_is_zero_ = false, stateful_ = false, commutative_ = false, shape_only_ = false, random_ = false;
  bool keeps_state_ = false;
  bool fed_ = false, makes_handle_ = false, hands_on_ = false, compiled_away_ = false;
  bool feeds_back_ = false, tells_its_name_ = false, waits_ = false;
  bool has_poles_ = false, chooses_ = false, sized_by_first_ = false, holds_functions_ = false;
  std::vector<int> reads_, writes_;
};

class OpRegistry {
 public:
  OpRegistry() = default;
  OpRegistry(const OpRegistry& o) {
    for (const auto& [name, op] : o.ops_) Add(name) = op;
  }
  OpRegistry(OpRegistry&&) = default;
  OpRegistry& operator=(OpRegistry&&) = default;

  OpDef& Add(std::string name);
  const OpDef* Find(std::string_view name) const;
  const std::map<std::string, OpDef, std::less<>>& ops() const { return ops_; }
  // Up to three registered names nearest to a mistyped one.
  std::vector<std::string> Nearest(std::string_view name) const;

 private:
  std::map<std::string, OpDef, std::less<>> ops_;
  std::unordered_map<std::string_view, const OpDef*> by_name_;  // into ops_: every node that is made asks
};

// The ops of whoever makes or loads a graph and is given no registry: what the layer above has given (ops/registry.cc
// does when the library is loaded), before that none.
const OpRegistry& DefaultOps();
void GiveDefaultOps(const OpRegistry& (*ops)());

// Up to three of `names` by edit distance to `name`, near ones only.
std::vector<std::string> NearestNames(std::string_view name, std::span<const std::string> names);

}  // namespace weir
