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

 private:
  Status OpenNext(ElementQueue& queue, const RunLimits& limits);
  Status ReadSome(int64_t most, std::vector<SourceRecord>* records);

  const SourceSpec spec_;
  RunDoor door_;              // to the source
  mutable std::mutex mutex_;  // of the counts
  int64_t produced_ = 0, completed_ = 0;
  std::unique_ptr<RecordSource> source_;
};

}  // namespace weir
