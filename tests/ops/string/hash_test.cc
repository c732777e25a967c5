// Rows of the hash buckets, and the hashes that TensorFlow 2.21 has of texts of all kinds of lengths.
#include <gtest/gtest.h>

#include "weir/ops/string/cpu/hashes.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TextHashRows() {
  const Tensor texts = Tensor::Vector(std::vector<std::string>{"weir", "", "a text of some words"});
  const AttrMap buckets = {{"num_buckets", int64_t{1000}}};
  const AttrMap strong = {{"num_buckets", int64_t{1000}}, {"key", List({1, -2})}};
  return {
      {"StringToHashBucket", {texts}, buckets},
      {"StringToHashBucket", {Tensor::Zeros(kString, {0})}, buckets},
      {"StringToHashBucketFast", {texts}, buckets},
      {"StringToHashBucketFast", {Tensor::Zeros(kString, {0})}, buckets},
      {"StringToHashBucketStrong", {texts}, strong},
      {"StringToHashBucketStrong", {Tensor::Zeros(kString, {0})}, strong},
  };
}

namespace {

TEST(StringHashes, AreTensorFlows) {
  auto times = [](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += "weir";
    return text;
  };
  struct Case {
    std::string text;
    int64_t murmur, fingerprint, sip;  // modulo 2^63 - 1
  };
  for (const Case& c : {
           Case{"", 105434511174508092, 1936946117179621456, 1583518726171341606},
           Case{"a", 2996632905371535868, 3694432073954588132, 3067518542778738979},
           Case{"abcd", 5015987189207562374, 1897425971756105985, 4776545272365901657},
           Case{"abcdefg", 2960345911509200449, 4341691227789030229, 3861425695378547027},
           Case{"abcdefgh", 3429851175771700306, 9145071594317031690, 573758819942051249},
           Case{times(5), 4054755931998697923, 1880018349428645777, 2878474340673883305},
           Case{times(12), 6195867640454034107, 5158773934092327712, 4534127007776350003},
           Case{times(16), 345536662536002977, 7126088155800368394, 1576694195356188522},
           Case{times(17), 3184528182689488336, 2411342199997360265, 5954759135684252185},
           Case{times(32), 7680339694622927270, 1793663385750266578, 1998849395673256143},
           Case{times(33), 5345185384476259109, 7433719188650441129, 7348100574504764474},
       }) {
    auto bucket = [](uint64_t hash) { return static_cast<int64_t>(hash % INT64_MAX); };
    EXPECT_EQ(bucket(MurmurHash64A(c.text)), c.murmur) << c.text;
    EXPECT_EQ(bucket(Fingerprint64(c.text)), c.fingerprint) << c.text;
    EXPECT_EQ(bucket(SipHash(1, uint64_t(-2), c.text)), c.sip) << c.text;
  }
}

}  // namespace
}  // namespace weir::testing
