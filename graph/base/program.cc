// Checks of programs, their print, and how it is read back.
#include "weir/graph/base/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>

namespace weir {

namespace {

bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string OperandText(Program::Operand o) { return fmt::format("{}{}", o.input ? 'i' : 'r', o.number); }

// Reads the print from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool Take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  Status Expect(std::string_view token) { return Take(token) ? Status() : Fail(fmt::format("'{}'", token)); }
  std::string_view Name() {
    const auto end = std::find_if_not(text_.begin(), text_.end(), IsNameChar);
    return Cut(static_cast<size_t>(end - text_.begin()));
  }
  Status Type(DType* out) {
    const std::string_view rest = text_;
    *out = ParseDType(Name());
    if (*out != DType::kInvalid) return {};
    text_ = rest;
    return Fail("a dtype");
  }
  template <class T> Status Number(T* out) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), *out);
    if (error != std::errc() || (std::is_integral_v<T> && *out < T(0))) return Fail("a number");
    Cut(static_cast<size_t>(end - text_.data()));
    return {};
  }
  Status Fail(const std::string& wanted) const {
    const std::string place = at_end() ? "its end" : fmt::format("'{:.40}'", text_);
    return InvalidArgument(fmt::format("has a malformed program: {} was expected at {}", wanted, place));
  }

 private:
  std::string_view Cut(size_t n) {
    const std::string_view head = text_.substr(0, n);
    text_.remove_prefix(n);
    return head;
  }

  std::string_view text_;
};

Status ReadInstruction(Reader& r, Program::Instruction* i) {
  WEIR_RETURN_IF_ERROR(r.Type(&i->type));
  WEIR_RETURN_IF_ERROR(r.Expect(" = "));
  i->op = r.Name();
  if (r.Take("(")) {
    WEIR_RETURN_IF_ERROR(r.Number(&i->param));
    WEIR_RETURN_IF_ERROR(r.Expect(")"));
  }
  while (!r.Take("; ")) {
    Program::Operand o{.input = r.Take(" i")};
    if (!o.input) WEIR_RETURN_IF_ERROR(r.Expect(" r"));
    WEIR_RETURN_IF_ERROR(r.Number(&o.number));
    i->operands.push_back(o);
  }
  return {};
}

}  // namespace

bool Program::Holds(DType t) { return IsSupported(t) && IsPlain(t) && !IsComplex(t); }

bool Program::Instruction::operator==(const Instruction& o) const {
  const bool same_param = param == o.param || (param != param && o.param != o.param);
  return same_param && op == o.op && type == o.type && operands == o.operands;
}

std::vector<DType> Program::OperandTypes(const Instruction& i) const {
  std::vector<DType> types;
  for (Operand o : i.operands) types.push_back(TypeOf(o));
  return types;
}

Status Program::Check() const {
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (!Holds(inputs[k]))
      return InvalidArgument(fmt::format("has a program with an input {} of {}", k, DTypeName(inputs[k])));
  }
  for (size_t i = 0; i < instructions.size(); ++i) {
    const Instruction& ins = instructions[i];
    auto bad = [&](const std::string& why) {
      return InvalidArgument(fmt::format("has a program whose instruction '{}' {}", InstructionText(i), why));
    };
    if (ins.op.empty() || !std::all_of(ins.op.begin(), ins.op.end(), IsNameChar)) return bad("names no op");
    if (!Holds(ins.type)) return bad("gives no real number and no bool");
    for (Operand o : ins.operands) {
      const size_t end = o.input ? inputs.size() : i;
      if (o.number < 0 || static_cast<size_t>(o.number) >= end)
        return bad(fmt::format("reads {}, which {}", OperandText(o), o.input ? "is no input" : "is no earlier result"));
    }
  }
  if (outputs.empty()) return InvalidArgument("has a program without outputs");
  for (size_t k = 0; k < outputs.size(); ++k) {
    const int r = outputs[k];
    if (r < 0 || static_cast<size_t>(r) >= instructions.size())
      return InvalidArgument(fmt::format("has a program that returns r{}, which no instruction gives", r));
    if (std::find(outputs.begin(), outputs.begin() + k, r) != outputs.begin() + k)
      return InvalidArgument(fmt::format("has a program that returns r{} twice", r));
  }
  return {};
}

Status Program::CheckTypes(std::span<const DType> in, std::span<const DType> out) const {
  WEIR_RETURN_IF_ERROR(Check());
  auto check = [](const char* what, std::span<const DType> node, size_t size, auto type) -> Status {
    if (node.size() != size)
      return InvalidArgument(fmt::format("has {} {}s, but a program of {}", node.size(), what, size));
    for (size_t k = 0; k < size; ++k) {
      if (node[k] == type(k)) continue;
      return InvalidArgument(fmt::format("has {} {} of {}, but a program where it is {}", what, k, DTypeName(node[k]),
                                         DTypeName(type(k))));
    }
    return {};
  };
  WEIR_RETURN_IF_ERROR(check("input", in, inputs.size(), [&](size_t k) { return inputs[k]; }));
  return check("output", out, outputs.size(), [&](size_t k) { return instructions[outputs[k]].type; });
}

std::string Program::InstructionText(size_t i) const {
  const Instruction& ins = instructions[i];
  std::string text = fmt::format("r{} {} = {}", i, DTypeShortName(ins.type), ins.op);
  if (std::bit_cast<uint32_t>(ins.param) != 0) text += fmt::format("({})", ins.param);
  for (Operand o : ins.operands) text += ' ', text += OperandText(o);
  return text;
}

std::string Program::ToString() const {
  std::string text;
  for (size_t k = 0; k < inputs.size(); ++k)
    text += fmt::format("{}i{} {}", k ? ", " : "", k, DTypeShortName(inputs[k]));
  for (size_t i = 0; i < instructions.size(); ++i) text += "; " + InstructionText(i);
  text += "; return";
  for (int r : outputs) text += fmt::format(" r{}", r);
  return text;
}

Result<Program> Program::Parse(std::string_view text) {
  Reader r(text);
  Program p;
  while (!r.Take("; ")) {
    WEIR_RETURN_IF_ERROR(r.Expect(fmt::format("{}i{} ", p.inputs.empty() ? "" : ", ", p.inputs.size())));
    WEIR_RETURN_IF_ERROR(r.Type(&p.inputs.emplace_back()));
  }
  while (!r.Take("return")) {
    WEIR_RETURN_IF_ERROR(r.Expect(fmt::format("r{} ", p.instructions.size())));
    WEIR_RETURN_IF_ERROR(ReadInstruction(r, &p.instructions.emplace_back()));
  }
  while (!r.at_end()) {
    WEIR_RETURN_IF_ERROR(r.Expect(" r"));
    WEIR_RETURN_IF_ERROR(r.Number(&p.outputs.emplace_back()));
  }
  return p;
}

}  // namespace weir
