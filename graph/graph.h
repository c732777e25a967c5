// Graph: nodes that compute tensors from tensors, wired by ids.
//
// A node is an op with a name, attributes, data inputs (endpoints: an output of a node) and control inputs (nodes that
// run before). A node's position (its id) is program order; text, import and export keep it. Input edges may point
// forward (files need not be sorted) and, through v1 NextIteration nodes, form loops.
//
// Invariants: names are unique; every endpoint names a live node and one of its outputs; the user lists mirror the
// inputs exactly; output dtypes follow from the op and its attributes. Only Graph's methods change a node. What else
// makes a graph sound (arity, dtypes of inputs, cycles) is Verify's business (verify.h), which runs after import and
// after every pass.
//
// Copied by value. Const use from many threads is safe; a Graph under change belongs to one thread.
#pragma once

#include <compare>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/graph/base/attr.h"
#include "weir/graph/base/loc.h"
#include "weir/graph/base/resource.h"
#include "weir/graph/op_def.h"

namespace weir {

struct NodeId {
  int32_t value = -1;
  bool valid() const { return value >= 0; }
  auto operator<=>(const NodeId&) const = default;
};

struct Endpoint {
  NodeId node;
  int32_t index = 0;
  bool valid() const { return node.valid(); }
  auto operator<=>(const Endpoint&) const = default;
};

struct EndpointHash {
  size_t operator()(const Endpoint& e) const { return std::hash<int64_t>()((int64_t{e.node.value} << 16) ^ e.index); }
};

// What is known of an output before running.
struct OutputType {
  DType dtype = DType::kInvalid;
  PartialShape shape = PartialShape::Unknown();
  // Of a handle or a reference: which resource, null where that is not known; dtype and shape of what it holds.
  std::shared_ptr<const Resource> resource;
  DType handle_dtype = DType::kInvalid;
  PartialShape handle_shape = PartialShape::Unknown();
  // Of a small integer tensor: its elements, unknown ones as kUnknownDim or symbols. Makes shapes known (see infer.h).
  // Of a list: its length.
  std::optional<Dims> value;

  std::string ToString() const;  // "f32[?,10]"
  // Whether both are known to be one resource, or neither is known.
  bool SameResource(const OutputType& o) const {
    return resource == o.resource || (resource && o.resource && *resource == *o.resource);
  }
};

// One input of `node` that is fed by an output of the node whose user list this is in; for a control edge `input` is
// negative, -1 - its place among the control inputs, and `output` is -1.
struct Use {
  NodeId node;
  int input = 0;
  int output = 0;
};

// Who reads the outputs of one node and who waits for it: control edges first, then output by output, in no order
// within each. Every edge knows its place here, so that adding or taking one costs the same however many there are.
class Users {
 public:
  class Iterator {
   public:
    using value_type = Use;
    using difference_type = std::ptrdiff_t;
    using pointer = const Use*;
    using reference = const Use&;
    using iterator_category = std::forward_iterator_tag;

    Iterator() = default;
    Iterator(const Users* users, size_t list) : users_(users), list_(list) { SkipEmpty(); }
    const Use& operator*() const { return users_->list(list_)[at_]; }
    const Use* operator->() const { return &**this; }
    Iterator& operator++() {
      if (++at_ == users_->list(list_).size()) at_ = 0, ++list_, SkipEmpty();
      return *this;
    }
    Iterator operator++(int) {
      Iterator was = *this;
      ++*this;
      return was;
    }
    bool operator==(const Iterator& o) const { return list_ == o.list_ && at_ == o.at_; }

   private:
    void SkipEmpty() {
      while (list_ < users_->num_lists() && users_->list(list_).empty()) ++list_;
    }
    const Users* users_ = nullptr;
    size_t list_ = 0, at_ = 0;
  };

  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, num_lists()}; }
  bool empty() const { return begin() == end(); }
  size_t size() const;

 private:
  friend class Graph;
  // By output + 1; those at the end may lack. Why two in place: most nodes need no others.
  size_t num_lists() const { return 2 + more_.size(); }
  const std::vector<Use>& list(size_t i) const { return i == 0 ? control_ : i == 1 ? first_ : more_[i - 2]; }
  std::vector<Use>& list(size_t i) { return i == 0 ? control_ : i == 1 ? first_ : more_[i - 2]; }
  // Of output `output`, or -1 for control edges; made when it is not there.
  std::vector<Use>& Of(int output);

  std::vector<Use> control_, first_;
  std::vector<std::vector<Use>> more_;
};

class Graph;

