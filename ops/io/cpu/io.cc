// Kernels that write and read files. They do so only where the session's caller allows file ops: a graph from
// somewhere else must not touch files because it was run.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "weir/ops/kernels.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/v1_checkpoint.h"

namespace weir {

namespace {

// Input 0 is a file's name or prefix; the `lists` inputs that follow it have a string for each of `tensors` tensors.
Status CheckInputs(const PrepareContext& c, int tensors, int lists) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  for (int i = 0; i <= lists; ++i) {
    if (c.input_dtype(i) != kString)
      return InvalidArgument(fmt::format("wants strings for input {}, not {}", i, DTypeName(c.input_dtype(i))));
  }
  if (c.input_shape(0).rank() != 0)
    return InvalidArgument(fmt::format("wants a scalar as prefix, not the shape {}", c.input_shape(0).ToString()));
  for (int i = 1; i <= lists; ++i) {
    if (c.input_shape(i).rank() == 1 && c.input_shape(i)[0] == tensors) continue;
    return InvalidArgument(fmt::format("wants a vector of {} {}, not the shape {}", tensors,
                                       i == 1 ? "names" : "slices", c.input_shape(i).ToString()));
  }
  return {};
}

struct Saved {
  std::vector<DType> dtypes;
  std::vector<Shape> shapes;
  bool slices = true;  // input 2 tells parts
};

template <class Writer>
Status AddAll(const RunArgs& a, const Saved& what, Writer& writer) {
  const std::string *names = a.in<std::string>(1), *slices = what.slices ? a.in<std::string>(2) : nullptr;
  for (size_t i = 0; i < what.shapes.size(); ++i) {
    const int input = static_cast<int>(i) + (slices ? 3 : 2);
    Tensor t = Tensor::Wrap(what.dtypes[i], what.shapes[i], const_cast<void*>(a.in<void>(input)));
    Shape full;
    WEIR_ASSIGN_OR_RETURN(io::SliceSpec slice, io::SliceSpec::Parse(slices ? slices[i] : "", &full));
    WEIR_RETURN_IF_ERROR(slice.start.empty() ? writer.Add(names[i], t) : writer.AddSlice(names[i], full, slice, t));
  }
  return {};
}

Status WriteV2(const RunArgs& a, const Saved& what) {
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(*a.in<std::string>(0)));
  int64_t bytes = 0;
  for (size_t i = 0; i < what.shapes.size(); ++i) {
    if (IsPlain(what.dtypes[i]) &&
        !CheckedAdd(bytes, what.shapes[i].num_elements() * static_cast<int64_t>(SizeOf(what.dtypes[i])), &bytes))
      return ResourceExhausted("has too much to write");
  }
  WEIR_RETURN_IF_ERROR(writer.Reserve(bytes));
  WEIR_RETURN_IF_ERROR(AddAll(a, what, writer));
  return writer.Finish();
}

Status WriteV1(const RunArgs& a, const Saved& what) {
  io::V1Writer writer;
  WEIR_RETURN_IF_ERROR(AddAll(a, what, writer));
  return writer.Finish(*a.in<std::string>(0));
}

Status PrepareWriting(PrepareContext& c, bool slices, Status (*write)(const RunArgs&, const Saved&)) {
  const int first = slices ? 3 : 2;
  if (c.num_inputs() <= first) return InvalidArgument("has no tensors to save");
  WEIR_RETURN_IF_ERROR(CheckInputs(c, c.num_inputs() - first, first - 1));
  Saved what{{}, {}, slices};
  for (int i = first; i < c.num_inputs(); ++i) {
    what.dtypes.push_back(c.input_dtype(i));
    what.shapes.push_back(c.input_shape(i));
    if (!IsSupported(what.dtypes.back())) return PrepareContext::NoKernelFor(what.dtypes.back());
  }
  c.SetRun([what, write](RunArgs& a) {
    if (Status s = write(a, what); !s.ok()) a.Fail(s);
  });
  return {};
}

Status PrepareSaveV2(PrepareContext& c) { return PrepareWriting(c, true, WriteV2); }
Status PrepareSaveSlices(PrepareContext& c) { return PrepareWriting(c, true, WriteV1); }
Status PrepareSave(PrepareContext& c) { return PrepareWriting(c, false, WriteV1); }

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

// Reads output i's tensor, of the shape and dtype that the node has.
Result<Tensor> ReadFor(PrepareContext& c, int i, const io::BundleReader& reader, const std::string& name,
                       const std::string& slice) {
  const io::BundleEntry* e = reader.Find(name);
  if (e && e->dtype != c.output_dtype(i)) {
    return InvalidArgument(fmt::format("wants '{}' as {}, but the checkpoint '{}' has it as {}", name,
                                       DTypeName(c.output_dtype(i)), reader.prefix(), DTypeName(e->dtype)));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor t, ReadOne(reader, name, slice));
  if (c.output_known(i) && !(c.output_shape(i) == t.shape())) {
    return InvalidArgument(fmt::format("reads '{}' of shape {} where {} is expected", name, t.shape().ToString(),
                                       c.output_shape(i).ToString()));
  }
  c.set_output_shape(i, t.shape());
  return t;
}

