// Kernels of CTCLoss and CTCLossV2. Sequence by sequence: log-probabilities of all beginnings of the labels at each
// step (`ahead`), kept, and of all ends (`behind`), step by step from the last one; where both meet, the gradient. All
// in double.
//
// The states of a sequence are its labels with a blank before, between and behind them: 2 * labels + 1.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "weir/ops/sequence/cpu/log_chances.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

struct CtcShape {
  int64_t time, batch, classes, labels;
  int32_t blank;
  bool collapse, merge, ignore_longer;

  int64_t most_labels() const { return std::min(labels, time); }  // of a sequence that has a path
  int64_t most_states() const { return 2 * most_labels() + 1; }
};

// One sequence: its logits, the loss and its gradient are `batch` rows apart from step to step.
template <class T>
class CtcSequence {
 public:
  // `memory` has WordsOf(shape) words.
  CtcSequence(const CtcShape& shape, double* memory) : shape_(shape) {
    const auto states = static_cast<size_t>(shape.most_states());
    norm_ = memory;
    ahead_ = norm_ + shape.time;
    behind_ = ahead_ + states * static_cast<size_t>(shape.time);
    next_behind_ = behind_ + states;
    by_class_ = next_behind_ + states;
    states_ = reinterpret_cast<int64_t*>(by_class_ + shape.classes);
  }
  static bool WordsOf(const CtcShape& s, int64_t* words) {
    const int64_t states = s.most_states();
    return CheckedMul(states, s.time, words) && CheckedAdd(*words, 3 * states + s.time, words) &&
           CheckedAdd(*words, s.classes, words);
  }

  // An error where the labels are none.
  Status SetLabels(const int32_t* labels, int64_t count, int64_t steps) {
    steps_ = steps, num_states_ = 0, too_long_ = count > steps;
    if (too_long_ && !shape_.ignore_longer) {
      return InvalidArgument(fmt::format("has {} labels for a sequence of {} steps", count, steps))
          .Help("ignore_longer_outputs_than_inputs=true gives such sequences the loss 0");
    }
    bool ended = false;
    for (int64_t i = 0; i < count; ++i) {
      if (shape_.collapse && i > 0 && labels[i] == labels[i - 1]) continue;
      if (labels[i] < 0) return InvalidArgument(fmt::format("has the label {}", labels[i]));
      const bool null = labels[i] == shape_.blank || labels[i] >= shape_.classes;
      if (!null && ended) {
        return InvalidArgument(fmt::format("has the label {} behind one that is none", labels[i]));
      }
      ended |= null;
      if (!null && !too_long_) AddState(shape_.blank), AddState(labels[i]);
    }
    if (!too_long_) AddState(shape_.blank);
    return {};
  }

  double Loss(const T* logits, T* gradient) {
    const int64_t row = shape_.batch * shape_.classes;
    const auto classes = static_cast<size_t>(shape_.classes);
    for (int64_t t = too_long_ ? 0 : steps_; t < shape_.time; ++t) std::fill_n(gradient + t * row, classes, T(0));
    if (too_long_ || steps_ == 0) return 0;
    for (int64_t t = 0; t < steps_; ++t) norm_[t] = LogNorm(std::span(logits + t * row, classes));
    logits_ = logits;
    GoAhead();
    double total = ahead_[(steps_ - 1) * num_states_ + num_states_ - 1];
    if (num_states_ > 1) total = LogSum(total, ahead_[(steps_ - 1) * num_states_ + num_states_ - 2]);
    for (int64_t t = steps_; t-- > 0;) {
      GoBehind(t);
      WriteGradient(t, total, gradient + t * row);
    }
    return -total;
  }

 private:
  void AddState(int64_t label) { states_[num_states_++] = label; }

  // Of class `k` at step t.
  double LogProbability(int64_t t, int64_t k) const {
    return static_cast<double>(logits_[t * shape_.batch * shape_.classes + k]) - norm_[t];
  }
  bool Stays(int64_t u) const { return shape_.merge || states_[u] == shape_.blank; }
  // Whether the blank between the labels of states u - 2 and u may be left out.
  bool Skips(int64_t u) const {
    return u > 1 && states_[u] != shape_.blank && !(shape_.merge && states_[u] == states_[u - 2]);
  }

  void GoAhead() {
    for (int64_t u = 0; u < num_states_; ++u) ahead_[u] = u < 2 ? LogProbability(0, states_[u]) : kNoChance;
    for (int64_t t = 1; t < steps_; ++t) {
      const double* before = ahead_ + (t - 1) * num_states_;
      for (int64_t u = 0; u < num_states_; ++u) {
        double sum = Stays(u) ? before[u] : kNoChance;
        if (u > 0) sum = LogSum(sum, before[u - 1]);
        if (Skips(u)) sum = LogSum(sum, before[u - 2]);
        ahead_[t * num_states_ + u] = sum + LogProbability(t, states_[u]);
      }
    }
  }

  // What comes behind step t, from what comes behind the step after it.
  void GoBehind(int64_t t) {
    if (t + 1 == steps_) {
      for (int64_t u = 0; u < num_states_; ++u) behind_[u] = u + 2 < num_states_ ? kNoChance : 0;
      return;
    }
    std::swap(behind_, next_behind_);
    for (int64_t u = 0; u < num_states_; ++u) next_behind_[u] += LogProbability(t + 1, states_[u]);
    for (int64_t u = 0; u < num_states_; ++u) {
      double sum = Stays(u) ? next_behind_[u] : kNoChance;
      if (u + 1 < num_states_) sum = LogSum(sum, next_behind_[u + 1]);
      if (u + 2 < num_states_ && Skips(u + 2)) sum = LogSum(sum, next_behind_[u + 2]);
      behind_[u] = sum;
    }
  }