class Node {
 public:
  NodeId id() const { return id_; }
  const std::string& op() const { return op_; }
  const OpDef* def() const { return def_; }  // null for an op that is not registered
  const std::string& name() const { return name_; }
  const AttrMap& attrs() const { return attrs_; }  // those set; FindAttr adds defaults
  const std::vector<Endpoint>& inputs() const { return inputs_; }
  Endpoint input(int i) const { return inputs_[i]; }
  const std::vector<NodeId>& control_inputs() const { return control_inputs_; }
  const std::vector<OutputType>& outputs() const { return outputs_; }
  const OutputType& output(int i) const { return outputs_[i]; }
  const Users& users() const { return users_; }
  Loc loc() const { return loc_; }
  const std::string& device() const { return extras().device; }
  // Names of the user's nodes that this one was made from; empty means itself.
  const std::vector<std::string>& origins() const { return extras().origins; }
  // Bytes of fields of the file's message that Weir does not know, kept for export.
  const std::string& unknown_fields() const { return extras().unknown_fields; }
  bool alive() const { return id_.valid(); }
  // Whether it keeps the contract (verify.h) and its shape function, if any, took it as it is now: since then no
  // attribute, no input, no type of one and none of its own has changed. Never of a call, which depends on the library
  // as well.
  bool inferred() const { return inferred_; }

  const AttrValue* FindAttr(std::string_view name) const;  // value or default; null when neither
  // Value or default of kind T; an empty one when there is none (Verify has refused such a node already).
  template <class T>
  T attr(std::string_view name) const {
    return ValueOr<T>(FindAttr(name));
  }
  DType type_attr(std::string_view name) const { return attr<DType>(name); }
  bool Is(std::string_view op) const { return op_ == op; }

 private:
  friend class Graph;
  // What few nodes have.
  struct Extras {
    std::string device, unknown_fields;
    std::vector<std::string> origins;
  };
  const Extras& extras() const {
    static const Extras none;
    return extras_ ? *extras_ : none;
  }

  NodeId id_;
  std::string op_, name_;
  const OpDef* def_ = nullptr;
  AttrMap attrs_;
  std::vector<Endpoint> inputs_;
  std::vector<NodeId> control_inputs_;
  std::vector<OutputType> outputs_;
  Users users_;
  std::vector<int32_t> places_;  // of each edge, data before control, in the user list of the node it comes from
  std::shared_ptr<const Extras> extras_;  // null where there are none; shared by copies
  Loc loc_;
  bool inferred_ = false;
};

// What a new node is made of.
struct NodeSpec {
  std::string op, name;
  std::vector<Endpoint> inputs;
  std::vector<NodeId> control_inputs;
  AttrMap attrs;
  std::string device;
  Loc loc;
  std::vector<std::string> origins;
  std::string unknown_fields;
};

struct Function;
struct MetaGraph;  // import.h

class Graph {
 public:
  // The registry outlives the graph.
  explicit Graph(const OpRegistry* registry) : registry_(registry) {}

  const OpRegistry& registry() const { return *registry_; }

  // ---- reading
  int num_ids() const { return static_cast<int>(nodes_.size()); }  // ids are 0 … num_ids()-1; some may be dead
  int num_nodes() const { return alive_; }
  bool alive(NodeId id) const { return id.value >= 0 && id.value < num_ids() && nodes_[id.value].alive(); }
  const Node& node(NodeId id) const { return nodes_[id.value]; }
  const Node& operator[](NodeId id) const { return nodes_[id.value]; }
  NodeId Find(std::string_view name) const;  // invalid id when there is none
  const OutputType& type(Endpoint e) const { return nodes_[e.node.value].outputs_[e.index]; }
  const PartialShape& ShapeOf(Endpoint e) const { return type(e).shape; }
  // Live ids in program order.
  std::vector<NodeId> nodes() const;
  std::string EndpointName(Endpoint e) const;  // "a/b:0"
  // "a/b:1", or "a/b" for output 0. Errors name the nearest names, or how many outputs there are.
  Result<Endpoint> ParseEndpoint(std::string_view name) const;
  // A name that no node has: `base`, `base_1`, …
  std::string UniqueName(std::string_view base) const;

  // ---- changing
  // Adds a node at the end and infers its outputs' shapes. Errors: taken or malformed name, unknown inputs, attributes
  // against the declaration, dtypes or shapes the op refuses; all decorated with node, op and creation place.
  Result<NodeId> AddNode(NodeSpec spec);
  // Adds a node as it is in a file: unknown ops, any attributes; SetInputs comes later. Only the name is checked.
  Result<NodeId> AddRaw(NodeSpec spec, int num_outputs_if_unknown = 0);
  // The mutators below cost what they change, however many users the nodes have. After an error the graph is as it was;
  // a node that does not exist is one for all of them.
  Status SetInputs(NodeId id, std::vector<Endpoint> inputs, std::vector<NodeId> control_inputs);
  Status SetInput(NodeId id, int i, Endpoint e);
  // Whether it is new: there is one edge between two nodes, and none from a node to itself.
  Result<bool> AddControlInput(NodeId id, NodeId before);
  Status RemoveControlInput(NodeId id, NodeId before);  // there need be none
  // These recompute the outputs' dtypes; a type that changes costs a look at each reader. Errors: attributes that tell
  // none, or fewer outputs than are read.
  Status SetAttr(NodeId id, const std::string& name, AttrValue value);
  Status SetOp(NodeId id, const std::string& op, AttrMap attrs);  // keeps name and inputs
  Status SetOutputType(NodeId id, int i, OutputType type);        // used by inference
  void MarkInferred(NodeId id) { nodes_[id.value].inferred_ = true; }  // by inference, and for copies of such nodes
  // Every use of `from` reads `to` instead. Refuses other dtypes and contradicting shapes.
  Status ReplaceUses(Endpoint from, Endpoint to);
  // Every control edge from `from` comes from `to` instead.
  Status ReplaceControlUses(NodeId from, NodeId to);
  // Error: the node has users.
  Status Remove(NodeId id);
  // Removes every node that `keep` (by id) does not mark. Error: what is kept reads what is not. Linear.
  Status Retain(const std::vector<bool>& keep);
  // Drops dead ids: nodes are renumbered, order kept. Returns old id -> new id (invalid for dead ones).
  std::vector<NodeId> Compact();

