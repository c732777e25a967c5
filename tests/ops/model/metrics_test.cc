// Metrics over two batches, held to what TensorFlow 2.21's tf.compat.v1.metrics gives; their variables' names.
#include "weir/ops/model/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// By TensorFlow: update_op of the first and of the second batch, then value.
struct Row {
  const char* metric;
  bool weighted;
  std::vector<double> first, second, value;
};
const Row kRows[] = {
    {"mean", false, {0.533333302}, {0.495833308}, {0.495833308}},
    {"mean_tensor",
     false,
     {0.899999976, 0.400000006, 0.300000012, 0.200000003, 0.800000012, 0.600000024},
     {0.799999952, 0.25, 0.400000006, 0.574999988, 0.625, 0.325000018},
     {0.799999952, 0.25, 0.400000006, 0.574999988, 0.625, 0.325000018}},
    {"accuracy", false, {0.833333313}, {0.666666687}, {0.666666687}},
    {"mean_absolute_error", false, {0.333333343}, {0.329166651}, {0.329166651}},
    {"mean_squared_error", false, {0.149999991}, {0.163125008}, {0.163125008}},
    {"root_mean_squared_error", false, {0.387298316}, {0.403887361}, {0.403887361}},
    {"mean_relative_error", false, {0.233333334}, {0.208333328}, {0.208333328}},
    {"mean_cosine_distance", false, {-0.300000072}, {-0.125}, {-0.125}},
    {"percentage_below", false, {0.5}, {0.5}, {0.5}},
    {"true_positives", false, {3}, {4}, {4}},
    {"false_positives", false, {0}, {1}, {1}},
    {"true_negatives", false, {2}, {4}, {4}},
    {"false_negatives", false, {1}, {3}, {3}},
    {"precision", false, {1}, {0.800000012}, {0.800000012}},
    {"recall", false, {0.75}, {0.571428597}, {0.571428597}},
    {"precision_at_thresholds",
     false,
     {0.800000012, 1, 1},
     {0.777777791, 0.800000012, 1},
     {0.777777791, 0.800000012, 1}},
    {"recall_at_thresholds", false, {1, 0.75, 0.5}, {1, 0.571428597, 0.428571433}, {1, 0.571428597, 0.428571433}},
    {"auc", false, {0.874999642}, {0.857142746}, {0.857142746}},
    {"auc_pr", false, {0.944214106}, {0.886402607}, {0.886402607}},
    {"auc_minoring", false, {0.874999642}, {0.857142687}, {0.857142687}},
    {"auc_majoring", false, {0.999999762}, {0.9142856}, {0.9142856}},
    {"mean_per_class_accuracy", false, {1, 0.5, 1}, {1, 0.666666687, 0.666666687}, {0.777777851}},
    {"mean_iou", false, {1, 0, 0, 0, 1, 1, 0, 0, 1}, {2, 0, 0, 0, 2, 1, 0, 1, 2}, {0.666666687}},
    {"mean", true, {0.557894766}, {0.541463435}, {0.541463435}},
    {"mean_tensor",
     true,
     {0.899999976, 0.400000006, 0.300000012, 0, 0.800000012, 0.600000024},
     {0.833333313, 0.200000003, 0.366666675, 0.949999988, 0.800000012, 0.159999996},
     {0.833333313, 0.200000003, 0.366666675, 0.949999988, 0.800000012, 0.159999996}},
    {"accuracy", true, {0.578947365}, {0.658536613}, {0.658536613}},
    {"mean_absolute_error", true, {0.421052635}, {0.302439004}, {0.302439004}},
    {"mean_squared_error", true, {0.242105231}, {0.162195116}, {0.162195116}},
    {"root_mean_squared_error", true, {0.492041886}, {0.402734548}, {0.402734548}},
    {"mean_relative_error", true, {0.378947377}, {0.234146357}, {0.234146357}},
    {"mean_cosine_distance", true, {-0.200000048}, {-0.214285731}, {-0.214285731}},
    {"percentage_below", true, {0.526315808}, {0.439024389}, {0.439024389}},
    {"true_positives", true, {2.25}, {4.25}, {4.25}},
    {"false_positives", true, {0}, {0.5}, {0.5}},
    {"true_negatives", true, {0.5}, {2.5}, {2.5}},
    {"false_negatives", true, {2}, {3}, {3}},
    {"precision", true, {1}, {0.894736826}, {0.894736826}},
    {"recall", true, {0.529411793}, {0.586206913}, {0.586206913}},
    {"precision_at_thresholds",
     true,
     {0.894736826, 1, 1},
     {0.878787875, 0.894736826, 1},
     {0.878787875, 0.894736826, 1}},
    {"recall_at_thresholds",
     true,
     {1, 0.529411793, 0.470588237},
     {1, 0.586206913, 0.551724136},
     {1, 0.586206913, 0.551724136}},
    {"auc", true, {0.529410779}, {0.879310071}, {0.879310071}},
    {"auc_pr", true, {0.935700774}, {0.944800973}, {0.944800973}},
    {"auc_minoring", true, {0.529410779}, {0.879310131}, {0.879310131}},
    {"auc_majoring", true, {0.999999762}, {0.956442714}, {0.956442714}},
    {"mean_per_class_accuracy", true, {1, 0.666666687, 1}, {1, 0.75, 0.666666687}, {0.805555582}},
    {"mean_iou", true, {1, 0, 0, 0, 1, 0.5, 0, 0, 2}, {4, 0, 0, 0, 1.5, 0.5, 0, 1, 2}, {0.690476179}},
};

