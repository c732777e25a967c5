// Constants in a file beside the graph: mapped, replaced, damaged.
#include "weir/graph/constants_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weir/graph/builder.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/ops/math/math.h"
#include "weir/session/session.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class ConstantsFile : public testing::Test {
 protected:
  ConstantsFile() {
    std::vector<float> numbers(5000);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
    Output c = g_.Constant(Tensor::Vector(numbers), {.name = "numbers"});
    g_.Constant(Tensor(std::vector<bool>(5000, true)), {.name = "flags"});
    g_.Constant(Tensor::Vector(std::vector<std::string>(5000, "text")), {.name = "texts"});
    g_.Constant(Tensor(2.5f), {.name = "few"});
    ops::Add(c, c, {.name = "sum"});
  }

  void Save(const std::string& name) { SaveGraph(g_.graph(), folder_ / name, {.constants_aside = true}).Check(); }
  std::vector<std::string> Constants() const {
    std::vector<std::string> files;
    for (const auto& e : fs::directory_iterator(folder_.path)) {
      if (e.path().extension() == ".constants") files.push_back(e.path().string());
    }
    return files;
  }

  Builder g_;
  TempFolder folder_;
};

TEST_F(ConstantsFile, IsMappedWhenTheGraphIsLoaded) {
  for (const char* name : {"g.pb", "g.pbtxt"}) {
    Save(name);
    EXPECT_LT(fs::file_size(folder_ / name), 100000u);
    auto loaded = LoadGraph(folder_ / name);
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    const Graph& g = loaded->graph;
    for (const char* constant : {"numbers", "flags", "texts", "few"}) {
      const Node& n = g[g.Find(constant)];
      EXPECT_TRUE(n.attr<Tensor>("value").Identical(g_.graph()[g_.graph().Find(constant)].attr<Tensor>("value")));
      EXPECT_EQ(n.FindAttr("_weir_constant"), nullptr);
    }
    Session s(g);
    EXPECT_EQ(s.Run({}, {"sum"}).value()[0].data<float>()[4999], 9998);
  }
  EXPECT_EQ(Constants().size(), 2u);
}

TEST_F(ConstantsFile, GoesWithTheGraphThatItWasOf) {
  Save("g.pb"), Save("other.pb");
  const std::vector<std::string> before = Constants();
  Save("g.pb");
  EXPECT_EQ(Constants().size(), 2u);
  EXPECT_NE(Constants(), before);
  EXPECT_TRUE(LoadGraph(folder_ / "other.pb").ok());
  SaveGraph(LoadGraph(folder_ / "g.pb").value().graph, folder_ / "whole.pb").Check();
  fs::rename(folder_ / "g.pb", folder_ / "moved.pb");
  Status s = LoadGraph(folder_ / "moved.pb").status();
  EXPECT_EQ(s.code(), Code::kNotFound);
  EXPECT_NE(s.message().find("moved.pb."), std::string::npos) << s.ToString();
  EXPECT_NE(s.help().find("in that file beside it"), std::string::npos) << s.help();
  EXPECT_TRUE(LoadGraph(folder_ / "whole.pb").ok());
}

TEST_F(ConstantsFile, DamageIsAnError) {
  Save("g.pb");
  const std::string file = Constants()[0];
  const auto size = fs::file_size(file);
  for (const auto cut : {size - 1, size - 6000, uintmax_t{64}, uintmax_t{10}, uintmax_t{0}}) {
    fs::resize_file(file, cut);
    EXPECT_EQ(LoadGraph(folder_ / "g.pb").status().code(), Code::kDataLoss) << cut;
  }
  Save("g.pb");
  std::fstream(Constants()[0], std::ios::in | std::ios::out | std::ios::binary) << "another";
  EXPECT_NE(LoadGraph(folder_ / "g.pb").status().message().find("other constants"), std::string::npos);
  // Places that a hostile graph names.
  auto load = [&](const std::string& place) {
    std::ofstream(folder_ / "h.pbtxt") << "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } "
                                          "attr { key: '_weir_constant' value { list { " + place + " } } } }";
    return LoadGraph(folder_ / "h.pbtxt").status().ToString();
  };
  std::ofstream(folder_ / "h.pbtxt.0000000000000001.constants", std::ios::binary)
      << "weir constants 1" << '\1' << std::string(47 + 64, '\0');
  EXPECT_EQ(load("i: 1 i: 64 i: 64 i: 16"), Status().ToString());
  for (const char* place : {"i: 1 i: 128 i: 64 i: 16", "i: 1 i: 0 i: 64 i: 16", "i: 1 i: -64 i: 64 i: 16",
                            "i: 1 i: 64 i: 64 i: 17", "i: 1 i: 64", "i: 1 i: 64 i: 4 i: -1", "s: 'x'",
                            "i: 1 i: 64 i: 9223372036854775804 i: 2305843009213693951"}) {
    EXPECT_NE(load(place).find("'c' has a constant in a file of its own"), std::string::npos) << load(place);
  }
}

}  // namespace
}  // namespace weir
