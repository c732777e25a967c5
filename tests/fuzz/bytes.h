// What a fuzzer's input decides: choices, taken from its bytes one after the other; the first of each when there are no
// more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  size_t Pick(size_t n) { return n > 1 && !empty() ? data_[at_++] % n : 0; }
  bool Chance(int percent) { return Pick(100) >= static_cast<size_t>(100 - percent); }  // not when bytes are out

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

}  // namespace weir::fuzz
