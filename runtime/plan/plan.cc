#include "weir/runtime/plan/plan.h"

#include <fmt/format.h>

namespace weir {

namespace {

std::string SlotText(const Plan& p, int32_t i) {
  const Slot& s = p.slots[i];
  std::string type = DTypeShortName(s.dtype) + (s.is_static() ? s.shape.ToString() : "<dynamic>");
  if (s.offset != 0 && s.storage != Storage::kArena) type += fmt::format("+{}", s.offset);
  switch (s.storage) {
    case Storage::kArena: return fmt::format("%{}@{}:{}", i, s.offset, type);
    case Storage::kConstant: return fmt::format("%{}=const{}:{}", i, s.index, type);
    case Storage::kFeed: return fmt::format("%{}=feed{}:{}", i, s.index, type);
    case Storage::kVariable: return fmt::format("%{}=var{}:{}", i, s.index, type);
    case Storage::kForm: return fmt::format("%{}=form of var{}:{}", i, s.index, type);
    case Storage::kOutput: return fmt::format("%{}=out{}:{}", i, s.index, type);
    case Storage::kDynamic: return fmt::format("%{}=dyn{}:{}", i, s.index, type);
    case Storage::kObject: return fmt::format("%{}=object{}", i, s.index);
    case Storage::kNone: return "-";
  }
  return "?";
}

std::string StepText(const Plan& p, size_t i) {
  const Step& s = p.steps[i];
  std::string in, out;
  for (int k = 0; k < s.num_inputs; ++k) in += (k ? ", " : "") + SlotText(p, p.operands[s.first_operand + k]);
  for (int k = 0; k < s.num_outputs; ++k)
    out += (k ? ", " : "") + SlotText(p, p.operands[s.first_operand + s.num_inputs + k]);
  std::string text = fmt::format("{:>4} {}{}{}({})", i, out, out.empty() ? "" : " = ", s.info->op, in);
  if (int64_t parts = s.prepared.MostParts(); parts > 1) text += fmt::format(" x{}", parts);
  for (int32_t v : s.writes) text += fmt::format(" writes {}", p.variables[v].variable->name());
  text += fmt::format("  # {}", s.info->name);
  if (!s.info->loc.empty()) text += " " + s.info->loc;
  if (!s.info->note.empty()) text += "; " + s.info->note;
  text += '\n';
  for (const NestedPlan& nested : s.info->nested) {
    std::string body = nested.plan->ToString();
    for (size_t at = 0; at < body.size();) {
      size_t end = body.find('\n', at);
      text += "       | " + body.substr(at, end - at) + '\n';
      at = end == body.npos ? body.size() : end + 1;
    }
  }
  return text;
}

}  // namespace

bool PlanFeed::Takes(const Tensor& value) const {
  return dtype == DType::kInvalid ||
         (value.valid() && value.dtype() == dtype && (dynamic >= 0 || shape.Admits(value.shape())));
}

int64_t Plan::bytes() const {
  // Why 256 bytes: a step's closure, its description's strings and their blocks on the heap.
  size_t bytes = sizeof(*this) + steps.size() * (sizeof(Step) + sizeof(StepInfo) + 256) +
                 slots.size() * (sizeof(Slot) + 64) + operands.size() * sizeof(int32_t);
  for (const Tensor& t : constants) {
    if (t.buffer() && t.buffer().use_count() == 1) bytes += t.buffer()->bytes();
  }
  for (const Step& s : steps) {
    for (const NestedPlan& nested : s.info->nested) bytes += static_cast<size_t>(nested.plan->bytes());
  }
  return static_cast<int64_t>(bytes);
}

std::string Plan::ToString() const {
  std::string text = fmt::format("plan of {} steps from {} nodes, compiled in {:.2f} ms\n", steps.size(), num_nodes,
                                 compile_micros / 1e3);
  text += fmt::format("arena {} bytes; lower bound {}; without reuse {}\n", arena_bytes, arena_lower_bound, arena_sum);
  for (size_t i = 0; i < feeds.size(); ++i)
    text += fmt::format("feed {} {}{}\n", i, DTypeShortName(feeds[i].dtype),
                        feeds[i].dynamic >= 0 ? "<dynamic>" : feeds[i].shape.ToString());
  for (size_t i = 0; i < variables.size(); ++i) {
    text += fmt::format(
        "var {} '{}' {}{}{}\n", i, variables[i].variable->name(), DTypeShortName(variables[i].variable->dtype),
        variables[i].has_shape ? variables[i].shape.ToString() : "<dynamic>", variables[i].written ? " written" : "");
  }
  for (size_t i = 0; i < steps.size(); ++i) text += StepText(*this, i);
  for (size_t i = 0; i < fetches.size(); ++i) {
    if (fetches[i].slot >= 0)
      text += fmt::format("fetch {} {}  # {}\n", i, SlotText(*this, fetches[i].slot), fetches[i].name);
  }
  for (const std::string& note : notes) text += "note: " + note + '\n';
  return text;
}

}  // namespace weir
