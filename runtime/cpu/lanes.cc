// The table of lane functions, and the walk over broadcast operands.
#include "weir/runtime/cpu/lanes.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

namespace weir {
namespace {

struct Key {
  std::string op;
  DType operand;  // dtype of the last one
  auto operator<=>(const Key&) const = default;
};
using Table = std::map<Key, LaneFn>;

void AddRow(Table& table, const LaneRow& row) {
  auto add = [&](DType t, LaneFn fn) {
    fn.arity = row.arity, fn.operand = t, fn.result = row.test ? kBool : t;
    table[{row.op, t}] = fn;
  };
  if (row.f32) add(kFloat, {.call = row.f32, .ns = row.ns});
  if (row.f64) add(kDouble, {.call = row.f64, .ns = row.ns * 2});
  if (!row.f32 || !row.small) return;
  for (DType small : {kHalf, kBfloat16}) {
    add(small, {.call = row.f32,
                .ns = row.ns + 0.3f * (row.arity + 1),
                .small_in = small,
                .small_out = row.test ? DType::kInvalid : small,
                .in_size = 2,
                .out_size = static_cast<int8_t>(row.test ? 1 : 2)});
  }
}

void AddSelect(Table& table, const LaneRow& narrow, const LaneRow& wide) {
  for (DType t :
       {kFloat, kDouble, kHalf, kBfloat16, kInt8, kInt16, kInt32, kInt64, kUint8, kUint16, kUint32, kUint64, kBool,
        kComplex64}) {
    size_t size = SizeOf(t);
    LaneCall call = size == 1 ? narrow.f32 : size == 2 ? narrow.f64 : size == 4 ? wide.f32 : wide.f64;
    for (const char* op : {"Select", "SelectV2"})
      table[{op, t}] = {.arity = 3, .call = call, .ns = 0.3f, .operand = t, .result = t, .chooses = true};
  }
}

Table MakeTable() {
  Table table;
  const LaneRow *narrow = nullptr, *wide = nullptr;
  for (const LaneRow& row : ArithmeticLanes()) {
    std::string_view op = row.op;
    if (op == "Select by 1 or 2 bytes") narrow = &row;
    else if (op == "Select by 4 or 8 bytes") wide = &row;
    else AddRow(table, row);
  }
  if (narrow && wide) AddSelect(table, *narrow, *wide);
  for (const LaneRow& row : TranscendentalLanes()) AddRow(table, row);
  for (const LaneRow& row : LibraryLanes()) AddRow(table, row);
  for (const TypedLane& lane : IntegerLanes()) table[{lane.op, lane.fn.operand}] = lane.fn;
  for (const TypedLane& lane : ComplexLanes()) table[{lane.op, lane.fn.operand}] = lane.fn;
  for (DType small : {kHalf, kBfloat16}) {
    for (auto [op, last] : {std::pair("FloorDiv", "Floor"), std::pair("TruncateDiv", kTrunc)}) {
      table[{op, small}].call = table[{"Div", kFloat}].call;
      table[{op, small}].then = table[{last, kFloat}].call;
    }
    table[{"Softplus", small}].call = table[{small == kHalf ? kHalfSoftplus : kBfloat16Softplus, kFloat}].call;
  }
  return table;
}

const Table& Lanes() {
  static const Table table = MakeTable();
  return table;
}

template <class U>
void FillWords(const char* from, int64_t n, char* to) {
  U value;
  std::memcpy(&value, from, sizeof(U));
  U* out = reinterpret_cast<U*>(to);
  std::fill(out, out + n, value);
}

void Fill(const char* from, int64_t size, int64_t n, char* to) {
  switch (size) {
    case 1: return FillWords<uint8_t>(from, n, to);
    case 2: return FillWords<uint16_t>(from, n, to);
    case 4: return FillWords<uint32_t>(from, n, to);
    case 8: return FillWords<uint64_t>(from, n, to);
    default: return FillWords<Complex128>(from, n, to);
  }
}

// Writes a row to `tile` again and again until `bytes` are full, by copying what is there already.
void Repeat(const char* row, int64_t row_bytes, int64_t bytes, char* tile) {
  int64_t done = std::min(row_bytes, bytes);
  std::memcpy(tile, row, done);
  while (done < bytes) {
    const int64_t more = std::min(done, bytes - done);
    std::memcpy(tile + done, tile, more);
    done += more;
  }
}

}  // namespace

const LaneFn* FindLaneFn(std::string_view op, const std::vector<DType>& operands, DType result) {
  if (operands.empty()) return nullptr;
  const LaneFn* fn = nullptr;
  if (op == "Cast") {
    fn = FindCastLane(operands.back(), result, false);
  } else if (auto it = Lanes().find({std::string(op), operands.back()}); it != Lanes().end()) {
    fn = &it->second;
  }
  if (!fn || fn->arity != static_cast<int>(operands.size()) || fn->result != result) return nullptr;
  for (int k = 0; k < fn->arity; ++k) {
    if (operands[k] != fn->OperandType(k)) return nullptr;
  }
  return fn;
}

std::map<std::string, const LaneFn*> LaneOps() {
  std::map<std::string, const LaneFn*> ops;
  for (const auto& [key, fn] : Lanes()) {
    const LaneFn*& shown = ops[key.op];
    if (!shown || shown->operand == kBool) shown = &fn;
  }
  for (const char* part : {kTrunc, kHalfSoftplus, kBfloat16Softplus}) ops.erase(part);
  return ops;
}

void LaneFn::RunSmall(const void* const* in, void* out, int64_t n, const LaneParams& p) const {
  alignas(64) float tiles[kMaxLaneArity + 1][kLaneTile];
  for (int64_t i = 0; i < n; i += kLaneTile) {
    const int64_t m = std::min(kLaneTile, n - i);
    const void* operands[kMaxLaneArity];
    for (int k = 0; k < arity; ++k) {
      operands[k] = static_cast<const char*>(in[k]) + i * in_size;
      if (small_in == DType::kInvalid) continue;
      SmallToFloat(small_in, operands[k], tiles[k], m);
      operands[k] = tiles[k];
    }
    void* result = static_cast<char*>(out) + i * out_size;
    if (small_out == DType::kInvalid) {
      call(operands, result, m, p);
    } else {
      const void* last = tiles[kMaxLaneArity];
      call(operands, tiles[kMaxLaneArity], m, p);
      FloatToSmall(small_out, tiles[kMaxLaneArity], result, m);
      if (!then) continue;
      SmallToFloat(small_out, result, tiles[kMaxLaneArity], m);
      then(&last, tiles[kMaxLaneArity], m, p);
      FloatToSmall(small_out, tiles[kMaxLaneArity], result, m);
    }
  }
}

bool ElementwisePlan::Broadcasts(const Shape& s, const Shape& out) {
  if (s.rank() > out.rank()) return false;
  for (int a = 0; a < s.rank(); ++a) {
    if (s[a] != 1 && s[a] != out[out.rank() - s.rank() + a]) return false;
  }
  return true;
}

ElementwisePlan::ElementwisePlan(const Shape& out, std::span<const Shape> inputs, std::span<const int64_t> input_sizes,
                                 int64_t output_size)
    : operands_(inputs.size()), output_size_(output_size) {
  for (size_t k = 0; k < inputs.size(); ++k) {
    operands_[k].size = input_sizes[k];
    tile_ = std::min(tile_, kLaneTileBytes / std::max<int64_t>(input_sizes[k], 1));
  }
  Collapse(out, inputs);
  ChooseModes(out.num_elements());
}

// Drops axes of one element and joins neighbours that every operand walks as one.
void ElementwisePlan::Collapse(const Shape& out, std::span<const Shape> inputs) {
  const int rank = out.rank();
  std::vector<Dims> strides(inputs.size(), Dims(rank, 0));
  for (size_t k = 0; k < inputs.size(); ++k) {
    int64_t stride = 1;
    for (int a = inputs[k].rank() - 1, o = rank - 1; a >= 0; --a, --o) {
      if (inputs[k][a] != 1) strides[k][o] = stride;
      stride *= inputs[k][a];
    }
  }
  for (int o = 0; o < rank; ++o) {
    if (out[o] == 1) continue;
    bool join = !dims_.empty();
    for (size_t k = 0; join && k < inputs.size(); ++k) join = operands_[k].strides.back() == strides[k][o] * out[o];
    if (join) {
      dims_.back() *= out[o];
    } else {
      dims_.push_back(out[o]);
    }
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (join) operands_[k].strides.back() = strides[k][o];
      else operands_[k].strides.push_back(strides[k][o]);
    }
  }
  if (!dims_.empty()) return;
  dims_.push_back(1);
  for (Operand& o : operands_) o.strides.push_back(1);
}

void ElementwisePlan::ChooseModes(int64_t elements) {
  const int64_t inner = dims_.back();
  const bool rows = dims_.size() > 1, short_rows = rows && inner <= tile_ / 2;
  for (Operand& o : operands_) {
    int64_t stride = 1;
    bool whole = true, scalar = true, last_only = o.strides.back() == 1;
    for (int a = static_cast<int>(dims_.size()) - 1; a >= 0; --a) {
      whole = whole && o.strides[a] == stride;
      scalar = scalar && o.strides[a] == 0;
      last_only = last_only && (a + 1 == static_cast<int>(dims_.size()) || o.strides[a] == 0);
      stride *= dims_[a];
    }
    o.mode = whole ? kWhole : scalar ? kScalar : last_only && short_rows ? kPeriodic : kStrided;
    whole_ = whole_ && whole;
  }
  by_rows_ = rows && !short_rows;
  if (short_rows && elements > 0) {
    // Parts and tiles begin where rows do, so that the expansion of a periodic operand serves every tile.
    unit_ = inner;
    tile_ = tile_ / inner * inner;
  }
  units_ = elements / unit_;
}

int64_t ElementwisePlan::Offset(const Operand& o, int64_t position) const {
  int64_t offset = 0;
  for (int a = static_cast<int>(dims_.size()) - 1; a >= 0; --a) {
    offset += position % dims_[a] * o.strides[a];
    position /= dims_[a];
  }
  return offset;
}

