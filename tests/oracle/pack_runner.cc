#include "weir/tests/oracle/pack_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/oracle/compare.h"

namespace weir::testing {
namespace {

struct CaseInput {
  Tensor value;                 // of a Const
  const Node* variable = nullptr;  // or the variable, with its value before
  Tensor initial;
};

struct Case {
  const Node* op = nullptr;
  std::map<int, CaseInput> inputs;
  std::map<int, Tensor> want, want_variable, r, want_gradient;
  std::string want_error;
};

// "case_7/want_2" -> (7, "want", 2); the op itself has the kind "op".
bool ParseName(const std::string& name, int* number, std::string* kind, int* index) {
  size_t slash = name.find('/');
  if (name.rfind("case_", 0) != 0 || slash == std::string::npos) return false;
  *number = std::atoi(name.c_str() + 5);
  std::string rest = name.substr(slash + 1);
  size_t line = rest.rfind('_');
  bool has_index = line != std::string::npos && rest.find_first_not_of("0123456789", line + 1) == std::string::npos;
  *kind = has_index ? rest.substr(0, line) : rest;
  *index = has_index ? std::atoi(rest.c_str() + line + 1) : 0;
  return true;
}

Tensor ConstOf(const Node& n) {
  const AttrValue* v = n.FindAttr("value");
  const Tensor* t = v ? v->get<Tensor>() : nullptr;
  return t ? *t : Tensor();
}

std::map<int, Case> ReadCases(const Graph& g) {
  std::map<int, Case> cases;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    int number, index;
    std::string kind;
    if (!ParseName(n.name(), &number, &kind, &index)) continue;
    Case& c = cases[number];
    if (kind == "op") c.op = &n;
    if (kind == "in" && n.Is("Const")) c.inputs[index].value = ConstOf(n);
    if (kind == "in" && !n.Is("Const")) c.inputs[index].variable = &n;
    if (kind == "init") c.inputs[index].initial = ConstOf(n);
    if (kind == "want") c.want[index] = ConstOf(n);
    if (kind == "wantvar") c.want_variable[index] = ConstOf(n);
    if (kind == "r") c.r[index] = ConstOf(n);
    if (kind == "wantgrad") c.want_gradient[index] = ConstOf(n);
    if (kind == "want_error") c.want_error = ConstOf(n).scalar<std::string>() + " ";
  }
  return cases;
}

// What one way of running a case gave.
struct Results {
  Status status, gradient_status;
  std::vector<Tensor> outputs;
  std::map<int, Tensor> variables, gradients;
};

// The case as a graph: with placeholders of unknown shape that are fed, or with constants.
struct CaseGraph {
  Builder b;
  Feeds feeds;
  std::vector<Output> inputs, outputs;
  Operation op;
  std::map<int, Output> gradients;
  Status gradient_status;

  CaseGraph(const Case& c, bool fed) {
    for (const auto& [k, in] : c.inputs) inputs.push_back(AddInput(k, in, fed));
    op = b.AddNode(c.op->op(), inputs, c.op->attrs(), {.name = "op"});
    if (!op.valid()) return;
    for (size_t k = 0; k < b.graph()[op.id()].outputs().size(); ++k) outputs.push_back(b.OutputOf(op, int(k)));
    if (!c.want_gradient.empty()) AddGradients(c);
  }

  Output AddInput(int k, const CaseInput& in, bool fed) {
    std::string name = fmt::format("in_{}", k);
    if (in.variable) return b.Add(in.variable->op(), {}, in.variable->attrs(), {.name = name});
    if (!fed) return b.Constant(in.value, {.name = name});
    Output p = b.Add("Placeholder", {}, {{"dtype", in.value.dtype()}}, {.name = name});
    feeds.emplace_back(p, in.value);
    return p;
  }

