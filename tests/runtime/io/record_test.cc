// TFRecord files and Examples: those of TensorFlow (tests/oracle/make_records.py), our own, and damaged ones.
#include "weir/runtime/io/record.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "weir/runtime/io/crc32c.h"
#include "weir/runtime/io/example.h"
#include "weir/tests/out_folder.h"

namespace weir {
namespace {

const std::string kFiles = WEIR_TEST_DATA "/files/records/";

std::string Content(const std::string& path) {
  std::stringstream s;
  s << std::ifstream(path, std::ios::binary).rdbuf();
  return s.str();
}

void Put(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

std::vector<Example> Examples() {
  std::vector<Example> all;
  for (int64_t i = 0; i < 3; ++i) {
    Example e;
    e.features["label"] = std::vector<int64_t>{i, -i};
    e.features["weights"] = std::vector<float>{0.5f * static_cast<float>(i), 1e-3f};
    e.features["name"] = std::vector<std::string>{"row " + std::to_string(i), std::string("\x00\xff", 2)};
    e.features["nothing"] = {};
    all.push_back(std::move(e));
  }
  return all;
}

TEST(Records, TensorFlowsAreReadHoweverTheyAreCompressed) {
  for (const char* name : {"examples.tfrecord", "examples.gz", "examples.zlib"}) {
    auto records = ReadRecords(kFiles + name);
    ASSERT_TRUE(records.ok()) << records.status().ToString();
    ASSERT_EQ(records->size(), 3u) << name;
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(Example::Parse((*records)[i]).value().features, Examples()[i].features);
  }
  EXPECT_TRUE(ReadRecords(kFiles + "examples.gz", Compression::kGzip).ok());
  EXPECT_EQ(ReadRecords(kFiles + "examples.gz", Compression::kNone).status().code(), Code::kDataLoss);
  EXPECT_EQ(ReadRecords(kFiles + "examples.gz", Compression::kZlib).status().code(), Code::kDataLoss);
  EXPECT_EQ(ReadRecords(kFiles + "missing").status().code(), Code::kNotFound);
}

TEST(Records, OfAPlainFileAreTensorFlowsBytes) {
  const std::string path = OutFolder() + "/copied.tfrecord";
  RecordWriter writer = RecordWriter::Open(path).value();
  const std::vector<std::string> records = ReadRecords(kFiles + "examples.tfrecord").value();
  for (const std::string& record : records) ASSERT_TRUE(writer.Write(record).ok());
  ASSERT_TRUE(writer.Close().ok());
  EXPECT_EQ(Content(path), Content(kFiles + "examples.tfrecord"));
}

TEST(Records, ComeBackInEveryFormAndSize) {
  const std::string folder = OutFolder();
  std::vector<std::string> records{"", "a", std::string(3 << 20, 'x')};
  for (int i = 0; i < 1000; ++i) records.push_back(std::string(static_cast<size_t>(i), static_cast<char>(i * 7)));
  for (Compression c : {Compression::kNone, Compression::kGzip, Compression::kZlib}) {
    const std::string path = folder + "/sizes";
    RecordWriter writer = RecordWriter::Open(path, c).value();
    for (size_t i = 0; i < records.size(); ++i) {
      ASSERT_TRUE(writer.Write(records[i]).ok());
      if (i == 1) ASSERT_TRUE(writer.Flush().ok());
    }
    ASSERT_TRUE(writer.Close().ok());
    EXPECT_EQ(ReadRecords(path).value(), records);
    EXPECT_EQ(ReadRecords(path, c).value(), records);
  }
}

TEST(Records, AreAddedToAFile) {
  EXPECT_EQ(RecordWriter::Open(OutFolder() + "/added", Compression::kZlib, true).status().code(),
            Code::kInvalidArgument);
  for (Compression c : {Compression::kNone, Compression::kGzip}) {
    const std::string path = OutFolder() + "/added";
    for (const char* record : {"one", "two"}) {
      RecordWriter writer = RecordWriter::Open(path, c, /*append=*/record[0] == 't').value();
      ASSERT_TRUE(writer.Write(record).ok());
      ASSERT_TRUE(writer.Close().ok());
    }
    EXPECT_EQ(ReadRecords(path).value(), (std::vector<std::string>{"one", "two"}));
  }
}

TEST(Records, AreVisibleOnceFlushed) {
  const std::string path = OutFolder() + "/flushed";
  RecordWriter writer = RecordWriter::Open(path).value();
  ASSERT_TRUE(writer.Write("seen").ok());
  ASSERT_TRUE(writer.Flush().ok());
  EXPECT_EQ(ReadRecords(path).value(), std::vector<std::string>{"seen"});
  ASSERT_TRUE(writer.Close().ok());
}

TEST(Records, WrittenForTensorFlowToRead) {
  const std::string folder = OutFolder();
  for (auto [name, c] : {std::pair("written.tfrecord", Compression::kNone), std::pair("written.gz", Compression::kGzip),
                         std::pair("written.zlib", Compression::kZlib)}) {
    RecordWriter writer = RecordWriter::Open(folder + "/" + name, c).value();
    for (const Example& e : Examples()) ASSERT_TRUE(writer.Write(e.Serialize().value()).ok());
    ASSERT_TRUE(writer.Close().ok());
  }
}

// Every cut and every flipped bit of a small file is an error, or what was there before is read.
TEST(Records, DamageIsFound) {
  const std::string path = OutFolder() + "/damaged";
  for (const char* name : {"examples.tfrecord", "examples.gz", "examples.zlib"}) {
    const std::string sound = Content(kFiles + name);
    const std::vector<std::string> records = ReadRecords(kFiles + name).value();
    const bool plain = std::string(name) == "examples.tfrecord";
    for (size_t cut = 1; cut < sound.size(); ++cut) {
      Put(path, sound.substr(0, cut));
      auto read = ReadRecords(path);
      if (read.ok()) {
        EXPECT_LT(read->size(), records.size()) << name << " cut to " << cut;
      } else {
        EXPECT_EQ(read.status().code(), Code::kDataLoss);
      }
    }
    for (size_t bit = 0; bit < 8 * sound.size(); ++bit) {
      std::string damaged = sound;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      Put(path, damaged);
      auto read = ReadRecords(path);
      if (plain) {
        EXPECT_FALSE(read.ok()) << "bit " << bit;
      } else if (read.ok()) {
        EXPECT_EQ(*read, records) << name << " bit " << bit;  // of a header that says nothing
      } else {
        EXPECT_EQ(read.status().code(), Code::kDataLoss);
      }
    }
  }
}

TEST(Records, ALengthThatIsNotThereTakesNoMemory) {
  const std::string path = OutFolder() + "/long";
  const uint64_t length = uint64_t{1} << 60;
  const uint32_t checksum = io::MaskCrc(io::Crc32c(&length, 8));
  std::string header(12, '\0');
  std::memcpy(header.data(), &length, 8);
  std::memcpy(header.data() + 8, &checksum, 4);
  Put(path, header + "x");
  const Status status = ReadRecords(path).status();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_NE(status.message().find("is cut off: it has 1 of 1152921504606846976 bytes"), std::string::npos)
      << status.ToString();
}

TEST(Examples, SequencesAreTensorFlows) {
  const std::string bytes = ReadRecords(kFiles + "sequence.tfrecord").value().at(0);
  const SequenceExample e = SequenceExample::Parse(bytes).value();
  EXPECT_EQ(e.context.at("id"), Feature(std::vector<int64_t>{7}));
  ASSERT_EQ(e.feature_lists.at("x").size(), 3u);
  EXPECT_EQ(e.feature_lists.at("x")[2], Feature(std::vector<float>{2, 2.5}));
  EXPECT_EQ(e.Serialize().value(), bytes);
}

TEST(Examples, AreOneMessageForTheSameFeatures) {
  const Example e = Examples()[1];
  const std::string bytes = e.Serialize().value();
  EXPECT_EQ(Example::Parse(bytes).value().features, e.features);
  EXPECT_EQ(Example::Parse(bytes).value().Serialize().value(), bytes);
  EXPECT_EQ(Example::Parse("\xff\xff").status().code(), Code::kDataLoss);
  EXPECT_EQ(SequenceExample::Parse("\xff\xff").status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace weir
