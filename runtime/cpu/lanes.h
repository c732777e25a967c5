// Lane functions: how an element-wise op computes over contiguous elements, and how broadcasting brings operands there.
//
// Invariant: each op has one lane function per dtype, used by its plain kernel and by fused chains alike, and the
// result of an element depends on its operands only, not on where in the array it stands. Float and double lane
// functions are compiled for several instruction sets (lanes_simd*.cc) and chosen once, when the table is made; half
// and bfloat16 go through the float ones, converting tiles and rounding once.
//
// What it does not do: shapes and attributes are checked by the kernels (ops/math/cpu/elementwise.cc).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/shape.h"

namespace weir {

// Elements of a tile: what a lane function is given at once where operands have to be expanded or converted.
inline constexpr int64_t kLaneTile = 1024;
inline constexpr int64_t kLaneTileBytes = kLaneTile * 8;  // wider elements come in shorter tiles
inline constexpr int kMaxLaneArity = 3;

// Attributes that a lane function takes: `alpha` of LeakyRelu, `tolerance` of ApproximateEqual.
struct LaneParams {
  float a = 0;
};

// Reads n elements of each operand, writes n results. `out` may be one of the operands. Scalar operands are expanded to
// tiles by the caller (ElementwisePlan does): a load from the first cache level costs nothing next to a second variant
// of each function.
using LaneCall = void (*)(const void* const* in, void* out, int64_t n, const LaneParams& p);

struct LaneFn {
  int arity = 1;
  LaneCall call = nullptr;
  float ns = 1;  // about, an element
  // half or bfloat16 where operands or result have that dtype and `call` works on floats; else kInvalid.
  DType small_in = DType::kInvalid, small_out = DType::kInvalid;
  int8_t in_size = 0, out_size = 0;  // bytes an element; set where either of the two is
  // Of half and bfloat16, where their result must be rounded before a last step that may jump (FloorDiv): that step.
  LaneCall then = nullptr;
  // Index of the first element that the op refuses, or -1. Null when it takes all. `call` is defined for these elements
  // too.
  int64_t (*find_bad)(const void* const* in, int64_t n) = nullptr;
  const char* bad_message = nullptr;
  // What it is found by: the dtypes of its operands and of its result.
  DType operand = DType::kInvalid, result = DType::kInvalid;
  bool chooses = false;  // operand 0 is a bool, a condition, whatever the others are

  DType OperandType(int k) const { return chooses && k == 0 ? kBool : operand; }
  void Run(const void* const* in, void* out, int64_t n, const LaneParams& p) const {
    if (small_in == DType::kInvalid && small_out == DType::kInvalid) return call(in, out, n, p);
    RunSmall(in, out, n, p);
  }

 private:
  void RunSmall(const void* const* in, void* out, int64_t n, const LaneParams& p) const;
};

// The lane function of an op for exactly these dtypes of its operands and its result; null when Weir has none: strings,
// unsupported dtypes, ops that are not element-wise.
const LaneFn* FindLaneFn(std::string_view op, const std::vector<DType>& operands, DType result);
// Every op that has lane functions (Cast apart), with one of them, of numbers where there are any.
std::map<std::string, const LaneFn*> LaneOps();

// Converts half or bfloat16 to float and back (rounding to nearest even).
void SmallToFloat(DType small, const void* in, float* out, int64_t n);
void FloatToSmall(DType small, const float* in, void* out, int64_t n);

// An element-wise op over broadcast operands: axes that all operands treat alike are collapsed, then each operand is
// read directly where it is contiguous and expanded tile by tile where it is not.
class ElementwisePlan {
 public:
  ElementwisePlan() = default;
  // Whether an operand of shape `s` may be read for each element of `out`.
  static bool Broadcasts(const Shape& s, const Shape& out);
  // The inputs' shapes broadcast to `out`; sizes are bytes an element.
  ElementwisePlan(const Shape& out, std::span<const Shape> inputs, std::span<const int64_t> input_sizes,
                  int64_t output_size);

  // What a kernel's RunArgs::Range divides: rows where the innermost axis is short, else elements.
  int64_t units() const { return units_; }
  int64_t unit_elements() const { return unit_; }

  // Computes units [begin, end). Returns the output element that the op refuses (LaneFn::find_bad), or -1.
  int64_t Run(const LaneFn& fn, const LaneParams& p, const void* const* in, void* out, int64_t begin,
              int64_t end) const;