  void AddGradients(const Case& c) {
    std::vector<Output> ys, xs;
    GradientOptions options;
    for (const auto& [k, r] : c.r) {
      ys.push_back(outputs[k]);
      options.grad_ys.push_back(b.Constant(r, {.name = fmt::format("r_{}", k)}));
    }
    for (const auto& [k, want] : c.want_gradient) xs.push_back(inputs[k]);
    Result<std::vector<Grad>> grads = GradientsOf(b, ys, xs, options);
    gradient_status = grads.status();
    if (!grads.ok()) return;
    size_t i = 0;
    for (const auto& [k, want] : c.want_gradient) {
      if ((*grads)[i].valid()) gradients[k] = (*grads)[i].ToDense();
      ++i;
    }
    if (!b.status().ok()) gradient_status = b.status();
  }
};

Results RunOnce(const Case& c, const CaseGraph& g, bool optimize) {
  Results r;
  if (!g.op.valid()) {
    r.status = g.b.status();
    return r;
  }
  Session session(
      g.b, {.threads = 1, .optimize = optimize, .precision = Precision::kExact, .print = [](const std::string&) {}});
  for (const auto& [k, in] : c.inputs) {
    if (in.variable && in.initial.valid())
      r.status = session.SetVariable(fmt::format("in_{}", k), in.initial.Clone().value());
    if (!r.status.ok()) return r;
  }
  if (!g.gradients.empty() && !c.want_gradient.empty()) {
    std::vector<Output> fetches;
    for (const auto& [k, out] : g.gradients) fetches.push_back(out);
    Result<std::vector<Tensor>> got = session.Run(fetches, g.feeds);
    r.gradient_status = got.status();
    size_t i = 0;
    for (const auto& [k, out] : g.gradients) {
      if (got.ok()) r.gradients[k] = (*got)[i++];
    }
  } else {
    r.gradient_status = g.gradient_status;
  }
  Result<std::vector<Tensor>> got = session.Run(g.outputs, g.feeds, {g.op});
  r.status = got.status();
  if (got.ok()) r.outputs = std::move(*got);
  for (const auto& [k, want] : c.want_variable) {
    Result<Tensor> v = session.GetVariable(fmt::format("in_{}", k));
    if (v.ok()) r.variables[k] = *v;
  }
  return r;
}

bool AllZero(const Tensor& t) {
  return Compare(Tensor::Zeros(t.dtype(), t.shape()), t, Closeness::kElementwise).empty();
}

// Compares one way's results with TensorFlow's; problems are appended.
void Check(const Case& c, const Results& r, std::vector<Difference>* forward, std::vector<Difference>* gradient) {
  if (!c.want_error.empty()) {
    if (r.status.ok()) forward->push_back({"TensorFlow refuses: " + c.want_error.substr(0, 160)});
    return;
  }
  if (!r.status.ok()) {
    forward->push_back({"error: " + r.status.ToString().substr(0, 400)});
    return;
  }
  Closeness close = ClosenessOf(c.op->op());
  for (const auto& [k, want] : c.want) {
    Difference diff = Compare(r.outputs[k], want, close);
    if (!diff.empty()) forward->push_back({fmt::format("output {}: {}", k, diff.text), diff.off});
  }
  for (const auto& [k, want] : c.want_variable) {
    auto it = r.variables.find(k);
    Difference diff = it == r.variables.end() ? Difference{"missing"} : Compare(it->second, want, close);
    if (!diff.empty()) forward->push_back({fmt::format("variable {}: {}", k, diff.text), diff.off});
  }
  if (!r.gradient_status.ok()) gradient->push_back({"gradient error: " + r.gradient_status.ToString().substr(0, 400)});
  for (const auto& [k, want] : c.want_gradient) {
    if (!r.gradient_status.ok()) break;
    auto it = r.gradients.find(k);
    // TensorFlow has zeros for some inputs that nothing flows to.
    Difference diff = it != r.gradients.end() ? Compare(it->second, want, Closeness::kAccumulated)
                                              : Difference{AllZero(want) ? "" : "none"};
    if (!diff.empty()) gradient->push_back({fmt::format("gradient {}: {}", k, diff.text), diff.off});
  }
}

std::string FirstDifference(const Tensor& a, const Tensor& b) {
  if (a.Identical(b)) return {};
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return a.shape().ToString() + " and " + b.shape().ToString();
  std::string close = Compare(a, b, Closeness::kIdentical).text;
  return close.empty() ? "NaNs of other bits" : close;
}

// What differs between the plain and the optimised run; empty when they have the same bits.
std::string BitDifference(const Results& a, const Results& b) {
  if (a.status.ok() != b.status.ok()) return (a.status.ok() ? b.status : a.status).ToString();
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    if (std::string d = FirstDifference(b.outputs[i], a.outputs[i]); !d.empty())
      return fmt::format("output {}: {}", i, d);
  }
  for (const auto& [k, t] : a.variables) {
    if (std::string d = FirstDifference(b.variables.at(k), t); !d.empty()) return fmt::format("variable {}: {}", k, d);
  }
  if (a.gradients.size() != b.gradients.size()) return b.gradient_status.ToString();
  for (const auto& [k, t] : a.gradients) {
    if (std::string d = FirstDifference(b.gradients.at(k), t); !d.empty()) return fmt::format("gradient {}: {}", k, d);
  }
  return {};
}

