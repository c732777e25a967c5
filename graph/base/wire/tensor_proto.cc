#include "weir/graph/base/wire/tensor_proto.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

// The elements that a tensor message lists in the field of its dtype; null `copy` when that field is another's.
struct Values {
  const char* field = "";
  int count = 0;
};

// Every field of elements, with its count.
std::vector<Values> AllValues(const pb::TensorProto& p) {
  return {{"float_val", p.float_val_size()},       {"double_val", p.double_val_size()},
          {"int_val", p.int_val_size()},           {"string_val", p.string_val_size()},
          {"scomplex_val", p.scomplex_val_size()}, {"int64_val", p.int64_val_size()},
          {"bool_val", p.bool_val_size()},         {"dcomplex_val", p.dcomplex_val_size()},
          {"half_val", p.half_val_size()},         {"uint32_val", p.uint32_val_size()},
          {"uint64_val", p.uint64_val_size()},     {"float8_val", p.float8_val().empty() ? 0 : 1},
          {"variant_val", p.variant_val_size()},   {"resource_handle_val", p.resource_handle_val_size()}};
}

std::string_view FieldOf(DType t) {
  switch (t) {
    case DType::kFloat: return "float_val";
    case DType::kDouble: return "double_val";
    case DType::kInt64: return "int64_val";
    case DType::kBool: return "bool_val";
    case DType::kString: return "string_val";
    case DType::kHalf:
    case DType::kBfloat16: return "half_val";
    case DType::kUint32: return "uint32_val";
    case DType::kUint64: return "uint64_val";
    case DType::kComplex64: return "scomplex_val";
    case DType::kComplex128: return "dcomplex_val";
    case DType::kResource: return "resource_handle_val";
    case DType::kVariant: return "variant_val";
    default: return static_cast<int>(t) >= 24 && static_cast<int>(t) <= 28 ? "float8_val" : "int_val";
  }
}

// Copies as many of `values` as fit, then repeats the last; zeros when there are none.
template <class T, class Field> void Spread(const Field& values, Tensor& t) {
  T* out = static_cast<T*>(t.mutable_raw());
  int64_t n = t.num_elements(), have = std::min<int64_t>(n, values.size());
  for (int64_t i = 0; i < have; ++i) out[i] = static_cast<T>(values.Get(static_cast<int>(i)));
  std::fill(out + have, out + n, have ? out[have - 1] : T{});
}

// The same of complex numbers: two values each.
template <class Part, class Field> void SpreadComplex(const Field& values, Tensor& t) {
  auto* out = static_cast<std::complex<Part>*>(t.mutable_raw());
  int64_t n = t.num_elements(), have = std::min<int64_t>(n, values.size() / 2);
  for (int i = 0; i < static_cast<int>(have); ++i) out[i] = {values.Get(2 * i), values.Get(2 * i + 1)};
  std::fill(out + have, out + n, have ? out[have - 1] : std::complex<Part>());
}

void Decode(const pb::TensorProto& p, Tensor& t) {
  switch (t.dtype()) {
    case DType::kFloat: return Spread<float>(p.float_val(), t);
    case DType::kDouble: return Spread<double>(p.double_val(), t);
    case DType::kInt64: return Spread<int64_t>(p.int64_val(), t);
    case DType::kBool: return Spread<bool>(p.bool_val(), t);
    case DType::kString: return Spread<std::string>(p.string_val(), t);
    case DType::kHalf:
    case DType::kBfloat16: return Spread<uint16_t>(p.half_val(), t);
    case DType::kUint32: return Spread<uint32_t>(p.uint32_val(), t);
    case DType::kUint64: return Spread<uint64_t>(p.uint64_val(), t);
    case DType::kComplex64: return SpreadComplex<float>(p.scomplex_val(), t);
    case DType::kComplex128: return SpreadComplex<double>(p.dcomplex_val(), t);
    default: break;
  }
  switch (SizeOf(t.dtype())) {  // the integer types that share int_val, by size: the low bytes are the value
    case 1: return Spread<uint8_t>(p.int_val(), t);
    case 2: return Spread<uint16_t>(p.int_val(), t);
    default: return Spread<int32_t>(p.int_val(), t);
  }
}

