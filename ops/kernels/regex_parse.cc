// Patterns: the grammar of RE2 (its perl-like form) to code; see regex.h. Code is relative, so that a piece can be
// repeated by copying it.
#include "weir/ops/kernels/regex_parse.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

using Kind = Regex::Kind;
using Assertion = Regex::Assert;
using Instruction = Regex::Instruction;
using Ranges = RuneRanges;

constexpr int kMaxDepth = 200, kMaxRepeat = 1000;
constexpr size_t kMaxProgram = 100000;

// Code, and how often its most repeated part is repeated.
struct Piece {
  std::vector<Instruction> code;
  int64_t repeated = 1;
};

struct Flags {
  bool fold = false, lines = false, dot_all = false, lazy = false;  // i m s U
};

class Parser {
 public:
  explicit Parser(std::string_view pattern) : in_(pattern) {}

  Result<Regex::Program> Parse() {
    for (size_t at = 0; at < in_.size();) {
      if (NextRune(in_, &at) < 0) return Bad("it is not UTF-8");
    }
    WEIR_ASSIGN_OR_RETURN(Piece all, Alternatives(0));
    if (at_ < in_.size()) return Bad("unexpected ')'");
    if (folded_ >= kMaxFolded) return Bad("it is too large");
    program_.code.push_back(Save(0));
    program_.code.insert(program_.code.end(), all.code.begin(), all.code.end());
    program_.code.push_back(Save(1));
    program_.code.push_back({});
    return std::move(program_);
  }

 private:
  Status Bad(const std::string& why) const {
    return InvalidArgument(fmt::format("has the invalid pattern '{:.100}': {}", in_, why));
  }
  bool More() const { return at_ < in_.size(); }
  bool Next(char c) const { return More() && in_[at_] == c; }
  bool Take(std::string_view s) {
    if (in_.substr(at_, s.size()) != s) return false;
    at_ += s.size();
    return true;
  }
  static Instruction Save(int32_t slot) { return {.kind = Kind::kSave, .first = slot}; }
  static Instruction Split(size_t preferred, size_t other) {
    return {.kind = Kind::kSplit, .first = static_cast<int32_t>(preferred), .second = static_cast<int32_t>(other)};
  }
  static Piece Check(Assertion a) { return {{{.kind = Kind::kAssert, .assertion = a}}}; }

  Piece OneOf(Ranges ranges, bool negated, bool fold) {
    if (fold) FoldRanges(&ranges, &folded_);
    MergeRanges(&ranges);
    program_.classes.push_back({std::move(ranges), negated, fold});
    return {{{.kind = Kind::kClass, .first = static_cast<int32_t>(program_.classes.size()) - 1}}};
  }
  Piece Literal(int32_t rune) { return OneOf({{rune, rune}}, false, flags_.fold); }

  // a|b|c up to a ')' or the end. Flags that are set inside end with it.
  Result<Piece> Alternatives(int depth) {
    if (depth > kMaxDepth) return Bad(fmt::format("it is nested over {} deep", kMaxDepth));
    std::vector<Piece> parts;
    size_t size = 0;
    do {
      WEIR_ASSIGN_OR_RETURN(Piece part, Sequence(depth));
      size += part.code.size() + 2;
      parts.push_back(std::move(part));
      if (size > kMaxProgram) return Bad("it is too large");
    } while (Take("|"));
    Piece all;
    size_t end = size - 2;
    for (size_t i = 0; i < parts.size(); ++i) {
      bool last = i + 1 == parts.size();
      if (!last) all.code.push_back(Split(1, parts[i].code.size() + 2));
      all.code.insert(all.code.end(), parts[i].code.begin(), parts[i].code.end());
      if (!last) all.code.push_back(Split(end - all.code.size(), end - all.code.size()));  // both ways: a jump
      all.repeated = std::max(all.repeated, parts[i].repeated);
    }
    return all;
  }

  Result<Piece> Sequence(int depth) {
    Piece all;
    while (More() && !Next('|') && !Next(')')) {
      if (Take("\\Q")) {
        while (More() && !Take("\\E")) {
          Piece one = Literal(NextRune(in_, &at_));
          bool last = !More() || in_.substr(at_).starts_with("\\E");
          if (last) {
            Take("\\E");
            WEIR_ASSIGN_OR_RETURN(one, Repeats(std::move(one)));
          }
          all.code.insert(all.code.end(), one.code.begin(), one.code.end());
          if (last) break;
        }
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Piece one, Atom(depth));
      if (!flags_only_) { WEIR_ASSIGN_OR_RETURN(one, Repeats(std::move(one))); }
      all.code.insert(all.code.end(), one.code.begin(), one.code.end());
      all.repeated = std::max(all.repeated, one.repeated);
      if (all.code.size() > kMaxProgram) return Bad("it is too large");
    }
    return all;
  }

  // ---- repetition

  struct Count {
    int64_t least = 0, most = -1;  // -1: any
  };

