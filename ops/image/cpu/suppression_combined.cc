// CombinedNonMaxSuppression: phases select boxes class by class, then the best of all classes image by image.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "weir/ops/image/cpu/box.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

struct CombinedProblem {
  int64_t batch = 0, boxes = 0, classes = 0, boxes_of = 0;  // classes that boxes are given for: 1 or all
  int64_t per_class = 0, detections = 0;
  bool clip = true;

  const float* Box(const float* all, int64_t image, int64_t box, int64_t of_class) const {
    return all + ((image * boxes + box) * boxes_of + (boxes_of == 1 ? 0 : of_class)) * 4;
  }
};

struct Detection {
  float score;
  int32_t box, of_class;
  // By score; of equal ones in the order of classes and boxes.
  bool operator<(const Detection& o) const {
    if (score != o.score) return score > o.score;
    return of_class != o.of_class ? of_class < o.of_class : box < o.box;
  }
};

// The workspace: for each class of each image, in order, how many were selected and which.
struct Room {
  int64_t counts = 0, selected = 0;
  int64_t* Counts(const RunArgs& a) const { return reinterpret_cast<int64_t*>(a.workspace<char>() + counts); }
  Detection* Selected(const RunArgs& a) const {
    return reinterpret_cast<Detection*>(a.workspace<char>() + selected);
  }
};

// Of one class of one image: into `kept`, at most per_class; how many. `candidates` has room for all boxes.
int64_t SelectClass(const CombinedProblem& p, const float* boxes, const float* scores, int64_t image, int32_t of_class,
                    float overlap, float least, Detection* candidates, Detection* kept) {
  int64_t n = 0, count = 0;
  for (int32_t i = 0; i < p.boxes; ++i) {
    const float score = scores[(image * p.boxes + i) * p.classes + of_class];
    if (score > least) candidates[n++] = {score, i, of_class};
  }
  std::sort(candidates, candidates + n);
  for (int64_t i = 0; i < n && count < p.per_class; ++i) {
    const float* box = p.Box(boxes, image, candidates[i].box, of_class);
    const bool suppressed = std::any_of(kept, kept + count, [&](const Detection& k) {
      return Overlap(box, p.Box(boxes, image, k.box, of_class)) > overlap;
    });
    if (!suppressed) kept[count++] = candidates[i];
  }
  return count;
}

// One image's best detections, behind each other in its part of the workspace: how many.
int64_t Gather(const CombinedProblem& p, const int64_t* counts, Detection* selected) {
  int64_t n = 0;
  for (int64_t k = 0; k < p.classes; ++k) {
    std::move(selected + k * p.per_class, selected + k * p.per_class + counts[k], selected + n);
    n += counts[k];
  }
  const int64_t kept = std::min(n, p.detections);
  std::partial_sort(selected, selected + kept, selected + n);
  return kept;
}

void GiveImage(const CombinedProblem& p, const Room& room, int64_t image, RunArgs& a) {
  Detection* selected = room.Selected(a) + image * p.classes * p.per_class;
  const int64_t n = Gather(p, room.Counts(a) + image * p.classes, selected), at = image * p.detections;
  for (int64_t i = 0; i < p.detections; ++i) {
    const bool valid = i < n;
    const float* box = valid ? p.Box(a.in<float>(0), image, selected[i].box, selected[i].of_class) : nullptr;
    for (int k = 0; k < 4; ++k) {
      const float v = valid ? box[k] : 0.0f;
      a.out<float>(0)[(at + i) * 4 + k] = p.clip ? std::max(std::min(v, 1.0f), 0.0f) : v;
    }
    a.out<float>(1)[at + i] = valid ? selected[i].score : 0.0f;
    a.out<float>(2)[at + i] = valid ? float(selected[i].of_class) : 0.0f;
  }
  a.out<int32_t>(3)[image] = static_cast<int32_t>(n);
}

Result<CombinedProblem> MakeCombinedProblem(PrepareContext& c) {
  const Shape &boxes = c.input_shape(0), &scores = c.input_shape(1);
  if (boxes.rank() != 4 || scores.rank() != 3 || boxes[0] != scores[0] || boxes[1] != scores[1] || boxes[3] != 4 ||
      (boxes[2] != 1 && boxes[2] != scores[2])) {
    return InvalidArgument(fmt::format("cannot relate boxes {} and scores {}", boxes.ToString(), scores.ToString()));
  }
  const std::vector<int64_t> most = c.ints(2);
  if (most.size() != 1 || most[0] <= 0) return InvalidArgument("needs a positive scalar as number of boxes a class");
  CombinedProblem p{.batch = boxes[0], .boxes = boxes[1], .classes = scores[2], .boxes_of = boxes[2],
                    .clip = c.attr<bool>("clip_boxes")};
  if (p.boxes > std::numeric_limits<int32_t>::max() || p.classes > std::numeric_limits<int32_t>::max())
    return InvalidArgument("has more boxes or classes than int32 can number");
  p.per_class = std::min(most[0], p.boxes);
  p.detections = c.output_shape(1)[1];
  return p;
}

Status CheckThresholds(const PrepareContext& c) {
  for (int i : {4, 5}) {
    if (c.input_value(i)->num_elements() != 1) return InvalidArgument("needs scalars as thresholds");
  }
  const float overlap = *c.input_value(4)->data<float>();
  if (overlap >= 0 && overlap <= 1) return {};
  return InvalidArgument(fmt::format("has iou_threshold {}; it must be in [0, 1]", overlap));
}

Status PrepareCombined(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckThresholds(c));
  WEIR_ASSIGN_OR_RETURN(const CombinedProblem p, MakeCombinedProblem(c));
  if (p.batch == 0) return c.Nothing();
  int64_t lists = 0, most = 0;
  if (!CheckedMul(p.batch, p.classes, &lists) || !CheckedMul(lists, p.per_class, &most))
    return ResourceExhausted("needs too much workspace");
  WorkspaceLayout layout, own;
  Room room;
  room.counts = layout.Add(lists, sizeof(int64_t));
  room.selected = layout.Add(most, sizeof(Detection));
  own.Add(p.boxes, sizeof(Detection));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  const float overlap = *c.input_value(4)->data<float>(), least = *c.input_value(5)->data<float>();
  c.ParallelOver(lists, double(p.boxes) * (20 + double(p.per_class)));
  c.SetRun([=](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      room.Counts(a)[i] =
          SelectClass(p, a.in<float>(0), a.in<float>(1), i / p.classes, static_cast<int32_t>(i % p.classes), overlap,
                      least, a.own<Detection>(), room.Selected(a) + i * p.per_class);
    }
  });
  c.After(p.batch, double(p.detections) * 10 + double(p.classes * p.per_class) * 10, [=](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) GiveImage(p, room, i, a);
  });
  return {};
}

}  // namespace
}  // namespace kernels

void RegisterCombinedSuppressionKernels(KernelRegistry& r) {
  r.Add("CombinedNonMaxSuppression", kernels::PrepareCombined).NeedsValue({2, 3, 4, 5});
}

}  // namespace weir
