// Callable: a prepared run with bound buffers.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/session/session_impl.h"

namespace weir {

class Callable::Impl {
 public:
  Session::Impl* session = nullptr;
  Signature signature;
  std::shared_ptr<PlanCache::Entry> entry;
  std::vector<Tensor> feeds, bound;
  std::unique_ptr<RunContext> context;
  std::vector<std::unique_ptr<RunContext>> others;  // of other shapes, the last used at the end; without arenas
  static constexpr size_t kMostOthers = 3;
  bool stale = true;     // shapes have changed since the context was made
  bool unfused = false;  // what the context was compiled for: see PlanCache::Wish

  Status Prepare(const PlanCache::Wish& wish) {
    for (size_t i = 0; i < feeds.size(); ++i) WEIR_RETURN_IF_ERROR(session->CheckFeed(signature.feeds[i], feeds[i]));
    WEIR_ASSIGN_OR_RETURN(auto plan, session->plans_.PlanOf(*session->graph_, *entry, feeds, wish));
    WEIR_RETURN_IF_ERROR(TakeContext(plan, wish.fresh));
    for (size_t i = 0; i < feeds.size(); ++i) context->SetFeed(static_cast<int>(i), feeds[i]);
    stale = false, unfused = wish.unfused;
    for (size_t i = 0; i < bound.size(); ++i) WEIR_RETURN_IF_ERROR(BindOutput(static_cast<int>(i)));
    return {};
  }

  // Makes `context` one of this plan. All share one arena, which grows to the largest; a stale one goes.
  Status TakeContext(const std::shared_ptr<const Plan>& plan, bool stale_now) {
    std::shared_ptr<Buffer> arena;
    if (context) {
      context->Finish();
      arena = context->TakeArena();
      if (!stale_now) others.push_back(std::move(context));
    }
    auto of_plan = [&](const auto& c) { return &c->plan() == plan.get(); };
    if (auto it = std::find_if(others.begin(), others.end(), of_plan); it != others.end()) {
      context = std::move(*it);
      others.erase(it);
    } else {
      context = std::make_unique<RunContext>(plan);
    }
    if (others.size() > kMostOthers) others.erase(others.begin());
    if (arena && arena->bytes() < static_cast<size_t>(plan->arena_bytes)) arena = nullptr;
    return session->plans_.Init(*context, std::move(arena));
  }

  // Whether fetch i's own buffer can be the caller's memory; what cannot is copied after the run.
  Status BindOutput(int i) {
    const Plan& plan = context->plan();
    const PlanFetch& f = plan.fetches[i];
    if (f.slot < 0 || !plan.slots[f.slot].is_static()) return {};
    const Slot& slot = plan.slots[f.slot];
    if (bound[i].valid() && (bound[i].dtype() != slot.dtype || !(bound[i].shape() == slot.shape)))
      return Mismatch(i, slot.dtype, slot.shape);
    if (f.output >= 0) context->SetOutputData(f.output, bound[i].valid() ? bound[i].mutable_raw() : nullptr);
    return {};
  }

  Status Mismatch(int i, DType dtype, const Shape& shape) const {
    return InvalidArgument(fmt::format("error[fetch]: fetch {} is {}{}, but the bound tensor is {}{}", i,
                                       DTypeShortName(dtype), shape.ToString(), DTypeShortName(bound[i].dtype()),
                                       bound[i].shape().ToString()));
  }

  // Copies the fetches that have no buffer of their own (a constant, a variable, a dynamic tensor).
  Status CopyBound() {
    for (size_t i = 0; i < bound.size(); ++i) {
      if (!bound[i].valid() || context->plan().fetches[i].output >= 0) continue;
      if (const void* data = context->FetchData(static_cast<int>(i))) {
        CopyElements(bound[i].dtype(), data, bound[i].mutable_raw(), bound[i].num_elements());
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Tensor t, context->Fetch(static_cast<int>(i)));
      if (t.dtype() != bound[i].dtype() || !(t.shape() == bound[i].shape()))
        return Mismatch(static_cast<int>(i), t.dtype(), t.shape());
      t.CopyTo(bound[i].mutable_raw());
    }
    return {};
  }
};

Callable::Callable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Callable::Callable(Callable&&) noexcept = default;
Callable& Callable::operator=(Callable&&) noexcept = default;
Callable::~Callable() = default;

Status Callable::BindFeed(int i, const Tensor& value) {
  if (i < 0 || i >= static_cast<int>(impl_->feeds.size()))
    return OutOfRange(fmt::format("error[feed]: there is no feed {}", i));
  WEIR_RETURN_IF_ERROR(impl_->session->CheckFeed(impl_->signature.feeds[i], value));
  bool same = impl_->feeds[i].valid() && impl_->feeds[i].shape() == value.shape();
  impl_->feeds[i] = value;
  if (!same) impl_->stale = true;
  if (!impl_->stale) impl_->context->SetFeed(i, value);
  return {};
}

Status Callable::BindFetch(int i, Tensor value) {
  if (i < 0 || i >= static_cast<int>(impl_->bound.size()))
    return OutOfRange(fmt::format("error[fetch]: there is no fetch {}", i));
  impl_->bound[i] = std::move(value);
  return impl_->stale ? Status() : impl_->BindOutput(i);
}

Status Callable::Run(const RunConfig& config) {
  Impl& c = *impl_;
  std::vector<StepTime> trace;
  for (PlanCache::Wish wish{.unfused = config.check_numerics, .values_may_change = true};;) {
    if (c.stale || c.unfused != wish.unfused) WEIR_RETURN_IF_ERROR(c.Prepare(wish));
    Status status = c.context->Run(c.session->OptionsOf(config, &trace));
    if (config.metadata) FillMetadata(trace, config.metadata);
    if (!status.ok() && c.session->plans_.Adapt(*c.context, &wish)) {
      c.stale = true;
      continue;
    }
    if (status.ok()) status = c.CopyBound();
    c.context->Rest(c.bound);
    return status;
  }
}

Result<Tensor> Callable::Fetch(int i) {
  if (i < 0 || i >= static_cast<int>(impl_->bound.size()) || !impl_->context)
    return OutOfRange(fmt::format("error[fetch]: there is no fetch {}", i));
  if (impl_->bound[i].valid()) return impl_->bound[i];
  WEIR_ASSIGN_OR_RETURN(Tensor t, impl_->context->Fetch(i));
  // An output has a buffer of its own, which later runs leave alone while the caller holds it.
  if (impl_->context->plan().fetches[i].output >= 0) return t;
  return t.Clone();
}

Result<Callable> Session::Impl::CallableOf(Signature s) {
  auto callable = std::make_unique<Callable::Impl>();
  callable->session = this;
  WEIR_ASSIGN_OR_RETURN(callable->entry, plans_.EntryOf(*graph_, s));
  callable->feeds.resize(s.feeds.size());
  callable->bound.resize(s.fetches.size());
  callable->signature = std::move(s);
  return Callable(std::move(callable));
}

Result<Callable> Session::MakeCallable(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches,
                                       const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(feeds, fetches, targets));
  return impl_->CallableOf(std::move(s));
}

Result<Callable> Session::MakeCallable(const std::vector<Output>& feeds, const std::vector<Output>& fetches,
                                       const std::vector<Operation>& targets) const {
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(feeds, fetches, targets));
  return impl_->CallableOf(std::move(s));
}

}  // namespace weir
