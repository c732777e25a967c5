// SaveMetaGraph: a graph with its collections and its own saver in a MetaGraphDef (.meta), from which TensorFlow trains
// on:
//
//   SaveMetaGraph(g, "model.meta").Check();     # saver = tf.compat.v1.train.import_meta_graph("model.meta")
//   Saver(&session).Save("model", step);        # saver.restore(session, "model-100"); … saver.save(session, "model")
//
// Read again by Builder g(LoadGraph("model.meta")), or ImportMetaGraph (ops/model/import_graph.h).
#pragma once

#include <string>

#include "weir/graph/import.h"

namespace weir {

class Builder;

struct SaveMetaGraphOptions {
  bool saver = true;                 // with nodes that save and restore the variables, unless the graph has them
  bool clear_devices = false;
  bool strip_default_attrs = false;  // so that older versions of TensorFlow load it
};

// Writes the builder's graph and collections, with what the file said that it was loaded from (signatures, lists of
// values). The builder's own graph stays as it is. Errors: the builder's, those of files; one of TensorFlow's
// collections of variables holds something else; a saver of the file's own that Weir does not understand.
Status SaveMetaGraph(Builder& b, const std::string& path, const SaveMetaGraphOptions& options = {});

}  // namespace weir
