// Kernel: how an op computes, as two functions.
//
// Prepare sees attributes (complete, defaults filled in), dtypes and concrete shapes; it checks the op's whole
// contract, sets what the op's shape function left open of the output shapes, and gives the work: functions to run,
// closures over plain parameters, and how much workspace they need. It runs while compiling when all it needs is known
// then, and inside the step when it is not.
//
// Work is a list of phases, one after the other, each of independent items: a kernel says how many there are, about
// what one costs and what the smallest and the best share of them is; the executor cuts them into parts for the threads
// at hand (runtime/exec/phases.h). A phase's function computes one part from raw pointers; it may fail only for values
// (an index out of range) and never starts parallel work.
//
//   Status PrepareAbs(PrepareContext& c) {
//     c.ParallelOver(c.input_shape(0).num_elements(), 0.3);
//     return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) {
//       using T = decltype(t);
//       c.SetRun([](RunArgs& a) {
//         for (int64_t i = a.begin; i < a.end; ++i) a.out<T>(0)[i] = std::abs(a.in<T>(0)[i]);
//       });
//     });
//   }
//   void RegisterMathKernels(KernelRegistry& r) { r.Add("Abs", PrepareAbs).InPlace(0, 0); }
//
// Invariant: what an item computes depends on the problem and on earlier phases only, and items write disjoint memory;
// so results have the same bits however they are cut, for any number of threads. Where a sum crosses items, partial
// sums are items (as many as the problem alone says), and a later phase adds them in order.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/attr.h"

namespace weir {

struct ObjectCell;   // object_cell.h
class HeldFunction;  // held_function.h

// What a session keeps for one node from run to run, whatever plans it is in: the stream of a random op
// (runtime/philox.h), how often a Print has printed.
struct NodeState {
  std::mutex mutex;
  bool seeded = false;
  uint64_t key = 0;  // Philox key
  uint64_t counter_lo = 0, counter_hi = 0;
  std::atomic<int64_t> count{0};
};

// What services a kernel may use; null or false where the caller does not allow it.
struct KernelServices {
  bool allow_file_ops = false;
  std::function<void(const std::string&)> print;  // sink of Print and Assert; stderr when empty
};

// What may end a run from outside.
struct RunLimits {
  const std::atomic<bool>* cancel = nullptr;
  std::chrono::steady_clock::time_point deadline{};  // the epoch: none

  bool any() const { return cancel || deadline != std::chrono::steady_clock::time_point{}; }
  Status Check() const;  // Cancelled, DeadlineExceeded
};

// Why a run must stop: the failure of the first part of a phase that has one. Owned by the run.
struct RunError {
  std::mutex mutex;
  std::atomic<bool> failed{false};
  int64_t begin = 0;  // of that part
  Status status;
  RunLimits limits;  // the run's
};

// Operands of one part of a phase. Pointers are aligned to 64 bytes at tensor starts, except those that feeds and views
// bring.
class RunArgs {
 public:
  template <class T>
  const T* in(int i) const { return static_cast<const T*>(slots[operands[i]]); }
  template <class T>
  T* out(int i) const { return static_cast<T*>(slots[operands[num_inputs + i]]); }
  // The variable behind resource input i, of an op that reads or writes it.
  template <class T>
  T* var(int i) const { return static_cast<T*>(slots[operands[i]]); }
  // The table, queue or reader behind resource input i.
  ObjectCell& object(int i) const { return *static_cast<ObjectCell*>(slots[operands[i]]); }
  // What all parts and phases share.
  template <class T>
  T* workspace() const { return static_cast<T*>(workspace_data); }
  // This part's own.
  template <class T>
  T* own() const { return reinterpret_cast<T*>(static_cast<char*>(workspace_data) + own_lines * memory::kAlignment); }
  std::pair<int64_t, int64_t> Range() const { return {begin, end}; }
  // Whether the run is to stop: asked by those whose single items take long.
  bool cancelled() const { return error->limits.cancel && error->limits.cancel->load(std::memory_order_relaxed); }
  const RunLimits& limits() const { return error->limits; }
  void Fail(Status status) const;  // the part must return soon after

  void* const* slots = nullptr;
  const int32_t* operands = nullptr;  // slot numbers: inputs, then outputs
  int32_t num_inputs = 0;
  uint32_t own_lines = 0;             // where the part's own workspace begins, in lines from the shared one's beginning
  int64_t begin = 0, end = 1;         // the items of this part
  void* workspace_data = nullptr;
  NodeState* state = nullptr;         // of ops that keep one, else null
  RunError* error = nullptr;
};
static_assert(sizeof(RunArgs) <= 64);  // a line of the cache: small steps are little else

// A function to run, and the parameters it closes over.
struct RunFunction {
  void (*call)(const void* closure, RunArgs& args) = nullptr;
  std::shared_ptr<const void> closure;

