// graphdef summary: a graph by scopes: ops, parameters, work, memory; what goes in and comes out.
#include <fmt/format.h>

#include <set>
#include <string_view>

#include "weir/graph/infer.h"
#include "weir/graph/verify.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct SummaryOptions {
  ModelOptions model;
  int depth = 1;
  bool json = false;
};

// Elements of tensors and their bytes.
struct Size {
  int64_t elements = 0, bytes = 0;
};

struct Row {
  int64_t nodes = 0, flops = 0, activations = 0;
  Size parameters, other_variables;
};

// The nodes that hold a graph's parameters, and what told so.
struct Parameters {
  std::set<NodeId> nodes;
  const char* source;
};

constexpr char kParameterHelp[] =
    "Parameters are the elements of the trainable variables: of the MetaGraph's collection trainable_variables where "
    "there is one (of a TensorFlow 2 SavedModel, of its objects), else of all float variables but those of optimizers "
    "and batch norms: slots (`w/Adam` where there is a `w`), beta1_power, beta2_power, gradient_count, global_step, "
    "moving_mean and moving_variance. All others are `other variables`. In a graph without "
    "variables the float constants of more than one element are its parameters, as frozen weights.";

int64_t SaturatedAdd(int64_t a, int64_t b) {
  int64_t c;
  return CheckedAdd(a, b, &c) ? c : INT64_MAX;
}

// Multiplications and additions of one run of the node, if they are of floats.
int64_t Flops(const Graph& g, const Node& n) {
  if (!n.def() || n.outputs().empty() || !IsFloating(n.output(0).dtype) || n.inputs().empty()) return 0;
  return CheckNode(g, n).ok() ? FlopsOf(g, n) : 0;
}

std::string ScopeOf(const std::string& name, int depth) {
  size_t end = 0;
  for (int i = 0; i < depth; ++i) {
    size_t slash = name.find('/', end);
    if (slash == name.npos) return i == 0 ? "" : name.substr(0, end ? end - 1 : 0);
    end = slash + 1;
  }
  return end ? name.substr(0, end - 1) : "";
}

// Whether an optimizer or a batch norm keeps this variable for itself: beside another one (`w/Adam` beside `w`), or as
// a number of its own.
bool IsBookkeeping(const std::string& name, const std::set<std::string_view>& variables) {
  for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1)) {
    if (variables.count(std::string_view(name).substr(0, slash))) return true;
  }
  std::string_view last = std::string_view(name).substr(name.rfind('/') + 1);  // npos + 1 is 0
  size_t number = last.find_last_not_of("0123456789");                         // beta1_power_1 is of a second optimizer
  if (number != last.npos && number + 1 < last.size() && last[number] == '_') last = last.substr(0, number);
  static const std::set<std::string_view> kOwn{"beta1_power", "beta2_power", "gradient_count", "global_step",
                                               "moving_mean", "moving_variance"};
  return kOwn.count(last) > 0;
}

// See kParameterHelp.
Parameters ParametersOf(const LoadedGraph& m) {
  const Graph& g = m.graph;
  std::vector<NodeId> variables, constants;
  std::set<std::string_view> names;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (IsVariable(n)) {
      variables.push_back(id), names.insert(n.name());
    } else if (n.Is("Const")) {
      Tensor t = n.attr<Tensor>("value");
      if (t.valid() && IsFloating(t.dtype()) && t.num_elements() > 1) constants.push_back(id);
    }
  }
  if (variables.empty()) return {{constants.begin(), constants.end()}, "constants"};
  Parameters listed{{}, "trainable_variables"}, likely{{}, "variables"};
  for (const VariableInfo& v : m.meta ? m.meta->VariablesOf("trainable_variables") : std::vector<VariableInfo>()) {
    NodeId id = g.Find(v.name.substr(0, v.name.find(':')));
    if (id.valid() && IsVariable(g[id])) listed.nodes.insert(id);
  }
  for (NodeId id : variables) {
    if (IsFloating(g[id].type_attr("dtype")) && !IsBookkeeping(g[id].name(), names)) likely.nodes.insert(id);
  }
  return listed.nodes.empty() ? likely : listed;
}

// Where a type tells them: what objects take is known when they are there.
int64_t BytesOf(int64_t elements, DType dtype) {
  return IsPlain(dtype) ? SaturatedProduct({elements, static_cast<int64_t>(SizeOf(dtype))}) : 0;
}

void AddTo(Size* sum, int64_t elements, DType dtype) {
  sum->elements = SaturatedAdd(sum->elements, elements);
  sum->bytes = SaturatedAdd(sum->bytes, BytesOf(elements, dtype));
}

void AddNode(const Graph& g, const Node& n, const Parameters& parameters, Row* row) {
  ++row->nodes;
  row->flops = SaturatedAdd(row->flops, Flops(g, n));
  bool parameter = parameters.nodes.count(n.id());
  if (IsVariable(n)) {
    AddTo(parameter ? &row->parameters : &row->other_variables, ElementsOrOne(n.attr<PartialShape>("shape")),
          n.type_attr("dtype"));
  } else if (n.Is("Const")) {
    if (!parameter) return;
    Tensor t = n.attr<Tensor>("value");
    AddTo(&row->parameters, t.num_elements(), t.dtype());
  } else {
    for (const OutputType& t : n.outputs()) {
      if (t.shape.known_rank())
        row->activations = SaturatedAdd(row->activations, BytesOf(ElementsOrOne(t.shape), t.dtype));
    }
  }
}

Json RowJson(const std::string& scope, const Row& r) {
  return {{"scope", scope},
          {"nodes", r.nodes},
          {"parameters", r.parameters.elements},
          {"parameter_bytes", r.parameters.bytes},
          {"other_variables", r.other_variables.elements},
          {"other_variable_bytes", r.other_variables.bytes},
          {"flops", r.flops},
          {"activation_bytes", r.activations}};
}

