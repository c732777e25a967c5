#include "weir/tests/fuzz/current_case.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());  // where a sanitizer is linked in

namespace weir::fuzz {

char current[256];
bool ended = false;

void SayCurrent() {
  ssize_t ignored = write(STDERR_FILENO, current, std::strlen(current));
  static_cast<void>(ignored);
}

void SayCurrentAtAnyEnd() {
  static char stack[64 << 10];  // where a signal is an overflow of the stack
  stack_t have{};
  sigaltstack(nullptr, &have);  // a sanitizer's
  const stack_t own{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
  if (have.ss_flags & SS_DISABLE) sigaltstack(&own, nullptr);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGINT, SIGXCPU}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_DFL) continue;  // a sanitizer's
    action.sa_handler = [](int signal) {
      SayCurrent();
      ::signal(signal, SIG_DFL);
      raise(signal);
    };
    action.sa_flags = SA_ONSTACK;
    sigaction(signal, &action, nullptr);
  }
  if (&__sanitizer_set_death_callback) __sanitizer_set_death_callback(SayCurrent);
  std::atexit([] {
    if (!ended) SayCurrent();
  });
}

}  // namespace weir::fuzz

// The undefined-behaviour sanitizer, which ends the process by none of the ways above, calls this before it reports.
extern "C" void __ubsan_on_report() { weir::fuzz::SayCurrent(); }
