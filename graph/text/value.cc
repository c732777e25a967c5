// Reading of values of the text form: names, numbers, strings, shapes, tensors, lists.
#include "weir/graph/text/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "weir/graph/base/complex_text.h"
#include "weir/graph/text/text.h"

namespace weir::text {

namespace {
constexpr int kMaxDepth = 64;  // of nested values
constexpr size_t kMaxName = 1 << 20;

bool IsUtf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    auto first = static_cast<uint8_t>(s[i++]);
    int more = first < 0x80                    ? 0
               : first >= 0xc2 && first < 0xe0 ? 1
               : (first & 0xf0) == 0xe0        ? 2
               : first >= 0xf0 && first < 0xf5 ? 3
                                               : -1;
    if (more < 0 || s.size() - i < static_cast<size_t>(more)) return false;
    uint32_t code = more ? first & (0x3f >> more) : first;
    for (int k = 0; k < more; ++k, ++i) {
      if ((s[i] & 0xc0) != 0x80) return false;
      code = code << 6 | (s[i] & 0x3f);
    }
    bool sound =
        more < 2 || (code >= (more == 2 ? 0x800u : 0x10000u) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
    if (!sound) return false;
  }
  return true;
}
}  // namespace

Status Cursor::Fail(const std::string& what) const {
  std::string_view before = text_.substr(0, pos_);
  size_t line = std::count(before.begin(), before.end(), '\n') + 1;
  size_t newline = before.rfind('\n');
  return InvalidArgument(fmt::format("error[file]: line {}, column {}: {}", line,
                                     newline == before.npos ? pos_ + 1 : pos_ - newline, what));
}

void Cursor::Skip(bool lines) {
  while (pos_ < text_.size()) {
    char c = text_[pos_];
    if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
      ++pos_;
    } else if (lines && c == '#') {
      pos_ = std::min(text_.find('\n', pos_), text_.size());
    } else {
      return;
    }
  }
}

bool Cursor::Take(std::string_view token, bool lines) {
  size_t start = pos_;
  Skip(lines);
  if (text_.substr(pos_, token.size()) != token) {
    pos_ = start;
    return false;
  }
  pos_ += token.size();
  return true;
}

bool Cursor::TakeWord(std::string_view word, bool lines) {
  size_t start = pos_;
  if (Take(word, lines) && !IsNameChar(peek(), false)) return true;
  pos_ = start;
  return false;
}

Status Cursor::Expect(std::string_view token) {
  if (Take(token)) return {};
  Skip(true);
  return Fail(fmt::format("'{}' was expected", token));
}

Result<std::string> Cursor::Text() {
  WEIR_ASSIGN_OR_RETURN(std::string s, Quoted());
  if (!IsUtf8(s)) return Fail("names and the like must be UTF-8, or no protobuf message could hold them");
  return s;
}

Result<std::string> Cursor::Name() {
  Skip(true);
  if (peek() == '"') return Text();
  size_t start = pos_;
  while (pos_ < text_.size() && IsNameChar(text_[pos_], pos_ == start)) ++pos_;
  if (pos_ == start) return Fail("a name was expected");
  if (pos_ - start > kMaxName) return Fail("the name is longer than a megabyte");
  return std::string(text_.substr(start, pos_ - start));
}

Result<std::string> Cursor::Quoted() {
  WEIR_RETURN_IF_ERROR(Expect("\""));
  std::string out;
  while (pos_ < text_.size() && text_[pos_] != '"') {
    char c = text_[pos_++];
    if (c == '\n') return Fail("the string has no closing quote");
    if (c != '\\') {
      out += c;
      continue;
    }
    char e = peek();
    ++pos_;
    if (e == 'n') {
      out += '\n';
    } else if (e == '"' || e == '\\') {
      out += e;
    } else if (e == 'x') {
      unsigned v = 0;
      std::string_view hex = text_.substr(std::min(pos_, text_.size()), 2);
      auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), v, 16);
      if (error != std::errc() || end != hex.data() + 2) return Fail("\\x needs two hexadecimal digits");
      out += static_cast<char>(v);
      pos_ += 2;
    } else {
      return Fail("an unknown escape in a string");
    }
  }
  if (at_end()) return Fail("the string has no closing quote");
  ++pos_;
  return out;
}

