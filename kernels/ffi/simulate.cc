// XLA FFI handlers of the simulation: read the layout, check every extent, run.
//
// Operands of both directions: parameters [c, p, n], states [c, x, n], words of the keys
// [c, k, 2], index of the first step; then the inputs [c, steps, 1 or n], the pasts of the
// channels [c, depth, n], the weights and delays of the sums [c, n, n] (of a local one the delays
// alone, [c, n]), and the targets of the squared errors [c, samples, n]. c is 1 (shared) or the number of candidates.
#include <string>
#include <string_view>
#include <vector>

#include "brainfit_fast/levels.h"
#include "nodes.h"
#include "parallel.h"
#include "team.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace brainfit_fast {
namespace {

// From this number of regions on, threads share the rows of a single candidate.
constexpr int64_t kSharedRows = 256;

template <ffi::DataType D>
const auto& kernels() {
  if constexpr (D == ffi::F32) {
    return active_level().simulate->f32;
  } else {
    return active_level().simulate->f64;
  }
}

std::string text_of(ffi::Span<const int64_t> shape) {
  std::string text = "(";
  for (int64_t extent : shape) text += std::to_string(extent) + ",";
  return text + ")";
}

// The static part of a call, as one list of numbers; the order is that of cpu_ffi.py.
struct Layout {
  struct Channel {
    int64_t state, feature, depth;
  };
  struct Sum {
    int64_t channel, delayed, local, wanted;
  };
  struct Observable {
    int64_t state, computed, stream;
  };
  int64_t steps, first, every, time_first, segment, stored, candidates, regions;
  std::vector<int64_t> inputs;  // whether the cotangent of each is wanted
  std::vector<Channel> channels;
  std::vector<Sum> sums;
  std::vector<Observable> observables;

  // An empty text if the numbers make sense together.
  std::string read(ffi::Span<const int64_t> numbers, const NodeEntry& node) {
    std::size_t at = 0;
    bool short_of = false;
    auto next = [&]() -> int64_t {
      if (at >= numbers.size()) {
        short_of = true;
        return 0;
      }
      return numbers[at++];
    };
    steps = next();
    first = next();
    every = next();
    time_first = next();
    segment = next();
    stored = next();
    candidates = next();
    regions = next();
    const int64_t counts[4] = {next(), next(), next(), next()};
    for (int64_t count : counts) {
      if (count < 0 || count > static_cast<int64_t>(numbers.size())) return "bad counts";
    }
    inputs.resize(counts[0]);
    for (int64_t& input : inputs) input = next();
    channels.resize(counts[1]);
    for (Channel& c : channels) c = {next(), next(), next()};
    sums.resize(counts[2]);
    for (Sum& s : sums) s = {next(), next(), next(), next()};
    observables.resize(counts[3]);
    for (Observable& o : observables) o = {next(), next(), next()};
    if (short_of || at != numbers.size()) return "the layout has the wrong length";
    if (!in_range(steps) || every < 1 || first < 0 || first >= steps || !in_range(segment) ||
        !in_range(candidates) || !in_range(regions) || regions > kMostRegions) {
      return "an extent is out of range";
    }
    if (stored != 0 && (node.features > 0 || node.observables > 0)) {
      return "only states can be kept";
    }
    if (counts[0] != node.inputs || counts[2] != node.sums) return "the node has other operands";
    for (const Channel& c : channels) {
      if (c.state < 0 || c.state >= node.states || c.feature < -1 || c.feature >= node.features ||
          !in_range(c.depth)) {
        return "a channel is out of range";
      }
    }
    for (const Sum& s : sums) {
      if (s.channel < 0 || s.channel >= counts[1]) return "a sum is out of range";
      if (s.local != 0 && s.wanted != 0) return "a local sum has no weights";
    }
    for (const Observable& o : observables) {
      const bool is_state = o.state >= 0 && o.state < node.states;
      const bool is_computed = o.state == -1 && o.computed >= 0 && o.computed < node.observables;
      if (!(is_state || is_computed) || o.stream < 0 || o.stream > 2) {
        return "an observable is out of range";
      }
    }
    return "";
  }