std::string DescribeInputs(const Case& c) {
  std::string text;
  for (const auto& [k, in] : c.inputs) {
    const Tensor& t = in.variable ? in.initial : in.value;
    text += fmt::format(" in_{} {}{}{}", k, DTypeShortName(t.dtype()), t.shape().ToString(),
                        t.num_elements() <= 8 ? "=" + t.ToString() : "");
  }
  for (const auto& [name, value] : c.op->attrs()) {
    if (const auto* i = value.get<int64_t>()) text += fmt::format(" {}={}", name, *i);
    if (const auto* b = value.get<bool>(); b && *b) text += " " + name;
    if (const auto* s = value.get<std::string>()) text += fmt::format(" {}='{}'", name, *s);
    if (const auto* l = value.get<AttrList>(); l && !l->i.empty())
      text += fmt::format(" {}=[{}]", name, fmt::join(l->i, ","));
  }
  return text;
}

bool Excepted(const PackOptions& options, const std::string& op, const Difference& d) {
  return std::any_of(options.exceptions.begin(), options.exceptions.end(), [&](const Exception& e) {
    return (e.op == "*" || e.op == op) && d.off <= e.within && std::regex_search(d.text, e.text);
  });
}

void RunCase(int number, const Case& c, const PackOptions& options, PackReport* report) {
  PackCounts& counts = report->ops[c.op->op()];
  ++counts.cases;
  counts.refused += !c.want_error.empty();
  counts.gradients += !c.want_gradient.empty();
  bool forward_ok = true, gradient_ok = true;
  auto tell = [&](bool fed, Difference d) {
    d.text += fmt::format(" [{} ]", DescribeInputs(c));
    if (Excepted(options, c.op->op(), d)) return true;
    report->mismatches.push_back(
        fmt::format("{} case_{} {}: {} off by {:.3g}", c.op->op(), number, fed ? "fed" : "const", d.text, d.off));
    return false;
  };
  for (bool fed : {true, false}) {
    CaseGraph g(c, fed);
    Results plain = RunOnce(c, g, false), optimised = RunOnce(c, g, true);
    std::vector<Difference> forward, gradient;
    Check(c, plain, &forward, &gradient);
    for (Difference& d : forward) forward_ok &= tell(fed, std::move(d));
    for (Difference& d : gradient) gradient_ok &= tell(fed, std::move(d));
    if (std::string d = BitDifference(plain, optimised); !d.empty())
      forward_ok &= tell(fed, {"optimised differs: " + d.substr(0, 300)});
    if (!forward_ok || !gradient_ok) break;  // the other way says the same
  }
  counts.passed += forward_ok;
  counts.gradients_passed += !c.want_gradient.empty() && gradient_ok;
}

}  // namespace

int PackReport::cases() const {
  int n = 0;
  for (const auto& [op, c] : ops) n += c.cases + c.gradients;
  return n;
}

int PackReport::failed() const {
  int n = 0;
  for (const auto& [op, c] : ops) n += c.cases - c.passed + c.gradients - c.gradients_passed;
  return n;
}

std::string PackReport::Table() const {
  std::string text = fmt::format("{:<40} {:>12} {:>12} {:>8}\n", "op", "forward", "gradient", "refused");
  for (const auto& [op, c] : ops) {
    text += fmt::format("{:<40} {:>12} {:>12} {:>8}\n", op, fmt::format("{}/{}", c.passed, c.cases),
                        fmt::format("{}/{}", c.gradients_passed, c.gradients), c.refused);
  }
  return text;
}

Result<std::vector<Exception>> ReadExceptions(const std::string& path) {
  std::ifstream in(path);
  if (!in) return NotFound("cannot read " + path);
  std::vector<Exception> result;
  const std::regex form(R"(([^|]+)\|([^|]+)\|([^|]*)\|(.+))");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::smatch m;
    if (!std::regex_match(line, m, form)) return InvalidArgument("not 'op|text|distance|reason': " + line);
    result.push_back(
        {m[1], std::regex(m[2].str()), m[3].length() ? std::stod(m[3]) : std::numeric_limits<double>::infinity()});
  }
  return result;
}

Status RunPack(const std::string& path, const PackOptions& options, PackReport* report) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("cannot read " + path);
  std::stringstream bytes;
  bytes << in.rdbuf();
  WEIR_ASSIGN_OR_RETURN(Graph graph, ImportGraphDef(bytes.str(), &AllOps()));
  for (const auto& [number, c] : ReadCases(graph)) {
    if (!c.op) return InvalidArgument(fmt::format("{}: case_{} has no op", path, number));
    try {
      RunCase(number, c, options, report);
    } catch (const std::exception& e) {
      report->mismatches.push_back(fmt::format("{} case_{}: exception: {}", c.op->op(), number, e.what()));
    }
    if (options.verbose) fmt::print("{} case_{}{}\n", c.op->op(), number, DescribeInputs(c));
  }
  return {};
}

}  // namespace weir::testing
