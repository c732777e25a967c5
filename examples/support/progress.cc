#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace examples {

Progress::Progress(std::string unit, int rounds, int steps, int done)
    : unit_(std::move(unit)), rounds_(rounds), steps_(steps), round_(done + 1), terminal_(isatty(STDOUT_FILENO)) {}

std::string Progress::Line() const {
  char text[128];
  std::snprintf(text, sizeof text, "%s %*d/%d  loss %.4f", unit_.c_str(),
                static_cast<int>(std::to_string(rounds_).size()), round_, rounds_, sum_ / std::max(step_, 1));
  return text;
}

void Progress::Step(double loss) {
  sum_ += loss;
  ++step_;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(50)) return;
  drawn_ = now;
  constexpr int kWidth = 40;
  const int full = step_ * kWidth / steps_;
  std::printf("\r%s  [%s%s]", Line().c_str(), std::string(full, '#').c_str(), std::string(kWidth - full, '.').c_str());
  std::fflush(stdout);
}

void Progress::EndRound(const std::string& remark) {
  // Back to the line's start, and from the text's end clear what was there.
  std::printf("%s%s%s%s%s\n", terminal_ ? "\r" : "", Line().c_str(), remark.empty() ? "" : "  ", remark.c_str(),
              terminal_ ? "\033[K" : "");
  std::fflush(stdout);
  ++round_;
  step_ = 0;
  sum_ = 0;
}

}  // namespace examples