  // f(position, n) for each tile of units [begin, end): at[k] points to operand k's elements for the n output elements
  // from `position` on, either where they are or expanded into tiles + k * kLaneTileBytes. Stops when f returns false.
  template <class F>
  void ForTiles(const void* const* in, const void** at, char* tiles, int64_t begin, int64_t end, F&& f) const;
  // Whether every operand is read where it is, from end to end.
  bool whole() const { return whole_; }
  // Whether operand k is read where it is, never from a tile.
  bool in_place(size_t k) const {
    return operands_[k].mode == kWhole ||
           (operands_[k].mode == kStrided && by_rows_ && operands_[k].strides.back() == 1);
  }

  // f(offsets) for output elements [begin, end), offsets being the operands' element indices: for strings.
  template <class F>
  void ForEach(int64_t begin, int64_t end, F&& f) const;

 private:
  enum Mode { kWhole, kScalar, kPeriodic, kStrided };
  struct Operand {
    Mode mode = kWhole;
    int64_t size = 0;
    Dims strides;  // in elements, an axis of dims_
  };
  void Collapse(const Shape& out, std::span<const Shape> inputs);
  void ChooseModes(int64_t elements);
  int64_t Offset(const Operand& o, int64_t position) const;
  void Expand(const Operand& o, const char* base, int64_t position, int64_t n, char* tile) const;
  int64_t RunTiles(const LaneFn& fn, const LaneParams& p, const void* const* in, char* out, int64_t begin,
                   int64_t end) const;

  Dims dims_;  // collapsed; at least one axis
  std::vector<Operand> operands_;
  int64_t output_size_ = 0, units_ = 0, unit_ = 1;
  int64_t tile_ = kLaneTile;  // elements at once
  bool whole_ = true;         // every operand is contiguous
  bool by_rows_ = false;      // the innermost axis is long: tiles end where rows end
};

template <class F> void ElementwisePlan::ForTiles(const void* const* in, const void** at, char* tiles, int64_t begin,
                                                  int64_t end, F&& f) const {
  begin *= unit_;
  end *= unit_;
  if (begin >= end) return;
  auto tile = [&](size_t k) { return tiles + k * kLaneTileBytes; };
  for (size_t k = 0; k < operands_.size(); ++k) {
    if (operands_[k].mode != kScalar && operands_[k].mode != kPeriodic) continue;
    Expand(operands_[k], static_cast<const char*>(in[k]), begin, std::min(tile_, end - begin), tile(k));
    at[k] = tile(k);
  }
  for (int64_t position = begin; position < end;) {
    int64_t n = std::min(tile_, end - position);
    if (by_rows_) n = std::min(n, dims_.back() - position % dims_.back());
    for (size_t k = 0; k < operands_.size(); ++k) {
      const Operand& o = operands_[k];
      const char* base = static_cast<const char*>(in[k]);
      if (o.mode == kWhole) {
        at[k] = base + position * o.size;
      } else if (o.mode == kStrided && by_rows_ && o.strides.back() == 1) {
        at[k] = base + Offset(o, position) * o.size;
      } else if (o.mode == kStrided) {
        Expand(o, base, position, n, tile(k));
        at[k] = tile(k);
      }
    }
    if (!f(position, n)) return;
    position += n;
  }
}

template <class F>
void ElementwisePlan::ForEach(int64_t begin, int64_t end, F&& f) const {
  int64_t offsets[kMaxLaneArity] = {};
  for (int64_t i = begin * unit_; i < end * unit_; ++i) {
    for (size_t k = 0; k < operands_.size(); ++k)
      offsets[k] = operands_[k].mode == kWhole ? i : Offset(operands_[k], i);
    f(i, offsets);
  }
}

// ---- for the files that define lane functions
// A row of the table: one op, its float and double functions (null where there is none).
struct LaneRow {
  const char* op = nullptr;
  int arity = 1;
  float ns = 1;
  LaneCall f32 = nullptr, f64 = nullptr;
  bool small = true;  // half and bfloat16 too
  bool test = false;  // the result is bools
};
// Rows that are parts of ops, not ops: the last step of TruncateDiv on half and bfloat16, and their Softplus.
inline constexpr const char *kTrunc = "Trunc", *kHalfSoftplus = "Softplus of half",
                            *kBfloat16Softplus = "Softplus of bfloat16";
std::span<const LaneRow> ArithmeticLanes();      // lanes_simd.cc
std::span<const LaneRow> TranscendentalLanes();  // lanes_simd_math.cc
std::span<const LaneRow> LibraryLanes();         // lanes_library.cc: those that call libm
struct TypedLane {
  const char* op = nullptr;
  LaneFn fn;
};
std::vector<TypedLane> IntegerLanes();  // of bool too: lanes_int.cc
std::vector<TypedLane> ComplexLanes();  // lanes_complex.cc
const LaneFn* FindCastLane(DType from, DType to, bool truncate);  // lanes_cast.cc

}  // namespace weir
