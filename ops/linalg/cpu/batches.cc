#include "weir/ops/linalg/cpu/batches.h"

#include <fmt/format.h>

namespace weir::linalg {

Result<Matrices> MatricesOf(const Shape& s) {
  const int rank = s.rank();
  if (rank < 2) return InvalidArgument(fmt::format("wants matrices, not shape {}", s.ToString()));
  Matrices m{.rows = s[rank - 2], .cols = s[rank - 1]};
  if (m.size() == 0) {
    m.count = 0;
    return m;
  }
  if (m.order() > kMaxOrder)
    return InvalidArgument(fmt::format("is given a matrix of {} x {}", m.rows, m.cols))
        .Detail(fmt::format("at most {} rows or columns are computed", kMaxOrder));
  m.count = s.num_elements() / m.size();
  return m;
}

Result<Matrices> SquareMatricesOf(const Shape& s) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, MatricesOf(s));
  if (m.rows != m.cols) return InvalidArgument(fmt::format("wants square matrices, not shape {}", s.ToString()));
  return m;
}

void CutMatrices(PrepareContext& c, int64_t count, int64_t order, double ns, const Staging& staging) {
  if (order > kSmallOrder) return OnePart(c, count, staging);
  c.ParallelOver(count, ns);
  c.set_own_workspace(staging.bytes());
}

void OnePart(PrepareContext& c, int64_t count, const Staging& staging) {
  c.ParallelOver(count, 0, std::max<int64_t>(count, 1));
  c.set_own_workspace(staging.bytes());
}

std::vector<int64_t> BatchIndex(const Dims& operand, const Dims& out) {
  std::vector<int64_t> index{0};
  size_t skip = out.size() - operand.size();
  for (size_t axis = 0; axis < out.size(); ++axis) {
    int64_t own = axis < skip ? 1 : operand[axis - skip];
    std::vector<int64_t> next;
    for (int64_t base : index) {
      for (int64_t i = 0; i < out[axis]; ++i) next.push_back(own == 1 ? base : base * own + i);
    }
    index = std::move(next);
  }
  return index;
}

Status SetIdentity(PrepareContext& c, const std::vector<Square>& outputs) {
  std::vector<int64_t> elements;
  for (const Square& o : outputs) elements.push_back(c.output_shape(o.output).num_elements());
  return c.ForType(LinalgAndHalfTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([outputs, elements](RunArgs& a) {
      for (size_t k = 0; k < outputs.size(); ++k) {
        const int64_t n = outputs[k].order;
        T* out = a.out<T>(outputs[k].output);
        for (int64_t i = 0; i < elements[k]; ++i) out[i] = T(i % (n * n) % (n + 1) == 0 ? 1.f : 0.f);
      }
    });
  });
}

std::string WhichMatrix(int64_t i, int64_t count) {
  return count > 1 ? fmt::format("matrix {} of the batch", i) : std::string();
}

}  // namespace weir::linalg
