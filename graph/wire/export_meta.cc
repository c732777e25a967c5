#include "weir/graph/wire/export_meta.h"

#include "weir/graph/base/wire/tensor_proto.h"
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
}

}  // namespace weir
