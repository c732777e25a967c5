// SavedModels with tables over a vocabulary, as TensorFlow's exporters of both kinds write them
// (tests/oracle/make_service_models.py), and one of Weir's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/tables.h"
#include "weir/ops/model/variables.h"
#include "weir/session/save/saved_model.h"

namespace weir {
namespace {

const Tensor kWords = Tensor(std::vector<std::string>{"plum", "kiwi", "apple"});

TEST(TableModels, OfTensorFlow1) {
  auto model = LoadSavedModel(WEIR_TEST_DATA "/services/model1");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(model->notes(), std::vector<std::string>());
  auto got = model->Run("serving_default", {{"words", kWords}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(got->at("ids").ToVector<int64_t>(), (std::vector<int64_t>{12, 9, 10}));
}

TEST(TableModels, OfTensorFlow2) {
  auto model = LoadSavedModel(WEIR_TEST_DATA "/services/model2");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto got = model->Run("serving_default", {{"words", kWords}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(got->at("ids").ToVector<int64_t>(), (std::vector<int64_t>{2, -1, 0}));
  EXPECT_EQ(got->at("names").ToVector<std::string>(), (std::vector<std::string>{"PLUM", "?", "APPLE"}));
}

TEST(TableModels, OfWeir) {
  const std::string folder = ::testing::TempDir() + "/weir_table_model", file = ::testing::TempDir() + "/words.txt";
  std::filesystem::remove_all(folder);
  std::ofstream(file) << "apple\npear\nplum\n";
  Builder g;
  Output path = g.Constant(Tensor(file)), words = ops::Placeholder(g, kString, {-1});
  StaticHashTable ids(path, kString, kInt64, int64_t{-1});
  Variable bias(g.Constant(Tensor(int64_t{10})));
  Output y = ids.Lookup(words) + bias;
  Operation init = GlobalVariablesInitializer(g), tables = TablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session session(g, {.allow_file_ops = true});
  ASSERT_TRUE(session.Run(init).ok());
  SavedModelBuilder builder(folder);
  const MetaGraphOptions options{
      .signatures = {{"serving_default", PredictSignature({{"words", words}}, {{"y", y}})}},
      .assets = {{path, file}},
      .init_op = tables};
  ASSERT_TRUE(builder.AddMetaGraph(g, options).ok());
  ASSERT_TRUE(builder.Save(session).ok());
  std::filesystem::remove(file);
  auto model = LoadSavedModel(folder);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto got = model->Run("serving_default", {{"words", kWords}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(got->at("y").ToVector<int64_t>(), (std::vector<int64_t>{12, 9, 10}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir
