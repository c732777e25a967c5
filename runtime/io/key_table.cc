#include "weir/runtime/io/key_table.h"

#include <fmt/format.h>

#include "weir/graph/base/coding.h"
#include "weir/runtime/io/crc32c.h"
#include "weir/runtime/io/messages.h"

namespace weir::io {

namespace {

constexpr std::string_view kMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
constexpr size_t kFooter = 48, kTrailer = 5, kBlockSize = 262144;
// Why limits: prefix compression lets a small file stand for keys of any total length.
constexpr size_t kMaxKey = 1 << 20, kMaxKeyBytes = size_t{1} << 28, kMaxBlock = size_t{1} << 30;

Status Damaged(const std::string& what) { return DataLoss("error[file]: the table is damaged: " + what); }

struct Handle {
  uint64_t offset = 0, size = 0;
};

bool TakeHandle(std::string_view* in, Handle* h) { return TakeVarint(in, &h->offset) && TakeVarint(in, &h->size); }

// A block's bytes: checked by its checksum, decompressed into `space` when compressed.
Result<std::string_view> ReadBlock(std::string_view file, Handle h, std::string* space) {
  size_t end = file.size() - kFooter;
  if (h.offset > end || h.size > end - h.offset || end - h.offset - h.size < kTrailer) {
    return Damaged(fmt::format("a block of {} bytes at {} lies outside the file", h.size, h.offset));
  }
  std::string_view block = file.substr(h.offset, h.size);
  const char* trailer = block.data() + block.size();
  if (MaskCrc(Crc32c(block.data(), block.size() + 1)) != Fixed32At(trailer + 1)) {
    return Damaged(fmt::format("the checksum of the block at {} does not match", h.offset));
  }
  if (*trailer == 0) return block;
  if (*trailer != 1)
    return Damaged(fmt::format("the block at {} has the unknown compression {}", h.offset, int{*trailer}));
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  if (!messages->uncompress(block, kMaxBlock, space))
    return Damaged(fmt::format("the compressed block at {} is malformed", h.offset));
  return std::string_view(*space);
}

// Appends a block's entries.
Status ReadEntries(std::string_view block, TableEntries* entries, size_t* key_bytes) {
  if (block.size() < 4) return Damaged("a block is too short");
  uint64_t restarts = Fixed32At(block.data() + block.size() - 4);
  if (restarts > (block.size() - 4) / 4) return Damaged("a block has too many restarts");
  std::string_view in = block.substr(0, block.size() - 4 - 4 * restarts);
  std::string key;
  while (!in.empty()) {
    uint64_t shared = 0, unshared = 0, length = 0;
    bool sound = TakeVarint(&in, &shared) && TakeVarint(&in, &unshared) && TakeVarint(&in, &length);
    if (!sound || shared > key.size() || unshared > in.size() || length > in.size() - unshared)
      return Damaged("an entry lies outside its block");
    key.resize(shared);
    key.append(in.substr(0, unshared));
    *key_bytes += key.size();
    if (key.size() > kMaxKey || *key_bytes > kMaxKeyBytes) return Damaged("its keys are too long");
    if (!entries->empty() && key <= entries->back().first) return Damaged("its keys are not in order");
    entries->emplace_back(key, in.substr(unshared, length));
    in.remove_prefix(unshared + length);
  }
  return {};
}

// A short key that is >= start and < limit, to stand in an index.
std::string ShortestSeparator(const std::string& start, std::string_view limit) {
  size_t n = std::min(start.size(), limit.size()), i = 0;
  while (i < n && start[i] == limit[i]) ++i;
  if (i >= n) return start;
  auto byte = static_cast<uint8_t>(start[i]);
  if (byte == 0xff || byte + 1 >= static_cast<uint8_t>(limit[i])) return start;
  std::string key = start.substr(0, i + 1);
  ++key[i];
  return key;
}

// A short key that is >= key.
std::string ShortSuccessor(const std::string& key) {
  for (size_t i = 0; i < key.size(); ++i) {
    if (static_cast<uint8_t>(key[i]) == 0xff) continue;
    std::string next = key.substr(0, i + 1);
    ++next[i];
    return next;
  }
  return key;
}

}  // namespace

bool IsTable(std::string_view bytes) { return bytes.size() >= kFooter && bytes.ends_with(kMagic); }

Result<TableEntries> ReadTable(std::string_view file) {
  if (!IsTable(file)) return Damaged("it does not end as a table does");
  std::string_view footer = file.substr(file.size() - kFooter);
  Handle meta, index;
  if (!TakeHandle(&footer, &meta) || !TakeHandle(&footer, &index)) return Damaged("its footer is malformed");
  std::string index_space, space;
  WEIR_ASSIGN_OR_RETURN(std::string_view index_block, ReadBlock(file, index, &index_space));
  TableEntries blocks, entries;
  size_t key_bytes = 0;
  WEIR_RETURN_IF_ERROR(ReadEntries(index_block, &blocks, &key_bytes));
  uint64_t next = 0;  // blocks follow one another, so that no byte is read twice
  for (const auto& [separator, value] : blocks) {
    std::string_view in = value;
    Handle h;
    if (!TakeHandle(&in, &h)) return Damaged("its index is malformed");
    if (h.offset < next) return Damaged("its blocks overlap");
    next = h.offset + 1;
    WEIR_ASSIGN_OR_RETURN(std::string_view block, ReadBlock(file, h, &space));
    next = h.offset + h.size + kTrailer;
    WEIR_RETURN_IF_ERROR(ReadEntries(block, &entries, &key_bytes));
  }
  return entries;
}

void TableBuilder::Block::Add(std::string_view key, std::string_view value) {
  size_t shared = 0;
  if (since_restart == restart_interval) {
    restarts.push_back(static_cast<uint32_t>(bytes.size()));
    since_restart = 0;
  } else {
    size_t n = std::min(last_key.size(), key.size());
    while (shared < n && last_key[shared] == key[shared]) ++shared;
  }
  PutVarint(&bytes, shared);
  PutVarint(&bytes, key.size() - shared);
  PutVarint(&bytes, value.size());
  bytes.append(key.substr(shared));
  bytes.append(value);
  last_key = key;
  ++since_restart;
}

std::string TableBuilder::Block::Finish() {
  for (uint32_t r : restarts) PutFixed32(&bytes, r);
  PutFixed32(&bytes, static_cast<uint32_t>(restarts.size()));
  std::string done = std::move(bytes);
  *this = Block(restart_interval);
  return done;
}

std::string TableBuilder::Write(Block* block) {
  std::string bytes = block->Finish(), handle;
  PutVarint(&handle, out_.size());
  PutVarint(&handle, bytes.size());
  bytes.push_back('\0');  // not compressed
  PutFixed32(&bytes, MaskCrc(Crc32c(bytes.data(), bytes.size())));
  out_ += bytes;
  return handle;
}

void TableBuilder::Flush() {
  if (!data_.bytes.empty()) pending_handle_ = Write(&data_);
}

void TableBuilder::Add(std::string_view key, std::string_view value) {
  if (!pending_handle_.empty()) index_.Add(ShortestSeparator(last_key_, key), std::exchange(pending_handle_, {}));
  data_.Add(key, value);
  last_key_ = key;
  if (data_.size() >= kBlockSize) Flush();
}

std::string TableBuilder::Finish() {
  Flush();
  Block meta(16);
  std::string footer = Write(&meta);
  if (!pending_handle_.empty()) index_.Add(ShortSuccessor(last_key_), std::exchange(pending_handle_, {}));
  footer += Write(&index_);
  footer.resize(kFooter - kMagic.size());
  out_ += footer;
  out_ += kMagic;
  return std::move(out_);
}

}  // namespace weir::io
