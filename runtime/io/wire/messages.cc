// The messages of checkpoints: see messages.h. Compiled into libweir_deps.so.
#include "weir/runtime/io/messages.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <png.h>
#include <snappy.h>

#include <algorithm>
#include <climits>
#include <set>

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

Result<BundleEntry> ParseEntry(const std::string& bytes) {
  google::protobuf::LogSilencer silence;
  pb::BundleEntryProto p;
  if (!p.ParseFromString(bytes)) return DataLoss("is malformed");
  BundleEntry e;
  if (p.dtype() <= 0 || p.dtype() > 100)
    return DataLoss(fmt::format("has no valid dtype ({})", static_cast<int>(p.dtype())));
  e.dtype = static_cast<DType>(p.dtype());
  Dims dims;
  for (const auto& d : p.shape().dim()) dims.push_back(d.size());
  auto shape = Shape::Make(dims);
  if (p.shape().unknown_rank() || !shape.ok()) return DataLoss("has an impossible shape");
  e.shape = *shape;
  e.shard = p.shard_id(), e.offset = p.offset(), e.size = p.size(), e.crc = p.crc32c();
  for (const auto& s : p.slices()) {
    SliceSpec spec;
    for (const auto& x : s.extent()) {
      bool all = x.has_length_case() == pb::TensorSliceProto::Extent::HAS_LENGTH_NOT_SET;
      spec.start.push_back(x.start());
      spec.length.push_back(all ? -1 : x.length());
    }
    if (!spec.Within(e.shape).ok()) return DataLoss("has a part outside its shape");
    e.slices.push_back(std::move(spec));
  }
  return e;
}

std::string EntryBytes(const BundleEntry& e) {
  pb::BundleEntryProto p;
  p.set_dtype(static_cast<pb::DataType>(e.dtype));
  p.mutable_shape();
  for (int64_t d : e.shape.dims()) p.mutable_shape()->add_dim()->set_size(d);
  p.set_shard_id(e.shard), p.set_offset(e.offset), p.set_size(e.size), p.set_crc32c(e.crc);
  for (const SliceSpec& s : e.slices) {
    auto* slice = p.add_slices();
    for (size_t a = 0; a < s.start.size(); ++a) {
      auto* x = slice->add_extent();
      x->set_start(s.start[a]);
      if (s.length[a] >= 0) x->set_length(s.length[a]);
    }
  }
  return p.SerializeAsString();
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
  return state;
}

Result<std::string> StateText(const CheckpointState& state) {
  pb::CheckpointState p;
  p.set_model_checkpoint_path(state.latest);
  for (const std::string& path : state.paths) p.add_all_model_checkpoint_paths(path);
  for (double t : state.timestamps) p.add_all_model_checkpoint_timestamps(t);
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
  p->mutable_tensor_shape();
  for (int64_t d : t.shape().dims()) p->mutable_tensor_shape()->add_dim()->set_size(d);
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

// libpng's errors leave by a jump, over what must have no destructor: hence the caller's memory.
bool EncodePng(const uint8_t* pixels, int height, int width, int channels, std::string* bytes, std::string* error) {
  auto fail = [](png_structp png, png_const_charp message) {
    *static_cast<std::string*>(png_get_error_ptr(png)) = message;
    png_longjmp(png, 1);
  };
  auto write = [](png_structp png, png_bytep data, png_size_t size) {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
  };
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, fail, [](png_structp, png_const_charp) {});
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(png, bytes, write, nullptr);
  const int color = channels == 1 ? PNG_COLOR_TYPE_GRAY : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGBA;
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8, color,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < height; ++y) png_write_row(png, pixels + size_t(y) * size_t(width) * size_t(channels));
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

Result<std::string> WritePng(const uint8_t* pixels, int height, int width, int channels) {
  std::string bytes, error = "out of memory";
  if (!EncodePng(pixels, height, width, channels, &bytes, &error))
    return InvalidArgument(fmt::format("has an image that is no PNG: {}", error));
  return bytes;
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
    &ParseEntry,   &EntryBytes,    &ParseHeader,      &HeaderBytes, &ParseState,   &StateText,
    &WriteSummary, &JoinSummaries, &TensorProtoBytes, &WritePng,    &ExampleBytes, &ParseExample,
    &SequenceExampleBytes, &ParseSequenceExample, &Uncompress};

}  // namespace weir::io
