#include "weir/graph/base/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "weir/graph/base/complex_text.h"

namespace weir {

Result<Tensor> Tensor::Allocate(DType dtype, const Shape& shape) {
  Tensor t;
  t.dtype_ = dtype, t.shape_ = shape;
  std::string what = DTypeShortName(dtype) + shape.ToString();
  if (!IsCarried(dtype)) return Unimplemented("tensors of dtype " + DTypeName(dtype) + " cannot be made");
  WEIR_ASSIGN_OR_RETURN(t.buffer_, Buffer::AllocateElements(dtype, shape.num_elements(), what));
  return t;
}

Result<Tensor> Tensor::AllocateZeros(DType dtype, const Shape& shape) {
  WEIR_ASSIGN_OR_RETURN(Tensor t, Allocate(dtype, shape));
  if (IsPlain(dtype)) std::memset(t.mutable_raw(), 0, t.bytes());
  return t;
}

Tensor Tensor::Wrap(DType dtype, const Shape& shape, void* data, std::function<void()> release) {
  return FromBuffer(dtype, shape, Buffer::Wrap(data, shape.num_elements() * SizeOf(dtype), std::move(release)));
}

Tensor Tensor::FromBuffer(DType dtype, const Shape& shape, std::shared_ptr<Buffer> buffer) {
  Tensor t;
  t.dtype_ = dtype, t.shape_ = shape, t.buffer_ = std::move(buffer);
  return t;
}

Tensor Tensor::Opaque(DType dtype, const Shape& shape, std::shared_ptr<Buffer> message) {
  Tensor t = FromBuffer(dtype, shape, std::move(message));
  t.opaque_ = true;
  return t;
}

int64_t Tensor::bytes() const {
  if (!opaque_) return num_elements() * static_cast<int64_t>(SizeOf(dtype_));
  return buffer_ ? static_cast<int64_t>(buffer_->bytes()) : 0;
}

void Tensor::CheckType(DType want) const {
  if (opaque_) throw Error(Code::kInvalidArgument, "a tensor of dtype " + DTypeName(dtype_) + " has no values to read");
  if (want != dtype_) {
    throw Error(Code::kInvalidArgument,
                "a tensor of dtype " + DTypeName(dtype_) + " was accessed as " + DTypeName(want));
  }
}

int64_t Tensor::Offset(std::initializer_list<int64_t> index) const {
  auto fail = [&](const char* why) {
    std::string at = fmt::format("{}", fmt::join(index, ", "));
    throw Error(Code::kOutOfRange, fmt::format("a tensor {}{} has no element ({}): {}", DTypeShortName(dtype_),
                                               shape_.ToString(), at, why));
  };
  if (static_cast<int>(index.size()) != rank()) fail("an index has one number an axis");
  int64_t offset = 0;
  for (int axis = 0; axis < rank(); ++axis) {
    int64_t i = index.begin()[axis];
    if (i < 0 || i >= shape_[axis]) fail("out of range");
    offset = offset * shape_[axis] + i;
  }
  return offset;
}

double Tensor::Number(int64_t offset) const {
  double number = 0;
  auto read = [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      number = static_cast<float>(data<T>()[offset]);
    } else {
      number = static_cast<double>(data<T>()[offset]);
    }
  };
  if (!DispatchType(dtype_, RealAndBoolTypes{}, read)) {
    throw Error(Code::kInvalidArgument, "a tensor of dtype " + DTypeName(dtype_) + " has no numbers to read");
  }
  return number;
}

void Tensor::ThrowRagged(size_t rows, int64_t others) {
  throw Error(Code::kInvalidArgument, fmt::format("rows of {} and {} elements make no tensor", others, rows));
}

Result<Tensor> Tensor::Reshaped(const Shape& shape) const {
  if (shape.num_elements() != num_elements()) {
    return InvalidArgument("cannot reshape " + shape_.ToString() + " to " + shape.ToString() +
                           ": other number of elements");
  }
  Tensor t = FromBuffer(dtype_, shape, buffer_);
  t.opaque_ = opaque_;
  return t;
}

Result<Tensor> Tensor::Clone() const {
  if (!valid()) return Tensor();
  if (opaque_) return Unimplemented("a tensor of dtype " + DTypeName(dtype_) + " has no values to copy");
  WEIR_ASSIGN_OR_RETURN(Tensor t, Allocate(dtype_, shape_));
  CopyTo(t.mutable_raw());
  return t;
}

std::optional<std::vector<int64_t>> Tensor::ToInts() const {
  std::vector<int64_t> ints;
  auto copy = [&](auto t) {
    using T = decltype(t);
    ints.resize(num_elements());  // not before: a dtype that is only carried may have any number of elements
    std::transform(data<T>(), data<T>() + num_elements(), ints.begin(), [](T v) { return static_cast<int64_t>(v); });
  };
  if (!DispatchType(dtype_, IntTypes{}, copy) && !DispatchType(dtype_, Types<bool>{}, copy)) return std::nullopt;
  return ints;
}

bool Tensor::Identical(const Tensor& o) const {
  if (dtype_ != o.dtype_ || !(shape_ == o.shape_) || opaque_ != o.opaque_) return false;
  if (!opaque_) return EqualElements(dtype_, raw(), o.raw(), num_elements());
  return bytes() == o.bytes() && (bytes() == 0 || std::memcmp(raw(), o.raw(), bytes()) == 0);
}

namespace {

std::string Escaped(const std::string& s) {
  std::string out = "\"";
  for (unsigned char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\', out += char(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += char(c);
    }
  }
  return out + "\"";
}

// A NaN's sign says nothing.
template <class T>
std::string NumberText(T v) { return v != v ? "nan" : fmt::format("{}", v); }

std::string ElementText(const Tensor& t, int64_t i) {
  if (t.dtype() == kString) return Escaped(t.data<std::string>()[i]);
  if (t.dtype() == kBool) return t.data<bool>()[i] ? "true" : "false";
  std::string text;
  auto number = [&](auto v) {
    using T = decltype(v);
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      text = NumberText(float(t.data<T>()[i]));
    } else if constexpr (kIsComplexType<T>) {
      text = JoinComplex(NumberText(t.data<T>()[i].real()), NumberText(t.data<T>()[i].imag()));
    } else {
      text = NumberText(t.data<T>()[i]);
    }
  };
  DispatchType(t.dtype(), NumberTypes{}, number);
  return text;
}

}  // namespace

std::string Tensor::ToString(int64_t limit) const {
  if (!valid()) return "<no value>";
  if (num_elements() == 0) return std::string(std::min(rank(), 8), '[') + std::string(std::min(rank(), 8), ']');
  // Why not recursive: the rank may be 254. Brackets open and close where the index is a multiple of an axis' stride.
  std::vector<int64_t> block(rank());
  int64_t n = 1;
  for (int a = rank() - 1; a >= 0; --a) block[a] = n *= shape_[a];
  std::string out;
  for (int64_t i = 0; i < num_elements(); ++i) {
    int opens = 0;
    for (int a = 0; a < rank(); ++a) opens += i % block[a] == 0;
    if (i) out += std::string(opens, ']') + ", ";
    if (i == limit) return out + "…" + std::string(rank() - opens, ']');
    out += std::string(opens, '[') + ElementText(*this, i);
  }
  return out + std::string(rank(), ']');
}

std::ostream& operator<<(std::ostream& out, const Tensor& t) { return out << t.ToString(); }

}  // namespace weir
