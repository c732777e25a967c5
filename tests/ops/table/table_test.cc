// Checks of ops on tables, which no row can describe. What they give is compared with TensorFlow's in
// oracle/recorded_runs_test.cc; here of both forms with every dtype, what they refuse, and what they are in a session.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/tables.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

using namespace ops;

Tensor Longs(std::vector<int64_t> v) { return Tensor(std::move(v)); }
Tensor Texts(std::vector<std::string> v) { return Tensor(std::move(v)); }

// A path that is gone with the test.
struct TempFile {
  explicit TempFile(const std::string& content)
      : path(fmt::format("{}/weir_table_{}", std::filesystem::temp_directory_path().string(), ::getpid())) {
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TempFile() { std::filesystem::remove(path); }
  std::string path;
};

// A table of this maker, whose values are the rows of `v`, or all its elements; filled by `fill`.
struct Filled {
  Filled(bool old, const std::string& maker, const std::string& fill, const Tensor& v) {
    auto form = [&](const std::string& op) { return old && maker != "MutableDenseHashTable" ? op : op + "V2"; };
    const bool rows = maker == "MutableHashTableOfTensors" || maker == "MutableDenseHashTable";
    values = rows ? v : v.Reshaped(Shape({v.num_elements()})).value();
    std::vector<int64_t> numbers;
    for (int64_t i = 0; i < values.shape()[0]; ++i) numbers.push_back(10 + 3 * i);
    AttrMap attrs{{"key_dtype", kInt64}, {"value_dtype", v.dtype()}};
    if (rows) attrs["value_shape"] = PartialShape({3});
    InputList reserved;
    if (maker == "MutableDenseHashTable") reserved = {b.Constant(Tensor(int64_t{0})), b.Constant(Tensor(int64_t{-1}))};
    Output keys = b.Constant(Longs(numbers)), given = b.Constant(values);
    table = b.Add(form(maker), reserved, attrs, {.name = "table"});
    filled = b.AddNode(form(fill), {table, keys, given});
    this->fill = fill;
    Output none = b.Constant(Tensor::Zeros(v.dtype(), rows ? Shape({3}) : Shape()));
    found = b.Add(form("LookupTableFind"), {table, keys, none});
    size = b.Add(form("LookupTableSize"), {table});
    const AttrMap types{{"Tkeys", kInt64}, {"Tvalues", v.dtype()}};
    exported = b.OutputOf(b.AddNode(form("LookupTableExport"), {table}, types), 1);
    if (table.dtype() == kResource) removed = b.AddNode("LookupTableRemoveV2", {table, keys});
  }

  // Whether the values are found under their keys, exported in the order in which they came, and gone when removed.
  bool Holds() {
    EXPECT_TRUE(b.status().ok()) << b.status().ToString();
    const bool removes = table.dtype() == kResource && b.graph().node(table.endpoint().node).op() != "HashTableV2";
    for (bool optimize : {true, false}) {
      Session session(b, {.threads = 2, .optimize = optimize});
      Status s = session.Run(filled);
      const bool fails = values.num_elements() == 0 && fill.starts_with("Initialize");  // as in TensorFlow
      if (fails && s.code() == Code::kInvalidArgument) continue;
      EXPECT_TRUE(s.ok()) << s.ToString();
      auto got = session.Run({found, exported, size});
      EXPECT_TRUE(got.ok()) << got.status().ToString();
      if (!s.ok() || !got.ok()) return false;
      if (!(*got)[0].Identical(values) || !(*got)[1].Identical(values)) return false;
      if ((*got)[2].scalar<int64_t>() != values.shape()[0]) return false;
      if (removes && (!session.Run(removed).ok() || session.Run(size).value().scalar<int64_t>() != 0)) return false;
    }
    return true;
  }

