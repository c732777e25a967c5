// op_fuzz: random ops with random attributes, shapes and values, hostile ones among them. Every case must end in a
// result or an error: never a signal, a hang, or more memory than the budget.
//
//   op_fuzz [--seconds=20] [--cases=N] [--first=0] [--seed=1] [--op=NAME] [--verbose]    exit 0: all ended well
//
// --verbose prints seed and number before each case, and its graph; --first=NUMBER --cases=1 runs that one again.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "weir/graph/base/memory.h"
#include "weir/graph/gradients.h"
#include "weir/graph/text/text.h"
#include "weir/ops/kernels.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr int64_t kBudget = int64_t{256} << 20;
constexpr DType kTypes[] = {kFloat, kDouble, kHalf,   kBfloat16, kInt32,  kInt64, kInt8,
                            kUint8, kInt16,  kUint16, kUint32,   kUint64, kBool,  kString};

class Fuzzer {
 public:
  Fuzzer(uint64_t seed, bool verbose) : verbose_(verbose), rng_(seed) {}

  void Run(const OpDef& def) {
    types_.clear();
    Builder b;
    bool fed = Chance(0.6);
    AttrMap attrs = Attributes(def);
    std::vector<Input> inputs;
    Feeds feeds;
    variables_.clear();
    for (const ArgDef& arg : def.inputs()) {
      int count = 1;
      if (!arg.number_attr.empty()) {
        auto it = attrs.find(arg.number_attr);
        count = it != attrs.end() && it->second.get<int64_t>()
                    ? int(std::clamp<int64_t>(*it->second.get<int64_t>(), 0, 5))
                    : Pick(4);
      } else if (arg.is_list) {
        count = Pick(4);
      }
      for (int i = 0; i < count; ++i) AddInput(b, def, arg, fed, &inputs, &feeds);
    }
    Operation op = b.AddNode(def.name(), inputs, attrs, {.name = "op"});
    if (!op.valid()) return;
    ++built;
    std::vector<Output> outputs;
    for (size_t i = 0; i < b.graph()[op.id()].outputs().size() && i < 8; ++i) outputs.push_back(b.OutputOf(op, int(i)));
    if (Chance(0.3)) AddGradients(b, &outputs);
    if (!b.status().ok()) return;
    if (verbose_) fmt::print(stderr, "{}", PrintGraph(b.graph()));
    Session session(b, {.threads = Chance(0.2) ? 3 : 1, .optimize = Chance(0.7), .print = [](const std::string&) {}});
    for (const auto& [name, value] : variables_) session.SetVariable(name, value).IgnoreError();
    std::erase_if(outputs, [](const Output& o) { return !o.valid() || o.dtype() == kResource; });
    const std::chrono::milliseconds patience(def.waits() ? 5 : 20000);
    Result<std::vector<Tensor>> got = session.Run(outputs, feeds, {op}, {.timeout = patience});
    if (got.ok()) ++ran;
    if (!def.waits() && got.status().code() == Code::kDeadlineExceeded) throw Error(Code::kDeadlineExceeded, "hangs");
  }

  int64_t built = 0, ran = 0;

