// Builder: how C++ code makes a graph. Output, Input, Operation: what that code holds.
//
//   Builder g;
//   Output x = ops::Placeholder(g, kFloat, {None, 2}, "x");
//   Output y = ops::Relu(x * 2.0f);
//   if (!g.status().ok()) …
//
// The builder owns the graph at a stable address and keeps the first error: after it, building functions return invalid
// Outputs and do nothing, so that model code stays linear. A Builder belongs to one thread.
#pragma once

#include <any>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <typeindex>
#include <vector>

#include "weir/graph/graph.h"
#include "weir/graph/import.h"

namespace weir {

class Builder;

// A node, held by user code: a target to run, a control dependency.
class Operation {
 public:
  Operation() = default;
  Operation(Builder* b, NodeId id) : builder_(b), id_(id) {}
  Builder* builder() const { return builder_; }
  NodeId id() const { return id_; }
  bool valid() const { return builder_ && id_.valid(); }
  const std::string& name() const;

 private:
  Builder* builder_ = nullptr;
  NodeId id_;
};

class Index;

// One output of a node: a tensor to be. Carries arithmetic and comparison (ops/math/math.h), which build nodes, and
// subscripts.
class Output {
 public:
  Output() = default;
  Output(Builder* b, Endpoint e) : builder_(b), endpoint_(e) {}
  Builder* builder() const { return builder_; }
  Endpoint endpoint() const { return endpoint_; }
  bool valid() const { return builder_ && endpoint_.valid(); }
  Operation op() const { return {builder_, endpoint_.node}; }
  DType dtype() const;                // kInvalid for an invalid Output
  const PartialShape& shape() const;  // unknown for an invalid Output
  std::string name() const;           // "dense/Relu:0"
  const Node& node() const;           // only of a valid Output

  // A part of the tensor: x[0], x[{1, _}], x[{{0, 5}, Ellipsis}]; see ops/array/indexing.h.
  Output operator[](std::initializer_list<Index> index) const;
  template <class I>
  Output operator[](const I& index) const;

 private:
  Builder* builder_ = nullptr;
  Endpoint endpoint_;
};

// The outputs of one node, or as many invalid ones after an error. Where not even their number is known then, the list
// is empty; [] of what it does not have is an invalid Output (writing to that is lost), so that model code stays
// linear.
class OutputList : public std::vector<Output> {
 public:
  using std::vector<Output>::vector;
  OutputList(std::vector<Output> outputs) : std::vector<Output>(std::move(outputs)) {}  // NOLINT
  static OutputList Invalid(int64_t count);  // empty when there can be no node with so many outputs
  const Output& operator[](size_t i) const;
  Output& operator[](size_t i);
};

// A nested brace literal: 1.5, {1, 2}, {{1, 2}, {3, 4}}. Becomes a Tensor of the dtype that its place asks for.
class Literal {
 public:
  template <class T>
    requires(std::integral<T> || std::floating_point<T>)
  Literal(T v) : kind_(std::same_as<T, bool> ? kBoolLit : std::integral<T> ? kIntLit : kFloatLit),  // NOLINT
                 number_(static_cast<double>(v)), integer_(static_cast<int64_t>(v)) {}
  template <std::floating_point T>
  Literal(std::complex<T> v) : kind_(kComplexLit), number_(v.real()), imag_(v.imag()) {}  // NOLINT
  Literal(const char* text) : kind_(kTextLit), text_(text) {}                         // NOLINT
  Literal(const std::string& text) : kind_(kTextLit), text_(text) {}                  // NOLINT
  Literal(Tensor t) : kind_(kTensorLit), tensor_(std::move(t)) {}                     // NOLINT
  Literal(std::initializer_list<Literal> items) : kind_(kListLit), items_(items) {}   // NOLINT
  template <class T>
    requires std::constructible_from<Tensor, const std::vector<T>&>
  Literal(const std::vector<T>& v) : Literal(Tensor(v)) {}                            // NOLINT

  // As a tensor of `dtype` (kInvalid: int32, float, complex64, bool or string by its look). Errors: ragged nesting, a
  // text for a number, a number out of the dtype's range, with a fraction for an integer or complex for a real one, a
  // Tensor of another dtype.
  Result<Tensor> ToTensor(DType dtype) const;
  bool has_dtype() const { return kind_ == kTensorLit; }

 private:
  enum Kind { kBoolLit, kIntLit, kFloatLit, kComplexLit, kTextLit, kTensorLit, kListLit };
  bool is_integer() const { return kind_ == kIntLit || kind_ == kBoolLit; }
  std::string NumberText() const;
  template <class T>
  bool Fits() const;

