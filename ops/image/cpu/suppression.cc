// Non-maximum suppression. Which boxes are kept, and so how many, is decided in Prepare, which sees them (but for
// CombinedNonMaxSuppression, whose outputs are padded). Half precision rounds after each operation, as in TensorFlow:
// what is above a threshold hangs on it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <vector>

#include "weir/ops/image/cpu/box.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// What to keep, in values of T held as floats.
struct Wish {
  int64_t most = 0;
  float overlap = 0, score = 0, sigma = 0;
};

struct Candidate {
  int32_t box;
  int32_t seen;  // of the selected boxes, those that have had their say on its score
  float score;
  bool operator<(const Candidate& o) const { return score == o.score ? box > o.box : score < o.score; }
};

struct Selected {
  std::vector<int32_t> boxes;
  std::vector<float> scores;
};

// What a score is multiplied by for an overlap with a box that was selected before.
template <class T>
float Weight(const Wish& w, float overlap) {
  if (!(w.sigma > 0)) return overlap <= w.overlap ? 1 : 0;
  const float scale = Rounded<T>(-0.5f / w.sigma);
  return Rounded<T>(std::exp(Rounded<T>(Rounded<T>(scale * overlap) * overlap)));
}

// Lets the boxes selected since it last was the best lower the candidate's score. False: it is out.
template <class T, class F>
bool Weigh(const Wish& w, const Selected& selected, const F& overlap, Candidate* c) {
  for (int64_t i = int64_t(selected.boxes.size()) - 1; i >= c->seen; --i) {
    const float shared = overlap(c->box, selected.boxes[i]);
    c->score = Rounded<T>(c->score * Weight<T>(w, shared));
    if (!(w.sigma > 0) && shared > w.overlap) return false;
    if (c->score <= w.score) break;
  }
  c->seen = static_cast<int32_t>(selected.boxes.size());
  return true;
}

// From the best score on, each box that no better one suppresses.
template <class T, class F>
Selected Select(const T* scores, int64_t n, const Wish& w, const F& overlap) {
  std::priority_queue<Candidate> queue;
  for (int64_t i = 0; i < n; ++i) {
    if (float(scores[i]) > w.score) queue.push({static_cast<int32_t>(i), 0, float(scores[i])});
  }
  Selected selected;
  while (int64_t(selected.boxes.size()) < w.most && !queue.empty()) {
    Candidate next = queue.top();
    queue.pop();
    const float before = next.score;
    if (!Weigh<T>(w, selected, overlap, &next)) continue;
    if (next.score == before) {
      selected.boxes.push_back(next.box);
      selected.scores.push_back(next.score);
    } else if (next.score > w.score) {
      queue.push(next);
    }
  }
  return selected;
}

// The scalar that input `i` holds.
Result<float> ScalarOf(const PrepareContext& c, int i) {
  const Tensor& t = *c.input_value(i);
  if (t.num_elements() != 1) return InvalidArgument(fmt::format("needs a scalar as input {}", i));
  float value = 0;
  DispatchType(t.dtype(), Types<float, Half>{}, [&](auto v) { value = float(t.data<decltype(v)>()[0]); });
  return value;
}

Result<int64_t> CountOf(const PrepareContext& c, int i) {
  const std::vector<int64_t> n = c.ints(i);
  if (n.size() != 1) return InvalidArgument(fmt::format("needs a scalar as input {}", i));
  if (n[0] < 0) return InvalidArgument(fmt::format("has a number of boxes of {}; it must not be negative", n[0]));
  return n[0];
}

Status CheckFraction(const char* what, float value) {
  if (value >= 0 && value <= 1) return {};
  return InvalidArgument(fmt::format("has {} {}; it must be in [0, 1]", what, value));
}

// The thresholds of versions 1 to 5, by how many of them are inputs.
Result<Wish> WishOf(const PrepareContext& c, bool overlaps_given) {
  Wish w{.score = std::numeric_limits<float>::lowest()};
  WEIR_ASSIGN_OR_RETURN(w.most, CountOf(c, 2));
  w.overlap = c.attr<float>("iou_threshold");
  float* thresholds[] = {&w.overlap, &w.score, &w.sigma};
  for (int i = 3; i < c.num_inputs(); ++i) {
    WEIR_ASSIGN_OR_RETURN(*thresholds[i - 3], ScalarOf(c, i));
  }
  if (overlaps_given) return w;
  WEIR_RETURN_IF_ERROR(CheckFraction("iou_threshold", w.overlap));
  if (w.sigma < 0) return InvalidArgument(fmt::format("has soft_nms_sigma {}; it must not be negative", w.sigma));
  return w;
}

