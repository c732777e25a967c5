// The table of dtypes: each once, with facts that agree with the C++ types; objects by their operations alone.
#include "weir/graph/base/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "weir/graph/base/complex_text.h"
#include "weir/graph/base/tensor.h"

namespace weir {
namespace {

constexpr int kFirst = 1, kLast = 23;  // DT_FLOAT to DT_UINT64

TEST(DType, EachHasOneRowUnderItsNumber) {
  std::set<std::string_view> names;
  for (int n = kFirst; n <= kLast; ++n) {
    const DTypeInfo& i = InfoOf(static_cast<DType>(n));
    EXPECT_EQ(static_cast<int>(i.type), n);
    EXPECT_NE(i.kind, DTypeKind::kUnknown) << n;
    EXPECT_TRUE(names.insert(i.name).second) << i.name;
    EXPECT_TRUE(i.short_name == i.name || names.insert(i.short_name).second) << i.short_name;
    EXPECT_EQ(ParseDType(i.name), i.type);
    EXPECT_EQ(ParseDType(i.short_name), i.type);
    EXPECT_EQ(i.size % i.alignment, 0u) << i.name;
  }
  for (int n : {0, 24, 33, 100, 255}) {
    const DType t = static_cast<DType>(n);
    EXPECT_EQ(InfoOf(t).kind, IsRef(t) ? DTypeKind::kHandle : DTypeKind::kUnknown) << n;
    EXPECT_EQ(DTypeName(t), "dtype(" + std::to_string(n) + ")");
    EXPECT_FALSE(IsCarried(t)) << n;
  }
  EXPECT_EQ(ParseDType(""), DType::kInvalid);
  EXPECT_EQ(ParseDType("_ref"), DType::kInvalid);
}

template <class... Ts>
void ExpectTypes(Types<Ts...>, DTypeKind kind) {
  auto expect = [&](DType t, size_t size, size_t alignment) {
    EXPECT_EQ(InfoOf(t).kind, kind) << DTypeName(t);
    EXPECT_EQ(SizeOf(t), size) << DTypeName(t);
    EXPECT_EQ(InfoOf(t).alignment, alignment) << DTypeName(t);
    EXPECT_TRUE(IsSupported(t)) << DTypeName(t);
    EXPECT_EQ(IsPlain(t), kind != DTypeKind::kObject) << DTypeName(t);
  };
  (expect(DTypeOf<Ts>, sizeof(Ts), alignof(Ts)), ...);
}

TEST(DType, FactsAreThoseOfTheElements) {
  ExpectTypes(FloatTypes(), DTypeKind::kReal);
  ExpectTypes(ComplexTypes(), DTypeKind::kComplex);
  ExpectTypes(IntTypes(), DTypeKind::kInteger);
  ExpectTypes(Types<bool>(), DTypeKind::kBoolean);
  ExpectTypes(ObjectTypes(), DTypeKind::kObject);
  for (DType t : {DType::kQint8, DType::kQuint8, DType::kQint16, DType::kQuint16, DType::kQint32}) {
    EXPECT_EQ(InfoOf(t).kind, DTypeKind::kQuantised);
    EXPECT_TRUE(IsPlain(t) && IsCarried(t) && !IsSupported(t)) << DTypeName(t);
  }
  EXPECT_EQ(SizeOf(DType::kQint32), 4u);
}

TEST(DType, WhatIsNotCarriedIsNeitherPlainNorMade) {
  EXPECT_EQ(InfoOf(DType::kResource).kind, DTypeKind::kHandle);
  for (DType t : {DType::kResource, MakeRef(kFloat)}) {
    EXPECT_FALSE(IsPlain(t) || IsCarried(t) || IsSupported(t)) << DTypeName(t);
    EXPECT_EQ(Tensor::Allocate(t, {2}).status().code(), Code::kUnimplemented) << DTypeName(t);
  }
}

// Tensors of lists are made, and no file holds them.
TEST(DType, AListIsCarried) {
  EXPECT_EQ(InfoOf(kVariant).kind, DTypeKind::kList);
  EXPECT_TRUE(IsCarried(kVariant));
  EXPECT_FALSE(IsPlain(kVariant) || IsSupported(kVariant) || HasFileForm(kVariant));
  EXPECT_TRUE(Tensor::Allocate(kVariant, {2}).ok());
}

TEST(DType, AComplexNumberHasTwoParts) {
  EXPECT_EQ(PartType(kComplex64), kFloat);
  EXPECT_EQ(PartType(kComplex128), kDouble);
  EXPECT_EQ(PartType(kInt32), kInt32);
  EXPECT_TRUE(IsComplex(kComplex64) && !IsComplex(kFloat) && !IsFloating(kComplex64));
}

TEST(DType, ComplexTextHasTwoPartsOrIsNoNumber) {
  auto parts = [](std::string_view text) {
    const ComplexText t = SplitComplex(text);
    return std::string(t.real) + "|" + std::string(t.imag);
  };
  EXPECT_EQ(parts("1.5-2j"), "1.5|-2");
  EXPECT_EQ(parts("-1e-3+2e+5j"), "-1e-3|2e+5");
  EXPECT_EQ(parts("2j"), "0|2");
  EXPECT_EQ(parts("-2e-1j"), "0|-2e-1");
  EXPECT_EQ(parts("3"), "3|0");
  EXPECT_EQ(parts("nan+infj"), "nan|inf");
  EXPECT_EQ(parts("1+j"), "1|") << "no number";
  EXPECT_EQ(parts("j"), "0|");
  EXPECT_EQ(parts(""), "|0");
  EXPECT_EQ(JoinComplex("1.5", "-2"), "1.5-2j");
  EXPECT_EQ(JoinComplex("nan", "nan"), "nan+nanj");
}

TEST(DType, WhatIsZeroIsFalse) {
  const float minus_zero = -0.0f, nan = std::nanf("");
  const std::string none, some = "x";
  const Complex64 i(0, 1);
  EXPECT_TRUE(IsZero(kFloat, &minus_zero));
  EXPECT_FALSE(IsZero(kFloat, &nan));
  EXPECT_TRUE(IsZero(kString, &none));
  EXPECT_FALSE(IsZero(kString, &some));
  EXPECT_FALSE(IsZero(kComplex64, &i));
}

TEST(DType, AReferenceIsAHandle) {
  for (int n = kFirst; n <= kLast; ++n) {
    const DType base = static_cast<DType>(n), ref = MakeRef(base);
    EXPECT_EQ(InfoOf(ref).kind, DTypeKind::kHandle);
    EXPECT_FALSE(IsFloating(ref) || IsInteger(ref) || IsSupported(ref)) << DTypeName(ref);
    EXPECT_EQ(DTypeName(ref), DTypeName(base) + "_ref");
    EXPECT_EQ(ParseDType(DTypeName(ref)), ref);
    EXPECT_EQ(BaseType(ref), base);
  }
}

TEST(DType, ObjectsAreConstructedCopiedComparedAndDestroyed) {
  const ObjectOps* ops = InfoOf(kString).object;
  ASSERT_TRUE(ops);
  const std::string text(100, 'x');  // on the heap, so that the sanitizer sees what is not destroyed
  alignas(std::string) char a[3 * sizeof(std::string)], b[3 * sizeof(std::string)];
  auto* first = reinterpret_cast<std::string*>(a);
  auto* second = reinterpret_cast<std::string*>(b);
  ops->construct(a, 3);
  ops->construct(b, 3);
  EXPECT_EQ(first[2], "");
  first[0] = text, first[2] = "short";
  EXPECT_FALSE(ops->equal(a, b, 3));
  ops->copy(a, b, 3);
  EXPECT_TRUE(ops->equal(a, b, 3));
  EXPECT_EQ(second[0], text);
  ops->copy(a, a, 3);
  CopyElements(kString, ElementAt(kString, a, 2), ElementAt(kString, b, 1), 1);
  EXPECT_EQ(second[1], "short");
  first[0] = "changed";
  EXPECT_EQ(second[0], text);
  EXPECT_FALSE(EqualElements(kString, a, b, 3));
  EXPECT_TRUE(EqualElements(kString, a, b, 0));
  ops->destroy(a, 3);
  ops->destroy(b, 3);
}

TEST(DType, TensorsOfObjectsCopyThem) {
  Tensor a(std::vector<std::string>{std::string(100, 'x'), ""}), b = a.Clone().value();
  EXPECT_TRUE(a.Identical(b));
  b.at<std::string>(1) = "y";
  EXPECT_FALSE(a.Identical(b));
  EXPECT_EQ(a.at<std::string>(1), "");
  EXPECT_EQ(a.bytes(), static_cast<int64_t>(2 * sizeof(std::string)));
  EXPECT_EQ(Tensor::Zeros(kString, {2}).at<std::string>(1), "");
  EXPECT_TRUE(Tensor::Zeros(kString, {0}).Identical(Tensor::Zeros(kString, {0})));
  EXPECT_EQ(Tensor::Allocate(kString, {int64_t{1} << 60}).status().code(), Code::kResourceExhausted);
}

// A constant of a dtype that is not carried has any shape, and the bytes of its file.
TEST(DType, OpaqueTensorsAreTheirBytes) {
  auto opaque = [](std::string_view bytes) {
    auto buffer = Buffer::Allocate(static_cast<int64_t>(bytes.size())).value();
    std::memcpy(buffer->data(), bytes.data(), bytes.size());
    return Tensor::Opaque(kVariant, {int64_t{1} << 60}, buffer);
  };
  EXPECT_EQ(opaque("abc").bytes(), 3);
  EXPECT_TRUE(opaque("abc").Identical(opaque("abc")));
  EXPECT_FALSE(opaque("abc").Identical(opaque("abd")));
  EXPECT_FALSE(opaque("abc").Identical(opaque("abcd")));
  EXPECT_FALSE(opaque("abc").Clone().ok());
}

}  // namespace
}  // namespace weir
