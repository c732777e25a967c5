// The rows of the math family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> UnaryRows();       // unary_test.cc
std::vector<OpRow> ActivationRows();  // activation_test.cc
std::vector<OpRow> SpecialRows();     // special_test.cc
std::vector<OpRow> BinaryRows();      // binary_test.cc
std::vector<OpRow> LogicRows();       // logic_test.cc
std::vector<OpRow> ChoiceRows();      // choice_test.cc
std::vector<OpRow> BitRows();         // bits_test.cc
std::vector<OpRow> ConversionRows();  // conversion_test.cc
std::vector<OpRow> SequenceRows();    // sequence_test.cc
std::vector<OpRow> ComplexRows();     // complex_test.cc

std::vector<OpRow> MathRows() {
  return Joined({UnaryRows(), ActivationRows(), SpecialRows(), BinaryRows(), LogicRows(), ChoiceRows(), BitRows(),
                 ConversionRows(), SequenceRows(), ComplexRows()});
}

}  // namespace weir::testing
