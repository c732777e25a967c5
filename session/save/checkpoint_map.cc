#include "weir/session/save/checkpoint_map.h"

#include <fmt/format.h>

#include <set>

#include "weir/graph/base/names.h"
#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/pass.h"
#include "weir/graph/verify.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

constexpr char kNamesHelp[] = "tell a Saver the checkpoint's names of the variables, in SaverOptions::names";

// What runs when `root`, a graph's restore op, does, with functions inlined and references made handles: reading a
// checkpoint and AssignVariableOp are all that is left to understand.
Result<Graph> RestoringPart(const Graph& g, NodeId root) {
  Graph part = g;
  PassContext context;
  auto lower = [&]() -> Status {
    WEIR_RETURN_IF_ERROR(part.Retain(NeededBy(g, {root})));
    WEIR_RETURN_IF_ERROR(Verify(part));  // a file's graph has not been, and the passes rely on it
    WEIR_RETURN_IF_ERROR(InlineCalls(part, context).status());
    WEIR_RETURN_IF_ERROR(LowerReferences(part, context).status());
    InferBestEffort(part);  // which variable a handle is; what it is not known of is refused below
    return {};
  };
  Status s = lower();
  if (s.ok()) return part;
  if (s.help().empty()) s = std::move(s).Help(kNamesHelp);
  return std::move(s).Detail(fmt::format("it belongs to what '{}' runs, by which the graph restores its variables",
                                         g[root].name()));
}

// What `assign` restores. Errors go on after its name.
Result<SavedVariable> RestoredBy(const Graph& g, const Node& assign) {
  SavedVariable v;
  const OutputType& handle = g.type(assign.input(0));
  if (!handle.resource) return Unimplemented("restores what is no variable of the graph");
  v.variable = handle.resource->name, v.type = {.dtype = handle.handle_dtype, .shape = handle.handle_shape};
  Endpoint value = assign.input(1);
  // By name, as all below: what else may stand between would change the value.
  for (; g[value.node].Is("Identity") || g[value.node].Is("Reshape"); value = g[value.node].input(0)) {
    v.reshape |= g[value.node].Is("Reshape");
  }
  const Node& restore = g[value.node];
  if (!ReadsCheckpoint(restore)) {
    return Unimplemented(fmt::format("restores '{}' by {} '{}', and Weir cannot tell which tensor of a checkpoint that "
                                     "is",
                                     v.variable, restore.op(), restore.name()));
  }
  auto text = [&](int input) -> const std::string* {
    const Tensor* t = ConstantValue(g, restore.input(input));
    if (!t || t->dtype() != kString || t->num_elements() <= value.index) return nullptr;
    return &t->span<std::string>()[value.index];
  };
  const bool sliced = restore.inputs().size() > 2;
  const std::string *key = text(1), *spec = sliced ? text(2) : nullptr;
  if (!key || key->empty() || (sliced && !spec)) {
    return Unimplemented(fmt::format("restores '{}' by {} '{}', whose names or slices are no constants", v.variable,
                                     restore.op(), restore.name()));
  }
  WEIR_ASSIGN_OR_RETURN(v.slice, io::SliceSpec::Parse(spec ? *spec : "", &v.full));
  v.key = *key;
  return v;
}

// The restore op of the graph's MetaGraph; invalid where there is none.
NodeId RestoreOp(const Graph& g) {
  const MetaGraph* meta = g.file_info().meta.get();
  return meta && meta->saver ? g.Find(NodeNameOf(meta->saver->restore_op)) : NodeId();
}

Result<std::vector<SavedVariable>> ByRestoreOp(const Graph& g) {
  std::vector<SavedVariable> all;
  const NodeId root = RestoreOp(g);
  if (!root.valid()) return all;
  WEIR_ASSIGN_OR_RETURN(Graph part, RestoringPart(g, root));
  for (NodeId id : part.nodes()) {
    if (!part[id].Is("AssignVariableOp")) continue;
    auto v = RestoredBy(part, part[id]);
    if (!v.ok()) {
      NodeId own = g.Find(part[id].name());  // before it was lowered
      return NodeError(own.valid() ? g[own] : part[id], "file", v.status()).Help(kNamesHelp);
    }
    all.push_back(*std::move(v));
  }
  return all;
}

// Makes it the part of a partitioned variable that the meta graph says it is.
void SetSlice(const VariableInfo& info, SavedVariable* v) {
  auto full = Shape::Make(info.full_shape);
  io::SliceSpec slice{info.offset, info.part_shape};
  if (info.full_name.empty() || !full.ok() || !slice.Within(*full).ok()) return;
  v->key = info.full_name, v->full = *full, v->slice = std::move(slice);
}

