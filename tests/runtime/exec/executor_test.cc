// The executor, on plans made by hand of kernels that write down what they were given: chunks, operands, workspaces,
// what comes first and what no longer comes after an error.
#include "weir/runtime/exec/executor.h"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>

namespace weir {
namespace {

// What one call of a kernel saw.
struct Seen {
  int step;
  bool begin;
  int64_t chunk, num_chunks;
  const void *in, *out, *workspace;
};

struct Log {
  std::mutex mutex;
  std::vector<Seen> seen;

  std::vector<Seen> Of(int step, bool begin) {
    std::lock_guard lock(mutex);
    std::vector<Seen> found;
    for (const Seen& s : seen) {
      if (s.step == step && s.begin == begin) found.push_back(s);
    }
    return found;
  }
};

using Then = std::function<void(RunArgs&)>;

RunFunction Recorder(Log* log, int step, bool begin, Then then = {}) {
  struct Closure {
    Log* log;
    int step;
    bool begin;
    Then then;
  };
  auto closure = std::make_shared<const Closure>(Closure{log, step, begin, std::move(then)});
  auto call = [](const void* c, RunArgs& a) {
    const Closure& me = *static_cast<const Closure*>(c);
    {
      std::lock_guard lock(me.log->mutex);
      me.log->seen.push_back(
          {me.step, me.begin, a.chunk, a.num_chunks, a.in<char>(0), a.out<char>(0), a.workspace<char>()});
    }
    if (me.then) me.then(a);
  };
  return {call, closure};
}

// feed -> arena -> arena -> output, all of six floats; the second step has a workspace behind the slots.
class Executor : public ::testing::Test {
 protected:
  static constexpr int64_t kBytes = 24, kWorkspace = 128;

  Executor() {
    const Shape six({6});
    plan_->slots = {{Storage::kFeed, kFloat, six, 0, 0},
                    {Storage::kArena, kFloat, six, 0, -1},
                    {Storage::kArena, kFloat, six, 64, -1},
                    {Storage::kOutput, kFloat, six, 0, 0}};
    plan_->operands = {0, 1, 1, 2, 2, 3};
    plan_->arena_bytes = 192;
    plan_->feeds = {{"x", kFloat, six, {0}, -1}};
    plan_->fetches = {{"y:0", 3, -1, 0}};
    plan_->outputs = {{3}};
    plan_->output_bytes = {kBytes};
  }

  void AddStep(int64_t chunks, bool begin = false, Then then = {}) {
    const int i = int(plan_->steps.size());
    Step s;
    s.run = Recorder(&log_, i, false, std::move(then));
    if (begin) s.begin = Recorder(&log_, i, true);
    s.chunks = chunks;
    s.workspace_offset = kWorkspace;
    s.first_operand = 2 * i;
    s.num_inputs = s.num_outputs = 1;
    auto info = std::make_shared<StepInfo>();
    info->op = "Fake", info->name = "step_" + std::to_string(i);
    s.info = info;
    plan_->steps.push_back(std::move(s));
  }

