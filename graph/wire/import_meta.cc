#include "weir/graph/wire/import_meta.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "weir/graph/base/names.h"
#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/proto/model.pb.h"

namespace weir {

namespace {

VariableInfo VariableFromWire(const pb::VariableDef& def) {
  const auto& slice = def.save_slice_info_def();
  return {def.variable_name(),
          def.initializer_name(),
          def.snapshot_name(),
          def.initial_value_name(),
          def.is_resource(),
          def.trainable(),
          slice.full_name(),
          {slice.full_shape().begin(), slice.full_shape().end()},
          {slice.var_offset().begin(), slice.var_offset().end()},
          {slice.var_shape().begin(), slice.var_shape().end()}};
}

// A collection of variables; what is no VariableDef is left out.
std::vector<VariableInfo> Variables(const pb::CollectionDef& p) {
  std::vector<VariableInfo> variables;
  google::protobuf::LogSilencer silence;
  for (const std::string& bytes : p.bytes_list().value()) {
    if (pb::VariableDef def; def.ParseFromString(bytes)) variables.push_back(VariableFromWire(def));
  }
  return variables;
}

CollectionInfo CollectionFromWire(const pb::CollectionDef& p) {
  CollectionInfo c;
  c.nodes.assign(p.node_list().value().begin(), p.node_list().value().end());
  c.bytes.assign(p.bytes_list().value().begin(), p.bytes_list().value().end());
  c.ints.assign(p.int64_list().value().begin(), p.int64_list().value().end());
  c.floats.assign(p.float_list().value().begin(), p.float_list().value().end());
  return c;
}

// The variables of a SavedModel of TensorFlow 2, which has no collections: of those of its objects that the graph has.
std::vector<VariableInfo> ObjectVariables(const pb::MetaGraphDef& p, bool trainable_only) {
  std::set<std::string_view> handles;
  for (const auto& n : p.graph_def().node()) {
    if (n.op() == "VarHandleOp") handles.insert(n.name());
  }
  std::vector<VariableInfo> variables;
  for (const auto& object : p.object_graph_def().nodes()) {
    const auto& v = object.variable();
    if (!handles.count(v.name()) || (trainable_only && !v.trainable())) continue;
    variables.push_back({.name = v.name() + ":0", .is_resource = true, .trainable = v.trainable()});
  }
  return variables;
}

std::string KindOf(const pb::SavedObject& object) {
  const auto* kind = object.GetDescriptor()->FindOneofByName("kind");
  const auto* field = object.GetReflection()->GetOneofFieldDescriptor(object, kind);
  return field ? field->name() : "other";
}

ObjectsInfo ObjectsFromWire(const pb::SavedObjectGraph& p) {
  ObjectsInfo objects;
  for (const auto& object : p.nodes()) ++objects.kinds[KindOf(object)];
  if (p.nodes_size() == 0) return objects;
  for (const auto& child : p.nodes(0).children()) {
    const bool there = child.node_id() >= 0 && child.node_id() < p.nodes_size();
    objects.members[child.local_name()] = there ? KindOf(p.nodes(child.node_id())) : "missing";
  }
  return objects;
}

std::map<std::string, TensorInfo> Tensors(const google::protobuf::Map<std::string, pb::TensorInfo>& p) {
  std::map<std::string, TensorInfo> tensors;
  for (const auto& [key, info] : p) {
    auto shape = ShapeFromWire(info.tensor_shape());
    tensors[key] = {info.name(), DTypeFromWire(info.dtype()), shape.ok() ? *shape : PartialShape::Unknown()};
  }
  return tensors;
}

// Of TensorFlow 2's field, else of TensorFlow 1's collection, as TensorFlow's loader reads them.
std::map<std::string, std::string> AssetsFromWire(const pb::MetaGraphDef& p) {
  std::map<std::string, std::string> assets;
  for (const auto& a : p.asset_file_def()) assets[a.tensor_info().name()] = a.filename();
  auto it = p.collection_def().find("saved_model_assets");
  if (!assets.empty() || it == p.collection_def().end()) return assets;
  google::protobuf::LogSilencer silence;
  for (const auto& any : it->second.any_list().value()) {
    if (pb::AssetFileDef a; a.ParseFromString(any.value())) assets[a.tensor_info().name()] = a.filename();
  }
  return assets;
}

// By the signature of TensorFlow 2, else by the collections of TensorFlow 1.
std::string InitOp(const MetaGraph& m) {
  if (auto it = m.signatures.find("__saved_model_init_op"); it != m.signatures.end() && !it->second.outputs.empty()) {
    const std::string& tensor = it->second.outputs.begin()->second.name;
    return NodeNameOf(tensor);
  }
  for (const char* key : {"saved_model_main_op", "legacy_init_op"}) {
    if (auto it = m.collections.find(key); it != m.collections.end() && !it->second.nodes.empty())
      return it->second.nodes[0];
  }
  return "";
}

}  // namespace

MetaGraph MetaFromWire(const pb::MetaGraphDef& p) {
  MetaGraph m;
  m.tags.assign(p.meta_info_def().tags().begin(), p.meta_info_def().tags().end());
  m.tensorflow_version = p.meta_info_def().tensorflow_version();
  for (const auto& [key, def] : p.collection_def()) {
    const bool variables = HoldsVariables(key);
    if (variables) m.variables[key] = Variables(def);
    if (!variables || !def.has_bytes_list()) m.collections[key] = CollectionFromWire(def);
  }
  if (m.VariablesOf("variables").empty() && m.VariablesOf("trainable_variables").empty()) {
    m.variables["variables"] = ObjectVariables(p, false);
    m.variables["trainable_variables"] = ObjectVariables(p, true);
  }
  if (auto it = m.collections.find("train_op"); it != m.collections.end()) m.train_ops = it->second.nodes;
  for (const auto& [key, def] : p.signature_def())
    m.signatures[key] = {def.method_name(), Tensors(def.inputs()), Tensors(def.outputs())};
  if (p.has_saver_def()) {
    const auto& s = p.saver_def();
    m.saver = SaverInfo{s.filename_tensor_name(),
                        s.save_tensor_name(),
                        s.restore_op_name(),
                        s.max_to_keep(),
                        s.keep_checkpoint_every_n_hours(),
                        s.sharded(),
                        s.version()};
  }
  m.assets = AssetsFromWire(p);
  m.init_op = InitOp(m);
  m.objects = ObjectsFromWire(p.object_graph_def());
  return m;
}

Result<pb::MetaGraphDef*> ChooseMetaGraph(pb::SavedModel& p, const LoadOptions& options) {
  std::vector<std::string> present;
  pb::MetaGraphDef* serving = nullptr;
  std::vector<std::string> wanted = options.tags;
  std::sort(wanted.begin(), wanted.end());
  for (auto& m : *p.mutable_meta_graphs()) {
    std::vector<std::string> tags(m.meta_info_def().tags().begin(), m.meta_info_def().tags().end());
    std::sort(tags.begin(), tags.end());
    if (!wanted.empty() && tags == wanted) return &m;
    if (std::find(tags.begin(), tags.end(), "serve") != tags.end() && !serving) serving = &m;
    present.push_back(fmt::format("{}", fmt::join(tags, ",")));
  }
  if (wanted.empty() && p.meta_graphs_size() == 1) return p.mutable_meta_graphs(0);
  if (wanted.empty() && serving) return serving;
  std::string what = wanted.empty() ? "the saved model has several graphs"
                                    : fmt::format("the saved model has no graph tagged '{}'", fmt::join(wanted, ","));
  return NotFound("error[file]: " + what)
      .Detail(fmt::format("tags present: '{}'", fmt::join(present, "', '")))
      .Help("choose one by its tags");
}

}  // namespace weir
