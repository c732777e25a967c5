// The text form: graphs for people, golden tests and differences.
//
//   function twice(x: T) -> (y: T) {
//     attr T: type
//     x = _Arg() {T: $T, index: 0}
//     sum = Add(x, x) {T: $T}
//     y = _Retval(sum) {T: $T, index: 0}
//   }
//   x = Placeholder() {dtype: f32, shape: [?,2]} : f32[?,2]  # train.cc:12
//   w = Const() {value: f32[2,1] [[1], [2]]} : f32[2,1]
//   y = MatMul(x, w, ^init) {transpose_b: true} : f32[?,1] @"/device:CPU:0"
//
// One node a line, in program order; `x:1` is an output, `^x` a control input. Attributes are sorted; left out are
// those equal to their default, and dtype and count attributes that the inputs before tell. Types after the colon are
// checked where they are given, not stored. Then come the device (@), origins (`from [a, b]`) and bytes of unknown
// fields.
//
// ParseGraph(PrintGraph(g)) is g, but for explicitly set defaults.
#pragma once

#include <string>
#include <string_view>

#include "weir/graph/graph.h"

namespace weir {

struct GraphTextOptions {
  bool types = true;          // inferred types after a colon
  bool locs = true;           // creation places as comments
  int64_t max_elements = -1;  // of a tensor or list, then "…" (which cannot be parsed); -1: all
  bool functions = true;
};

std::string PrintGraph(const Graph& g, const GraphTextOptions& options = {});
std::string PrintNode(const Graph& g, NodeId id, const GraphTextOptions& options = {});
// As in the text form: `[1, 2]`, `"text"`, `f32[2] [1, 2]`.
std::string PrintAttr(const AttrValue& v, int64_t max_elements = -1);

struct ParseOptions {
  bool infer = true;  // infer output types, and check those that are given
};

// Errors name line and column; inference's name the node.
Result<Graph> ParseGraph(std::string_view text, const OpRegistry* registry, const ParseOptions& options = {});

// A value as the text form writes it, of an attribute of `kind` ("" for any). For --feed and pass options.
Result<AttrValue> ParseAttr(std::string_view text, std::string_view kind = "");

}  // namespace weir
