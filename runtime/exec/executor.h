// Executor: runs a plan. RunContext: the memory of one run in flight.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "weir/runtime/plan/plan.h"
#include "weir/runtime/exec/phases.h"

namespace weir {

// How one step of a traced run went.
struct StepTime {
  const Step* step;
  int64_t start_ns, end_ns;  // since the run's start
};

class RunHold;  // run_hold.h

struct RunOptions {
  ThreadPool* pool = nullptr;                        // null: the calling thread alone
  RunHold* hold = nullptr;                           // of the run, which nested plans share
  RunLimits limits{};                                // polled between parts and loop iterations
  std::vector<StepTime>* trace = nullptr;            // steps in the order in which they end, those of bodies as well
  std::chrono::steady_clock::time_point
      trace_start{};            // what times of the trace count from; the epoch: the run's start
  bool check_numerics = false;  // NaN or infinity in any float output is an error that names the step
};

class RunContext {
 public:
  explicit RunContext(std::shared_ptr<const Plan> plan);
  const Plan& plan() const { return *plan_; }

  // Ops that keep a state have one of this context's, which begins anew, in place of the session's. Before the first
  // run.
  void OwnStates();

  // Takes the arena for the runs to come; allocates one where none is given. Errors: the memory budget.
  Status Init(std::shared_ptr<Buffer> arena = nullptr);
  // Gives the arena away, until the next Init; null when the plan needs none.
  std::shared_ptr<Buffer> TakeArena();
  // The address of the arena that the context had last.
  const void* last_arena() const { return arena_base_; }
  // What the context holds beside the arena: its tables, recycled buffers of fetches, workspaces and nested contexts.
  int64_t bytes() const;

  // Binds feed i. The tensor must have the feed's dtype and shape (static feeds) and live until the run ends.
  void SetFeed(int i, const Tensor& value);
  void SetFeedData(int i, const void* data);  // static feeds: the elements alone
  // Where output buffer i is to be written; null for the context's own recycled buffers.
  void SetOutputData(int i, void* data);

  // Runs all steps. FailedPrecondition, and stale(), when a variable has changed its shape since compiling: nothing has
  // run then.
  Status Run(const RunOptions& options);
  bool stale() const { return stale_; }
  // After Run: whether it failed for want of memory for a form of a variable. Nothing has run then.
  bool formless() const { return formless_; }

  // After Run: the value of fetch i. It shares memory that the context will not touch again while the tensor lives.
  Result<Tensor> Fetch(int i);
  // Its elements where the plan knows the shape, else null; until the next Run.
  const void* FetchData(int i) const;
  // After Run: all fetches, each the caller's own: nobody else holds its memory, so the caller may write it. What
  // belongs to a constant, a variable, a feed or another fetch is copied; outputs' buffers are not. Finishes the run.
  Status TakeFetches(std::vector<Tensor>* values);
  // After a run whose feeds stay bound and whose fetches may still be asked for: lets go of all else, so that nobody
  // who writes a variable must keep its old value for this context; fetches that the caller has copied (by number,
  // valid where it has) as well.
  void Rest(std::span<const Tensor> copied = {}) {
    if (rests_) LetGo(copied);
  }
  // After the last Fetch: lets go of feeds, variables and all that was made in between.
  void Finish();

 private:
  void FindResting();
  void LetGo(std::span<const Tensor> copied);
  void RestCopied(std::span<const Tensor> copied);
  void PlaceArena(char* base);
  // Of a slot in memory that begins at `base`, which may be null.
  void Place(int32_t slot, const void* base) {
    pointers_[slot] = base ? static_cast<char*>(const_cast<void*>(base)) + offsets_[slot] : nullptr;
  }
  Status PinVariables();
  void Repin(int v);
  bool OnlyOurs(int v) const;
  Status PinForm(int v);
  Status PrepareOutputs();
  Status ArenaError(const Status& s) const;
  Status FetchError(size_t fetch, const Status& s) const;
  Tensor SlotTensor(int32_t slot) const;
  void SetDynamic(int32_t slot, Tensor t) { dynamic_[plan_->slots[slot].index] = std::move(t); }
  Status PutOutput(int32_t slot, Tensor value);

