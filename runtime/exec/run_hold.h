// What a run holds from its beginning to its end, but while it waits for another one (RunContext::RunWaiting): the
// variables that it writes, locked in the order that all runs have, and the team of its parallel steps.
#pragma once

#include <vector>

#include "weir/runtime/exec/thread_pool.h"
#include "weir/runtime/plan/plan.h"

namespace weir {

// Locks one mutex of each listed variable, in the list's order. Why not std::lock or a vector of guards: no allocation
// here.
template <std::mutex VariableCell::*M>
class VariableLocks {
 public:
  VariableLocks(const Plan& plan, const std::vector<int32_t>& variables) : plan_(plan), variables_(variables) {
    Lock();
  }
  ~VariableLocks() { Unlock(); }
  void Lock() {
    for (int32_t v : variables_) (*plan_.variables[v].variable.*M).lock();
  }
  void Unlock() {
    for (int32_t v : variables_) (*plan_.variables[v].variable.*M).unlock();
  }
  VariableLocks(const VariableLocks&) = delete;
  VariableLocks& operator=(const VariableLocks&) = delete;

 private:
  const Plan& plan_;
  const std::vector<int32_t>& variables_;
};

class RunHold {
 public:
  RunHold(const Plan& plan, const std::vector<int32_t>& variables, ThreadPool* pool)
      : writing_(plan, variables), pool_(pool) {
    Lease();
  }
  ~RunHold() { Release(); }
  RunHold(const RunHold&) = delete;
  RunHold& operator=(const RunHold&) = delete;

  ThreadPool::Team* team() const { return team_; }
  void LetGo() {
    Release();
    writing_.Unlock();
  }
  void TakeAgain() {
    writing_.Lock();
    Lease();
  }

 private:
  void Lease() { team_ = pool_ ? pool_->Lease() : nullptr; }
  void Release() {
    if (team_) pool_->Release(team_);
    team_ = nullptr;
  }

  VariableLocks<&VariableCell::writing> writing_;
  ThreadPool* pool_;
  ThreadPool::Team* team_ = nullptr;
};

}  // namespace weir
