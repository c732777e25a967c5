// The messages of events: see event_messages.h. Compiled into libweir_deps.so.
#include "weir/session/events/event_messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/proto/event.pb.h"
#include "weir/proto/summary.pb.h"
#include "weir/runtime/io/parse_message.h"

namespace weir {

namespace {

using io::ParseMessage;

void WriteRun(const RunEvent& run, pb::TaggedRunMetadata* p) {
  pb::RunMetadata metadata;
  auto* device = metadata.mutable_step_stats()->add_dev_stats();
  device->set_device("/job:localhost/replica:0/task:0/device:CPU:0");
  for (const NodeTime& node : run.nodes) {
    auto* to = device->add_node_stats();
    const int64_t took = node.end_micros - node.start_micros;
    to->set_node_name(node.node), to->set_timeline_label(node.label);
    to->set_all_start_micros(node.start_micros), to->set_scheduled_micros(node.start_micros);
    to->set_op_end_rel_micros(took), to->set_all_end_rel_micros(took);
  }
  p->set_tag(run.tag);
  *p->mutable_run_metadata() = metadata.SerializeAsString();
}

Result<RunEvent> ReadRun(const pb::TaggedRunMetadata& p) {
  pb::RunMetadata metadata;
  WEIR_RETURN_IF_ERROR(ParseMessage(p.run_metadata(), "RunMetadata", &metadata));
  RunEvent run{p.tag(), {}};
  for (const auto& device : metadata.step_stats().dev_stats()) {
    for (const auto& node : device.node_stats()) {
      const int64_t start = node.all_start_micros();
      run.nodes.push_back({node.node_name(), node.timeline_label(), start, start + node.all_end_rel_micros()});
    }
  }
  return run;
}

Result<std::string> EventBytes(const Event& event) {
  pb::Event p;
  p.set_wall_time(event.wall_time), p.set_step(event.step);
  if (const auto* version = std::get_if<FileVersion>(&event.what)) p.set_file_version(version->version);
  if (const auto* graph = std::get_if<GraphEvent>(&event.what)) p.set_graph_def(graph->graph_def);
  if (const auto* meta = std::get_if<MetaGraphEvent>(&event.what)) p.set_meta_graph_def(meta->meta_graph_def);
  if (const auto* run = std::get_if<RunEvent>(&event.what)) WriteRun(*run, p.mutable_tagged_run_metadata());
  if (const auto* summary = std::get_if<SummaryEvent>(&event.what))
    WEIR_RETURN_IF_ERROR(ParseMessage(summary->summary, "Summary", p.mutable_summary()));
  if (const auto* session = std::get_if<SessionEvent>(&event.what)) {
    auto* to = p.mutable_session_log();
    to->set_status(static_cast<pb::SessionLog::SessionStatus>(session->status));
    to->set_checkpoint_path(session->checkpoint_path), to->set_msg(session->message);
  }
  return p.SerializeAsString();
}

Result<Event> ParseEvent(std::string_view bytes) {
  pb::Event p;
  WEIR_RETURN_IF_ERROR(ParseMessage(bytes, "Event", &p));
  Event event{p.wall_time(), p.step(), {}};
  switch (p.what_case()) {
    case pb::Event::kFileVersion: event.what = FileVersion{p.file_version()}; break;
    case pb::Event::kGraphDef: event.what = GraphEvent{p.graph_def()}; break;
    case pb::Event::kMetaGraphDef: event.what = MetaGraphEvent{p.meta_graph_def()}; break;
    case pb::Event::kSummary: event.what = SummaryEvent{p.summary().SerializeAsString()}; break;
    case pb::Event::kTaggedRunMetadata: {
      WEIR_ASSIGN_OR_RETURN(event.what, ReadRun(p.tagged_run_metadata()));
      break;
    }
    case pb::Event::kSessionLog:
      event.what = SessionEvent{p.session_log().status(), p.session_log().checkpoint_path(), p.session_log().msg()};
      break;
    case pb::Event::WHAT_NOT_SET: break;
  }
  return event;
}

HistogramCounts ReadHistogram(const pb::HistogramProto& p) {
  HistogramCounts counts{p.min(), p.max(), p.num(), p.sum(), p.sum_squares(), {}};
  for (int i = 0; i < std::min(p.bucket_limit_size(), p.bucket_size()); ++i)
    counts.buckets.emplace_back(p.bucket_limit(i), p.bucket(i));
  return counts;
}

Result<std::vector<SummaryValue>> ReadSummary(std::string_view bytes) {
  pb::Summary p;
  WEIR_RETURN_IF_ERROR(ParseMessage(bytes, "Summary", &p));
  std::vector<SummaryValue> values;
  for (const pb::Summary::Value& v : p.value()) {
    SummaryValue value{.tag = v.tag(), .value = 0.0f, .node = v.node_name()};
    if (v.has_metadata()) value.metadata = v.metadata().SerializeAsString();
    switch (v.value_case()) {
      case pb::Summary::Value::kSimpleValue: value.value = v.simple_value(); break;
      case pb::Summary::Value::kHisto: value.value = ReadHistogram(v.histo()); break;
      case pb::Summary::Value::kImage:
        value.value = SummaryImage{v.image().height(), v.image().width(), v.image().colorspace(),
                                   v.image().encoded_image_string()};
        break;
      case pb::Summary::Value::kAudio:
        value.value = SummaryAudio{v.audio().sample_rate(), v.audio().num_channels(), v.audio().length_frames(),
                                   v.audio().encoded_audio_string()};
        break;
      case pb::Summary::Value::kTensor: {
        auto tensor = TensorFromWire(v.tensor());
        if (!tensor.ok())
          return DataLoss(fmt::format("error[file]: the summary '{:.100}' {}", v.tag(), tensor.status().message()));
        value.value = std::move(*tensor);
        break;
      }
      default: continue;
    }
    values.push_back(std::move(value));
  }
  return values;
}

std::string MetadataOf(const std::string& plugin) {
  pb::SummaryMetadata p;
  p.mutable_plugin_data()->set_plugin_name(plugin);
  return p.SerializeAsString();
}

std::string PluginOfMetadata(const std::string& metadata) {
  pb::SummaryMetadata p;
  return ParseMessage(metadata, "SummaryMetadata", &p).ok() ? p.plugin_data().plugin_name() : "";
}

}  // namespace

WEIR_DEPS_TABLE(EventMessages, weir_event_messages) = {&EventBytes, &ParseEvent, &ReadSummary, &MetadataOf,
                                                       &PluginOfMetadata};

}  // namespace weir