// The graph's inputs: probabilities with labels, classes with labels.
struct Model {
  Builder g;
  Output labels = ops::Placeholder(g, kFloat, {2, 3}), predictions = ops::Placeholder(g, kFloat, {2, 3});
  Output weights = ops::Placeholder(g, kFloat, {2, 3});
  Output class_labels = ops::Placeholder(g, kInt64, {4}), classes = ops::Placeholder(g, kInt64, {4});
  Output class_weights = ops::Placeholder(g, kFloat, {4});

  Feeds Batch(int i) const {
    if (i == 0) {
      return {{labels, {{1, 0, 1}, {0, 1, 1}}},
              {predictions, {{.9, .4, .3}, {.2, .8, .6}}},
              {weights, {{1, .5, 2}, {0, 1, .25}}},
              {class_labels, {0, 1, 2, 1}},
              {classes, {0, 2, 2, 1}},
              {class_weights, {1, .5, 2, 1}}};
    }
    return {{labels, {{0, 0, 1}, {1, 1, 0}}},
            {predictions, {{.7, .1, .5}, {.95, .45, .05}}},
            {weights, {{.5, 1, 1}, {2, 0, 1}}},
            {class_labels, {2, 2, 0, 1}},
            {classes, {2, 1, 0, 1}},
            {class_weights, {0, 1, 3, .5}}};
  }
};

