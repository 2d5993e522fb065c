// The vector maths as functions on arrays, compiled once per CPU level; for tests.
#include "brainfit_fast/levels.h"
#include "brainfit_fast/maths.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace {

// f on whole vectors of `Bytes`; what is left over goes through a padded one.
template <class T, int Bytes, class F>
void apply(F f, const T* x, const T* y, int64_t n, T* out) {
  typedef T V __attribute__((vector_size(Bytes)));
  constexpr int kCount = Bytes / static_cast<int>(sizeof(T));
  if (y == nullptr) y = x;
  int64_t i = 0;
  for (; i + kCount <= n; i += kCount) {
    V a, b, c;
    __builtin_memcpy(&a, x + i, sizeof(V));
    __builtin_memcpy(&b, y + i, sizeof(V));
    f(a, b, c);
    __builtin_memcpy(out + i, &c, sizeof(V));
  }
  if (i == n) return;
  const uint64_t left = sizeof(T) * static_cast<uint64_t>(n - i);
  V a = {}, b = {}, c;
  __builtin_memcpy(&a, x + i, left);
  __builtin_memcpy(&b, y + i, left);
  f(a, b, c);
  __builtin_memcpy(out + i, &c, left);
}

// As apply, in vectors of a register or, for tests of other widths, of 16 or 128 bytes.
#define BRAINFIT_FAST_ROW_OF(label, bytes, expression)                      \
  {label,                                                                   \
   [](const float* x, const float* y, int64_t n, float* out) {              \
     auto f = [](auto& a, auto& b, auto& c) { (void)b; c = expression; };   \
     apply<float, bytes>(f, x, y, n, out);                                  \
   },                                                                       \
   [](const double* x, const double* y, int64_t n, double* out) {           \
     auto f = [](auto& a, auto& b, auto& c) { (void)b; c = expression; };   \
     apply<double, bytes>(f, x, y, n, out);                                 \
   }}
#define BRAINFIT_FAST_ROW(label, expression) BRAINFIT_FAST_ROW_OF(label, kVectorBytes, expression)
#define BRAINFIT_FAST_UNARY(name) BRAINFIT_FAST_ROW(#name, lanes::name(a))
#define BRAINFIT_FAST_BINARY(name) BRAINFIT_FAST_ROW(#name, lanes::name(a, b))
#define BRAINFIT_FAST_WIDTHS(name, expression)               \
  BRAINFIT_FAST_ROW_OF(name "@16", 16, expression),          \
      BRAINFIT_FAST_ROW_OF(name "@128", 128, expression)

const MathsFunction kFunctions[] = {
    BRAINFIT_FAST_UNARY(exp),     BRAINFIT_FAST_UNARY(exp2),      BRAINFIT_FAST_UNARY(expm1),
    BRAINFIT_FAST_UNARY(exprel),  BRAINFIT_FAST_UNARY(log),       BRAINFIT_FAST_UNARY(log1p),
    BRAINFIT_FAST_UNARY(tanh),    BRAINFIT_FAST_UNARY(logistic),  BRAINFIT_FAST_UNARY(sin),
    BRAINFIT_FAST_UNARY(cos),     BRAINFIT_FAST_UNARY(tan),       BRAINFIT_FAST_UNARY(asin),
    BRAINFIT_FAST_UNARY(acos),    BRAINFIT_FAST_UNARY(atan),      BRAINFIT_FAST_BINARY(atan2),
    BRAINFIT_FAST_UNARY(sinh),    BRAINFIT_FAST_UNARY(cosh),      BRAINFIT_FAST_UNARY(asinh),
    BRAINFIT_FAST_UNARY(acosh),   BRAINFIT_FAST_UNARY(atanh),     BRAINFIT_FAST_UNARY(erf),
    BRAINFIT_FAST_UNARY(erfc),    BRAINFIT_FAST_UNARY(erf_inv),   BRAINFIT_FAST_UNARY(lgamma),
    BRAINFIT_FAST_UNARY(digamma), BRAINFIT_FAST_BINARY(pow),      BRAINFIT_FAST_UNARY(sqrt),
    BRAINFIT_FAST_UNARY(rsqrt),   BRAINFIT_FAST_UNARY(cbrt),      BRAINFIT_FAST_UNARY(floor),
    BRAINFIT_FAST_UNARY(ceil),    BRAINFIT_FAST_UNARY(round),     BRAINFIT_FAST_UNARY(round_even),
    BRAINFIT_FAST_BINARY(rem),    BRAINFIT_FAST_BINARY(nextafter), BRAINFIT_FAST_UNARY(abs),
    BRAINFIT_FAST_UNARY(sign),    BRAINFIT_FAST_BINARY(min),      BRAINFIT_FAST_BINARY(max),
    BRAINFIT_FAST_UNARY(square),  BRAINFIT_FAST_UNARY(inverse_exprel),
    BRAINFIT_FAST_ROW("select", lanes::select(a < b, a, b)),
    BRAINFIT_FAST_ROW("is_finite", lanes::select(lanes::is_finite(a), b, b - b)),
    // One exponent for all: that of the first lane.
    BRAINFIT_FAST_ROW("integer_pow", lanes::integer_pow(a, static_cast<int>(b[0]))),
    BRAINFIT_FAST_WIDTHS("exp", lanes::exp(a)),
    BRAINFIT_FAST_WIDTHS("expm1", lanes::expm1(a)),
    BRAINFIT_FAST_WIDTHS("exprel", lanes::exprel(a)),
    BRAINFIT_FAST_WIDTHS("inverse_exprel", lanes::inverse_exprel(a)),
    BRAINFIT_FAST_WIDTHS("log1p", lanes::log1p(a)),
    BRAINFIT_FAST_WIDTHS("tanh", lanes::tanh(a)),
    BRAINFIT_FAST_WIDTHS("sin", lanes::sin(a)),
    BRAINFIT_FAST_WIDTHS("pow", lanes::pow(a, b)),
    BRAINFIT_FAST_WIDTHS("erf_inv", lanes::erf_inv(a)),
    BRAINFIT_FAST_WIDTHS("floor", lanes::floor(a)),
    BRAINFIT_FAST_WIDTHS("max", lanes::max(a, b)),
};

}  // namespace

const MathsTable maths = {kFunctions, sizeof(kFunctions) / sizeof(kFunctions[0])};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
