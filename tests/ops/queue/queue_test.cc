// Checks of ops on queues, which no row can describe. What they give is compared with TensorFlow's in
// oracle/recorded_runs_test.cc; here of both forms with every dtype, what they refuse, and how runs wait for each
// other.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/queue/queue.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

using namespace ops;
using std::chrono::milliseconds;

// Of a queue op without V2, whether a maker, the queue that it makes.
std::string MakerFor(const std::string& op) { return op.ends_with("Queue") ? op : "FIFOQueue"; }

// The rows of `v` go through a queue, together and one by one.
bool GoThrough(bool old, const std::string& maker, const Tensor& v) {
  Builder b;
  auto form = [&](const std::string& op) { return old ? op : op + "V2"; };
  const bool priority = maker == "PriorityQueue";
  const int64_t n = v.shape()[0];
  std::vector<DType> types = {v.dtype()}, all = types;
  if (priority) all.insert(all.begin(), kInt64);
  const std::vector<PartialShape> shapes = {PartialShape({3})};
  Output queue = b.Add(form(maker), {}, {{"component_types", types}, {"shapes", shapes}});
  std::vector<int64_t> order;
  for (int64_t i = 0; i < n; ++i) order.push_back(i);
  InputList many = {queue};
  if (priority) many.push_back(b.Constant(Tensor(order)));
  many.push_back(b.Constant(v));
  Operation put = b.AddNode(form("QueueEnqueueMany"), many);
  const AttrMap component_types{{"component_types", all}};
  Operation take = b.AddNode(form("QueueDequeueMany"), {queue, b.Constant(Tensor(static_cast<int32_t>(n)))},
                             component_types);
  Operation up_to = b.AddNode(form("QueueDequeueUpTo"), {queue, b.Constant(Tensor(static_cast<int32_t>(n)))},
                              component_types);
  Output size = b.Add(form("QueueSize"), {queue});
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  for (bool optimize : {true, false}) {
    Session session(b, {.threads = 2, .optimize = optimize});
    for (Operation op : {take, up_to}) {
      const Status s = session.Run(put);
      EXPECT_TRUE(s.ok()) << s.ToString();
      EXPECT_EQ(session.Run(size).value().scalar<int32_t>(), n);
      auto got = session.Run(b.OutputOf(op, priority ? 1 : 0), {}, {.timeout = milliseconds(10000)});
      EXPECT_TRUE(got.ok()) << got.status().ToString();
      if (!s.ok() || !got.ok()) return false;
      if (maker != "RandomShuffleQueue" && !got->Identical(v)) return false;
      if (!(got->shape() == v.shape()) || got->dtype() != v.dtype()) return false;
    }
  }
  return true;
}

void CheckQueue(const std::string& op, OpCoverage* c) {
  const OpDef& def = *AllOps().Find(op);
  const bool old = !op.ends_with("V2");
  const std::string name = old ? op : op.substr(0, op.size() - 2);
  auto holds = [&](const Tensor& v) { return GoThrough(old, MakerFor(name), v); };
  if (def.FindAttr("component_types")) Sweep(op, "component_types", c, holds);
  else if (def.FindAttr("Tcomponents")) Sweep(op, "Tcomponents", c, holds);
  else c->forward = holds(Tensor::Zeros(kFloat, {2, 3}));
  if (def.makes_handle() || old) return;
  Builder b;
  InputList inputs = {b.Add("HashTableV2", {}, {{"key_dtype", kInt64}, {"value_dtype", kInt64}})};
  if (def.inputs().size() > 1) inputs.push_back(b.Constant(Tensor(1)));
  AttrMap attrs;
  if (def.FindAttr("component_types")) attrs["component_types"] = std::vector<DType>{kInt64};
  b.AddNode(op, inputs, attrs, {.name = "op"});
  ExpectRefused(b, c);
}

}  // namespace

SpecialChecks QueueSpecials() {
  SpecialChecks checks;
  for (const auto& [name, op] : AllOps().ops()) {
    if (name.starts_with("Queue") || name.ends_with("Queue") || name.ends_with("QueueV2")) checks[name] = CheckQueue;
  }
  return checks;
}

