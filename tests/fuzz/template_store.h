// What nodes of random graphs can be: rows of ops (tests/ops/op_row.h), in all their dtypes and some more sizes.
#pragma once

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "weir/tests/ops/op_row.h"

namespace weir::fuzz {

// A row with a dtype and, perhaps, other sizes: what its inputs are and which shapes its outputs have, as a run told.
struct Template {
  const testing::OpRow* row = nullptr;
  DType dtype = DType::kInvalid;
  std::vector<Tensor> values;
  std::vector<Shape> outputs;
};

// The templates, by chance; each is run once, the first time that it is asked for.
class TemplateStore {
 public:
  TemplateStore();
  // Null where what was drawn does not run.
  const Template* Draw(std::mt19937_64& rng);

 private:
  using Key = std::tuple<const testing::OpRow*, DType, int64_t, int64_t>;
  const Template* Find(const Key& key);

  std::map<std::string, std::vector<testing::OpRow>> rows_;
  std::vector<const std::vector<testing::OpRow>*> ops_;
  std::map<Key, Template> known_;  // without outputs where it does not run
  std::map<std::pair<const testing::OpRow*, int64_t>, testing::OpRow> scaled_;
};

}  // namespace weir::fuzz
