// functional_fuzzer: programs of functions, branches, loops and lists that need not fit each other: what is built is
// sound or an error, is read back from files as it was, is differentiated, and runs until its deadline.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "weir/graph/export.h"
#include "weir/graph/functions.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/fuzz/bytes.h"

namespace weir::fuzz {

namespace {

class Program {
 public:
  explicit Program(Bytes bytes) : in_(bytes) {}

  Builder& Make() {
    Outputs v{Leaf({0.5f, -1.0f}, "x"), Leaf({2.0f}, "x"), b_.Constant(Tensor(1)), b_.Constant(Tensor(true))};
    Block(v, 0, 2 + in_.Pick(6));
    b_.Add("Identity", {v.back()}, {}, {.name = "y"});
    return b_;
  }

 private:
  Output Leaf(std::vector<float> values, const std::string& name) {
    const Tensor t = Tensor::Vector(values);
    return b_.Add("PlaceholderWithDefault", {b_.Constant(t)}, {{"shape", t.shape()}}, {.name = name});
  }
  const Output& Any(const Outputs& v) { return v[v.size() - 1 - in_.Pick(std::min<size_t>(v.size(), 8))]; }
  // Mostly one that is of the dtype asked for.
  const Output& Like(const Outputs& v, DType dtype) {
    for (int tries = 0; tries < 6; ++tries) {
      const Output& o = Any(v);
      if (o.dtype() == dtype) return o;
    }
    return Any(v);
  }
  Builder& here() { return *Builder::Innermost(&b_); }

  void Block(Outputs& v, int depth, size_t length) {
    for (; length > 0 && !in_.empty() && b_.status().ok() && here().status().ok(); --length) Step(v, depth);
  }

  Outputs Body(Outputs v, int depth, size_t results) {
    Block(v, depth + 1, in_.Pick(4));
    Outputs r;
    for (size_t i = 0; i < results; ++i) r.push_back(Any(v));
    return r;
  }

  void Step(Outputs& v, int depth) {
    switch (in_.Pick(depth < 3 ? 13 : 7)) {
      case 0: v.push_back(ops::Add(Like(v, kFloat), Like(v, kFloat))); break;
      case 1: v.push_back(ops::Sin(Like(v, kFloat))); break;
      case 2: v.push_back(ops::Cast(Any(v), in_.Pick(2) ? kFloat : kInt32)); break;
      case 3: v.push_back(ops::Concat({Any(v), Any(v)}, 0)); break;
      case 4: v.push_back(ops::EmptyTensorList(here(), in_.Pick(2) ? kFloat : kInt32)); break;
      case 5: v.push_back(ops::TensorListPushBack(Like(v, kVariant), Like(v, kFloat))); break;
      case 6: v.push_back(ops::TensorListPopBack(Like(v, kVariant), kFloat)[in_.Pick(2)]); break;
      case 7: {
        const size_t n = 1 + in_.Pick(2);
        auto body = [&] { return Body(v, depth, n); };
        Append(v, Cond(Like(v, kBool), std::function<Outputs()>(body), std::function<Outputs()>(body)));
        break;
      }
      case 8: {
        const size_t n = 1 + in_.Pick(2);
        const std::vector<std::function<Outputs()>> branches(1 + in_.Pick(3), [&] { return Body(v, depth, n); });
        Append(v, SwitchCase(Like(v, kInt32), branches));
        break;
      }
      case 9: Loop(v, depth); break;
      case 10:
      case 11: Function(v, depth); break;
      default: Count(v, depth);
    }
  }
  static void Append(Outputs& v, const Outputs& more) { v.insert(v.end(), more.begin(), more.end()); }

  void Loop(Outputs& v, int depth) {
    InputList vars{0};
    for (size_t n = 1 + in_.Pick(2); n > 0; --n) vars.push_back(Any(v));
    const int limit = static_cast<int>(in_.Pick(4));
    WhileOptions o;
    if (in_.Chance(20)) o.max_iterations = Input(static_cast<int32_t>(in_.Pick(3)));
    if (in_.Chance(20)) o.shape_invariants.assign(vars.size(), PartialShape::Unknown());
    auto more = [&](const Outputs& s) { return in_.Chance(5) ? Like(s, kBool) : ops::Less(s[0], limit); };
    auto body = [&](const Outputs& s) {
      Outputs all = v;
      Append(all, {s.begin() + 1, s.end()});
      Outputs r = Body(all, depth, s.size() - 1);
      r.insert(r.begin(), in_.Chance(3) ? s[0] : s[0] + 1);
      return r;
    };
    Append(v, WhileLoop(b_, more, body, vars, o));
  }

