// Matching: all threads of the program step through the text together, in the order of preference; see regex.h.
#include "weir/ops/kernels/regex.h"

#include <algorithm>

#include "weir/ops/kernels/regex_parse.h"

namespace weir {

namespace {

using Spans = std::vector<int64_t>;  // begin and end of the match and of its groups; -1 where one took no part

bool IsWord(std::string_view text, size_t at) {
  return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_');
}

bool Holds(Regex::Assert a, std::string_view text, size_t at) {
  switch (a) {
    case Regex::Assert::kTextBegin: return at == 0;
    case Regex::Assert::kTextEnd: return at == text.size();
    case Regex::Assert::kLineBegin: return at == 0 || text[at - 1] == '\n';
    case Regex::Assert::kLineEnd: return at == text.size() || text[at] == '\n';
    case Regex::Assert::kWord: return (at > 0 && IsWord(text, at - 1)) != IsWord(text, at);
    case Regex::Assert::kNoWord: return (at > 0 && IsWord(text, at - 1)) == IsWord(text, at);
  }
  return false;
}

// The threads that wait for the next code point, most preferred first, each with its spans.
struct Threads {
  explicit Threads(size_t program, size_t slots) : seen(program, 0), slots(slots) {}

  void Clear() { ++round, pcs.clear(), spans.clear(); }
  const int64_t* SpansOf(size_t i) const { return spans.data() + i * slots; }

  std::vector<uint64_t> seen;  // by instruction: the round in which it was reached
  uint64_t round = 0;
  std::vector<int32_t> pcs;
  Spans spans;
  size_t slots;
};

class Matcher {
 public:
  Matcher(const Regex::Program& p, std::string_view text, bool full)
      : p_(p),
        text_(text),
        full_(full),
        slots_(full ? 0 : 2 * static_cast<size_t>(p.groups + 1)),
        now_(p.code.size(), slots_),
        next_(p.code.size(), slots_),
        current_(slots_, -1) {}

  // Whether there is a match that begins at `from`, or further on unless the whole text is meant.
  bool Run(size_t from, Spans* spans) {
    matched_ = false;
    now_.Clear();
    for (size_t at = from;;) {
      if (!matched_ && (at == from || !full_)) {
        std::fill(current_.begin(), current_.end(), -1);
        Add(now_, 0, at);
      }
      if (now_.pcs.empty() && (matched_ || full_)) break;
      size_t after = at;
      int32_t rune = at < text_.size() ? NextRune(text_, &after) : -1;
      next_.Clear();
      Step(rune, at, after, spans);
      std::swap(now_, next_);
      if (at >= text_.size()) break;
      at = after;
    }
    return matched_;
  }

 private:
  void Step(int32_t rune, size_t at, size_t after, Spans* spans) {
    for (size_t i = 0; i < now_.pcs.size(); ++i) {
      const Regex::Instruction& in = p_.code[static_cast<size_t>(now_.pcs[i])];
      if (in.kind == Regex::Kind::kMatch) {
        if (full_ && at != text_.size()) continue;
        matched_ = true;
        if (spans) spans->assign(now_.SpansOf(i), now_.SpansOf(i) + slots_);
        return;  // those behind are less preferred
      }
      if (rune < 0 || !p_.classes[static_cast<size_t>(in.first)].Has(rune)) continue;
      std::copy_n(now_.SpansOf(i), slots_, current_.begin());
      Add(next_, now_.pcs[i] + 1, after);
    }
  }

  // Follows what takes no code point from `pc` on, the preferred way first, without recursion: the program is the
  // user's.
  void Add(Threads& t, int32_t pc, size_t at) {
    struct Task {
      int32_t pc;  // -1: puts a slot back
      size_t slot = 0;
      int64_t value = 0;
    };
    std::vector<Task> tasks{{pc}};
    while (!tasks.empty()) {
      Task task = tasks.back();
      tasks.pop_back();
      if (task.pc < 0) {
        current_[task.slot] = task.value;
        continue;
      }
      auto index = static_cast<size_t>(task.pc);
      if (t.seen[index] == t.round) continue;
      t.seen[index] = t.round;
      const Regex::Instruction& in = p_.code[index];
      if (in.kind == Regex::Kind::kSplit) {
        tasks.push_back({task.pc + in.second});
        tasks.push_back({task.pc + in.first});
      } else if (in.kind == Regex::Kind::kAssert) {
        if (Holds(in.assertion, text_, at)) tasks.push_back({task.pc + 1});
      } else if (in.kind == Regex::Kind::kSave) {
        auto slot = static_cast<size_t>(in.first);
        if (slot < slots_) {
          tasks.push_back({-1, slot, current_[slot]});
          current_[slot] = static_cast<int64_t>(at);
        }
        tasks.push_back({task.pc + 1});
      } else {
        t.pcs.push_back(task.pc);
        t.spans.insert(t.spans.end(), current_.begin(), current_.end());
      }
    }
  }

  const Regex::Program& p_;
  std::string_view text_;
  bool full_, matched_ = false;
  size_t slots_;
  Threads now_, next_;
  Spans current_;
};

// Appends what `rewrite` makes of a match; false where it is malformed.
bool Rewrite(std::string_view text, const Spans& spans, std::string_view rewrite, std::string* out) {
  for (size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') {
      *out += rewrite[i];
      continue;
    }
    char c = ++i < rewrite.size() ? rewrite[i] : '\0';
    if (c >= '0' && c <= '9') {
      size_t group = static_cast<size_t>(c - '0');
      if (spans[2 * group] >= 0 && spans[2 * group + 1] >= 0)
        *out += text.substr(static_cast<size_t>(spans[2 * group]),
                            static_cast<size_t>(spans[2 * group + 1] - spans[2 * group]));
    } else if (c == '\\') {
      *out += c;
    } else {
      return false;
    }
  }
  return true;
}

// The highest group that a rewrite names.
int HighestGroup(std::string_view rewrite) {
  int highest = 0;
  for (size_t i = 0; i + 1 < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') continue;
    char c = rewrite[++i];
    if (c >= '0' && c <= '9') highest = std::max(highest, c - '0');
  }
  return highest;
}

}  // namespace

Result<Regex> Regex::Compile(std::string_view pattern) {
  WEIR_ASSIGN_OR_RETURN(Program program, ParseRegex(pattern));
  return Regex(std::make_shared<const Program>(std::move(program)));
}

bool Regex::FullMatch(std::string_view text) const { return Matcher(*program_, text, true).Run(0, nullptr); }

std::string Regex::Replace(std::string_view text, std::string_view rewrite, bool all) const {
  if (HighestGroup(rewrite) > program_->groups) return std::string(text);
  Matcher matcher(*program_, text, false);
  std::string out;
  Spans spans;
  size_t at = 0;
  int64_t last_end = -1;
  while (at <= text.size() && matcher.Run(at, &spans)) {
    auto begin = static_cast<size_t>(spans[0]), end = static_cast<size_t>(spans[1]);
    out += text.substr(at, begin - at);
    at = begin;
    if (begin == end && spans[0] == last_end) {  // an empty match right behind another does not count
      if (at == text.size()) return out;
      NextRune(text, &at);
      out += text.substr(begin, at - begin);
      continue;
    }
    bool sound = Rewrite(text, spans, rewrite, &out);
    if (!sound && !all) return std::string(text);
    at = end, last_end = spans[1];
    if (!all) break;
  }
  return out + std::string(text.substr(std::min(at, text.size())));
}

}  // namespace weir
