// Recorded runs: a GraphDef with tables, queues, readers or datasets, the runs that TensorFlow made of it and what they
// gave (tests/oracle/make_services.py tells the form), made again here and compared.
#pragma once

#include <string>
#include <string_view>

namespace weir::testing {

// What differs, or the error that running gave; empty when nothing does. `graph_def`: the message's bytes.
std::string CompareRecordedRuns(std::string_view graph_def);

}  // namespace weir::testing
