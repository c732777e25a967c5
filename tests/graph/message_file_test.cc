// Large files: constants are read straight into their tensors, whatever the message; damage is an error.
#include "weir/graph/message_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "weir/graph/builder.h"
#include "weir/graph/export.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/collections.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

constexpr int64_t kLarge = 5 << 20;  // elements: 20 MiB of floats

std::string ReadAll(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

void WriteAll(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Large {
  Large() {
    std::vector<float> numbers(kLarge);
    for (int64_t i = 0; i < kLarge; ++i) numbers[i] = static_cast<float>(i % 1000);
    std::vector<bool> flags(100000);
    for (size_t i = 0; i < flags.size(); ++i) flags[i] = i % 3 == 0;
    Output x = g.Constant(Tensor::Vector(numbers), {.name = "numbers"});
    g.Constant(Tensor(flags), {.name = "flags"});
    g.Constant(Tensor::Vector(std::vector<float>{1, 2}), {.name = "few"});
    ops::Add(x, x, {.name = "sum"});
  }
  Builder g;
  TempFolder folder;
};

void ExpectSame(const Graph& got, const Graph& want) {
  ASSERT_EQ(got.num_nodes(), want.num_nodes());
  for (NodeId id : want.nodes()) {
    const NodeId other = got.Find(want[id].name());
    ASSERT_TRUE(other.valid()) << want[id].name();
    if (!want[id].Is("Const")) continue;
    EXPECT_TRUE(got[other].attr<Tensor>("value").Identical(want[id].attr<Tensor>("value"))) << want[id].name();
  }
}

TEST(MessageFile, ConstantsOfLargeFilesAreReadApart) {
  Large m;
  const std::string path = m.folder / "large.pb", meta = m.folder / "large.meta", model = m.folder / "saved_model.pb";
  SaveGraph(m.g.graph(), path).Check();
  auto file = ReadMessageFile(path);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  ASSERT_EQ(file->contents.size(), 2u);
  EXPECT_LT(file->bytes.size(), 10000u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file->contents[0]->data()) % 64, 0u);
  ExpectSame(LoadGraph(path).value().graph, m.g.graph());

  MetaGraph tags;
  tags.tags = {"serve"};
  SaveMetaGraph(m.g.graph(), tags, meta).Check();
  EXPECT_EQ(ReadMessageFile(meta).value().contents.size(), 2u);
  ExpectSame(LoadGraph(meta).value().graph, m.g.graph());
  WriteAll(model, ExportSavedModel({{&m.g.graph(), &tags}}).value());
  EXPECT_EQ(ReadMessageFile(model).value().contents.size(), 2u);
  ExpectSame(LoadGraph(m.folder.path.string()).value().graph, m.g.graph());
  // Written again it is the same, byte for byte.
  SaveGraph(LoadGraph(path).value().graph, m.folder / "again.pb").Check();
  EXPECT_TRUE(ReadAll(path) == ReadAll(m.folder / "again.pb"));
}

TEST(MessageFile, SmallFilesAndTextStayWhole) {
  Builder g;
  g.Constant(Tensor::Vector(std::vector<float>(100000, 1.5f)), {.name = "c"});
  TempFolder folder;
  for (const char* name : {"small.pb", "small.pbtxt"}) {
    SaveGraph(g.graph(), folder / name).Check();
    auto file = ReadMessageFile(folder / name).value();
    EXPECT_TRUE(file.contents.empty());
    EXPECT_TRUE(file.bytes == ReadAll(folder / name));
  }
  WriteAll(folder / "long.pbtxt", "\n" + std::string(17 << 20, ' ') + ReadAll(folder / "small.pbtxt"));
  ExpectSame(LoadGraph(folder / "long.pbtxt").value().graph, g.graph());
}

TEST(MessageFile, DamageIsAnError) {
  Large m;
  const std::string path = m.folder / "cut.pb";
  SaveGraph(m.g.graph(), path).Check();
  const std::string bytes = ReadAll(path);
  for (size_t size : {bytes.size() - 1, bytes.size() - 500, bytes.size() - 200000, size_t{17} << 20}) {
    WriteAll(path, std::string_view(bytes).substr(0, size));
    Status s = LoadGraph(path).status();
    EXPECT_EQ(s.code(), Code::kDataLoss) << size << ": " << s.ToString();
    EXPECT_NE(s.ToString().find("cut.pb"), std::string::npos) << s.ToString();
  }
  for (size_t i = 0; i < 40; ++i) {
    std::string damaged = bytes;
    damaged[i] ^= static_cast<char>(1 << (i % 8));
    WriteAll(path, damaged);
    LoadGraph(path).status().IgnoreError();
  }
  Status folder = ReadMessageFile(m.folder.path.string()).status();
  EXPECT_FALSE(folder.ok());
}

std::string Field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}

// A file may not name contents that were read apart of another tensor.
TEST(MessageFile, TheIndexOfAContentMeansNothingInAFile) {
  const std::string index = "\xc0\x3e\x01";  // field 1000: 1
  const std::string tensor = std::string("\x08\x01") + Field(2, "") + index;
  const std::string node = Field(1, "c") + Field(2, "Const") + Field(5, Field(1, "dtype") + Field(2, "\x30\x01")) +
                           Field(5, Field(1, "value") + Field(2, Field(8, tensor)));
  Status s = ImportGraphDef(Field(1, node), &DefaultOps()).status();
  EXPECT_NE(s.message().find("content is nowhere"), std::string::npos) << s.ToString();
  Large m;
  const std::string path = m.folder / "named.pb";
  SaveGraph(m.g.graph(), path).Check();
  WriteAll(path, ReadAll(path) + Field(1, node));
  const Graph g = LoadGraph(path).value().graph;
  EXPECT_EQ(g[g.Find("c")].attr<Tensor>("value").ToString(), "0") << "as without it";
}

}  // namespace
}  // namespace weir
