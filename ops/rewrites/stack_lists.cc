// Lists become tensors.
//
// Of a While whose condition compares a counter with a constant the number of iterations is known, and so is the length
// of a list that each iteration writes one item to. Where the items have one known shape as well, the list is one
// tensor [length, item], which the loop has for a variable and changes in place (_SetRow): nothing is allocated, and
// the loop runs direct (runtime/exec/control.cc). Five lists of a loop are such:
//
//   pushed   each iteration pushes one item onto what was empty
//   set      each iteration sets one item of what has a constant size
//   read     the loop hands it on, and items are got
//   popped   each iteration pops one item of a list pushed by a loop before: backwards, what gradients do
//   added    each iteration adds a list of one item to what was zeros: the gradient of one that is read
//   (one that is handed on and never read is a number)
//
// A loop is changed when all its lists are such, all its other variables have known shapes, and whoever reads a list
// behind it can do with the tensor.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/rewrites/counted_loop.h"
#include "weir/ops/rewrites/replacement.h"

namespace weir {

namespace {

constexpr char kName[] = "stacked";  // of constants
constexpr int64_t kMostBytes = int64_t{1} << 31, kFewRows = 64;

// What Fill and GatherV2 compute.
bool HasZero(DType t) { return IsPlain(t) && InfoOf(t).kind != DTypeKind::kQuantised; }

// A list of a loop.
struct List {
  enum Kind { kPushed, kSet, kRead, kPopped, kAdded, kUnread } kind;
  NodeId at;          // the node of the body that pushes, sets or pops
  DType dtype = DType::kInvalid;
  std::optional<Shape> item;  // not known yet where the body does not tell and what the loop begins with may
  int64_t length = 0;
};

struct Loop : CountedLoop {
  std::map<int, List> lists;  // by variable
};

class Stacker {
 public:
  Stacker(Graph& g, PassContext& context) : g_(g), context_(context) {}

  Result<bool> Run() {
    const std::vector<NodeId> nodes = g_.nodes();
    const auto holds_list = [&](NodeId id) { return IsLoopOfLists(g_.node(id)); };
    if (std::none_of(nodes.begin(), nodes.end(), holds_list)) return false;
    WEIR_ASSIGN_OR_RETURN(const auto order, TopologicalOrder(g_));
    bool changed = false;
    // What is told of lists tells more of others: what gradients begin with is as long as what was stacked.
    for (bool again = true; again; changed = changed || again) {
      WEIR_ASSIGN_OR_RETURN(const bool whole, MakeWhole(order));
      if (whole) WEIR_RETURN_IF_ERROR(InferShapes(g_, context_).status());
      WEIR_RETURN_IF_ERROR(LookAtAll(order));
      WEIR_ASSIGN_OR_RETURN(const bool told, TellLengths());
      if (told) WEIR_RETURN_IF_ERROR(InferShapes(g_, context_).status());
      again = whole || told;
    }
    DropUnfit();
    if (loops_.empty()) return changed;
    for (NodeId id : order) {
      if (auto it = loops_.find(id); it != loops_.end()) WEIR_RETURN_IF_ERROR(Change(it->second));
    }
    return true;
  }

 private:
  static bool IsLoopOfLists(const Node& n) {
    return n.def() && n.def()->calls() == CallKind::kLoop &&
           std::any_of(n.outputs().begin(), n.outputs().end(), [](const OutputType& t) { return t.dtype == kVariant; });
  }

  // ---- lists that are a tensor's rows, as TensorArrays write it
  //
  //   TensorListScatterIntoExistingList(TensorListReserve(n), x, [0 … n-1])  ->  TensorListFromTensor(x)
  //   AddN(TensorListReserve(n), a list of n)                                ->  the list
  //   TensorListLength(TensorListReserve(n))                                 ->  n

