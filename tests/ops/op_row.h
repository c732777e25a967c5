// Op rows: one description of a use of an op, from which the engine derives the op's tests.
//
//   {"MatMul", {{2, 3}, {3, 4}}},
//   {"MatMul", {{3, 2}, {3, 4}}, {{"transpose_a", true}}},
//   {"GatherV2", {{4, 3}, Ints({2, 0, 2}), Int(0)}},
//
// Derived from each row: equal bits optimised or not, for 1, 2, 3 and 8 threads, cut into 1, 2, 3 and 7 parts, equal
// and not, static and dynamic shapes, fed and constant inputs, before and after export and import; the same within
// rounding for 2, 3 and 5 partial sums; inferred shapes against real ones, with sizes and ranks unknown; gradients of
// first and second order against finite differences, of complex numbers by both their parts; every dtype of
// tests/data/op_dtypes.txt against the widest of its kind; empty axes; effects as the op declares them; errors of
// dtypes that it does not take and of variables without a value. What fails names the node. Without rows: special.h.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"
#include "weir/graph/builder.h"
#include "weir/runtime/exec/phases.h"
#include "weir/runtime/kernel.h"

namespace weir::testing {

// One input. Without a tensor of its own it has the row's dtype: elements spread over [low, high], or those given.
struct In {
  In(std::initializer_list<int64_t> dims, double low = -2, double high = 2) : shape(dims), low(low), high(high) {}
  In(Tensor t) : shape(t.shape()), fixed(std::move(t)) {}

  Shape shape;
  double low = -2, high = 2;
  std::vector<double> elements;
  Tensor fixed;
  enum { kValue, kHandle, kReference } kind = kValue;  // a variable holds the elements
  // What the op gets is this of the input, where few values are any good: a definite matrix. Gradients are the input's.
  std::function<Output(const Output& x)> through = nullptr;
};

inline In Int(int32_t v) { return Tensor(v); }
inline In Long(int64_t v) { return Tensor(v); }
inline In Float(float v) { return Tensor(v); }
inline In Bool(bool v) { return Tensor(v); }
inline In Text(const char* v) { return Tensor(v); }
In Ints(std::vector<int32_t> v);
In IntMatrix(Shape shape, std::vector<int32_t> v);
In Longs(std::vector<int64_t> v);
In Bools(Shape shape, std::vector<bool> v);
In Floats(Shape shape, std::vector<float> v);
// These elements in the row's dtype.
In Elements(std::initializer_list<int64_t> dims, std::vector<double> v);
In Handle(std::initializer_list<int64_t> dims, double low = -2, double high = 2);
In Reference(std::initializer_list<int64_t> dims, double low = -2, double high = 2);

struct OpRow {
  std::string op;
  std::vector<In> inputs;
  AttrMap attrs;
  // ---- where the op is not like the others
  DType dtype = DType::kInvalid;  // of inputs without their own; else double where the op has it, then float, …
  std::string dtype_attr;         // whose dtypes are swept; else that of the first input without its own
  std::set<int> no_gradient;      // inputs whose gradient is a convention, no derivative
  std::set<int> differentiated;   // outputs; the others are no function to differentiate, by convention. None: all
  double tolerance = 1;           // factor for finite differences
  bool never_empty = false;       // no input and no output can be without elements
  bool refuses_gradient = false;  // asking for a gradient is an error, on purpose
  bool data_tells_shape = false;  // output shapes need the inputs' values
  bool works_unset = false;       // reads no value of its variables
  bool complex_gradient = true;   // else of complex numbers it is the derivative of some functions only
};

// ---- the exceptions, said around a row
inline OpRow OfType(DType t, OpRow r) { r.dtype = t; return r; }
inline OpRow Swept(std::string attr, OpRow r) { r.dtype_attr = std::move(attr); return r; }
inline OpRow ByConvention(std::set<int> inputs, OpRow r) { r.no_gradient = std::move(inputs); return r; }
inline OpRow OnlyOutputs(std::set<int> outputs, OpRow r) { r.differentiated = std::move(outputs); return r; }
inline OpRow OnlyFirstOutput(OpRow r) { return OnlyOutputs({0}, std::move(r)); }
inline OpRow Rough(double tolerance, OpRow r) { r.tolerance = tolerance; return r; }
inline OpRow NeverEmpty(OpRow r) { r.never_empty = true; return r; }
inline OpRow RefusesGradient(OpRow r) { r.refuses_gradient = true; return r; }
inline OpRow WorksUnset(OpRow r) { r.works_unset = true; return r; }
inline OpRow RealGradient(OpRow r) { r.complex_gradient = false; return r; }
inline OpRow DataTellsShape(OpRow r) { r.data_tells_shape = true; return r; }

// What the tests of an op showed; a line of tests/data/coverage.tsv.
struct OpCoverage {
  bool forward = false, gradient = false, second_order = false, empty = false, may_be_empty = false;
  bool differentiable = false;
  int dtypes = 0, dtypes_wanted = 0;   // whose values were compared; that the op has
  int hostile = 0;                     // errors that were required and came
  bool may_refuse = false;             // an error was required
  std::string Line(const std::string& op) const;
};

// Runs all checks of a row; failures go to GoogleTest. Adds to the op's coverage.
void CheckRow(const OpRow& row, OpCoverage* coverage);

// ---- attributes of rows
inline AttrValue List(std::vector<int64_t> v) { return v; }
inline AttrMap Window(std::vector<int64_t> strides, const char* padding, AttrMap more = {}) {
  more["strides"] = std::move(strides);
  more["padding"] = padding;
  return more;
}
inline AttrMap Pooling(std::vector<int64_t> size, std::vector<int64_t> strides, const char* padding,
                       AttrMap more = {}) {
  more["ksize"] = std::move(size);
  return Window(std::move(strides), padding, std::move(more));
}

// ---- the rows
// All of them, by op: the families' lists (op_row_test.cc names the families, tests/ops/<family>/<family>_test.cc the
// topics, <topic>_test.cc has the rows).
std::map<std::string, std::vector<OpRow>> AllRows();

inline std::vector<OpRow> Joined(const std::vector<std::vector<OpRow>>& topics) {
  std::vector<OpRow> rows;
  for (const std::vector<OpRow>& topic : topics) rows.insert(rows.end(), topic.begin(), topic.end());
  return rows;
}

// ---- for the checks
enum class Feeding { kFed, kConstant, kUnknownDims, kUnknownRank, kDynamic };

// A row as a graph: node "op", inputs "in_0", ….
struct RowGraph {
  Builder b;
  std::vector<Output> inputs, outputs;
  std::vector<std::pair<Output, Tensor>> feeds;
  std::vector<std::pair<std::string, Tensor>> variables;
  Operation op;

