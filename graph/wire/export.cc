#include "weir/graph/export.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "weir/graph/wire/export_meta.h"
#include "weir/graph/wire/export_value.h"
#include "weir/graph/wire/import_function.h"
#include "weir/graph/wire/import_value.h"
#include "weir/graph/wire/wire.h"
#include "weir/graph/text/text.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/model.pb.h"

namespace weir {

namespace {

constexpr int kProducer = 134;  // of graphs built here: TensorFlow 1.15's version, whose semantics Weir has

std::string Bytes(const google::protobuf::MessageLite& m) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  m.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

Result<std::string> Text(const google::protobuf::Message& m) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetHideUnknownFields(true);
  std::string text;
  if (!printer.PrintToString(m, &text)) return Internal("error[file]: the graph cannot be printed");
  return text;
}

// Writes attributes; `kept` are messages that say more than our values do, used where the value is still the same.
template <class Map> void AttrsToWire(const AttrMap& attrs, const Map& kept, Map* out) {
  for (const auto& [name, value] : attrs) {
    if (auto k = kept.find(name); k != kept.end()) {
      if (auto was = AttrFromWire(k->second); was.ok() && *was == value) {
        (*out)[name] = k->second;
        continue;
      }
    }
    AttrToWire(value, &(*out)[name]);
  }
}

// All but the inputs.
void NodeToWire(const Node& n, pb::NodeDef* p) {
  pb::NodeDef kept;
  if (!n.unknown_fields().empty() && !kept.ParseFromString(n.unknown_fields())) kept.Clear();
  p->set_name(n.name());
  p->set_op(n.op());
  p->set_device(n.device());
  AttrsToWire(n.attrs(), kept.attr(), p->mutable_attr());
  for (const std::string& origin : n.origins()) p->mutable_experimental_debug_info()->add_original_node_names(origin);
  kept.clear_attr();
  p->MergeFrom(kept);
}

// ---- functions

void ArgToWire(const ArgDef& a, pb::OpDef::ArgDef* p) {
  p->set_name(a.name);
  p->set_type(static_cast<pb::DataType>(a.type_attr.empty() ? a.type : DType::kInvalid));
  if (a.is_list) {
    p->set_type_list_attr(a.type_attr);
  } else {
    p->set_type_attr(a.type_attr);
  }
  p->set_number_attr(a.number_attr);
  p->set_is_ref(a.is_ref);
}

void SignatureToWire(const Function& f, pb::OpDef* p) {
  p->set_name(f.name);
  for (const ArgDef& a : f.args) ArgToWire(a, p->add_input_arg());
  for (const ArgDef& a : f.rets) ArgToWire(a, p->add_output_arg());
  for (const AttrDef& d : f.attr_defs) {
    auto* a = p->add_attr();
    a->set_name(d.name);
    a->set_type(d.kind);
    if (d.default_value) AttrToWire(*d.default_value, a->mutable_default_value());
    for (DType t : d.allowed_types) a->mutable_allowed_values()->mutable_list()->add_type(static_cast<pb::DataType>(t));
    for (const auto& s : d.allowed_strings) a->mutable_allowed_values()->mutable_list()->add_s(s);
    if (d.minimum) a->set_has_minimum(true), a->set_minimum(*d.minimum);
  }
  for (const auto& [name, node] : f.control_ret) p->add_control_output(name);
  p->set_is_stateful(f.stateful);
  p->set_description(f.doc);
}

// The signature of the file where it still says the same, since it may say more.
void WriteSignature(const Function& f, const pb::FunctionDef& kept, const OpRegistry* registry, pb::OpDef* p) {
  SignatureToWire(f, p);
  Function was(registry);
  if (!kept.has_signature() || !SignatureFromWire(kept.signature(), &was).ok()) return;
  was.control_ret = f.control_ret;
  pb::OpDef again;
  SignatureToWire(was, &again);
  if (Bytes(again) == Bytes(*p)) p->CopyFrom(kept.signature());
}

class BodyWriter {
 public:
  BodyWriter(const Graph& g, const Function& f, pb::FunctionDef* p) : g_(g), f_(f), p_(p) {}