  template <class F>
  static RunFunction Of(F f) {
    auto closure = std::make_shared<const F>(std::move(f));
    return {[](const void* c, RunArgs& a) { (*static_cast<const F*>(c))(a); }, closure};
  }
};

// A stretch of work that begins when the one before has ended: items that any number of threads may compute.
struct Phase {
  RunFunction run;
  int64_t items = 1;
  double item_ns = 0;  // about what one takes
  int64_t least = 1;   // items that are worth a part
  int64_t best = 1;    // where there are enough, a part has a multiple of this
  int64_t parts = 1;   // that the executor makes of them (Cut, runtime/exec/phases.h)
};

// Bytes side by side in an input that lie side by side in an output, too. Where the planner gives both the same memory,
// the copy need not be made: an output that is a part of an input becomes a view of it, an input that is a part of the
// output is computed where it will be wanted.
struct Copy {
  int in, out;
  int64_t in_offset, out_offset, bytes;
};

// What a kernel computes with in place of an input that stays as it is from run to run: packed panels, a widened
// filter.
struct Form {
  std::string kind;  // what it is and of which sizes: equal kinds of equal inputs are equal
  int64_t bytes = 0;
  std::function<void(const void* input, void* form)> make;
};

// What Prepare decided.
struct Prepared {
  std::vector<Phase> phases;    // none: there is nothing to run
  int64_t workspace_bytes = 0;  // shared
  int64_t own_bytes = 0;        // of each part
  std::map<int, Form> forms;    // by input: what the kernel finds in its place
  std::vector<Copy> copies;     // what the phases leave out where source and target are one
  bool only_copies = false;     // the phases do nothing else
  int64_t MostParts() const;    // that a phase is cut into
};

// What a part should take at least, in nanoseconds: well above the 100 to 150 that handing one out costs.
inline constexpr double kPartNs = 20e3;

class PrepareContext {
 public:
  struct Operand {
    DType dtype = DType::kInvalid;
    Shape shape;                    // of a resource input: the variable's
    const Tensor* value =
        nullptr;  // inputs only: known value, always set for inputs that the kernel declared NeedsValue
    bool known = true;              // outputs only: the shape function told the shape
    bool stays = false;             // inputs only: a constant, or a variable that the plan does not write
    std::string form = {};          // the kind of form that somebody has of it already; a variable has one at most
    std::string_view name = {};     // inputs only: what the op's definition calls it
    ObjectCell* object = nullptr;   // inputs only, of kernels that prepare WhileRunning: what the handle stands for
  };

  PrepareContext(const AttrMap* attrs, std::vector<Operand> inputs, std::vector<Operand> outputs,
                 const KernelServices* services)
      : attrs_(attrs), inputs_(std::move(inputs)), outputs_(std::move(outputs)), services_(services) {}

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Shape& input_shape(int i) const { return inputs_[i].shape; }
  DType input_dtype(int i) const { return inputs_[i].dtype; }
  // The first input that the op's definition calls so; -1 when there is none. Of kernels that are ByName.
  int input(std::string_view name) const;
  // Null unless known; never null for inputs declared NeedsValue.
  const Tensor* input_value(int i) const { return inputs_[i].value; }
  // The elements of an integer or bool input declared NeedsValue.
  std::vector<int64_t> ints(int i) const;
  DType output_dtype(int i) const { return outputs_[i].dtype; }
  // What the shape function told, or set_output_shape.
  const Shape& output_shape(int i) const { return outputs_[i].shape; }
  bool output_known(int i) const { return outputs_[i].known; }
  void set_output_shape(int i, Shape s) { outputs_[i].shape = std::move(s), outputs_[i].known = true; }
  // A shape from computed sizes; error when negative or too large.
  Status set_output_dims(int i, const Dims& dims);
  template <class T>
  T attr(std::string_view name) const {
    auto it = attrs_->find(name);
    return ValueOr<T>(it == attrs_->end() ? nullptr : &it->second);
  }
  const AttrMap& attrs() const { return *attrs_; }
  const KernelServices& services() const { return *services_; }
  // Error: the session does not allow ops to work on files.
  Status RequireFileOps() const;
  // Of kernels that prepare WhileRunning.
  ObjectCell& object(int i) const { return *inputs_[i].object; }
  // Of ops that hold functions, in the order of their attributes.
  const std::vector<std::shared_ptr<const HeldFunction>>& functions() const { return functions_; }
  void set_functions(std::vector<std::shared_ptr<const HeldFunction>> functions) { functions_ = std::move(functions); }
  const RunLimits& limits() const { return limits_; }
  void set_limits(const RunLimits& limits) { limits_ = limits; }