std::string_view Cursor::NumberToken() {
  Skip(true);
  size_t start = pos_;
  auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '+' || c == '-'; };
  while (pos_ < text_.size()) {
    if (peek() == '(' && text_.substr(start, pos_ - start).ends_with("nan")) {  // nan(0x7fc00001): with its bits
      pos_ = std::min(text_.find(')', pos_), text_.size() - 1) + 1;
    } else if (part(peek())) {
      ++pos_;
    } else {
      break;
    }
  }
  return text_.substr(start, pos_ - start);
}

template <class T> Status Cursor::Element(T* out) {
  if constexpr (std::is_same_v<T, std::string>) {
    Skip(true);
    WEIR_ASSIGN_OR_RETURN(*out, Quoted());
    return {};
  } else {
    return Number(NumberToken(), out);
  }
}

template <class T> Status Cursor::Number(std::string_view token, T* out) const {
  if constexpr (kIsComplexType<T>) {
    const auto [real, imag] = SplitComplex(token);
    PartOf<T> parts[2] = {};
    WEIR_RETURN_IF_ERROR(Number(real, &parts[0]));
    WEIR_RETURN_IF_ERROR(Number(imag, &parts[1]));
    *out = T(parts[0], parts[1]);
    return {};
  } else {
    const char *begin = token.data(), *end = begin + token.size();
    if constexpr (std::is_same_v<T, bool>) {
      *out = token == "true";
      return *out || token == "false" ? Status() : Fail("true or false was expected");
    } else if constexpr (std::is_integral_v<T>) {
      auto [stop, error] = std::from_chars(begin, end, *out);
      return error == std::errc() && stop == end
                 ? Status()
                 : Fail(fmt::format("'{:.40}' is no number that fits {}", token, DTypeShortName(DTypeOf<T>)));
    } else {
      using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
      using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>>;
      if (token.starts_with("nan(0x") && token.ends_with(")")) {
        Bits bits = 0;
        auto [stop, error] = std::from_chars(begin + 6, end - 1, bits, 16);
        if (error != std::errc() || stop != end - 1) return Fail("malformed bits of a NaN");
        *out = std::bit_cast<T>(bits);
        return {};
      }
      Wide wide = 0;
      auto [stop, error] = std::from_chars(begin, end, wide);
      if (token.empty() || error == std::errc::invalid_argument || stop != end)
        return Fail(fmt::format("'{:.40}' is no number", token));
      if (error == std::errc::result_out_of_range)
        return Fail(fmt::format("'{:.40}' is outside {}", token, DTypeShortName(DTypeOf<T>)));
      *out = T(wide);
      return {};
    }
  }
}