  Status Write() {
    for (NodeId id : f_.body.nodes()) {
      const Node& n = f_.body[id];
      if (n.Is("_Arg")) continue;
      if (n.Is("_Retval")) {
        WEIR_RETURN_IF_ERROR(WriteResult(n));
        continue;
      }
      pb::NodeDef* node = p_->add_node_def();
      NodeToWire(n, node);
      node->mutable_attr()->erase(kOutputNames);
      for (Endpoint e : n.inputs()) {
        WEIR_ASSIGN_OR_RETURN(*node->add_input(), Reference(e));
      }
      for (NodeId c : n.control_inputs()) node->add_input("^" + f_.body[c].name());
    }
    for (const ArgDef& r : f_.rets) {
      if (!p_->ret().contains(r.name)) return Fail(fmt::format("it does not say what it returns as '{}'", r.name));
    }
    return {};
  }

 private:
  Status Fail(const std::string& what) const {
    return InvalidArgument(fmt::format("error[function]: function '{}' cannot be written: {}", f_.name, what));
  }

  Status WriteResult(const Node& n) {
    auto index = n.attr<int64_t>("index");
    if (index < 0 || index >= static_cast<int64_t>(f_.rets.size()) || n.inputs().size() != 1)
      return Fail(fmt::format("'{}' is no result of it", n.name()));
    WEIR_ASSIGN_OR_RETURN((*p_->mutable_ret())[f_.rets[index].name], Reference(n.input(0)));
    return {};
  }

  // "argument" or "node:output:k".
  Result<std::string> Reference(Endpoint e) const {
    const Node& n = f_.body[e.node];
    if (n.Is("_Arg")) {
      auto index = n.attr<int64_t>("index");
      if (index < 0 || index >= static_cast<int64_t>(f_.args.size()))
        return Fail(fmt::format("'{}' is no argument of it", n.name()));
      return f_.args[index].name;
    }
    const Function* call = g_.FindFunction(n.op());
    if (!n.def() && !call) return UnknownReference(n, e.index);
    int begin = 0;
    for (const ArgDef& a : n.def() ? n.def()->outputs() : call->rets) {
      const int size = static_cast<int>(a.Count(n.FindAttr(a.counted_by())).value_or(1));
      if (e.index < begin + size) return fmt::format("{}:{}:{}", n.name(), a.name, e.index - begin);
      begin += size;
    }
    return Fail(fmt::format("'{}' has no output {}", n.name(), e.index));
  }

  // As the file had it: see import_function.h.
  Result<std::string> UnknownReference(const Node& n, int index) const {
    const AttrList names = n.attr<AttrList>(kOutputNames);
    if (index >= static_cast<int>(names.s.size()))
      return Fail(fmt::format("the op '{}' of '{}' is not known", n.op(), n.name()));
    return n.name() + (names.s[index].starts_with(":") ? "" : ":") + names.s[index];
  }

