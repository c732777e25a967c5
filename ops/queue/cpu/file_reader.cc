#include "weir/ops/queue/cpu/file_reader.h"

#include <fmt/format.h>

#include "weir/runtime/io/message_fields.h"

namespace weir {

Status FileReader::OpenNext(ElementQueue& queue, const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(queue.CheckTypes({kString}));
  WEIR_ASSIGN_OR_RETURN(const ElementQueue::Element name, queue.Dequeue(limits));
  if (name[0].num_elements() != 1) return InvalidArgument("wants a queue of single file names");
  {
    std::lock_guard lock(mutex_);
    ++progress_.started;
    progress_.current = *name[0].data<std::string>();
  }
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
  progress_.produced += static_cast<int64_t>(records->size());
  if (ended) ++progress_.completed, source_ = nullptr;
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
  return progress_.produced;
}

int64_t FileReader::completed() const {
  std::lock_guard lock(mutex_);
  return progress_.completed;
}

Status FileReader::Reset(const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(door_.Enter(limits));
  source_ = nullptr;
  {
    std::lock_guard lock(mutex_);
    progress_ = {};
  }
  door_.Leave();
  return {};
}

// ---- states: messages of started 1, completed 2, produced 3, current 4, without what is 0 or empty

Status FileReader::RequireState() const {
  if (spec_.kind == SourceKind::kWhole || spec_.kind == SourceKind::kName) return {};
  return Unimplemented("is given a reader of parts of files, which has no state to save")
      .Help("readers of whole files and of names have; TensorFlow's do as well");
}

Result<std::string> FileReader::State() const {
  WEIR_RETURN_IF_ERROR(RequireState());
  std::lock_guard lock(mutex_);
  std::string state;
  const int64_t numbers[] = {progress_.started, progress_.completed, progress_.produced};
  for (int i = 0; i < 3; ++i) {
    if (numbers[i] == 0) continue;
    io::PutVarint(&state, static_cast<uint64_t>((i + 1) << 3));
    io::PutVarint(&state, static_cast<uint64_t>(numbers[i]));
  }
  if (progress_.current.empty()) return state;
  io::PutVarint(&state, 4 << 3 | static_cast<uint64_t>(io::WireType::kBytes));
  io::PutVarint(&state, progress_.current.size());
  return state + progress_.current;
}

Result<FileReader::Progress> FileReader::ParseState(std::string_view state) {
  Progress p;
  const bool sound = io::ForEachField(state, [&p](const io::MessageField& f) {
    int64_t* const numbers[] = {&p.started, &p.completed, &p.produced};
    if (f.type == io::WireType::kVarint && f.number <= 3) *numbers[f.number - 1] = static_cast<int64_t>(f.varint);
    if (f.type == io::WireType::kBytes && f.number == 4) p.current = f.bytes;
    return true;
  });
  if (sound && p.started >= 0 && p.completed >= p.started && p.produced >= 0) return p;
  return InvalidArgument(
      fmt::format("is given {} bytes that are no state of a reader between two files", state.size()));
}

Status FileReader::Restore(std::string_view state, const RunLimits& limits) {
  WEIR_RETURN_IF_ERROR(Reset(limits));
  WEIR_RETURN_IF_ERROR(RequireState());
  WEIR_ASSIGN_OR_RETURN(Progress progress, ParseState(state));
  std::lock_guard lock(mutex_);
  progress_ = std::move(progress);
  return {};
}

}  // namespace weir
