// Effects as ops declare them: of every definition, that they fit its inputs. What running touches: op_row_effects.cc.
#include <gtest/gtest.h>

#include <algorithm>

#include "weir/ops/registry.h"

namespace weir {
namespace {

bool IsResource(const ArgDef& arg) { return arg.type == kResource || arg.is_ref; }

TEST(Effects, AreOfResourceInputs) {
  for (const auto& [name, def] : AllOps().ops()) {
    for (const std::vector<int>* declared : {&def.reads(), &def.writes()}) {
      for (int k : *declared) {
        ASSERT_LT(k, int(def.inputs().size())) << name;
        EXPECT_TRUE(IsResource(def.inputs()[size_t(k)])) << name << ": input " << k << " is no resource";
      }
    }
  }
}

TEST(Effects, AreDeclaredOfEveryResourceInput) {
  for (const auto& [name, def] : AllOps().ops()) {
    if (def.hands_on()) continue;
    for (size_t k = 0; k < def.inputs().size(); ++k) {
      if (!IsResource(def.inputs()[k])) continue;
      const bool declared = std::count(def.reads().begin(), def.reads().end(), int(k)) +
                                std::count(def.writes().begin(), def.writes().end(), int(k)) >
                            0;
      EXPECT_TRUE(declared) << name << " takes resource " << k << ", and neither reads nor writes it";
    }
  }
}

TEST(Effects, WhatWritesIsStateful) {
  for (const auto& [name, def] : AllOps().ops()) {
    EXPECT_TRUE(def.writes().empty() || def.stateful()) << name;
    EXPECT_TRUE(!def.random() || def.stateful()) << name;
  }
}

}  // namespace
}  // namespace weir
