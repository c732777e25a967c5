#include "weir/session/save/checkpoint_map.h"

#include <fmt/format.h>

#include <set>

#include "weir/graph/import.h"
#include "weir/graph/pass.h"
#include "weir/ops/model/variables.h"

namespace weir {

namespace {

// The restore op's part of the graph with functions inlined and references made handles: RestoreV2 and AssignVariableOp
// are all that is left to understand. Null when it holds what Weir cannot make sense of.
std::optional<Graph> RestoringPart(const Graph& g, const SaverInfo& saver) {
  NodeId root = g.Find(saver.restore_op.substr(0, saver.restore_op.rfind(':')));
  if (!root.valid()) return std::nullopt;
  Graph part = g;
  PassContext context;
  if (!part.Retain(NeededBy(g, {root})).ok() || !InlineCalls(part, context).ok() ||
      !LowerReferences(part, context).ok())
    return std::nullopt;
  return part;
}

// What `assign` restores; key "" when it restores nothing.
SavedVariable RestoredBy(const Graph& g, const Node& assign) {
  SavedVariable v;
  NodeId variable = VariableBehind(g, assign.input(0));
  if (!variable.valid()) return {};
  v.variable = CheckpointName(g[variable]), v.type = VariableType(g[variable]);
  Endpoint value = assign.input(1);
  for (; g[value.node].Is("Identity") || g[value.node].Is("Reshape"); value = g[value.node].input(0)) {
    v.reshape |= g[value.node].Is("Reshape");
  }
  const Node& restore = g[value.node];
  if (!restore.Is("RestoreV2") || restore.inputs().size() != 3) return {};
  const Tensor* names = ConstantValue(g, restore.input(1));
  const Tensor* slices = ConstantValue(g, restore.input(2));
  auto has = [&](const Tensor* t) { return t && t->dtype() == kString && t->num_elements() > value.index; };
  if (!has(names) || !has(slices)) return {};
  auto slice = io::SliceSpec::Parse(slices->span<std::string>()[value.index], &v.full);
  if (!slice.ok()) return {};
  v.slice = std::move(*slice);
  v.key = names->span<std::string>()[value.index];
  return v;
}

std::vector<SavedVariable> ByRestoreOp(const Graph& g) {
  std::vector<SavedVariable> all;
  const MetaGraph* meta = g.file_info().meta.get();
  if (!meta || !meta->saver) return all;
  auto part = RestoringPart(g, *meta->saver);
  if (!part) return all;
  for (NodeId id : part->nodes()) {
    const Node& n = (*part)[id];
    if (!n.Is("AssignVariableOp") || n.inputs().size() != 2) continue;
    SavedVariable v = RestoredBy(*part, n);
    if (!v.key.empty()) all.push_back(std::move(v));
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
  if (t.dtype() == v.type.dtype && v.type.shape.Admits(t.shape())) return t;
  return InvalidArgument(
      fmt::format("error[file]: the graph's variable '{}' is {}, but '{}' of the checkpoint '{}' is {}{}", v.variable,
                  v.type.ToString(), key, reader.prefix(), DTypeShortName(t.dtype()), t.shape().ToString()));
}

}  // namespace

std::vector<SavedVariable> VariablesByName(const Graph& g) {
  std::map<std::string, const VariableInfo*> infos;
  if (const MetaGraph* meta = g.file_info().meta.get()) {
    for (const auto& [key, list] : meta->variables) {
      for (const VariableInfo& v : list) infos[v.name.substr(0, v.name.rfind(':'))] = &v;
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

std::vector<SavedVariable> CheckpointMap(const Graph& g) {
  std::vector<SavedVariable> all = ByRestoreOp(g);
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

Result<std::vector<std::pair<std::string, Tensor>>> ReadVariables(const io::BundleReader& reader,
                                                                  const std::vector<SavedVariable>& variables,
                                                                  std::vector<size_t>* missing) {
  std::vector<std::pair<std::string, Tensor>> values;
  for (size_t i = 0; i < variables.size(); ++i) {
    const SavedVariable& v = variables[i];
    // A part may have been saved as a variable of its own.
    bool alone = !v.slice.start.empty() && !reader.Find(v.key) && reader.Find(v.variable);
    const std::string& key = alone ? v.variable : v.key;
    if (!reader.Find(key)) {
      missing->push_back(i);
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(Tensor t, ReadVariable(reader, v, key));
    values.emplace_back(v.variable, std::move(t));
  }
  return values;
}

}  // namespace weir