std::string RowText(const std::string& scope, const Row& r) {
  return fmt::format("{:<40} {:>8} {:>14} {:>16} {:>16}\n", scope, Thousands(r.nodes),
                     Thousands(r.parameters.elements), Thousands(r.flops), Thousands(r.activations));
}

std::string SizeText(const Size& s) { return fmt::format("{} ({} bytes)", Thousands(s.elements), Thousands(s.bytes)); }

struct Facts {
  Parameters parameters;
  std::map<std::string, Row> scopes;
  Row total;
  std::map<std::string, int64_t> ops, unknown;
  int64_t variables = 0;
};

Facts Collect(const LoadedGraph& m, int depth) {
  const Graph& g = m.graph;
  Facts f{.parameters = ParametersOf(m)};
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    AddNode(g, n, f.parameters, &f.scopes[ScopeOf(n.name(), depth)]);
    AddNode(g, n, f.parameters, &f.total);
    ++f.ops[n.op()];
    f.variables += IsVariable(n);
    if (!n.def() && !g.FindFunction(n.op())) ++f.unknown[n.op()];
  }
  return f;
}

Json SignaturesJson(const LoadedGraph& m) {
  Json list = Json::object();
  if (!m.meta) return list;
  for (const auto& [key, s] : m.meta->signatures) {
    Json in = Json::object(), out = Json::object();
    for (const auto& [name, t] : s.inputs) in[name] = t.name;
    for (const auto& [name, t] : s.outputs) out[name] = t.name;
    list[key] = {{"inputs", in}, {"outputs", out}, {"method", s.method_name}};
  }
  return list;
}

void PrintText(const LoadedGraph& m, const Facts& f, const std::vector<Endpoint>& sinks) {
  const Graph& g = m.graph;
  std::string text =
      fmt::format("{:<40} {:>8} {:>14} {:>16} {:>16}\n", "scope", "nodes", "parameters", "flops", "activation bytes");
  for (const auto& [scope, row] : f.scopes) text += RowText(scope.empty() ? "(top)" : scope, row);
  text += RowText("total", f.total) + "Unknown dimensions count as 1.\n";
  text += fmt::format("\nparameters: {}, from {}   other variables: {}   functions: {}\n", SizeText(f.total.parameters),
                      f.parameters.source, SizeText(f.total.other_variables), g.functions().size());
  text += "inputs:\n";
  for (NodeId id : Placeholders(g)) text += fmt::format("  {} : {}\n", g.EndpointName({id, 0}), TypeText(g, {id, 0}));
  text += "outputs (guessed):\n";
  for (size_t i = 0; i < sinks.size() && i < 20; ++i)
    text += fmt::format("  {} : {}\n", g.EndpointName(sinks[i]), TypeText(g, sinks[i]));
  if (sinks.size() > 20) text += fmt::format("  and {} more\n", sinks.size() - 20);
  if (m.meta) {
    for (const auto& [key, s] : m.meta->signatures) {
      text += fmt::format("signature '{}':", key);
      for (const auto& [name, t] : s.inputs) text += fmt::format(" {}={}", name, t.name);
      text += " ->";
      for (const auto& [name, t] : s.outputs) text += fmt::format(" {}={}", name, t.name);
      text += "\n";
    }
    text += fmt::format("variables: {} ({} trainable)", m.meta->VariablesOf("variables").size(),
                        m.meta->VariablesOf("trainable_variables").size());
    for (const std::string& op : m.meta->train_ops) text += "   train op: " + op;
    text += "\n";
  }
  std::vector<std::pair<int64_t, std::string>> ops;
  for (const auto& [op, n] : f.ops) ops.push_back({-n, op});
  std::sort(ops.begin(), ops.end());
  text += "ops:";
  for (const auto& [n, op] : ops) text += fmt::format(" {}:{}", op, -n);
  text += "\n";
  if (!f.unknown.empty()) {
    text += "unknown ops:";
    for (const auto& [op, n] : f.unknown) text += fmt::format(" {}:{}", op, n);
    text += "\n";
  }
  Print(text);
}

int RunSummary(const SummaryOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  const Graph& g = model->graph;
  InferBestEffort(model->graph);
  Facts f = Collect(*model, o.depth);
  std::vector<Endpoint> sinks = Sinks(g);
  if (!o.json) {
    PrintText(*model, f, sinks);
    return kOk;
  }
  Json scopes = Json::array();
  for (const auto& [scope, row] : f.scopes) scopes.push_back(RowJson(scope, row));
  PrintJson({{"schema", "graphdef.summary/1"},
             {"total", RowJson("", f.total)},
             {"parameter_source", f.parameters.source},
             {"scopes", scopes},
             {"inputs", TypesJson(g, Inputs(g))},
             {"outputs", TypesJson(g, sinks)},
             {"signatures", SignaturesJson(*model)},
             {"ops", f.ops},
             {"unknown_ops", f.unknown},
             {"functions", g.functions().size()}});
  return kOk;
}

}  // namespace

void AddSummary(CLI::App& app, Action* action) {
  auto o = std::make_shared<SummaryOptions>();
  CLI::App* verb =
      AddVerb(app, "summary",
              "Sums a graph up by scope: nodes, parameters, flops, activation bytes; guesses inputs and outputs.",
              {"graphdef summary model.pb", "graphdef summary model.meta --depth=2 --json"});
  verb->footer(kParameterHelp + ("\n\n" + verb->get_footer()));
  o->model.AddTo(verb);
  verb->add_option("--depth", o->depth, "Scopes of this many names")->check(CLI::Range(0, 100));
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunSummary(*o); }; });
}

}  // namespace weir::tool