namespace {

TEST(Queues, RunsWaitForEachOther) {
  for (int threads : {1, 4}) {
    Builder g;
    Output queue = FifoQueue(g, {kFloat}, {.shapes = {{2}}, .capacity = 3});
    Output x = Placeholder(g, kFloat, {2});
    Operation put = QueueEnqueue(queue, {x});
    Output batch = QueueDequeueMany(queue, 5)[0];  // more than fit at once
    EXPECT_EQ(batch.shape().ToString(), "[5,2]");
    Session session(g, {.threads = threads});
    std::thread producer([&] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(session.Run(put, {{x, {float(i), -float(i)}}}).ok());
    });
    for (int k = 0; k < 4; ++k) {
      const Tensor got = session.Run(batch).value();
      for (int i = 0; i < 5; ++i) EXPECT_EQ(got.at<float>(i, 1), -float(5 * k + i));
    }
    producer.join();
  }
}

// Either run writes the variable, before and after it waits for the other one.
TEST(Queues, WhoWaitsHoldsNoVariable) {
  for (int threads : {1, 4}) {
    Builder g;
    Variable count(g.Constant(Tensor(0.0f)));
    Output queue = FifoQueue(g, {kFloat}, {.shapes = {{}}, .capacity = 1});
    Operation put;
    {
      auto after = g.ControlDependencies({AssignAdd(count, 1.0f)});
      put = QueueEnqueue(queue, {g.Constant(Tensor(7.0f))});
    }
    Output got = QueueDequeue(queue)[0], seen;
    Operation added = AssignAdd(count, got);
    {
      auto after = g.ControlDependencies({added});
      seen = count.Read();
    }
    Operation init = GlobalVariablesInitializer(g);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    Session session(g, {.threads = threads});
    ASSERT_TRUE(session.Run(init).ok());
    constexpr int kTimes = 50;
    const RunConfig patience{.timeout = milliseconds(20000)};
    std::thread producer([&] {
      for (int i = 0; i < kTimes; ++i) EXPECT_TRUE(session.Run(put, {}, patience).ok());
    });
    float last = 0;
    for (int i = 0; i < kTimes; ++i) {
      Result<Tensor> now = session.Run(seen, {}, patience);
      ASSERT_TRUE(now.ok()) << now.status().ToString();
      EXPECT_GE(now->scalar<float>(), last + 7) << "what is read after the wait is the value then";
      last = now->scalar<float>();
    }
    producer.join();
    EXPECT_EQ(session.GetVariable(count.name()).value().scalar<float>(), 8.0f * kTimes);
  }
}

// What is read before the wait stays, what is read after it is new.
TEST(Queues, ReadsAreOfTheirTime) {
  for (bool optimize : {false, true}) {
    Builder g;
    Variable v(g.Constant(Tensor(std::vector<float>{1, 2})));
    Output queue = FifoQueue(g, {kFloat}, {.shapes = {{2}}}), token = FifoQueue(g, {kFloat}, {.shapes = {{}}});
    Output before = v.Read(), got, after;
    Operation told;
    {
      auto first = g.ControlDependencies({before.op()});
      told = QueueEnqueue(token, {g.Constant(Tensor(1.0f))});
    }
    {
      auto second = g.ControlDependencies({told});
      got = QueueDequeue(queue)[0];
    }
    {
      auto third = g.ControlDependencies({got.op()});
      after = v.Read();
    }
    Output both = Stack({before, after});
    Output started = QueueDequeue(token)[0];
    Operation change = Assign(v, g.Constant(Tensor(std::vector<float>{3, 4})));
    Operation put = QueueEnqueue(queue, {g.Constant(Tensor(std::vector<float>{0, 0}))});
    Operation init = GlobalVariablesInitializer(g);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    Session session(g, {.optimize = optimize});
    ASSERT_TRUE(session.Run(init).ok());
    std::thread other([&] {
      EXPECT_TRUE(session.Run(started).ok());
      EXPECT_TRUE(session.Run(change).ok());
      EXPECT_TRUE(session.Run(put).ok());
    });
    const Result<Tensor> read = session.Run(both, {}, {.timeout = milliseconds(20000)});
    other.join();
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_EQ(read->ToVector<float>(), (std::vector<float>{1, 2, 3, 4}));
  }
}

