// Ops that no row (op_row.h) can describe: placeholders, variables themselves, calls, branches, loops, checkpoints.
// Each has a check of its own beside its family's rows; special_test.cc runs them all.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

// Checks an op; failures go to GoogleTest. Says in the coverage what was shown.
using SpecialCheck = void (*)(const std::string& op, OpCoverage* coverage);
using SpecialChecks = std::map<std::string, SpecialCheck>;  // by op

// Whether running gives `want` for every way to run.
bool Gives(const Builder& b, const Feeds& feeds, const Output& y, const Tensor& want,
           const std::vector<Operation>& before = {});
// Sweeps the dtypes of an attribute and an empty tensor through `holds`.
void Sweep(const std::string& op, const std::string& attr, OpCoverage* c,
           const std::function<bool(const Tensor&)>& holds);
// Expects that building node 'op' was refused.
void ExpectRefused(const Builder& b, OpCoverage* c);

}  // namespace weir::testing
