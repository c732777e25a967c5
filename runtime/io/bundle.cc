// Entries, slices and keys of a checkpoint: see bundle.h.
#include "weir/runtime/io/bundle.h"

#include <fmt/format.h>

#include <charconv>

#include "weir/runtime/io/bundle_internal.h"
#include "weir/graph/base/coding.h"
#include "weir/runtime/io/messages.h"
#include "weir/runtime/io/key_table.h"

namespace weir::io {

namespace {

bool TakeInt(std::string_view* in, int64_t* v) {
  auto [end, error] = std::from_chars(in->data(), in->data() + in->size(), *v);
  if (error != std::errc()) return false;
  in->remove_prefix(static_cast<size_t>(end - in->data()));
  return true;
}

bool TakeChar(std::string_view* in, char c) {
  if (in->empty() || in->front() != c) return false;
  in->remove_prefix(1);
  return true;
}

}  // namespace

std::string BundleIndexPath(const std::string& prefix) { return prefix + ".index"; }
std::string BundleDataPath(const std::string& prefix, int shard, int num_shards) {
  return fmt::format("{}.data-{:05}-of-{:05}", prefix, shard, num_shards);
}

Result<SliceSpec> SliceSpec::Parse(const std::string& text, Shape* full) {
  SliceSpec spec;
  if (text.empty()) return spec;
  auto bad = [&] {
    return InvalidArgument(fmt::format("has the malformed slice '{:.100}'", text))
        .Help("write \"10 4 0,5:-\": the whole shape, then start,length or - for each axis");
  };
  Dims dims;
  std::string_view in = text;
  for (int64_t v = 0;;) {  // sizes, each followed by a blank; then the slice
    std::string_view before = in;
    if (!TakeInt(&in, &v) || !TakeChar(&in, ' ')) {
      in = before;
      break;
    }
    if (dims.size() == size_t{kMaxRank}) return bad();
    dims.push_back(v);
  }
  while (spec.start.size() < dims.size()) {
    if (!spec.start.empty() && !TakeChar(&in, ':')) return bad();
    int64_t start = 0, length = -1;
    if (!TakeChar(&in, '-') && !(TakeInt(&in, &start) && TakeChar(&in, ',') && TakeInt(&in, &length) && length >= 0))
      return bad();
    spec.start.push_back(start), spec.length.push_back(length);
  }
  if (!in.empty()) return bad();
  auto shape = Shape::Make(dims);
  if (!shape.ok()) return bad();
  *full = *shape;
  WEIR_RETURN_IF_ERROR(spec.Within(*full).status());
  return spec;
}

Result<Shape> SliceSpec::Within(const Shape& full) const {
  for (const std::vector<int64_t>* axes : {&start, &length}) {
    if (static_cast<int>(axes->size()) != full.rank())
      return InvalidArgument(fmt::format("a slice of {} axes of a tensor of shape {}", axes->size(), full.ToString()));
  }
  Dims dims;
  for (int a = 0; a < full.rank(); ++a) {
    int64_t n = length[a] < 0 ? full[a] - start[a] : length[a];
    if (start[a] < 0 || n < 0 || start[a] > full[a] || n > full[a] - start[a]) {
      return InvalidArgument(fmt::format("a slice [{}, {}) of axis {} of a tensor of shape {}", start[a], start[a] + n,
                                         a, full.ToString()));
    }
    dims.push_back(n);
  }
  return Shape::Make(dims);
}

Status CannotSave(const std::string& name, const std::string& why) {
  return InvalidArgument(fmt::format("error[file]: '{:.200}' cannot be saved: {}", name, why));
}

Result<SliceSpec> SliceToSave(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t) {
  WEIR_ASSIGN_OR_RETURN(const Shape extent, slice.Within(full));
  if (!(extent == t.shape())) {
    return CannotSave(name, fmt::format("its slice has the shape {}, the tensor {}", extent.ToString(),
                                        t.shape().ToString()));
  }
  SliceSpec canonical = slice;
  for (int a = 0; a < full.rank(); ++a) canonical.length[a] = extent[a] == full[a] ? -1 : extent[a];
  return canonical;
}

std::string Unmarked(const Status& s) {
  constexpr std::string_view kMark = "error[file]: ";
  return s.message().starts_with(kMark) ? s.message().substr(kMark.size()) : s.message();
}

std::string SliceKey(const std::string& name, const SliceSpec& slice) {
  std::string key;
  PutOrderedNumber(&key, 0);
  PutOrderedString(&key, name);
  PutOrderedNumber(&key, slice.start.size());
  for (size_t a = 0; a < slice.start.size(); ++a) {
    PutOrderedSigned(&key, slice.start[a]);
    PutOrderedSigned(&key, slice.length[a]);
  }
  return key;
}

Result<std::string> IndexBytes(const std::map<std::string, BundleEntry>& entries, int num_shards) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  TableBuilder table;
  table.Add("", messages->header_bytes(num_shards));
  for (const auto& [key, e] : entries) table.Add(key, messages->entry_bytes(e));
  return table.Finish();
}

void CopyBox(const Tensor& from, const std::vector<int64_t>& from_start, Tensor* to,
             const std::vector<int64_t>& to_start, const Shape& extent) {
  if (extent.num_elements() == 0) return;
  int rank = extent.rank();
  int64_t row = rank ? extent[rank - 1] : 1;
  std::vector<int64_t> index(rank, 0);
  auto offset = [&](const Shape& shape, const std::vector<int64_t>& start) {
    int64_t o = 0;
    for (int a = 0; a < rank; ++a) o = o * shape[a] + start[a] + index[a];
    return o;
  };
  for (int64_t rows = extent.num_elements() / row; rows > 0; --rows) {
    int64_t source = offset(from.shape(), from_start), target = offset(to->shape(), to_start);
    CopyElements(from.dtype(), ElementAt(from.dtype(), from.raw(), source),
                 ElementAt(from.dtype(), to->mutable_raw(), target), row);
    for (int a = rank - 2; a >= 0 && ++index[a] == extent[a]; --a) index[a] = 0;
  }
}

}  // namespace weir::io