  // Of some arguments, called with these and, it may be, with others.
  void Function(Outputs& v, int depth) {
    std::vector<DType> types;
    InputList args;
    for (size_t n = 1 + in_.Pick(2); n > 0; --n) args.push_back(Any(v)), types.push_back(args.back().dtype());
    auto make = [&](std::vector<DType> takes, size_t gives) {
      return DefineFunction(b_, "f", takes, [&](const Outputs& s) { return Body(s, depth, gives); });
    };
    const size_t results = 1 + in_.Pick(2);
    FuncRef f = make(types, results);
    if (!here().status().ok()) return;
    const weir::Function* made = here().graph().FindFunction(f.name);
    if (!made) return;
    const std::vector<DType> gives = ResultDTypes(made->body);
    std::vector<DType> with_gradients = types;
    with_gradients.insert(with_gradients.end(), gives.begin(), gives.end());
    if (in_.Chance(30)) WithGradient(b_, f, make(with_gradients, types.size()));
    if (in_.Chance(20)) args[0] = Any(v);
    Outputs r = Call(b_, f, args);
    if (in_.Chance(30)) {
      for (const Output& o : r) args.push_back(o);
      r = ops::SymbolicGradient(args, types, f);
    }
    Append(v, r);
  }

  void Count(Outputs& v, int depth) {
    std::vector<DType> types{kInt32};
    InputList args;
    for (size_t n = 1 + in_.Pick(2); n > 0; --n) args.push_back(Any(v)), types.push_back(args.back().dtype());
    const size_t results = args.size() + (in_.Chance(5) ? 1 : 0);
    FuncRef f = DefineFunction(b_, "f", types, [&](const Outputs& s) { return Body(s, depth, results); });
    Append(v, ops::For(static_cast<int>(in_.Pick(3)), static_cast<int>(in_.Pick(5)), 1, args, f));
  }

  Bytes in_;
  Builder b_;
};

[[noreturn]] void Wrong(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

// A limit of time or memory says nothing of the program.
bool Limited(const Status& s) { return s.code() == Code::kDeadlineExceeded || s.code() == Code::kResourceExhausted; }

Status RunOf(const Graph& g, const std::vector<std::string>& fetches, bool optimize) {
  Session session(g, {.threads = 1, .optimize = optimize});
  auto run = session.Run(NamedFeeds{}, fetches, {}, {.timeout = std::chrono::milliseconds(200)});
  if (!run.ok() && run.status().code() == Code::kInternal) Wrong(run.status().ToString());
  return run.ok() ? Status() : run.status();
}

void Run(const uint8_t* data, size_t size) {
  Program program({data, size});
  Builder& b = program.Make();
  if (!b.status().ok()) {
    if (b.status().code() == Code::kInternal) Wrong(b.status().ToString());
    return;
  }
  if (Status s = Verify(b.graph()); !s.ok()) Wrong("was built, and is not sound: " + s.ToString());
  auto wire = ExportGraphDef(b.graph());
  auto again = wire.ok() ? ImportGraphDef(*wire, &AllOps()) : Result<Graph>(wire.status());
  if (!again.ok()) Wrong("is not read back: " + again.status().ToString());
  if (Status s = Verify(*again); !s.ok()) Wrong("is read back otherwise: " + s.ToString());
  const bool fetched = b.FindOutput("y:0").dtype() != kVariant;
  if (fetched) {
    const Status plain = RunOf(b.graph(), {"y:0"}, false), optimised = RunOf(*again, {"y:0"}, true);
    if (plain.ok() && !optimised.ok() && !Limited(optimised)) Wrong("only runs as written: " + optimised.ToString());
  }
  std::vector<Output> dx = Gradients({b.FindOutput("y:0")}, {b.FindOutput("x:0"), b.FindOutput("x_1:0")});
  if (!b.status().ok()) {
    if (b.status().code() == Code::kInternal) Wrong(b.status().ToString());
    return;
  }
  if (Status s = Verify(b.graph()); !s.ok()) Wrong("its gradients broke the graph: " + s.ToString());
  for (const Output& d : dx) {
    if (d.valid()) static_cast<void>(RunOf(b.graph(), {d.name()}, true));
  }
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::Run(data, size);
  return 0;
}
