// Parsing of graphs in the text form: see text.h.
//
// All lines are read first; then functions are made, then the graph's nodes in program order, then the edges, since an
// edge may point forward.
#include <fmt/format.h>

#include <unordered_set>

#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/graph/text/value.h"

namespace weir {

namespace {

using text::Cursor;

struct NodeLine {
  NodeSpec spec;
  std::vector<std::pair<std::string, int32_t>> inputs;
  std::vector<std::string> controls;
  std::vector<OutputType> types;  // as declared; kInvalid: not said
  size_t position = 0;
};

struct FunctionBlock {
  Function function;
  std::vector<NodeLine> lines;
};

class Parser {
 public:
  Parser(std::string_view text, const OpRegistry* registry, const ParseOptions& options)
      : c_(text), registry_(registry), options_(options) {}

  Result<Graph> Run() {
    Graph g(registry_);
    std::vector<NodeLine> lines;
    for (c_.Skip(true); !c_.at_end(); c_.Skip(true)) {
      if (NextIs("function")) {
        WEIR_RETURN_IF_ERROR(ReadFunction());
      } else if (NextIs("file")) {
        WEIR_RETURN_IF_ERROR(ReadFile(&g));
      } else {
        WEIR_RETURN_IF_ERROR(ReadNode(&lines));
      }
    }
    for (const FunctionBlock& f : functions_) {
      if (!by_name_.emplace(f.function.name, &f.function).second)
        return c_.Fail(fmt::format("there are two functions named '{}'", f.function.name));
    }
    for (FunctionBlock& f : functions_) WEIR_RETURN_IF_ERROR(Build(std::move(f.lines), &f.function.body));
    WEIR_RETURN_IF_ERROR(Build(lines, &g));
    for (FunctionBlock& f : functions_) WEIR_RETURN_IF_ERROR(g.AddFunction(std::move(f.function)));
    if (options_.infer) {
      WEIR_RETURN_IF_ERROR(InferGraph(g));
      WEIR_RETURN_IF_ERROR(CheckTypes(lines, g));
    }
    return g;
  }

 private:
  // Whether a directive begins here: `word` not followed by `=`, which would make it a node of that name.
  bool NextIs(std::string_view word) {
    size_t start = c_.position();
    bool is = c_.TakeWord(word) && !c_.Take("=", false);
    c_.set_position(start);
    return is;
  }

  Status ReadFile(Graph* g) {
    c_.TakeWord("file");
    WEIR_ASSIGN_OR_RETURN(AttrMap attrs, c_.Attrs(nullptr));
    Graph::FileInfo& info = g->file_info();
    info.from_file = true;
    auto number = [&](const char* name) {
      const int64_t* v = attrs[name].get<int64_t>();
      return v ? static_cast<int>(*v) : 0;
    };
    auto bytes = [&](const char* name) {
      const std::string* v = attrs[name].get<std::string>();
      return v ? *v : std::string();
    };
    info.producer = number("producer"), info.min_consumer = number("min_consumer");
    info.unknown_fields = bytes("unknown"), info.library_unknown_fields = bytes("library_unknown");
    if (auto* l = attrs["bad_consumers"].get<AttrList>()) info.bad_consumers.assign(l->i.begin(), l->i.end());
    return {};
  }

  // ---- functions

  Status ReadFunction() {
    c_.TakeWord("function");
    FunctionBlock block{Function(registry_), {}};
    Function& f = block.function;
    WEIR_ASSIGN_OR_RETURN(f.name, c_.Name());
    WEIR_RETURN_IF_ERROR(ReadArgs(&f.args));
    WEIR_RETURN_IF_ERROR(c_.Expect("->"));
    WEIR_RETURN_IF_ERROR(ReadArgs(&f.rets));
    WEIR_RETURN_IF_ERROR(c_.Expect("{"));
    while (!c_.Take("}")) {
      c_.Skip(true);
      if (c_.at_end()) return c_.Fail(fmt::format("function '{}' has no '}}'", f.name));
      WEIR_RETURN_IF_ERROR(ReadFunctionLine(&block));
    }
    functions_.push_back(std::move(block));
    return {};
  }