  int64_t samples() const { return (steps - first - 1) / every + 1; }

 private:
  // So that no product of extents overflows before it is compared with a shape.
  static constexpr int64_t kMostRegions = int64_t{1} << 24;
  static bool in_range(int64_t extent) { return extent >= 1 && extent <= INT32_MAX; }
};

// Takes operands or results one after the other and checks each one.
template <class Source>
class Taker {
 public:
  explicit Taker(Source& source, const char* what) : source_(source), what_(what) {}

  // The data of the next array, which must have that type and that shape.
  void* take(ffi::DataType type, const std::vector<int64_t>& shape) {
    return take_any(type, shape, 0).first;
  }

  // The next array, whose first extent is 1 or `candidates`: its data and its candidate stride.
  template <class T>
  Leaf<T> leaf(ffi::DataType type, int64_t candidates, std::vector<int64_t> shape) {
    shape.insert(shape.begin(), candidates);
    const auto [data, first] = take_any(type, shape, candidates);
    int64_t slice = 1;
    for (std::size_t k = 1; k < shape.size(); ++k) slice *= shape[k];
    return {static_cast<const T*>(data), first == 1 ? 0 : slice};
  }

  // The extent of an axis of the next array; -1 where it has none.
  int64_t peek(std::size_t axis) {
    auto buffer = source_.template get<ffi::AnyBuffer>(at_);
    if (!buffer.has_value()) return -1;
    const auto shape = dimensions(*buffer);
    return axis < shape.size() ? shape[axis] : -1;
  }

  bool ok() const { return problem_.empty(); }
  std::string problem() const { return problem_; }
  bool finished() {
    if (ok() && at_ != source_.size()) problem_ = std::string("too many ") + what_ + "s";
    return ok();
  }

 private:
  static ffi::Span<const int64_t> dimensions(ffi::AnyBuffer& buffer) { return buffer.dimensions(); }
  static ffi::Span<const int64_t> dimensions(ffi::Result<ffi::AnyBuffer>& buffer) {
    return buffer->dimensions();
  }
  static ffi::DataType type_of(ffi::AnyBuffer& buffer) { return buffer.element_type(); }
  static ffi::DataType type_of(ffi::Result<ffi::AnyBuffer>& buffer) {
    return buffer->element_type();
  }
  static void* data_of(ffi::AnyBuffer& buffer) { return buffer.untyped_data(); }
  static void* data_of(ffi::Result<ffi::AnyBuffer>& buffer) { return buffer->untyped_data(); }

  // `candidates` > 0 lets the first extent be 1 as well.
  std::pair<void*, int64_t> take_any(ffi::DataType type, const std::vector<int64_t>& shape,
                                     int64_t candidates) {
    if (!ok()) return {nullptr, 1};
    auto buffer = source_.template get<ffi::AnyBuffer>(at_);
    if (!buffer.has_value()) {
      problem_ = std::string("too few ") + what_ + "s";
      return {nullptr, 1};
    }
    const auto given = dimensions(*buffer);
    bool fits = given.size() == shape.size() && type_of(*buffer) == type;
    for (std::size_t k = 0; fits && k < shape.size(); ++k) {
      fits = given[k] == shape[k] || (k == 0 && candidates > 0 && given[k] == 1);
    }
    if (!fits) {
      problem_ = std::string(what_) + " " + std::to_string(at_) + " has shape " + text_of(given) +
                 ", expected " +
                 text_of(ffi::Span<const int64_t>(shape.data(), shape.size()));
      return {nullptr, 1};
    }
    ++at_;
    return {data_of(*buffer), given.size() == 0 ? 1 : given[0]};
  }

  Source& source_;
  const char* what_;
  std::size_t at_ = 0;
  std::string problem_;
};

// A problem with the storage that it points into.
template <ffi::DataType D>
struct Call {
  using T = ffi::NativeType<D>;
  explicit Call(const char* name) : op(name) {}

