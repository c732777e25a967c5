#include "weir/tests/fuzz/graph_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/ops/state/state.h"

namespace weir::fuzz {

namespace {

using testing::In;

// What later nodes can read; without a shape where only data tells it.
struct Value {
  Output out;
  std::optional<Shape> shape;
};

// What an input must be. Bounds are those of a row: of an integer, three times as much.
struct Want {
  DType dtype;
  Shape shape;
  double low = -2, high = 2;
  bool bounded() const { return low != -2 || high != 2; }
};

struct Variable {
  std::string name;
  Output handle;
  bool reference;
  Want want;
};

bool CanCast(DType t) { return t != kString && IsSupported(t); }
bool CanClip(DType t) { return IsFloating(t) || t == kInt32 || t == kInt64; }

class Maker {
 public:
  Maker(TemplateStore& store, uint64_t seed) : store_(store), rng_(seed), in_order_(Chance(0.7)) {}

  Result<RandomGraph> Make(int nodes) {
    for (int i = 0; i < 3; ++i) pool_.push_back(Leaf({kFloat, {2, 3}}));
    while (b_.graph().num_nodes() < nodes && b_.status().ok()) Step();
    WEIR_RETURN_IF_ERROR(b_.status());
    const Graph without = b_.graph();
    if (Chance(0.3)) AddGradients();
    return Finish(b_.status().ok() ? b_.graph() : without);
  }

 private:
  // ---- chance
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(rng_) < p; }
  size_t Pick(size_t n) { return rng_() % n; }

  // ---- scopes: of a body; a function sees its arguments alone, a branch and a loop what is around them as well
  struct Scope {
    size_t floor = 0;                       // of the pool: what may be read
    bool sealed = false;                    // no variables
    std::map<std::string, Operation> last;  // by variable: the last effect
  };
  Scope& scope() { return scopes_.back(); }
  bool inside() const { return scopes_.size() > 1; }
  Builder& here() { return *Builder::Innermost(&b_); }

  Outputs InScope(bool sealed, const Outputs& args, const std::vector<Shape>& shapes,
                  const std::vector<Want>& results) {
    const size_t before = pool_.size();
    scopes_.push_back({sealed ? before : scope().floor, sealed || scope().sealed, {}});
    for (size_t i = 0; i < shapes.size(); ++i) pool_.push_back({args[i], shapes[i]});
    for (size_t i = 0, n = 1 + Pick(5); i < n && here().status().ok(); ++i) Step();
    Outputs out;
    for (const Want& w : results) out.push_back(Get(w));
    pool_.resize(before);
    scopes_.pop_back();
    return out;
  }

