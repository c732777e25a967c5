// Protobuf's wire format without its schema: a message as the list of its fields, to be taken apart, bent and put
// together. What it makes need not be a valid message of any type; that is what it is for.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fuzz {

struct Field {
  uint32_t number = 0;
  uint8_t type = 0;   // of the wire: 0 varint, 1 eight bytes, 2 bytes with a length, 5 four bytes
  uint64_t value = 0;  // of 0
  std::string bytes;   // of 1, 2 and 5
};
using Message = std::vector<Field>;

// nullopt when the bytes are no message (which most texts are not).
std::optional<Message> ParseMessage(std::string_view bytes);
std::string Serialize(const Message& m);

const Field* FindField(const Message& m, uint32_t number);
Field* FindField(Message& m, uint32_t number);
std::string TextOf(const Message& m, uint32_t number);  // "" when there is none

// Bends fields of a message, at any depth: drops, doubles, swaps, renumbers or retypes one, or gives it another's
// content, an odd number, a word of `words`, or damaged bytes.
class WireMutator {
 public:
  WireMutator(std::mt19937_64& rng, const std::vector<std::string>& words) : rng_(rng), words_(words) {}
  void Mutate(std::string& bytes, int depth = 0);

 private:
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(rng_) < p; }
  size_t Pick(size_t n) { return n ? rng_() % n : 0; }
  void MutateField(Message& m);
  void Retype(Field& f);
  void Damage(std::string& bytes);
  uint64_t Number();

  std::mt19937_64& rng_;
  const std::vector<std::string>& words_;
};

}  // namespace weir::fuzz
