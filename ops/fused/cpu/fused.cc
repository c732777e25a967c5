// The tile interpreter of fused chains: each tile of every operand passes through all instructions of the program while
// it is in the first cache level. They are computed by the lane functions of the plain kernels, so fusing changes no
// bit.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/base/program.h"
#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/lanes.h"

namespace weir {

namespace {

// Operands and results of instructions are places: inputs, then outputs, then registers.
constexpr int kFusedRegisters = 8;  // on the stack
constexpr int kFirstOutput = Program::kMaxInputs, kFirstRegister = kFirstOutput + Program::kMaxOutputs;

struct Instruction {
  LaneFn fn;
  LaneParams params;
  uint8_t operands[kMaxLaneArity] = {};
  uint8_t target = 0;
};

// A program whose operands and results have places.
struct Tape {
  std::vector<Instruction> instructions;
  int num_inputs = 0;
  int num_registers = 0;
  std::vector<int64_t> output_sizes;  // bytes an element
};

constexpr int kMostRegisters = 127;  // what an instruction can name

// Registers beyond those on the stack: in each part's own workspace.
int64_t ExtraRegisters(const Tape& t) { return std::max(0, t.num_registers - kFusedRegisters); }

// Numbers instructions' results into as few registers as their lives allow; those that are outputs are written there.
class Assembler {
 public:
  explicit Assembler(const Program& p) : p_(p), last_use_(p.instructions.size()) {
    for (size_t i = 0; i < p.instructions.size(); ++i) {
      for (Program::Operand o : p.instructions[i].operands) {
        if (!o.input) last_use_[o.number] = i;
      }
    }
    for (int r = 0; r < kMostRegisters; ++r) free_.insert(r);
  }

  Result<Tape> Assemble() {
    tape_.num_inputs = static_cast<int>(p_.inputs.size());
    for (size_t i = 0; i < p_.instructions.size(); ++i) WEIR_RETURN_IF_ERROR(Append(i));
    for (int r : p_.outputs) tape_.output_sizes.push_back(static_cast<int64_t>(SizeOf(p_.instructions[r].type)));
    return std::move(tape_);
  }

 private:
  Status Append(size_t i) {
    const Program::Instruction& from = p_.instructions[i];
    const LaneFn* fn = FindLaneFn(from.op, p_.OperandTypes(from), from.type);
    if (!fn || fn->find_bad)
      return Unimplemented(fmt::format("has the instruction '{}', which no chain computes", p_.InstructionText(i)));
    Instruction to{.fn = *fn, .params = {from.param}};
    for (int k = 0; k < fn->arity; ++k) to.operands[k] = static_cast<uint8_t>(PlaceOf(from.operands[k]));
    // An operand's register may take the result only where elements are of one size: a bool's would be overwritten by
    // results before it is read.
    FreeOperands(i, true);
    WEIR_RETURN_IF_ERROR(ChooseTarget(i, &to.target));
    FreeOperands(i, false);
    place_of_.push_back(to.target);
    tape_.instructions.push_back(to);
    return {};
  }

  int PlaceOf(Program::Operand o) const { return o.input ? o.number : place_of_[o.number]; }

  // Frees the registers that instruction i is the last to read: those whose elements have the result's size, or the
  // others.
  void FreeOperands(size_t i, bool one_size) {
    const Program::Instruction& ins = p_.instructions[i];
    for (Program::Operand o : ins.operands) {
      const bool last = !o.input && last_use_[o.number] == i && place_of_[o.number] >= kFirstRegister;
      if (last && (SizeOf(p_.TypeOf(o)) == SizeOf(ins.type)) == one_size)
        free_.insert(place_of_[o.number] - kFirstRegister);
    }
  }

  Status ChooseTarget(size_t i, uint8_t* target) {
    auto output = std::find(p_.outputs.begin(), p_.outputs.end(), static_cast<int>(i));
    if (output != p_.outputs.end()) {
      *target = static_cast<uint8_t>(kFirstOutput + (output - p_.outputs.begin()));
      return {};
    }
    if (free_.empty()) return Unimplemented("needs more registers than there are");
    const int r = *free_.begin();
    free_.erase(free_.begin());
    tape_.num_registers = std::max(tape_.num_registers, r + 1);
    *target = static_cast<uint8_t>(kFirstRegister + r);
    return {};
  }