// Writes the operand's elements for output elements [position, position + n) to `tile`.
void ElementwisePlan::Expand(const Operand& o, const char* base, int64_t position, int64_t n, char* tile) const {
  const int last = static_cast<int>(dims_.size()) - 1;
  if (o.mode == kScalar) return Fill(base, o.size, n, tile);
  if (o.mode == kPeriodic) return Repeat(base, dims_[last] * o.size, n * o.size, tile);
  int64_t index[kMaxRank];
  int64_t row = Offset(o, position - position % dims_[last]);
  for (int a = last; a >= 0; --a) {
    index[a] = position % dims_[a];
    position /= dims_[a];
  }
  while (n > 0) {
    const int64_t run = std::min(dims_[last] - index[last], n);
    const char* from = base + (row + index[last] * o.strides[last]) * o.size;
    if (o.strides[last] == 0) Fill(from, o.size, run, tile);
    else std::memcpy(tile, from, run * o.size);
    tile += run * o.size;
    n -= run;
    index[last] = 0;
    for (int a = last - 1; a >= 0; --a) {
      row += o.strides[a];
      if (++index[a] < dims_[a]) break;
      row -= o.strides[a] * dims_[a];
      index[a] = 0;
    }
  }
}

int64_t ElementwisePlan::Run(const LaneFn& fn, const LaneParams& p, const void* const* in, void* out_raw, int64_t begin,
                             int64_t end) const {
  char* out = static_cast<char*>(out_raw);
  if (!whole_) return RunTiles(fn, p, in, out, begin, end);
  begin *= unit_;
  end *= unit_;
  if (begin >= end) return -1;
  const void* at[kMaxLaneArity];
  for (size_t k = 0; k < operands_.size(); ++k) at[k] = static_cast<const char*>(in[k]) + begin * operands_[k].size;
  if (fn.find_bad) {
    if (int64_t bad = fn.find_bad(at, end - begin); bad >= 0) return begin + bad;
  }
  fn.Run(at, out + begin * output_size_, end - begin, p);
  return -1;
}

int64_t ElementwisePlan::RunTiles(const LaneFn& fn, const LaneParams& p, const void* const* in, char* out,
                                  int64_t begin, int64_t end) const {
  alignas(64) char tiles[kMaxLaneArity * kLaneTileBytes];
  const void* at[kMaxLaneArity];
  int64_t bad = -1;
  ForTiles(in, at, tiles, begin, end, [&](int64_t position, int64_t n) {
    if (fn.find_bad) {
      if (int64_t first = fn.find_bad(at, n); first >= 0) return bad = position + first, false;
    }
    fn.Run(at, out + position * output_size_, n, p);
    return true;
  });
  return bad;
}

}  // namespace weir