  Kind kind_;
  double number_ = 0, imag_ = 0;
  int64_t integer_ = 0;
  std::string text_;
  Tensor tensor_;
  std::vector<Literal> items_;
};

// What can be read as a tensor at a place in code: a Variable (ops/model/variables.h).
template <class T>
concept Readable = requires(const T& v, Loc loc) { { v.Read(loc) } -> std::convertible_to<Output>; };

// An argument of a building function: an Output, a Variable (one read at that place), or a literal that takes the dtype
// of the op's other arguments. Captures the line of the caller.
class Input {
 public:
  Input(Output o, Loc loc = Loc::Current()) : output_(o), loc_(loc) {}  // NOLINT
  template <Readable V>
  Input(const V& v, Loc loc = Loc::Current()) : output_(v.Read(loc)), loc_(loc) {}  // NOLINT
  template <class T>
    requires(std::integral<T> || std::floating_point<T>)
  Input(T v, Loc loc = Loc::Current()) : literal_(std::make_shared<Literal>(v)), loc_(loc) {}  // NOLINT
  template <std::floating_point T>
  Input(std::complex<T> v, Loc loc = Loc::Current()) : literal_(std::make_shared<Literal>(v)), loc_(loc) {}  // NOLINT
  Input(const char* v, Loc loc = Loc::Current()) : literal_(std::make_shared<Literal>(v)), loc_(loc) {}  // NOLINT
  Input(Tensor v, Loc loc = Loc::Current()) : literal_(std::make_shared<Literal>(std::move(v))), loc_(loc) {}  // NOLINT
  Input(std::initializer_list<Literal> v, Loc loc = Loc::Current())
      : literal_(std::make_shared<Literal>(v)), loc_(loc) {}  // NOLINT
  template <class T>
    requires(std::constructible_from<Tensor, const std::vector<T>&>)
  Input(const std::vector<T>& v, Loc loc = Loc::Current())
      : literal_(std::make_shared<Literal>(v)), loc_(loc) {}  // NOLINT

  bool is_literal() const { return literal_ != nullptr; }
  const Output& output() const { return output_; }  // invalid when a literal
  const Literal& literal() const { return *literal_; }
  Loc loc() const { return loc_; }
  Builder* builder() const { return output_.builder(); }
  // The dtype of the Output; kInvalid for a literal.
  DType dtype() const { return output_.dtype(); }

 private:
  Output output_;
  std::shared_ptr<Literal> literal_;
  Loc loc_;
};

// Any number of arguments: a brace list of Inputs, or a range of what an Input is made of (Outputs, Variables,
// numbers).
class InputList : public std::vector<Input> {
 public:
  InputList() = default;
  InputList(std::initializer_list<Input> list) : std::vector<Input>(list) {}  // NOLINT
  InputList(std::vector<Input> list) : std::vector<Input>(std::move(list)) {}  // NOLINT
  template <class R>
    requires requires(const R& r) { Input(*r.begin()); r.end(); } && (!std::convertible_to<const R&, std::string_view>)
  InputList(const R& range, Loc loc = Loc::Current()) {  // NOLINT
    for (const auto& x : range) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(x)>, Input>) push_back(x);
      else push_back(Input(x, loc));
    }
  }
};

// The first parameter of building functions without tensor arguments: the builder, and the line of the caller.
struct At {
  At(Builder& b, Loc loc = Loc::Current());  // NOLINT
  Builder* builder;
  Loc loc;
};

// A node's name, the last parameter of building functions: `Relu(x, {.name = "hidden"})`. Empty means the op's.
// Functions with further options take `.name` among them.
struct Name {
  std::string name = {};
};

class Builder {
 public:
  explicit Builder(const OpRegistry* registry = &DefaultOps());
  // Goes on with a graph: its shapes are inferred as far as they can be, its variables found (FindVariable,
  // ops/model/variables.h).
  explicit Builder(Graph graph);
  // The same of a file: Builder g(LoadGraph("model.meta")). An error becomes the builder's status.
  explicit Builder(Result<LoadedGraph> loaded, const OpRegistry* registry = &DefaultOps());
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  const Graph& graph() const { return graph_; }
  Graph& mutable_graph() { return graph_; }
  int num_loaded() const { return num_loaded_; }  // ids below this one came with the graph that the builder was made of
  const Status& status() const { return status_; }
  void Fail(Status s);  // keeps the first that is an error

  // ---- scopes: RAII; what is made while the guard lives is inside
  class Guard {
   public:
    Guard(Guard&& o) noexcept : restore_(std::exchange(o.restore_, {})) {}
    ~Guard() { if (restore_) restore_(); }
    explicit Guard(std::function<void()> restore) : restore_(std::move(restore)) {}

