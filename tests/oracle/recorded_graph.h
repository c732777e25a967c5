// Recorded graphs: a GraphDef with what TensorFlow gave for it (tests/oracle/make_control_flow.py tells the form), run
// here as it is and optimised, and compared.
#pragma once

#include <string>
#include <string_view>

namespace weir::testing {

// What differs, or the error that running gave; empty when nothing does. `graph_def`: the message's bytes.
std::string CompareRecorded(std::string_view graph_def);

}  // namespace weir::testing
