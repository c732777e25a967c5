// If and While: nested plans, each with a context of its own that is kept between runs.
#include <fmt/format.h>

#include "weir/runtime/exec/executor.h"

namespace weir {

namespace {

// TensorFlow's truth of any tensor: a scalar that is not zero, a string that is not empty, else having elements.
bool Truth(const Tensor& t) {
  if (t.rank() > 0) return t.num_elements() > 0;
  if (t.dtype() == kString) return !t.data<std::string>()->empty();
  bool truth = false;
  DispatchType(t.dtype(), NumberAndBoolTypes{}, [&](auto zero) { truth = *t.data<decltype(zero)>() != decltype(zero){}; });
  return truth;
}

// A nested plan trusts the dtype and the static shape that it was compiled for.
Status CheckArgument(const PlanFeed& feed, const Tensor& value) {
  if (feed.dtype == DType::kInvalid) return {};  // a handle, or not read
  if (value.valid() && value.dtype() == feed.dtype && (feed.dynamic >= 0 || feed.shape.Admits(value.shape()))) return {};
  std::string got = value.valid() ? DTypeShortName(value.dtype()) + value.shape().ToString() : "nothing";
  return Internal(fmt::format("gives {} to '{}', which was compiled for {}{}", got, feed.name, DTypeShortName(feed.dtype), feed.shape.ToString()));
}

}  // namespace

Result<RunContext*> RunContext::Nested(size_t step, size_t which) {
  auto& contexts = nested_[step];
  contexts.resize(plan_->steps[step].info->nested.size());
  if (!contexts[which]) {
    auto made = std::make_unique<RunContext>(plan_->steps[step].info->nested[which]);
    WEIR_RETURN_IF_ERROR(made->Init());
    made->write_locked_ = true;
    contexts[which] = std::move(made);
  }
  return contexts[which].get();
}

Status RunContext::RunNested(size_t step, size_t which, const std::vector<Tensor>& inputs, const RunOptions& options, std::vector<Tensor>* results) {
  WEIR_ASSIGN_OR_RETURN(RunContext * nested, Nested(step, which));
  const StepInfo& info = *plan_->steps[step].info;
  const std::vector<int>& feeds = info.nested_feeds[which];
  for (size_t i = 0; i < feeds.size(); ++i) {
    WEIR_RETURN_IF_ERROR(CheckArgument(nested->plan().feeds[i], inputs[feeds[i]]));
    nested->SetFeed(static_cast<int>(i), inputs[feeds[i]]);
  }
  // Why: who writes a variable does so in place when nobody else holds its buffer.
  for (int32_t v : info.nested_writes[which]) pins_[v] = nullptr;
  WEIR_RETURN_IF_ERROR(nested->Run(options));
  results->clear();
  for (size_t i = 0; i < nested->plan().fetches.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, nested->Fetch(static_cast<int>(i)));
    results->push_back(std::move(t));
  }
  nested->Finish();
  for (int32_t v : info.nested_writes[which]) {
    std::lock_guard lock(plan_->variables[v].variable->mutex);
    Repin(v);
  }
  return {};
}

// What a step hands to nested plans. Of handles nothing, since a tensor would hold the variable's buffer.
std::vector<Tensor> RunContext::Arguments(size_t step) const {
  const Step& s = plan_->steps[step];
  std::vector<Tensor> inputs;
  for (int k = 0; k < s.num_inputs; ++k) {
    inputs.push_back(s.info->handles[k] ? Tensor() : SlotTensor(input_slot(s, k)));
  }
  return inputs;
}

Status RunContext::RunIf(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  std::vector<Tensor> inputs = Arguments(i), results;
  WEIR_RETURN_IF_ERROR(RunNested(i, Truth(inputs[0]) ? 0 : 1, inputs, options, &results));
  for (int k = 0; k < s.num_outputs; ++k) WEIR_RETURN_IF_ERROR(PutOutput(output_slot(s, k), results[k]));
  return {};
}

Status RunContext::RunWhile(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  std::vector<Tensor> state = Arguments(i), results;
  while (true) {
    WEIR_RETURN_IF_ERROR(RunNested(i, 0, state, options, &results));
    if (!Truth(results[0])) break;
    WEIR_RETURN_IF_ERROR(RunNested(i, 1, state, options, &results));
    state.swap(results);
    WEIR_RETURN_IF_ERROR(Poll(options));
  }
  for (int k = 0; k < s.num_outputs; ++k) WEIR_RETURN_IF_ERROR(PutOutput(output_slot(s, k), state[k]));
  return {};
}

}  // namespace weir