  Builder b;
  std::string fill;
  Tensor values;
  Output table, found, size, exported;
  Operation filled, removed;
};

std::string WithoutV2(const std::string& op) { return op.ends_with("V2") ? op.substr(0, op.size() - 2) : op; }

// The attribute of the values' dtype.
std::string ValueAttr(const OpDef& def) {
  for (const char* attr : {"value_dtype", "Tout", "Tvalues", "Tval"}) {
    if (def.FindAttr(attr)) return attr;
  }
  return "";
}

// Keys of another dtype than the table's, or for makers a dtype that no key has.
void CheckRefusal(const std::string& op, OpCoverage* c) {
  const OpDef& def = *AllOps().Find(op);
  if (def.makes_handle()) return;
  Builder b;
  const char* maker = def.inputs()[0].is_ref ? "HashTable" : "FIFOQueueV2";  // one form has no queue that fits
  AttrMap attrs = def.inputs()[0].is_ref ? AttrMap{{"key_dtype", kString}, {"value_dtype", kInt64}}
                                         : AttrMap{{"component_types", std::vector<DType>{kInt64}}};
  InputList inputs = {b.Add(maker, {}, attrs)};
  for (size_t i = 1; i < def.inputs().size(); ++i) inputs.push_back(b.Constant(Longs({1, 2})));
  AttrMap own;
  for (const AttrDef& a : def.attrs()) {
    if (a.kind == "int" && !a.default_value) own[a.name] = int64_t{0};
    if (a.kind == "type") own[a.name] = kInt64;
  }
  if (def.inputs()[0].is_ref && def.inputs().size() == 1) return;  // nothing that could be wrong
  b.AddNode(op, inputs, own, {.name = "op"});
  ExpectRefused(b, c);
}

void CheckTable(const std::string& op, OpCoverage* c) {
  const OpDef& def = *AllOps().Find(op);
  const bool old = !op.ends_with("V2");
  const std::string name = WithoutV2(op);
  const bool makes = def.makes_handle() || old ? name.ends_with("Table") || name.ends_with("OfTensors") : false;
  const std::string maker = makes && !name.starts_with("Initialize") ? name : "MutableHashTable";
  auto holds = [&](const Tensor& v) {
    if (name == "InitializeTable" || name == "HashTable") return Filled(old, "HashTable", "InitializeTable", v).Holds();
    return Filled(old, maker, name == "LookupTableImport" ? name : "LookupTableInsert", v).Holds();
  };
  if (const std::string attr = ValueAttr(def); !attr.empty()) Sweep(op, attr, c, holds);
  else c->forward = holds(Tensor::Zeros(kFloat, {2, 3})), c->empty = holds(Tensor::Zeros(kFloat, {0, 3}));
  CheckRefusal(op, c);
}

void CheckTextFile(const std::string& op, OpCoverage* c) {
  const TempFile file("a\nb\n");
  Builder b;
  const bool old = !op.ends_with("V2");
  Output table = b.Add(old ? "HashTable" : "HashTableV2", {}, {{"key_dtype", kString}, {"value_dtype", kInt64}});
  const AttrMap columns{{"key_index", -2}, {"value_index", -1}};
  Operation fill = b.AddNode(op, {table, b.Constant(Tensor(file.path))}, columns);
  Output found = b.Add(old ? "LookupTableFind" : "LookupTableFindV2",
                       {table, b.Constant(Texts({"b", "c"})), b.Constant(Tensor(int64_t{-1}))});
  c->forward = Gives(b, {}, found, Longs({1, -1}), {fill});
  EXPECT_NE(Session(b).Run(fill).ToString().find("does not allow"), std::string::npos);
  CheckRefusal(op, c);
}

}  // namespace

SpecialChecks TableSpecials() {
  SpecialChecks checks;
  for (const auto& [name, op] : AllOps().ops()) {
    if (name.starts_with("InitializeTableFromTextFile")) checks[name] = CheckTextFile;
    else if (name.find("LookupTable") != name.npos || name.find("HashTable") != name.npos ||
             name.starts_with("InitializeTable"))
      checks[name] = CheckTable;
  }
  return checks;
}

