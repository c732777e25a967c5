// What happens between runs that share an iterator: cancels, variables, random numbers, strings that stand for
// iterators; and pipelines that are refused.
#include <gtest/gtest.h>

#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/input_data.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/data/streams.h"

namespace weir::testing {

namespace {

using namespace ops;
using std::chrono::milliseconds;

AttrMap Typed(DType dtype, const PartialShape& shape = PartialShape::Unknown()) {
  return {{"output_types", std::vector<DType>{dtype}}, {"output_shapes", std::vector<PartialShape>{shape}}};
}

std::vector<double> Numbers(std::initializer_list<double> list) { return list; }

TEST(Datasets, AnEndlessFilterEndsByTimeoutAndCancel) {
  Builder g;
  const Iterator it = Dataset::Range(g, int64_t{0}, int64_t{1} << 60)
                          .Filter([](const Outputs& e) { return Less(e[0], int64_t{0}); })
                          .MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  EXPECT_EQ(session.Run(next, {}, {.timeout = milliseconds(30)}).status().code(), Code::kDeadlineExceeded);
  std::atomic<bool> cancel{false};
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(30));
    cancel = true;
  });
  EXPECT_EQ(session.Run(next, {}, {.cancel = &cancel}).status().code(), Code::kCancelled);
  canceller.join();
}

TEST(Datasets, NothingForEverIsNothing) {
  Builder g;
  const Dataset none = Dataset::Range(g, int64_t{0}, int64_t{0});
  const Iterator a = none.Repeat().MakeInitializableIterator();
  const Iterator b = none.Repeat().Repeat().Shuffle(int64_t{3}, {.seed = 1}).MakeInitializableIterator();
  const Output next_a = a.GetNext()[0], next_b = b.GetNext()[0];
  Session session(g);
  for (const Iterator* it : {&a, &b}) ASSERT_TRUE(session.Run(it->initializer()).ok());
  for (const Output& next : {next_a, next_b})
    EXPECT_EQ(All(session, next, {.timeout = milliseconds(5000)}), Numbers({}));
}

TEST(Datasets, FunctionsReadVariablesAsTheyAreThen) {
  Builder g;
  Variable factor(g.Constant(Tensor(int64_t{10})));
  const Iterator it = Dataset::Range(g, int64_t{1}, int64_t{4})
                          .Map([&](const Outputs& e) { return Outputs{e[0] * factor}; })
                          .MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  const Operation change = Assign(factor, g.Constant(Tensor(int64_t{100})));
  const Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  const Status early = session.Run(next).status();
  EXPECT_EQ(early.code(), Code::kFailedPrecondition) << early.ToString();
  ASSERT_TRUE(session.Run(init).ok());
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  EXPECT_EQ(session.Run(next).value().scalar<int64_t>(), 10);
  ASSERT_TRUE(session.Run(change).ok());
  EXPECT_EQ(All(session, next), Numbers({200, 300}));
}

// A run that takes elements holds no variable, so that the function of the dataset may write one that the run writes.
TEST(Datasets, FunctionsWriteVariables) {
  Builder g;
  Variable count(g.Constant(Tensor(int64_t{0})));
  const Iterator it = Dataset::Range(g, int64_t{0}, int64_t{5})
                          .Map([&](const Outputs& e) {
                            auto after = e[0].builder()->ControlDependencies({AssignAdd(count, int64_t{1})});
                            return Outputs{Identity(e[0])};
                          })
                          .MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  const Operation both = AssignAdd(count, next);
  const Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  ASSERT_TRUE(session.Run(init).ok());
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(session.Run(both, {}, {.timeout = milliseconds(5000)}).ok());
  EXPECT_EQ(session.GetVariable(count.name()).value().scalar<int64_t>(), 5 + 10);
}

TEST(Datasets, RunsTakeTurns) {
  Builder g;
  const Iterator it = Dataset::Range(g, int64_t{0}, int64_t{200})
                          .Map([](const Outputs& e) { return Outputs{e[0] * int64_t{2}}; })
                          .MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  Session session(g, {.threads = 2});
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (true) {
        const Result<Tensor> got = session.Run(next);
        if (!got.ok()) {
          EXPECT_EQ(got.status().code(), Code::kOutOfRange) << got.status().ToString();
          return;
        }
        sum += got->scalar<int64_t>();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(sum, 200 * 199);
}

// A run that begins anew while others take elements.
TEST(Datasets, BeginAnewWhileOthersTake) {
  Builder g;
  const Iterator it = Dataset::Range(g, int64_t{0}, int64_t{50}).Repeat().MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  Session session(g);
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(session.Run(it.initializer()).ok());
  });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(session.Run(next).ok());
  other.join();
}