  Status ReadFunctionLine(FunctionBlock* block) {
    Function& f = block->function;
    if (NextIs("attr")) return ReadAttrDef(&f);
    if (NextIs("set")) {
      c_.TakeWord("set");
      WEIR_ASSIGN_OR_RETURN(f.attrs, c_.Attrs(nullptr));
    } else if (NextIs("stateful")) {
      c_.TakeWord("stateful");
      f.stateful = true;
    } else if (NextIs("gradient")) {
      c_.TakeWord("gradient");
      WEIR_ASSIGN_OR_RETURN(f.gradient, c_.Name());
    } else if (NextIs("doc")) {
      c_.TakeWord("doc");
      WEIR_ASSIGN_OR_RETURN(f.doc, c_.Text());
    } else if (NextIs("unknown")) {
      c_.TakeWord("unknown");
      WEIR_ASSIGN_OR_RETURN(f.unknown_fields, c_.Quoted());
    } else if (NextIs("control_ret")) {
      c_.TakeWord("control_ret");
      WEIR_ASSIGN_OR_RETURN(std::string name, c_.Name());
      WEIR_RETURN_IF_ERROR(c_.Expect(":"));
      WEIR_ASSIGN_OR_RETURN(f.control_ret[name], c_.Name());
    } else {
      return ReadNode(&block->lines);
    }
    return {};
  }

  Status ReadArgs(std::vector<ArgDef>* args) {
    WEIR_RETURN_IF_ERROR(c_.Expect("("));
    while (!c_.Take(")")) {
      if (!args->empty()) WEIR_RETURN_IF_ERROR(c_.Expect(","));
      ArgDef a;
      WEIR_ASSIGN_OR_RETURN(a.name, c_.Name());
      WEIR_RETURN_IF_ERROR(c_.Expect(":"));
      a.is_ref = c_.Take("Ref(");
      WEIR_ASSIGN_OR_RETURN(std::string type, c_.Name());
      if (c_.Take("*")) {
        a.number_attr = type;
        WEIR_ASSIGN_OR_RETURN(type, c_.Name());
      }
      if (type.ends_with("...")) {
        a.is_list = true;
        type.resize(type.size() - 3);
      }
      a.type = ParseDType(type);
      if (a.type == DType::kInvalid) a.type_attr = type;
      if (a.is_ref) WEIR_RETURN_IF_ERROR(c_.Expect(")"));
      args->push_back(std::move(a));
    }
    return {};
  }

  Status ReadAttrDef(Function* f) {
    c_.TakeWord("attr");
    AttrDef d;
    WEIR_ASSIGN_OR_RETURN(d.name, c_.Name());
    WEIR_RETURN_IF_ERROR(c_.Expect(":"));
    WEIR_ASSIGN_OR_RETURN(d.kind, c_.Name());
    while (c_.TakeWord("in", false)) {
      WEIR_ASSIGN_OR_RETURN(AttrValue allowed, c_.Value(""));
      if (auto* l = allowed.get<AttrList>()) {
        d.allowed_types.insert(d.allowed_types.end(), l->type.begin(), l->type.end());
        d.allowed_strings.insert(d.allowed_strings.end(), l->s.begin(), l->s.end());
      }
    }
    if (c_.Take(">=", false)) {
      WEIR_ASSIGN_OR_RETURN(d.minimum, c_.Int());
    }
    if (c_.Take("=", false)) {
      WEIR_ASSIGN_OR_RETURN(d.default_value, c_.Value(d.kind));
    }
    f->attr_defs.push_back(std::move(d));
    return {};
  }

  // ---- nodes

