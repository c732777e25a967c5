// Candidate samplers: ops that draw some of many classes, and say how often each class is to be expected among them.
#include "weir/graph/infer.h"
#include "weir/ops/random/random.h"

namespace weir {

namespace {

Status CandidateShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape classes, c.WithRank(0, 2));
  auto num_true = MergeDims(classes[1], c.attr<int64_t>("num_true"));
  if (!num_true.ok()) {
    return InvalidArgument("has true_classes of another number of columns than num_true")
        .Detail("true_classes: " + c.Describe(0));
  }
  classes[1] = *num_true;
  const PartialShape sampled({c.attr<int64_t>("num_sampled")});
  c.set_output(0, sampled);
  c.set_output(1, classes);
  c.set_output(2, sampled);
  return {};
}

void AddSampler(OpRegistry& r, const char* op, const std::string& probability) {
  r.Add(op)
      .Input("true_classes: int64")
      .Output("sampled_candidates: int64")
      .Output("true_expected_count: float")
      .Output("sampled_expected_count: float")
      .Attr("num_true: int >= 1")
      .Attr("num_sampled: int >= 1")
      .Attr("unique: bool")
      .Attr("range_max: int >= 1")
      .Attr("seed: int = 0")
      .Attr("seed2: int = 0")
      .Random()
      .Doc("Draws num_sampled classes of [0, range_max), class k with probability " + probability +
           ", none twice when `unique`. The expected "
           "counts say how often each of true_classes [batch, num_true], and each class that was drawn, is to be "
           "expected among them.")
      .Shape(CandidateShape)
      .NoGradient("its outputs depend on integers and random numbers alone");
}

}  // namespace

void RegisterRandomCandidateOps(OpRegistry& r) {
  AddSampler(r, "LogUniformCandidateSampler", "log((k + 2) / (k + 1)) / log(range_max + 1)");
  AddSampler(r, "UniformCandidateSampler", "1 / range_max");
}

namespace ops {

namespace {

CandidateSamples Sample(const char* op, const Input& true_classes, int64_t num_true, int64_t num_sampled, bool unique,
                        int64_t range_max, const CandidateOptions& o) {
  Builder* b = true_classes.builder();
  if (!b) return {};
  b = Builder::Innermost(b);
  auto at = b->At(true_classes.loc());
  const std::string full = b->UniqueName(o.name.empty() ? op : o.name);
  auto [seed, seed2] = RandomSeeds(*b, full, o.seed);
  Output classes =
      true_classes.dtype() == kInt64 ? true_classes.output() : Make("Cast", {true_classes}, {{"DstT", kInt64}});
  std::vector<Output> out = MakeAll(op, {classes},
                                    {{"num_true", num_true},
                                     {"num_sampled", num_sampled},
                                     {"unique", unique},
                                     {"range_max", range_max},
                                     {"seed", seed},
                                     {"seed2", seed2}},
                                    {.name = full + "/"});
  return out.size() == 3 ? CandidateSamples{out[0], out[1], out[2]} : CandidateSamples{};
}

}  // namespace

CandidateSamples LogUniformCandidateSampler(Input true_classes, int64_t num_true, int64_t num_sampled, bool unique,
                                            int64_t range_max, const CandidateOptions& o) {
  return Sample("LogUniformCandidateSampler", true_classes, num_true, num_sampled, unique, range_max, o);
}

CandidateSamples UniformCandidateSampler(Input true_classes, int64_t num_true, int64_t num_sampled, bool unique,
                                         int64_t range_max, const CandidateOptions& o) {
  return Sample("UniformCandidateSampler", true_classes, num_true, num_sampled, unique, range_max, o);
}

}  // namespace ops
}  // namespace weir
