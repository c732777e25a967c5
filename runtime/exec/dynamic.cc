// Dynamic steps: prepared while running. The last preparation of a step is kept, and the memory of its outputs, for the
// next run that brings the same shapes (and the same small values, where a kernel needs values).
#include <fmt/format.h>

#include "weir/runtime/exec/executor.h"
#include "weir/runtime/exec/op_call.h"
#include "weir/runtime/exec/run_hold.h"

namespace weir {

namespace {

constexpr int64_t kMostKeptElements = 64;  // of a value that preparing needs; larger ones are data

}  // namespace

// Whether the kept preparation is that of these inputs.
bool RunContext::DynamicOp::IsOf(const std::vector<Tensor>& inputs, const StepInfo& info) const {
  if (!keeps) return false;
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (!(shapes[k] == inputs[k].shape())) return false;
    if (info.needs_value[k] && !values[k].Identical(inputs[k])) return false;
  }
  return true;
}

Status RunContext::PrepareDynamic(size_t i, const std::vector<Tensor>& inputs, const RunOptions& options,
                                  DynamicOp* op) {
  const Step& s = plan_->steps[i];
  const StepInfo& info = *s.info;
  op->keeps = false;
  op->shapes.clear();
  std::vector<DynamicInput> known;
  for (int k = 0; k < s.num_inputs; ++k) {
    const int32_t slot = input_slot(s, k);
    const bool object = plan_->slots[slot].storage == Storage::kObject;
    known.push_back({inputs[k].dtype(), inputs[k].shape(), info.needs_value[k] ? &inputs[k] : nullptr,
                     info.input_names[k], object ? static_cast<ObjectCell*>(pointers_[slot]) : nullptr});
  }
  std::vector<DType> dtypes;
  for (int k = 0; k < s.num_outputs; ++k) dtypes.push_back(plan_->slots[output_slot(s, k)].dtype);
  WEIR_ASSIGN_OR_RETURN(PrepareContext c, PrepareOp(*info.kernel, info.infer, info.attrs, known, dtypes,
                                                    plan_->services, options.limits, info.functions));
  op->outputs.clear();
  for (int k = 0; k < s.num_outputs; ++k) op->outputs.push_back(c.output_shape(k));
  op->prepared = c.Take();
  WEIR_ASSIGN_OR_RETURN(op->workspace_bytes, Cut(op->prepared, options.pool ? options.pool->threads() : 1));
  if (!info.preparation_keeps) return {};
  op->values.assign(inputs.size(), Tensor());
  for (int k = 0; k < s.num_inputs; ++k) {
    if (!info.needs_value[k]) continue;
    // Nor is a list kept alive.
    if (inputs[k].num_elements() > kMostKeptElements || !IsPlain(inputs[k].dtype())) return {};
    WEIR_ASSIGN_OR_RETURN(op->values[k], inputs[k].Clone());
  }
  for (const Tensor& t : inputs) op->shapes.push_back(t.shape());
  op->keeps = true;
  return {};
}

// Memory that the output had before and that nobody holds any more, else new.
Result<Tensor> RunContext::DynamicOutput(DynamicOp* op, int k, const Slot& slot) {
  const DType dtype = slot.dtype;
  const Shape& shape = op->outputs[k];
  if (!IsPlain(dtype) || fetched_dynamic_[slot.index]) return Tensor::Allocate(dtype, shape);
  op->memory.resize(op->outputs.size());
  std::shared_ptr<Buffer>& kept = op->memory[k];
  const int64_t bytes = shape.num_elements() * static_cast<int64_t>(SizeOf(dtype));
  if (!kept || kept.use_count() > 1 || static_cast<int64_t>(kept->bytes()) < bytes) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
    kept = t.buffer();
    return t;
  }
  return Tensor::FromBuffer(dtype, shape, kept);
}

Status RunContext::PlaceOutputs(size_t i, const std::vector<Tensor>& inputs, DynamicOp* op) {
  const Step& s = plan_->steps[i];
  for (int k = 0; k < s.num_outputs; ++k) {
    const int32_t slot = output_slot(s, k);
    const Slot& where = plan_->slots[slot];
    const bool view = s.info->kernel->ViewOf(k) >= 0;
    if (where.storage == Storage::kNone || where.storage == Storage::kObject) {
      continue;
    } else if (where.storage == Storage::kDynamic) {
      WEIR_ASSIGN_OR_RETURN(Tensor t, view ? OutputOf(*s.info->kernel, inputs, k, where.dtype, op->outputs[k])
                                           : DynamicOutput(op, k, where));
      pointers_[slot] = t.mutable_raw();
      SetDynamic(slot, std::move(t));
    } else if (!(where.shape == op->outputs[k])) {
      return Internal(
          fmt::format("gave shape {} where {} was planned", op->outputs[k].ToString(), where.shape.ToString()));
    } else if (view) {
      WEIR_ASSIGN_OR_RETURN(Tensor t, OutputOf(*s.info->kernel, inputs, k, where.dtype, op->outputs[k]));
      WEIR_RETURN_IF_ERROR(PutOutput(slot, std::move(t)));
    }
  }
  return {};
}

Status RunContext::RunDynamic(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  std::vector<Tensor> inputs;
  inputs.reserve(s.num_inputs);
  for (int k = 0; k < s.num_inputs; ++k) inputs.push_back(SlotTensor(input_slot(s, k)));
  if (!dynamic_ops_[i]) dynamic_ops_[i] = std::make_unique<DynamicOp>();
  DynamicOp* op = dynamic_ops_[i].get();
  if (!op->IsOf(inputs, *s.info)) WEIR_RETURN_IF_ERROR(PrepareDynamic(i, inputs, options, op));
  WEIR_RETURN_IF_ERROR(PlaceOutputs(i, inputs, op));
  if (op->prepared.phases.empty()) return {};
  for (int k = 0; k < s.num_inputs; ++k) pointers_[input_slot(s, k)] = inputs[k].mutable_raw();
  RunArgs args = args_[i];
  if (op->workspace_bytes > 0) {
    if (!scratch_ || scratch_->bytes() < static_cast<size_t>(op->workspace_bytes)) {
      WEIR_ASSIGN_OR_RETURN(scratch_, Buffer::Allocate(op->workspace_bytes, "a workspace"));
    }
    args.workspace_data = scratch_->data();
  }
  RunPhases(op->prepared, args, options.hold->team());
  return {};
}

}  // namespace weir