  RowGraph(const OpRow& row, DType dtype, const std::vector<Tensor>& values, Feeding feeding);
};

// The elements of the row's inputs in `dtype`.
std::vector<Tensor> ValuesOf(const OpRow& row, DType dtype);
DType PreferredDType(const OpRow& row);
std::string SweptAttr(const OpRow& row);
// Dtypes that tests/data/op_dtypes.txt lists for an op's attribute.
std::vector<DType> ListedDTypes(const std::string& op, const std::string& attr);
struct RowResult {
  Status status;
  std::vector<Tensor> tensors;  // outputs, then variables
};
RowResult RunRow(const RowGraph& g, bool optimize, int threads);
// Phases are cut into so many parts while it lives, wherever they can be.
class ForcedCuts {
 public:
  explicit ForcedCuts(int64_t parts, bool unequal = false) { ForceCutsForTesting(parts, unequal); }
  ~ForcedCuts() { ForceCutsForTesting(0); }
  ForcedCuts(const ForcedCuts&) = delete;
  ForcedCuts& operator=(const ForcedCuts&) = delete;
};
// The partial sums that kernels cut their work into while it lives, however little that is.
class ForcedSums {
 public:
  explicit ForcedSums(int64_t parts) { PrepareContext::ForcePartsWorthForTesting(parts); }
  ~ForcedSums() { PrepareContext::ForcePartsWorthForTesting(0); }
  ForcedSums(const ForcedSums&) = delete;
  ForcedSums& operator=(const ForcedSums&) = delete;
};
// How `got` differs from `want`, perhaps in a wider dtype, by more than the rounding of dtype `rounded`; empty when it
// does not.
std::string DifferenceBeyondRounding(const Tensor& got, const Tensor& want, DType rounded);
// What differs, in words; empty when all bits are equal.
std::string Difference(const RowResult& a, const RowResult& b);
bool NamesNode(const Status& s);
// Gradients by finite differences: coverage.gradient, coverage.second_order.
void CheckGradients(const OpRow& row, OpCoverage* coverage);
// All dtypes give what the widest of their kind gives, within rounding: coverage.dtypes.
void SweepDTypes(const OpRow& row, OpCoverage* coverage);
// Inputs of wrong ranks and dtypes, variables without a value: coverage.hostile.
void CheckHostile(const OpRow& row, OpCoverage* coverage);
// Only those variables change that the op says it writes; what is not stateful gives the same twice.
void CheckEffects(const OpRow& row, DType dtype, const std::vector<Tensor>& values);

}  // namespace weir::testing