  Result<bool> TakeCount(Count* c) {
    if (Take("*")) return true;
    if (Take("+")) return c->least = 1, true;
    if (Take("?")) return c->most = 1, true;
    if (!Next('{')) return false;
    size_t at = at_ + 1;
    auto number = [&](int64_t* n) {
      size_t begin = at;
      for (*n = 0; at < in_.size() && in_[at] >= '0' && in_[at] <= '9'; ++at)
        *n = std::min<int64_t>(*n * 10 + (in_[at] - '0'), 1 << 20);
      return at > begin;
    };
    if (!number(&c->least)) return false;
    c->most = c->least;
    if (at < in_.size() && in_[at] == ',') {
      ++at;
      if (!number(&c->most)) c->most = -1;
    }
    if (at >= in_.size() || in_[at] != '}') return false;  // then it is text
    if (c->least > kMaxRepeat || c->most > kMaxRepeat || (c->most >= 0 && c->most < c->least))
      return Bad("invalid repetition size");
    at_ = at + 1;
    return true;
  }

  Result<Piece> Repeats(Piece one) {
    Count count;
    WEIR_ASSIGN_OR_RETURN(bool repeated, TakeCount(&count));
    if (!repeated) return one;
    bool lazy = Take("?") != flags_.lazy;
    Count again;
    WEIR_ASSIGN_OR_RETURN(bool twice, TakeCount(&again));
    if (twice) return Bad("a repetition is repeated");
    return Repeated(std::move(one), count, lazy);
  }

  Result<Piece> Repeated(Piece one, Count c, bool lazy) {
    int64_t n = one.code.size(), copies = std::max<int64_t>(c.most < 0 ? c.least : c.most, 1);
    Piece all{{}, copies * one.repeated};
    bool counted = c.least > 1 || c.most > 1;
    if (counted && all.repeated > kMaxRepeat) return Bad("invalid repetition size");
    if ((n + 1) * copies > static_cast<int64_t>(kMaxProgram)) return Bad("it is too large");
    auto split = [&](int64_t into, int64_t out) {
      Instruction in{.kind = Kind::kSplit, .first = static_cast<int32_t>(into), .second = static_cast<int32_t>(out)};
      if (lazy) std::swap(in.first, in.second);
      all.code.push_back(in);
    };
    auto copy = [&] { all.code.insert(all.code.end(), one.code.begin(), one.code.end()); };
    if (c.most < 0) {  // x{2,} is xx+; x* is (x+)?, which keeps the order of preference where x may be empty
      if (c.least == 0) split(1, n + 2);
      for (int64_t i = 1; i < c.least; ++i) copy();
      copy();
      split(-n, 1);
      return all;
    }
    for (int64_t i = 0; i < c.least; ++i) copy();
    for (int64_t left = c.most - c.least; left > 0; --left) {
      split(1, left * (n + 1));
      copy();
    }
    return all;
  }

  // ---- atoms

  // Sets flags_only_ where it was `(?i)` or the like, which is no piece.
  Result<Piece> Atom(int depth) {
    flags_only_ = false;
    Count none;
    WEIR_ASSIGN_OR_RETURN(bool repeats, TakeCount(&none));
    if (repeats) return Bad("there is nothing to repeat");
    if (Take("(")) return Group(depth);
    if (Take("[")) return Brackets();
    if (Take(".")) return flags_.dot_all ? OneOf({{0, kMaxRune}}, false, false) : OneOf({{'\n', '\n'}}, true, false);
    if (Take("^")) return Check(flags_.lines ? Assertion::kLineBegin : Assertion::kTextBegin);
    if (Take("$")) return Check(flags_.lines ? Assertion::kLineEnd : Assertion::kTextEnd);
    if (Take("\\A")) return Check(Assertion::kTextBegin);
    if (Take("\\z")) return Check(Assertion::kTextEnd);
    if (Take("\\b")) return Check(Assertion::kWord);
    if (Take("\\B")) return Check(Assertion::kNoWord);
    Ranges ranges;
    WEIR_ASSIGN_OR_RETURN(bool many, ClassEscape(&ranges));
    if (many) return OneOf(std::move(ranges), false, flags_.fold);
    WEIR_ASSIGN_OR_RETURN(int32_t rune, Character());
    return Literal(rune);
  }

  Result<Piece> Group(int depth) {
    Flags before = flags_;
    int group = 0;
    if (!Next('?')) {
      group = ++program_.groups;
    } else if (Take("?P<")) {
      size_t end = in_.find('>', at_);
      std::string_view name = in_.substr(at_, end == in_.npos ? 0 : end - at_);
      bool sound = !name.empty() &&
                   std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
      if (!sound) return Bad("a group's name is malformed");
      at_ = end + 1;
      group = ++program_.groups;
    } else {
      Take("?");
      WEIR_RETURN_IF_ERROR(SetFlags());
      if (Take(")")) {
        flags_only_ = true;
        return Piece();
      }
      Take(":");
    }
    WEIR_ASSIGN_OR_RETURN(Piece inner, Alternatives(depth + 1));
    if (!Take(")")) return Bad("a ')' is missing");
    flags_ = before;
    flags_only_ = false;
    if (group == 0) return inner;
    inner.code.insert(inner.code.begin(), Save(2 * group));
    inner.code.push_back(Save(2 * group + 1));
    return inner;
  }

