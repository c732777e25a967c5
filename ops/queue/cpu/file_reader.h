// FileReader: what stands behind the handle of a reader. It takes files' names from a queue, one after the other, and
// gives what they hold, a record at a time. Runs that read at once take turns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/ops/queue/cpu/element_queue.h"
#include "weir/runtime/io/stream.h"

namespace weir {

// How a reader reads, as its node says; equal ones are one reader's.
struct ReaderSpec {
  std::string op;
  Compression compression = Compression::kNone;
  int64_t skip_lines = 0;                         // text lines
  int64_t header = 0, record = 0, footer = 0, hop = 0;  // of fixed length, bytes

  bool operator==(const ReaderSpec&) const = default;
};

struct ReaderRecord {
  std::string key, value;
};

// The records of one file.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // The next one; none at the end.
  virtual Result<std::optional<ReaderRecord>> Next() = 0;
  // Whether it is known that there is no further one, without looking.
  virtual bool ended() const { return false; }
};

// Opens a file as the spec says. Errors: files'.
Result<std::unique_ptr<RecordSource>> OpenSource(const ReaderSpec& spec, const std::string& path);

class FileReader : public ResourceObject {
 public:
  explicit FileReader(ReaderSpec spec) : spec_(std::move(spec)) {}
  const ReaderSpec& spec() const { return spec_; }

  // 1 to `most` records of one file, the next that has any. Errors: the queue's, OutOfRange when it is closed and
  // empty; files', after which the reader goes on with the next file; what ends the run.
  Result<std::vector<ReaderRecord>> Read(ElementQueue& queue, int64_t most, const RunLimits& limits);
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
  // Waits until no other run reads.
  Status Enter(const RunLimits& limits);
  void Leave();
  Status OpenNext(ElementQueue& queue, const RunLimits& limits);
  Status ReadSome(int64_t most, std::vector<ReaderRecord>* records);

  const ReaderSpec spec_;
  mutable std::mutex mutex_;  // of what follows; the source is that run's that has entered
  std::condition_variable left_;
  bool busy_ = false;
  Progress progress_;
  std::unique_ptr<RecordSource> source_;
};

}  // namespace weir
