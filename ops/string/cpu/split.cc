// Kernels of StringSplit and StringSplitV2. Prepare finds the parts, since it must tell how many there are; they are
// kept as places in the texts.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "weir/runtime/cpu/spaces.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

// `length` bytes from `begin` on of a text.
struct Part {
  int64_t text, number;
  size_t begin, length;
};

class Parts {
 public:
  void NextText() { ++text_, number_ = 0; }
  void Add(size_t begin, size_t end) {
    parts_.push_back({text_, number_++, begin, end - begin});
    most_ = std::max(most_, number_);
  }
  int64_t count() const { return static_cast<int64_t>(parts_.size()); }
  int64_t texts() const { return text_ + 1; }
  int64_t most() const { return most_; }  // of one text
  std::vector<Part> Take() { return std::move(parts_); }

 private:
  std::vector<Part> parts_;
  int64_t text_ = -1, number_ = 0, most_ = 0;
};

// At each byte that is one of `delimiters`.
void SplitAtBytes(std::string_view text, std::string_view delimiters, bool skip_empty, Parts* parts) {
  if (text.empty()) return;
  if (delimiters.empty()) {
    for (size_t i = 0; i < text.size(); ++i) parts->Add(i, i + 1);
    return;
  }
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(delimiters, begin), text.size());
    if (!skip_empty || end > begin) parts->Add(begin, end);
    begin = end + 1;
  }
}

// At most `most` times (negative: always) at stretches of white space; the rest is the last part, even an empty one.
void SplitAtSpaces(std::string_view text, int64_t most, Parts* parts) {
  size_t begin = SkipSpaces(text, 0);
  for (int64_t splits = 0; begin < text.size() && splits != most; ++splits) {
    size_t end = begin;
    while (end < text.size() && !IsSpace(text[end])) ++end;
    parts->Add(begin, end);
    begin = SkipSpaces(text, end);
    if (splits + 1 == most) parts->Add(begin, text.size());
  }
}

void SplitAtTexts(std::string_view text, std::string_view separator, int64_t most, Parts* parts) {
  size_t begin = 0;
  for (int64_t splits = 0; splits != most; ++splits) {
    const size_t end = text.find(separator, begin);
    if (end == std::string_view::npos) break;
    parts->Add(begin, end);
    begin = end + separator.size();
  }
  parts->Add(begin, text.size());
}

// Writes out what `split` (of a text and the separator) finds.
template <class Split> Status PrepareSplit(PrepareContext& c, Split split) {
  if (c.input_shape(0).rank() != 1 || c.input_shape(1).rank() != 0) {
    return InvalidArgument(fmt::format("wants a vector of texts and a scalar to split at, not {} and {}",
                                       c.input_shape(0).ToString(), c.input_shape(1).ToString()));
  }
  const std::string* texts = c.input_value(0)->data<std::string>();
  const std::string& separator = *c.input_value(1)->data<std::string>();
  Parts parts;
  for (int64_t i = 0; i < c.input_shape(0)[0]; ++i) parts.NextText(), split(texts[i], separator, &parts);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {parts.count(), 2}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {parts.count()}));
  c.set_output_shape(2, Shape({2}));
  c.Before(1, 1, [count = parts.texts(), most = parts.most()](RunArgs& a) {
    a.out<int64_t>(2)[0] = count;
    a.out<int64_t>(2)[1] = most;
  });
  c.ParallelOver(parts.count(), 30);
  c.SetRun([found = parts.Take()](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      const Part& p = found[static_cast<size_t>(i)];
      a.out<int64_t>(0)[2 * i] = p.text;
      a.out<int64_t>(0)[2 * i + 1] = p.number;
      a.out<std::string>(1)[i].assign(a.in<std::string>(0)[p.text], p.begin, p.length);
    }
  });
  return {};
}

Status PrepareStringSplit(PrepareContext& c) {
  return PrepareSplit(c, [skip_empty = c.attr<bool>("skip_empty")](std::string_view text, std::string_view delimiters,
                                                                   Parts* parts) {
    SplitAtBytes(text, delimiters, skip_empty, parts);
  });
}

Status PrepareStringSplitV2(PrepareContext& c) {
  const int64_t most = std::max<int64_t>(c.attr<int64_t>("maxsplit"), -1);
  return PrepareSplit(c, [most](std::string_view text, std::string_view separator, Parts* parts) {
    if (separator.empty() && most != 0) SplitAtSpaces(text, most, parts);
    else SplitAtTexts(text, separator, most, parts);
  });
}

}  // namespace

void RegisterStringSplitKernels(KernelRegistry& r) {
  r.Add("StringSplit", PrepareStringSplit).NeedsValue({0, 1});
  r.Add("StringSplitV2", PrepareStringSplitV2).NeedsValue({0, 1});
}

}  // namespace weir