  // The flags of `(?im-s:` or `(?U)`, up to the ':' or ')'.
  Status SetFlags() {
    bool on = true, empty_off = false;
    for (; More() && !Next(':') && !Next(')'); ++at_) {
      bool* flag = Next('i')   ? &flags_.fold
                   : Next('m') ? &flags_.lines
                   : Next('s') ? &flags_.dot_all
                   : Next('U') ? &flags_.lazy
                               : nullptr;
      if (flag) {
        *flag = on, empty_off = false;
      } else if (Next('-') && on) {
        on = false, empty_off = true;
      } else {
        return Bad("a group begins with unknown flags");
      }
    }
    if (!More() || empty_off) return Bad("a group begins with unknown flags");
    return {};
  }

  Result<Piece> Brackets() {
    bool negated = Take("^");
    Ranges ranges;
    for (bool first = true; first || !Next(']'); first = false) {
      if (!More()) return Bad("a ']' is missing");
      if (in_.substr(at_).starts_with("[:")) {
        size_t end = in_.find(":]", at_ + 2);
        if (end != in_.npos) {
          std::string_view name = in_.substr(at_ + 2, end - at_ - 2);
          bool others = name.starts_with("^");
          std::string_view pairs = PosixRanges(others ? name.substr(1) : name);
          if (pairs.empty()) return Bad("there is no such character class");
          AppendPairs(pairs, others, &ranges);
          at_ = end + 2;
          continue;
        }
      }
      WEIR_ASSIGN_OR_RETURN(bool many, ClassEscape(&ranges));
      if (many) continue;
      WEIR_ASSIGN_OR_RETURN(int32_t low, Character());
      int32_t high = low;
      if (Next('-') && at_ + 1 < in_.size() && in_[at_ + 1] != ']') {
        ++at_;
        WEIR_ASSIGN_OR_RETURN(high, Character());
        if (high < low) return Bad("a range of characters is upside down");
      }
      ranges.push_back({low, high});
    }
    Take("]");
    return OneOf(std::move(ranges), negated, flags_.fold);
  }

  // \d \s \w, their opposites, and \p{Any}.
  Result<bool> ClassEscape(Ranges* ranges) {
    if (!Next('\\') || at_ + 1 >= in_.size()) return false;
    char c = in_[at_ + 1];
    auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower == 'p' || c == 'C') {
      if (!in_.substr(at_).starts_with("\\p{Any}")) return Bad(fmt::format("Weir does not have \\{} of RE2", c));
      at_ += 7;
      ranges->push_back({0, kMaxRune});
      return true;
    }
    if (lower != 'd' && lower != 's' && lower != 'w') return false;
    at_ += 2;
    AppendPairs(lower == 'd' ? "09" : lower == 's' ? "\t\n\f\r  " : "09AZ__az", c != lower, ranges);
    return true;
  }

  // One character, escaped or not.
  Result<int32_t> Character() {
    if (!Take("\\")) return NextRune(in_, &at_);
    if (!More()) return Bad("it ends in a backslash");
    char c = in_[at_++];
    auto is_octal = [&] { return More() && in_[at_] >= '0' && in_[at_] <= '7'; };
    constexpr std::string_view kNames = "afnrtv", kValues = "\a\f\n\r\t\v";
    if (size_t i = kNames.find(c); i != kNames.npos) return int32_t{kValues[i]};
    if (c == '0' || (c > '0' && c < '8' && is_octal())) {  // else it would refer back to a group
      int32_t v = c - '0';
      for (int i = 0; i < 2 && is_octal(); ++i) v = v * 8 + (in_[at_++] - '0');
      return v;
    }
    if (c == 'x') return Hexadecimal();
    bool punctuation = static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c));
    if (!punctuation) return Bad("an escape is unknown");
    return int32_t{c};
  }

  Result<int32_t> Hexadecimal() {
    bool braces = Take("{");
    int32_t v = 0;
    int digits = 0;
    while (More() && std::isxdigit(static_cast<unsigned char>(in_[at_])) && (braces || digits < 2)) {
      char c = static_cast<char>(std::tolower(static_cast<unsigned char>(in_[at_++])));
      v = v * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
      if (v > kMaxRune) return Bad("an escape is no code point");
      ++digits;
    }
    if (digits == 0 || (braces ? !Take("}") : digits != 2)) return Bad("an escape is malformed");
    return v;
  }

  std::string_view in_;
  size_t at_ = 0;
  Flags flags_;
  bool flags_only_ = false;
  int64_t folded_ = 0;
  Regex::Program program_;
};

}  // namespace

Result<Regex::Program> ParseRegex(std::string_view pattern) { return Parser(pattern).Parse(); }

}  // namespace weir
