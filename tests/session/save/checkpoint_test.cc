// Checkpoints and NumPy files: what TensorFlow wrote (tests/data/files), the same bytes again, and damage of every
// kind.
#include <gtest/gtest.h>

#include <filesystem>

#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/checkpoint_state.h"
#include "weir/runtime/io/crc32c.h"
#include "weir/runtime/io/npy.h"
#include "weir/runtime/io/key_table.h"
#include "weir/tests/temp_folder.h"

namespace weir::io {
namespace {

const std::string kFiles = WEIR_TEST_DATA "/files/";

TEST(Crc32c, KnownValue) {
  EXPECT_EQ(Crc32c("123456789", 9), 0xe3069283u);
  EXPECT_EQ(Crc32c("6789", 4, Crc32c("12345", 5)), 0xe3069283u);
}

TEST(Checkpoint, ReadsWhatTensorFlowWrote) {
  auto reader = BundleReader::Open(kFiles + "checkpoint").value();
  auto expected = ReadNpz(kFiles + "expected.npz").value();
  EXPECT_EQ(reader.entries().size(), expected.size());
  for (const auto& [name, want] : expected) {
    Tensor got = reader.Read(name).value();
    EXPECT_TRUE(got.Identical(want)) << name << ": " << got << " instead of " << want;
  }
  EXPECT_TRUE(reader.VerifyAll().ok());
}

TEST(Checkpoint, ReadsASliceOfAPartitionedTensor) {
  auto reader = BundleReader::Open(kFiles + "checkpoint").value();
  Shape full;
  SliceSpec slice = SliceSpec::Parse("4 3 1,2:0,2", &full).value();
  EXPECT_EQ(reader.ReadSlice("rows", slice).value().ToString(), "[[3, 4], [6, 7]]");
}

// As the SaveSliceInfo of a damaged MetaGraph has it.
TEST(Checkpoint, ASliceHasAStartAndALengthForEachAxis) {
  EXPECT_TRUE((io::SliceSpec{{0, 1}, {2, 1}}.Within(Shape({2, 2})).ok()));
  EXPECT_FALSE((io::SliceSpec{{0, 1}, {2}}.Within(Shape({2, 2})).ok()));
  EXPECT_FALSE((io::SliceSpec{{0}, {2, 1}}.Within(Shape({2, 2})).ok()));
}

TEST(Checkpoint, WritesTheBytesThatTensorFlowWrites) {
  auto expected = ReadNpz(kFiles + "expected.npz").value();
  TempFolder folder;
  auto writer = BundleWriter::Create(folder / "c").value();
  for (const auto& [name, t] : expected) {
    if (name == "rows" || name == "columns") continue;
    ASSERT_TRUE(writer.Add(name, t).ok());
  }
  auto add_parts = [&](const std::string& name, std::vector<const char*> specs) {
    auto whole = BundleReader::Open(kFiles + "checkpoint").value();
    for (const char* text : specs) {
      Shape full;
      SliceSpec slice = SliceSpec::Parse(text, &full).value();
      ASSERT_TRUE(writer.AddSlice(name, full, slice, whole.ReadSlice(name, slice).value()).ok());
    }
  };
  add_parts("rows", {"4 3 0,2:-", "4 3 2,2:-"});
  add_parts("columns", {"3 100 -:0,70", "3 100 -:70,30"});
  EXPECT_FALSE(FileExists(folder / "c.index"));
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_EQ(ReadFile(folder / "c.index").value(), ReadFile(kFiles + "checkpoint.index").value());
  EXPECT_EQ(ReadFile(folder / "c.data-00000-of-00001").value(),
            ReadFile(kFiles + "checkpoint.data-00000-of-00001").value());
}

TEST(Checkpoint, WhatIsNotFinishedLeavesNothing) {
  TempFolder folder;
  BundleWriter::Create(folder / "c").value().Add("a", Tensor(1.0f)).IgnoreError();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

// Checkpoints `a` and `b` of a tensor each.
void WriteTwo(const TempFolder& folder) {
  for (const char* name : {"a", "b"}) {
    auto w = BundleWriter::Create(folder / name).value();
    ASSERT_TRUE(w.Add(std::string("tensor/") + name, Tensor(std::string(name))).ok());
    ASSERT_TRUE(w.Finish().ok());
  }
}

TEST(Checkpoint, MergesCopies) {
  TempFolder folder;
  WriteTwo(folder);
  ASSERT_TRUE(MergeBundles({folder / "a", folder / "b"}, folder / "all", MergedSources::kCopied).ok());
  for (const char* name : {"a", "b"}) {
    EXPECT_TRUE(BundleReader::Open(folder / name).value().VerifyAll().ok());
    auto all = BundleReader::Open(folder / "all").value();
    EXPECT_EQ(all.Read(std::string("tensor/") + name).value().scalar<std::string>(), name);
  }
  Status s = MergeBundles({folder / "a", folder / "b"}, folder / "a", MergedSources::kCopied);
  EXPECT_NE(s.message().find("is to be merged into itself"), std::string::npos) << s.message();
  s = MergeBundles({folder / "a", folder / "all"}, folder / "more", MergedSources::kCopied);
  EXPECT_NE(s.message().find("two of the checkpoints to merge hold 'tensor/a'"), std::string::npos) << s.message();
  EXPECT_FALSE(FileExists(folder / "more.index"));
  EXPECT_TRUE(BundleReader::Open(folder / "a").value().VerifyAll().ok());
}

TEST(Checkpoint, MergesShards) {
  TempFolder folder;
  WriteTwo(folder);
  ASSERT_TRUE(MergeBundles({folder / "a", folder / "b"}, folder / "all").ok());
  auto r = BundleReader::Open(folder / "all").value();
  EXPECT_EQ(r.num_shards(), 2);
  EXPECT_EQ(r.Read("tensor/b").value().scalar<std::string>(), "b");
  EXPECT_FALSE(FileExists(folder / "a.index"));
}

// Every byte of both files, changed: an error or (where the byte means nothing) the same values, never a crash.
TEST(Checkpoint, EveryDamagedByteIsAnErrorOrHarmless) {
  TempFolder folder;
  std::string index = ReadFile(kFiles + "checkpoint.index").value(),
              data = ReadFile(kFiles + "checkpoint.data-00000-of-00001").value();
  WriteFile(folder / "c.data-00000-of-00001", data).Check();
  for (size_t i = 0; i < index.size(); ++i) {
    std::string bad = index;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    auto entries = ReadTable(bad);
    EXPECT_TRUE(!entries.ok() || *entries == ReadTable(index).value()) << "byte " << i;
  }
  WriteFile(folder / "c.index", index).Check();
  for (size_t i = 0; i < data.size(); i += 7) {
    std::string bad = data;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    WriteFile(folder / "c.data-00000-of-00001", bad).Check();
    EXPECT_FALSE(BundleReader::Open(folder / "c").value().VerifyAll().ok()) << "byte " << i;
  }
  WriteFile(folder / "c.data-00000-of-00001", data.substr(0, data.size() - 1)).Check();
  EXPECT_FALSE(BundleReader::Open(folder / "c").value().VerifyAll().ok());
}

TEST(Checkpoint, ABlockHandleBeyondTheFileIsDataLoss) {
  std::string bytes(9, '\0');
  std::string footer("\xfb\xff\xff\xff\xff\xff\xff\xff\xff\x01\xfb\xff\xff\xff\xff\xff\xff\xff\xff\x01", 20);
  footer += footer;
  footer += "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  EXPECT_EQ(ReadTable(bytes + footer).status().code(), Code::kDataLoss);
}

TEST(Checkpoint, AWrongPathNamesTheRightPrefix) {
  for (const char* ending : {".index", ".data-00000-of-00001"}) {
    Status s = BundleReader::Open(kFiles + "checkpoint" + ending).status();
    EXPECT_EQ(s.help(), "give '" + kFiles + "checkpoint'");
  }
  EXPECT_EQ(BundleReader::Open("/nowhere/c").status().code(), Code::kNotFound);
}

TEST(Checkpoint, AFileThatIsNoneSaysSo) {
  TempFolder folder;
  WriteFile(folder / "model.ckpt", "no table").Check();
  EXPECT_EQ(BundleReader::Open(folder / "model.ckpt").status().code(), Code::kDataLoss);
  // A table, but of another kind.
  std::filesystem::copy_file(kFiles + "checkpoint.index", folder / "model2.ckpt");
  Status s = BundleReader::Open(folder / "model2.ckpt").status();
  EXPECT_NE(s.message().find("model2.ckpt'"), std::string::npos) << s.ToString();
}

TEST(CheckpointState, ReadsAndWritesTensorFlowsText) {
  TempFolder folder;
  WriteFile(folder / "checkpoint",
            "model_checkpoint_path: \"/gone/m-2\"\nall_model_checkpoint_paths: \"m-1\"\nall_model_checkpoint_paths: "
            "\"/gone/m-2\"\n")
      .Check();
  CheckpointState state = ReadCheckpointState(folder.path).value();
  EXPECT_EQ(state.paths, (std::vector<std::string>{"m-1", "/gone/m-2"}));
  EXPECT_EQ(ResolveCheckpoint(folder.path, state.latest), folder / "m-2");
  WriteFile(folder / "checkpoint", "model_checkpoint_path: [[[[").Check();
  EXPECT_EQ(ReadCheckpointState(folder.path).status().code(), Code::kDataLoss);
}

TEST(Npy, RoundTripsEveryDtype) {
  auto arrays = ReadNpz(kFiles + "expected.npz").value();
  for (const auto& [name, t] : arrays) {
    if (name == "text") continue;  // NumPy's strings lose zero bytes at their ends
    EXPECT_TRUE(ParseNpy(NpyBytes(t).value()).value().Identical(t)) << name;
  }
  Tensor b = Tensor::Of<BFloat16>({2}, {BFloat16(1.5f), BFloat16(-2.0f)});
  EXPECT_TRUE(ParseNpy(NpyBytes(b).value()).value().Identical(b));
}

TEST(Npy, RefusesHostileHeaders) {
  auto file = [](std::string header) {
    header.resize(118, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header;
  };
  for (const char* header : {"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
                             "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                             "{'descr': '|S0', 'fortran_order': False, 'shape': (1099511627776,), }",
                             "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "{", ""}) {
    EXPECT_FALSE(ParseNpy(file(header)).ok()) << header;
  }
  std::string good = NpyBytes(Tensor::Of<float>({3}, {1, 2, 3})).value();
  for (size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(ParseNpy(good.substr(0, n)).ok()) << n;
}

TEST(Npz, AnEmptyOneIsAFile) {
  TempFolder folder;
  ASSERT_TRUE(WriteNpz(folder / "e.npz", {}).ok());
  EXPECT_TRUE(ReadNpz(folder / "e.npz").value().empty());
}

}  // namespace
}  // namespace weir::io
