// The messages of checkpoints: see messages.h. Compiled into libweir_deps.so.
#include "weir/runtime/io/messages.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <snappy.h>

#include <algorithm>
#include <climits>
#include <set>

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/proto/example.pb.h"
#include "weir/proto/model.pb.h"
#include "weir/proto/summary.pb.h"
#include "weir/runtime/io/parse_message.h"

namespace weir::io {

Status ParseMessage(std::string_view bytes, const char* what, google::protobuf::MessageLite* message) {
  google::protobuf::LogSilencer silence;
  if (message->ParseFromArray(bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)))) return {};
  return DataLoss(fmt::format("error[file]: {} bytes are no {}", bytes.size(), what));
}

namespace {

struct FirstError : google::protobuf::io::ErrorCollector {
  std::string text;
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
};

SliceSpec SliceFromWire(const pb::TensorSliceProto& p) {
  SliceSpec slice;
  for (const auto& x : p.extent()) {
    const bool all = x.has_length_case() == pb::TensorSliceProto::Extent::HAS_LENGTH_NOT_SET;
    slice.start.push_back(x.start());
    slice.length.push_back(all ? -1 : x.length());
  }
  return slice;
}

void SliceToWire(const SliceSpec& slice, pb::TensorSliceProto* p) {
  for (size_t a = 0; a < slice.start.size(); ++a) {
    auto* x = p->add_extent();
    x->set_start(slice.start[a]);
    if (slice.length[a] >= 0) x->set_length(slice.length[a]);
  }
}

// What an index's entry and a V1 file's tensor both tell.
Result<BundleEntry> EntryOf(int dtype, const pb::TensorShapeProto& dims, const auto& slices) {
  BundleEntry e{.dtype = DTypeFromWire(dtype)};
  if (e.dtype == DType::kInvalid || IsRef(e.dtype)) return DataLoss(fmt::format("has no valid dtype ({})", dtype));
  auto partial = ShapeFromWire(dims);
  auto shape = partial.ok() ? partial->ToShape() : std::nullopt;
  if (!shape) return DataLoss("has an impossible shape");
  e.shape = *shape;
  for (const pb::TensorSliceProto& s : slices) {
    e.slices.push_back(SliceFromWire(s));
    if (!e.slices.back().Within(e.shape).ok()) return DataLoss("has a part outside its shape");
  }
  return e;
}

Result<BundleEntry> ParseEntry(const std::string& bytes) {
  google::protobuf::LogSilencer silence;
  pb::BundleEntryProto p;
  if (!p.ParseFromString(bytes)) return DataLoss("is malformed");
  WEIR_ASSIGN_OR_RETURN(BundleEntry e, EntryOf(p.dtype(), p.shape(), p.slices()));
  e.shard = p.shard_id(), e.offset = p.offset(), e.size = p.size(), e.crc = p.crc32c();
  return e;
}

std::string EntryBytes(const BundleEntry& e) {
  pb::BundleEntryProto p;
  p.set_dtype(static_cast<pb::DataType>(e.dtype));
  ShapeToWire(e.shape, p.mutable_shape());
  p.set_shard_id(e.shard), p.set_offset(e.offset), p.set_size(e.size), p.set_crc32c(e.crc);
  for (const SliceSpec& s : e.slices) SliceToWire(s, p.add_slices());
  return p.SerializeAsString();
}

Result<std::map<std::string, BundleEntry>> ParseV1Tensors(const std::string& bytes) {
  google::protobuf::LogSilencer silence;
  pb::SavedTensorSlices p;
  if (!p.ParseFromString(bytes) || !p.has_meta()) return DataLoss("its header is malformed");
  std::map<std::string, BundleEntry> tensors;
  for (const pb::SavedSliceMeta& t : p.meta().tensor()) {
    auto e = EntryOf(t.type(), t.shape(), t.slice());
    if (!e.ok()) return DataLoss(fmt::format("tensor '{:.200}' {}", t.name(), e.status().message()));
    if (!tensors.emplace(t.name(), *std::move(e)).second)
      return DataLoss(fmt::format("tensor '{:.200}' is there twice", t.name()));
  }
  return tensors;
}

std::string V1TensorsBytes(const std::map<std::string, BundleEntry>& tensors) {
  pb::SavedTensorSlices p;
  for (const auto& [name, e] : tensors) {
    pb::SavedSliceMeta* t = p.mutable_meta()->add_tensor();
    t->set_name(name), t->set_type(static_cast<pb::DataType>(e.dtype));
    ShapeToWire(e.shape, t->mutable_shape());
    for (const SliceSpec& s : e.slices) SliceToWire(s, t->add_slice());
  }
  p.mutable_meta()->mutable_versions()->set_producer(1);
  return p.SerializeAsString();
}

Result<Tensor> ParseV1Slice(const std::string& bytes, DType dtype, const Shape& shape) {
  google::protobuf::LogSilencer silence;
  pb::SavedTensorSlices p;
  if (!p.ParseFromString(bytes)) return DataLoss("is malformed");
  pb::TensorProto& t = *p.mutable_data()->mutable_data();
  t.set_dtype(static_cast<pb::DataType>(dtype));
  ShapeToWire(shape, t.mutable_tensor_shape());
  // Why counted here: a tensor of a graph may list fewer, whose last one is repeated.
  const int64_t listed = int64_t{t.float_val_size()} + t.double_val_size() + t.int_val_size() + t.string_val_size() +
                         t.int64_val_size() + t.bool_val_size() + t.half_val_size() + t.uint32_val_size() +
                         t.uint64_val_size() + t.scomplex_val_size() / 2 + t.dcomplex_val_size() / 2;
  if (t.tensor_content().empty() && listed != shape.num_elements())
    return DataLoss(fmt::format("has {} elements where {} needs {}", listed, shape.ToString(), shape.num_elements()));
  return TensorFromWire(t);
}

std::string V1SliceBytes(const std::string& name, const SliceSpec& slice, const Tensor& t) {
  pb::SavedTensorSlices p;
  p.mutable_data()->set_name(name);
  SliceToWire(slice, p.mutable_data()->mutable_slice());
  ValuesToWire(t, t.num_elements(), p.mutable_data()->mutable_data());
  return p.SerializeAsString();
}

Result<std::map<std::string, std::string>> ParseObjectNames(const std::string& bytes) {
  pb::TrackableObjectGraph p;
  WEIR_RETURN_IF_ERROR(ParseMessage(bytes, "graph of objects", &p));
  std::map<std::string, std::string> names;
  for (const auto& node : p.nodes()) {
    for (const auto& a : node.attributes()) {
      if (!a.full_name().empty()) names.emplace(a.full_name(), a.checkpoint_key());
    }
  }
  return names;
}

Result<BundleHeader> ParseHeader(const std::string& bytes) {
  google::protobuf::LogSilencer silence;
  pb::BundleHeaderProto p;
  if (!p.ParseFromString(bytes)) return DataLoss("its header is malformed");
  return BundleHeader{p.num_shards(), p.endianness() == pb::BundleHeaderProto::LITTLE, p.version().min_consumer()};
}

std::string HeaderBytes(int num_shards) {
  pb::BundleHeaderProto header;
  header.set_num_shards(num_shards);
  header.mutable_version()->set_producer(1);
  return header.SerializeAsString();
}

Result<CheckpointState> ParseState(const std::string& text) {
  pb::CheckpointState p;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(100);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, &p)) return DataLoss(error.text);
  CheckpointState state;
  state.paths.assign(p.all_model_checkpoint_paths().begin(), p.all_model_checkpoint_paths().end());
  state.timestamps.assign(p.all_model_checkpoint_timestamps().begin(), p.all_model_checkpoint_timestamps().end());
  if (state.timestamps.size() != state.paths.size()) state.timestamps.clear();
  state.latest = p.model_checkpoint_path();
  state.last_preserved = p.last_preserved_timestamp();
  return state;
}

