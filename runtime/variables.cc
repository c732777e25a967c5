#include "weir/runtime/variables.h"

namespace weir {

Result<VariableRef> VariableStore::FindOrCreate(std::string_view container, std::string_view name, DType dtype, const PartialShape& declared) {
  std::lock_guard lock(mutex_);
  VariableRef& v = variables_[{std::string(container), std::string(name)}];
  if (!v) {
    v = std::make_shared<VariableCell>();
    v->name = name, v->dtype = dtype, v->declared = declared;
  }
  if (v->dtype != dtype) {
    return InvalidArgument("refers to variable '" + std::string(name) + "' as " + DTypeName(dtype) + ", but it is " + DTypeName(v->dtype));
  }
  return v;
}

VariableRef VariableStore::Find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, v] : variables_) {
    if (key.second == name) return v;
  }
  return nullptr;
}

std::vector<VariableRef> VariableStore::All() const {
  std::lock_guard lock(mutex_);
  std::vector<VariableRef> all;
  for (const auto& [key, v] : variables_) all.push_back(v);
  return all;
}

RandomState* VariableStore::random_state(std::string_view node_name) {
  std::lock_guard lock(mutex_);
  auto& state = random_[std::string(node_name)];
  if (!state) state = std::make_unique<RandomState>();
  return state.get();
}

std::map<std::string, std::vector<uint64_t>> VariableStore::random_states() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<uint64_t>> out;
  for (const auto& [name, state] : random_) {
    std::lock_guard inner(state->mutex);
    if (state->initialized) out[name] = {state->key, state->counter_lo, state->counter_hi};
  }
  return out;
}

void VariableStore::set_random_state(std::string_view node_name, const std::vector<uint64_t>& s) {
  if (s.size() != 3) return;
  RandomState* state = random_state(node_name);
  std::lock_guard lock(state->mutex);
  state->initialized = true;
  state->key = s[0], state->counter_lo = s[1], state->counter_hi = s[2];
}

}  // namespace weir