  // How many edges were ever linked or unlinked: what changing this graph has cost.
  int64_t edges_touched() const { return edges_touched_; }

  // ---- the function library; bodies are graphs of their own
  const std::map<std::string, std::shared_ptr<const Function>, std::less<>>& functions() const { return functions_; }
  const Function* FindFunction(std::string_view name) const;
  Status AddFunction(Function f);           // error: there is one of this name
  void ShareFunctions(const Graph& other);  // adds those of `other` that this one lacks, without copying
  void RetainFunctions(const std::set<std::string>& keep);  // drops all others
  Status SetFunctionGradient(std::string_view name, std::string gradient);  // error: there is none of this name

  // ---- of the file, kept for export
  struct FileInfo {
    bool from_file = false;  // else export writes the version whose semantics Weir has
    int producer = 0, min_consumer = 0;
    std::vector<int> bad_consumers;
    std::string unknown_fields;          // of GraphDef
    std::string library_unknown_fields;  // of FunctionDefLibrary, gradients included
    std::shared_ptr<const MetaGraph> meta;  // what the file says beside its graph; null for a bare GraphDef
  };
  FileInfo& file_info() { return file_info_; }
  const FileInfo& file_info() const { return file_info_; }

  // Nodes of the variables that no checkpoint holds, by name: TensorFlow's collection "local_variables".
  std::set<std::string, std::less<>>& local_variables() { return local_variables_; }
  const std::set<std::string, std::less<>>& local_variables() const { return local_variables_; }

 private:
  // An edge of node n: data input `slot`, or control input -1 - slot.
  void LinkEdge(Node& n, int slot);
  void UnlinkEdge(Node& n, int slot);
  void Link(Node& n);
  void Unlink(Node& n);
  static int32_t& PlaceOf(Node& n, int slot);
  Status CheckAlive(NodeId id) const;
  bool HasControlInput(NodeId id, NodeId before);
  // Whether node n may read `e`; an unknown op gets the output that is asked for.
  Status CheckInput(const Node& n, Endpoint e);
  void Drop(Node& n);  // which nobody uses
  void OutputsChanged(const Node& n);  // whoever reads them is to be inferred anew
  Status ComputeOutputTypes(Node& n);
  // What an op that is not registered gives is what its readers take it for.
  void TypeUnknown(const Node& reader, const std::vector<Endpoint>& inputs);

  const OpRegistry* registry_;
  std::vector<Node> nodes_;
  int alive_ = 0;
  int64_t edges_touched_ = 0;
  std::unordered_map<std::string, int32_t> names_;
  mutable std::unordered_map<std::string, int> name_counters_;
  std::map<std::string, std::shared_ptr<const Function>, std::less<>> functions_;
  FileInfo file_info_;
  std::set<std::string, std::less<>> local_variables_;
};

// A function of the library: a body whose `_Arg` nodes (attributes T, index) are the parameters, whose `_Retval` nodes
// (T, index) are the results. Polymorphic bodies hold AttrPlaceholders; Instantiate (functions.h) binds them.
struct Function {
  std::string name;
  std::vector<ArgDef> args, rets;
  std::vector<AttrDef> attr_defs;
  AttrMap attrs;                                   // of the function itself, "_noinline" and such
  std::map<std::string, std::string> control_ret;  // result name -> body node that must run
  // The function that calls of this one have for a gradient, of the arguments and the gradients by the results; empty
  // where it is derived.
  std::string gradient;
  bool stateful = false;
  std::string doc;
  Graph body;
  std::string unknown_fields;

  explicit Function(const OpRegistry* registry) : body(registry) {}
};

// Decorates a status with op, node and creation line unless it is so already:
//   error[shape]: MatMul 'dense/MatMul' cannot multiply f32[?,64] by f32[32,10]
//     …details…
//     created at train.cc:48
//     help: …
// `tag` is from the stable list: graph attr shape dtype feed fetch file run memory function.
Status NodeError(const Node& node, std::string_view tag, Status status);

}  // namespace weir
