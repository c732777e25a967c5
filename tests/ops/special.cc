#include "weir/tests/ops/special.h"

#include <gtest/gtest.h>

namespace weir::testing {

namespace {

Tensor Sample(DType t, std::initializer_list<int64_t> dims) { return ValuesOf({"Identity", {In(dims)}}, t)[0]; }

}  // namespace

bool Gives(const Builder& b, const Feeds& feeds, const Output& y, const Tensor& want,
           const std::vector<Operation>& before) {
  for (bool optimize : {true, false}) {
    Session session(b, {.threads = 2, .optimize = optimize, .allow_file_ops = true});
    for (Operation op : before) {
      Status s = session.Run(op, feeds);
      EXPECT_TRUE(s.ok()) << s.ToString();
    }
    Result<Tensor> got = session.Run(y, feeds);
    EXPECT_TRUE(got.ok()) << got.status().ToString();
    if (!got.ok() || !got->Identical(want)) return false;
  }
  return true;
}

void Sweep(const std::string& op, const std::string& attr, OpCoverage* c,
           const std::function<bool(const Tensor&)>& holds) {
  c->may_be_empty = true;
  for (DType t : ListedDTypes(op, attr)) {
    bool good = holds(Sample(t, {2, 3}));
    EXPECT_TRUE(good) << op << " of " << DTypeName(t);
    ++c->dtypes_wanted, c->dtypes += good;
  }
  c->forward = c->dtypes > 0 && c->dtypes == c->dtypes_wanted;
  c->empty = holds(Sample(kFloat, {0, 3}));
}

void ExpectRefused(const Builder& b, OpCoverage* c) {
  EXPECT_FALSE(b.status().ok());
  EXPECT_NE(b.status().ToString().find("'op'"), std::string::npos) << b.status().ToString();
  ++c->hostile;
}

}  // namespace weir::testing