  const Program& p_;
  Tape tape_;
  std::vector<size_t> last_use_;
  std::vector<int> place_of_;  // of instructions' results
  std::set<int> free_;
};

void RunTape(const Tape& t, const ElementwisePlan& plan, RunArgs& a) {
  alignas(64) char registers[kFusedRegisters * kLaneTileBytes];
  alignas(64) char tiles[Program::kMaxInputs * kLaneTileBytes];
  char* extra = a.own<char>();
  const void *in[Program::kMaxInputs], *at[Program::kMaxInputs];
  void* places[kFirstRegister + kMostRegisters];
  for (int k = 0; k < t.num_inputs; ++k) in[k] = a.in<char>(k);
  for (int r = 0; r < t.num_registers; ++r) {
    places[kFirstRegister + r] =
        r < kFusedRegisters ? registers + r * kLaneTileBytes : extra + (r - kFusedRegisters) * kLaneTileBytes;
  }
  const int num_outputs = static_cast<int>(t.output_sizes.size());
  auto [begin, end] = a.Range();
  plan.ForTiles(in, at, tiles, begin, end, [&](int64_t position, int64_t n) {
    for (int k = 0; k < t.num_inputs; ++k) places[k] = const_cast<void*>(at[k]);
    for (int k = 0; k < num_outputs; ++k) places[kFirstOutput + k] = a.out<char>(k) + position * t.output_sizes[k];
    for (const Instruction& ins : t.instructions) {
      const void* operands[kMaxLaneArity];
      for (int k = 0; k < ins.fn.arity; ++k) operands[k] = places[ins.operands[k]];
      ins.fn.Run(operands, places[ins.target], n, ins.params);
    }
    return true;
  });
}

// What the node's inputs and outputs must be for its program.
Status CheckFused(const PrepareContext& c, const Program& body) {
  std::vector<DType> in, out;
  for (int i = 0; i < c.num_inputs(); ++i) in.push_back(c.input_dtype(i));
  for (int i = 0; i < c.num_outputs(); ++i) out.push_back(c.output_dtype(i));
  WEIR_RETURN_IF_ERROR(body.CheckTypes(in, out));
  if (c.num_inputs() > Program::kMaxInputs || c.num_outputs() > Program::kMaxOutputs)
    return Unimplemented("has more inputs or outputs than a fused chain may have");
  if (body.outputs[0] != static_cast<int>(body.instructions.size()) - 1)
    return InvalidArgument("has another first output than the last instruction's result");
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (ElementwisePlan::Broadcasts(c.input_shape(i), c.output_shape(0))) continue;
    return InvalidArgument(fmt::format("cannot broadcast an input of shape {} to {}", c.input_shape(i).ToString(),
                                       c.output_shape(0).ToString()));
  }
  return {};
}

Status PrepareFused(PrepareContext& c) {
  const Program body = c.attr<Program>("body");
  WEIR_RETURN_IF_ERROR(CheckFused(c, body));
  WEIR_ASSIGN_OR_RETURN(Tape tape, Assembler(body).Assemble());
  std::vector<Shape> shapes;
  std::vector<int64_t> sizes;
  for (int i = 0; i < c.num_inputs(); ++i) {
    shapes.push_back(c.input_shape(i));
    sizes.push_back(static_cast<int64_t>(SizeOf(c.input_dtype(i))));
  }
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, tape.output_sizes[0]);
  double ns = 0;
  for (const Instruction& i : tape.instructions) ns += i.fn.ns;
  c.ParallelOver(plan.units(), ns * static_cast<double>(plan.unit_elements()));
  c.set_own_workspace(ExtraRegisters(tape) * kLaneTileBytes);
  c.SetRun([tape = std::move(tape), plan = std::move(plan)](RunArgs& a) { RunTape(tape, plan, a); });
  return {};
}

}  // namespace

void RegisterFusedKernels(KernelRegistry& r) {
  KernelDef& def = r.Add("_Fused", PrepareFused);
  // Only the first output, which the last instruction writes: no input is read after it. Inputs that broadcast have
  // fewer bytes than the output; the planner takes those of equal size only.
  for (int i = 0; i < Program::kMaxInputs; ++i) def.InPlace(0, i);
}

}  // namespace weir
