// The tile interpreter of fused chains: each tile of every operand passes through all instructions while it is in the
// first cache level. Instructions are the lane functions of the plain kernels, so fusing changes no bit.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

#include "weir/ops/fused/cpu/fused.h"
#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/lanes.h"

namespace weir {

namespace {

// Operands and results of instructions are places: inputs, then outputs, then registers.
constexpr int kFirstOutput = kFusedInputs, kFirstRegister = kFirstOutput + kFusedOutputs;

struct Instruction {
  LaneFn fn;
  LaneParams params;
  uint8_t operands[kMaxLaneArity] = {};
  uint8_t target = 0;
};

struct Program {
  std::vector<Instruction> instructions;
  int num_inputs = 0;
  int num_registers = 0;
  std::vector<int64_t> output_sizes;  // bytes an element
};

constexpr int64_t kTileBytes = kLaneTile * 8;
constexpr int kMostRegisters = 127;  // what an instruction can name

// Registers beyond those on the stack: in each part's own workspace.
int64_t ExtraRegisters(const Program& p) { return std::max(0, p.num_registers - kFusedRegisters); }

std::vector<std::string_view> Words(std::string_view s) {
  std::vector<std::string_view> words;
  while (!s.empty()) {
    size_t space = s.find(' ');
    words.push_back(s.substr(0, space));
    s = space == s.npos ? std::string_view() : s.substr(space + 1);
  }
  return words;
}

// Numbers instructions' results into as few registers as their lives allow; those that are outputs are written there.
class Assembler {
 public:
  Assembler(const std::vector<std::string>& text, const std::vector<float>& params, const std::vector<int64_t>& outputs,
            int num_inputs)
      : text_(text), params_(params), outputs_(outputs), num_inputs_(num_inputs) {}

  Result<Program> Assemble() {
    FindLastUses();
    Program p;
    p.num_inputs = num_inputs_;
    for (size_t i = 0; i < text_.size(); ++i) {
      auto words = Words(text_[i]);
      if (words.size() < 4 || words.size() > 3 + kMaxLaneArity) return Bad(i);
      Instruction ins;
      const LaneFn* fn = FindLaneFn(words[0], ParseDType(words[1]), ParseDType(words[2]));
      if (!fn || fn->find_bad || fn->arity != static_cast<int>(words.size()) - 3) return Bad(i);
      ins.fn = *fn;
      if (i < params_.size()) ins.params.a = params_[i];
      for (int k = 0; k < fn->arity; ++k) {
        int number = 0;
        if (!Number(words[3 + k], &number)) return Bad(i);
        bool input = words[3 + k][0] == 'i';
        if (input ? number >= num_inputs_ : number >= static_cast<int>(i)) return Bad(i);
        ins.operands[k] = static_cast<uint8_t>(input ? number : place_of_[number]);
      }
      // An operand's register may take the result only where elements are of one size: a bool's would be overwritten by
      // results before it is read.
      const bool one_size =
          SizeOf(ParseDType(words[1])) == SizeOf(ParseDType(words[2])) && !words[0].starts_with("Select");
      if (one_size) FreeOperands(words, i);
      auto output = std::find(outputs_.begin(), outputs_.end(), static_cast<int64_t>(i));
      if (output != outputs_.end()) {
        ins.target = static_cast<uint8_t>(kFirstOutput + (output - outputs_.begin()));
      } else {
        if (free_.empty()) return Unimplemented("needs more registers than there are");
        int r = *free_.begin();
        free_.erase(free_.begin());
        p.num_registers = std::max(p.num_registers, r + 1);
        ins.target = static_cast<uint8_t>(kFirstRegister + r);
      }
      if (!one_size) FreeOperands(words, i);
      place_of_.push_back(ins.target);
      p.instructions.push_back(ins);
    }
    return p;
  }

 private:
  static bool Number(std::string_view word, int* out) {
    if (word.size() < 2 || (word[0] != 'i' && word[0] != 'r')) return false;
    return std::from_chars(word.data() + 1, word.data() + word.size(), *out).ptr == word.data() + word.size() &&
           *out >= 0;
  }

  // Frees the registers that instruction i is the last to read.
  void FreeOperands(const std::vector<std::string_view>& words, size_t i) {
    for (size_t k = 3; k < words.size(); ++k) {
      int number = 0;
      Number(words[k], &number);
      if (words[k][0] == 'r' && last_use_[number] == i && place_of_[number] >= kFirstRegister)
        free_.insert(place_of_[number] - kFirstRegister);
    }
  }

  void FindLastUses() {
    last_use_.assign(text_.size(), 0);
    for (size_t i = 0; i < text_.size(); ++i) {
      last_use_[i] = std::max(last_use_[i], i);
      for (std::string_view w : Words(text_[i])) {
        int number = 0;
        if (w[0] == 'r' && Number(w, &number) && number < static_cast<int>(text_.size())) last_use_[number] = i;
      }
    }
    for (int r = 0; r < kMostRegisters; ++r) free_.insert(r);
  }

  Status Bad(size_t i) const { return InvalidArgument(fmt::format("has the malformed instruction '{}'", text_[i])); }

