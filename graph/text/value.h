// Pieces of the text form that printing and parsing share. Internal to text*.cc.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "weir/graph/graph.h"

namespace weir::text {

inline bool IsNameChar(char c, bool first) {
  bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  return word || (!first && (c == '-' || c == '/' || c == '>' || c == '\\'));
}

std::string Quote(std::string_view s);
// As it is when it reads as a name, else quoted.
std::string NameText(std::string_view s);
std::string DTypeText(DType t);
// `kind` is what the schema says of the attribute, "" when it says nothing.
std::string ValueText(const AttrValue& v, std::string_view kind, int64_t max_elements);

// The type and count attributes of `def` that the inputs tell, where `given` does not say them. kInvalid: not known.
AttrMap AttrsFromInputs(const OpDef& def, const AttrMap& given, const std::vector<DType>& inputs);

// Reads text from left to right. Errors carry line and column.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  Status Fail(const std::string& what) const;
  bool at_end() const { return pos_ >= text_.size(); }
  size_t position() const { return pos_; }
  void set_position(size_t p) { pos_ = p; }
  // Skips blanks; with `lines`, line ends and comments too.
  void Skip(bool lines);
  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }
  // After blanks (and lines): consumes `token` when it is there.
  bool Take(std::string_view token, bool lines = true);
  // A word like `from`, not part of a longer name.
  bool TakeWord(std::string_view word, bool lines = true);
  Status Expect(std::string_view token);
  Result<std::string> Name();    // a name or a quoted string
  Result<std::string> Quoted();  // any bytes
  Result<std::string> Text();    // a quoted string that is UTF-8
  Result<int64_t> Int();

  Result<AttrValue> Value(std::string_view kind, int depth = 0);
  // `{name: value, …}`; the kinds are from `def` when there is one.
  Result<AttrMap> Attrs(const OpDef* def, int depth = 0);
  // A dtype's name.
  Result<DType> Type();
  // `[2,?]` or `<2,?>`; `?` or `<*>` is an unknown rank; in types `<?>` too.
  Result<PartialShape> ShapeIn(char open, char close);

 private:
  Result<AttrValue> List(std::string_view kind, int depth);
  Result<AttrValue> NumberValue(std::string_view kind);
  Result<Tensor> TensorAfter(DType dtype);
  template <class T> Result<Tensor> Elements(DType dtype, const Shape& shape, bool splat);
  template <class T> Status Element(T* out);
  template <class T> Status Number(std::string_view token, T* out) const;
  std::string_view NumberToken();

  std::string_view text_;
  size_t pos_ = 0;
};

}  // namespace weir::text