  Status ReadNode(std::vector<NodeLine>* lines) {
    NodeLine line;
    c_.Skip(true);
    line.position = c_.position();
    WEIR_ASSIGN_OR_RETURN(line.spec.name, c_.Name());
    WEIR_RETURN_IF_ERROR(c_.Expect("="));
    WEIR_ASSIGN_OR_RETURN(line.spec.op, c_.Name());
    WEIR_RETURN_IF_ERROR(ReadInputs(&line));
    if (c_.Take("{", false)) {
      c_.set_position(c_.position() - 1);
      WEIR_ASSIGN_OR_RETURN(line.spec.attrs, c_.Attrs(registry_->Find(line.spec.op)));
    }
    WEIR_RETURN_IF_ERROR(ReadTail(&line));
    c_.Skip(false);
    char next = c_.peek();
    if (next != '\0' && next != '\n' && next != '\r' && next != '#' && next != '}')
      return c_.Fail("something is left after the node");
    lines->push_back(std::move(line));
    return {};
  }

  Status ReadInputs(NodeLine* line) {
    WEIR_RETURN_IF_ERROR(c_.Expect("("));
    for (bool first = true; !c_.Take(")"); first = false) {
      if (!first) WEIR_RETURN_IF_ERROR(c_.Expect(","));
      bool control = c_.Take("^");
      WEIR_ASSIGN_OR_RETURN(std::string name, c_.Name());
      int64_t index = 0;
      if (c_.Take(":", false)) {
        WEIR_ASSIGN_OR_RETURN(index, c_.Int());
        if (control || index < 0 || index > (1 << 24)) return c_.Fail("this is no output");
      }
      if (control) {
        line->controls.push_back(std::move(name));
        continue;
      }
      if (!line->controls.empty()) return c_.Fail("data inputs come before control inputs");
      line->inputs.push_back({std::move(name), static_cast<int32_t>(index)});
    }
    return {};
  }

  // Types, device, origins, unknown fields; all on the node's line.
  Status ReadTail(NodeLine* line) {
    if (c_.Take(":", false)) {
      do {
        OutputType t;
        if (!c_.Take("?", false)) {
          WEIR_ASSIGN_OR_RETURN(t.dtype, c_.Type());
          WEIR_ASSIGN_OR_RETURN(t.shape, c_.ShapeIn('[', ']'));
        }
        line->types.push_back(std::move(t));
      } while (c_.Take(",", false));
    }
    if (c_.Take("@", false)) {
      WEIR_ASSIGN_OR_RETURN(line->spec.device, c_.Text());
    }
    if (c_.TakeWord("from", false)) {
      WEIR_RETURN_IF_ERROR(c_.Expect("["));
      while (!c_.Take("]")) {
        if (!line->spec.origins.empty()) WEIR_RETURN_IF_ERROR(c_.Expect(","));
        WEIR_ASSIGN_OR_RETURN(std::string origin, c_.Name());
        line->spec.origins.push_back(std::move(origin));
      }
    }
    if (c_.TakeWord("unknown", false)) {
      WEIR_ASSIGN_OR_RETURN(line->spec.unknown_fields, c_.Quoted());
    }
    return {};
  }

  // ---- making the graph

  Status At(const NodeLine& line, const Status& s) {
    c_.set_position(line.position);
    return Status(s).Detail(c_.Fail("this node").message().substr(std::string("error[file]: ").size()));
  }

  // Before anything else, since what a node's inputs are tells its attributes.
  Status CheckNames(const std::vector<NodeLine>& lines) {
    std::unordered_set<std::string_view> names;
    for (const NodeLine& line : lines) names.insert(line.spec.name);
    auto check = [&](const NodeLine& line, const std::string& name) -> Status {
      if (names.count(name)) return {};
      return At(line, InvalidArgument(fmt::format("error[graph]: {} '{}' reads '{:.100}', but there is no such node",
                                                  line.spec.op, line.spec.name, name)));
    };
    for (const NodeLine& line : lines) {
      for (const auto& [name, index] : line.inputs) WEIR_RETURN_IF_ERROR(check(line, name));
      for (const std::string& name : line.controls) WEIR_RETURN_IF_ERROR(check(line, name));
    }
    return {};
  }

