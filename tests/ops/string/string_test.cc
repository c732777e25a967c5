// The rows of the string family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TextRows();   // text_test.cc
std::vector<OpRow> RegexRows();  // regex_test.cc

std::vector<OpRow> StringRows() { return Joined({TextRows(), RegexRows()}); }

}  // namespace weir::testing
