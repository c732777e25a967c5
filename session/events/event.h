// Events: the records of the files that TensorBoard reads (`events.out.tfevents.*`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/runtime/io/summary.h"

namespace weir {

using io::HistogramCounts;
using io::SummaryAudio;
using io::SummaryImage;
using io::SummaryValue;

// How long a node of a run took.
struct NodeTime {
  std::string node, label;  // the label: "name = Op(…)"
  int64_t start_micros = 0, end_micros = 0;
};

struct FileVersion {
  std::string version;  // "brain.Event:2"
};
struct GraphEvent {
  std::string graph_def;
};
struct MetaGraphEvent {
  std::string meta_graph_def;
};
struct SummaryEvent {
  std::string summary;  // see ParseSummary
};
struct SessionEvent {
  enum { kUnknown = 0, kStart = 1, kStop = 2, kCheckpoint = 3 };
  int status = kUnknown;
  std::string checkpoint_path, message;
};
// A run's times, which TensorBoard shows in the graph.
struct RunEvent {
  std::string tag;
  std::vector<NodeTime> nodes;
};

struct Event {
  double wall_time = 0;  // seconds since the epoch
  int64_t step = 0;
  std::variant<std::monostate, FileVersion, GraphEvent, SummaryEvent, SessionEvent, RunEvent, MetaGraphEvent> what;

  // An Event message. Error: a summary that is none.
  Result<std::string> Serialize() const;
  // Error: `bytes` are no such message. What it holds of other kinds is left out.
  static Result<Event> Parse(std::string_view bytes);
};

// The values of a Summary message, as summary ops give them. Errors: bytes that are none, or hold a malformed tensor.
// Values of other kinds (audio) are left out.
Result<std::vector<SummaryValue>> ParseSummary(std::string_view bytes);
// What a value was made by: "scalars", "text" and such; empty where it does not say.
std::string PluginOf(const SummaryValue& value);

// The files of events of a folder, oldest first; the file itself where `path` is one. Error: there are none.
Result<std::vector<std::string>> EventFiles(const std::string& path);

}  // namespace weir
