#include "weir/tests/fuzz/graph_mutator.h"

#include "weir/ops/registry.h"

namespace weir::fuzz {

namespace {

// Numbers of fields, of proto/graph.proto.
enum : uint32_t { kNode = 1, kNodeName = 1, kNodeOp = 2, kNodeInput = 3, kNodeAttr = 5, kKey = 1, kValue = 2 };
enum : uint32_t { kLibrary = 2, kFunction = 1, kBodyNode = 3 };
enum : uint32_t {
  kList = 1,
  kBytes = 2,
  kInt = 3,
  kFloat = 4,
  kBool = 5,
  kType = 6,
  kShape = 7,
  kTensor = 8,
  kPlaceholder = 9,
  kFunc = 10
};

// Of a GraphDef or a FunctionDef, whose nodes are the fields `kind`.
class GraphMutator {
 public:
  GraphMutator(Message& graph, uint32_t kind, std::mt19937_64& rng) : graph_(graph), kind_(kind), rng_(rng) {
    for (size_t i = 0; i < graph_.size(); ++i) {
      if (graph_[i].number == kind_ && graph_[i].type == 2) nodes_.push_back(i);
    }
  }

  void Mutate() {
    if (nodes_.empty()) return;
    Field& f = graph_[nodes_[Pick(nodes_.size())]];
    auto node = ParseMessage(f.bytes);
    if (!node) return;
    switch (Pick(8)) {
      case 0: graph_.erase(graph_.begin() + (&f - graph_.data())); return;
      case 1: return Copy(*node);
      case 2: SetOp(*node); break;
      case 3: ChangeInputs(*node); break;
      case 4: Rewire(*node); break;
      case 5: Attr(*node); break;
      case 6: OthersAttr(*node); break;
      default: Rewire(*node), SetOp(*node); break;
    }
    f.bytes = Serialize(*node);
  }

 private:
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(rng_) < p; }
  size_t Pick(size_t n) { return n ? rng_() % n : 0; }

  Message RandomNode() { return ParseMessage(graph_[nodes_[Pick(nodes_.size())]].bytes).value_or(Message()); }

  void Copy(Message node) {
    if (Field* name = FindField(node, kNodeName)) name->bytes += "_copy";
    graph_.push_back({kind_, 2, 0, Serialize(node)});
  }

  void SetOp(Message& node) {
    static const std::vector<std::string> ops = [] {
      std::vector<std::string> names{"NoSuchOp", "Merge", "Enter"};
      for (const auto& [name, def] : AllOps().ops()) names.push_back(name);
      return names;
    }();
    if (Field* op = FindField(node, kNodeOp))
      op->bytes = Chance(0.5) ? ops[Pick(ops.size())] : TextOf(RandomNode(), kNodeOp);
  }

  // What nodes of a body read: "argument" or "node:output:0". Taken from one that does; else of any node.
  std::string SomeOutputOfBody() {
    Message node = RandomNode();
    std::vector<size_t> inputs = InputsOf(node);
    if (!inputs.empty() && Chance(0.7)) return node[inputs[Pick(inputs.size())]].bytes;
    static constexpr const char* kOutputs[] = {"y", "z", "output", "sum", "product", "value"};
    const std::string name = TextOf(node, kNodeName);
    return Chance(0.1) ? "^" + name : name + ":" + kOutputs[Pick(std::size(kOutputs))] + ":0";
  }

  std::string SomeOutput() {
    if (kind_ == kBodyNode) return SomeOutputOfBody();
    std::string name = TextOf(RandomNode(), kNodeName);
    if (Chance(0.2)) name += ":" + std::to_string(Pick(4));
    return Chance(0.1) ? "^" + name : name;
  }

  std::vector<size_t> InputsOf(const Message& node) {
    std::vector<size_t> inputs;
    for (size_t i = 0; i < node.size(); ++i) {
      if (node[i].number == kNodeInput) inputs.push_back(i);
    }
    return inputs;
  }

  void ChangeInputs(Message& node) {
    std::vector<size_t> inputs = InputsOf(node);
    if (inputs.empty() || Chance(0.4))
      node.insert(node.begin() + static_cast<std::ptrdiff_t>(Pick(node.size() + 1)), {kNodeInput, 2, 0, SomeOutput()});
    else node.erase(node.begin() + static_cast<std::ptrdiff_t>(inputs[Pick(inputs.size())]));
  }

  void Rewire(Message& node) {
    std::vector<size_t> inputs = InputsOf(node);
    if (!inputs.empty()) node[inputs[Pick(inputs.size())]].bytes = SomeOutput();
  }

  std::vector<size_t> AttrsOf(const Message& node) {
    std::vector<size_t> attrs;
    for (size_t i = 0; i < node.size(); ++i) {
      if (node[i].number == kNodeAttr) attrs.push_back(i);
    }
    return attrs;
  }

