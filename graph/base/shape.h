// Shape: the sizes of a tensor's axes. PartialShape: what is known of them before running.
//
// Invariant: a Shape has at most kMaxRank axes, none negative, and their product fits in int64; no Shape can be made
// otherwise (Shape::Make returns an error). All size arithmetic of the project goes through CheckedMul / CheckedAdd.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir {

inline constexpr int kMaxRank = 254;

// False on overflow of int64.
[[nodiscard]] inline bool CheckedMul(int64_t a, int64_t b, int64_t* out) { return !__builtin_mul_overflow(a, b, out); }
[[nodiscard]] inline bool CheckedAdd(int64_t a, int64_t b, int64_t* out) { return !__builtin_add_overflow(a, b, out); }

using Dims = std::vector<int64_t>;

class Shape {
 public:
  Shape() = default;  // a scalar
  // Throws Error for sizes that Make refuses: for literals in code, not for data.
  Shape(std::initializer_list<int64_t> dims);
  static Result<Shape> Make(std::span<const int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int axis) const { return dims_[axis]; }
  const Dims& dims() const { return dims_; }
  int64_t num_elements() const { return num_elements_; }  // 1 for a scalar
  bool operator==(const Shape& o) const { return dims_ == o.dims_; }
  std::string ToString() const;  // "[2,3]"

 private:
  Dims dims_;
  int64_t num_elements_ = 1;
};

// A dimension: its size when >= 0; otherwise unknown. kUnknownDim is an unknown that equals nothing, not even itself;
// a number below it is a symbol: equal symbols are equal sizes (an unknown batch), nothing else is known about it.
using Dim = int64_t;
inline constexpr Dim kUnknownDim = -1;
inline bool Known(Dim d) { return d >= 0; }
inline bool SameDim(Dim a, Dim b) { return a == b && a != kUnknownDim; }

// `None` in a shape literal: an unknown dimension.
inline constexpr Dim None = kUnknownDim;

class PartialShape {
 public:
  PartialShape() = default;  // a scalar, as Shape(); unknown rank is said: Unknown()
  PartialShape(std::initializer_list<Dim> dims) : dims_(dims) {}
  PartialShape(const Shape& s) : dims_(s.dims()) {}  // NOLINT: every Shape is one
  explicit PartialShape(Dims dims) : dims_(std::move(dims)) {}
  static PartialShape Unknown() {
    PartialShape s;
    s.known_ = false;
    return s;
  }
  static PartialShape UnknownOfRank(int rank) { return PartialShape(Dims(rank, kUnknownDim)); }
  static PartialShape Scalar() { return {}; }

  bool known_rank() const { return known_; }
  int rank() const { return known_ ? static_cast<int>(dims_.size()) : -1; }
  Dim operator[](int axis) const { return dims_[axis]; }
  Dim& operator[](int axis) { return dims_[axis]; }
  const Dims& dims() const { return dims_; }
  bool fully_known() const;
  std::optional<int64_t> num_elements() const;  // when fully known and without overflow
  std::optional<Shape> ToShape() const;         // when fully known and a valid Shape
  bool operator==(const PartialShape& o) const { return known_ == o.known_ && dims_ == o.dims_; }
  // Whether a tensor of this concrete shape may stand where `this` is declared (unknowns match anything).
  bool Admits(const Shape& s) const;
  std::string ToString() const;  // "[?,3]", "[?]", "<unknown>"

 private:
  bool known_ = true;
  Dims dims_;
};

// A valid axis for `rank` from one that may count from the end; nullopt when outside [-rank, rank).
std::optional<int> NormalizeAxis(int64_t axis, int rank);

}  // namespace weir
