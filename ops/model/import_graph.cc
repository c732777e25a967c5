#include "weir/ops/model/import_graph.h"

#include <fmt/format.h>

#include <set>

#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/text/text.h"
#include "weir/ops/model/variables_internal.h"

namespace weir {

namespace {

using Names = std::map<std::string, std::string>;  // of functions: what they were called, what they are called

void Rename(AttrValue& v, const Names& names) {
  auto renamed = [&](FuncRef f) {
    if (auto it = names.find(f.name); it != names.end()) f.name = it->second;
    for (auto& [key, attr] : f.attrs) Rename(attr, names);
    return f;
  };
  if (const auto* f = v.get<FuncRef>()) {
    v = AttrValue(renamed(*f));
  } else if (const auto* list = v.get<AttrList>(); list && !list->func.empty()) {
    AttrList copy = *list;
    for (FuncRef& f : copy.func) f = renamed(f);
    v = AttrValue(std::move(copy));
  }
}

// A node's op and attributes under the functions' new names; whether anything changed.
bool Rename(std::string& op, AttrMap& attrs, const Names& names) {
  const std::string before = op;
  const AttrMap was = attrs;
  if (auto it = names.find(op); it != names.end()) op = it->second;
  for (auto& [key, v] : attrs) Rename(v, names);
  return op != before || attrs != was;
}

bool Calls(const Graph& body, const Names& names) {
  for (NodeId id : body.nodes()) {
    std::string op = body[id].op();
    AttrMap attrs = body[id].attrs();
    if (Rename(op, attrs, names)) return true;
  }
  return false;
}

std::string Text(const Function& f) {
  Graph only(&f.body.registry());
  only.AddFunction(f).Check();
  return PrintGraph(only, {.types = false, .locs = false});
}

class Importer {
 public:
  Importer(Builder& b, const Graph& from, const ImportOptions& options, Loc loc)
      : b_(b), g_(b.mutable_graph()), from_(from), options_(options), loc_(loc), copy_(from_, g_) {}

  Result<ImportedGraph> Run() {
    auto scope = options_.prefix.empty() ? b_.NameScope(b_.scope()) : b_.NameScope(options_.prefix);
    prefix_ = b_.scope();
    WEIR_RETURN_IF_ERROR(MapInputs());
    WEIR_RETURN_IF_ERROR(ImportFunctions());
    WEIR_RETURN_IF_ERROR(Copy());
    WEIR_RETURN_IF_ERROR(Infer());
    if (const MetaGraph* meta = from_.file_info().meta.get())
      WEIR_RETURN_IF_ERROR(AdoptQueueRunners(b_, *meta, prefix_));
    return ImportedGraph(&b_, prefix_, AddVariables());
  }

 private:
  Status MapInputs() {
    for (const auto& [name, output] : options_.input_map) {
      auto e = from_.ParseEndpoint(name);
      if (!e.ok()) {
        return Status(e.status().code(),
                      fmt::format("error[graph]: input_map has '{}': {}", name, e.status().message()))
            .Help(e.status().help());
      }
      if (!output.valid() || output.builder() != &b_)
        return InvalidArgument(
            fmt::format("error[graph]: input_map gives '{}' an output that is invalid or of another graph", name));
      if (BaseType(from_.type(*e).dtype) != BaseType(output.dtype())) {
        return InvalidArgument(
                   fmt::format("error[dtype]: input_map gives '{}', which is {}, the output '{}', which is {}", name,
                               DTypeName(from_.type(*e).dtype), output.name(), DTypeName(output.dtype())))
            .Help("convert it by Cast");
      }
      mapped_.insert(*e);
      copy_.Substitute(*e, output.endpoint());
    }
    return {};
  }

  // A function that the builder's graph has, too, is shared; another of that name makes this one, and those that call
  // it, new ones.
  Status ImportFunctions() {
    auto same = [&](const std::string& name, const std::shared_ptr<const Function>& f) {
      auto it = g_.functions().find(name);
      return it == g_.functions().end() || it->second == f || Text(*it->second) == Text(*f);
    };
    auto rename = [&](const std::string& name) {
      std::string fresh = name;
      for (int i = 1; g_.FindFunction(fresh) || from_.FindFunction(fresh); ++i) fresh = fmt::format("{}_{}", name, i);
      names_[name] = fresh;
    };
    for (const auto& [name, f] : from_.functions()) {
      if (!same(name, f)) rename(name);
    }
    for (size_t before = 0; before != names_.size();) {
      before = names_.size();
      for (const auto& [name, f] : from_.functions()) {
        const bool changes = names_.count(f->gradient) || Calls(f->body, names_);
        if (!names_.count(name) && g_.FindFunction(name) && changes) rename(name);
      }
    }
    for (const auto& [name, f] : from_.functions()) WEIR_RETURN_IF_ERROR(AddFunction(*f));
    return {};
  }