  const std::vector<std::string>& text_;
  const std::vector<float>& params_;
  const std::vector<int64_t>& outputs_;
  int num_inputs_;
  std::vector<size_t> last_use_;
  std::vector<int> place_of_;  // of instructions' results
  std::set<int> free_;
};

void RunProgram(const Program& p, const ElementwisePlan& plan, RunArgs& a) {
  alignas(64) char registers[kFusedRegisters * kTileBytes];
  alignas(64) char tiles[kFusedInputs * kTileBytes];
  char* extra = a.own<char>();
  const void *in[kFusedInputs], *at[kFusedInputs];
  void* places[kFirstRegister + kMostRegisters];
  for (int k = 0; k < p.num_inputs; ++k) in[k] = a.in<char>(k);
  for (int r = 0; r < p.num_registers; ++r) {
    places[kFirstRegister + r] =
        r < kFusedRegisters ? registers + r * kTileBytes : extra + (r - kFusedRegisters) * kTileBytes;
  }
  const int num_outputs = static_cast<int>(p.output_sizes.size());
  auto [begin, end] = a.Range();
  plan.ForTiles(in, at, tiles, begin, end, [&](int64_t position, int64_t n) {
    for (int k = 0; k < p.num_inputs; ++k) places[k] = const_cast<void*>(at[k]);
    for (int k = 0; k < num_outputs; ++k) places[kFirstOutput + k] = a.out<char>(k) + position * p.output_sizes[k];
    for (const Instruction& ins : p.instructions) {
      const void* operands[kMaxLaneArity];
      for (int k = 0; k < ins.fn.arity; ++k) operands[k] = places[ins.operands[k]];
      ins.fn.Run(operands, places[ins.target], n, ins.params);
    }
    return true;
  });
}

// Whether instructions have the dtypes of the inputs and outputs that they name; their form is the assembler's to
// check.
Status CheckTypes(const PrepareContext& c, const std::vector<std::string>& text, const std::vector<int64_t>& outputs) {
  if (outputs[0] != static_cast<int64_t>(text.size()) - 1)
    return InvalidArgument("has another first output than the last instruction's result");
  for (size_t k = 0; k < outputs.size(); ++k) {
    bool known = outputs[k] >= 0 && outputs[k] < static_cast<int64_t>(text.size()) &&
                 std::find(outputs.begin(), outputs.begin() + k, outputs[k]) == outputs.begin() + k;
    if (!known || ParseDType(Words(text[outputs[k]])[2]) != c.output_dtype(static_cast<int>(k)))
      return InvalidArgument(fmt::format("has an output {} that no instruction gives", k));
  }
  for (const std::string& line : text) {
    auto words = Words(line);
    for (size_t k = 3; k < words.size(); ++k) {
      int number = 0;
      bool input = words[k][0] == 'i' &&
                   std::from_chars(words[k].data() + 1, words[k].data() + words[k].size(), number).ec == std::errc();
      DType want = k == 3 && words[0].starts_with("Select") ? kBool : ParseDType(words[1]);
      if (input && c.input_dtype(number) != want)
        return InvalidArgument(fmt::format("has the instruction '{}', but input {} is {}", line, number,
                                           DTypeName(c.input_dtype(number))));
    }
  }
  return {};
}

Status PrepareFused(PrepareContext& c) {
  if (c.num_inputs() > kFusedInputs) return Unimplemented("has more inputs than a fused chain may have");
  const AttrList instructions = c.attr<AttrList>("instructions"), params = c.attr<AttrList>("params"),
                 outputs = c.attr<AttrList>("outputs");
  if (c.num_outputs() > kFusedOutputs || static_cast<int>(outputs.i.size()) != c.num_outputs())
    return InvalidArgument("lists other outputs than it has");
  WEIR_ASSIGN_OR_RETURN(Program program, Assembler(instructions.s, params.f, outputs.i, c.num_inputs()).Assemble());
  WEIR_RETURN_IF_ERROR(CheckTypes(c, instructions.s, outputs.i));
  for (int i = 0; i < c.num_outputs(); ++i)
    program.output_sizes.push_back(static_cast<int64_t>(SizeOf(c.output_dtype(i))));
  std::vector<Shape> shapes;
  std::vector<int64_t> sizes;
  for (int i = 0; i < c.num_inputs(); ++i) {
    shapes.push_back(c.input_shape(i));
    sizes.push_back(static_cast<int64_t>(SizeOf(c.input_dtype(i))));
  }
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, program.output_sizes[0]);
  double ns = 0;
  for (const Instruction& i : program.instructions) ns += i.fn.ns;
  c.ParallelOver(plan.units(), ns * static_cast<double>(plan.unit_elements()));
  c.set_own_workspace(ExtraRegisters(program) * kTileBytes);
  c.SetRun([program = std::move(program), plan = std::move(plan)](RunArgs& a) { RunProgram(program, plan, a); });
  return {};
}

}  // namespace

void RegisterFusedKernels(KernelRegistry& r) {
  KernelDef& def = r.Add("_Fused", PrepareFused);
  // Only the first output, which the last instruction writes: no input is read after it. Inputs that broadcast have
  // fewer bytes than the output; the planner takes those of equal size only.
  for (int i = 0; i < kFusedInputs; ++i) def.InPlace(0, i);
}

}  // namespace weir