metrics::Metric Make(const std::string& name, Model& m, bool weighted) {
  using namespace metrics;  // NOLINT: the names of the table
  MetricOptions o, rows, classes;
  if (weighted) {
    o.weights = m.weights, classes.weights = m.class_weights;
    rows.weights = ops::Slice(m.weights, {0, 0}, {2, 1});
  }
  const Output &l = m.labels, &p = m.predictions;
  const std::vector<float> thresholds = {.25f, .5f, .75f};
  auto yes = [&] { return ops::Greater(p, .5); };
  const std::map<std::string, std::function<Metric()>> makers = {
      {"mean", [&] { return Mean(p, o); }},
      {"mean_tensor", [&] { return MeanTensor(p, o); }},
      {"accuracy", [&] { return Accuracy(l, ops::Round(p), o); }},
      {"mean_absolute_error", [&] { return MeanAbsoluteError(l, p, o); }},
      {"mean_squared_error", [&] { return MeanSquaredError(l, p, o); }},
      {"root_mean_squared_error", [&] { return RootMeanSquaredError(l, p, o); }},
      {"mean_relative_error", [&] { return MeanRelativeError(l, p, l, o); }},
      {"mean_cosine_distance", [&] { return MeanCosineDistance(l, p, 1, rows); }},
      {"percentage_below", [&] { return PercentageBelow(p, .5, o); }},
      {"true_positives", [&] { return TruePositives(l, yes(), o); }},
      {"false_positives", [&] { return FalsePositives(l, yes(), o); }},
      {"true_negatives", [&] { return TrueNegatives(l, yes(), o); }},
      {"false_negatives", [&] { return FalseNegatives(l, yes(), o); }},
      {"precision", [&] { return metrics::Precision(l, yes(), o); }},
      {"recall", [&] { return Recall(l, yes(), o); }},
      {"precision_at_thresholds", [&] { return PrecisionAtThresholds(l, p, thresholds, o); }},
      {"recall_at_thresholds", [&] { return RecallAtThresholds(l, p, thresholds, o); }},
      {"auc", [&] { return Auc(l, p, {}, o); }},
      {"auc_pr",
       [&] { return Auc(l, p, {.curve = Curve::kPr, .summation_method = Summation::kCarefulInterpolation}, o); }},
      {"auc_minoring", [&] { return Auc(l, p, {.num_thresholds = 11, .summation_method = Summation::kMinoring}, o); }},
      {"auc_majoring",
       [&] {
         return Auc(l, p, {.thresholds = thresholds, .curve = Curve::kPr, .summation_method = Summation::kMajoring}, o);
       }},
      {"mean_per_class_accuracy", [&] { return MeanPerClassAccuracy(m.class_labels, m.classes, 3, classes); }},
      {"mean_iou", [&] { return MeanIou(m.class_labels, m.classes, 3, classes); }},
  };
  return makers.at(name)();
}

void ExpectNear(const Result<Tensor>& got, const std::vector<double>& want) {
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  ASSERT_EQ(got->num_elements(), static_cast<int64_t>(want.size()));
  for (size_t i = 0; i < want.size(); ++i) {
    double element = got->dtype() == kDouble ? got->data<double>()[i] : got->data<float>()[i];
    EXPECT_NEAR(element, want[i], 1e-6 * std::max(1.0, std::abs(want[i]))) << i;
  }
}

TEST(Metrics, AsTensorFlowOverTwoBatches) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.metric) + (row.weighted ? ", weighted" : ""));
    Model m;
    metrics::Metric metric = Make(row.metric, m, row.weighted);
    ASSERT_TRUE(m.g.status().ok()) << m.g.status().ToString();
    Operation init = LocalVariablesInitializer(m.g);
    Session s(m.g, {.threads = 1});
    ASSERT_TRUE(s.Run(init).ok());
    ExpectNear(s.Run(metric.update_op, m.Batch(0)), row.first);
    ExpectNear(s.Run(metric.update_op, m.Batch(1)), row.second);
    ExpectNear(s.Run(metric.value), row.value);
  }
}

TEST(Metrics, ValueBesideUpdateIsTheOneBefore) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None});
  auto [value, update] = metrics::Mean(x);
  Operation init = LocalVariablesInitializer(g);
  Session s(g, {.threads = 2});
  ASSERT_TRUE(s.Run(init).ok());
  for (int i = 0; i < 3; ++i) {
    auto both = s.Run({update, value}, {{x, {i * 2.0, i * 4.0}}});
    ASSERT_TRUE(both.ok()) << both.status().ToString();
    EXPECT_FLOAT_EQ((*both)[0].scalar<float>(), 1.5f * i);
    EXPECT_FLOAT_EQ((*both)[1].scalar<float>(), i == 0 ? 0.0f : 1.5f * (i - 1));
  }
}

