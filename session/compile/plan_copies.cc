#include "weir/session/compile/plan_copies.h"

namespace weir {

Result<Prepared> Copies::PreparedOf(const Node& n) {
  auto it = joins_.find(n.id());
  return it == joins_.end() ? prepare_(n) : std::move(it->second.prepared);
}

Result<bool> Copies::Share(const Node& n, int out, const Prepared& prepared) {
  const Endpoint e{n.id(), out};
  for (const Copy& copy : prepared.copies) {
    if (copy.out != out || !IsView(n, out, copy)) continue;
    const Endpoint from = n.input(copy.in);
    const int32_t memory = slots_.MemoryOf(from);
    slots_.Extend(memory, slots_.LastUse(e));
    const int32_t slot = slots_.Add(e, memory, slots_.OffsetOf(from) + copy.in_offset);
    variables_.NoteView(slot);
    return true;
  }
  std::optional<Place> place;
  if (auto it = joins_.find(n.id()); it != joins_.end()) place = it->second.output;
  if (!place) {
    WEIR_ASSIGN_OR_RETURN(place, PlaceInJoin(e, order_[n.id()]));
  }
  if (place) slots_.Add(e, place->memory, place->offset);
  return place.has_value();
}

// Whether the copy is all of the output, and the input's memory keeps it as long as the output is wanted.
bool Copies::IsView(const Node& n, int out, const Copy& copy) const {
  const Endpoint e{n.id(), out}, from = n.input(copy.in);
  const int last = slots_.LastUse(e);
  // A fetch has a buffer of its own.
  if (copy.out_offset != 0 || copy.bytes != slots_.BytesOf(e) || last == Memory::kForever) return false;
  const Memory& memory = slots_.memory(slots_.MemoryOf(from));
  return memory.storage != Storage::kVariable || !variables_.WrittenBetween(memory.index, order_[n.id()], last);
}

// The joins that read `e`, or a view of it.
void Copies::FindJoins(Endpoint e, std::vector<JoinInput>* found) const {
  for (const Use& use : g_.node(e.node).users()) {
    if (use.input < 0 || use.output != e.index) continue;
    const Node& n = g_.node(use.node);
    if (roles_[n.id()] != Role::kView && roles_[n.id()] != Role::kKernel) continue;
    const KernelDef& kernel = *roles_.kernel(n.id());
    if (kernel.joins()) found->push_back({order_[n.id()], use.input, n.id()});
    for (int k = 0; roles_[n.id()] == Role::kView && k < static_cast<int>(n.outputs().size()); ++k) {
      if (kernel.ViewOf(k) == use.input) FindJoins({n.id(), k}, found);
    }
  }
}

Result<Copies::Join*> Copies::JoinOf(const Node& n) {
  auto it = joins_.find(n.id());
  if (it == joins_.end()) {
    WEIR_ASSIGN_OR_RETURN(Prepared prepared, prepare_(n));
    it = joins_.emplace(n.id(), Join{std::move(prepared), {}}).first;
  }
  return &it->second;
}

// Where the first join that can have it wants `e`, which nobody has placed yet. Its memory is in use from `first` on.
Result<std::optional<Copies::Place>> Copies::PlaceInJoin(Endpoint e, int first) {
  const int last = slots_.LastUse(e);
  const int64_t bytes = slots_.BytesOf(e);
  if (last == Memory::kForever || bytes == 0) return std::optional<Place>();
  std::vector<JoinInput> inputs;
  FindJoins(e, &inputs);
  std::sort(inputs.begin(), inputs.end());
  for (const JoinInput& in : inputs) {
    auto join = JoinOf(g_.node(in.node));
    if (!join.ok()) continue;  // told when it is its turn
    for (const Copy& copy : (*join)->prepared.copies) {
      if (copy.in != in.input || copy.in_offset != 0 || copy.bytes != bytes) continue;
      const Endpoint output{in.node, copy.out};
      std::optional<Place>& place = (*join)->output;
      if (!place) {
        WEIR_ASSIGN_OR_RETURN(place, PlaceInJoin(output, first));
      }
      if (!place) {
        WEIR_ASSIGN_OR_RETURN(int32_t memory, slots_.AddMemoryFor(output, first));
        place = Place{memory, 0};
      }
      slots_.Extend(place->memory, last);
      return std::optional(Place{place->memory, place->offset + copy.out_offset});
    }
  }
  return std::optional<Place>();
}

bool Copies::AllMade(const Node& n, const Prepared& prepared) const {
  if (!prepared.only_copies) return false;
  for (const Copy& copy : prepared.copies) {
    const Endpoint from = n.input(copy.in), to{n.id(), copy.out};
    if (slots_.MemoryOf(from) != slots_.MemoryOf(to) ||
        slots_.OffsetOf(from) + copy.in_offset != slots_.OffsetOf(to) + copy.out_offset)
      return false;
  }
  return true;
}

}  // namespace weir