  // The main phase: what it runs, and what of. Without ParallelOver it is a single item.
  template <class F>
  void SetRun(F f) { main_.run = RunFunction::Of(std::move(f)); }
  // `least` items are the fewest worth a part, a part should have a multiple of `best`.
  void ParallelOver(int64_t items, double item_ns, int64_t least = 1, int64_t best = 1);
  // There is nothing to compute: outputs without elements.
  Status Nothing() { return SetRun([](RunArgs&) {}), Status(); }
  // Phases before the main one (to widen an operand, to reserve random numbers, to zero what is added to) and after it
  // (to add partial sums), each behind those that were given earlier.
  template <class F>
  void Before(int64_t items, double item_ns, F f) {
    before_.push_back({RunFunction::Of(std::move(f)), items, item_ns});
  }
  template <class F>
  void After(int64_t items, double item_ns, F f) {
    after_.push_back({RunFunction::Of(std::move(f)), items, item_ns});
  }
  void set_workspace(int64_t bytes) { workspace_bytes_ = bytes; }
  // For each part, aligned to 64 bytes.
  void set_own_workspace(int64_t bytes) { own_bytes_ = bytes; }
  // The parts that so much work is worth, at most 64: for cuts that decide in which order sums are taken.
  static int64_t PartsWorth(int64_t items, double item_ns);
  static void ForcePartsWorthForTesting(int64_t parts);  // of any work that has so many items; 0: as it says
  // Whether the kernel will find this form in place of input `input`, which then is the form's elements: only of what
  // stays as it is.
  bool Keep(int input, Form form);
  // See Copy; the function to run leaves those out whose source and target are one address.
  void AddCopy(Copy copy) { copies_.push_back(copy); }
  void set_only_copies(bool only) { only_copies_ = only; }
  // What was decided. Once.
  Prepared Take();
  std::vector<Operand>& outputs() { return outputs_; }

  // f(T{}) for the listed type that is `t`; else the error "has no kernel for dtype …".
  template <class... Ts, class F>
  Status ForType(Types<Ts...> types, DType t, F&& f) {
    if (DispatchType(t, types, f)) return {};
    return NoKernelFor(t);
  }
  static Status NoKernelFor(DType t);

 private:
  const AttrMap* attrs_;
  std::vector<Operand> inputs_, outputs_;
  const KernelServices* services_;
  RunLimits limits_;
  std::vector<std::shared_ptr<const HeldFunction>> functions_;
  Phase main_;
  std::vector<Phase> before_, after_;
  int64_t workspace_bytes_ = 0, own_bytes_ = 0;
  std::map<int, Form> forms_;
  std::vector<Copy> copies_;
  bool only_copies_ = false;
};

using PrepareFn = std::function<Status(PrepareContext&)>;

class KernelDef {
 public:
  explicit KernelDef(PrepareFn prepare) : prepare_(std::move(prepare)) {}
  // Prepare needs these inputs' values. Where one is known only while running, so are the parameters (and perhaps
  // shapes).
  KernelDef& NeedsValue(std::vector<int> inputs) { needs_value_ = std::move(inputs); return *this; }
  // As above for ops with a variable number of inputs: all from `first` on (negative: counted from the end).
  KernelDef& NeedsValueFrom(int first) { needs_value_from_ = first; return *this; }
  // As above for the first half of the inputs (indices, followed by as many data).
  KernelDef& NeedsValueOfFirstHalf() { needs_value_half_ = true; return *this; }
  // Output `out` is input `in` under another shape: a view, no work (Identity, Reshape).
  KernelDef& View(int out, int in) { views_.push_back({out, in}); return *this; }
  // Output `out` may take the memory of input `in` when that has no further use and as many bytes: element i of the
  // output depends on no other element of that input.
  KernelDef& InPlace(int out, int in) { in_place_.push_back({out, in}); return *this; }

  // Output 0 is input 0 with a part of it changed: where a loop's variable becomes its next value so, what stays of it
  // is not copied.
  KernelDef& Updates() { updates_ = true; return InPlace(0, 0); }

  // Prepare asks for inputs by the names of the op's definition (PrepareContext::input).
  KernelDef& ByName() { by_name_ = true; return *this; }
  // Prepare does the work, or begins it: it runs inside the step, each time anew. For ops whose outputs' shapes only
  // what is behind a handle tells.
  KernelDef& WhileRunning() { while_running_ = true; return *this; }
  // Inputs may be computed inside the output: Prepare tells which Copies they are (Concat, Pack).
  KernelDef& Joins() { joins_ = true; return *this; }

  const PrepareFn& prepare() const { return prepare_; }
  bool joins() const { return joins_; }
  bool while_running() const { return while_running_; }
  bool by_name() const { return by_name_; }
  bool updates() const { return updates_; }
  bool NeedsValueOf(int input, int num_inputs) const;
  bool has_views() const { return !views_.empty(); }
  // The input that output `out` is a view of; -1 when it is none.
  int ViewOf(int out) const {
    for (auto [o, in] : views_) {
      if (o == out) return in;
    }
    return -1;
  }
  const std::vector<std::pair<int, int>>& in_place() const { return in_place_; }

 private:
  PrepareFn prepare_;
  std::vector<int> needs_value_;
  int needs_value_from_ = kNone_;
  static constexpr int kNone_ = 1 << 20;
  std::vector<std::pair<int, int>> views_, in_place_;
  bool needs_value_half_ = false, joins_ = false, by_name_ = false, updates_ = false;
  bool while_running_ = false;
};

class KernelRegistry {
 public:
  KernelDef& Add(std::string op, PrepareFn prepare);
  const KernelDef* Find(std::string_view op) const;
  const std::map<std::string, KernelDef, std::less<>>& kernels() const { return kernels_; }

 private:
  std::map<std::string, KernelDef, std::less<>> kernels_;
};

}  // namespace weir