  Result<bool> MakeWhole(const std::vector<NodeId>& order) {
    bool changed = false;
    for (NodeId id : order) {
      const Node n = g_.node(id);
      if (n.Is("TensorListScatterIntoExistingList") && IsIota(ConstantValue(g_, n.input(2))) &&
          SizeOfReserve(n.input(0)) == RowsIn(n.input(1)) && RowsIn(n.input(1))) {
        const Node reserve = g_.node(BehindHandedOn(g_, n.input(0)).node);
        const DType dtype = n.attr<DType>("element_dtype");
        if (reserve.attr<DType>("element_dtype") != dtype) continue;
        WEIR_RETURN_IF_ERROR(g_.SetInputs(id, {n.input(1), reserve.input(0)}, n.control_inputs()));
        WEIR_RETURN_IF_ERROR(g_.SetOp(id, "TensorListFromTensor", {{"element_dtype", dtype},
                                                                   {"shape_type", reserve.attr<DType>("shape_type")}}));
        changed = true;
      } else if (n.Is("AddN") && n.inputs().size() == 2 && n.control_inputs().empty() && Readers(n, 0) > 0) {
        const int empty = SizeOfReserve(n.input(0)) ? 0 : 1;
        const Endpoint other = n.input(1 - empty);
        const Node& list = g_.node(BehindHandedOn(g_, other).node);
        const auto size = SizeOfReserve(n.input(empty));
        if (!size || !list.Is("TensorListFromTensor") || size != RowsIn(list.input(0))) continue;
        WEIR_RETURN_IF_ERROR(g_.ReplaceUses({id, 0}, other));
        changed = true;
      } else if (n.Is("TensorListLength") && Readers(n, 0) > 0) {
        const NodeId reserve = BehindHandedOn(g_, n.input(0)).node;
        if (!g_.node(reserve).Is("TensorListReserve") || !n.control_inputs().empty()) continue;
        WEIR_RETURN_IF_ERROR(g_.ReplaceUses({id, 0}, g_.node(reserve).input(1)));
        changed = true;
      }
    }
    return changed;
  }
  std::optional<int64_t> SizeOfReserve(Endpoint e) const {
    const Node& n = g_.node(BehindHandedOn(g_, e).node);
    return n.Is("TensorListReserve") ? IntOf(ConstantValue(g_, n.input(1))) : std::nullopt;
  }
  std::optional<int64_t> RowsIn(Endpoint tensor) const {
    const PartialShape& shape = g_.ShapeOf(tensor);
    return shape.rank() > 0 && Known(shape[0]) ? std::optional<int64_t>(shape[0]) : std::nullopt;
  }
  static bool IsIota(const Tensor* t) {
    if (!t || t->dtype() != kInt32 || t->rank() != 1) return false;
    for (int64_t i = 0; i < t->num_elements(); ++i) {
      if (t->data<int32_t>()[i] != i) return false;
    }
    return true;
  }

  // ---- looking

  Status LookAtAll(const std::vector<NodeId>& order) {
    loops_.clear(), counts_.clear();
    for (NodeId id : order) {
      if (IsLoopOfLists(g_.node(id))) WEIR_RETURN_IF_ERROR(Look(id));
    }
    return {};
  }
  // Whoever stacks a list is told how long it is.
  Result<bool> TellLengths() {
    bool told = false;
    for (const auto& [id, loop] : loops_) {
      for (const auto& [i, list] : loop.lists) {
        for (const Use& use : std::vector<Use>(g_.node(id).users().begin(), g_.node(id).users().end())) {
          const Node& reader = g_.node(use.node);
          if (use.output != i || list.length <= 0) continue;
          if (reader.Is("TensorListStack") && reader.attr<int64_t>("num_elements") < 0) {
            WEIR_RETURN_IF_ERROR(g_.SetAttr(use.node, "num_elements", list.length));
            told = true;
          } else if (reader.Is("TensorListLength") && Readers(reader, 0) > 0) {
            WEIR_ASSIGN_OR_RETURN(Endpoint length, AddConst(g_, kName, Tensor(static_cast<int32_t>(list.length))));
            WEIR_RETURN_IF_ERROR(g_.ReplaceUses({use.node, 0}, length));
            told = true;
          }
        }
      }
    }
    return told;
  }

