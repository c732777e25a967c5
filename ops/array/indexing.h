// Subscripts: what stands between the brackets of `x[…]`, as in NumPy.
//
//   x[0]                      the first entry of axis 0; the axis goes
//   x[{_, -1}]                of every row the last
//   x[{{1, 3}, _, NewAxis}]   rows 1 and 2, all columns, and an axis of size 1 at the end
//   x[{Ellipsis, {_, _, 2}}]  every second entry of the last axis
//   x[{i, {_, n}}]            i and n scalar int32 or int64 Outputs
#pragma once

#include <optional>

#include "weir/graph/builder.h"

namespace weir {

// A whole axis; in a range, an open end.
struct Whole {};
inline constexpr Whole _;  // NOLINT: as short as the ':' it stands for
// An axis of size 1 that is inserted.
struct NewAxisType {};
inline constexpr NewAxisType NewAxis;
// As many whole axes as the other entries leave; at most once.
struct EllipsisType {};
inline constexpr EllipsisType Ellipsis;

// A scalar integer: a number, counted from the end when negative, or an Output.
template <class T>
concept IndexNumber = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, Output>;

// One entry of a subscript.
class Index {
 public:
  // The begin, end or step of a range.
  class Bound {
   public:
    Bound(Whole) {}  // NOLINT
    template <IndexNumber T>
    Bound(T v, Loc loc = Loc::Current()) : value_(Input(v, loc)) {}  // NOLINT

   private:
    friend class Index;
    std::optional<Input> value_;
  };
  enum Kind { kNumber, kRange, kNewAxis, kEllipsis };

  template <IndexNumber T>
  Index(T v, Loc loc = Loc::Current()) : kind_(kNumber), begin_(Input(v, loc)), loc_(loc) {}        // NOLINT
  Index(Whole, Loc loc = Loc::Current()) : kind_(kRange), loc_(loc) {}                              // NOLINT
  Index(NewAxisType, Loc loc = Loc::Current()) : kind_(kNewAxis), loc_(loc) {}                      // NOLINT
  Index(EllipsisType, Loc loc = Loc::Current()) : kind_(kEllipsis), loc_(loc) {}                    // NOLINT
  // From begin up to but without end.
  Index(Bound begin, Bound end, Bound step = _, Loc loc = Loc::Current())
      : kind_(kRange), begin_(begin.value_), end_(end.value_), step_(step.value_), loc_(loc) {}

  Kind kind() const { return kind_; }
  const std::optional<Input>& begin() const { return begin_; }  // the number itself; nothing: open
  const std::optional<Input>& end() const { return end_; }
  const std::optional<Input>& step() const { return step_; }    // nothing: 1
  Loc loc() const { return loc_; }

 private:
  Kind kind_;
  std::optional<Input> begin_, end_, step_;
  Loc loc_;
};

template <class I>
Output Output::operator[](const I& index) const {
  return (*this)[std::initializer_list<Index>{Index(index)}];
}

}  // namespace weir
