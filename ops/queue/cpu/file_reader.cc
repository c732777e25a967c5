#include "weir/ops/queue/cpu/file_reader.h"

namespace weir {

Status FileReader::OpenNext(ElementQueue& queue, const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(queue.CheckTypes({kString}));
  WEIR_ASSIGN_OR_RETURN(const ElementQueue::Element name, queue.Dequeue(limits));
  if (name[0].num_elements() != 1) return InvalidArgument("wants a queue of single file names");
  WEIR_ASSIGN_OR_RETURN(source_, OpenSource(spec_, *name[0].data<std::string>()));
  return {};
}

// What is left of the source, up to `most`; lets go of one that has no more.
Status FileReader::ReadSome(int64_t most, std::vector<SourceRecord>* records) {
  bool ended = false;
  while (!ended && static_cast<int64_t>(records->size()) < most) {
    auto record = source_->Next();
    if (!record.ok()) return source_ = nullptr, record.status();
    ended = !*record || source_->ended();
    if (*record) records->push_back(std::move(**record));
  }
  std::lock_guard lock(mutex_);
  produced_ += static_cast<int64_t>(records->size());
  if (ended) ++completed_, source_ = nullptr;
  return {};
}

Result<std::vector<SourceRecord>> FileReader::Read(ElementQueue& queue, int64_t most, const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(door_.Enter(limits));
  std::vector<SourceRecord> records;
  Status s;
  while (s.ok() && records.empty() && most > 0) {
    if (!source_) s = OpenNext(queue, limits);
    if (s.ok()) s = ReadSome(most, &records);
  }
  door_.Leave();
  if (!s.ok()) return s;
  return records;
}

int64_t FileReader::produced() const {
  std::lock_guard lock(mutex_);
  return produced_;
}

int64_t FileReader::completed() const {
  std::lock_guard lock(mutex_);
  return completed_;
}

Status FileReader::Reset(const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(door_.Enter(limits));
  source_ = nullptr;
  {
    std::lock_guard lock(mutex_);
    produced_ = completed_ = 0;
  }
  door_.Leave();
  return {};
}

}  // namespace weir
