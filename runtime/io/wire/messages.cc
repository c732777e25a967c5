// The messages of checkpoints: see messages.h. Compiled into libweir_deps.so.
#include "weir/runtime/io/messages.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <snappy.h>

#include <set>

#include "weir/proto/model.pb.h"
#include "weir/proto/summary.pb.h"

namespace weir::io {

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

std::string WriteSummary(const std::vector<SummaryValue>& values) {
  pb::Summary all;
  for (const SummaryValue& v : values) {
    pb::Summary::Value* p = all.add_value();
    p->set_tag(v.tag);
    if (const float* number = std::get_if<float>(&v.value)) p->set_simple_value(*number);
    const auto* histogram = std::get_if<Histogram>(&v.value);
    if (!histogram) continue;
    pb::HistogramProto* h = p->mutable_histo();
    h->set_min(histogram->min()), h->set_max(histogram->max()), h->set_num(histogram->count());
    h->set_sum(histogram->sum()), h->set_sum_squares(histogram->sum_squares());
    for (auto [limit, count] : histogram->Buckets()) h->add_bucket_limit(limit), h->add_bucket(count);
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

}  // namespace

WEIR_DEPS_TABLE(Messages, weir_io_messages) = {&ParseEntry, &EntryBytes,   &ParseHeader,     &HeaderBytes, &ParseState,
                                               &StateText,  &WriteSummary, &JoinSummaries, &Uncompress};

}  // namespace weir::io