Result<std::string> StateText(const CheckpointState& state) {
  pb::CheckpointState p;
  p.set_model_checkpoint_path(state.latest);
  for (const std::string& path : state.paths) p.add_all_model_checkpoint_paths(path);
  for (double t : state.timestamps) p.add_all_model_checkpoint_timestamps(t);
  p.set_last_preserved_timestamp(state.last_preserved);
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(p, &text))
    return Internal("error[file]: the checkpoint state cannot be printed");
  return text;
}

bool Uncompress(std::string_view bytes, size_t limit, std::string* out) {
  size_t length = 0;
  bool sound = snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length) && length <= limit &&
               length / 64 <= bytes.size();
  if (!sound) return false;
  out->resize(length);
  return snappy::RawUncompress(bytes.data(), bytes.size(), out->data());
}

void WriteTensor(const Tensor& t, pb::TensorProto* p) {
  p->set_dtype(static_cast<pb::DataType>(t.dtype()));
  ShapeToWire(t.shape(), p->mutable_tensor_shape());
  if (t.dtype() != kString) {
    p->set_tensor_content(t.raw(), t.bytes());
    return;
  }
  for (int64_t i = 0; i < t.num_elements(); ++i) p->add_string_val(t.data<std::string>()[i]);
}

std::string TensorProtoBytes(const Tensor& t) {
  pb::TensorProto p;
  WriteTensor(t, &p);
  return p.SerializeAsString();
}

