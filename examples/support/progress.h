// Progress of a training: a bar that fills on a terminal, one plain line per round otherwise.
#pragma once

#include <chrono>
#include <string>

namespace examples {

class Progress {
 public:
  // `rounds` of `steps` each; `done` rounds lie behind already. `unit` is what a round is called: "epoch".
  Progress(std::string unit, int rounds, int steps, int done = 0);

  // After each step. The loss is shown as the mean of the round so far.
  void Step(double loss);
  // At the end of a round; `remark` goes at the end of the line.
  void EndRound(const std::string& remark = {});

 private:
  std::string Line() const;

  std::string unit_;
  int rounds_, steps_, round_, step_ = 0;
  double sum_ = 0;
  bool terminal_;
  std::chrono::steady_clock::time_point drawn_ = {};
};

}  // namespace examples