   private:
    std::function<void()> restore_;
  };
  // Names get `name/` in front; a scope name that is taken becomes `name_1`. A trailing '/' re-enters an existing scope
  // exactly; "" leaves to the top.
  [[nodiscard]] Guard NameScope(std::string_view name);
  [[nodiscard]] Guard ControlDependencies(std::vector<Operation> before);
  [[nodiscard]] Guard NoControlDependencies();
  [[nodiscard]] Guard Device(std::string_view device);
  // Nodes made inside get this creation place: for functions that build several nodes on a user's behalf. The outermost
  // wins.
  [[nodiscard]] Guard At(Loc loc);
  // The place that guards tell, else this one.
  Loc PlaceOr(Loc own) const { return loc_ ? loc_ : own; }
  const std::string& scope() const { return scope_; }  // "a/b/" or ""
  // `name` within the current scope, made unique; marks it as taken. A name that ends in '/' is full and exact: the
  // node that carries the name of its own scope.
  std::string UniqueName(std::string_view name);

  // ---- nodes
  // Adds any registered op. Type and number attributes that inputs tell are filled in; literals become Const nodes of
  // the dtype asked for. Inputs of list arguments follow one another. Name: empty means the op's.
  Operation AddNode(std::string_view op, InputList inputs, AttrMap attrs = {}, const Name& name = {},
                    Loc loc = Loc::Current());
  // Output 0 of AddNode, for the many ops with one output.
  Output Add(std::string_view op, InputList inputs, AttrMap attrs = {}, const Name& name = {},
             Loc loc = Loc::Current());
  Output OutputOf(Operation op, int index = 0) { return op.valid() ? Output(this, {op.id(), index}) : Output(); }
  Output Constant(Tensor value, const Name& name = {}, Loc loc = {});
  Output FindOutput(std::string_view name);  // by "node:0"; an error is kept when there is none

  // ---- random seeds: see ops/random/random.h
  void SetSeed(int64_t seed) { seed_ = seed, has_seed_ = true, entropy_ = false; }
  void SetSeedFromEntropy() { entropy_ = true; }
  int64_t seed() const { return seed_; }
  bool has_seed() const { return has_seed_; }
  bool seed_from_entropy() const { return entropy_; }

  // ---- function bodies: see ops/model/control_flow.h
  // A builder of a body inside `parent`: what it uses of the enclosing graphs becomes arguments. While `Tracing` lives,
  // nodes that code builds on an enclosing builder go into this body.
  Builder(Builder* parent, int first_capture);
  [[nodiscard]] Guard Tracing();
  // `base`, `base_1`, …: a name that no function of this builder's library has and none of the builders around it, nor
  // of the bodies inside those, was given; their libraries become one.
  std::string UniqueFunctionName(std::string_view base);
  // Moves a body and its library into this one's, as a function under such a name.
  FuncRef AddFunction(std::string_view base, Graph body);
  Builder* parent() const { return parent_; }  // null: this is no body
  // Outputs of the parent that the body uses, in the order of their arguments.
  const std::vector<Output>& captures() const { return captures_; }
  // An output of an enclosing builder as a value of this body; `o` itself when it is this builder's.
  Output Capture(const Output& o);
  // The body being traced that code meaning `b` should build in: `b` itself when none is.
  static Builder* Innermost(Builder* b);
  static bool Encloses(const Builder* outer, const Builder* inner);  // or is the same

  // The one T that is kept with this graph, made on first use: what other layers know of a graph that nodes do not say
  // (ops/model: Collections, the variables). The type is the key, so nobody reads another's by mistake.
  template <class T>
  T& Kept() {
    std::any& slot = kept_[typeid(T)];
    if (!slot.has_value()) slot.emplace<T>();
    return *std::any_cast<T>(&slot);
  }

 private:
  // A unique name for a node, which the graph is to get.
  std::string NodeName(std::string_view name);

  Graph graph_;
  int num_loaded_ = 0;
  Status status_;
  std::string scope_, device_;
  std::vector<NodeId> control_;
  Loc loc_;
  int64_t seed_ = 0;
  bool has_seed_ = false, entropy_ = false;
  // Names of scopes, and of each name asked for how often it was; nodes' numbered names only the graph knows.
  std::unordered_map<std::string, int> taken_;
  Builder* parent_ = nullptr;
  std::set<std::string> function_names_;  // of the outermost builder: all that were given
  int first_capture_ = 0;
  std::vector<Output> captures_;
  std::map<Endpoint, Output> captured_;
  std::map<std::type_index, std::any> kept_;
};

// One argument list of a building function with N tensors: the builder of the first that has one.
Builder* BuilderOf(std::initializer_list<Input> inputs);
Builder* BuilderOf(const std::vector<Input>& inputs);
// AddNode on the builder of the inputs; invalid when none of them has one. The creation place is the first input's.
Operation MakeNode(std::string_view op, InputList inputs, AttrMap attrs = {}, const Name& name = {});
Output Make(std::string_view op, InputList inputs, AttrMap attrs = {}, const Name& name = {});
// All outputs; after an error `asked` invalid ones.
OutputList MakeAll(std::string_view op, InputList inputs, AttrMap attrs = {}, const Name& name = {}, int64_t asked = 0);

}  // namespace weir
