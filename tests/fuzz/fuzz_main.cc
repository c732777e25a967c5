// Runs a libFuzzer harness (LLVMFuzzerTestOneInput) without libFuzzer, on random bytes: for compilers that have none,
// and for the tests. With clang, -DWEIR_LIBFUZZER=ON links libFuzzer in place of this.
//
//   lift_fuzzer [--seconds=10] [--runs=N] [--first=0] [--seed=1]
//
// When an input ends the process, stderr names it: --seed=S --first=NUMBER --runs=1 runs it again.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "weir/tests/fuzz/current_case.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
using weir::fuzz::current;

namespace {

bool Option(const char* arg, const char* name, double* value) {
  const size_t n = std::strlen(name);
  if (std::strncmp(arg, name, n) != 0) return false;
  *value = std::atof(arg + n);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 1e9, runs = 1e18, first = 0, seed = 1;
  bool limited = false;
  for (int i = 1; i < argc; ++i) {
    if (Option(argv[i], "--seconds=", &seconds) || Option(argv[i], "--runs=", &runs)) limited = true;
    else if (!Option(argv[i], "--first=", &first) && !Option(argv[i], "--seed=", &seed)) {
      std::fprintf(stderr, "no option %s; there are --seconds, --runs, --first and --seed\n", argv[i]);
      return 2;
    }
  }
  if (!limited) seconds = 10;
  weir::fuzz::SayCurrentAtAnyEnd();
  const auto start = std::chrono::steady_clock::now();
  auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::vector<uint8_t> input;
  double n = 0;
  for (; n < runs && passed() < seconds; ++n) {
    std::snprintf(current, sizeof current, "\nin --seed=%.0f --first=%.0f --runs=1\n", seed, first + n);
    std::mt19937_64 random(static_cast<uint64_t>(seed) * 1000003 + static_cast<uint64_t>(first + n));
    input.resize(8 + random() % 250);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%.0f inputs in %.0f s\n", n, passed());
  weir::fuzz::ended = true;
}