  // The probability of each class less its part in the paths that give the labels, if there are any.
  void WriteGradient(int64_t t, double total, T* gradient) {
    std::fill_n(by_class_, shape_.classes, kNoChance);
    for (int64_t u = 0; u < num_states_ && total != kNoChance; ++u) {
      double& sum = by_class_[states_[u]];
      sum = LogSum(sum, ahead_[t * num_states_ + u] + behind_[u]);
    }
    for (int64_t k = 0; k < shape_.classes; ++k) {
      const double part = total == kNoChance ? 0 : std::exp(by_class_[k] - total);
      gradient[k] = static_cast<T>(std::exp(LogProbability(t, k)) - part);
    }
  }

  CtcShape shape_;
  const T* logits_ = nullptr;
  double *norm_, *ahead_, *behind_, *next_behind_, *by_class_;
  int64_t* states_;
  int64_t steps_ = 0, num_states_ = 0;
  bool too_long_ = false;
};

Result<CtcShape> ShapeOf(const PrepareContext& c, bool first_is_blank) {
  const Shape &inputs = c.input_shape(0), &at = c.input_shape(1);
  if (inputs.rank() != 3 || c.input_shape(3).dims() != Dims{inputs[1]} || inputs[2] == 0 ||
      inputs[2] > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument(fmt::format("needs inputs [time,batch,classes] and a sequence_length [batch], got {} and {}",
                                       inputs.ToString(), c.input_shape(3).ToString()));
  }
  if (at.rank() != 2 || at[1] != 2 || c.input_shape(2).dims() != Dims{at[0]}) {
    return InvalidArgument(fmt::format("needs labels at positions [n,2], got {} and {}", c.input_shape(2).ToString(),
                                       at.ToString()));
  }
  const int32_t blank = first_is_blank ? 0 : static_cast<int32_t>(inputs[2] - 1);
  return CtcShape{inputs[0], inputs[1], inputs[2], at[0], blank, c.attr<bool>("preprocess_collapse_repeated"),
                  c.attr<bool>("ctc_merge_repeated"), c.attr<bool>("ignore_longer_outputs_than_inputs")};
}

// Where the labels of each sequence begin, and where the last ones end; they come in order.
void FindLabels(RunArgs& a, const CtcShape& s, int64_t* begin) {
  const auto* at = a.in<int64_t>(1);
  int64_t sequence = 0;
  begin[0] = 0;
  for (int64_t i = 0; i < s.labels; ++i) {
    const int64_t b = at[2 * i], column = at[2 * i + 1];
    if (b < 0 || b >= s.batch || column < 0) {
      return a.Fail(InvalidArgument(fmt::format("has a label at [{}, {}] for a batch of {}", b, column, s.batch)));
    }
    if (i > 0 && (b < at[2 * i - 2] || (b == at[2 * i - 2] && column <= at[2 * i - 1]))) {
      return a.Fail(InvalidArgument(fmt::format("has labels out of order: one at [{}, {}] behind one at [{}, {}]", b,
                                                column, at[2 * i - 2], at[2 * i - 1]))
                        .Help("SparseReorder orders them"));
    }
    while (sequence < b) begin[++sequence] = i;
  }
  while (sequence < s.batch) begin[++sequence] = s.labels;
}

template <class T>
void ComputeLosses(RunArgs& a, const CtcShape& s) {
  CtcSequence<T> sequence(s, a.own<double>());
  for (int64_t b = a.begin; b < a.end && !a.cancelled(); ++b) {
    const int32_t steps = a.in<int32_t>(3)[b];
    if (steps < 0 || steps > s.time) {
      return a.Fail(InvalidArgument(fmt::format("has sequence_length[{}] = {}, which is not in [0, {}]", b, steps,
                                                s.time)));
    }
    const int64_t* begin = a.workspace<int64_t>() + b;
    Status set = sequence.SetLabels(a.in<int32_t>(2) + begin[0], begin[1] - begin[0], steps);
    if (!set.ok()) return a.Fail(std::move(set));
    a.out<T>(0)[b] = static_cast<T>(sequence.Loss(a.in<T>(0) + b * s.classes, a.out<T>(1) + b * s.classes));
  }
}

template <bool kFirstIsBlank> Status PrepareCtcLoss(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const CtcShape s, ShapeOf(c, kFirstIsBlank));
  c.set_output_shape(0, Shape({s.batch}));
  c.set_output_shape(1, c.input_shape(0));
  int64_t words = 0, bytes = 0;
  if (!CtcSequence<double>::WordsOf(s, &words) || !CheckedMul(words, sizeof(double), &bytes)) {
    return ResourceExhausted("has too many steps and labels");
  }
  c.set_own_workspace(bytes);
  c.set_workspace((s.batch + 1) * static_cast<int64_t>(sizeof(int64_t)));
  c.Before(1, 3.0 * static_cast<double>(s.labels + s.batch),
           [s](RunArgs& a) { FindLabels(a, s, a.workspace<int64_t>()); });
  const double mean_labels = static_cast<double>(s.labels) / static_cast<double>(std::max<int64_t>(s.batch, 1));
  c.ParallelOver(s.batch, static_cast<double>(s.time) * (20 * static_cast<double>(s.classes) + 150 * mean_labels));
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto t) {
    c.SetRun([s](RunArgs& a) { ComputeLosses<decltype(t)>(a, s); });
  });
}

}  // namespace

void RegisterCtcLossKernels(KernelRegistry& r) {
  r.Add("CTCLoss", PrepareCtcLoss<false>);
  r.Add("CTCLossV2", PrepareCtcLoss<true>);
}

}  // namespace weir
