// Checks of readers, which no row can describe. What they give is compared with TensorFlow's in
// oracle/recorded_runs_test.cc; here of both forms, and what they refuse.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "weir/ops/array/array.h"
#include "weir/ops/queue/queue.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/record.h"
#include "weir/session/session.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

using namespace ops;

// A file of one record, "one", in the form that the reader reads.
struct OneRecord {
  explicit OneRecord(const std::string& reader)
      : path(fmt::format("{}/weir_reader_{}", std::filesystem::temp_directory_path().string(), ::getpid())) {
    if (reader.starts_with("TFRecord")) {
      RecordWriter writer = RecordWriter::Open(path).value();
      writer.Write("one").Check();
      writer.Close().Check();
    } else {
      std::ofstream(path, std::ios::binary) << "one";
    }
  }
  ~OneRecord() { std::filesystem::remove(path); }
  std::string path;
};

void CheckReader(const std::string& op, OpCoverage* c) {
  const bool old = !op.ends_with("V2");
  const std::string name = old ? op : op.substr(0, op.size() - 2);
  const std::string maker = name.ends_with("Reader") ? name : "WholeFileReader";
  auto form = [&](const std::string& op) { return old ? op : op + "V2"; };
  const OneRecord file(maker);
  Builder b;
  AttrMap attrs;
  if (maker.starts_with("Fixed")) attrs["record_bytes"] = 3;
  Output reader = b.Add(form(maker), {}, attrs);
  Output queue = b.Add(form("FIFOQueue"), {}, {{"component_types", std::vector<DType>{kString}}});
  Operation put = b.AddNode(form("QueueEnqueue"), {queue, b.Constant(Tensor(file.path))});
  Output one = b.OutputOf(b.AddNode(form("ReaderRead"), {reader, queue}), 1);
  Output up_to = b.OutputOf(b.AddNode(form("ReaderReadUpTo"), {reader, queue, b.Constant(Tensor(int64_t{3}))}), 1);
  Output records = b.Add(form("ReaderNumRecordsProduced"), {reader});
  Output files = b.Add(form("ReaderNumWorkUnitsCompleted"), {reader});
  Operation reset = b.AddNode(form("ReaderReset"), {reader});
  Output state = b.Add(form("ReaderSerializeState"), {reader});
  Output given = ops::Placeholder(b, kString, PartialShape::Scalar());
  Operation restore = b.AddNode(form("ReaderRestoreState"), {reader, given});
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  Session session(b, {.threads = 2, .allow_file_ops = true});
  const Tensor want(maker == "IdentityReader" ? file.path : std::string("one"));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(session.Run(put).ok());
  auto got = session.Run(one);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  auto more = session.Run(up_to);
  ASSERT_TRUE(more.ok()) << more.status().ToString();
  c->forward = got->Identical(want) && more->ToVector<std::string>() == want.ToVector<std::string>();
  EXPECT_EQ(session.Run(records).value().scalar<int64_t>(), 2);
  EXPECT_EQ(session.Run(files).value().scalar<int64_t>(), 2);
  const auto saved = session.Run(state);
  ASSERT_TRUE(session.Run(reset).ok());
  EXPECT_EQ(session.Run(records).value().scalar<int64_t>(), 0);
  // The message that TensorFlow 2.21 gives.
  const bool has_state = maker == "IdentityReader" || maker == "WholeFileReader";
  if (has_state) {
    EXPECT_EQ(saved.value().ToVector<std::string>()[0],
              "\x08\x02\x10\x02\x18\x02\x22" + std::string(1, static_cast<char>(file.path.size())) + file.path);
    EXPECT_EQ(session.Run(state).value().ToVector<std::string>()[0], "");
    ASSERT_TRUE(session.Run(restore, {{given, *saved}}).ok());
    EXPECT_EQ(session.Run(records).value().scalar<int64_t>(), 2);
    for (const char* bad : {"\x08\x02\x10\x01\x18\x05", "\x22\x05x", "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}) {
      EXPECT_EQ(session.Run(restore, {{given, Tensor(bad)}}).code(), Code::kInvalidArgument) << bad;
      EXPECT_EQ(session.Run(files).value().scalar<int64_t>(), 0);  // it is as it was made
    }
  } else {
    EXPECT_EQ(saved.status().code(), Code::kUnimplemented) << saved.status().ToString();
    EXPECT_EQ(session.Run(restore, {{given, Tensor("")}}).code(), Code::kUnimplemented);
  }
  if (maker == "IdentityReader") return;
  Session careful(b);
  ASSERT_TRUE(careful.Run(put).ok());
  const Status refused = careful.Run(one).status();
  EXPECT_EQ(refused.code(), Code::kPermissionDenied) << refused.ToString();
  ++c->hostile;
}

}  // namespace

SpecialChecks ReaderSpecials() {
  SpecialChecks checks;
  for (const auto& [name, op] : AllOps().ops()) {
    if (name.starts_with("Reader") || name.ends_with("Reader") || name.ends_with("ReaderV2"))
      checks[name] = CheckReader;
  }
  return checks;
}

}  // namespace weir::testing
