// Program: the body of a fused op as a value: straight-line code over the elements of its inputs, each result assigned
// once. What a pass makes, the verifier checks and a kernel computes (later: a code generator, products' epilogues) is
// this one type; its text is a print, read back by Parse alone.
//
// Invariant: a program that passes Check reads only inputs and earlier results, and its values are real numbers and
// bools (Holds): at most 8 bytes each. It does not know which ops there are: whoever computes it looks each up by name
// and dtypes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/status.h"

namespace weir {

struct Program {
  // What an instruction reads: an input, or the result of an earlier instruction.
  struct Operand {
    bool input = false;
    int number = 0;
    bool operator==(const Operand&) const = default;
  };
  static Operand Input(int k) { return {true, k}; }
  static Operand ResultOf(int instruction) { return {false, instruction}; }

  struct Instruction {
    std::string op;                 // TensorFlow's name
    DType type = DType::kInvalid;   // of the result
    std::vector<Operand> operands;
    float param = 0;                // the op's attribute (alpha, tolerance); 0 where it has none
    bool operator==(const Instruction& o) const;
  };

  std::vector<DType> inputs;
  std::vector<Instruction> instructions;
  std::vector<int> outputs;  // the instructions whose results are the outputs

  static bool Holds(DType t);
  // Of a chain that is fused. Why so few: what it reads and makes should stay in the first cache level, on the stack.
  static constexpr int kMaxInputs = 8, kMaxOutputs = 8, kMaxInstructions = 48;

  // Of a program that passes Check.
  DType TypeOf(Operand o) const { return o.input ? inputs[o.number] : instructions[o.number].type; }
  std::vector<DType> OperandTypes(const Instruction& i) const;

  // The first error, which names the instruction.
  Status Check() const;
  // Check, and that inputs and outputs have these dtypes.
  Status CheckTypes(std::span<const DType> inputs, std::span<const DType> outputs) const;

  // "i0 f32, i1 f32; r0 f32 = Mul i0 i1; r1 f32 = LeakyRelu(0.2) r0; return r1"
  std::string ToString() const;
  std::string InstructionText(size_t i) const;
  // Reads what ToString prints; an error tells the place. The program read may still fail Check.
  static Result<Program> Parse(std::string_view text);

  bool operator==(const Program&) const = default;
};

}  // namespace weir
