// SummaryWriter: what a training run says of itself, in files that TensorBoard shows.
//
//   WEIR_ASSIGN_OR_RETURN(SummaryWriter writer, SummaryWriter::Open("logs"));
//   writer.AddGraph(builder.graph()).Check();
//   for (int step = 0; step < 1000; ++step) writer.AddScalar("loss", loss, step).Check();
//
// and in a shell: tensorboard --logdir logs
//
// Safe beside other threads that use the same writer.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "weir/graph/graph.h"
#include "weir/runtime/io/record.h"
#include "weir/session/events/event.h"
#include "weir/session/session.h"

namespace weir {

struct SummaryWriterOptions {
  std::string suffix;                         // of the file's name
  std::chrono::milliseconds flush_every{120'000};  // events reach the file after this at the latest, with the next one
};

class SummaryWriter {
 public:
  // Makes a file of its own in the folder, which is made where it is missing.
  static Result<SummaryWriter> Open(const std::string& folder, const SummaryWriterOptions& options = {});
  SummaryWriter(SummaryWriter&&) noexcept;
  SummaryWriter& operator=(SummaryWriter&&) noexcept;
  ~SummaryWriter();  // closes

  const std::string& path() const;

  Status AddScalar(const std::string& tag, double value, int64_t step);
  // Of all elements of a real tensor. Error: one that is not finite.
  Status AddHistogram(const std::string& tag, const Tensor& values, int64_t step);
  // [height,width] or [height,width,channels], of 1, 3 or 4 channels: uint8, or floats from 0 to 1, which are clipped.
  Status AddImage(const std::string& tag, const Tensor& image, int64_t step);
  // Markdown.
  Status AddText(const std::string& tag, const std::string& text, int64_t step);
  // What summary ops give: a Summary message.
  Status AddSummary(const std::string& summary, int64_t step);
  // A graph, with the shapes that its nodes' outputs have.
  Status AddGraph(const Graph& graph);
  // A run's times (RunConfig::metadata), shown in the graph under this tag.
  Status AddRunMetadata(const std::string& tag, const RunMetadata& run, int64_t step);
  Status AddEvent(Event event);  // of now, where it has no wall time

  Status Flush();
  Status Close();  // further calls are errors

 private:
  struct File;
  explicit SummaryWriter(std::unique_ptr<File> file);
  Status Add(SummaryValue value, int64_t step);
  std::unique_ptr<File> file_;
};

}  // namespace weir