TEST(Queues, WaitInBranches) {
  Builder g;
  Output queue = FifoQueue(g, {kFloat}, {.shapes = {{}}}), on = Placeholder(g, kBool, {});
  Output got = Cond(on, [&] { return QueueDequeue(queue)[0]; }, [&] { return g.Constant(Tensor(-1.0f)); });
  Operation put = QueueEnqueue(queue, {g.Constant(Tensor(5.0f))});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g);
  EXPECT_EQ(session.Run(got, {{on, false}}).value().scalar<float>(), -1);
  std::thread other([&] { EXPECT_TRUE(session.Run(put).ok()); });
  EXPECT_EQ(session.Run(got, {{on, true}}).value().scalar<float>(), 5);
  other.join();
}

TEST(Queues, AWaitEndsByTimeoutAndCancel) {
  Builder g;
  Output queue = FifoQueue(g, {kFloat}, {.shapes = {{}}, .capacity = 1});
  Output one = QueueDequeue(queue)[0], two = QueueDequeueMany(queue, 2)[0];
  Operation put = QueueEnqueue(queue, {g.Constant(Tensor(1.0f))});
  Output size = QueueSize(queue);
  Session session(g);
  const Status late = session.Run(one, {}, {.timeout = milliseconds(30)}).status();
  EXPECT_EQ(late.code(), Code::kDeadlineExceeded);
  EXPECT_NE(late.ToString().find("QueueDequeue"), std::string::npos) << late.ToString();
  ASSERT_TRUE(session.Run(put).ok());
  EXPECT_EQ(session.Run(put, {}, {.timeout = milliseconds(30)}).code(), Code::kDeadlineExceeded);
  std::atomic<bool> cancel{false};
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(30));
    cancel = true;
  });
  EXPECT_EQ(session.Run(two, {}, {.cancel = &cancel}).status().code(), Code::kCancelled);
  canceller.join();
  EXPECT_EQ(session.Run(size).value().scalar<int32_t>(), 1) << "what was taken is put back";
}

TEST(Queues, ACloseEndsThoseWhoWait) {
  Builder g;
  Output queue = FifoQueue(g, {kFloat}, {.shapes = {{}}, .capacity = 1});
  Output one = QueueDequeue(queue)[0];
  Operation put = QueueEnqueue(queue, {g.Constant(Tensor(1.0f))});
  Operation close = QueueClose(queue), drop = QueueClose(queue, true);
  {
    Session session(g);
    std::thread closer([&] {
      std::this_thread::sleep_for(milliseconds(30));
      EXPECT_TRUE(session.Run(close).ok());
    });
    EXPECT_EQ(session.Run(one).status().code(), Code::kOutOfRange);
    closer.join();
  }
  Session session(g);
  ASSERT_TRUE(session.Run(put).ok());
  std::thread closer([&] {
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_TRUE(session.Run(drop).ok());
  });
  EXPECT_EQ(session.Run(put).code(), Code::kCancelled);
  closer.join();
  EXPECT_EQ(session.Run(one).value().scalar<float>(), 1);
}

TEST(Queues, RefuseWhatDoesNotFit) {
  Builder g;
  Output queue = FifoQueue(g, {kFloat}, {.shapes = {{2}}});
  QueueEnqueue(queue, {g.Constant(Tensor(1.0f))}, {.name = "op"});
  const std::string refused = g.status().ToString();
  EXPECT_NE(refused.find("whose component 0 is of shape [2]"), std::string::npos) << refused;
  Builder h;
  Output x = Placeholder(h, kFloat, PartialShape::Unknown());
  Operation put = QueueEnqueue(FifoQueue(h, {kFloat}, {.shapes = {{2}}}), {x}, {.name = "op"});
  const Status s = Session(h).Run(put, {{x, {1, 2, 3}}});
  EXPECT_NE(s.ToString().find("cannot put f32[3] into queue"), std::string::npos) << s.ToString();
  Builder k;
  Output open = QueueSize(FifoQueue(k, {kFloat}, {.shapes = {{-1}}}));
  const std::string odd = Session(k).Run(open).status().ToString();
  EXPECT_NE(odd.find("cannot have components of shape"), std::string::npos) << odd;
}

}  // namespace
}  // namespace weir::testing