 private:
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(rng_) < p; }
  int Pick(int n) { return n <= 0 ? 0 : int(rng_() % uint64_t(n)); }

  int64_t Number() {
    static constexpr int64_t kOdd[] = {0,
                                       1,
                                       2,
                                       3,
                                       -1,
                                       -2,
                                       5,
                                       7,
                                       100,
                                       -100,
                                       1 << 16,
                                       INT32_MAX,
                                       INT32_MIN,
                                       INT64_MAX,
                                       INT64_MIN,
                                       int64_t{1} << 32,
                                       (int64_t{1} << 62) + 1};
    return Chance(0.75) ? Pick(5) : kOdd[Pick(std::size(kOdd))];
  }

  Shape RandomShape(int max_rank = 5) {
    Dims dims(size_t(Chance(0.6) ? rank_ : Pick(max_rank + 1)));
    for (int64_t& d : dims) d = Chance(0.85) ? 1 + Pick(4) : Chance(0.5) ? 0 : 1 + Pick(40);
    if (Chance(0.02) && !dims.empty()) dims[0] = 0, dims.push_back(int64_t{1} << 40);  // no elements, absurd sizes
    if (Chance(0.5) && !last_.dims().empty()) return last_;
    Result<Shape> s = Shape::Make(dims);
    if (s.ok() && s->num_elements() <= 20000) last_ = *s;
    return last_;
  }

  Tensor RandomTensor(DType t) {
    Result<Tensor> made = Tensor::Allocate(t, RandomShape());
    if (!made.ok()) return Tensor(0);
    Fill(&*made);
    return *made;
  }

  void Fill(Tensor* t) {
    int64_t n = t->num_elements();
    bool wild = Chance(0.3);
    DispatchType(t->dtype(), FloatTypes{}, [&](auto z) {
      using T = decltype(z);
      for (int64_t i = 0; i < n; ++i)
        t->mutable_data<T>()[i] = T(float(wild && Chance(0.3) ? OddFloat() : Pick(9) / 2.0 - 2));
    });
    DispatchType(t->dtype(), IntTypes{}, [&](auto z) {
      using T = decltype(z);
      for (int64_t i = 0; i < n; ++i) t->mutable_data<T>()[i] = T(wild ? Number() : Pick(4));
    });
    for (int64_t i = 0; i < n && t->dtype() == kBool; ++i) t->mutable_data<bool>()[i] = Chance(0.5);
    for (int64_t i = 0; i < n && t->dtype() == kString; ++i)
      t->mutable_data<std::string>()[i] = std::string(size_t(Pick(4)), "a%n1.\0-"[Pick(7)]);
  }

  double OddFloat() {
    static const double kOdd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e38, -1e38, 1e-40};
    return kOdd[Pick(std::size(kOdd))];
  }

  // One dtype an attribute, so that inputs that must agree do, mostly.
  DType TypeOf(const OpDef& def, const ArgDef& arg) {
    if (arg.type != DType::kInvalid) return arg.type;
    if (arg.is_list || Chance(0.02)) return kTypes[Pick(std::size(kTypes))];
    auto it = types_.find(arg.type_attr);
    if (it != types_.end()) return it->second;
    const AttrDef* a = def.FindAttr(arg.type_attr);
    DType t = kTypes[Pick(std::size(kTypes))];
    if (a && !a->allowed_types.empty() && Chance(0.97))
      t = a->allowed_types[size_t(Pick(int(a->allowed_types.size())))];
    return types_[arg.type_attr] = IsSupported(t) ? t : kFloat;
  }

  // The table, queue or reader that an argument of this name wants; invalid for others.
  Output AddObject(Builder& b, const OpDef& def, const ArgDef& arg) {
    auto type = [&](std::initializer_list<const char*> names) {
      ArgDef as = arg;
      as.type = DType::kInvalid;
      for (const char* name : names) {
        if (def.FindAttr(name)) as.type_attr = name;
      }
      return as.type_attr.empty() ? kInt64 : TypeOf(def, as);
    };
    const std::string form = arg.is_ref ? "" : "V2";
    if (arg.name == "table_handle") {
      const char* makers[] = {"HashTable", "MutableHashTable", "MutableHashTableOfTensors"};
      const int maker = Pick(3);
      AttrMap attrs{{"key_dtype", type({"Tin", "Tkey", "Tkeys"})}, {"value_dtype", type({"Tout", "Tval", "Tvalues"})}};
      if (maker == 2) attrs["value_shape"] = PartialShape({Pick(4)});
      return b.Add(makers[maker] + form, {}, attrs);
    }
    if (arg.name == "handle" || arg.name == "queue_handle") {
      const char* makers[] = {"FIFOQueue", "RandomShuffleQueue", "PaddingFIFOQueue", "PriorityQueue"};
      std::vector<DType> types = {arg.name == "handle" ? kTypes[Pick(std::size(kTypes))] : kString};
      AttrMap attrs{{"component_types", types}, {"capacity", int64_t{Pick(4) - 1}}};
      if (Chance(0.7)) attrs["shapes"] = std::vector<PartialShape>{RandomShape(2)};
      return b.Add(makers[Pick(4)] + form, {}, attrs);
    }
    if (arg.name == "reader_handle") return b.Add("IdentityReader" + form, {}, {});
    return {};
  }

  void AddInput(Builder& b, const OpDef& def, const ArgDef& arg, bool fed, std::vector<Input>* inputs, Feeds* feeds) {
    if (arg.type == kResource || arg.is_ref) {
      if (Output object = AddObject(b, def, arg); object.valid()) return inputs->push_back(object);
      const char* type_attr = def.FindAttr("T") ? "T" : "dtype";
      ArgDef as = arg;
      as.type = DType::kInvalid, as.type_attr = type_attr;
      Tensor v = RandomTensor(TypeOf(def, as));
      Output x = b.Add(arg.is_ref ? "VariableV2" : "VarHandleOp", {}, {{"dtype", v.dtype()}, {"shape", v.shape()}});
      if (x.valid() && Chance(0.95)) variables_.emplace_back(b.graph()[x.endpoint().node].name(), v);
      inputs->push_back(x);
      return;
    }
    DType t = TypeOf(def, arg);
    if (!IsSupported(t)) t = kFloat;
    rank_ = Chance(0.5) && (t == kInt32 || t == kInt64) ? Pick(2) : rank_ ? rank_ : Pick(5);
    Tensor v = RandomTensor(t);
    if (!fed) {
      inputs->push_back(b.Constant(v));
    } else {
      AttrMap attrs = {{"dtype", v.dtype()}};
      if (Chance(0.5)) attrs["shape"] = v.shape();
      Output p = b.Add("Placeholder", {}, attrs);
      feeds->emplace_back(p, v);
      inputs->push_back(p);
    }
    rank_ = v.rank();
  }

  AttrMap Attributes(const OpDef& def) {
    AttrMap attrs;
    for (const AttrDef& a : def.attrs()) {
      bool needed = !a.default_value;
      if (!needed && Chance(0.5)) continue;
      if (a.kind == "int") attrs[a.name] = Chance(0.8) && a.minimum ? *a.minimum + Pick(4) : Number();
      else if (a.kind == "bool") attrs[a.name] = Chance(0.5);
      else if (a.kind == "float") attrs[a.name] = Chance(0.7) ? float(Pick(9)) / 4 : float(OddFloat());
      else if (a.kind == "string")
        attrs[a.name] = !a.allowed_strings.empty() && Chance(0.95)
                            ? a.allowed_strings[size_t(Pick(int(a.allowed_strings.size())))]
                            : std::string(Chance(0.5) ? "" : "%n%s");
      else if (a.kind == "list(int)") attrs[a.name] = IntList(a);
      else if (a.kind == "shape") attrs[a.name] = AttrValue(RandomShape());
      else if (a.kind == "tensor") attrs[a.name] = RandomTensor(kTypes[Pick(std::size(kTypes))]);
      else if (a.kind == "list(type)" && !FromInputs(def, a.name))
        attrs[a.name] = std::vector<DType>(size_t(Pick(3)), kFloat);
      else if (a.kind == "type" && !FromInputs(def, a.name))
        attrs[a.name] = types_[a.name] = a.allowed_types.empty()
                                             ? kTypes[Pick(std::size(kTypes))]
                                             : a.allowed_types[size_t(Pick(int(a.allowed_types.size())))];
    }
    return attrs;
  }

  static bool FromInputs(const OpDef& def, const std::string& attr) {
    for (const ArgDef& arg : def.inputs()) {
      if (arg.type_attr == attr) return true;
    }
    return false;
  }

  std::vector<int64_t> IntList(const AttrDef& a) {
    static const std::set<std::string> kWindows = {"strides", "ksize", "ksizes", "dilations", "rates"};
    const bool window = kWindows.count(a.name) > 0;
    const int64_t defaults = a.default_value ? int64_t(a.default_value->get<AttrList>()->i.size()) : 0;
    const size_t axes = size_t(std::max({a.minimum.value_or(0), defaults, int64_t{4}}));  // 5 of volumes
    std::vector<int64_t> v(window && Chance(0.95) ? axes : Chance(0.5) ? 8 : size_t(Pick(4)));
    for (size_t i = 0; i < v.size(); ++i)
      v[i] = window && (i == 0 || i + 1 == axes) && Chance(0.9) ? 1
             : window && Chance(0.9)                     ? 1 + Pick(3)
             : Chance(0.9)                               ? Pick(3)
                                                         : Number();
    return v;
  }

  void AddGradients(Builder& b, std::vector<Output>* outputs) {
    std::vector<Output> ys, xs;
    for (const Output& o : *outputs) {
      if (IsFloating(o.dtype())) ys.push_back(o);
    }
    for (NodeId id : b.graph().nodes()) {
      const Node& n = b.graph()[id];
      if ((n.Is("Placeholder") || n.Is("Const")) && IsFloating(n.output(0).dtype)) xs.push_back(Output(&b, {id, 0}));
    }
    if (ys.empty() || xs.empty()) return;
    Result<std::vector<Grad>> grads = GradientsOf(b, ys, xs);
    if (!grads.ok()) return;
    for (const Grad& g : *grads) {
      if (g.valid()) outputs->push_back(g.ToDense());
    }
  }

  bool verbose_;
  std::mt19937_64 rng_;
  std::map<std::string, DType> types_;
  std::vector<std::pair<std::string, Tensor>> variables_;
  Shape last_;
  int rank_ = 0;
};

