// Queue runners and their coordinator: of TensorFlow 1's input pipelines in a MetaGraph, and made here.
#include <gtest/gtest.h>

#include <set>

#include "weir/graph/import.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/collections.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/queue/queue.h"
#include "weir/session/queue_runner.h"
#include "weir/session/save/meta_graph.h"

namespace weir {
namespace {

const RunConfig kPatience{.timeout = std::chrono::milliseconds(20000)};

// tests/oracle/make_service_models.py: string_input_producer, slice_input_producer, batch, shuffle_batch.
TEST(QueueRunners, RunTensorFlowsInputPipelines) {
  for (int threads : {1, 4}) {
    Builder g(LoadGraph(WEIR_TEST_DATA "/services/input.meta"));
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    const auto runners = QueueRunnersOf(g);
    ASSERT_TRUE(runners.ok()) << runners.status().ToString();
    EXPECT_EQ(runners->size(), 5u);
    Session session(g, {.threads = threads});
    ASSERT_TRUE(session.Run(NamedFeeds{}, {}, std::vector<std::string>{"init"}).ok());
    Coordinator coordinator;
    ASSERT_TRUE(StartQueueRunners(session, *runners, &coordinator).ok());
    auto first = session.Run(NamedFeeds{}, {"numbers:0", "numbers:1"}, kPatience);
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    EXPECT_EQ((*first)[0].ToVector<int32_t>(), (std::vector<int32_t>{0, 1, 2, 3}));
    EXPECT_EQ((*first)[1].ToVector<int32_t>(), (std::vector<int32_t>{0, 1, 4, 9}));
    auto last = session.Run(NamedFeeds{}, {"numbers:0"}, kPatience);
    ASSERT_TRUE(last.ok()) << last.status().ToString();
    EXPECT_EQ((*last)[0].ToVector<int32_t>(), (std::vector<int32_t>{4, 5})) << "the smaller final batch";
    EXPECT_EQ(session.Run(NamedFeeds{}, {"numbers:0"}, kPatience).status().code(), Code::kOutOfRange);
    int names = 0;
    for (const char* queue : {"names", "marked"}) {
      while (true) {
        auto batch = session.Run(NamedFeeds{}, {std::string(queue) + ":0"}, kPatience);
        if (!batch.ok()) {
          EXPECT_EQ(batch.status().code(), Code::kOutOfRange) << batch.status().ToString();
          break;
        }
        for (std::string name : (*batch)[0].ToVector<std::string>()) {
          if (name.ends_with('!')) name.pop_back();
          EXPECT_TRUE(std::set<std::string>({"a", "bb", "ccc"}).count(name)) << name;
          ++names;
        }
      }
    }
    EXPECT_GE(names, 3) << "two epochs of three, less what makes no whole batch";
    EXPECT_LE(names, 6);
    const Status joined = coordinator.Join();
    EXPECT_TRUE(joined.ok()) << joined.ToString();
  }
}

TEST(QueueRunners, AreStoppedWhileTheyWait) {
  Builder g;
  Output queue = ops::FifoQueue(g, {kFloat}, {.shapes = {{}}, .capacity = 2});
  Operation put = ops::QueueEnqueue(queue, {g.Constant(Tensor(1.0f))});
  AddQueueRunner(g, MakeQueueRunner(queue, put, 3));
  Output one = ops::QueueDequeue(queue)[0];
  Session session(g);
  {
    Coordinator coordinator;
    ASSERT_TRUE(StartQueueRunners(session, QueueRunnersOf(g).value(), &coordinator).ok());
    for (int i = 0; i < 10; ++i) EXPECT_EQ(session.Run(one, {}, kPatience).value().scalar<float>(), 1);
    EXPECT_TRUE(coordinator.Join().ok());
    EXPECT_TRUE(coordinator.ShouldStop());
  }
  Status s;
  while (s.ok()) s = session.Run(one, {}, kPatience).status();
  EXPECT_EQ(s.code(), Code::kOutOfRange) << "the queue is closed: " << s.ToString();
}

TEST(QueueRunners, TellTheFirstError) {
  Builder g;
  Output queue = ops::FifoQueue(g, {kFloat}, {.shapes = {{2}}, .capacity = 2});
  Output x = g.Add("PlaceholderWithDefault", {g.Constant(Tensor(1.0f))}, {{"shape", PartialShape::Unknown()}});
  Operation bad = ops::QueueEnqueue(queue, {x});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  QueueRunnerInfo runner = MakeQueueRunner(queue, bad);
  Session session(g);
  Coordinator coordinator;
  ASSERT_TRUE(StartQueueRunners(session, {runner}, &coordinator).ok());
  EXPECT_TRUE(coordinator.WaitForStop(std::chrono::milliseconds(20000)));
  EXPECT_EQ(coordinator.Join().code(), Code::kInvalidArgument);
  runner.enqueue = {"nobody"};
  EXPECT_NE(StartQueueRunners(session, {runner}, &coordinator).ToString().find("'nobody', which the graph does not"),
            std::string::npos);
}

TEST(QueueRunners, GoIntoFilesAndBack) {
  Builder g;
  Output queue = ops::FifoQueue(g, {kFloat}, {.shapes = {{}}});
  const QueueRunnerInfo made = MakeQueueRunner(queue, ops::QueueEnqueue(queue, {g.Constant(Tensor(1.0f))}), 2);
  AddQueueRunner(g, made);
  const std::string path = ::testing::TempDir() + "/weir_runners.meta";
  ASSERT_TRUE(SaveMetaGraph(g, path).ok());
  Builder again(LoadGraph(path));
  const auto runners = QueueRunnersOf(again);
  ASSERT_TRUE(runners.ok()) << runners.status().ToString();
  ASSERT_EQ(runners->size(), 1u);
  EXPECT_EQ((*runners)[0].queue, made.queue);
  EXPECT_EQ((*runners)[0].enqueue, made.enqueue);
  EXPECT_EQ((*runners)[0].cancel, made.cancel);
  EXPECT_EQ((*runners)[0].closed_errors, made.closed_errors);
  EXPECT_FALSE(ParseQueueRunner("\xff\xff").ok());
  Builder into;
  ImportMetaGraph(into, path, {.prefix = "net"});
  const auto imported = QueueRunnersOf(into);
  ASSERT_TRUE(imported.ok() && imported->size() == 1u) << imported.status().ToString();
  EXPECT_EQ((*imported)[0].queue, "net/" + made.queue);
  EXPECT_EQ((*imported)[0].enqueue, (std::vector<std::string>(2, "net/" + made.enqueue[0])));
}

}  // namespace
}  // namespace weir