  Message NewValue() {
    auto shape = [&] {
      Message m;
      for (size_t i = Pick(5); i > 0; --i)
        m.push_back({2, 2, 0, Serialize({{1, 0, Chance(0.8) ? Pick(5) : ~uint64_t{0}, ""}})});
      return Serialize(m);
    };
    static constexpr uint64_t kOdd[] = {
        0, 1, 2, 3, 7, 1 << 20, uint64_t{1} << 40, INT64_MAX, ~uint64_t{0}, uint64_t{1} << 63};
    switch (Pick(6)) {
      case 0: return {{kType, 0, 1 + Pick(24), ""}};
      case 1: return {{kInt, 0, kOdd[Pick(std::size(kOdd))], ""}};
      case 2: return {{kBool, 0, Pick(2), ""}};
      case 3: return {{kShape, 2, 0, shape()}};
      case 4:
        return {{kTensor, 2, 0,
                 Serialize({{1, 0, 1 + Pick(24), ""},
                            {2, 2, 0, shape()},
                            {Chance(0.5) ? 4u : 5u, 2, 0, std::string(Pick(20), '\1')}})}};
      default: return {{kBytes, 2, 0, Chance(0.5) ? "SAME" : TextOf(RandomNode(), kNodeName)}};
    }
  }

  void Attr(Message& node) {
    std::vector<size_t> attrs = AttrsOf(node);
    if (attrs.empty()) return;
    const size_t at = attrs[Pick(attrs.size())];
    if (Chance(0.2)) {
      node.erase(node.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    auto entry = ParseMessage(node[at].bytes);
    if (!entry) return;
    if (Field* value = FindField(*entry, kValue)) value->bytes = Serialize(NewValue());
    node[at].bytes = Serialize(*entry);
  }

  // A value of another node's, under its own name or that of one of ours.
  void OthersAttr(Message& node) {
    Message other = RandomNode();
    std::vector<size_t> mine = AttrsOf(node), theirs = AttrsOf(other);
    if (theirs.empty()) return;
    Field taken = other[theirs[Pick(theirs.size())]];
    auto entry = ParseMessage(taken.bytes);
    if (!entry || mine.empty() || Chance(0.3)) {
      node.push_back(taken);
      return;
    }
    Field& place = node[mine[Pick(mine.size())]];
    auto own = ParseMessage(place.bytes);
    Field *from = FindField(*entry, kValue), *to = own ? FindField(*own, kValue) : nullptr;
    if (!from || !to) return;
    to->bytes = from->bytes;
    place.bytes = Serialize(*own);
  }

  Message& graph_;
  uint32_t kind_;
  std::mt19937_64& rng_;
  std::vector<size_t> nodes_;
};

// Of one function of the graph's library; false where there is none.
bool MutateBody(Message& graph, std::mt19937_64& rng) {
  Field* field = FindField(graph, kLibrary);
  auto library = field ? ParseMessage(field->bytes) : std::nullopt;
  if (!library) return false;
  std::vector<Field*> functions;
  for (Field& f : *library) {
    if (f.number == kFunction && f.type == 2) functions.push_back(&f);
  }
  if (functions.empty()) return false;
  Field& chosen = *functions[rng() % functions.size()];
  auto function = ParseMessage(chosen.bytes);
  if (!function) return false;
  GraphMutator(*function, kBodyNode, rng).Mutate();
  chosen.bytes = Serialize(*function);
  field->bytes = Serialize(*library);
  return true;
}

void CollectWords(const std::string& bytes, int depth, std::vector<std::string>* words) {
  auto m = ParseMessage(bytes);
  if (!m || depth > 5) return;
  for (const Field& f : *m) {
    if (f.type != 2) continue;
    if (f.bytes.size() < 40) words->push_back(f.bytes);
    if (words->size() < 400) CollectWords(f.bytes, depth + 1, words);
  }
}

void MutateGraph(std::string& file, const std::vector<uint32_t>& path, size_t at, std::mt19937_64& rng) {
  auto m = ParseMessage(file);
  if (!m) return;
  if (at < path.size()) {
    if (Field* f = FindField(*m, path[at])) MutateGraph(f->bytes, path, at + 1, rng);
  } else {
    if (rng() % 2 || !MutateBody(*m, rng)) GraphMutator(*m, kNode, rng).Mutate();
  }
  file = Serialize(*m);
}

}  // namespace

std::vector<std::string> WordsOf(const std::string& bytes) {
  std::vector<std::string> words;
  CollectWords(bytes, 0, &words);
  return words;
}

std::string Mutated(const Seed& seed, std::mt19937_64& rng) {
  std::string bytes = seed.bytes;
  WireMutator wire(rng, seed.words);
  for (size_t changes = 1 + rng() % 3; changes > 0; --changes) {
    if (rng() % 2) wire.Mutate(bytes);
    else MutateGraph(bytes, seed.path, 0, rng);
  }
  return bytes;
}

}  // namespace weir::fuzz
