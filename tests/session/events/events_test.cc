// Events: TensorFlow's (tests/oracle/make_records.py), and those of SummaryWriter, which TensorBoard reads.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/session/events/summary_writer.h"
#include "weir/tests/out_folder.h"

namespace weir {
namespace {

std::vector<Event> EventsOf(const std::string& path) {
  std::vector<Event> events;
  for (const std::string& record : ReadRecords(path).value()) events.push_back(Event::Parse(record).value());
  return events;
}

std::vector<SummaryValue> ValuesOf(const Event& event) {
  return ParseSummary(std::get<SummaryEvent>(event.what).summary).value();
}

TEST(Events, TensorFlowsAreRead) {
  const auto files = EventFiles(WEIR_TEST_DATA "/files/records").value();
  ASSERT_EQ(files.size(), 1u);
  const std::vector<Event> events = EventsOf(files[0]);
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(std::get<FileVersion>(events[0].what).version, "brain.Event:2");
  EXPECT_EQ(events[0].wall_time, 1.5);
  for (int step = 0; step < 4; ++step) {
    const Event& event = events[static_cast<size_t>(step) + 1];
    EXPECT_EQ(event.step, step);
    const SummaryValue value = ValuesOf(event).at(0);
    EXPECT_EQ(value.tag, "loss");
    EXPECT_EQ(PluginOf(value), "scalars");
    EXPECT_FLOAT_EQ(*std::get<Tensor>(value.value).data<float>(), 1.0f / static_cast<float>(1 + step));
  }
  const SummaryValue note = ValuesOf(events[5]).at(0);
  EXPECT_EQ(PluginOf(note), "text");
  EXPECT_EQ(*std::get<Tensor>(note.value).data<std::string>(), "as TensorFlow 2 writes it");
  const auto old = ValuesOf(events[6]);
  EXPECT_EQ(std::get<float>(old.at(0).value), 2.5f);
  const auto& counts = std::get<HistogramCounts>(old.at(1).value);
  EXPECT_EQ(counts.sum_squares, 5);
  EXPECT_EQ(counts.buckets, (std::vector<std::pair<double, double>>{{0, 1}, {3, 2}}));
}

TEST(Events, OfEveryKindComeBack) {
  const std::string folder = OutFolder();
  SummaryWriter writer = SummaryWriter::Open(folder).value();
  EXPECT_EQ(EventsOf(writer.path()).size(), 1u) << "the version is there at once";
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2, 3}, {.name = "x"});
  Output y = ops::Square(x, {.name = "y"});
  ASSERT_TRUE(writer.AddGraph(b.graph()).ok());
  for (int64_t step = 0; step < 3; ++step) ASSERT_TRUE(writer.AddScalar("loss", 4 / std::exp2(step), step).ok());
  ASSERT_TRUE(writer.AddHistogram("weights", Tensor::Of<float>({4}, {-1, 0, 2, 3}), 1).ok());
  ASSERT_TRUE(writer.AddImage("picture", Tensor::Of<float>({2, 2}, {-1, 128 / 255.0f, 1, 2}), 1).ok());
  ASSERT_TRUE(writer.AddText("note", "**done**", 2).ok());
  Session session(b, {.threads = 1});
  RunMetadata metadata;
  ASSERT_TRUE(session.Run(y, {{x, Tensor::Zeros(kFloat, {2, 3})}}, {.metadata = &metadata}).ok());
  ASSERT_TRUE(writer.AddRunMetadata("step 1", metadata, 1).ok());
  ASSERT_TRUE(writer.AddEvent({.step = 2, .what = SessionEvent{SessionEvent::kCheckpoint, "model-2", ""}}).ok());
  ASSERT_TRUE(writer.Close().ok());

  const std::vector<Event> events = EventsOf(writer.path());
  ASSERT_EQ(events.size(), 10u);
  for (const Event& event : events) EXPECT_GT(event.wall_time, 1e9);
  EXPECT_NE(std::get<GraphEvent>(events[1].what).graph_def.find("_output_shapes"), std::string::npos);
  EXPECT_EQ(std::get<float>(ValuesOf(events[4]).at(0).value), 1.0f);
  EXPECT_EQ(std::get<HistogramCounts>(ValuesOf(events[5]).at(0).value).count, 4);
  EXPECT_EQ(std::get<SummaryImage>(ValuesOf(events[6]).at(0).value).height, 2);
  EXPECT_EQ(PluginOf(ValuesOf(events[7]).at(0)), "text");
  const auto& run = std::get<RunEvent>(events[8].what);
  EXPECT_EQ(run.tag, "step 1");
  ASSERT_EQ(run.nodes.size(), metadata.steps.size());
  EXPECT_GE(run.nodes[0].end_micros, run.nodes[0].start_micros);
  EXPECT_EQ(std::get<SessionEvent>(events[9].what).checkpoint_path, "model-2");
  EXPECT_EQ(writer.AddScalar("loss", 1, 4).code(), Code::kFailedPrecondition) << "it is closed";
}

TEST(Events, WritersOfOneFolderHaveFilesOfTheirOwn) {
  const std::string folder = testing::TempDir() + "weir_two_writers";
  std::filesystem::remove_all(folder);
  SummaryWriter a = SummaryWriter::Open(folder).value(), b = SummaryWriter::Open(folder, {.suffix = ".eval"}).value();
  SummaryWriter c = SummaryWriter::Open(folder).value();
  EXPECT_EQ(EventFiles(folder).value().size(), 3u);
  EXPECT_TRUE(b.path().ends_with(".eval"));
}

TEST(Events, ManyThreadsWriteWholeRecords) {
  const std::string folder = testing::TempDir() + "weir_many_writers";
  std::filesystem::remove_all(folder);
  SummaryWriter writer = SummaryWriter::Open(folder, {.flush_every = std::chrono::milliseconds(0)}).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) writer.AddScalar("t" + std::to_string(t), i, i).Check();
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(EventsOf(writer.path()).size(), 401u) << "flushed with each";
}

TEST(Events, WhatCannotBeWrittenIsSaid) {
  const std::string folder = testing::TempDir() + "weir_refused_events";
  SummaryWriter writer = SummaryWriter::Open(folder).value();
  EXPECT_EQ(writer.AddHistogram("h", Tensor::Of<float>({1}, {NAN}), 0).code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.AddHistogram("h", Tensor::Of<std::string>({1}, {"x"}), 0).code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.AddImage("i", Tensor::Zeros(kFloat, {2, 2, 2}), 0).code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.AddImage("i", Tensor::Zeros(kDouble, {2, 2}), 0).code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.AddImage("i", Tensor::Zeros(kUint8, {0, 2}), 0).code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.AddSummary("\xff\xff", 0).code(), Code::kDataLoss);
  EXPECT_FALSE(SummaryWriter::Open("/proc/no/such").ok());
  EXPECT_EQ(EventFiles(testing::TempDir() + "weir_no_events").status().code(), Code::kNotFound);
  EXPECT_EQ(Event::Parse("\xff").status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace weir
