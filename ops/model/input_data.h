// Input pipelines: datasets and the iterators through which runs take their elements, as tf.data has them.
//
//   Iterator batches = Dataset::FromTensorSlices(g, {images, labels})
//                          .Shuffle(1000, {.seed = 1})
//                          .Map([](const Outputs& e) { return Outputs{e[0] / 255.0, e[1]}; })
//                          .Batch(32).Repeat().Prefetch(1)
//                          .MakeInitializableIterator();
//   Outputs batch = batches.GetNext();           // of the graph: each run takes one element
//   session.Run(batches.initializer());          // to the beginning; `images` and `labels` may be fed here
//
// A dataset is a value of the graph, a variant; each of these functions adds a node. An element is a tuple of tensors.
// Functions are called once, while the graph is built; what they use of the graph around them they have by its value
// when the initializer runs, and of variables by that of the time of the call. Random ops in them, if they have a seed,
// draw the same numbers after each initializer, and go on with them in each round of a Repeat. After an error
// (Builder::status) all is invalid and does nothing.
#pragma once

#include <string>
#include <vector>

#include "weir/ops/model/control_flow.h"

namespace weir {

class Iterator {
 public:
  Iterator() = default;
  Iterator(Output handle, Operation initializer, std::vector<OutputType> element)
      : handle_(handle), initializer_(initializer), element_(std::move(element)) {}
  // The components of the next element. Errors when run: OutOfRange at the end; of functions and files.
  Outputs GetNext(const Name& name = {}) const;
  // Goes to the beginning; invalid of a one-shot iterator, which begins by itself, once.
  Operation initializer() const { return initializer_; }
  Output handle() const { return handle_; }
  // A string that stands for the iterator: FromStringHandle of it, fed, is this one.
  Output StringHandle() const;
  // The iterator that a string scalar, a constant or fed, stands for; its elements are of these types.
  static Iterator FromStringHandle(Input handle, std::vector<DType> types, std::vector<PartialShape> shapes);

 private:
  Output handle_;
  Operation initializer_;
  std::vector<OutputType> element_;
};

struct ShuffleOptions {
  int64_t seed = 0, seed2 = 0;  // both 0: drawn anew by each initializer
  bool reshuffle_each_iteration = true;
};
struct BatchOptions {
  bool drop_remainder = false;
};

class Dataset {
 public:
  Dataset() = default;

  // ---- made of tensors, numbers, files
  static Dataset FromTensors(At g, const InputList& components);       // one element
  static Dataset FromTensorSlices(At g, const InputList& components);  // their rows
  static Dataset Range(At g, Input start, Input stop, Input step = int64_t{1});  // int64
  // Records, lines: strings. Compression: "", "GZIP", "ZLIB". The session must allow file ops.
  static Dataset TfRecords(At g, Input filenames, const std::string& compression = "");
  static Dataset TextLines(At g, Input filenames, const std::string& compression = "");
  static Dataset FixedLengthRecords(At g, Input filenames, int64_t record_bytes, int64_t header_bytes = 0,
                                    int64_t footer_bytes = 0);
  static Dataset Zip(const std::vector<Dataset>& datasets);

  // ---- of the elements of this one
  Dataset Take(Input count) const;  // int64; -1: all
  Dataset Skip(Input count) const;
  Dataset Repeat(Input count = int64_t{-1}) const;  // -1: for ever
  Dataset Shard(Input num_shards, Input index) const;
  Dataset Concatenate(const Dataset& other) const;
  Dataset Shuffle(Input buffer_size, const ShuffleOptions& o = {}) const;
  Dataset Cache() const;
  Dataset Prefetch(Input buffer_size = int64_t{-1}) const;
  Dataset Batch(Input batch_size, const BatchOptions& o = {}) const;
  // Padded with zeros (empty strings) to `shapes`, unknown sizes to the largest of the batch.
  Dataset PaddedBatch(Input batch_size, const std::vector<PartialShape>& shapes, const BatchOptions& o = {}) const;
  Dataset Unbatch() const;
  Dataset Map(const BodyFn& fn) const;
  Dataset Filter(const std::function<Output(const Outputs&)>& predicate) const;  // gives a scalar bool
  Dataset FlatMap(const std::function<Dataset(const Outputs&)>& fn) const;
  Dataset Interleave(const std::function<Dataset(const Outputs&)>& fn, Input cycle_length,
                     Input block_length = int64_t{1}) const;
  // `fn` of a state and an element gives the next state; the last one.
  Outputs Reduce(const InputList& initial_state, const BodyFn& fn) const;

  Iterator MakeInitializableIterator(const std::string& shared_name = "") const;
  // Made and begun by the first run that takes an element; the dataset must use nothing of the graph around it.
  static Iterator OneShot(At g, const std::function<Dataset(Builder& g)>& make);

  // The variant, and what is known of the elements' components.
  const Output& output() const { return output_; }
  std::vector<OutputType> element() const;

 private:
  explicit Dataset(Output output) : output_(std::move(output)) {}
  static Dataset Made(At g, const char* op, const InputList& inputs, AttrMap attrs,
                      const std::vector<OutputType>& element);
  Dataset Then(const char* op, const InputList& inputs, AttrMap attrs, const std::vector<OutputType>& element) const;
  Dataset Then(const char* op, const InputList& inputs, AttrMap attrs = {}) const {
    return Then(op, inputs, std::move(attrs), element());
  }
  Dataset Held(const char* op, const char* attr, const BodyFn& fn, const InputList& inputs, bool flat) const;

  Output output_;
};

}  // namespace weir
