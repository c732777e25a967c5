// Rows of softmax and friends, normalisations, and of windowed ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

AttrMap Window(std::vector<int64_t> strides, const char* padding, AttrMap more = {}) {
  more["strides"] = std::move(strides);
  more["padding"] = padding;
  return more;
}

AttrMap Pooling(std::vector<int64_t> size, std::vector<int64_t> strides, const char* padding, AttrMap more = {}) {
  more["ksize"] = std::move(size);
  return Window(std::move(strides), padding, std::move(more));
}

}  // namespace

const std::vector<OpRow>& NnRows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> r = {
        {"Softmax", {{2, 3}}}, {"LogSoftmax", {{2, 3}}},
        ByConvention({1}, {"SoftmaxCrossEntropyWithLogits", {{2, 3}, Elements({2, 3}, {0.2, 0.5, 0.3, 0.1, 0.1, 0.8})}}),
        {"SparseSoftmaxCrossEntropyWithLogits", {{2, 3}, Ints({2, 0})}}, {"SparseSoftmaxCrossEntropyWithLogits", {{0, 3}, Ints({})}},
        {"BiasAdd", {{2, 3, 4}, {4}}}, {"BiasAdd", {{2, 3, 4}, {3}}, {{"data_format", "NCHW"}}}, {"BiasAddV1", {{2, 3}, {3}}},
        {"BiasAddGrad", {{2, 3, 4}}}, {"BiasAddGrad", {{2, 3, 4}}, {{"data_format", "NCHW"}}},
        {"TopK", {{2, 5}}, {{"k", 3}}}, {"TopKV2", {{2, 5}, Int(3)}}, {"InTopK", {Floats({2, 3}, {1, 3, 2, 5, 4, 6}), Elements({2}, {2, 1})}, {{"k", 2}}},
        {"InTopKV2", {Floats({2, 3}, {1, 3, 2, 5, 4, 6}), Elements({2}, {2, 1}), Elements({}, {2})}},
        {"InTopK", {Floats({0, 3}, {}), Elements({0}, {})}, {{"k", 2}}}, {"InTopKV2", {Floats({0, 3}, {}), Elements({0}, {}), Elements({}, {2})}}, {"LRN", {{2, 2, 2, 4}}, {{"depth_radius", 1}}}, ByConvention({1, 2}, {"LRNGrad", {{1, 2, 2, 4}, {1, 2, 2, 4}, {1, 2, 2, 4}}}),
    };
    for (const char* v : {"", "V2", "V3"}) {
      std::string name = std::string("FusedBatchNorm") + v;
      In scale({4}, 0.5, 2), offset({4}), mean({4}), variance({4}, 0.5, 2);
      if (*v) {
        for (In* in : {&scale, &offset, &mean, &variance}) *in = Floats({4}, {0.6f, 1.2f, 0.9f, 1.7f});
      }
      r.push_back(OnlyFirstOutput(ByConvention({3, 4}, {name, {{2, 3, 2, 4}, scale, offset, mean, variance}, {{"is_training", false}}})));
      r.push_back(OnlyFirstOutput(Rough(4, {name, {{2, 3, 2, 4}, scale, offset, Floats({0}, {}), Floats({0}, {})}, {{"is_training", true}}})));
      std::vector<In> grad = {{2, 3, 2, 4}, {2, 3, 2, 4}, scale, mean, variance};
      if (*v && v[1] == '3') grad.push_back(Floats({0}, {}));
      r.push_back(ByConvention({1, 2, 3, 4, 5}, {std::string("FusedBatchNormGrad") + v, grad, {{"is_training", false}}}));
    }
    return r;
  }();
  return rows;
}

const std::vector<OpRow>& ConvRows() {
  static const std::vector<OpRow> rows = {
      {"Conv2D", {{1, 4, 5, 2}, {2, 3, 2, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2D", {{2, 6, 5, 2}, {2, 2, 2, 3}}, Window({1, 1, 1, 1}, "VALID", {{"dilations", List({1, 2, 1, 1})}})},
      {"Conv2D", {{1, 4, 4, 2}, {3, 3, 2, 1}}, Window({1, 2, 2, 1}, "EXPLICIT", {{"explicit_paddings", List({0, 0, 1, 2, 0, 1, 0, 0})}})},
      {"Conv2D", {{1, 2, 4, 5}, {2, 3, 2, 3}}, Window({1, 1, 1, 2}, "SAME", {{"data_format", "NCHW"}})},
      {"Conv2DBackpropInput", {Ints({1, 4, 5, 2}), {2, 3, 2, 3}, {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2DBackpropFilter", {{1, 4, 5, 2}, Ints({2, 3, 2, 3}), {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"DepthwiseConv2dNative", {{1, 4, 5, 2}, {2, 3, 2, 3}}, Window({1, 1, 1, 1}, "SAME")},
      {"DepthwiseConv2dNativeBackpropInput", {Ints({1, 4, 5, 2}), {2, 3, 2, 2}, {1, 4, 5, 4}}, Window({1, 1, 1, 1}, "SAME")},
      {"DepthwiseConv2dNativeBackpropFilter", {{1, 4, 5, 2}, Ints({2, 3, 2, 2}), {1, 4, 5, 4}}, Window({1, 1, 1, 1}, "SAME")},
      {"MaxPool", {{1, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")}, {"MaxPool", {{1, 2, 4, 5}}, Pooling({1, 1, 2, 3}, {1, 1, 2, 1}, "VALID", {{"data_format", "NCHW"}})},
      OnlyFirstOutput({"MaxPoolWithArgmax", {{2, 4, 5, 2}}, {{"ksize", List({1, 2, 3, 1})}, {"strides", List({1, 2, 1, 1})}, {"padding", "SAME"}}}),
      OnlyFirstOutput(Swept("Targmax", {"MaxPoolWithArgmax", {{2, 4, 4, 2}}, {{"ksize", List({1, 2, 2, 1})}, {"strides", List({1, 2, 2, 1})}, {"padding", "VALID"}, {"include_batch_in_index", true}}})),
      {"AvgPool", {{1, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"AvgPoolGrad", {Ints({1, 4, 5, 2}), {1, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      ByConvention({0, 1}, {"MaxPoolGrad", {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 1, 1, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      ByConvention({0, 1}, {"MaxPoolGradGrad", {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 2, 2, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      // of no elements
      {"Conv2DBackpropInput", {Ints({0, 4, 5, 2}), {2, 3, 2, 3}, {0, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"DepthwiseConv2dNativeBackpropInput", {Ints({0, 4, 5, 2}), {2, 3, 2, 2}, {0, 4, 5, 4}}, Window({1, 1, 1, 1}, "SAME")},
      {"AvgPoolGrad", {Ints({0, 4, 5, 2}), {0, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"MaxPoolGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
      {"MaxPoolGradGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 2, 2, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
  };
  return rows;
}

}  // namespace weir::testing