  Status Run(RunContext& context, const RunOptions& options = {}) {
    WEIR_RETURN_IF_ERROR(context.Init());
    context.SetFeed(0, x_);
    return context.Run(options);
  }

  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  Tensor x_ = Tensor::Of<float>({6}, {0, 1, 2, 3, 4, 5});
  Log log_;
};

TEST_F(Executor, GivesEachChunkOnceForAnyNumberOfThreads) {
  AddStep(1), AddStep(7), AddStep(2);
  for (int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    RunContext context(plan_);
    log_.seen.clear();
    ASSERT_TRUE(Run(context, {.pool = &pool}).ok());
    for (int step = 0; step < 3; ++step) {
      std::vector<Seen> seen = log_.Of(step, false);
      std::vector<int> times(size_t(plan_->steps[size_t(step)].chunks));
      ASSERT_EQ(seen.size(), times.size());
      for (const Seen& s : seen) {
        EXPECT_EQ(s.num_chunks, int64_t(times.size()));
        ++times[size_t(s.chunk)];
      }
      for (int t : times) EXPECT_EQ(t, 1);
    }
  }
}

TEST_F(Executor, GivesEachStepItsOperandsAndAnAlignedWorkspace) {
  AddStep(1), AddStep(3), AddStep(1);
  RunContext context(plan_);
  ASSERT_TRUE(Run(context).ok());
  const char* arena = static_cast<const char*>(log_.Of(0, false)[0].out);
  EXPECT_EQ(log_.Of(0, false)[0].in, x_.raw()) << "a feed is read where it lies";
  for (const Seen& s : log_.Of(1, false)) {
    EXPECT_EQ(s.in, arena) << "what the first step wrote";
    EXPECT_EQ(s.out, arena + 64);
    EXPECT_EQ(s.workspace, arena + kWorkspace);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(s.workspace) % 64, 0u);
  }
  EXPECT_EQ(log_.Of(2, false)[0].in, arena + 64);
  EXPECT_EQ(context.Fetch(0).value().raw(), log_.Of(2, false)[0].out) << "a fetch is written where it is given";
}

TEST_F(Executor, WritesWhereOutputsAreBound) {
  AddStep(1), AddStep(1), AddStep(1, false, [](RunArgs& a) { std::fill_n(a.out<float>(0), 6, 3.f); });
  RunContext context(plan_);
  Tensor mine = Tensor::Zeros(kFloat, {6});
  context.SetOutputData(0, mine.mutable_raw());
  ASSERT_TRUE(Run(context).ok());
  EXPECT_EQ(log_.Of(2, false)[0].out, mine.raw());
  EXPECT_EQ(mine.at<float>(5), 3.f);
}

TEST_F(Executor, LeavesWhatIsHeldOfTheLastRunAlone) {
  AddStep(1), AddStep(1), AddStep(1);
  RunContext context(plan_);
  ASSERT_TRUE(Run(context).ok());
  Tensor held = context.Fetch(0).value();
  context.Finish();
  ASSERT_TRUE(Run(context).ok());
  std::vector<Seen> seen = log_.Of(2, false);
  EXPECT_NE(seen[0].out, seen[1].out);
}

TEST_F(Executor, BeginsOnceBeforeTheChunks) {
  AddStep(4, true), AddStep(1, true), AddStep(1);
  ThreadPool pool(3);
  RunContext context(plan_);
  ASSERT_TRUE(Run(context, {.pool = &pool}).ok());
  for (int step : {0, 1}) {
    ASSERT_EQ(log_.Of(step, true).size(), 1u);
    std::vector<Seen> all = log_.seen;
    auto first = std::find_if(all.begin(), all.end(), [&](const Seen& s) { return s.step == step; });
    EXPECT_TRUE(first->begin);
  }
}

TEST_F(Executor, TellsTheErrorOfTheLowestChunkAndStops) {
  AddStep(5, false, [](RunArgs& a) {
    if (a.chunk == 1 || a.chunk == 3) a.Fail(InvalidArgument("dislikes chunk " + std::to_string(a.chunk)));
  });
  AddStep(1), AddStep(1);
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    RunContext context(plan_);
    log_.seen.clear();
    Status s = Run(context, {.pool = &pool});
    EXPECT_NE(s.ToString().find("Fake 'step_0' dislikes chunk 1"), std::string::npos) << s.ToString();
    EXPECT_TRUE(log_.Of(1, false).empty()) << "no step comes after an error";
  }
}

TEST_F(Executor, StopsBetweenChunksWhenCancelled) {
  std::atomic<bool> cancel{false};
  AddStep(6, false, [&](RunArgs& a) { cancel = cancel || a.chunk == 2; });
  AddStep(1), AddStep(1);
  RunContext context(plan_);
  Status s = Run(context, {.cancel = &cancel});
  EXPECT_EQ(s.code(), Code::kCancelled) << s.ToString();
  EXPECT_EQ(log_.Of(0, false).size(), 3u);
  EXPECT_TRUE(log_.Of(1, false).empty());
}

TEST_F(Executor, HandsItsArenaOn) {
  AddStep(1), AddStep(1), AddStep(1);
  RunContext one(plan_), two(plan_);
  ASSERT_TRUE(Run(one).ok());
  std::shared_ptr<Buffer> arena = one.TakeArena();
  ASSERT_TRUE(arena);
  ASSERT_TRUE(two.Init(arena).ok());
  two.SetFeed(0, x_);
  ASSERT_TRUE(two.Run({}).ok());
  EXPECT_EQ(log_.Of(0, false)[0].out, log_.Of(0, false)[1].out);
  EXPECT_EQ(two.last_arena(), arena->data());
}

}  // namespace
}  // namespace weir