  Status Build(const std::vector<NodeLine>& lines, Graph* g) {
    WEIR_RETURN_IF_ERROR(CheckNames(lines));
    std::vector<NodeId> ids;
    for (const NodeLine& line : lines) {
      NodeSpec spec = line.spec;
      AddImpliedAttrs(line, *g, &spec.attrs);
      auto call = by_name_.find(spec.op);
      const Function* f = call == by_name_.end() ? nullptr : call->second;
      int outputs = f ? static_cast<int>(f->rets.size()) : static_cast<int>(line.types.size());
      auto id = g->AddRaw(std::move(spec), outputs);
      if (!id.ok()) return At(line, id.status());
      if (!(*g)[*id].def()) WEIR_RETURN_IF_ERROR(SetDeclaredTypes(line, f, *id, g));
      ids.push_back(*id);
    }
    for (size_t i = 0; i < lines.size(); ++i) {
      if (Status s = Connect(lines[i], ids[i], g); !s.ok()) return At(lines[i], s);
    }
    return {};
  }

  // Of ops that no schema describes: functions' results, else what the line says.
  Status SetDeclaredTypes(const NodeLine& line, const Function* f, NodeId id, Graph* g) {
    for (size_t i = 0; i < (*g)[id].outputs().size(); ++i) {
      OutputType t = i < line.types.size() ? line.types[i] : OutputType();
      if (f && f->rets[i].type_attr.empty()) t.dtype = f->rets[i].type;
      WEIR_RETURN_IF_ERROR(g->SetOutputType(id, static_cast<int>(i), std::move(t)));
    }
    return {};
  }

  void AddImpliedAttrs(const NodeLine& line, const Graph& g, AttrMap* attrs) {
    const OpDef* def = registry_->Find(line.spec.op);
    if (!def) return;
    std::vector<DType> inputs;
    for (const auto& [name, index] : line.inputs) {
      NodeId from = g.Find(name);
      bool known = from.valid() && index < static_cast<int32_t>(g[from].outputs().size());
      inputs.push_back(known ? g.type({from, index}).dtype : DType::kInvalid);
    }
    for (auto& [name, value] : text::AttrsFromInputs(*def, *attrs, inputs)) attrs->emplace(name, std::move(value));
    if (auto value = attrs->find("value");
        line.spec.op == "Const" && value != attrs->end() && value->second.is<Tensor>()) {
      attrs->emplace("dtype", value->second.get<Tensor>()->dtype());
    }
  }

  Status Connect(const NodeLine& line, NodeId id, Graph* g) {
    std::vector<Endpoint> inputs;
    std::vector<NodeId> controls;
    for (const auto& [name, index] : line.inputs) {
      inputs.push_back({g->Find(name), index});
    }
    for (const std::string& name : line.controls) controls.push_back(g->Find(name));
    return g->SetInputs(id, std::move(inputs), std::move(controls));
  }

  Status CheckTypes(const std::vector<NodeLine>& lines, const Graph& g) {
    for (const NodeLine& line : lines) {
      const Node& n = g[g.Find(line.spec.name)];
      for (size_t i = 0; i < line.types.size(); ++i) {
        if (line.types[i].dtype == DType::kInvalid) continue;
        if (i >= n.outputs().size())
          return At(line, InvalidArgument(fmt::format("error[shape]: {} '{}' has {} outputs", n.op(), n.name(),
                                                      n.outputs().size())));
        const OutputType& have = n.outputs()[i];
        bool fits = (have.dtype == line.types[i].dtype || have.dtype == DType::kInvalid) &&
                    MergeShapes(have.shape, line.types[i].shape).ok();
        if (fits) continue;
        return At(line, InvalidArgument(fmt::format("error[shape]: {} '{}' has {} as output {}, not {}", n.op(),
                                                    n.name(), have.ToString(), i, line.types[i].ToString())));
      }
    }
    return {};
  }

  Cursor c_;
  const OpRegistry* registry_;
  ParseOptions options_;
  std::vector<FunctionBlock> functions_;
  std::map<std::string, const Function*, std::less<>> by_name_;
};

}  // namespace

Result<Graph> ParseGraph(std::string_view text, const OpRegistry* registry, const ParseOptions& options) {
  return Parser(text, registry, options).Run();
}

}  // namespace weir