  const char* op;
  const NodeEntry* node = nullptr;
  Layout layout;
  Problem<T> problem{};
  std::vector<Leaf<T>> inputs;
  std::vector<int64_t> input_widths;
  std::vector<ChannelSpec<T>> channels;
  std::vector<SumSpec<T>> sums;
  std::vector<ObservableSpec<T>> observables;

  ffi::Error read(std::string_view key, ffi::Span<const int64_t> numbers) {
    node = find_node(key);
    if (node == nullptr) {
      return fail("the node model " + std::string(key) + " is not compiled for " +
                  active_level().name);
    }
    if (node->element_bytes != static_cast<int64_t>(sizeof(T))) {
      return fail("the node model has another dtype");
    }
    const std::string wrong = layout.read(numbers, *node);
    return wrong.empty() ? ffi::Error::Success() : fail(wrong);
  }

  ffi::Error fail(const std::string& text) const {
    return ffi::Error::InvalidArgument(std::string(op) + ": " + text);
  }

  // The operands of both directions.
  bool take(Taker<ffi::RemainingArgs>& args) {
    const int64_t c = layout.candidates, n = layout.regions;
    problem.node = node;
    problem.candidates = c;
    problem.regions = n;
    problem.steps = layout.steps;
    problem.first = layout.first;
    problem.every = layout.every;
    problem.time_first = layout.time_first != 0;
    problem.samples = layout.samples();
    problem.segment = layout.segment;
    problem.stored = layout.stored != 0;
    problem.parameters = args.template leaf<T>(D, c, {node->parameters, n});
    problem.states = args.template leaf<T>(D, c, {node->states, n});
    problem.keys = args.template leaf<uint32_t>(ffi::U32, c, {node->keys, 2});
    const void* start = args.take(ffi::S32, {});
    problem.start = start == nullptr ? 0 : *static_cast<const int32_t*>(start);
    for (std::size_t k = 0; k < layout.inputs.size(); ++k) {
      const int64_t width = args.peek(2) == n ? n : 1;
      inputs.push_back(args.template leaf<T>(D, c, {layout.steps, width}));
      input_widths.push_back(width);
    }
    for (const Layout::Channel& channel : layout.channels) {
      channels.push_back({channel.state, channel.feature, channel.depth,
                          args.template leaf<T>(D, c, {channel.depth, n})});
    }
    for (const Layout::Sum& sum : layout.sums) {
      SumSpec<T> spec{sum.channel, sum.delayed != 0, sum.local != 0, {}, {}};
      std::vector<int64_t> shape{n, n};
      if (spec.local) shape.pop_back();
      if (!spec.local) spec.weights = args.template leaf<T>(D, c, shape);
      if (spec.delayed) spec.delays = args.template leaf<int32_t>(ffi::S32, c, shape);
      sums.push_back(spec);
    }
    for (const Layout::Observable& o : layout.observables) {
      ObservableSpec<T> spec{o.state, o.computed, static_cast<Stream>(o.stream), {}};
      if (spec.stream == Stream::kSquares) {
        spec.target = args.template leaf<T>(D, c, {problem.samples, n});
      }
      observables.push_back(spec);
    }
    problem.inputs = inputs.data();
    problem.input_widths = input_widths.data();
    problem.channel_count = static_cast<int64_t>(channels.size());
    problem.channels = channels.data();
    problem.sum_count = static_cast<int64_t>(sums.size());
    problem.sums = sums.data();
    problem.observable_count = static_cast<int64_t>(observables.size());
    problem.observables = observables.data();
    return args.ok();
  }

  // A delay outside the ring would read foreign memory.
  bool delays_fit() const {
    const int64_t n = layout.regions;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      if (!sums[k].delayed) continue;
      const int64_t depth = channels[static_cast<std::size_t>(sums[k].channel)].depth;
      const int64_t slices = sums[k].delays.stride == 0 ? 1 : layout.candidates;
      const int64_t count = slices * (sums[k].local ? n : n * n);
      for (int64_t i = 0; i < count; ++i) {
        const int32_t delay = sums[k].delays.data[i];
        if (delay < 0 || delay >= depth) return false;
      }
    }
    return true;
  }