Result<Tensor> ReadVariable(const io::BundleReader& reader, const SavedVariable& v, const std::string& key) {
  bool whole = v.slice.start.empty() || key != v.key;
  WEIR_ASSIGN_OR_RETURN(Tensor t, whole ? reader.Read(key) : reader.ReadSlice(key, v.slice));
  auto shape = v.type.shape.ToShape();
  if (v.reshape && shape && shape->num_elements() == t.num_elements()) { WEIR_ASSIGN_OR_RETURN(t, t.Reshaped(*shape)); }
  return t;
}

Status CheckFits(const io::BundleReader& reader, const SavedVariable& v, const std::string& key, const Tensor& t) {
  if (t.dtype() == v.type.dtype && v.type.shape.Admits(t.shape())) return {};
  return InvalidArgument(
      fmt::format("error[file]: the graph's variable '{}' is {}, but '{}' of the checkpoint '{}' is {}{}", v.variable,
                  v.type.ToString(), key, reader.prefix(), DTypeShortName(t.dtype()), t.shape().ToString()));
}

// The tensor that holds a variable; "" when there is none.
std::string KeyOf(const io::BundleReader& reader, const SavedVariable& v,
                  const std::map<std::string, std::string>& object_names) {
  if (reader.Find(v.key)) return v.key;
  if (!v.slice.start.empty() && reader.Find(v.variable)) return v.variable;
  auto it = object_names.find(v.key);
  return it != object_names.end() && reader.Find(it->second) ? it->second : "";
}

}  // namespace

std::vector<std::string> SavedTables(const Graph& g) {
  std::vector<std::string> tables;
  const NodeId root = RestoreOp(g);
  if (!root.valid()) return tables;
  auto part = RestoringPart(g, root);
  if (!part.ok()) return tables;  // which CheckpointMap tells of
  for (NodeId id : part->nodes()) {
    const Node& n = (*part)[id];
    if (!n.Is("LookupTableImportV2")) continue;
    const auto& table = part->type(n.input(0)).resource;
    tables.push_back(table ? table->name : part->node(n.input(0).node).name());
  }
  return tables;
}

std::vector<SavedVariable> VariablesByName(const Graph& g) {
  std::map<std::string, const VariableInfo*> infos;
  if (const MetaGraph* meta = g.file_info().meta.get()) {
    for (const auto& [key, list] : meta->variables) {
      for (const VariableInfo& v : list) infos[NodeNameOf(v.name)] = &v;
    }
  }
  std::vector<SavedVariable> all;
  std::set<std::string> seen;
  for (NodeId id : g.nodes()) {
    if (!IsVariable(g[id])) continue;
    std::string name = CheckpointName(g[id]);
    if (!seen.insert(name).second) continue;
    SavedVariable v{.key = name, .variable = name, .type = VariableType(g[id])};
    if (auto it = infos.find(g[id].name()); it != infos.end()) SetSlice(*it->second, &v);
    all.push_back(std::move(v));
  }
  return all;
}

Result<std::vector<SavedVariable>> CheckpointMap(const Graph& g) {
  WEIR_ASSIGN_OR_RETURN(std::vector<SavedVariable> all, ByRestoreOp(g));
  std::set<std::string> listed;
  for (const SavedVariable& v : all) listed.insert(v.variable);
  std::set<std::string> local;
  for (NodeId id : g.nodes()) {
    if (IsVariable(g[id]) && g.local_variables().count(g[id].name())) local.insert(CheckpointName(g[id]));
  }
  bool by_op = !all.empty();
  for (SavedVariable& v : VariablesByName(g)) {
    if (local.count(v.variable) || listed.count(v.variable)) continue;
    v.required = !by_op;
    all.push_back(std::move(v));
  }
  return all;
}

Result<ReadValues> ReadVariables(const io::BundleReader& reader, const std::vector<SavedVariable>& variables) {
  ReadValues read;
  WEIR_ASSIGN_OR_RETURN(const auto object_names, reader.ObjectNames());
  for (size_t i = 0; i < variables.size(); ++i) {
    const std::string key = KeyOf(reader, variables[i], object_names);
    if (key.empty()) {
      read.missing.push_back(i);
      continue;
    }
    read.keys.insert(key);
    WEIR_ASSIGN_OR_RETURN(Tensor t, ReadVariable(reader, variables[i], key));
    if (Status s = CheckFits(reader, variables[i], key, t); !s.ok()) read.other.emplace_back(i, std::move(s));
    else read.values.emplace_back(i, std::move(t));
  }
  return read;
}

Status AddVariable(const SavedVariable& v, const Tensor& value, io::BundleWriter* writer) {
  return v.slice.start.empty() ? writer->Add(v.key, value) : writer->AddSlice(v.key, v.full, v.slice, value);
}

}  // namespace weir