  Status AddFunction(const Function& f) {
    auto it = names_.find(f.name);
    if (it == names_.end() && g_.FindFunction(f.name)) return {};
    Function copy = f;
    if (it != names_.end()) copy.name = it->second;
    if (auto gradient = names_.find(copy.gradient); gradient != names_.end()) copy.gradient = gradient->second;
    for (NodeId id : copy.body.nodes()) {
      std::string op = copy.body[id].op();
      AttrMap attrs = copy.body[id].attrs();
      if (Rename(op, attrs, names_)) WEIR_RETURN_IF_ERROR(copy.body.SetOp(id, op, std::move(attrs)));
    }
    return g_.AddFunction(std::move(copy));
  }

  Status Copy() {
    const std::vector<NodeId> all = from_.nodes();
    auto edit = [&](const Node& n, NodeSpec& spec) { return Edit(n, spec); };
    WEIR_RETURN_IF_ERROR(copy_.AddNodes(all, edit, SubgraphCopy::Types::kDTypes));
    WEIR_RETURN_IF_ERROR(copy_.Connect());
    for (NodeId id : all) {
      added_.push_back(copy_[id]);
      for (Endpoint e : from_[id].inputs()) {
        if (mapped_.count(e)) touched_.insert(copy_[id]);
      }
    }
    return {};
  }

  Status Edit(const Node& n, NodeSpec& spec) const {
    spec.name = prefix_ + n.name();
    if (!spec.loc) spec.loc = loc_;
    if (options_.clear_devices) spec.device.clear();
    Rename(spec.op, spec.attrs, names_);
    PrefixColocation(spec.attrs);
    // Files of versions up to 21 could not tell a scalar placeholder from one of unknown shape.
    const Graph::FileInfo& info = from_.file_info();
    if (n.Is("Placeholder") && info.from_file && info.producer <= 21 && n.attr<PartialShape>("shape").rank() == 0)
      spec.attrs["shape"] = PartialShape::Unknown();
    if (!g_.Find(spec.name).valid()) return {};
    return AlreadyExists(fmt::format("error[graph]: the node '{}' cannot be imported: the graph has one of that name",
                                     spec.name))
        .Help("give the import a prefix");
  }

  void PrefixColocation(AttrMap& attrs) const {
    auto it = attrs.find("_class");
    if (it == attrs.end() || !it->second.is<AttrList>()) return;
    AttrList list = *it->second.get<AttrList>();
    for (std::string& s : list.s) {
      if (s.starts_with("loc:@")) s.insert(5, prefix_);
    }
    it->second = AttrValue(std::move(list));
  }

  // As far as it can be inferred; where a mapped input leads, it must.
  Status Infer() {
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g_));
    const std::set<NodeId> added(added_.begin(), added_.end());
    for (NodeId id : order) {
      if (!added.count(id)) continue;
      for (Endpoint e : g_[id].inputs()) {
        if (touched_.count(e.node)) touched_.insert(id);
      }
      if (!g_[id].def()) continue;
      Status s = InferNode(g_, id);
      if (!s.ok() && touched_.count(id)) return s;
    }
    return {};
  }

  std::map<std::string, Variable> AddVariables() {
    for (const std::string& name : from_.local_variables()) g_.local_variables().insert(prefix_ + name);
    AdoptVariables(b_, added_, from_.file_info().meta.get(), prefix_);
    std::map<std::string, Variable> variables;
    for (NodeId id : from_.nodes()) {
      if (IsVariable(from_[id]))
        variables.emplace(CheckpointName(from_[id]), FindVariable(b_, prefix_ + from_[id].name()));
    }
    return variables;
  }

  Builder& b_;
  Graph& g_;
  const Graph& from_;
  const ImportOptions& options_;
  Loc loc_;
  std::string prefix_;
  SubgraphCopy copy_;
  std::set<Endpoint> mapped_;  // outputs that input_map replaces
  std::vector<NodeId> added_;
  std::set<NodeId> touched_;  // nodes that a mapped input leads to
  Names names_;
};

}  // namespace

Output ImportedGraph::output(const std::string& name) const {
  return valid() ? builder_->FindOutput(prefix_ + name) : Output();
}

Operation ImportedGraph::operation(const std::string& name) const {
  if (!valid()) return {};
  NodeId id = builder_->graph().Find(prefix_ + name);
  if (!id.valid()) builder_->Fail(NotFound(fmt::format("error[graph]: no node '{}' was imported", name)));
  return id.valid() ? Operation(builder_, id) : Operation();
}

ImportedGraph ImportGraph(At g, const Graph& graph, const ImportOptions& options) {
  Builder& b = *g.builder;
  if (!b.status().ok()) return {};
  auto imported = Importer(b, graph, options, g.loc).Run();
  if (imported.ok()) return *imported;
  b.Fail(imported.status());
  return {};
}

ImportedGraph ImportMetaGraph(At g, const std::string& path, const ImportOptions& options) {
  if (!g.builder->status().ok()) return {};
  auto file = LoadGraph(path);
  if (file.ok()) return ImportGraph(g, file->graph, options);
  g.builder->Fail(file.status());
  return {};
}

}  // namespace weir