TEST(Metrics, VariablesHaveTensorFlowsNames) {
  Builder g;
  Output l = ops::Placeholder(g, kFloat, {2, 3});
  metrics::Accuracy(l, l);
  metrics::Accuracy(l, l);
  metrics::Precision(l, l);
  metrics::Auc(l, l);
  metrics::MeanIou(l, l, 2);
  metrics::MeanTensor(l);
  metrics::PercentageBelow(l, .5);
  metrics::MeanPerClassAccuracy(l, l, 2);
  metrics::RecallAtThresholds(l, l, {.5f});
  std::vector<std::string> names;
  for (const Variable& v : LocalVariables(g)) names.push_back(v.name());
  EXPECT_EQ(
      names,
      (std::vector<std::string>{
          "accuracy/total", "accuracy/count", "accuracy_1/total", "accuracy_1/count", "precision/true_positives/count",
          "precision/false_positives/count", "auc/true_positives", "auc/false_negatives", "auc/true_negatives",
          "auc/false_positives", "mean_iou/total_confusion_matrix", "mean/total_tensor", "mean/count_tensor",
          "percentage_below_threshold/total", "percentage_below_threshold/count", "mean_accuracy/total",
          "mean_accuracy/count", "recall_at_thresholds/true_positives", "recall_at_thresholds/false_negatives"}));
  EXPECT_TRUE(GlobalVariables(g).empty());
  EXPECT_TRUE(TrainableVariables(g).empty());
}

TEST(Metrics, MendsALastAxisOfOne) {
  Builder g;
  Output l = ops::Placeholder(g, kFloat, {None}), p = ops::Placeholder(g, kFloat, {None, 1}),
         w = ops::Placeholder(g, kFloat, {None, 1});
  metrics::Metric m = metrics::MeanAbsoluteError(l, p, {.weights = w, .metrics_collections = {"figures"}});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(OutputCollection(g, "figures").size(), 1u);
  Operation init = LocalVariablesInitializer(g);
  Session s(g, {.threads = 1});
  ASSERT_TRUE(s.Run(init).ok());
  ExpectNear(s.Run(m.update_op, {{l, {1, 2}}, {p, {{2}, {4}}}, {w, {{1}, {3}}}}), {1.75});
}

TEST(Metrics, RefusesWhatCannotBe) {
  auto error = [](const std::function<void(Builder&, Output)>& make) {
    Builder g;
    make(g, ops::Placeholder(g, kFloat, {2, 3}));
    return g.status().ToString();
  };
  EXPECT_NE(error([](Builder& g, Output x) {
              metrics::Mean(ops::Placeholder(g, kFloat, {2}), {.weights = ops::ExpandDims(x, 0)});
            }).find("cannot weigh values"),
            std::string::npos);
  EXPECT_NE(error([](Builder&, Output x) { metrics::MeanIou(x, x, 0); }).find("cannot have 0 classes"),
            std::string::npos);
  EXPECT_NE(error([](Builder&, Output x) { metrics::Auc(x, x, {.num_thresholds = 1}); }).find("thresholds"),
            std::string::npos);
  EXPECT_NE(
      error([](Builder& g, Output) { metrics::MeanTensor(ops::Placeholder(g, kFloat, {None})); }).find("known shape"),
      std::string::npos);

  Builder g;
  Output p = ops::Placeholder(g, kFloat, {2});
  metrics::Metric auc = metrics::Auc(p, p), iou = metrics::MeanIou(p, p, 2);
  Operation init = LocalVariablesInitializer(g);
  Session s(g, {.threads = 1});
  ASSERT_TRUE(s.Run(init).ok());
  auto outside = s.Run(auc.update_op, {{p, {0.5, 1.5}}});
  ASSERT_FALSE(outside.ok());
  EXPECT_NE(outside.status().ToString().find("predictions must be in [0, 1]"), std::string::npos)
      << outside.status().ToString();
  EXPECT_FALSE(s.Run(iou.update_op, {{p, {0, 2}}}).ok());
}

}  // namespace
}  // namespace weir