  const Graph& g_;
  const Function& f_;
  pb::FunctionDef* p_;
};

Status FunctionToWire(const Graph& g, const Function& f, pb::FunctionDef* p) {
  pb::FunctionDef kept;
  if (!f.unknown_fields.empty() && !kept.ParseFromString(f.unknown_fields)) kept.Clear();
  if (f.body.num_nodes() == 0 && (kept.node_def_size() || kept.ret_size())) {  // kept as it was: see import_function.h
    p->Swap(&kept);
    return {};
  }
  WriteSignature(f, kept, &g.registry(), p->mutable_signature());
  AttrsToWire(f.attrs, kept.attr(), p->mutable_attr());
  for (const auto& [name, node] : f.control_ret) (*p->mutable_control_ret())[name] = node;
  WEIR_RETURN_IF_ERROR(BodyWriter(g, f, p).Write());
  kept.clear_signature(), kept.clear_attr();
  p->MergeFrom(kept);
  return {};
}

// ---- the graph

Status ToWire(const Graph& g, pb::GraphDef* p) {
  const Graph::FileInfo& info = g.file_info();
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    pb::NodeDef* node = p->add_node();
    NodeToWire(n, node);
    for (Endpoint e : n.inputs())
      node->add_input(e.index ? fmt::format("{}:{}", g[e.node].name(), e.index) : g[e.node].name());
    for (NodeId c : n.control_inputs()) node->add_input("^" + g[c].name());
  }
  for (const auto& [name, f] : g.functions()) {
    WEIR_RETURN_IF_ERROR(FunctionToWire(g, *f, p->mutable_library()->add_function()));
    if (f->gradient.empty()) continue;
    pb::GradientDef* gradient = p->mutable_library()->add_gradient();
    gradient->set_function_name(name), gradient->set_gradient_func(f->gradient);
  }
  if (!info.library_unknown_fields.empty()) {
    pb::FunctionDefLibrary kept;
    if (kept.ParseFromString(info.library_unknown_fields)) p->mutable_library()->MergeFrom(kept);
  }
  int producer = info.from_file ? info.producer : kProducer;
  if (producer || info.min_consumer || !info.bad_consumers.empty()) {
    p->mutable_versions()->set_producer(producer);
    p->mutable_versions()->set_min_consumer(info.min_consumer);
    p->mutable_versions()->mutable_bad_consumers()->Assign(info.bad_consumers.begin(), info.bad_consumers.end());
  }
  pb::GraphDef kept;
  if (!info.unknown_fields.empty() && kept.ParseFromString(info.unknown_fields)) p->MergeFrom(kept);
  return {};
}

Status TooLarge(const pb::GraphDef& p, size_t bytes) {
  std::vector<std::pair<size_t, std::string>> nodes;
  for (const auto& n : p.node()) nodes.push_back({n.ByteSizeLong(), n.name()});
  std::sort(nodes.rbegin(), nodes.rend());
  Status s = ResourceExhausted(fmt::format("error[file]: the graph has {} bytes; a message has at most 2 GiB", bytes));
  for (size_t i = 0; i < nodes.size() && i < 3; ++i)
    s = std::move(s).Detail(fmt::format("'{}' has {} bytes", nodes[i].second, nodes[i].first));
  return std::move(s).Help(
      "make large constants variables, saved in a checkpoint, or save them aside (SaveGraphOptions::constants_aside)");
}

}  // namespace

namespace wire {

Result<std::string> ExportGraphDef(const Graph& g) {
  google::protobuf::LogSilencer silence;  // what was kept of a file may have names that are no UTF-8
  pb::GraphDef p;
  WEIR_RETURN_IF_ERROR(ToWire(g, &p));
  if (size_t bytes = p.ByteSizeLong(); bytes > INT_MAX) return TooLarge(p, bytes);
  return Bytes(p);
}

Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta, bool text) {
  google::protobuf::LogSilencer silence;
  pb::MetaGraphDef p;
  WEIR_RETURN_IF_ERROR(ToWire(g, p.mutable_graph_def()));
  MetaToWire(meta, &p);
  if (size_t bytes = p.ByteSizeLong(); bytes > INT_MAX) return TooLarge(p.graph_def(), bytes);
  return text ? Text(p) : Bytes(p);
}

Result<std::string> ExportSavedModel(const GraphsWithMeta& graphs, bool text) {
  google::protobuf::LogSilencer silence;
  pb::SavedModel p;
  p.set_saved_model_schema_version(1);
  for (const auto& [g, meta] : graphs) {
    pb::MetaGraphDef* part = p.add_meta_graphs();
    WEIR_RETURN_IF_ERROR(ToWire(*g, part->mutable_graph_def()));
    MetaToWire(*meta, part);
    // Text holds the objects in part only, of which TensorFlow would make nothing; without any it goes by signatures.
    if (text) part->clear_object_graph_def();
    if (size_t bytes = p.ByteSizeLong(); bytes > INT_MAX) return TooLarge(part->graph_def(), bytes);
  }
  return text ? Text(p) : Bytes(p);
}

Result<std::string> ExportGraphDefText(const Graph& g) {
  google::protobuf::LogSilencer silence;
  pb::GraphDef p;
  WEIR_RETURN_IF_ERROR(ToWire(g, &p));
  return Text(p);
}

}  // namespace wire
}  // namespace weir
