// What the schemas of datasets and iterators share: how a variant's type tells what elements a dataset has.
#pragma once

#include <initializer_list>
#include <string>

#include "weir/graph/infer.h"

namespace weir {

using Components = std::vector<std::pair<DType, PartialShape>>;

inline constexpr char kNotOfFloats[] = "its output is a dataset, no function of floats";

// What attributes `output_types` and `output_shapes` say. Error: they are not as many.
Result<Components> ComponentsByAttrs(const ShapeContext& c, const char* types_attr = "output_types");
// Output 0 is a dataset of such elements.
void TellDataset(ShapeContext& c, Components components);
// What is known of the elements of dataset input i; null where nothing is. Error: it is no scalar, or not a dataset.
Result<const Resource*> DatasetBehind(const ShapeContext& c, int i);
// What both say, as far as it goes: of `a`, what agrees with `b`. Error: other dtypes or shapes, of `what`.
Result<Components> Merged(const Components& a, const Components& b, const char* what);

// Shape function: a dataset as the attributes say. Variants are datasets; inputs of one tensor are scalars, but for
// `filenames` and lists of optimizations.
Status DatasetShape(ShapeContext& c);

// The definition of a dataset of the elements of others: `inputs` follow, then the output and the attributes that all
// have; those of old forms (Experimental…) lack `metadata`.
OpDef& AddDataset(OpRegistry& r, const std::string& name, std::initializer_list<const char*> inputs);

}  // namespace weir
