// Rows of DecodeCompressed, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// "hello hello hello", as zlib and gzip have it.
const std::string kZlib("\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x3a\x2e\x06\x7d", 16);

}  // namespace

std::vector<OpRow> CompressedRows() {
  const Tensor zlib = Tensor::Vector(std::vector<std::string>{kZlib, ""});
  return {
      {"DecodeCompressed", {zlib}, {{"compression_type", "ZLIB"}}},
      {"DecodeCompressed", {zlib}},
      {"DecodeCompressed", {Tensor::Zeros(kString, {0})}, {{"compression_type", "GZIP"}}},
  };
}

namespace {

Result<Tensor> Of(const std::string& bytes, const std::string& type) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = ops::DecodeCompressed(x, type);
  return Session(g).Run(y, {{x, Tensor(bytes)}});
}

TEST(DecodeCompressed, ReadsZlib) {
  EXPECT_EQ(Of(kZlib, "ZLIB").value().scalar<std::string>(), "hello hello hello");
  EXPECT_EQ(Of(kZlib, "").value().scalar<std::string>(), kZlib);
}

TEST(DecodeCompressed, RefusesDamage) {
  EXPECT_FALSE(Of(kZlib, "GZIP").ok());
  EXPECT_FALSE(Of(kZlib.substr(0, 10), "ZLIB").ok());
  EXPECT_FALSE(Of(kZlib + "more", "ZLIB").ok());
  EXPECT_FALSE(Of(kZlib, "LZ4").ok());
}

}  // namespace
}  // namespace weir::testing
