// What the tests of training helpers share: TensorFlow's results (tests/oracle/make_helpers.py), the inputs that both
// sides make alike, running and comparing.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/ops/model/variables.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/session.h"

namespace weir::golden {

inline const Tensor& Get(const std::string& key) {
  static const auto file = io::ReadNpz(WEIR_TEST_DATA "/helpers.npz").value();
  return file.at(key);
}

inline std::vector<std::string> Names(const std::string& key) {
  auto names = Get(key).span<std::string>();
  return {names.begin(), names.end()};
}

// (7 i + offset) mod 13 for element i, then scaled: exact in float32. Grid: -0.75 to 0.75; Part: 1/16 to 13/16.
inline Tensor Series(const Shape& shape, int offset, float shift, float scale) {
  Tensor t = Tensor::Allocate(kFloat, shape).value();
  for (int i = 0; i < t.num_elements(); ++i)
    t.mutable_data<float>()[i] = (float((7 * i + offset) % 13) + shift) * scale;
  return t;
}
inline Tensor Grid(const Shape& shape, int offset = 0) { return Series(shape, offset, -6, 1.0f / 8); }
inline Tensor Part(const Shape& shape, int offset = 0) { return Series(shape, offset, 1, 1.0f / 16); }

// An initialiser: a grid of the variable's shape.
inline Output Fill(Builder& b, const Shape& shape, DType) { return b.Constant(Grid(shape, 5)); }

inline std::vector<double> Flat(const Tensor& t) {
  std::vector<double> flat(t.num_elements());
  for (size_t i = 0; i < flat.size(); ++i) {
    flat[i] = t.dtype() == kFloat    ? t.data<float>()[i]
              : t.dtype() == kDouble ? t.data<double>()[i]
              : t.dtype() == kInt32  ? t.data<int32_t>()[i]
                                     : double(t.data<int64_t>()[i]);
  }
  return flat;
}

// Equal but for `tolerance` of the largest value; NaN equals NaN.
inline void ExpectNear(const std::vector<double>& got, const std::vector<double>& want, double tolerance = 1e-6) {
  ASSERT_EQ(got.size(), want.size());
  double largest = 0;
  for (double x : want) largest = std::max(largest, std::isfinite(x) ? std::abs(x) : 0);
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i])) EXPECT_TRUE(std::isnan(got[i])) << "element " << i << " is " << got[i];
    else EXPECT_NEAR(got[i], want[i], tolerance * largest) << "element " << i;
  }
}
inline void ExpectNear(const Tensor& got, const Tensor& want, double tolerance = 1e-6) {
  ExpectNear(Flat(got), Flat(want), tolerance);
}

// One row of named arrays that make_helpers.py packed under `key`; `value` gives what Weir has by each name.
template <class F>
void ExpectPacked(const std::string& key, int64_t row, const F& value) {
  std::vector<double> all = Flat(Get(key + "/values"));
  auto names = Names(key + "/names");
  const int64_t columns = Get(key + "/values").shape()[Get(key + "/values").rank() - 1];
  auto at = all.begin() + row * columns, end = at + columns;
  for (const std::string& name : names) {
    SCOPED_TRACE(key + ", " + name + ", row " + std::to_string(row));
    std::vector<double> got = Flat(value(name));
    ASSERT_LE(got.size(), size_t(end - at));
    ExpectNear(got, {at, at + int64_t(got.size())});
    at += int64_t(got.size());
  }
  EXPECT_EQ(at, end) << key;
}

inline std::vector<std::string> NamesOf(const std::vector<Variable>& variables) {
  std::vector<std::string> names;
  for (const Variable& v : variables) names.push_back(v.name());
  return names;
}

inline std::vector<std::string> Sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

// A session in which all variables have their first values.
struct Started : Session {
  explicit Started(Builder& g) : Started(g, GlobalVariablesInitializer(g)) {}

 private:
  Started(Builder& g, const Operation& init) : Session(Checked(g), {.threads = 1}) { Run(init).Check(); }
  static Builder& Checked(Builder& g) {
    g.status().Check();
    return g;
  }
};

inline void ExpectError(const Status& status, const std::string& part) {
  EXPECT_NE(status.ToString().find(part), std::string::npos) << status.ToString();
}

}  // namespace weir::golden
