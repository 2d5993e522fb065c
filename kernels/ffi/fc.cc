// XLA FFI handlers of functional connectivity: check every dimension, then one item of work
// per candidate.
#include <atomic>
#include <string>

#include "brainfit_fast/levels.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace brainfit_fast {
namespace {

template <ffi::DataType D>
using Native = ffi::NativeType<D>;

template <class T>
const FcKernels<T>& kernels();
template <>
const FcKernels<float>& kernels<float>() {
  return active_level().fc->f32;
}
template <>
const FcKernels<double>& kernels<double>() {
  return active_level().fc->f64;
}

using Dimensions = ffi::Span<const int64_t>;

bool equals(Dimensions given, std::initializer_list<int64_t> expected) {
  if (given.size() != expected.size()) return false;
  std::size_t axis = 0;
  for (int64_t extent : expected) {
    if (given[axis++] != extent) return false;
  }
  return true;
}

ffi::Error wrong_shape(const char* op, const char* name, Dimensions given,
                       std::initializer_list<int64_t> expected) {
  std::string text = std::string(op) + ": " + name + " has shape (";
  for (std::size_t axis = 0; axis < given.size(); ++axis) {
    text += std::to_string(given[axis]) + ",";
  }
  text += "), expected (";
  for (int64_t extent : expected) text += std::to_string(extent) + ",";
  return ffi::Error::InvalidArgument(text + ")");
}

ffi::Error no_memory(const char* op) {
  return ffi::Error(ffi::ErrorCode::kResourceExhausted,
                    std::string(op) + ": no memory for the scratch space of one candidate");
}

#define CHECK_SHAPE(op, buffer, ...)                                             \
  if (!equals((buffer).dimensions(), {__VA_ARGS__})) {                           \
    return wrong_shape(op, #buffer, (buffer).dimensions(), {__VA_ARGS__});       \
  }

// x [c, t, n]  ->  fc [c, n, n], mean [c, n] (of x - x_0), inverse_norm [c, n]
template <ffi::DataType D>
ffi::Error forward(ffi::ThreadPool pool, ffi::Buffer<D, 3> x, ffi::Result<ffi::Buffer<D, 3>> fc,
                   ffi::Result<ffi::Buffer<D, 2>> mean,
                   ffi::Result<ffi::Buffer<D, 2>> inverse_norm) {
  using T = Native<D>;
  const char* op = "brainfit_fast_fc_forward";
  const int64_t c = x.dimensions()[0], t = x.dimensions()[1], n = x.dimensions()[2];
  if (t < 1 || n < 1) return ffi::Error::InvalidArgument(std::string(op) + ": x is empty");
  CHECK_SHAPE(op, *fc, c, n, n);
  CHECK_SHAPE(op, *mean, c, n);
  CHECK_SHAPE(op, *inverse_norm, c, n);

  const FcKernels<T>& k = kernels<T>();
  const T* x_data = x.typed_data();
  T* fc_data = fc->typed_data();
  T* mean_data = mean->typed_data();
  T* inverse_data = inverse_norm->typed_data();
  std::atomic<bool> failed{false};
  parallel_for(pool, c, [=, &k, &failed](int64_t i) {
    Scratch<T> scratch(k.forward_scratch(n));
    if (scratch.get() == nullptr) {
      failed = true;
      return;
    }
    k.forward(x_data + i * t * n, t, n, fc_data + i * n * n, mean_data + i * n,
              inverse_data + i * n, scratch.get());
  });
  return failed ? no_memory(op) : ffi::Error::Success();
}

// residuals of forward, cotangent [c, n, n]  ->  dx [c, t, n]
template <ffi::DataType D>
ffi::Error backward(ffi::ThreadPool pool, ffi::Buffer<D, 3> x, ffi::Buffer<D, 2> mean,
                    ffi::Buffer<D, 2> inverse_norm, ffi::Buffer<D, 3> fc,
                    ffi::Buffer<D, 3> cotangent, ffi::Result<ffi::Buffer<D, 3>> dx) {
  using T = Native<D>;
  const char* op = "brainfit_fast_fc_backward";
  const int64_t c = x.dimensions()[0], t = x.dimensions()[1], n = x.dimensions()[2];
  if (t < 1 || n < 1) return ffi::Error::InvalidArgument(std::string(op) + ": x is empty");
  CHECK_SHAPE(op, mean, c, n);
  CHECK_SHAPE(op, inverse_norm, c, n);
  CHECK_SHAPE(op, fc, c, n, n);
  CHECK_SHAPE(op, cotangent, c, n, n);
  CHECK_SHAPE(op, *dx, c, t, n);

  const FcKernels<T>& k = kernels<T>();
  const T* x_data = x.typed_data();
  const T* mean_data = mean.typed_data();
  const T* inverse_data = inverse_norm.typed_data();
  const T* fc_data = fc.typed_data();
  const T* cotangent_data = cotangent.typed_data();
  T* dx_data = dx->typed_data();
  std::atomic<bool> failed{false};
  parallel_for(pool, c, [=, &k, &failed](int64_t i) {
    Scratch<T> scratch(k.backward_scratch(n));
    if (scratch.get() == nullptr) {
      failed = true;
      return;
    }
    k.backward(x_data + i * t * n, t, n, mean_data + i * n, inverse_data + i * n,
               fc_data + i * n * n, cotangent_data + i * n * n, dx_data + i * t * n,
               scratch.get());
  });
  return failed ? no_memory(op) : ffi::Error::Success();
}

template <ffi::DataType D>
auto bind_forward() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .Arg<ffi::Buffer<D, 3>>()   // x
      .template Ret<ffi::Buffer<D, 3>>()   // fc
      .template Ret<ffi::Buffer<D, 2>>()   // mean
      .template Ret<ffi::Buffer<D, 2>>();  // inverse_norm
}

template <ffi::DataType D>
auto bind_backward() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .Arg<ffi::Buffer<D, 3>>()   // x
      .template Arg<ffi::Buffer<D, 2>>()   // mean
      .template Arg<ffi::Buffer<D, 2>>()   // inverse_norm
      .template Arg<ffi::Buffer<D, 3>>()   // fc
      .template Arg<ffi::Buffer<D, 3>>()   // cotangent
      .template Ret<ffi::Buffer<D, 3>>();  // dx
}

}  // namespace
}  // namespace brainfit_fast

namespace bf = brainfit_fast;

XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_fc_forward_f32, bf::forward<ffi::F32>,
                              bf::bind_forward<ffi::F32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_fc_forward_f64, bf::forward<ffi::F64>,
                              bf::bind_forward<ffi::F64>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_fc_backward_f32, bf::backward<ffi::F32>,
                              bf::bind_backward<ffi::F32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(brainfit_fast_fc_backward_f64, bf::backward<ffi::F64>,
                              bf::bind_backward<ffi::F64>());