  std::vector<int64_t> observable_shape(const Layout::Observable& o) const {
    const int64_t c = layout.candidates, n = layout.regions;
    switch (static_cast<Stream>(o.stream)) {
      case Stream::kSamples:
        if (layout.time_first != 0) return {layout.samples(), c, n};
        return {c, layout.samples(), n};
      case Stream::kMoments:
        return {c, n + n * n};
      case Stream::kSquares:
        return {c, n};
    }
    return {};
  }
};

// Runs a kernel with the pool's threads over candidates, or over the rows of a single one.
template <class P, class Run>
bool with_threads(ffi::ThreadPool& pool, P& problem, Run run) {
  struct Context {
    ffi::ThreadPool& pool;
  } context{pool};
  problem.over_candidates = {
      pool.num_threads(), &context, [](void* own, int64_t count, void (*work)(void*, int64_t), void* argument) {
        parallel_for(static_cast<Context*>(own)->pool, count,
                     [work, argument](int64_t i) { work(argument, i); });
      }};
  const int64_t helpers = pool.num_threads() - 1;
  if (problem.candidates == 1 && problem.regions >= kSharedRows && helpers > 0) {
    RowTeam team(pool, helpers < 3 ? helpers : 3);
    problem.over_rows = team.share();
    return run();
  }
  return run();
}

ffi::Error no_memory(const char* op) {
  return ffi::Error(ffi::ErrorCode::kResourceExhausted, std::string(op) + ": no memory");
}

template <ffi::DataType D>
ffi::Error forward(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets rets,
                   std::string_view node, ffi::Span<const int64_t> layout, bool checkpointed) {
  using T = ffi::NativeType<D>;
  Call<D> call("brainfit_fast_simulate_forward");
  if (ffi::Error error = call.read(node, layout); error.failure()) return error;
  Taker<ffi::RemainingArgs> operands(args, "operand");
  if (!call.take(operands) || !operands.finished()) return call.fail(operands.problem());
  if (!call.delays_fit()) return call.fail("a delay is negative or longer than the history");

  const Layout& l = call.layout;
  const int64_t c = l.candidates, n = l.regions;
  Taker<ffi::RemainingRets> results(rets, "result");
  std::vector<T*> observables, pasts;
  for (const Layout::Observable& o : l.observables) {
    observables.push_back(static_cast<T*>(results.take(D, call.observable_shape(o))));
  }
  T* states = static_cast<T*>(results.take(D, {c, call.node->states, n}));
  auto* keys = static_cast<uint32_t*>(results.take(ffi::U32, {c, call.node->keys, 2}));
  for (const Layout::Channel& channel : l.channels) {
    pasts.push_back(static_cast<T*>(results.take(D, {c, channel.depth, n})));
  }
  bool* finite = static_cast<bool*>(results.take(ffi::PRED, {c}));
  T *checkpoints = nullptr, *trajectories = nullptr;
  if (checkpointed) {
    checkpoints = static_cast<T*>(
        results.take(D, {c, call.problem.checkpoint_count(), call.problem.checkpoint_size()}));
    if (l.stored) trajectories = static_cast<T*>(results.take(D, {c, call.problem.trajectory_size()}));
  }
  if (!results.finished()) return call.fail(results.problem());
  const ForwardResult<T> result{observables.data(), states, keys, pasts.data(),
                                finite, checkpoints, trajectories};
  const bool done = with_threads(
      pool, call.problem, [&] { return kernels<D>().forward(call.problem, result); });
  return done ? ffi::Error::Success() : no_memory(call.op);
}