// Brackets only have to balance: the shape tells the nesting, which may be 254 deep.
template <class T> Result<Tensor> Cursor::Elements(DType dtype, const Shape& shape, bool splat) {
  if (splat) {
    T v{};
    WEIR_RETURN_IF_ERROR(Element(&v));
    WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
    std::fill_n(static_cast<T*>(t.mutable_raw()), t.num_elements(), v);
    return t;
  }
  std::vector<T> values;
  int depth = 0;
  do {
    Skip(true);
    char c = peek();
    if (c == '[') {
      ++depth, ++pos_;
    } else if (c == ']') {
      if (--depth < 0) return Fail("a ']' too many");
      ++pos_;
    } else if (c == ',') {
      if (depth == 0) return Fail("a ',' outside brackets");
      ++pos_;
    } else {
      if (at_end()) return Fail("the tensor ends too early");
      if (Take("…")) return Fail("elements were left out when this was printed");
      if (static_cast<int64_t>(values.size()) >= shape.num_elements())
        return Fail(fmt::format("more elements than a tensor of shape {} has", shape.ToString()));
      T v{};
      WEIR_RETURN_IF_ERROR(Element(&v));
      values.push_back(std::move(v));
    }
  } while (depth > 0);
  if (static_cast<int64_t>(values.size()) != shape.num_elements()) {
    return Fail(fmt::format("{} elements for a tensor of shape {}", values.size(), shape.ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
  std::copy(values.begin(), values.end(), static_cast<T*>(t.mutable_raw()));
  return t;
}

Result<Tensor> Cursor::TensorAfter(DType dtype) {
  WEIR_ASSIGN_OR_RETURN(PartialShape partial, ShapeIn('[', ']'));
  if (!partial.fully_known()) return Fail("a tensor's shape must be known");
  auto shape = Shape::Make(partial.dims());
  if (!shape.ok()) return Fail(shape.status().message());
  if (TakeWord("none")) return Tensor();
  if (TakeWord("opaque")) {
    WEIR_ASSIGN_OR_RETURN(std::string bytes, Quoted());
    if (IsSupported(dtype)) return Fail("opaque bytes are for dtypes that Weir does not compute with");
    if (int64_t want = 0;
        IsPlain(dtype) && (!CheckedMul(shape->num_elements(), static_cast<int64_t>(SizeOf(dtype)), &want) ||
                           want != static_cast<int64_t>(bytes.size()))) {
      return Fail(fmt::format("{} bytes are no tensor of shape {}", bytes.size(), shape->ToString()));
    }
    WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(static_cast<int64_t>(bytes.size())));
    std::memcpy(buffer->data(), bytes.data(), bytes.size());
    return HasFileForm(dtype) ? Tensor::FromBuffer(dtype, *shape, buffer) : Tensor::Opaque(dtype, *shape, buffer);
  }
  bool splat = TakeWord("splat");
  if (dtype == kString) return Elements<std::string>(dtype, *shape, splat);
  Result<Tensor> made = Fail(fmt::format("values of dtype {} cannot be written", DTypeName(dtype)));
  DispatchType(dtype, NumberAndBoolTypes{}, [&](auto v) { made = Elements<decltype(v)>(dtype, *shape, splat); });
  return made;
}

Result<DType> Cursor::Type() {
  Skip(true);
  size_t start = pos_;
  WEIR_ASSIGN_OR_RETURN(std::string name, Name());
  if (name == "dtype" && Take("(", false)) {
    WEIR_ASSIGN_OR_RETURN(int64_t n, Int());
    WEIR_RETURN_IF_ERROR(Expect(")"));
    if (n < 0 || n > 255) return Fail("a dtype's number is below 256");
    return static_cast<DType>(n);
  }
  DType t = ParseDType(name);
  if (t != DType::kInvalid) return t;
  pos_ = start;
  return Fail(fmt::format("'{:.40}' is no dtype", name));
}

Result<int64_t> Cursor::Int() {
  int64_t v = 0;
  WEIR_RETURN_IF_ERROR(Element(&v));
  return v;
}

Result<PartialShape> Cursor::ShapeIn(char open, char close) {
  if (Take("?") || Take("<*>") || (open == '[' && Take("<?>"))) return PartialShape::Unknown();
  WEIR_RETURN_IF_ERROR(Expect(std::string(1, open)));
  Dims dims;
  while (!Take(std::string_view(&close, 1))) {
    if (!dims.empty()) WEIR_RETURN_IF_ERROR(Expect(","));
    if (static_cast<int>(dims.size()) == kMaxRank)
      return Fail(fmt::format("a shape has at most {} dimensions", kMaxRank));
    if (Take("?")) {
      dims.push_back(kUnknownDim);
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(int64_t d, Int());
    if (d < -1) return Fail("a dimension cannot be negative");
    dims.push_back(d);
  }
  return PartialShape(std::move(dims));
}

Result<AttrValue> Cursor::NumberValue(std::string_view kind) {
  size_t start = pos_;
  std::string_view token = NumberToken();
  pos_ = start;
  bool integer = kind != "float" && kind != "list(float)" && !token.empty() &&
                 token.find_first_not_of("-+0123456789") == token.npos;
  if (integer) {
    WEIR_ASSIGN_OR_RETURN(int64_t i, Int());
    return AttrValue(i);
  }
  float f = 0;
  WEIR_RETURN_IF_ERROR(Element(&f));
  return AttrValue(f);
}

namespace {

// Adds an item to a list whose items must be of one kind.
bool Append(const AttrValue& v, AttrList* l) {
  size_t before = l->size();
  auto add = [&](auto& items, const auto* item) {
    if (item && before == items.size()) items.push_back(*item);
  };
  add(l->s, v.get<std::string>());
  add(l->i, v.get<int64_t>());
  add(l->f, v.get<float>());
  add(l->b, v.get<bool>());
  add(l->type, v.get<DType>());
  add(l->shape, v.get<PartialShape>());
  add(l->tensor, v.get<Tensor>());
  add(l->func, v.get<FuncRef>());
  return l->size() == before + 1;
}

}  // namespace

Result<AttrValue> Cursor::List(std::string_view kind, int depth) {
  size_t start = pos_;
  WEIR_RETURN_IF_ERROR(Expect("["));
  AttrList l;
  while (!Take("]")) {
    if (l.size()) WEIR_RETURN_IF_ERROR(Expect(","));
    Skip(true);
    if (peek() == '?') {  // `[?,2]` where no schema says that it is a shape
      pos_ = start;
      WEIR_ASSIGN_OR_RETURN(PartialShape s, ShapeIn('[', ']'));
      return AttrValue(std::move(s));
    }
    WEIR_ASSIGN_OR_RETURN(AttrValue item, Value(kind, depth + 1));
    if (!Append(item, &l)) return Fail("a list has items of one kind");
  }
  return AttrValue(std::move(l));
}

Result<AttrValue> Cursor::Value(std::string_view kind, int depth) {
  if (depth > kMaxDepth) return Fail(fmt::format("values are nested more than {} deep", kMaxDepth));
  Skip(true);
  char c = peek();
  if (kind == "shape" && (c == '[' || c == '?')) {
    WEIR_ASSIGN_OR_RETURN(PartialShape s, ShapeIn('[', ']'));
    return AttrValue(std::move(s));
  }
  if (c == '[') return List(kind, depth);
  if (c == '<' || c == '?') {
    WEIR_ASSIGN_OR_RETURN(PartialShape s, ShapeIn('<', '>'));
    return AttrValue(std::move(s));
  }
  if (c == '"') {
    WEIR_ASSIGN_OR_RETURN(std::string s, Quoted());
    return AttrValue(std::move(s));
  }
  if (Take("$")) {
    WEIR_ASSIGN_OR_RETURN(std::string name, Name());
    return AttrValue(AttrPlaceholder{std::move(name)});
  }
  if (TakeWord("true")) return AttrValue(true);
  if (TakeWord("false")) return AttrValue(false);
  if (TakeWord("nothing")) return AttrValue();
  if (TakeWord("func")) {
    FuncRef f;
    WEIR_ASSIGN_OR_RETURN(f.name, Name());
    if (Take("{", false)) {
      --pos_;
      WEIR_ASSIGN_OR_RETURN(f.attrs, Attrs(nullptr, depth + 1));
    }
    return AttrValue(std::move(f));
  }
  bool number = (c >= '0' && c <= '9') || c == '-' || c == '.' || text_.substr(pos_).starts_with("inf") ||
                text_.substr(pos_).starts_with("nan");
  if (number) return NumberValue(kind);
  WEIR_ASSIGN_OR_RETURN(DType t, Type());
  if (peek() != '[') return AttrValue(t);
  WEIR_ASSIGN_OR_RETURN(Tensor tensor, TensorAfter(t));
  return AttrValue(std::move(tensor));
}

Result<AttrMap> Cursor::Attrs(const OpDef* def, int depth) {
  if (depth > kMaxDepth) return Fail(fmt::format("values are nested more than {} deep", kMaxDepth));
  WEIR_RETURN_IF_ERROR(Expect("{"));
  AttrMap attrs;
  while (!Take("}")) {
    if (!attrs.empty()) WEIR_RETURN_IF_ERROR(Expect(","));
    WEIR_ASSIGN_OR_RETURN(std::string name, Name());
    WEIR_RETURN_IF_ERROR(Expect(":"));
    const AttrDef* d = def ? def->FindAttr(name) : nullptr;
    WEIR_ASSIGN_OR_RETURN(AttrValue value, Value(d ? std::string_view(d->kind) : "", depth));
    if (!attrs.emplace(name, std::move(value)).second)
      return Fail(fmt::format("the attribute '{}' is given twice", name));
  }
  return attrs;
}

}  // namespace weir::text

namespace weir {

Result<AttrValue> ParseAttr(std::string_view text, std::string_view kind) {
  text::Cursor c(text);
  WEIR_ASSIGN_OR_RETURN(AttrValue v, c.Value(kind));
  c.Skip(true);
  if (!c.at_end()) return c.Fail("something is left after the value");
  return v;
}

}  // namespace weir
