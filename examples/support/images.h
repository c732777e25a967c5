// Labelled images: reading two published collections, picking rows, drawing in the terminal.
#pragma once

#include <weir/weir.h>

#include <span>
#include <string>
#include <vector>

namespace examples {

struct Images {
  weir::Tensor pixels;  // float [count, height, width, 1], 0 to 1
  weir::Tensor labels;  // int32 [count]
  int64_t count() const { return labels.num_elements(); }
};

struct Collection {
  Images train, test;
};

// The 8×8 digits of a CSV file, gzipped or not: 64 numbers from 0 to 16 and the label in each line. Every fourth image
// is for testing. Throws weir::Error for files that are not so.
Collection ReadDigits(const std::string& csv);
// MNIST's four IDX files in a folder, gzipped (`….gz`) or not.
Collection ReadMnist(const std::string& folder);

// The rows of a tensor at these positions along axis 0.
weir::Tensor Rows(const weir::Tensor& t, std::span<const int> positions);
// 0, 1, … n-1 in an order that depends on the seed alone.
std::vector<int> ShuffledOrder(int64_t n, uint32_t seed);

// Some images side by side, with a caption below each.
std::string Draw(const Images& images, std::span<const int> positions, const std::vector<std::string>& captions);

}  // namespace examples