TEST(Datasets, StringsStandForIterators) {
  Builder g;
  const Iterator a = Dataset::Range(g, int64_t{0}, int64_t{3}).MakeInitializableIterator();
  const Iterator b = Dataset::Range(g, int64_t{100}, int64_t{103}).MakeInitializableIterator();
  const Output which = Placeholder(g, kString, {});
  const Output next = Iterator::FromStringHandle(which, {kInt64}, {{}}).GetNext()[0];
  const Output name_a = a.StringHandle(), name_b = b.StringHandle();
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  for (const Iterator* it : {&a, &b}) ASSERT_TRUE(session.Run(it->initializer()).ok());
  const Tensor first = session.Run(name_a).value(), second = session.Run(name_b).value();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(session.Run(next, {{which, first}}).value().scalar<int64_t>(), i);
    EXPECT_EQ(session.Run(next, {{which, second}}).value().scalar<int64_t>(), 100 + i);
  }
  const Status odd = session.Run(next, {{which, Tensor("x")}}).status();
  EXPECT_NE(odd.ToString().find("is no iterator's"), std::string::npos) << odd.ToString();
  const Status none = session.Run(next, {{which, Tensor("iterator 0 none")}}).status();
  EXPECT_NE(none.ToString().find("nobody has made"), std::string::npos) << none.ToString();
}

