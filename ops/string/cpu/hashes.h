// Hashes of texts whose numbers are published and never change: buckets of saved graphs depend on them.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

uint64_t MurmurHash64A(std::string_view text);  // with TensorFlow's seed
uint64_t Fingerprint64(std::string_view text);  // FarmHash's
uint64_t SipHash(uint64_t k0, uint64_t k1, std::string_view text);  // SipHash-2-4

}  // namespace weir