int Main(int argc, char** argv) {
  double seconds = 20;
  int64_t cases = INT64_MAX, first = 0;
  uint64_t seed = 1;
  std::string only;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    std::string value = arg.substr(arg.find('=') + 1);
    if (arg.rfind("--seconds=", 0) == 0) seconds = std::stod(value);
    else if (arg.rfind("--cases=", 0) == 0) cases = std::stoll(value), seconds = 1e9;
    else if (arg.rfind("--first=", 0) == 0) first = std::stoll(value);
    else if (arg.rfind("--seed=", 0) == 0) seed = std::stoull(value);
    else if (arg.rfind("--op=", 0) == 0) only = value;
    else if (arg == "--verbose") verbose = true;
    else return fmt::print(stderr, "op_fuzz: unknown argument {}\n", arg), 2;
  }
  memory::set_budget(kBudget);
  std::vector<const OpDef*> ops;
  for (const auto& [name, def] : AllOps().ops()) {
    if (only.empty() || name == only) ops.push_back(&def);
  }
  auto start = std::chrono::steady_clock::now();
  int64_t done = 0, built = 0, ran = 0;
  for (; done < cases && std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds;
       ++done) {
    uint64_t s = seed * 1000003 + uint64_t(first + done);
    const OpDef& def = *ops[size_t(s * 0x9E3779B97F4A7C15ull >> 33) % ops.size()];
    if (verbose) fmt::print(stderr, "--seed={} --first={}: {}\n", seed, first + done, def.name());
    Fuzzer fuzzer(s, verbose);
    try {
      fuzzer.Run(def);
    } catch (const std::exception& e) {
      return fmt::print(stderr, "op_fuzz: --seed={} --first={}, {}: an exception escaped: {}\n", seed, first + done,
                        def.name(), e.what()),
             1;
    }
    built += fuzzer.built, ran += fuzzer.ran;
  }
  fmt::print("{} cases: {} graphs accepted, {} gave results; {} bytes in use at the end\n", done, built, ran,
             memory::bytes_in_use());
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
