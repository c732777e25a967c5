#include "weir/tests/ops/data/streams.h"

#include <gtest/gtest.h>

namespace weir::testing {

bool StreamIs(Builder& b, const Output& dataset, DType dtype, const Feeds& feeds, const Tensor& want) {
  const AttrMap types{{"output_types", std::vector<DType>{dtype}},
                      {"output_shapes", std::vector<PartialShape>{PartialShape::Unknown()}}};
  AttrMap named = types;
  named["shared_name"] = "", named["container"] = "";
  const Output handle = b.Add("IteratorV2", {}, named);
  const Operation begin = b.AddNode("MakeIterator", {dataset, handle});
  const Output next = b.Add("IteratorGetNext", {handle}, types);
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  if (!b.status().ok()) return false;
  for (bool optimize : {true, false}) {
    Session session(b, {.threads = 2, .optimize = optimize, .allow_file_ops = true});
    const Status begun = session.Run(begin, feeds);
    EXPECT_TRUE(begun.ok()) << begun.ToString();
    if (!begun.ok()) return false;
    int64_t at = 0;
    Result<Tensor> got = session.Run(next);
    for (; got.ok(); got = session.Run(next)) {
      const int64_t n = got->num_elements();
      if (got->dtype() != want.dtype() || at + n > want.num_elements()) return false;
      if (!EqualElements(dtype, got->raw(), ElementAt(dtype, want.raw(), at), n)) return false;
      at += n;
    }
    EXPECT_EQ(got.status().code(), Code::kOutOfRange) << got.status().ToString();
    if (got.status().code() != Code::kOutOfRange || at != want.num_elements()) return false;
  }
  return true;
}

std::vector<double> All(Session& session, const Output& next, const RunConfig& config) {
  std::vector<double> numbers;
  while (true) {
    const Result<Tensor> got = session.Run(next, {}, config);
    if (!got.ok()) {
      EXPECT_EQ(got.status().code(), Code::kOutOfRange) << got.status().ToString();
      return numbers;
    }
    for (int64_t i = 0; i < got->num_elements(); ++i) numbers.push_back((*got->Reshaped({got->num_elements()}))(i));
    if (numbers.size() > 1000) {
      ADD_FAILURE() << "no end";
      return numbers;
    }
  }
}

}  // namespace weir::testing