// Why the values are read in Prepare: only they tell the outputs' shapes, and their sizes and checksums are known then.
Status PrepareReading(PrepareContext& c, bool slices) {
  const Tensor *prefix = c.input_value(0), *names = c.input_value(1), *parts = slices ? c.input_value(2) : nullptr;
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(prefix->data<std::string>()[0]));
  std::vector<Tensor> tensors;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const std::string part = parts ? parts->data<std::string>()[i] : "";
    WEIR_ASSIGN_OR_RETURN(Tensor t, ReadFor(c, i, reader, names->data<std::string>()[i], part));
    tensors.push_back(std::move(t));
  }
  c.SetRun([tensors](RunArgs& a) {
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i].CopyTo(a.out<void>(static_cast<int>(i)));
  });
  return {};
}

Status PrepareRestoreV2(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckInputs(c, c.num_outputs(), 2));
  return PrepareReading(c, true);
}

// Restore and RestoreSlice: one tensor, by scalars.
Status PrepareRestore(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input_dtype(i) == kString && c.input_shape(i).rank() == 0) continue;
    return InvalidArgument(fmt::format("wants a scalar string for input {}, not {}{}", i, DTypeName(c.input_dtype(i)),
                                       c.input_shape(i).ToString()));
  }
  return PrepareReading(c, c.num_inputs() == 3);
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

Status CheckScalars(const PrepareContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input_shape(i).rank() != 0)
      return InvalidArgument(fmt::format("wants scalars, not the shape {}", c.input_shape(i).ToString()));
  }
  return {};
}

Status PrepareShardedFilename(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScalars(c));
  c.set_output_shape(0, {});
  c.SetRun([](RunArgs& a) {
    *a.out<std::string>(0) =
        fmt::format("{}-{:05}-of-{:05}", *a.in<std::string>(0), *a.in<int32_t>(1), *a.in<int32_t>(2));
  });
  return {};
}

Status PrepareShardedFilespec(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScalars(c));
  c.set_output_shape(0, {});
  c.SetRun([](RunArgs& a) {
    *a.out<std::string>(0) = fmt::format("{}-\?\?\?\?\?-of-{:05}", *a.in<std::string>(0), *a.in<int32_t>(1));
  });
  return {};
}

// ---- files as they are

Status PrepareReadFile(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  WEIR_RETURN_IF_ERROR(CheckScalars(c));
  c.set_output_shape(0, {});
  c.SetRun([](RunArgs& a) {
    auto contents = io::ReadFile(*a.in<std::string>(0));
    if (contents.ok()) *a.out<std::string>(0) = std::move(*contents);
    else a.Fail(contents.status());
  });
  return {};
}

Status PrepareWriteFile(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  WEIR_RETURN_IF_ERROR(CheckScalars(c));
  c.SetRun([](RunArgs& a) {
    const std::string& path = *a.in<std::string>(0);
    std::error_code ignored;  // what cannot be made shows when the file is written
    std::filesystem::create_directories(io::DirectoryOf(path), ignored);
    if (Status s = io::WriteFile(path, *a.in<std::string>(1)); !s.ok()) a.Fail(std::move(s));
  });
  return {};
}

Status PrepareMatchingFiles(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  if (c.input_shape(0).rank() > 1) {
    return InvalidArgument(
        fmt::format("wants a pattern or a vector of them, not the shape {}", c.input_shape(0).ToString()));
  }
  const std::vector<std::string> names = io::MatchingFiles(c.input_value(0)->span<std::string>());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {static_cast<int64_t>(names.size())}));
  c.SetRun([names](RunArgs& a) { std::copy(names.begin(), names.end(), a.out<std::string>(0)); });
  return {};
}

}  // namespace

void RegisterIoKernels(KernelRegistry& r) {
  r.Add("SaveV2", PrepareSaveV2);
  r.Add("Save", PrepareSave);
  r.Add("SaveSlices", PrepareSaveSlices);
  r.Add("RestoreV2", PrepareRestoreV2).NeedsValue({0, 1, 2});
  r.Add("Restore", PrepareRestore).NeedsValue({0, 1});
  r.Add("RestoreSlice", PrepareRestore).NeedsValue({0, 1, 2});
  r.Add("MergeV2Checkpoints", PrepareMerge);
  r.Add("ShardedFilename", PrepareShardedFilename);
  r.Add("ShardedFilespec", PrepareShardedFilespec);
  r.Add("ReadFile", PrepareReadFile);
  r.Add("WriteFile", PrepareWriteFile);
  r.Add("MatchingFiles", PrepareMatchingFiles).NeedsValue({0});
}

}  // namespace weir
