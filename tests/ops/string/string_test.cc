// The rows of the string family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TextRows();        // text_test.cc
std::vector<OpRow> RegexRows();       // regex_test.cc
std::vector<OpRow> SplitTextRows();   // split_test.cc
std::vector<OpRow> JoinTextRows();    // join_test.cc
std::vector<OpRow> TextPartRows();    // part_test.cc
std::vector<OpRow> TextHashRows();    // hash_test.cc
std::vector<OpRow> Base64Rows();      // base64_test.cc
std::vector<OpRow> RawRows();         // raw_test.cc
std::vector<OpRow> CompressedRows();  // compressed_test.cc
std::vector<OpRow> CaseRows();        // case_test.cc
std::vector<OpRow> CsvRows();         // csv_test.cc
std::vector<OpRow> UnicodeRows();     // unicode_test.cc

std::vector<OpRow> StringRows() {
  return Joined({TextRows(), RegexRows(), SplitTextRows(), JoinTextRows(), TextPartRows(), TextHashRows(),
                 Base64Rows(), RawRows(), CompressedRows(), CaseRows(), CsvRows(), UnicodeRows()});
}

}  // namespace weir::testing
