// Kernels that write and read checkpoints. They do so only where the session's caller allows file ops: a graph from
// somewhere else must not touch files because it was run.
#include <fmt/format.h>
#include <unistd.h>

#include "weir/ops/kernels.h"
#include "weir/runtime/io/bundle.h"

namespace weir {

namespace {

// Inputs 1 and 2 name `tensors` tensors and their slices; input 0 is the prefix.
Status CheckInputs(const PrepareContext& c, int tensors) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  for (int i = 0; i < 3; ++i) {
    if (c.input_dtype(i) != kString)
      return InvalidArgument(fmt::format("wants strings for input {}, not {}", i, DTypeName(c.input_dtype(i))));
  }
  if (c.input_shape(0).rank() != 0)
    return InvalidArgument(fmt::format("wants a scalar as prefix, not the shape {}", c.input_shape(0).ToString()));
  for (int i : {1, 2}) {
    if (c.input_shape(i).rank() == 1 && c.input_shape(i)[0] == tensors) continue;
    return InvalidArgument(fmt::format("wants a vector of {} {}, not the shape {}", tensors,
                                       i == 1 ? "names" : "slices", c.input_shape(i).ToString()));
  }
  return {};
}

Status Write(const RunArgs& a, const std::vector<DType>& dtypes, const std::vector<Shape>& shapes) {
  const std::string *names = a.in<std::string>(1), *slices = a.in<std::string>(2);
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(*a.in<std::string>(0)));
  int64_t bytes = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (IsPlain(dtypes[i]) &&
        !CheckedAdd(bytes, shapes[i].num_elements() * static_cast<int64_t>(SizeOf(dtypes[i])), &bytes))
      return ResourceExhausted("has too much to write");
  }
  WEIR_RETURN_IF_ERROR(writer.Reserve(bytes));
  for (size_t i = 0; i < shapes.size(); ++i) {
    Tensor t = Tensor::Wrap(dtypes[i], shapes[i], const_cast<void*>(a.in<void>(static_cast<int>(i) + 3)));
    Shape full;
    WEIR_ASSIGN_OR_RETURN(io::SliceSpec slice, io::SliceSpec::Parse(slices[i], &full));
    WEIR_RETURN_IF_ERROR(slices[i].empty() ? writer.Add(names[i], t) : writer.AddSlice(names[i], full, slice, t));
  }
  return writer.Finish();
}

Status PrepareSave(PrepareContext& c) {
  if (c.num_inputs() < 4) return InvalidArgument("has no tensors to save");
  WEIR_RETURN_IF_ERROR(CheckInputs(c, c.num_inputs() - 3));
  std::vector<DType> dtypes;
  std::vector<Shape> shapes;
  for (int i = 3; i < c.num_inputs(); ++i) {
    dtypes.push_back(c.input_dtype(i));
    shapes.push_back(c.input_shape(i));
    if (!IsSupported(dtypes.back())) return PrepareContext::NoKernelFor(dtypes.back());
  }
  c.SetRun([dtypes, shapes](RunArgs& a) {
    if (Status s = Write(a, dtypes, shapes); !s.ok()) a.Fail(s);
  });
  return {};
}

// One tensor, or the part of it that `slice` says.
Result<Tensor> ReadOne(const io::BundleReader& reader, const std::string& name, const std::string& slice) {
  if (slice.empty()) return reader.Read(name);
  Shape full;
  WEIR_ASSIGN_OR_RETURN(io::SliceSpec spec, io::SliceSpec::Parse(slice, &full));
  const io::BundleEntry* e = reader.Find(name);
  if (e && !(e->shape == full))
    return InvalidArgument(fmt::format("wants a part of '{}' of shape {}, which the checkpoint has as {}", name,
                                       full.ToString(), e->shape.ToString()));
  return reader.ReadSlice(name, spec);
}

// Why the values are read in Prepare: only they tell the outputs' shapes, and their sizes and checksums are known then.
Status PrepareRestore(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckInputs(c, c.num_outputs()));
  const Tensor *prefix = c.input_value(0), *names = c.input_value(1), *slices = c.input_value(2);
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(prefix->data<std::string>()[0]));
  std::vector<Tensor> tensors;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const std::string& name = names->data<std::string>()[i];
    const io::BundleEntry* e = reader.Find(name);
    if (e && e->dtype != c.output_dtype(i)) {
      return InvalidArgument(fmt::format("wants '{}' as {}, but the checkpoint '{}' has it as {}", name,
                                         DTypeName(c.output_dtype(i)), reader.prefix(), DTypeName(e->dtype)));
    }
    WEIR_ASSIGN_OR_RETURN(Tensor t, ReadOne(reader, name, slices->data<std::string>()[i]));
    if (c.output_known(i) && !(c.output_shape(i) == t.shape())) {
      return InvalidArgument(fmt::format("reads '{}' of shape {} where {} is expected", name, t.shape().ToString(),
                                         c.output_shape(i).ToString()));
    }
    c.set_output_shape(i, t.shape());
    tensors.push_back(std::move(t));
  }
  c.SetRun([tensors](RunArgs& a) {
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i].CopyTo(a.out<void>(static_cast<int>(i)));
  });
  return {};
}

Status Merge(const RunArgs& a, int64_t n, bool delete_folders) {
  std::vector<std::string> prefixes(a.in<std::string>(0), a.in<std::string>(0) + n);
  const std::string& destination = *a.in<std::string>(1);
  WEIR_RETURN_IF_ERROR(io::MergeBundles(prefixes, destination));
  for (const std::string& p : prefixes) {  // only folders that are empty now
    if (delete_folders && io::DirectoryOf(p) != io::DirectoryOf(destination)) rmdir(io::DirectoryOf(p).c_str());
  }
  return {};
}

Status PrepareMerge(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  if (c.input_shape(0).rank() != 1 || c.input_shape(1).rank() != 0)
    return InvalidArgument("wants a vector of prefixes and a scalar destination");
  c.SetRun([n = c.input_shape(0)[0], folders = c.attr<bool>("delete_old_dirs")](RunArgs& a) {
    if (Status s = Merge(a, n, folders); !s.ok()) a.Fail(s);
  });
  return {};
}

Status PrepareShardedFilename(PrepareContext& c) {
  for (int i = 0; i < 3; ++i) {
    if (c.input_shape(i).rank() != 0)
      return InvalidArgument(fmt::format("wants scalars, not the shape {}", c.input_shape(i).ToString()));
  }
  c.set_output_shape(0, {});
  c.SetRun([](RunArgs& a) {
    *a.out<std::string>(0) =
        fmt::format("{}-{:05}-of-{:05}", *a.in<std::string>(0), *a.in<int32_t>(1), *a.in<int32_t>(2));
  });
  return {};
}

}  // namespace

void RegisterIoKernels(KernelRegistry& r) {
  r.Add("SaveV2", PrepareSave);
  r.Add("RestoreV2", PrepareRestore).NeedsValue({0, 1, 2});
  r.Add("MergeV2Checkpoints", PrepareMerge);
  r.Add("ShardedFilename", PrepareShardedFilename);
}

}  // namespace weir
