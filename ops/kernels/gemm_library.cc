// Two repairs to the serial OpenBLAS that gemm.cc calls (found in 0.3.21 as Debian 12 ships it), in force once this library
// is loaded:
//
// 1. It hands out the buffers that it packs matrices in without a lock, so that two threads may get the same one and
//    compute garbage. blas_memory_alloc and blas_memory_free, which it calls through the dynamic linker, are replaced by
//    ones that keep buffers a thread. They come before OpenBLAS's in the search order because this library needs it.
// 2. On processors newer than itself it takes its oldest kernels ("Prescott", a fifth of the speed). Unless the user chose
//    a core by OPENBLAS_CORETYPE, it is told to choose again among those the processor can run.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <vector>

extern "C" {
void* blas_memory_alloc(int procpos);
void blas_memory_free(void* buffer);
// Only where the library holds kernels for several processors.
__attribute__((weak)) void gotoblas_dynamic_init();
__attribute__((weak)) void gotoblas_dynamic_quit();
__attribute__((weak)) char* openblas_get_corename();
}

namespace {

// OpenBLAS's BUFFER_SIZE, and its margin. Pages that it does not touch take no memory.
constexpr size_t kBufferBytes = (size_t{128} << 20) + (size_t{64} << 10);

struct Buffers {
  std::vector<void*> idle;
  ~Buffers() {
    for (void* p : idle) munmap(p, kBufferBytes);
  }
};
thread_local Buffers buffers;

#if defined(__x86_64__)
const char* CoreOfThisProcessor() {
  __builtin_cpu_init();
  auto has_avx512 = [] {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
  };
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return nullptr;
  return has_avx512() ? "SkylakeX" : "Haswell";
}
#else
const char* CoreOfThisProcessor() { return nullptr; }
#endif

void ChooseCore() {
  if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || !openblas_get_corename || std::getenv("OPENBLAS_CORETYPE")) return;
  const char* core = CoreOfThisProcessor();
  if (!core || std::strcmp(openblas_get_corename(), "Prescott") != 0) return;
  setenv("OPENBLAS_CORETYPE", core, 1);  // the only way to tell it
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv("OPENBLAS_CORETYPE");
}

// Why while loading: OpenBLAS has chosen by then, and no thread can be inside it yet.
[[maybe_unused]] const bool chosen = (ChooseCore(), true);

}  // namespace

extern "C" void* blas_memory_alloc(int) {
  if (!buffers.idle.empty()) {
    void* p = buffers.idle.back();
    buffers.idle.pop_back();
    return p;
  }
  void* p = mmap(nullptr, kBufferBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) std::abort();  // Why: its caller cannot fail either, and would write to whatever it gets
  return p;
}

extern "C" void blas_memory_free(void* buffer) { buffers.idle.push_back(buffer); }
