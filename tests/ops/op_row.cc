#include "weir/tests/ops/op_row.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir::testing {

In Ints(std::vector<int32_t> v) { return Tensor::Vector(v); }
In IntMatrix(Shape shape, std::vector<int32_t> v) { return Tensor::Of<int32_t>(shape, std::span<const int32_t>(v)); }
In Longs(std::vector<int64_t> v) { return Tensor::Vector(v); }
In Floats(Shape shape, std::vector<float> v) { return Tensor::Of<float>(shape, std::span<const float>(v)); }
In Bools(Shape shape, std::vector<bool> v) {
  Tensor t = Tensor::Allocate(kBool, shape).value();
  std::copy(v.begin(), v.end(), t.mutable_data<bool>());
  return t;
}
In Elements(std::initializer_list<int64_t> dims, std::vector<double> v) {
  In in(dims);
  in.elements = std::move(v);
  return in;
}
In Handle(std::initializer_list<int64_t> dims, double low, double high) {
  In in(dims, low, high);
  in.kind = In::kHandle;
  return in;
}
In Reference(std::initializer_list<int64_t> dims, double low, double high) {
  In in(dims, low, high);
  in.kind = In::kReference;
  return in;
}

std::vector<DType> ListedDTypes(const std::string& op, const std::string& attr) {
  static const auto* lists = [] {
    auto* m = new std::map<std::string, std::vector<DType>>;
    std::ifstream in(WEIR_TEST_DATA "/op_dtypes.txt");
    for (std::string line; std::getline(in, line);) {
      size_t colon = line.find(':');
      std::istringstream names(line.substr(colon + 1));
      for (std::string n; names >> n;) (*m)[line.substr(0, colon)].push_back(ParseDType(n));
    }
    return m;
  }();
  auto it = lists->find(op + " " + attr);
  return it == lists->end() ? std::vector<DType>{} : it->second;
}

// The type attribute of the first input without a dtype of its own; list arguments count as one.
std::string SweptAttr(const OpRow& row) {
  const OpDef* def = AllOps().Find(row.op);
  if (!row.dtype_attr.empty() || !def) return row.dtype_attr;
  if (def->inputs().size() == 1 && def->inputs()[0].is_list) return "";
  size_t flat = 0, lists = 0;
  for (const ArgDef& arg : def->inputs()) lists += !arg.number_attr.empty() || arg.is_list;
  for (const ArgDef& arg : def->inputs()) {
    size_t n = 1;
    if (!arg.number_attr.empty() || arg.is_list) n = (row.inputs.size() - (def->inputs().size() - lists)) / lists;
    for (size_t i = 0; i < n && flat < row.inputs.size(); ++i, ++flat) {
      const In& in = row.inputs[flat];
      if (in.fixed.valid() || arg.is_list) continue;
      if (in.kind == In::kHandle) return def->FindAttr("dtype") ? "dtype" : "T";
      return arg.type_attr;
    }
  }
  return "";
}

DType PreferredDType(const OpRow& row) {
  if (row.dtype != DType::kInvalid) return row.dtype;
  std::vector<DType> listed = ListedDTypes(row.op, SweptAttr(row));
  for (DType t : {kDouble, kFloat}) {
    if (std::find(listed.begin(), listed.end(), t) != listed.end()) return t;
  }
  if (listed.empty()) {
    const OpDef* def = AllOps().Find(row.op);
    if (def && !def->inputs().empty() && def->inputs()[0].type != DType::kInvalid && IsSupported(def->inputs()[0].type))
      return def->inputs()[0].type;
    return kDouble;
  }
  return listed[0];
}

namespace {

// Elements spread irregularly over [low, high]: no two equal, none on a kink of the ops.
double Spread(int64_t i, int input, double low, double high) {
  double u = std::fmod(0.137 + 0.6180339887 * double(i) + 0.2718 * input, 1.0);
  return low + (high - low) * (0.02 + 0.96 * u);
}

Tensor MakeValues(const In& in, int number, DType dtype) {
  Tensor t = Tensor::Allocate(dtype, in.shape).value();
  int64_t n = in.shape.num_elements();
  auto at = [&](int64_t i) {
    return in.elements.empty() ? Spread(i, number, in.low, in.high) : in.elements[size_t(i)];
  };
  DispatchType(dtype, FloatTypes{}, [&](auto z) {
    using T = decltype(z);
    for (int64_t i = 0; i < n; ++i) {
      if constexpr (sizeof(T) == 2) t.mutable_data<T>()[i] = T(float(at(i)));
      else t.mutable_data<T>()[i] = T(at(i));
    }
  });
  DispatchType(dtype, ComplexTypes{}, [&](auto z) {
    using T = decltype(z);
    for (int64_t i = 0; i < n; ++i)
      t.mutable_data<T>()[i] = T(Complex128(at(i), in.elements.empty() ? Spread(i, number + 5, in.low, in.high) : 0));
  });
  DispatchType(dtype, IntTypes{}, [&](auto z) {
    using T = decltype(z);
    for (int64_t i = 0; i < n; ++i) {
      double v = in.elements.empty() ? std::round(at(i) * 3) : at(i);
      t.mutable_data<T>()[i] = std::is_unsigned_v<T> ? T(std::abs(v)) : T(v);
    }
  });
  for (int64_t i = 0; i < n && dtype == kBool; ++i) t.mutable_data<bool>()[i] = at(i) > 0;
  for (int64_t i = 0; i < n && dtype == kString; ++i) t.mutable_data<std::string>()[i] = fmt::format("{:.3f}", at(i));
  return t;
}

// The same tensor, of a shape that only running tells: all rows, gathered by a Where.
Output HideShape(Builder& b, const Output& x, const Tensor& value, int k) {
  if (value.rank() == 0) return x;
  std::string name = fmt::format("hide_{}/", k);
  Tensor all = Tensor::Allocate(kBool, {value.shape()[0]}).value();
  std::fill_n(all.mutable_data<bool>(), all.num_elements(), true);
  Output keep = b.Add("Placeholder", {}, {{"dtype", kBool}}, {.name = name + "keep"});
  Output rows = b.Add("Squeeze", {b.Add("Where", {keep}, {}, {.name = name + "where"})},
                      {{"squeeze_dims", std::vector<int64_t>{1}}}, {.name = name + "rows"});
  return b.Add("GatherV2", {x, rows, b.Constant(Tensor(0), {.name = name + "axis"})}, {}, {.name = name + "gather"});
}

}  // namespace

