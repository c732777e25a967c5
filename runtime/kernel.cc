#include "weir/runtime/kernel.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace weir {

void RunArgs::Fail(Status status) const {
  std::lock_guard lock(error->mutex);
  // Why the lowest chunk wins: the message must not depend on which thread was faster.
  if (!error->failed.load(std::memory_order_relaxed) || chunk < error->chunk) {
    error->chunk = chunk;
    error->status = std::move(status);
  }
  error->failed.store(true, std::memory_order_release);
}

std::vector<int64_t> PrepareContext::ints(int i) const {
  const Tensor* t = inputs_[i].value;
  return t ? t->ToInts().value_or(std::vector<int64_t>()) : std::vector<int64_t>();
}

Status PrepareContext::set_output_dims(int i, const Dims& dims) {
  WEIR_ASSIGN_OR_RETURN(Shape s, Shape::Make(dims));
  set_output_shape(i, std::move(s));
  return {};
}

namespace {

std::atomic<int64_t> forced_chunks{0};

}  // namespace

void ForceChunksForTesting(int64_t n) { forced_chunks = n; }

int64_t PrepareContext::ChunksWorth(int64_t n, double ns) {
  constexpr double kChunkNs = 20000;  // well above the 100 to 150 ns that handing out a chunk costs
  double chunks = std::min({std::ceil(double(n) * ns / kChunkNs), double(n), 64.0});
  return std::max<int64_t>(static_cast<int64_t>(chunks), 1);
}

void PrepareContext::ParallelOver(int64_t n, double ns, int64_t least) {
  const int64_t forced = forced_chunks.load(std::memory_order_relaxed);
  set_chunks(forced > 0 ? std::min(forced, n) : std::min(ChunksWorth(n, ns), n / least));
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
