// NumPy's files: .npy (one array) and .npz (a zip of them, stored or deflated).
//
// dtypes: bool, all integers, half, float, double; bfloat16 as NumPy's void type of two bytes ('<V2'), which NumPy
// reads with .view("uint16"); strings as 'S' (zero bytes at their ends are lost, as in NumPy). Read besides: big-endian
// numbers, Fortran order, and 'U' strings, which become UTF-8. Pickled objects are refused. Files may be hostile: sizes
// are checked before memory is taken, which is all from the tensor budget.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir::io {

Result<Tensor> ReadNpy(const std::string& path);
Result<Tensor> ParseNpy(std::string_view bytes, const std::string& name = "the array");
Result<std::string> NpyBytes(const Tensor& t);
Status WriteNpy(const std::string& path, const Tensor& t);

// By the names of the arrays, without ".npy".
Result<std::map<std::string, Tensor>> ReadNpz(const std::string& path);
// Atomic.
Status WriteNpz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace weir::io