namespace {

TEST(Tables, AsObjectsThatTheirInitialiserFills) {
  Builder g;
  StaticHashTable ids(g, Texts({"a", "b"}), Longs({1, 2}), int64_t{-1});
  Output words = Placeholder(g, kString, {-1}), found = ids.Lookup(words);
  EXPECT_EQ(found.shape().rank(), 1);
  Operation init = TablesInitializer(g);
  Session session(g);
  const Feeds feeds = {{words, Texts({"b", "z", "a"})}};
  EXPECT_NE(session.Run(found, feeds).status().ToString().find("not initialised"), std::string::npos);
  ASSERT_TRUE(session.Run(init).ok());
  EXPECT_TRUE(session.Run(found, feeds).value().Identical(Longs({2, -1, 1})));
  EXPECT_EQ(session.Run(ids.Size()).status().code(), Code::kFailedPrecondition) << "added after the session was made";
}

TEST(Tables, ChangeFromRunToRun) {
  Builder g;
  MutableHashTable counts(g, kString, kFloat, 0.5f);
  Output key = Placeholder(g, kString, {-1}), value = Placeholder(g, kFloat, {-1});
  Operation insert = counts.Insert(key, value), remove = counts.Remove(key);
  Output found = counts.Lookup(key);
  Session session(g);
  ASSERT_TRUE(session.Run(insert, {{key, Texts({"a", "b"})}, {value, {1, 2}}}).ok());
  EXPECT_EQ(session.Run(found, {{key, Texts({"a", "c"})}}).value().ToVector<float>(), (std::vector<float>{1, 0.5f}));
  ASSERT_TRUE(session.Run(remove, {{key, Texts({"a"})}}).ok());
  EXPECT_EQ(session.Run(found, {{key, Texts({"a", "b"})}}).value().ToVector<float>(), (std::vector<float>{0.5f, 2}));
}

TEST(Tables, EffectsOfOneRunKeepProgramOrder) {
  Builder g;
  MutableHashTable t(g, kInt64, kInt64, int64_t{0});
  Output key = g.Constant(Longs({7}));
  Output before = t.Lookup(key);
  Operation one = t.Insert(key, Longs({1}));
  Output between = t.Lookup(key);
  Operation two = t.Insert(key, Longs({2}));
  Output after = t.Lookup(key);
  for (bool optimize : {false, true}) {
    auto got = Session(g, {.optimize = optimize}).Run({before, between, after}, {}, {one, two}).value();
    for (int i : {0, 1, 2}) EXPECT_EQ(got[size_t(i)].scalar<int64_t>(), i);
  }
}

TEST(Tables, AreOneByTheirSharedName) {
  Builder g;
  MutableHashTable a(g, kInt64, kInt64, int64_t{0}, {.shared_name = "t"}), b(g, kInt64, kInt64, int64_t{0},
                                                                             {.shared_name = "t"});
  MutableHashTable other(g, kInt64, kInt64, int64_t{0}, {.container = "elsewhere", .shared_name = "t"});
  StaticHashTable wrong(g, Longs({1}), Longs({1}), int64_t{0}, {.shared_name = "t"});
  Operation insert = a.Insert(Longs({1}), Longs({5}));
  Output size = b.Size(), other_size = other.Size(), wrong_size = wrong.Size();
  Session session(g);
  ASSERT_TRUE(session.Run(insert).ok());
  EXPECT_EQ(session.Run(size).value().scalar<int64_t>(), 1);
  EXPECT_EQ(session.Run(other_size).value().scalar<int64_t>(), 0);
  EXPECT_NE(session.Run(wrong_size).status().ToString().find("there is another of this name"), std::string::npos);
}

TEST(Tables, AreReadAndChangedInBranchesAndLoops) {
  Builder g;
  MutableHashTable t(g, kInt64, kInt64, int64_t{-1});
  Output on = Placeholder(g, kBool, {}), key = g.Constant(Longs({3}));
  Output found = Cond(on, [&] { return t.Lookup(key); }, [&] { return g.Constant(Longs({100})); });
  Outputs counted = WhileLoop(
      g, [](const Outputs& v) { return Less(v[0], 4); },
      [&](const Outputs& v) -> Outputs {
        Operation insert = t.Insert(ExpandDims(v[0], 0), ExpandDims(v[0] * 2, 0));
        auto after = v[0].builder()->ControlDependencies({insert});
        return {v[0] + 1};
      },
      {g.Constant(Tensor(int64_t{0}))});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  EXPECT_EQ(session.Run(found, {{on, true}}).value().scalar<int64_t>(), -1);
  auto run = session.Run(counted[0]);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  EXPECT_EQ(session.Run(found, {{on, true}}).value().scalar<int64_t>(), 6);
  EXPECT_EQ(session.Run(found, {{on, false}}).value().scalar<int64_t>(), 100);
}

TEST(Tables, AreSafeForManyRuns) {
  Builder g;
  MutableHashTable t(g, kInt64, kInt64, int64_t{0});
  Output key = Placeholder(g, kInt64, {-1});
  Operation insert = t.Insert(key, key);
  Output found = t.Lookup(key);
  Session session(g);
  std::vector<std::thread> threads;
  for (int64_t n : {0, 1, 2, 3}) {
    threads.emplace_back([&, n] {
      for (int64_t i = 0; i < 100; ++i) {
        const Tensor keys = Longs({n * 1000 + i, n * 1000 + i + 1});
        EXPECT_TRUE(session.Run(insert, {{key, keys}}).ok());
        EXPECT_TRUE(session.Run(found, {{key, keys}}).value().Identical(keys));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir::testing