std::vector<Tensor> ValuesOf(const OpRow& row, DType dtype) {
  std::vector<Tensor> values;
  for (size_t k = 0; k < row.inputs.size(); ++k) {
    const In& in = row.inputs[k];
    values.push_back(in.fixed.valid() ? in.fixed : MakeValues(in, int(k), dtype));
  }
  return values;
}

RowGraph::RowGraph(const OpRow& row, DType dtype, const std::vector<Tensor>& values, Feeding feeding) {
  for (size_t k = 0; k < values.size(); ++k) {
    const Tensor& v = values[k];
    std::string name = fmt::format("in_{}", k);
    Output x;
    if (row.inputs[k].kind != In::kValue) {
      const char* op = row.inputs[k].kind == In::kHandle ? "VarHandleOp" : "VariableV2";
      x = b.Add(op, {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = name});
      variables.emplace_back(name, v);
    } else if (feeding == Feeding::kConstant) {
      x = b.Constant(v, {.name = name});
    } else {
      AttrMap attrs = {{"dtype", v.dtype()}};
      if (feeding == Feeding::kFed) attrs["shape"] = v.shape();
      if (feeding == Feeding::kUnknownDims) attrs["shape"] = PartialShape::UnknownOfRank(v.rank());
      x = b.Add("Placeholder", {}, attrs, {.name = name});
      feeds.emplace_back(x, v);
      if (feeding == Feeding::kDynamic && v.rank() > 0 && IsSupported(v.dtype())) {
        x = HideShape(b, x, v, int(k));
        Tensor all = Tensor::Allocate(kBool, {v.shape()[0]}).value();
        std::fill_n(all.mutable_data<bool>(), all.num_elements(), true);
        feeds.emplace_back(b.FindOutput(fmt::format("hide_{}/keep:0", k)), all);
      }
    }
    inputs.push_back(x);
  }
  AttrMap attrs = row.attrs;
  if (!row.dtype_attr.empty()) attrs[row.dtype_attr] = dtype;
  std::vector<Output> operands = inputs;
  for (size_t k = 0; k < operands.size(); ++k) {
    if (row.inputs[k].through) operands[k] = row.inputs[k].through(operands[k]);
  }
  op = b.AddNode(row.op, operands, attrs, {.name = "op"});
  if (!op.valid()) return;
  for (size_t i = 0; i < b.graph()[op.id()].outputs().size(); ++i) outputs.push_back(b.OutputOf(op, int(i)));
}

RowResult RunRow(const RowGraph& g, bool optimize, int threads) {
  if (!g.op.valid()) return {g.b.status(), {}};
  Session session(
      g.b,
      {.threads = threads, .optimize = optimize, .precision = Precision::kExact, .print = [](const std::string&) {}});
  for (const auto& [name, value] : g.variables) {
    if (Status s = session.SetVariable(name, value.Clone().value()); !s.ok()) return {s, {}};
  }
  Feeds feeds;
  for (const auto& [out, value] : g.feeds) feeds.emplace_back(out, value);
  std::vector<Output> fetches;
  for (const Output& o : g.outputs) {
    if (o.dtype() != kResource) fetches.push_back(o);
  }
  Result<std::vector<Tensor>> got = session.Run(fetches, feeds, {g.op});
  if (!got.ok()) return {got.status(), {}};
  RowResult r{{}, std::move(*got)};
  for (const auto& [name, value] : g.variables) {
    Result<Tensor> v = session.GetVariable(name);
    if (!v.ok()) return {v.status(), {}};
    r.tensors.push_back(*v);
  }
  return r;
}

std::string OpCoverage::Line(const std::string& op) const {
  auto shown = [](bool b, bool applies) { return b ? "yes" : applies ? "-" : "none"; };
  std::string types = dtypes_wanted == 0 ? "fixed" : fmt::format("{}/{}", dtypes, dtypes_wanted);
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}", op, shown(forward, true), shown(gradient, differentiable),
                     shown(second_order, differentiable), shown(empty, may_be_empty), types,
                     shown(hostile > 0, may_refuse));
}

}  // namespace weir::testing