Result<Tensor> ParseTensorProto(std::string_view bytes) {
  google::protobuf::LogSilencer silence;
  pb::TensorProto p;
  if (bytes.size() > INT_MAX || !p.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return InvalidArgument(fmt::format("is given {} bytes that are no TensorProto", bytes.size()));
  return TensorFromWire(p);
}

void WriteHistogram(const HistogramCounts& h, pb::HistogramProto* p) {
  p->set_min(h.min), p->set_max(h.max), p->set_num(h.count), p->set_sum(h.sum), p->set_sum_squares(h.sum_squares);
  for (auto [limit, count] : h.buckets) p->add_bucket_limit(limit), p->add_bucket(count);
}

void WriteImage(const SummaryImage& image, pb::Summary::Image* p) {
  p->set_height(image.height), p->set_width(image.width), p->set_colorspace(image.channels);
  p->set_encoded_image_string(image.png);
}

void WriteAudio(const SummaryAudio& audio, pb::Summary::Audio* p) {
  p->set_sample_rate(audio.sample_rate), p->set_num_channels(audio.channels), p->set_length_frames(audio.frames);
  p->set_encoded_audio_string(audio.wav);
  p->set_content_type("audio/wav");
}

Result<std::string> WriteSummary(const std::vector<SummaryValue>& values) {
  google::protobuf::LogSilencer silence;
  pb::Summary all;
  for (const SummaryValue& v : values) {
    pb::Summary::Value* p = all.add_value();
    p->set_tag(v.tag), p->set_node_name(v.node);
    if (v.metadata && !p->mutable_metadata()->ParseFromString(*v.metadata))
      return InvalidArgument("was given metadata that are no SummaryMetadata");
    if (const auto* number = std::get_if<float>(&v.value)) p->set_simple_value(*number);
    if (const auto* histogram = std::get_if<HistogramCounts>(&v.value)) WriteHistogram(*histogram, p->mutable_histo());
    if (const auto* tensor = std::get_if<Tensor>(&v.value)) WriteTensor(*tensor, p->mutable_tensor());
    if (const auto* image = std::get_if<SummaryImage>(&v.value)) WriteImage(*image, p->mutable_image());
    if (const auto* audio = std::get_if<SummaryAudio>(&v.value)) WriteAudio(*audio, p->mutable_audio());
  }
  return all.SerializeAsString();
}

Result<std::string> JoinSummaries(std::span<const std::string> summaries) {
  google::protobuf::LogSilencer silence;
  pb::Summary all;
  std::set<std::string> tags;
  for (const std::string& bytes : summaries) {
    pb::Summary one;
    if (!one.ParseFromString(bytes)) return InvalidArgument("was given a string that is no summary");
    for (pb::Summary::Value& v : *one.mutable_value()) {
      if (!v.tag().empty() && !tags.insert(v.tag()).second)
        return InvalidArgument(fmt::format("has the tag '{:.100}' twice", v.tag()));
      all.add_value()->Swap(&v);
    }
  }
  return all.SerializeAsString();
}

// ---- examples

void WriteFeature(const Feature& feature, pb::Feature* p) {
  if (const auto* strings = std::get_if<std::vector<std::string>>(&feature)) {
    auto* list = p->mutable_bytes_list();
    for (const std::string& s : *strings) list->add_value(s);
  }
  if (const auto* floats = std::get_if<std::vector<float>>(&feature))
    p->mutable_float_list()->mutable_value()->Add(floats->begin(), floats->end());
  if (const auto* ints = std::get_if<std::vector<int64_t>>(&feature))
    p->mutable_int64_list()->mutable_value()->Add(ints->begin(), ints->end());
}

Feature ReadFeature(const pb::Feature& p) {
  if (p.has_float_list())
    return std::vector<float>(p.float_list().value().begin(), p.float_list().value().end());
  if (p.has_int64_list())
    return std::vector<int64_t>(p.int64_list().value().begin(), p.int64_list().value().end());
  if (p.has_bytes_list())
    return std::vector<std::string>(p.bytes_list().value().begin(), p.bytes_list().value().end());
  return {};
}

std::map<std::string, Feature> ReadFeatures(const pb::Features& p) {
  std::map<std::string, Feature> features;
  for (const auto& [name, feature] : p.feature()) features.emplace(name, ReadFeature(feature));
  return features;
}

void WriteFeatures(const std::map<std::string, Feature>& features, pb::Features* p) {
  for (const auto& [name, feature] : features) WriteFeature(feature, &(*p->mutable_feature())[name]);
}

// Maps in the order of their keys, so that the same features give the same bytes.
std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string ExampleBytes(const Example& example) {
  pb::Example p;
  WriteFeatures(example.features, p.mutable_features());
  return Bytes(p);
}

std::string SequenceExampleBytes(const SequenceExample& example) {
  pb::SequenceExample p;
  WriteFeatures(example.context, p.mutable_context());
  for (const auto& [name, list] : example.feature_lists) {
    auto& to = (*p.mutable_feature_lists()->mutable_feature_list())[name];
    for (const Feature& feature : list) WriteFeature(feature, to.add_feature());
  }
  return Bytes(p);
}

Result<Example> ParseExample(std::string_view bytes) {
  pb::Example p;
  WEIR_RETURN_IF_ERROR(ParseMessage(bytes, "Example", &p));
  return Example{ReadFeatures(p.features())};
}

Result<SequenceExample> ParseSequenceExample(std::string_view bytes) {
  pb::SequenceExample p;
  WEIR_RETURN_IF_ERROR(ParseMessage(bytes, "SequenceExample", &p));
  SequenceExample example{ReadFeatures(p.context()), {}};
  for (const auto& [name, list] : p.feature_lists().feature_list()) {
    auto& to = example.feature_lists[name];
    for (const auto& feature : list.feature()) to.push_back(ReadFeature(feature));
  }
  return example;
}

}  // namespace

WEIR_DEPS_TABLE(Messages, weir_io_messages) = {
    &ParseEntry,       &EntryBytes,    &ParseHeader,  &HeaderBytes,       &ParseV1Tensors,       &V1TensorsBytes,
    &ParseV1Slice,     &V1SliceBytes,  &ParseObjectNames, &ParseState,    &StateText,            &WriteSummary,
    &JoinSummaries,    &TensorProtoBytes, &ParseTensorProto, &ExampleBytes,         &ParseExample,
    &SequenceExampleBytes, &ParseSequenceExample, &ExampleOfJson, &Uncompress};

}  // namespace weir::io
