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
  const std::vector<int>& feeds = plan_->steps[step].info->nested_feeds[which];
  for (size_t i = 0; i < feeds.size(); ++i) {
    WEIR_RETURN_IF_ERROR(CheckArgument(nested->plan().feeds[i], inputs[feeds[i]]));
    nested->SetFeed(static_cast<int>(i), inputs[feeds[i]]);
  }
  RunOptions inner = options;
  inner.trace = nullptr;
  WEIR_RETURN_IF_ERROR(nested->Run(inner));
  results->clear();
  for (size_t i = 0; i < nested->plan().fetches.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, nested->Fetch(static_cast<int>(i)));
    results->push_back(std::move(t));
  }
  nested->Finish();
  // What the nested plan wrote has new buffers perhaps.
  for (const PlanVariable& v : nested->plan().variables) {
    if (!v.written) continue;
    for (size_t mine = 0; mine < plan_->variables.size(); ++mine) {
      if (plan_->variables[mine].variable != v.variable) continue;
      std::lock_guard lock(v.variable->mutex);
      Repin(static_cast<int>(mine));
    }
  }
  return {};
}

Status RunContext::RunIf(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  std::vector<Tensor> inputs, results;
  for (int k = 0; k < s.num_inputs; ++k) inputs.push_back(SlotTensor(input_slot(s, k)));
  WEIR_RETURN_IF_ERROR(RunNested(i, Truth(inputs[0]) ? 0 : 1, inputs, options, &results));
  for (int k = 0; k < s.num_outputs; ++k) WEIR_RETURN_IF_ERROR(PutOutput(output_slot(s, k), results[k]));
  return {};
}

Status RunContext::RunWhile(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  std::vector<Tensor> state, results;
  for (int k = 0; k < s.num_inputs; ++k) state.push_back(SlotTensor(input_slot(s, k)));
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