TEST(Datasets, RandomOpsBeginAnewWithEachIterator) {
  Builder g;
  const Dataset drawn = Dataset::Range(g, int64_t{0}, int64_t{3}).Map([](const Outputs& e) {
    return Outputs{RandomUniform(*e[0].builder(), {2}, {.seed = 5})};
  });
  const Iterator it = drawn.Repeat(int64_t{2}).MakeInitializableIterator();
  const Output next = it.GetNext()[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  std::vector<double> runs[2];
  for (auto& run : runs) {
    ASSERT_TRUE(session.Run(it.initializer()).ok());
    run = All(session, next);
    ASSERT_EQ(run.size(), 12u);
    EXPECT_FALSE(std::equal(run.begin(), run.begin() + 6, run.begin() + 6)) << "the second round goes on";
    EXPECT_NE(run[0], run[2]);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

// What a pipeline that is made in C++ gives, and what is known of it.
TEST(Datasets, ChainsAreTyped) {
  Builder g;
  const Output x = g.Constant(Tensor(std::vector<std::vector<float>>{{1, 2}, {3, 4}, {5, 6}}));
  const Output y = g.Constant(Tensor(std::vector<int32_t>{7, 8, 9}));
  const Iterator it = Dataset::FromTensorSlices(g, {x, y})
                          .Shuffle(int64_t{10}, {.seed = 3})
                          .Map([&](const Outputs& e) { return Outputs{e[0] + x[0], e[1]}; })
                          .Batch(int64_t{2}).Repeat().Prefetch(int64_t{1})
                          .MakeInitializableIterator();
  const Outputs next = it.GetNext();
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  ASSERT_EQ(next.size(), 2u);
  EXPECT_EQ(next[0].shape().ToString(), "[?,2]");
  EXPECT_EQ(next[1].shape().ToString(), "[?]");
  const Output odd = ReduceSum(Cast(next[1], kInt64));
  Session session(g);
  ASSERT_TRUE(session.Run(it.initializer()).ok());
  EXPECT_EQ(session.Run(odd).value().scalar<int64_t>() + session.Run(odd).value().scalar<int64_t>(), 24);
  const Output sum = Dataset::Range(g, int64_t{0}, int64_t{5}).Reduce({g.Constant(Tensor(int64_t{1}))},
                                                                     [](const Outputs& a) {
                                                                       return Outputs{a[0] + a[1]};
                                                                     })[0];
  EXPECT_EQ(Session(g).Run(sum).value().scalar<int64_t>(), 11);
  const Iterator once = Dataset::OneShot(g, [](Builder& b) { return Dataset::Range(b, int64_t{0}, int64_t{2}); });
  const Output shot = once.GetNext()[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session again(g);
  EXPECT_EQ(All(again, shot), Numbers({0, 1}));
}

// ---- what is refused

std::string ErrorOf(Builder& g, const Dataset& d, const std::vector<Operation>& before = {}) {
  const Iterator it = d.MakeInitializableIterator();
  const Outputs next = it.GetNext();
  if (!g.status().ok()) return g.status().ToString();
  Session session(g);
  for (Operation op : before) session.Run(op).Check();
  if (Status s = session.Run(it.initializer()); !s.ok()) return s.ToString();
  for (int i = 0; i < 100; ++i) {
    const Status s = session.Run(next[0]).status();
    if (!s.ok()) return s.ToString();
  }
  return "";
}

void ExpectError(Builder& g, const Dataset& d, const std::string& what) {
  const std::string error = ErrorOf(g, d);
  EXPECT_NE(error.find(what), std::string::npos) << error;
}

TEST(Datasets, RefuseNumbersOutOfRange) {
  Builder g;
  const Dataset d = Dataset::Range(g, int64_t{0}, int64_t{4});
  for (int64_t bad : {0, -1}) ExpectError(g, d.Batch(bad), "batch_size above 0");
  for (int64_t bad : {0, -1}) ExpectError(g, d.Shuffle(bad), "buffer_size above 0");
  ExpectError(g, d.Shard(int64_t{0}, int64_t{0}), "index from 0 to below num_shards");
  ExpectError(g, d.Shard(int64_t{2}, int64_t{2}), "index from 0 to below num_shards");
  ExpectError(g, d.Prefetch(int64_t{-2}), "-1 or more");
  ExpectError(g, Dataset::Range(g, int64_t{0}, int64_t{4}, int64_t{0}), "step other than 0");
  auto inner = [](const Outputs& e) { return Dataset::FromTensors(*e[0].builder(), {e[0]}); };
  ExpectError(g, d.Interleave(inner, int64_t{0}), "cycle_length above 0");
  ExpectError(g, d.Interleave(inner, int64_t{1}, int64_t{0}), "block_length above 0");
  ExpectError(g, Dataset::Range(g, INT64_MIN, INT64_MAX, INT64_MAX).Take(int64_t{2}), "End of sequence");
}

TEST(Datasets, RefuseElementsThatDoNotFit) {
  Builder g;
  const Dataset ragged = Dataset::Range(g, int64_t{1}, int64_t{4}).Map([](const Outputs& e) {
    return Outputs{Make("Fill", {ExpandDims(e[0], 0), e[0]})};
  });
  ExpectError(g, ragged.Batch(int64_t{2}), "cannot batch elements of different shapes: the first is i64[1], element 1");
  ExpectError(g, ragged.PaddedBatch(int64_t{3}, {{2}}), "cannot pad component 0 of shape [3] to [2]");
  ExpectError(g, ragged.Map([](const Outputs& e) { return Outputs{e[0], ExpandDims(e[0], 0)}; }).Unbatch(),
              "as many rows each");
  // An attribute may promise what does not come.
  const AttrMap promised = Typed(kInt64, {1, 1});
  AttrMap named = promised;
  named["shared_name"] = "", named["container"] = "";
  const Output lie = g.Add(
      "BatchDatasetV2", {ragged.output(), g.Constant(Tensor(int64_t{1})), g.Constant(Tensor(false))}, promised);
  const Output handle = g.Add("IteratorV2", {}, named);
  const Operation begin = g.AddNode("MakeIterator", {lie, handle});
  const Output next = g.Add("IteratorGetNext", {handle}, promised);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  ASSERT_TRUE(session.Run(begin).ok());
  ASSERT_TRUE(session.Run(next).ok());
  const Status s = session.Run(next).status();
  EXPECT_NE(s.ToString().find("got i64[1,2] for output 0, which is i64[1,1]"), std::string::npos) << s.ToString();
}

TEST(Datasets, RefuseWhatIsNoDataset) {
  Builder g;
  const Output none = g.Add("OptionalNone", {});
  AttrMap attrs = Typed(kInt64);
  const Output taken = g.Add("TakeDataset", {none, g.Constant(Tensor(int64_t{1}))}, attrs);
  const Output count = g.Add("DatasetCardinality", {taken});
  const Status s = Session(g).Run(count).status();
  EXPECT_NE(s.ToString().find("variant that is no dataset"), std::string::npos) << s.ToString();
}

TEST(Datasets, RefuseDatasetsWithinEachOtherForEver) {
  Builder g;
  Dataset d = Dataset::Range(g, int64_t{0}, int64_t{4});
  for (int i = 0; i < 600; ++i) d = d.Take(int64_t{-1});
  ExpectError(g, d, "deep within each other");
}

TEST(Datasets, RefuseFunctionsThatHoldThemselves) {
  Builder g;
  FuncRef self{.name = "f", .attrs = {}};
  const OutputType number = Dataset::Range(g, int64_t{0}, int64_t{2}).element()[0];
  const HeldBody f = *DefineHeld(g, "f", {number}, [&](const Outputs& e) {
    Builder& b = *e[0].builder();
    const Output one = Dataset::FromTensors(b, {e[0]}).output();
    AttrMap attrs = Typed(kInt64);
    attrs["f"] = self;
    return Outputs{b.Add("FlatMapDataset", {one}, attrs)};
  });
  ASSERT_EQ(f.function.name, "f");
  AttrMap attrs = Typed(kInt64);
  attrs["f"] = f.function;
  const Output made = g.Add("FlatMapDataset", {Dataset::Range(g, int64_t{0}, int64_t{2}).output()}, attrs);
  const Output count = g.Add("DatasetCardinality", {made});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  const Status s = Session(g).Run(count).status();
  EXPECT_NE(s.ToString().find("functions call each other in a circle"), std::string::npos) << s.ToString();
}

TEST(Datasets, RefuseAFunctionThatAsksItsOwnIterator) {
  Builder g;
  AttrMap attrs = Typed(kInt64);
  attrs["shared_name"] = "own", attrs["container"] = "";
  const Output handle = g.Add("IteratorV2", {}, attrs);
  const Dataset d = Dataset::Range(g, int64_t{0}, int64_t{4}).Map([&](const Outputs& e) {
    return Outputs{e[0] + e[0].builder()->Add("IteratorGetNext", {handle}, Typed(kInt64))};
  });
  const Operation begin = g.AddNode("MakeIterator", {d.output(), handle});
  const Output next = g.Add("IteratorGetNext", {handle}, Typed(kInt64));
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  ASSERT_TRUE(session.Run(begin).ok());
  const Status s = session.Run(next).status();
  EXPECT_NE(s.ToString().find("waits for itself"), std::string::npos) << s.ToString();
}

TEST(Datasets, RefuseMissingFunctions) {
  Builder g;
  AttrMap attrs = Typed(kInt64);
  attrs["f"] = FuncRef{.name = "missing", .attrs = {}};
  const Output made = g.Add("MapDataset", {Dataset::Range(g, int64_t{0}, int64_t{4}).output()}, attrs);
  const Output count = g.Add("DatasetCardinality", {made});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  const Status s = Session(g).Run(count).status();
  EXPECT_NE(s.ToString().find("'missing', which the library does not have"), std::string::npos) << s.ToString();
}

TEST(Datasets, RefuseAFunctionOfOtherResults) {
  Builder g;
  const HeldBody f = *DefineHeld(g, "f", {Dataset::Range(g, int64_t{0}, int64_t{2}).element()[0]},
                                 [](const Outputs& e) { return Outputs{Cast(e[0], kFloat)}; });
  AttrMap attrs = Typed(kInt64);
  attrs["f"] = f.function;
  const Output made = g.Add("MapDataset", {Dataset::Range(g, int64_t{0}, int64_t{4}).output()}, attrs);
  const Output count = g.Add("DatasetCardinality", {made});
  const Status s = Session(g).Run(count).status();
  EXPECT_NE(s.ToString().find("wants a function that gives (int64), and 'f' gives (float)"), std::string::npos)
      << s.ToString();
}

TEST(Datasets, CachesInFilesAreRefused) {
  Builder g;
  const Output numbers = Dataset::Range(g, int64_t{0}, int64_t{4}).output();
  const Output made = g.Add("CacheDataset", {numbers, g.Constant(Tensor("x"))}, Typed(kInt64));
  const Output count = g.Add("DatasetCardinality", {made});
  const Status s = Session(g).Run(count).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented) << s.ToString();
  EXPECT_NE(s.ToString().find("would cache in the file 'x'"), std::string::npos) << s.ToString();
}

// An iterator's place in a checkpoint (tf.data.experimental.make_saveable_from_iterator) is an op that Weir lacks.
TEST(Datasets, SavedIteratorsAreRefusedByName) {
  Builder g;
  const Iterator it = Dataset::Range(g, int64_t{0}, int64_t{4}).MakeInitializableIterator();
  Graph graph = g.graph();
  NodeSpec spec;
  spec.op = spec.name = "SerializeIterator";
  auto id = graph.AddRaw(std::move(spec), 1);
  ASSERT_TRUE(id.ok()) << id.status().ToString();
  ASSERT_TRUE(graph.SetInputs(*id, {it.handle().endpoint()}, {}).ok());
  const Status s = Session(graph).Run(NamedFeeds(), {"SerializeIterator:0"}).status();
  EXPECT_NE(s.ToString().find("SerializeIterator"), std::string::npos) << s.ToString();
}

}  // namespace
}  // namespace weir::testing