// Repeated strings take memory that the budget does not see element by element.
Status CheckStrings(const pb::TensorProto& p, const Shape& shape) {
  if (p.string_val_size() == 0) return {};
  int64_t repeats = shape.num_elements() - p.string_val_size(), bytes = 0;
  int64_t last = static_cast<int64_t>(p.string_val(p.string_val_size() - 1).size());
  if (repeats <= 0 || last < 16) return {};
  if (CheckedMul(repeats, last, &bytes) && bytes <= memory::budget() - memory::bytes_in_use()) return {};
  return ResourceExhausted(fmt::format("has a tensor of {} strings of {} bytes, which exceeds the memory budget",
                                       shape.num_elements(), last));
}

Result<Tensor> Opaque(const pb::TensorProto& p, DType dtype, const Shape& shape) {
  size_t bytes = p.ByteSizeLong();
  WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(static_cast<int64_t>(bytes)));
  if (!p.SerializeToArray(buffer->data(), static_cast<int>(bytes))) return Internal("has a tensor that cannot be kept");
  return Tensor::Opaque(dtype, shape, buffer);
}

// Whether each element has the bytes of the first.
bool IsSplat(const Tensor& t) {
  return EqualElements(t.dtype(), t.raw(), ElementAt(t.dtype(), t.raw(), 1), t.num_elements() - 1);
}

// Adds the first `n` elements to `field`, by way of a type that has their bytes.
template <class T>
void AddAll(const Tensor& t, int64_t n, auto* field) {
  const T* values = static_cast<const T*>(t.raw());
  field->Add(values, values + n);
}

}  // namespace

DType DTypeFromWire(int number) {
  int base = number > 100 ? number - 100 : number;
  return base > 0 && base <= 33 && number >= 0 ? static_cast<DType>(number) : DType::kInvalid;
}

Result<PartialShape> ShapeFromWire(const pb::TensorShapeProto& p) {
  if (p.unknown_rank()) {
    if (p.dim_size()) return InvalidArgument("has a shape of unknown rank that lists dimensions");
    return PartialShape::Unknown();
  }
  if (p.dim_size() > kMaxRank)
    return InvalidArgument(
        fmt::format("has a shape of {} dimensions; at most {} are possible", p.dim_size(), kMaxRank));
  Dims dims;
  dims.reserve(p.dim_size());
  for (const auto& d : p.dim()) {
    if (d.size() < -1) return InvalidArgument(fmt::format("has a shape with a dimension of {}", d.size()));
    dims.push_back(d.size());
  }
  return PartialShape(std::move(dims));
}

bool RestoreContent(const Contents& contents, pb::TensorProto* p) {
  if (p->content_index() == 0) return true;
  if (p->content_index() > contents.size()) return false;
  const Buffer& content = *contents[p->content_index() - 1];
  p->set_tensor_content(content.data(), content.bytes());
  p->clear_content_index();
  return true;
}

Result<Tensor> TensorFromWire(const pb::TensorProto& p, const Contents& contents) {
  DType dtype = DTypeFromWire(p.dtype());
  if (dtype == DType::kInvalid)
    return InvalidArgument(fmt::format("has a tensor of no valid dtype ({})", static_cast<int>(p.dtype())));
  if (IsRef(dtype))
    return InvalidArgument(
        fmt::format("has a tensor of the reference dtype {}: values are no references", DTypeName(dtype)));
  WEIR_ASSIGN_OR_RETURN(PartialShape partial, ShapeFromWire(p.tensor_shape()));
  if (!partial.fully_known())
    return InvalidArgument(fmt::format("has a tensor of the shape {}, which is not fully known", partial.ToString()));
  auto made = Shape::Make(partial.dims());
  if (!made.ok())
    return InvalidArgument(fmt::format("has a tensor of an impossible shape: {}", made.status().message()));
  const Shape& shape = *made;
  for (const Values& v : AllValues(p)) {
    if (v.count && v.field != FieldOf(dtype))
      return InvalidArgument(fmt::format("has a tensor of dtype {} with elements in {}", DTypeName(dtype), v.field));
  }
  if (p.content_index() > contents.size()) return InvalidArgument("has a tensor whose content is nowhere");
  if (!HasFileForm(dtype)) {
    pb::TensorProto whole = p;
    RestoreContent(contents, &whole);
    return Opaque(whole, dtype, shape);
  }
  const std::shared_ptr<Buffer> apart = p.content_index() ? contents[p.content_index() - 1] : nullptr;
  const std::string_view content =
      apart ? std::string_view(static_cast<const char*>(apart->data()), apart->bytes()) : p.tensor_content();
  int64_t want = 0;
  if (!content.empty()) {
    if (dtype == kString) return InvalidArgument("has a string tensor with raw content");
    bool fits = CheckedMul(shape.num_elements(), static_cast<int64_t>(SizeOf(dtype)), &want);
    if (!fits || want != static_cast<int64_t>(content.size())) {
      return InvalidArgument(fmt::format("has a tensor of {} bytes where {}{} needs {}", content.size(),
                                         DTypeShortName(dtype), shape.ToString(), want));
    }
  }
  if (dtype == kString) WEIR_RETURN_IF_ERROR(CheckStrings(p, shape));
  WEIR_ASSIGN_OR_RETURN(Tensor t, apart ? Tensor::FromBuffer(dtype, shape, apart) : Tensor::Allocate(dtype, shape));
  if (!content.empty()) {
    if (!apart) std::memcpy(t.mutable_raw(), content.data(), content.size());
    if (dtype == kBool) {  // in C++ no byte but 0 and 1 is a bool
      std::transform(content.begin(), content.end(), static_cast<uint8_t*>(t.mutable_raw()),
                     [](char c) { return c != 0; });
    }
  } else if (shape.num_elements() > 0) {
    Decode(p, t);
  }
  return t;
}

