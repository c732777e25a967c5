#include "weir/session/events/summary_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>

#include "weir/graph/export.h"
#include "weir/graph/base/file.h"
#include "weir/runtime/io/image_file.h"
#include "weir/session/events/event_messages.h"

namespace weir {

namespace {

constexpr char kVersion[] = "brain.Event:2";

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// In `folder`, as TensorFlow calls them, and of no file that is there.
std::string NewPath(const std::string& folder, const std::string& suffix) {
  char host[256] = "localhost";
  gethostname(host, sizeof(host) - 1);
  for (int n = 0;; ++n) {
    std::string path = fmt::format("{}/events.out.tfevents.{:010d}.{}.{}.{}{}", folder, std::time(nullptr), host,
                                   getpid(), n, suffix);
    if (!io::FileExists(path)) return path;
  }
}

// The graph with each node's shapes as the attribute that TensorBoard reads.
Result<std::string> WithShapes(Graph g) {
  for (NodeId id : g.nodes()) {
    AttrList shapes;
    for (const OutputType& t : g[id].outputs()) shapes.shape.push_back(t.shape);
    if (!shapes.shape.empty()) WEIR_RETURN_IF_ERROR(g.SetAttr(id, "_output_shapes", std::move(shapes)));
  }
  return ExportGraphDef(g);
}

Result<SummaryImage> ImageOf(const Tensor& image) {
  const Shape& shape = image.shape();
  const int64_t channels = shape.rank() == 3 ? shape[2] : 1;
  const bool sound = (shape.rank() == 2 || shape.rank() == 3) && (channels == 1 || channels == 3 || channels == 4) &&
                     shape[0] > 0 && shape[1] > 0 && shape[0] <= INT32_MAX && shape[1] <= INT32_MAX;
  if (!sound || (image.dtype() != kUint8 && image.dtype() != kFloat)) {
    return InvalidArgument(fmt::format("error[run]: an image is u8 or f32 of [height,width] or [height,width,1, 3 or "
                                       "4], not {}{}",
                                       DTypeShortName(image.dtype()), shape.ToString()));
  }
  std::vector<uint8_t> bytes;
  if (image.dtype() == kFloat) {
    for (int64_t i = 0; i < image.num_elements(); ++i) {
      const float v = image.data<float>()[i];
      bytes.push_back(v > 0 ? static_cast<uint8_t>(std::lround(std::min(v, 1.0f) * 255)) : 0);  // NaN: 0
    }
  }
  SummaryImage made{static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(channels), {}};
  const uint8_t* pixels = bytes.empty() ? image.data<uint8_t>() : bytes.data();
  WEIR_ASSIGN_OR_RETURN(made.png, io::EncodePng(pixels, {made.height, made.width, made.channels}));
  return made;
}

Result<HistogramCounts> CountsOf(const std::string& tag, const Tensor& values) {
  io::Histogram histogram;
  Status status;
  auto count = [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < values.num_elements() && status.ok(); ++i) {
      const auto v = static_cast<double>(values.data<T>()[i]);
      if (std::isfinite(v)) histogram.Add(v);
      else status = InvalidArgument(fmt::format("error[run]: the histogram '{}' was given {}", tag, v));
    }
  };
  if (!DispatchType(values.dtype(), RealTypes{}, count))
    return InvalidArgument(
        fmt::format("error[run]: the histogram '{}' wants real numbers, not {}", tag, DTypeName(values.dtype())));
  if (!status.ok()) return status;
  return histogram.Counts();
}

}  // namespace

struct SummaryWriter::File {
  File(RecordWriter writer, std::string path, std::chrono::milliseconds flush_every)
      : writer(std::move(writer)), path(std::move(path)), flush_every(flush_every) {}
  ~File() {
    if (open) writer.Close().IgnoreError();
  }

