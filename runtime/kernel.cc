#include "weir/runtime/kernel.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace weir {

Status RunLimits::Check() const {
  if (cancel && cancel->load(std::memory_order_relaxed)) return Cancelled("error[run]: the run was cancelled");
  if (deadline != std::chrono::steady_clock::time_point{} && std::chrono::steady_clock::now() > deadline)
    return DeadlineExceeded("error[run]: the run passed its deadline");
  return {};
}

void RunArgs::Fail(Status status) const {
  std::lock_guard lock(error->mutex);
  // Why the first part wins: the message must not depend on which thread was faster.
  if (!error->failed.load(std::memory_order_relaxed) || begin < error->begin) {
    error->begin = begin;
    error->status = std::move(status);
  }
  error->failed.store(true, std::memory_order_release);
}

int PrepareContext::input(std::string_view name) const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

std::vector<int64_t> PrepareContext::ints(int i) const {
  const Tensor* t = inputs_[i].value;
  return t ? t->ToInts().value_or(std::vector<int64_t>()) : std::vector<int64_t>();
}

Status PrepareContext::RequireFileOps() const {
  if (services_->allow_file_ops) return {};
  return PermissionDenied("works on files, which this session does not allow")
      .Help("SessionOptions::allow_file_ops allows it, for graphs that are trusted");
}

Status PrepareContext::set_output_dims(int i, const Dims& dims) {
  WEIR_ASSIGN_OR_RETURN(Shape s, Shape::Make(dims));
  set_output_shape(i, std::move(s));
  return {};
}

void PrepareContext::ParallelOver(int64_t items, double item_ns, int64_t least, int64_t best) {
  main_.items = items, main_.item_ns = item_ns, main_.least = least, main_.best = best;
}

namespace {
std::atomic<int64_t> forced_parts_worth = 0;
}  // namespace

void PrepareContext::ForcePartsWorthForTesting(int64_t parts) { forced_parts_worth = parts; }

int64_t PrepareContext::PartsWorth(int64_t items, double item_ns) {
  if (const int64_t forced = forced_parts_worth) return std::max<int64_t>(std::min(forced, items), 1);
  double parts = std::min({std::ceil(double(items) * item_ns / kPartNs), double(items), 64.0});
  return std::max<int64_t>(static_cast<int64_t>(parts), 1);
}

bool PrepareContext::Keep(int input, Form form) {
  const Operand& o = inputs_[input];
  if (!o.stays || (!o.form.empty() && o.form != form.kind)) return false;
  forms_[input] = std::move(form);
  return true;
}

int64_t Prepared::MostParts() const {
  int64_t most = 1;
  for (const Phase& p : phases) most = std::max(most, p.parts);
  return most;
}

Prepared PrepareContext::Take() {
  Prepared p{std::move(before_), workspace_bytes_, own_bytes_, std::move(forms_), std::move(copies_), only_copies_};
  // Why: what another phase writes, an input's memory must not be.
  if (!p.phases.empty() || !after_.empty()) p.copies.clear(), p.only_copies = false;
  if (main_.run.call) p.phases.push_back(std::move(main_));
  p.phases.insert(p.phases.end(), std::make_move_iterator(after_.begin()), std::make_move_iterator(after_.end()));
  return p;
}

Status PrepareContext::NoKernelFor(DType t) { return Unimplemented("has no kernel for dtype " + DTypeName(t)); }

bool KernelDef::NeedsValueOf(int input, int num_inputs) const {
  if (std::find(needs_value_.begin(), needs_value_.end(), input) != needs_value_.end()) return true;
  if (needs_value_half_ && input < num_inputs / 2) return true;
  if (needs_value_from_ == kNone_) return false;
  return input >= (needs_value_from_ < 0 ? num_inputs + needs_value_from_ : needs_value_from_);
}

KernelDef& KernelRegistry::Add(std::string op, PrepareFn prepare) {
  return kernels_.insert_or_assign(std::move(op), KernelDef(std::move(prepare))).first->second;
}

const KernelDef* KernelRegistry::Find(std::string_view op) const {
  auto it = kernels_.find(op);
  return it == kernels_.end() ? nullptr : &it->second;
}

}  // namespace weir
