// What the metrics share: the scope of one, its local variables, its arguments in one shape.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "weir/ops/model/metrics.h"
#include "weir/ops/model/variables.h"

namespace weir::metrics {

class MetricScope {
 public:
  MetricScope(std::initializer_list<Input> inputs, const MetricOptions& o, const char* name);
  bool valid() const { return builder_ && builder_->status().ok(); }
  Builder& builder() const { return *builder_; }
  // An argument as an Output; a literal takes `dtype`.
  Output Value(const Input& x, DType dtype = DType::kInvalid) const;
  // Labels and predictions, the last axis of size 1 of the one with more axes dropped. Literals take the other's dtype.
  std::pair<Output, Output> Pair(const Input& labels, const Input& predictions) const;
  // The weights as float32 of the values' shape; none when each counts once.
  std::optional<Output> Weights(const Output& values) const;
  Output Weigh(const Output& values) const;
  // Puts the results into their collections.
  Metric Finish(const Output& value, const Output& update_op) const;

 private:
  const MetricOptions& options_;
  Builder* builder_;
  std::unique_ptr<Builder::Guard> loc_, scope_;
};

// A local variable that starts as zeros. Whatever changes it does so after `before` was read.
class Accumulator {
 public:
  Accumulator(Builder& b, const Shape& shape, const char* name, DType dtype = kFloat);
  const Output& before() const { return before_; }
  // Adds to it (to the rows at `indices`); its value after that.
  Output Add(const Output& delta) const;
  Output AddRows(const Output& indices, const Output& delta) const;

 private:
  Output After(const Operation& change) const;

  Variable variable_;
  Output before_;
};

}  // namespace weir::metrics
