// The rows of the nn family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SoftmaxRows();       // softmax_test.cc
std::vector<OpRow> CrossEntropyRows();  // cross_entropy_test.cc
std::vector<OpRow> BiasRows();          // bias_test.cc
std::vector<OpRow> TopKRows();          // topk_test.cc
std::vector<OpRow> L2LossRows();        // l2_loss_test.cc
std::vector<OpRow> FakeQuantRows();     // fake_quant_test.cc

std::vector<OpRow> NnRows() {
  return Joined({SoftmaxRows(), CrossEntropyRows(), BiasRows(), TopKRows(), L2LossRows(), FakeQuantRows()});
}

}  // namespace weir::testing