void ShapeToWire(const PartialShape& shape, pb::TensorShapeProto* p) {
  if (!shape.known_rank()) return p->set_unknown_rank(true);
  for (Dim d : shape.dims()) p->add_dim()->set_size(Known(d) ? d : -1);
}

void ValuesToWire(const Tensor& t, int64_t n, pb::TensorProto* p) {
  switch (t.dtype()) {
    case DType::kFloat: return AddAll<float>(t, n, p->mutable_float_val());
    case DType::kDouble: return AddAll<double>(t, n, p->mutable_double_val());
    case DType::kInt64: return AddAll<int64_t>(t, n, p->mutable_int64_val());
    case DType::kUint32: return AddAll<uint32_t>(t, n, p->mutable_uint32_val());
    case DType::kUint64: return AddAll<uint64_t>(t, n, p->mutable_uint64_val());
    case DType::kBool: return AddAll<bool>(t, n, p->mutable_bool_val());
    case DType::kComplex64: return AddAll<float>(t, 2 * n, p->mutable_scomplex_val());
    case DType::kComplex128: return AddAll<double>(t, 2 * n, p->mutable_dcomplex_val());
    case DType::kHalf:
    case DType::kBfloat16: return AddAll<uint16_t>(t, n, p->mutable_half_val());
    case DType::kInt8:
    case DType::kQint8: return AddAll<int8_t>(t, n, p->mutable_int_val());
    case DType::kUint8:
    case DType::kQuint8: return AddAll<uint8_t>(t, n, p->mutable_int_val());
    case DType::kInt16:
    case DType::kQint16: return AddAll<int16_t>(t, n, p->mutable_int_val());
    case DType::kUint16:
    case DType::kQuint16: return AddAll<uint16_t>(t, n, p->mutable_int_val());
    case DType::kInt32:
    case DType::kQint32: return AddAll<int32_t>(t, n, p->mutable_int_val());
    case DType::kString:
      for (const std::string& s : t.span<std::string>().first(static_cast<size_t>(n))) p->add_string_val(s);
      return;
    default: p->set_tensor_content(t.raw(), static_cast<size_t>(t.bytes()));
  }
}

void TensorToWire(const Tensor& t, pb::TensorProto* p) {
  if (t.opaque()) {  // the message itself
    if (p->ParseFromArray(t.raw(), static_cast<int>(t.bytes()))) return;
    p->Clear();
  }
  p->set_dtype(static_cast<pb::DataType>(t.dtype()));
  ShapeToWire(t.shape(), p->mutable_tensor_shape());
  int64_t n = t.num_elements();
  if (n == 0 || t.opaque()) return;
  if (t.dtype() == kString) {
    auto values = t.span<std::string>();
    while (n > 1 && values[n - 1] == values[n - 2]) --n;  // readers repeat the last
    ValuesToWire(t, n, p);
  } else if (n == 1 || IsSplat(t)) {
    ValuesToWire(t, 1, p);
  } else {
    p->set_tensor_content(t.raw(), static_cast<size_t>(t.bytes()));
  }
}

}  // namespace weir
