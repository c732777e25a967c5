#include "weir/runtime/resource_store.h"

#include <fmt/format.h>

#include "weir/runtime/object_cell.h"

namespace weir {

Status ObjectCell::Wrong() const {
  if (object) return InvalidArgument(fmt::format("takes '{}', which is something else", name()));
  return FailedPrecondition(fmt::format("takes '{}', which nobody has made", name()));
}

Status GiveTensors(PrepareContext& c, std::vector<Tensor> tensors) {
  if (static_cast<int>(tensors.size()) != c.num_outputs())
    return InvalidArgument(fmt::format("got {} tensors in place of {}", tensors.size(), c.num_outputs()));
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Tensor& t = tensors[static_cast<size_t>(i)];
    const bool wanted = c.output_dtype(i) != DType::kInvalid;
    if ((c.output_known(i) && !(c.output_shape(i) == t.shape())) || (wanted && c.output_dtype(i) != t.dtype())) {
      return InvalidArgument(fmt::format("got {}{} for output {}, which is {}{}", DTypeShortName(t.dtype()),
                                         t.shape().ToString(), i, DTypeShortName(c.output_dtype(i)),
                                         c.output_known(i) ? c.output_shape(i).ToString() : ""));
    }
    c.set_output_shape(i, t.shape());
  }
  c.SetRun([tensors = std::move(tensors)](RunArgs& a) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (void* out = a.out<void>(static_cast<int>(i))) tensors[i].CopyTo(out);
    }
  });
  return {};
}

std::shared_ptr<ObjectCell> ResourceStore::Object(const Resource& which) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<ResourceCell>& cell = cells_[which];
  if (!cell) cell = std::make_shared<ObjectCell>(which);
  return std::static_pointer_cast<ObjectCell>(cell);
}

Result<VariableRef> ResourceStore::Variable(const Resource& which, DType dtype, const PartialShape& declared) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<ResourceCell>& cell = cells_[which];
  if (!cell) cell = std::make_shared<VariableCell>(which, dtype, declared);
  auto variable = std::static_pointer_cast<VariableCell>(cell);
  if (variable->dtype == dtype) return variable;
  return InvalidArgument(fmt::format("refers to variable '{}' as {}, but it is {}", which.name, DTypeName(dtype),
                                     DTypeName(variable->dtype)));
}

std::vector<VariableRef> ResourceStore::Variables() const {
  std::lock_guard lock(mutex_);
  std::vector<VariableRef> all;
  for (const auto& [resource, cell] : cells_) {
    if (resource.kind == ResourceKind::kVariable) all.push_back(std::static_pointer_cast<VariableCell>(cell));
  }
  return all;
}

Result<VariableRef> ResourceStore::FindVariable(std::string_view name) const {
  VariableRef found;
  for (VariableRef& v : Variables()) {
    if (v->name() != name) continue;
    if (found) return AmbiguousName(name, found->resource.container, v->resource.container);
    found = std::move(v);
  }
  return found;
}

Status ResourceStore::AmbiguousName(std::string_view name, std::string_view container, std::string_view other) {
  return InvalidArgument(fmt::format("error[variable]: two variables are called '{}': in the containers '{}' and '{}'",
                                     name, container, other))
      .Help("fetch what reads the one that is meant, run what assigns it");
}

void ResourceStore::DropForms() {
  for (const VariableRef& v : Variables()) {
    std::lock_guard lock(v->mutex);
    if (v->form.use_count() == 1) v->form = nullptr;
  }
}

NodeState* ResourceStore::StateOf(std::string_view node_name) {
  std::lock_guard lock(mutex_);
  auto& state = states_[std::string(node_name)];
  if (!state) state = std::make_unique<NodeState>();
  return state.get();
}

std::map<std::string, std::vector<uint64_t>> ResourceStore::RandomStates() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<uint64_t>> out;
  for (const auto& [name, state] : states_) {
    std::lock_guard inner(state->mutex);
    if (state->seeded) out[name] = {state->key, state->counter_lo, state->counter_hi};
  }
  return out;
}

void ResourceStore::SetRandomState(std::string_view node_name, const std::vector<uint64_t>& s) {
  if (s.size() != 3) return;
  NodeState* state = StateOf(node_name);
  std::lock_guard lock(state->mutex);
  state->seeded = true;
  state->key = s[0], state->counter_lo = s[1], state->counter_hi = s[2];
}

}  // namespace weir
