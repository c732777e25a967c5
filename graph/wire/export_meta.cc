#include "weir/graph/wire/export_meta.h"

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/graph/wire/import_meta.h"
#include "weir/proto/model.pb.h"

namespace weir {

namespace {

pb::VariableDef VariableToWire(const VariableInfo& v) {
  pb::VariableDef p;
  p.set_variable_name(v.name);
  p.set_initializer_name(v.initializer);
  p.set_snapshot_name(v.snapshot);
  p.set_initial_value_name(v.initial_value);
  p.set_is_resource(v.is_resource);
  p.set_trainable(v.trainable);
  if (v.full_name.empty()) return p;
  auto& slice = *p.mutable_save_slice_info_def();
  slice.set_full_name(v.full_name);
  slice.mutable_full_shape()->Assign(v.full_shape.begin(), v.full_shape.end());
  slice.mutable_var_offset()->Assign(v.offset.begin(), v.offset.end());
  slice.mutable_var_shape()->Assign(v.part_shape.begin(), v.part_shape.end());
  return p;
}

// A list has one kind: names of nodes where there are any.
void CollectionToWire(const CollectionInfo& c, pb::CollectionDef* p) {
  if (!c.nodes.empty()) {
    p->mutable_node_list()->mutable_value()->Assign(c.nodes.begin(), c.nodes.end());
  } else if (!c.bytes.empty()) {
    p->mutable_bytes_list()->mutable_value()->Assign(c.bytes.begin(), c.bytes.end());
  } else if (!c.ints.empty()) {
    p->mutable_int64_list()->mutable_value()->Assign(c.ints.begin(), c.ints.end());
  } else {
    p->mutable_float_list()->mutable_value()->Assign(c.floats.begin(), c.floats.end());
  }
}

bool Empty(const CollectionInfo& c) { return c.nodes.empty() && c.bytes.empty() && c.ints.empty() && c.floats.empty(); }

void TensorsToWire(const std::map<std::string, TensorInfo>& tensors,
                   google::protobuf::Map<std::string, pb::TensorInfo>* p) {
  for (const auto& [key, t] : tensors) {
    pb::TensorInfo& info = (*p)[key];
    info.set_name(t.name);
    info.set_dtype(static_cast<pb::DataType>(t.dtype));
    ShapeToWire(t.shape, info.mutable_tensor_shape());
  }
}

void SaverToWire(const SaverInfo& s, pb::SaverDef* p) {
  p->set_filename_tensor_name(s.filename_tensor);
  p->set_save_tensor_name(s.save_tensor);
  p->set_restore_op_name(s.restore_op);
  p->set_max_to_keep(s.max_to_keep);
  p->set_keep_checkpoint_every_n_hours(s.keep_checkpoint_every_n_hours);
  p->set_sharded(s.sharded);
  p->set_version(static_cast<pb::SaverDef::CheckpointFormatVersion>(s.version));
}

}  // namespace

namespace {

template <class Map>
bool SameAt(const Map& a, const Map& b, const std::string& key) {
  auto i = a.find(key), j = b.find(key);
  return i != a.end() && j != b.end() && i->second == j->second;
}

// A collection that the file had and that is still the same; one that Weir reads nothing of is.
bool SameCollection(const MetaGraph& m, const MetaGraph& was, const std::string& key) {
  if (key == "saved_model_assets") return m.assets == was.assets;
  if (HoldsVariables(key) && m.VariablesOf(key) != was.VariablesOf(key)) return false;
  return !was.collections.count(key) || SameAt(m.collections, was.collections, key);
}

// Puts the file's messages, which may say more, in the place of those that still say the same, and adds what else the
// file had.
void KeepFields(const MetaGraph& m, pb::MetaGraphDef& kept, pb::MetaGraphDef* p) {
  const MetaGraph was = MetaFromWire(kept);
  for (const auto& [key, def] : kept.collection_def()) {
    if (SameCollection(m, was, key)) (*p->mutable_collection_def())[key] = def;
  }
  for (const auto& [key, def] : kept.signature_def()) {
    if (SameAt(m.signatures, was.signatures, key)) (*p->mutable_signature_def())[key] = def;
  }
  if (m.saver == was.saver && m.saver) *p->mutable_saver_def() = kept.saver_def();
  if (m.assets == was.assets) *p->mutable_asset_file_def() = kept.asset_file_def();
  // Where objects tell of these, TensorFlow 2 has no such collections, and TensorFlow 1 wants more of them.
  for (const char* key : {"variables", "trainable_variables", "saved_model_assets"}) {
    if (kept.has_object_graph_def() && !kept.collection_def().count(key)) p->mutable_collection_def()->erase(key);
  }
  p->mutable_meta_info_def()->Swap(kept.mutable_meta_info_def());
  p->mutable_meta_info_def()->mutable_tags()->Assign(m.tags.begin(), m.tags.end());
  p->mutable_meta_info_def()->set_tensorflow_version(m.tensorflow_version);
  kept.clear_meta_info_def(), kept.clear_collection_def(), kept.clear_signature_def(), kept.clear_saver_def();
  kept.clear_asset_file_def(), kept.clear_graph_def();
  p->MergeFrom(kept);
}

}  // namespace

void MetaToWire(const MetaGraph& m, pb::MetaGraphDef* p) {
  auto& info = *p->mutable_meta_info_def();
  for (const std::string& tag : m.tags) info.add_tags(tag);
  info.set_tensorflow_version(m.tensorflow_version);
  for (const auto& [key, variables] : m.variables) {
    if (variables.empty()) continue;
    auto& list = *(*p->mutable_collection_def())[key].mutable_bytes_list();
    for (const VariableInfo& v : variables) list.add_value(VariableToWire(v).SerializeAsString());
  }
  for (const auto& [key, c] : m.collections) {
    if (!Empty(c)) CollectionToWire(c, &(*p->mutable_collection_def())[key]);
  }
  for (const auto& [key, s] : m.signatures) {
    pb::SignatureDef& signature = (*p->mutable_signature_def())[key];
    signature.set_method_name(s.method_name);
    TensorsToWire(s.inputs, signature.mutable_inputs());
    TensorsToWire(s.outputs, signature.mutable_outputs());
  }
  if (m.saver) SaverToWire(*m.saver, p->mutable_saver_def());
  for (const auto& [tensor, file] : m.assets) {
    auto& asset = *p->add_asset_file_def();
    asset.mutable_tensor_info()->set_name(tensor);
    asset.set_filename(file);
    // Where TensorFlow's Python looks for them.
    auto& any = *(*p->mutable_collection_def())["saved_model_assets"].mutable_any_list()->add_value();
    any.set_type_url("type.googleapis.com/tensorflow.AssetFileDef");
    *any.mutable_value() = asset.SerializeAsString();
  }
  pb::MetaGraphDef kept;
  if (!m.file_fields.empty() && kept.ParseFromString(m.file_fields)) KeepFields(m, kept, p);
}

}  // namespace weir