// After the operands of both directions: the checkpoints, the kept trajectories, the cotangents of the observables, the
// moments of the forward run, the cotangents of the final states and pasts.
template <ffi::DataType D>
ffi::Error backward(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets rets,
                    std::string_view node, ffi::Span<const int64_t> layout) {
  using T = ffi::NativeType<D>;
  Call<D> call("brainfit_fast_simulate_backward");
  if (ffi::Error error = call.read(node, layout); error.failure()) return error;
  if (call.node->adjoint == nullptr) return call.fail("the node model has no adjoint");
  Taker<ffi::RemainingArgs> operands(args, "operand");
  call.take(operands);
  const Layout& l = call.layout;
  const int64_t c = l.candidates, n = l.regions;
  std::vector<const T*> observables, means, pasts;
  const T* checkpoints = static_cast<const T*>(
      operands.take(D, {c, call.problem.checkpoint_count(), call.problem.checkpoint_size()}));
  const T* trajectories =
      l.stored ? static_cast<const T*>(operands.take(D, {c, call.problem.trajectory_size()})) : nullptr;
  for (const Layout::Observable& o : l.observables) {
    observables.push_back(static_cast<const T*>(operands.take(D, call.observable_shape(o))));
  }
  for (const Layout::Observable& o : l.observables) {
    const bool moments = static_cast<Stream>(o.stream) == Stream::kMoments;
    means.push_back(
        moments ? static_cast<const T*>(operands.take(D, call.observable_shape(o))) : nullptr);
  }
  const T* states = static_cast<const T*>(operands.take(D, {c, call.node->states, n}));
  for (const Layout::Channel& channel : l.channels) {
    pasts.push_back(static_cast<const T*>(operands.take(D, {c, channel.depth, n})));
  }
  if (!operands.finished()) return call.fail(operands.problem());
  if (!call.delays_fit()) return call.fail("a delay is negative or longer than the history");

  Taker<ffi::RemainingRets> results(rets, "result");
  std::vector<T*> past_bars, weight_bars, input_bars;
  T* parameter_bars = static_cast<T*>(results.take(D, {c, call.node->parameters, n}));
  T* state_bars = static_cast<T*>(results.take(D, {c, call.node->states, n}));
  for (const Layout::Channel& channel : l.channels) {
    past_bars.push_back(static_cast<T*>(results.take(D, {c, channel.depth, n})));
  }
  for (std::size_t k = 0; k < l.sums.size(); ++k) {
    const int64_t groups = weight_groups(call.sums[k].weights.stride == 0, c);
    weight_bars.push_back(
        l.sums[k].wanted != 0 ? static_cast<T*>(results.take(D, {groups, n, n})) : nullptr);
  }
  for (int64_t wanted : l.inputs) {
    input_bars.push_back(
        wanted != 0 ? static_cast<T*>(results.take(D, {c, l.steps, n})) : nullptr);
  }
  if (!results.finished()) return call.fail(results.problem());
  const BackwardInput<T> input{checkpoints,  trajectories, observables.data(),
                               means.data(), states,       pasts.data()};
  const BackwardResult<T> result{parameter_bars, state_bars, past_bars.data(), weight_bars.data(),
                                 input_bars.data()};
  const bool done = with_threads(
      pool, call.problem, [&] { return kernels<D>().backward(call.problem, input, result); });
  return done ? ffi::Error::Success() : no_memory(call.op);
}

auto bind_forward() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .RemainingArgs()
      .RemainingRets()
      .Attr<std::string_view>("node")
      .Attr<ffi::Span<const int64_t>>("layout")
      .Attr<bool>("checkpointed");
}

auto bind_backward() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .RemainingArgs()
      .RemainingRets()
      .Attr<std::string_view>("node")
      .Attr<ffi::Span<const int64_t>>("layout");
}

}  // namespace
}  // namespace brainfit_fast

namespace bf = brainfit_fast;

XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_simulate_forward_f32, bf::forward<ffi::F32>,
                              bf::bind_forward());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_simulate_forward_f64, bf::forward<ffi::F64>,
                              bf::bind_forward());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_simulate_backward_f32, bf::backward<ffi::F32>,
                              bf::bind_backward());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_simulate_backward_f64, bf::backward<ffi::F64>,
                              bf::bind_backward());