  // ---- leaves
  Tensor RandomTensor(const Want& w) {
    Tensor t = Tensor::Zeros(w.dtype, w.shape);
    const int64_t n = t.num_elements();
    auto draw = [&] { return w.low + (w.high - w.low) * std::uniform_real_distribution<>(0.02, 0.98)(rng_); };
    DispatchType(w.dtype, FloatTypes{}, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < n; ++i) t.mutable_data<T>()[i] = T(float(!w.bounded() && Chance(0.03) ? -0.0 : draw()));
    });
    DispatchType(w.dtype, IntTypes{}, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < n; ++i) {
        const double v = std::round(draw() * 3);
        t.mutable_data<T>()[i] = std::is_unsigned_v<T> ? T(std::abs(v)) : T(v);
      }
    });
    for (int64_t i = 0; i < n && w.dtype == kBool; ++i) t.mutable_data<bool>()[i] = draw() > 0;
    for (int64_t i = 0; i < n && w.dtype == kString; ++i)
      t.mutable_data<std::string>()[i] = fmt::format("{:.2f}", draw());
    return t;
  }

  Value Leaf(const Tensor& v) {
    if (inside() || Chance(0.4)) return {here().Constant(v), v.shape()};
    Output p = here().Add("Placeholder", {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = "x"});
    if (p.valid()) feeds_.emplace_back(p.node().name(), v);
    return {p, v.shape()};
  }
  Value Leaf(const Want& w) { return Leaf(RandomTensor(w)); }

  // ---- inputs
  // Later ones by preference, so that graphs grow deep.
  const Value* PickValue(const std::function<bool(const Value&)>& good) {
    std::vector<const Value*> fit;
    for (size_t i = scope().floor; i < pool_.size(); ++i) {
      if (good(pool_[i])) fit.push_back(&pool_[i]);
    }
    if (fit.empty()) return nullptr;
    const size_t recent = std::min<size_t>(fit.size(), 8);
    return Chance(0.6) ? fit[fit.size() - 1 - Pick(recent)] : fit[Pick(fit.size())];
  }

  Output Get(const Want& w) {
    if (Chance(0.08) || (w.bounded() && !CanClip(w.dtype))) return Leaf(w).out;
    const Value* same = PickValue([&](const Value& v) { return v.out.dtype() == w.dtype && v.shape == w.shape; });
    const Value* found = same && Chance(0.75) ? same : nullptr;
    if (!found) {
      found = PickValue(
          [&](const Value& v) { return v.out.dtype() == w.dtype || (CanCast(v.out.dtype()) && CanCast(w.dtype)); });
    }
    if (!found) return Leaf(w).out;
    const Value from = *found;
    Output x = Sized(from, w.shape);
    x = Typed(x, w);
    return w.bounded() || (Chance(0.3) && CanClip(w.dtype)) ? Bounded(x, w) : x;
  }

  Tensor Sizes(const Shape& s) {
    const Dims& dims = s.dims();
    return Tensor::Vector(std::vector<int32_t>(dims.begin(), dims.end()));
  }

  // The elements of `v` in another shape, cut off or filled up by those of others.
  Output Sized(const Value& v, const Shape& shape) {
    if (v.shape == shape) return v.out;
    const auto n = static_cast<int32_t>(shape.num_elements());
    if (v.shape && v.shape->num_elements() == n) return ops::Reshape(v.out, Sizes(shape));
    Output flat = ops::Reshape(v.out, {-1});
    if (!v.shape || v.shape->num_elements() < n) {
      const int64_t lacks = v.shape ? n - v.shape->num_elements() : n;
      const Value more = Leaf(Want{v.out.dtype(), {lacks}});
      flat = ops::Concat({flat, more.out}, 0);
    }
    const int32_t begin =
        v.shape && v.shape->num_elements() > n ? int32_t(Pick(size_t(v.shape->num_elements() - n))) : 0;
    return ops::Reshape(ops::Slice(flat, {begin}, {n}), Sizes(shape));
  }

  Output Typed(Output x, const Want& w) {
    if (x.dtype() == w.dtype) return x;
    // What an integer cannot hold is undefined.
    if (IsFloating(x.dtype()) && IsInteger(w.dtype)) x = Bounded(x, {x.dtype(), w.shape, 0, 6});
    return here().Add("Cast", {x}, {{"DstT", w.dtype}});
  }

  Output Bounded(const Output& x, const Want& w) {
    if (!IsFloating(w.dtype)) return Clipped(x, std::ceil(w.low * 3), std::floor(w.high * 3));
    const Output finite = ops::Where(ops::IsFinite(x), x, ops::ZerosLike(x));
    const double middle = (w.low + w.high) / 2, half = (w.high - w.low) / 2 * 0.98;
    switch (Pick(4)) {
      case 0:
        return Clipped(finite, w.low + 0.01, w.high - 0.01);
      case 1:
        return ops::Add(ops::Multiply(ops::Tanh(finite), half), middle);
      case 2:
        return ops::Add(ops::Multiply(ops::Sin(finite), half), middle);
      default:
        return ops::Add(ops::Multiply(ops::Sigmoid(finite), half * 2), middle - half);
    }
  }
  Output Clipped(const Output& x, double low, double high) { return ops::Minimum(ops::Maximum(x, low), high); }

  // ---- variables
  // One that nothing else in `taken` is; made where there is none, outside of bodies.
  const Variable* GetVariable(const Want& w, bool reference, const std::vector<std::string>& taken) {
    if (scope().sealed || (inside() && reference)) return nullptr;
    for (const Variable& v : variables_) {
      const bool fits = v.reference == reference && v.want.dtype == w.dtype && v.want.shape == w.shape &&
                        v.want.low == w.low && v.want.high == w.high;
      if (fits && std::find(taken.begin(), taken.end(), v.name) == taken.end() && Chance(0.7)) return &v;
    }
    if (inside()) return nullptr;
    AttrMap attrs{{"dtype", w.dtype}, {"shape", w.shape}};
    Output handle = here().Add(reference ? "VariableV2" : "VarHandleOp", {}, attrs, {.name = "v"});
    if (!handle.valid()) return nullptr;
    variables_.push_back({handle.node().name(), handle, reference, w});
    values_.emplace_back(variables_.back().name, RandomTensor(w));
    return &variables_.back();
  }

  // What an effect on these variables waits for; without an order of its own, program order.
  std::vector<Operation> Before(const std::vector<std::string>& names) {
    std::vector<Operation> before;
    for (const std::string& name : names) {
      auto it = scope().last.find(name);
      if (in_order_ && it != scope().last.end()) before.push_back(it->second);
    }
    if (Chance(0.03) && !inside()) before.push_back(pool_[Pick(pool_.size())].out.op());
    return before;
  }

  void Effect(Operation op, const std::vector<std::string>& names) {
    for (const std::string& name : names) scope().last[name] = op;
    if (op.valid() && !inside()) targets_.push_back(op.name());
  }

  // ---- nodes
  void Step() {
    const double d = std::uniform_real_distribution<>(0, 1)(rng_);
    const bool deep = scopes_.size() > 2;
    if (d < 0.03 && !deep) return AddBranch();
    if (d < 0.05 && !deep) return AddLoop();
    if (d < 0.07 && !deep) return AddCall();
    if (d < 0.08 && !deep) return AddCount();
    if (d < 0.11) return AddList();
    if (d < 0.17) return ReadOrWrite();
    if (const Template* t = store_.Draw(rng_)) AddRow(*t);
  }

  void AddRow(const Template& t) {
    const testing::OpRow& row = *t.row;
    std::vector<Input> inputs;
    std::vector<std::string> names;
    for (size_t k = 0; k < row.inputs.size(); ++k) {
      const In& in = row.inputs[k];
      const Want w{t.values[k].dtype(), in.shape, in.low, in.high};
      if (in.kind != In::kValue) {
        const Variable* v = GetVariable(w, in.kind == In::kReference, names);
        if (!v) return;
        names.push_back(v->name), inputs.push_back(v->handle);
      } else {
        inputs.push_back(in.fixed.valid() || !in.elements.empty() ? Leaf(t.values[k]).out : Get(w));
      }
    }
    AttrMap attrs = row.attrs;
    if (!row.dtype_attr.empty()) attrs[row.dtype_attr] = t.dtype;
    auto after = here().ControlDependencies(Before(names));
    Operation op = here().AddNode(row.op, inputs, attrs);
    if (!op.valid()) return;
    const OpDef& def = *AllOps().Find(row.op);
    if (!names.empty() || def.stateful()) Effect(op, names);
    for (size_t i = 0; i < t.outputs.size(); ++i) {
      Output o = op.builder()->OutputOf(op, static_cast<int>(i));
      if (o.dtype() == kResource) continue;
      if (IsRef(o.dtype())) o = ops::Identity(o);
      pool_.push_back({o, row.data_tells_shape ? std::nullopt : std::optional(t.outputs[i])});
    }
  }

  void ReadOrWrite() {
    const Variable* v = GetVariable({kFloat, {2, 3}}, false, {});
    if (!v) return;
    const std::string name = v->name;
    const Output handle = v->handle;
    const Want w = v->want;
    if (Chance(0.5)) {
      auto after = here().ControlDependencies(Before({name}));
      Output read = ops::ReadVariable(handle, w.dtype);
      Effect(read.op(), {name});
      pool_.push_back({read, w.shape});
      return;
    }
    const Output value = Get({w.dtype, w.shape, -1, 1});
    auto after = here().ControlDependencies(Before({name}));
    const bool assign = Chance(0.5);
    Effect(assign ? ops::AssignVariable(handle, value) : ops::AssignAddVariable(handle, value), {name});
  }

  // What a body gives: like some values that there are.
  std::vector<Want> SomeWants() {
    std::vector<Want> wants;
    for (size_t i = 0, n = 1 + Pick(3); i < n; ++i) {
      const Value* v = PickValue([](const Value& v) { return v.shape.has_value(); });
      wants.push_back(v ? Want{v->out.dtype(), *v->shape} : Want{kFloat, {2, 3}});
    }
    return wants;
  }
  void Keep(const Outputs& outputs, const std::vector<Want>& wants) {
    for (size_t i = 0; i < outputs.size(); ++i) pool_.push_back({outputs[i], wants[i].shape});
  }
  std::vector<std::string> VariableNames() {
    std::vector<std::string> names;
    for (const Variable& v : variables_) {
      if (!v.reference && !scope().sealed) names.push_back(v.name);
    }
    return names;
  }

  void AddBranch() {
    const std::vector<Want> wants = SomeWants();
    Output pred = Chance(0.5) ? Get({kBool, {}}) : ops::Greater(ops::ReduceSum(Get({kFloat, {2, 3}})), 0.0f);
    const std::vector<std::string> names = VariableNames();
    auto after = here().ControlDependencies(Before(names));
    auto body = [&] { return InScope(false, {}, {}, wants); };
    Outputs r = Cond(pred, std::function<Outputs()>(body), std::function<Outputs()>(body));
    if (!here().status().ok()) return;
    Effect(r[0].op(), names);
    Keep(r, wants);
  }

  void AddLoop() {
    const std::vector<Want> wants = SomeWants();
    std::vector<Input> vars{Leaf(Tensor(int32_t(Pick(3)))).out};
    std::vector<Shape> shapes{Shape()};
    for (const Want& w : wants) vars.push_back(Get(w)), shapes.push_back(w.shape);
    const Output limit = Leaf(Tensor(int32_t(Pick(5)))).out;
    const std::vector<std::string> names = VariableNames();
    auto after = here().ControlDependencies(Before(names));
    auto cond = [&](const Outputs& v) { return ops::Less(v[0], limit); };
    auto body = [&](const Outputs& v) {
      Outputs next{ops::Add(v[0], 1)};
      for (const Output& o : InScope(false, v, shapes, wants)) next.push_back(o);
      return next;
    };
    WhileOptions options;
    if (Chance(0.2)) options.max_iterations = Input(static_cast<int32_t>(Pick(4)));
    Outputs r = WhileLoop(b_, cond, body, vars, options);
    if (!here().status().ok()) return;
    Effect(r[0].op(), names);
    pool_.push_back({r[0], Shape()});
    Keep({r.begin() + 1, r.end()}, wants);
  }

  void AddCall() {
    const std::vector<Want> wants = SomeWants();
    std::vector<Want> takes = SomeWants();
    std::vector<DType> types;
    std::vector<Shape> shapes;
    for (const Want& w : takes) types.push_back(w.dtype), shapes.push_back(w.shape);
    auto body = [&](const Outputs& args) { return InScope(true, args, shapes, wants); };
    const FuncRef f = DefineFunction(b_, "f", types, body);
    for (size_t times = 1 + Pick(2); times > 0 && here().status().ok(); --times) {
      std::vector<Input> args;
      for (const Want& w : takes) args.push_back(Get(w));
      Outputs r = Call(b_, f, args);
      if (!here().status().ok()) return;
      Effect(r[0].op(), {});
      Keep(r, wants);
    }
  }

  void AddCount() {
    const std::vector<Want> wants = SomeWants();
    std::vector<DType> types{kInt32};
    std::vector<Shape> shapes{Shape()};
    InputList args;
    for (const Want& w : wants) types.push_back(w.dtype), shapes.push_back(w.shape), args.push_back(Get(w));
    auto body = [&](const Outputs& v) { return InScope(true, v, shapes, wants); };
    const FuncRef f = DefineFunction(b_, "count", types, body);
    if (!here().status().ok()) return;
    const auto n = static_cast<int32_t>(Pick(4)), by = static_cast<int32_t>(1 + Pick(2));
    const bool up = Chance(0.5);
    Outputs r = ops::For(Leaf(Tensor(up ? 0 : n)).out, Leaf(Tensor(up ? n : 0)).out, up ? by : -by, args, f);
    if (!here().status().ok()) return;
    Effect(r[0].op(), {});
    Keep(r, wants);
  }

  // ---- lists: of `count` items of one shape
  struct List {
    Output out;
    Want item;
    int64_t count = 0;
  };

  Tensor ItemShape(const Want& item) {
    return Chance(0.7) ? ops::ElementShapeTensor(PartialShape(item.shape)) : Tensor(-1);
  }
  Want Rows(const Want& item, int64_t count) {
    Dims dims{count};
    for (int64_t d : item.shape.dims()) dims.push_back(d);
    return {item.dtype, Shape::Make(dims).value()};
  }
  Tensor Index(const List& l) { return Tensor(static_cast<int32_t>(Pick(static_cast<size_t>(l.count)))); }

  List NewList() {
    List l{{}, SomeWants()[0], static_cast<int64_t>(Pick(4))};
    const Tensor shape = ItemShape(l.item);
    switch (Pick(4)) {
      case 0:
        l.count = 0;
        l.out = ops::EmptyTensorList(here(), l.item.dtype, shape);
        break;
      case 1:
        l.out = ops::TensorListReserve(ops::ElementShapeTensor(PartialShape(l.item.shape)),
                                       Leaf(Tensor(static_cast<int32_t>(l.count))).out, l.item.dtype);
        break;
      case 2:
        l.out = ops::TensorListFromTensor(Get(Rows(l.item, l.count)), shape);
        break;
      default:
        std::vector<int32_t> places(static_cast<size_t>(l.count));
        std::iota(places.begin(), places.end(), 0);
        std::shuffle(places.begin(), places.end(), rng_);
        l.out = ops::TensorListScatter(Get(Rows(l.item, l.count)), Tensor(places), shape);
    }
    return l;
  }

  void ChangeList(List& l) {
    const bool deep = scopes_.size() > 2;
    switch (Pick(deep ? 5 : 7)) {
      case 0:
        l.out = ops::TensorListPushBack(l.out, Get(l.item)), ++l.count;
        break;
      case 1:
        if (l.count > 0) l.out = ops::TensorListSetItem(l.out, Index(l), Get(l.item));
        break;
      case 2: {
        if (l.count == 0) break;
        OutputList popped = ops::TensorListPopBack(l.out, l.item.dtype, ItemShape(l.item));
        l.out = popped[0], --l.count;
        pool_.push_back({popped[1], l.item.shape});
        break;
      }
      case 3:
        if (l.count > 4) break;
        l.out = ops::TensorListConcatLists(l.out, l.out, l.item.dtype), l.count *= 2;
        break;
      case 4:
        if (l.count > 0) l.count = static_cast<int64_t>(Pick(static_cast<size_t>(l.count)));
        l.out = ops::TensorListResize(l.out, static_cast<int32_t>(l.count));
        break;
      case 5: {
        auto push = [&] {
          const Outputs value = InScope(false, {}, {}, {l.item});
          return Outputs{ops::TensorListPushBack(l.out, value[0])};
        };
        l.out = Cond(Get({kBool, {}}), std::function<Outputs()>(push), std::function<Outputs()>(push))[0], ++l.count;
        Effect(l.out.op(), VariableNames());
        break;
      }
      default: {
        const auto times = static_cast<int32_t>(Pick(4));
        auto more = [&](const Outputs& v) { return ops::Less(v[0], times); };
        auto push = [&](const Outputs& v) {
          const Outputs value = InScope(false, {v[0]}, {Shape()}, {l.item});
          return Outputs{v[0] + 1, ops::TensorListPushBack(v[1], value[0])};
        };
        l.out = WhileLoop(b_, more, push, {0, l.out})[1], l.count += times;
        Effect(l.out.op(), VariableNames());
      }
    }
  }

  void AddList() {
    const std::vector<std::string> names = VariableNames();
    auto after = here().ControlDependencies(Before(names));
    List l = NewList();
    for (size_t times = 1 + Pick(4); times > 0 && here().status().ok(); --times) ChangeList(l);
    if (!here().status().ok()) return;
    const Tensor shape = ops::ElementShapeTensor(PartialShape(l.item.shape));
    pool_.push_back({ops::TensorListStack(l.out, l.item.dtype, shape), Rows(l.item, l.count).shape});
    if (Chance(0.3)) pool_.push_back({ops::TensorListLength(l.out), Shape()});
    if (l.count == 0) return;
    if (Chance(0.5)) pool_.push_back({ops::TensorListGetItem(l.out, Index(l), l.item.dtype, shape), l.item.shape});
    if (Chance(0.3)) {
      const Tensor some = Tensor::Vector(std::vector<int32_t>{Index(l).scalar<int32_t>(), Index(l).scalar<int32_t>()});
      pool_.push_back({ops::TensorListGather(l.out, some, l.item.dtype, shape), Rows(l.item, 2).shape});
    }
  }

  // Of one value by some placeholders; an error where something on the way has no gradient.
  void AddGradients() {
    const Value* y = PickValue([](const Value& v) { return IsFloating(v.out.dtype()) && v.shape; });
    std::vector<Output> xs;
    for (const auto& [name, value] : feeds_) {
      if (IsFloating(value.dtype()) && xs.size() < 3) xs.push_back(b_.FindOutput(name + ":0"));
    }
    if (!y || xs.empty()) return;
    Result<std::vector<Grad>> grads = GradientsOf(b_, {y->out}, xs);
    if (!grads.ok()) return;
    for (size_t i = 0; i < xs.size(); ++i) {
      if ((*grads)[i].valid()) pool_.push_back({(*grads)[i].ToDense(), std::nullopt});
    }
  }

  // Fetches what nothing reads, and some of the rest.
  RandomGraph Finish(const Graph& graph) {
    RandomGraph r(graph);
    for (const Value& v : pool_) {
      const Node& n = v.out.node();
      if (n.def()->fed()) continue;
      const bool read = std::any_of(n.users().begin(), n.users().end(), [](const Use& u) { return u.input >= 0; });
      if (!read || Chance(0.1)) r.fetches.push_back(v.out.name());
    }
    r.feeds = std::move(feeds_), r.variables = std::move(values_);
    r.targets = std::move(targets_);
    return r;
  }

  TemplateStore& store_;
  std::mt19937_64 rng_;
  Builder b_;
  const bool in_order_;
  std::vector<Value> pool_;
  std::vector<Scope> scopes_{Scope{}};
  std::vector<Variable> variables_;
  NamedFeeds feeds_;
  std::vector<std::pair<std::string, Tensor>> values_;
  std::vector<std::string> targets_;
};

}  // namespace

Result<RandomGraph> MakeRandomGraph(TemplateStore& store, uint64_t seed, int nodes) {
  return Maker(store, seed).Make(nodes);
}

}  // namespace weir::fuzz