  // Keeps the loop if by itself it is fit.
  Status Look(NodeId id) {
    const Node& n = g_.node(id);
    WEIR_ASSIGN_OR_RETURN(auto counted, CountLoop(g_, id, context_, counts_));
    if (!counted) return Leave(n, "how often it runs is not known");
    Loop loop{std::move(*counted), {}};
    WEIR_RETURN_IF_ERROR(PassOver(loop.body));
    WEIR_RETURN_IF_ERROR(PassOver(loop.cond));
    for (int i = 0; i < static_cast<int>(n.outputs().size()); ++i) {
      const OutputType& t = n.output(i);
      const bool list = t.dtype == kVariant;
      if (list ? LookAtList(n, loop, i) : t.dtype == kResource || IsStatic(t)) continue;
      return Leave(n, fmt::format("variable {}, {}, {}", i, t.ToString(),
                                  list ? "is a list that is used otherwise" : "is of no known shape"));
    }
    loops_.emplace(id, std::move(loop));
    return {};
  }
  // Notes why the lists of a loop stay.
  Status Leave(const Node& n, const std::string& why) {
    context_.notes.push_back(fmt::format("lists stay: {} '{}': {}", n.op(), n.name(), why));
    return {};
  }
  // Takes away what only hands lists on.
  static Status PassOver(Graph& g) {
    for (NodeId id : g.nodes()) {
      const Node& n = g.node(id);
      const Users& users = n.users();
      if (!n.def() || !n.def()->hands_on() || n.output(0).dtype != kVariant || !n.control_inputs().empty()) continue;
      if (std::any_of(users.begin(), users.end(), [](const Use& use) { return use.output < 0; })) continue;
      WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, 0}, n.input(0)));
      WEIR_RETURN_IF_ERROR(g.Remove(id));
    }
    return {};
  }
  static bool IsStatic(const OutputType& t) { return IsPlain(BaseType(t.dtype)) && t.shape.fully_known(); }

  static int64_t Readers(const Node& n, int output) {
    return std::count_if(n.users().begin(), n.users().end(), [&](const Use& use) { return use.output == output; });
  }
  // Whether the body does one of these things with variable i, which the condition does not read.
  bool LookAtList(const Node& n, Loop& loop, int i) const {
    const Graph& body = loop.body;
    const NodeId arg = loop.arg(i).node;
    if (!loop.cond.node(loop.cond_args[static_cast<size_t>(i)]).users().empty()) return false;
    const Endpoint result = BehindHandedOn(body, loop.result(i));
    if (result.node == arg) return LookAtRead(loop, i, arg);
    // In all else the argument has one reader, and what that gives is the next value alone.
    if (Readers(body.node(arg), 0) != 1 || !(loop.result(i) == result)) return false;
    const Node& at = body.node(result.node);
    if (at.Is("AddN")) return LookAtSum(loop, i, at);
    if (at.inputs().empty() || !(at.input(0) == Endpoint{arg, 0}) || result.index != 0) return false;
    if (Readers(at, 0) != 1) return false;
    const bool pushes = at.Is("TensorListPushBack"), sets = at.Is("TensorListSetItem");
    const bool pops = at.Is("TensorListPopBack");
    if (!pushes && !sets && !pops) return false;
    if ((pushes || pops) && std::abs(loop.counter.step) != 1) return false;
    if (sets && at.attr<bool>("resize_if_index_out_of_bounds")) return false;
    List list{pushes ? List::kPushed : sets ? List::kSet : List::kPopped, at.id()};
    const OutputType& item = pops ? at.output(1) : body.type(at.input(pushes ? 1 : 2));
    if (!SetItem(list, item)) return false;
    const Node& start = g_.node(BehindHandedOn(g_, n.input(i)).node);
    if (pushes && !start.Is("EmptyTensorList")) return false;
    if (pushes) {
      const auto most = IntOf(ConstantValue(g_, start.input(1)));
      if (!most || (*most >= 0 && *most < loop.trips)) return false;
      list.length = loop.trips;
    }
    if (sets) {
      const auto size = start.Is("TensorListReserve") ? IntOf(ConstantValue(g_, start.input(1))) : std::nullopt;
      // Of many more rows than iterations most would stay zeros, which a list does not keep.
      if (!size || *size <= 0 || *size > std::max(2 * loop.trips, kFewRows)) return false;
      list.length = *size;
    }
    if (!Fits(list)) return false;
    loop.lists[i] = list;
    return true;
  }
  // AddN(the list, TensorListSetItem(TensorListReserve, index, item)).
  bool LookAtSum(Loop& loop, int i, const Node& sum) const {
    const Graph& body = loop.body;
    if (sum.inputs().size() != 2 || Readers(sum, 0) != 1) return false;
    const NodeId arg = loop.arg(i).node;
    const int at = sum.input(0).node == arg ? 1 : 0;
    const Node& one = body.node(sum.input(at).node);
    if (sum.input(1 - at).node != arg || !one.Is("TensorListSetItem") || Readers(one, 0) != 1) return false;
    if (one.attr<bool>("resize_if_index_out_of_bounds")) return false;
    if (!body.node(one.input(0).node).Is("TensorListReserve")) return false;
    List list{List::kAdded, sum.id()};
    if (!SetItem(list, body.type(one.input(2))) || !IsFloating(list.dtype)) return false;
    loop.lists[i] = list;
    return true;
  }
  bool LookAtRead(Loop& loop, int i, NodeId arg) const {
    List list{List::kRead, {}};
    for (const Use& use : loop.body.node(arg).users()) {
      const Node& reader = loop.body.node(use.node);
      if (reader.Is("_Retval") && reader.attr<int64_t>("index") == i) continue;
      if (use.input != 0) return false;
      if (reader.Is("TensorListLength") || (reader.Is("TensorListElementShape") && IsOfZeros(loop.body, reader)))
        continue;
      if (!reader.Is("TensorListGetItem") || !SetItem(list, reader.output(0))) return false;
    }
    loop.lists[i] = list;
    return true;
  }
  // Whether an element shape makes other lists alone, for which the items' shape is as good as what is declared.
  static bool IsOfZeros(const Graph& body, const Node& shape) {
    return std::all_of(shape.users().begin(), shape.users().end(), [&](const Use& use) {
      return use.input == 0 && body.node(use.node).Is("TensorListReserve");
    });
  }
  static bool SetItem(List& list, const OutputType& item) {
    return HasZero(item.dtype) && Agrees(list, BaseType(item.dtype), item.shape.ToShape());
  }
  // Whether such items can be in the list; tells it what was not known.
  static bool Agrees(List& list, DType dtype, const std::optional<Shape>& item) {
    if (list.dtype != DType::kInvalid && list.dtype != dtype) return false;
    if (list.item && item && !(*list.item == *item)) return false;
    list.dtype = dtype;
    if (item) list.item = item;
    return true;
  }
  static bool Fits(const List& list) {
    int64_t bytes = 0;
    const int64_t row_bytes = list.length * static_cast<int64_t>(SizeOf(list.dtype));
    return list.item && CheckedMul(list.item->num_elements(), row_bytes, &bytes) && bytes <= kMostBytes;
  }

  // ---- what is around

  // Drops loops that begin with lists that are none of the four, or whose lists somebody reads who needs a list; and
  // those that then do.
  void DropUnfit() {
    for (bool again = true; again;) {
      again = false;
      for (auto it = loops_.begin(); it != loops_.end();) {
        const bool begins = Begins(it->second);
        if (begins && Ends(it->second)) {
          ++it;
          continue;
        }
        const Node& n = g_.node(it->first);
        const char* why = begins ? "who reads a list behind it needs one" : "it begins with a list that stays";
        static_cast<void>(Leave(n, why));
        it = loops_.erase(it), again = true;
      }
    }
  }

  // The list that an output of a loop here is; null: none.
  const List* ListOf(Endpoint e) const {
    auto loop = loops_.find(e.node);
    if (loop == loops_.end()) return nullptr;
    auto list = loop->second.lists.find(e.index);
    return list == loop->second.lists.end() ? nullptr : &list->second;
  }

  bool Begins(Loop& loop) const {
    for (auto& [i, list] : loop.lists) {
      if (list.kind == List::kPushed || list.kind == List::kSet) continue;
      if (list.kind == List::kRead && IsUnread(loop, i)) list = {List::kUnread, {}, kInt32};
      if (list.kind == List::kUnread) continue;
      const Endpoint e = BehindHandedOn(g_, g_.node(loop.id).input(i));
      const Node& start = g_.node(e.node);
      if (list.kind == List::kAdded) {
        // Zeros like one that has a length, and as many in each iteration.
        const List* like = start.Is("ZerosLike") ? ListOf(BehindHandedOn(g_, start.input(0))) : nullptr;
        if (!like || like->length <= 0 || !Agrees(list, like->dtype, like->item)) return false;
        list.length = like->length;
        if (!AddsAsMany(loop, list) || !Fits(list)) return false;
      } else if (start.Is("TensorListFromTensor")) {
        const OutputType& type = g_.type(start.input(0));
        const auto rows = type.shape.ToShape();
        if (!rows || rows->rank() < 1 || !HasZero(type.dtype)) return false;
        const PartialShape row = Subshape(PartialShape(*rows), 1, rows->rank());
        if (!Agrees(list, BaseType(type.dtype), row.ToShape())) return false;
        list.length = (*rows)[0];
      } else if (const List* other = ListOf(e); other && other->kind != List::kPopped && other->length > 0) {
        if (!Agrees(list, other->dtype, other->item)) return false;
        list.length = other->length;
      } else {
        return false;
      }
      // What is popped is gone; nobody reads what is left but by its length, which is not kept.
      if (!list.item || (list.kind == List::kPopped && list.length < loop.trips)) return false;
    }
    return true;
  }

  bool IsUnread(const Loop& loop, int i) const {
    return Readers(loop.body.node(loop.arg(i).node), 0) == 1 &&
           Readers(g_.node(loop.id), i) == 0;
  }
  bool AddsAsMany(const Loop& loop, const List& list) const {
    const Graph& body = loop.body;
    for (Endpoint e : body.node(list.at).inputs()) {
      const Node& one = body.node(e.node);
      if (!one.Is("TensorListSetItem")) continue;
      const Endpoint size = BehindHandedOn(body, body.node(one.input(0).node).input(1));
      if (const auto count = IntOf(ConstantValue(body, size))) return *count == list.length;
      const Node& length = body.node(size.node);
      if (!length.Is("TensorListLength") || !body.node(length.input(0).node).Is("_Arg")) return false;
      const auto of = loop.lists.find(static_cast<int>(body.node(length.input(0).node).attr<int64_t>("index")));
      return of != loop.lists.end() && of->second.kind == List::kRead && of->second.length == list.length;
    }
    return false;
  }

  bool Ends(const Loop& loop) const {
    for (const auto& [i, list] : loop.lists) {
      for (const Use& use : g_.node(loop.id).users()) {
        if (use.output != i) continue;
        if (list.kind == List::kPopped || !Readable(use, list)) return false;
      }
    }
    return true;
  }
  bool Readable(const Use& use, const List& list) const {
    const Node& reader = g_.node(use.node);
    if (reader.Is("TensorListLength")) return true;
    if (reader.Is("TensorListGetItem") || reader.Is("TensorListGather")) return use.input == 0;
    if (reader.Is("TensorListStack")) {
      const int64_t count = reader.attr<int64_t>("num_elements");
      return use.input == 0 && (count < 0 || count == list.length);
    }
    if (reader.Is("ZerosLike")) {
      return std::all_of(reader.users().begin(), reader.users().end(),
                         [&](const Use& u) { return u.input >= 0 && Takes(u, {List::kAdded}); });
    }
    return Takes(use, {List::kRead, List::kPopped});
  }
  // Whether the reader is a loop that takes it for a list of these kinds.
  bool Takes(const Use& use, std::initializer_list<List::Kind> kinds) const {
    auto loop = loops_.find(use.node);
    if (loop == loops_.end()) return false;
    auto list = loop->second.lists.find(use.input);
    return list != loop->second.lists.end() && std::find(kinds.begin(), kinds.end(), list->second.kind) != kinds.end();
  }

  // ---- changing

  static Shape ShapeOf(const List& list) {
    Dims dims = list.item->dims();
    dims.insert(dims.begin(), list.length);
    return Shape::Make(dims).value();
  }
  static OutputType TypeOf(const List& list) {
    OutputType type;
    type.dtype = list.dtype;
    type.shape = list.kind == List::kUnread ? PartialShape::Scalar() : PartialShape(ShapeOf(list));
    return type;
  }
  static Result<Endpoint> Add(Graph& g, std::string op, const std::string& name, std::vector<Endpoint> inputs,
                              AttrMap attrs) {
    NodeSpec spec{.op = std::move(op), .name = g.UniqueName(name), .inputs = std::move(inputs),
                  .attrs = std::move(attrs)};
    WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddNode(std::move(spec)));
    return Endpoint{id, 0};
  }
  static Tensor Scalar(DType dtype, int64_t v) {
    return dtype == kInt64 ? Tensor(v) : Tensor(static_cast<int32_t>(v));
  }
  static Tensor SizesOf(const Dims& dims, DType dtype) {
    if (dtype == kInt64) return Tensor::Vector(std::vector<int64_t>(dims.begin(), dims.end()));
    return Tensor::Vector(std::vector<int32_t>(dims.begin(), dims.end()));
  }

  Status Change(Loop& loop) {
    const Node n = g_.node(loop.id);
    std::vector<Endpoint> inputs = n.inputs();
    std::vector<DType> dtypes;
    for (auto& [i, list] : loop.lists) {
      WEIR_ASSIGN_OR_RETURN(inputs[static_cast<size_t>(i)], StartOf(n, i, list));
      const auto at = static_cast<size_t>(i);
      for (auto [part, arg] : {std::pair{&loop.cond, loop.cond_args[at]}, {&loop.body, loop.args[at]}}) {
        WEIR_RETURN_IF_ERROR(part->SetAttr(arg, "T", list.dtype));
        WEIR_RETURN_IF_ERROR(part->SetOutputType(arg, 0, TypeOf(list)));
      }
      WEIR_RETURN_IF_ERROR(loop.body.SetAttr(loop.results[at], "T", list.dtype));
      WEIR_RETURN_IF_ERROR(ChangeBody(loop, i, list));
    }
    for (int i = 0; i < static_cast<int>(n.outputs().size()); ++i) {
      auto list = loop.lists.find(i);
      dtypes.push_back(list == loop.lists.end() ? BaseType(n.output(i).dtype) : list->second.dtype);
    }
    const std::vector<FuncRef> called = CalledFunctions(g_, n);
    std::vector<FuncRef> functions;
    for (auto [part, what] : {std::pair{&loop.cond, "cond"}, {&loop.body, "body"}}) {
      std::string name = n.name() + "_stacked_" + what;
      for (int k = 1; g_.FindFunction(name); ++k) name = fmt::format("{}_stacked_{}_{}", n.name(), what, k);
      Function function = ToFunction(name, std::move(*part));
      WEIR_ASSIGN_OR_RETURN(const Function* before, FindCalled(g_, called[functions.size()]));
      KeepStatesOf(*before, function);
      WEIR_RETURN_IF_ERROR(g_.AddFunction(std::move(function)));
      functions.push_back({name, {}});
    }
    // Its readers first: they take tensors from here on.
    for (const auto& [i, list] : loop.lists) WEIR_RETURN_IF_ERROR(ChangeReaders(loop, i, list));
    WEIR_RETURN_IF_ERROR(
        SetCalledFunctions(g_, loop.id, functions, {{"T", dtypes}, {"output_shapes", AttrList()}}));
    WEIR_RETURN_IF_ERROR(g_.SetInputs(loop.id, std::move(inputs), n.control_inputs()));
    for (const auto& [i, list] : loop.lists) WEIR_RETURN_IF_ERROR(g_.SetOutputType(loop.id, i, TypeOf(list)));
    return {};
  }

  // The tensor that the loop begins with.
  Result<Endpoint> StartOf(const Node& n, int i, const List& list) {
    const Endpoint e = BehindHandedOn(g_, n.input(i));
    if (list.kind == List::kUnread) return AddConst(g_, kName, Tensor(0));
    if (list.kind != List::kPushed && list.kind != List::kSet)  // they begin with what is there
      return g_.node(e.node).Is("TensorListFromTensor") ? g_.node(e.node).input(0) : e;
    const Dims dims = ShapeOf(list).dims();
    WEIR_ASSIGN_OR_RETURN(Endpoint sizes, AddConst(g_, kName, SizesOf(dims, kInt64)));
    WEIR_ASSIGN_OR_RETURN(Endpoint zero, AddConst(g_, kName, Tensor::Zeros(list.dtype, {})));
    return Add(g_, "Fill", n.name() + "/rows", {sizes, zero}, {{"T", list.dtype}, {"index_type", kInt64}});
  }

  // Row `index` of `rows`, in place of output `output` of node `id`.
  static Status GetRow(Graph& g, NodeId id, int output, Endpoint rows, Endpoint index, DType dtype) {
    WEIR_ASSIGN_OR_RETURN(Endpoint axis, AddConst(g, kName, Tensor(0)));
    const AttrMap attrs{{"Tparams", dtype}, {"Tindices", BaseType(g.type(index).dtype)}, {"Taxis", kInt32}};
    WEIR_ASSIGN_OR_RETURN(Endpoint row, Add(g, "GatherV2", g.node(id).name() + "/row", {rows, index, axis}, attrs));
    WEIR_RETURN_IF_ERROR(HandOverControl(g, id, row.node));
    return g.ReplaceUses({id, output}, row);
  }

  // counter + shift, or shift - counter.
  static Result<Endpoint> At(Graph& g, Endpoint counter, DType dtype, bool up, int64_t shift) {
    if (up && shift == 0) return counter;
    WEIR_ASSIGN_OR_RETURN(Endpoint by, AddConst(g, kName, Scalar(dtype, shift)));
    return up ? Add(g, "AddV2", "row", {counter, by}, {{"T", dtype}})
              : Add(g, "Sub", "row", {by, counter}, {{"T", dtype}});
  }

  Status ChangeBody(Loop& loop, int i, const List& list) {
    Graph& g = loop.body;
    const Endpoint rows = loop.arg(i);
    const NodeId result = loop.results[static_cast<size_t>(i)];
    if (list.kind == List::kUnread) return {};
    if (list.kind == List::kRead) {
      std::vector<NodeId> readers;
      for (const Use& use : g.node(rows.node).users()) {
        if (!g.node(use.node).Is("_Retval")) readers.push_back(use.node);
      }
      for (NodeId id : readers) {
        if (g.node(id).Is("TensorListGetItem")) {
          WEIR_RETURN_IF_ERROR(GetRow(g, id, 0, rows, g.node(id).input(1), list.dtype));
        } else {
          const bool length = g.node(id).Is("TensorListLength");
          Tensor told(static_cast<int32_t>(list.length));
          if (!length) told = SizesOf(list.item->dims(), g.node(id).output(0).dtype);
          WEIR_ASSIGN_OR_RETURN(Endpoint constant, AddConst(g, kName, std::move(told)));
          WEIR_RETURN_IF_ERROR(HandOverControl(g, id, constant.node));
          WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, 0}, constant));
        }
        WEIR_RETURN_IF_ERROR(g.Remove(id));
      }
      return {};
    }
    const Node at = g.node(list.at);
    if (list.kind == List::kPopped) {
      WEIR_ASSIGN_OR_RETURN(Endpoint index, RowOf(loop, list.length - 1, -1));
      WEIR_RETURN_IF_ERROR(GetRow(g, list.at, 1, rows, index, list.dtype));
      WEIR_RETURN_IF_ERROR(g.SetInput(result, 0, rows));
      return g.Remove(list.at);
    }
    Endpoint index, item;
    if (list.kind == List::kPushed) {
      WEIR_ASSIGN_OR_RETURN(index, RowOf(loop, 0, 1));
      item = at.input(1);
    } else {
      const Node& sets = list.kind == List::kSet ? at : g.node(at.input(at.input(0) == rows ? 1 : 0).node);
      index = sets.input(1), item = sets.input(2);
    }
    const AttrMap attrs{{"T", list.dtype}, {"Tindex", BaseType(g.type(index).dtype)},
                        {"add", list.kind == List::kAdded}};
    WEIR_ASSIGN_OR_RETURN(Endpoint next, Add(g, "_SetRow", at.name() + "/row", {rows, index, item}, attrs));
    WEIR_RETURN_IF_ERROR(HandOverControl(g, list.at, next.node));
    WEIR_RETURN_IF_ERROR(g.SetInput(result, 0, next));
    return g.Remove(list.at);
  }
  // first + way * (number of the iteration), from the counter, whose step is 1 or -1.
  static Result<Endpoint> RowOf(Loop& loop, int64_t first, int64_t way) {
    Graph& g = loop.body;
    const Endpoint counter = loop.arg(loop.counter.variable);
    const int64_t slope = way * loop.counter.step;  // row = first + slope * (counter - start)
    return At(g, counter, BaseType(g.type(counter).dtype), slope > 0, first - slope * loop.counter.start);
  }

  Status ChangeReaders(const Loop& loop, int i, const List& list) {
    const Endpoint rows{loop.id, i};
    std::vector<Use> uses;
    for (const Use& use : g_.node(loop.id).users()) {
      if (use.output == i && !loops_.count(use.node)) uses.push_back(use);
    }
    for (const Use& use : uses) {
      const Node reader = g_.node(use.node);
      if (reader.Is("TensorListLength")) {
        WEIR_ASSIGN_OR_RETURN(Endpoint length, AddConst(g_, kName, Tensor(static_cast<int32_t>(list.length))));
        WEIR_RETURN_IF_ERROR(g_.ReplaceUses({reader.id(), 0}, length));
      } else if (reader.Is("ZerosLike")) {
        WEIR_RETURN_IF_ERROR(g_.SetOp(reader.id(), reader.op(), {{"T", list.dtype}}));
        WEIR_RETURN_IF_ERROR(g_.SetOutputType(reader.id(), 0, TypeOf(list)));
        continue;
      } else if (reader.Is("TensorListStack")) {
        WEIR_RETURN_IF_ERROR(g_.SetInputs(reader.id(), {rows}, reader.control_inputs()));
        WEIR_RETURN_IF_ERROR(g_.SetOp(reader.id(), "Identity", {{"T", list.dtype}}));
        continue;
      } else {
        WEIR_ASSIGN_OR_RETURN(Endpoint axis, AddConst(g_, kName, Tensor(0)));
        WEIR_RETURN_IF_ERROR(g_.SetInputs(reader.id(), {rows, reader.input(1), axis}, reader.control_inputs()));
        const AttrMap attrs{{"Tparams", list.dtype}, {"Tindices", BaseType(g_.type(reader.input(1)).dtype)},
                            {"Taxis", kInt32}, {"batch_dims", int64_t{0}}};
        WEIR_RETURN_IF_ERROR(g_.SetOp(reader.id(), "GatherV2", attrs));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Endpoint nothing, AddConst(g_, kName, Tensor(0)));
      WEIR_RETURN_IF_ERROR(HandOverControl(g_, reader.id(), nothing.node));
      WEIR_RETURN_IF_ERROR(g_.Remove(reader.id()));
    }
    return {};
  }

  Graph& g_;
  PassContext& context_;
  std::map<NodeId, Loop> loops_;
  Counts counts_;
};

}  // namespace

Result<bool> StackLists(Graph& g, PassContext& context) { return Stacker(g, context).Run(); }

}  // namespace weir