  Status Write(const Event& event) {
    WEIR_ASSIGN_OR_RETURN(const std::string bytes, event.Serialize());
    std::lock_guard lock(mutex);
    if (!open) return FailedPrecondition(fmt::format("error[file]: '{}' is closed", path));
    WEIR_RETURN_IF_ERROR(writer.Write(bytes));
    if (std::chrono::steady_clock::now() - flushed < flush_every) return {};
    return FlushLocked();
  }
  Status FlushLocked() {
    flushed = std::chrono::steady_clock::now();
    return writer.Flush();
  }

  std::mutex mutex;
  RecordWriter writer;
  const std::string path;
  const std::chrono::milliseconds flush_every;
  std::chrono::steady_clock::time_point flushed{};
  bool open = true;
};

SummaryWriter::SummaryWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
SummaryWriter::SummaryWriter(SummaryWriter&&) noexcept = default;
SummaryWriter& SummaryWriter::operator=(SummaryWriter&&) noexcept = default;
SummaryWriter::~SummaryWriter() = default;

Result<SummaryWriter> SummaryWriter::Open(const std::string& folder, const SummaryWriterOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition(fmt::format("error[file]: cannot make '{}': {}", folder, error.message()));
  const std::string path = NewPath(folder, options.suffix);
  WEIR_ASSIGN_OR_RETURN(RecordWriter records, RecordWriter::Open(path));
  SummaryWriter writer(std::make_unique<File>(std::move(records), path, options.flush_every));
  WEIR_RETURN_IF_ERROR(writer.AddEvent({.what = FileVersion{kVersion}}));  // reaches the file at once
  return writer;
}

const std::string& SummaryWriter::path() const { return file_->path; }

Status SummaryWriter::AddEvent(Event event) {
  if (event.wall_time == 0) event.wall_time = Now();
  return file_->Write(event);
}

Status SummaryWriter::AddSummary(const std::string& summary, int64_t step) {
  return AddEvent({.step = step, .what = SummaryEvent{summary}});
}

Status SummaryWriter::Add(SummaryValue value, int64_t step) {
  WEIR_ASSIGN_OR_RETURN(const std::string summary, io::SummaryBytes({std::move(value)}));
  return AddSummary(summary, step);
}

Status SummaryWriter::AddScalar(const std::string& tag, double value, int64_t step) {
  return Add({tag, static_cast<float>(value)}, step);
}

Status SummaryWriter::AddHistogram(const std::string& tag, const Tensor& values, int64_t step) {
  WEIR_ASSIGN_OR_RETURN(HistogramCounts counts, CountsOf(tag, values));
  return Add({tag, std::move(counts)}, step);
}

Status SummaryWriter::AddImage(const std::string& tag, const Tensor& image, int64_t step) {
  WEIR_ASSIGN_OR_RETURN(SummaryImage made, ImageOf(image));
  return Add({tag, std::move(made)}, step);
}

Status SummaryWriter::AddText(const std::string& tag, const std::string& text, int64_t step) {
  WEIR_ASSIGN_OR_RETURN(const EventMessages* messages, GetEventMessages());
  return Add({tag, Tensor::Of<std::string>({}, {text}), messages->metadata_of("text")}, step);
}

Status SummaryWriter::AddGraph(const Graph& graph) {
  WEIR_ASSIGN_OR_RETURN(std::string bytes, WithShapes(graph));
  return AddEvent({.what = GraphEvent{std::move(bytes)}});
}

Status SummaryWriter::AddRunMetadata(const std::string& tag, const RunMetadata& run, int64_t step) {
  RunEvent event{tag, {}};
  for (const StepStats& s : run.steps) {
    const auto start = static_cast<int64_t>(s.start_us);
    const auto took = static_cast<int64_t>(std::ceil(s.duration_us));
    event.nodes.push_back({s.name, s.name + " = " + s.op, start, start + took});
  }
  return AddEvent({.step = step, .what = std::move(event)});
}

Status SummaryWriter::Flush() {
  std::lock_guard lock(file_->mutex);
  return file_->open ? file_->FlushLocked() : Status();
}

Status SummaryWriter::Close() {
  std::lock_guard lock(file_->mutex);
  if (!file_->open) return {};
  file_->open = false;
  return file_->writer.Close();
}

}  // namespace weir
