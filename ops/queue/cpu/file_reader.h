// FileReader: what stands behind the handle of a reader. It takes files' names from a queue, one after the other, and
// gives what they hold, a record at a time. Runs that read at once take turns.
#pragma once

#include <memory>
#include <vector>

#include "weir/ops/queue/cpu/element_queue.h"
#include "weir/runtime/io/record_source.h"

namespace weir {

class FileReader : public ResourceObject {
 public:
  explicit FileReader(SourceSpec spec) : spec_(std::move(spec)) {}
  const SourceSpec& spec() const { return spec_; }

  // 1 to `most` records of one file, the next that has any. Errors: the queue's, OutOfRange when it is closed and
  // empty; files', after which the reader goes on with the next file; what ends the run.
  Result<std::vector<SourceRecord>> Read(ElementQueue& queue, int64_t most, const RunLimits& limits);
  int64_t produced() const;
  int64_t completed() const;  // files
  Status Reset(const RunLimits& limits);
  // TensorFlow's message of how far the reader is; empty at the beginning. Only readers that are never within a file
  // have it: of whole files, of names.
  Result<std::string> State() const;
  // On an error the reader is reset: the reader has no state, other bytes.
  Status Restore(std::string_view state, const RunLimits& limits);

 private:
  // Of what files are read, and how far.
  struct Progress {
    int64_t produced = 0, completed = 0, started = 0;
    std::string current;
  };
  static Result<Progress> ParseState(std::string_view state);
  Status RequireState() const;
  Status OpenNext(ElementQueue& queue, const RunLimits& limits);
  Status ReadSome(int64_t most, std::vector<SourceRecord>* records);

  const SourceSpec spec_;
  RunDoor door_;              // to the source
  mutable std::mutex mutex_;  // of the progress
  Progress progress_;
  std::unique_ptr<RecordSource> source_;
};

}  // namespace weir