Status CheckSizes(const Shape& first, int64_t columns, const Shape& scores) {
  const bool fits = first.rank() == 2 && first[1] == columns && scores.rank() == 1 && scores[0] == first[0];
  if (!fits) return InvalidArgument(fmt::format("cannot relate {} and scores {}", first.ToString(), scores.ToString()));
  if (scores[0] <= std::numeric_limits<int32_t>::max()) return {};
  return InvalidArgument("has more boxes than int32 can number");
}

// Outputs: indices; of version 5 their scores; from version 4 on how many they are.
template <class T>
Status GiveSelected(PrepareContext& c, const Wish& w, Selected selected) {
  const int64_t n = int64_t(selected.boxes.size());
  const int vectors = c.num_outputs() == 3 ? 2 : 1;
  const int64_t size = c.attr<bool>("pad_to_max_output_size") ? w.most : n;
  for (int i = 0; i < vectors; ++i) WEIR_RETURN_IF_ERROR(c.set_output_dims(i, {size}));
  const bool counted = c.num_outputs() > 1;
  if (counted) WEIR_RETURN_IF_ERROR(c.set_output_dims(vectors, {}));
  c.SetRun([=, selected = std::move(selected)](RunArgs& a) {
    std::fill(std::copy(selected.boxes.begin(), selected.boxes.end(), a.out<int32_t>(0)), a.out<int32_t>(0) + size, 0);
    for (int64_t i = 0; vectors == 2 && i < size; ++i) a.out<T>(1)[i] = T(i < n ? selected.scores[i] : 0.0f);
    if (counted) *a.out<int32_t>(vectors) = static_cast<int32_t>(n);
  });
  return {};
}

Status PrepareSuppression(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckSizes(c.input_shape(0), 4, c.input_shape(1)));
  WEIR_ASSIGN_OR_RETURN(const Wish w, WishOf(c, false));
  Status status;
  WEIR_RETURN_IF_ERROR(c.ForType(Types<float, Half>{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    const T* boxes = c.input_value(0)->data<T>();
    auto overlap = [boxes](int64_t i, int64_t j) { return Overlap(boxes + i * 4, boxes + j * 4); };
    status = GiveSelected<T>(c, w, Select(c.input_value(1)->data<T>(), c.input_shape(1)[0], w, overlap));
  }));
  return status;
}

Status PrepareWithOverlaps(PrepareContext& c) {
  const int64_t n = c.input_shape(1).num_elements();
  WEIR_RETURN_IF_ERROR(CheckSizes(c.input_shape(0), n, c.input_shape(1)));
  WEIR_ASSIGN_OR_RETURN(const Wish w, WishOf(c, true));
  const float* overlaps = c.input_value(0)->data<float>();
  auto overlap = [overlaps, n](int64_t i, int64_t j) { return overlaps[i * n + j]; };
  return GiveSelected<float>(c, w, Select(c.input_value(1)->data<float>(), n, w, overlap));
}

}  // namespace
}  // namespace kernels

void RegisterSuppressionKernels(KernelRegistry& r) {
  r.Add("NonMaxSuppression", kernels::PrepareSuppression).NeedsValueFrom(0);
  r.Add("NonMaxSuppressionV2", kernels::PrepareSuppression).NeedsValueFrom(0);
  r.Add("NonMaxSuppressionV3", kernels::PrepareSuppression).NeedsValueFrom(0);
  r.Add("NonMaxSuppressionV4", kernels::PrepareSuppression).NeedsValueFrom(0);
  r.Add("NonMaxSuppressionV5", kernels::PrepareSuppression).NeedsValueFrom(0);
  r.Add("NonMaxSuppressionWithOverlaps", kernels::PrepareWithOverlaps).NeedsValueFrom(0);
}

}  // namespace weir