  void BeginRun(const RunOptions& options) {
    stale_ = formless_ = false;
    error_.failed.store(false, std::memory_order_relaxed);
    error_.limits = options.limits;
  }
  Status RunSteps(const RunOptions& options);
  Status RunStep(size_t i, const RunOptions& options);
  Status RunWaiting(size_t i, const RunOptions& options);
  Status DoStep(size_t i, const RunOptions& options);
  Status RunWriter(size_t i, const RunOptions& options);
  // A dynamic step's last preparation and its outputs' memory.
  struct DynamicOp {
    bool keeps = false;          // for the next run; else the preparation was for one run only
    std::vector<Shape> shapes;   // of the inputs
    std::vector<Tensor> values;  // of the inputs that preparing needs
    Prepared prepared;
    int64_t workspace_bytes = 0;
    std::vector<Shape> outputs;
    std::vector<std::shared_ptr<Buffer>> memory;
    bool IsOf(const std::vector<Tensor>& inputs, const StepInfo& info) const;
  };
  Status PrepareDynamic(size_t i, const std::vector<Tensor>& inputs, const RunOptions& options, DynamicOp* op);
  Status PlaceOutputs(size_t i, const std::vector<Tensor>& inputs, DynamicOp* op);
  Result<Tensor> DynamicOutput(DynamicOp* op, int k, const Slot& slot);
  Status RunDynamic(size_t i, const RunOptions& options);
  Status RunAssign(size_t i);
  void RunReadVariable(size_t i);
  void RunIsInitialized(size_t i);
  Status RunBranch(size_t i, const RunOptions& options);
  Status RunWhile(size_t i, const RunOptions& options);
  Result<RunContext*> Nested(size_t step, size_t which);
  Status RunDirectBranch(size_t i, const RunOptions& options);
  Status RunDirectWhile(size_t i, const RunOptions& options);
  std::vector<Tensor> Arguments(size_t step) const;
  Status CallNested(size_t step, size_t which, const std::vector<Tensor>& inputs, const RunOptions& options,
                    std::vector<Tensor>* results);
  void Lend(const NestedPlan& nested);
  void BindOutput(int output, void* data) {
    for (int32_t slot : plan_->outputs[output]) Place(slot, data);
  }
  Status RunBound(const RunOptions& options);
  Status RepinWritten(const std::vector<int32_t>& writes);
  Status CheckNumerics(size_t i) const;
  int32_t input_slot(const Step& s, int i) const { return plan_->operands[s.first_operand + i]; }
  int32_t output_slot(const Step& s, int i) const { return plan_->operands[s.first_operand + s.num_inputs + i]; }

  // What a kernel of one part that writes no variable needs to run; `call` is null for other steps. Why beside the
  // plan: a step of a few elements costs less than fetching its Step from memory.
  struct QuickStep {
    void (*call)(const void* closure, RunArgs& args) = nullptr;
    const void* closure = nullptr;
  };

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<Buffer> arena_;
  char* arena_base_ = nullptr;                // what pointers_ and args_ refer to
  std::vector<void*> pointers_;               // by slot
  std::vector<int64_t> offsets_;              // by slot, as the plan has them: close together
  std::vector<RunArgs> args_;                 // by step
  std::vector<QuickStep> quick_;              // by step
  std::vector<Tensor> dynamic_;               // by dynamic number
  std::vector<std::shared_ptr<Buffer>> outputs_;               // of this run
  std::vector<std::vector<std::shared_ptr<Buffer>>>
      recycled_;  // per output: buffers to use again once nobody holds them
  std::vector<void*> output_bound_;
  std::vector<std::shared_ptr<Buffer>> pins_;  // by variable
  // By variable: whether this run, or its caller, holds `writing` and no fetch reads it later. Nobody else can give it
  // another buffer meanwhile, so that it needs no pin.
  std::vector<char> held_;
  std::vector<std::shared_ptr<Buffer>> form_pins_;       // by variable: of its form
  bool rests_ = false;                                   // whether there is what Rest may let go of
  std::vector<int32_t> resting_pins_, resting_dynamic_;
  std::vector<std::pair<int, int32_t>> fetched_variables_;  // fetches that are a variable's value, and which
  std::vector<bool> fetched_pins_;                          // of RestCopied, by variable
  std::vector<bool> fetched_dynamic_;          // by dynamic number: its memory will be the caller's
  bool stale_ = false, formless_ = false;
  std::vector<Shape> pin_shapes_;              // of those whose shape the plan does not know
  std::vector<Tensor> feed_tensors_;           // dynamic feeds
  std::shared_ptr<Buffer> scratch_;            // workspace of dynamic steps
  std::vector<std::unique_ptr<DynamicOp>> dynamic_ops_;           // by step
  std::vector<std::vector<std::unique_ptr<RunContext>>> nested_;  // by step, by plan
  RunError error_;
  std::vector<void*> loop_state_;              // of a direct loop: where its variables are now
  std::vector<std::unique_ptr<NodeState>> own_states_;  // of those steps that keep one
  bool has_own_states_ = false;
  bool nested_run_ = false;                    // the caller holds the variables, the arena and the team
};

}  // namespace weir
