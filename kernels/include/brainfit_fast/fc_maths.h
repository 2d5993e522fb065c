// Functional connectivity of one candidate, and its adjoint. No framework, raw pointers.
//
// With x [t, n], y = x - mean_t(x) and r_i = 1 / |y_i|:
//
//     fc_ij = r_i r_j  sum_t y_ti y_tj          (Pearson correlation; 1 on the diagonal)
//
// Deviations are taken from the first sample before they are averaged, so a large mean does
// not cancel and a constant region is exactly zero. A region whose |y|^2 is zero or not finite
// has r = 0: its correlations are zero, and so is its gradient.
//
// With G the cotangent of fc and S = G + G' without its diagonal, the gradient is one product:
//
//     dx = y A,   A_ij = r_i r_j S_ij (i != j),   A_ii = -r_i^2 sum_k S_ik fc_ik
#pragma once

#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
struct Fc {
  using V = Vec<T>;
  static constexpr int kLanes = V::kLanes;
  // A tile of kRows x kColumns vectors is held in registers.
  static constexpr int kRows = kManyRegisters ? 8 : 4;
  static constexpr int kColumns = kManyRegisters ? 3 : 2;
  // Time steps per block: a block of about 100 regions stays in the first-level cache.
  static constexpr int kSteps = 64;

  static int64_t padded(int64_t n) { return round_up(n, max_of(kLanes, kRows)); }

  // Elements of scratch memory that forward and backward need.
  static int64_t forward_scratch(int64_t n) {
    const int64_t p = padded(n);
    return p * p + kSteps * p + p;
  }
  static int64_t backward_scratch(int64_t n) {
    const int64_t p = padded(n);
    return p * p + 2 * kSteps * p;
  }

  static void forward(const T* x, int64_t t, int64_t n, T* fc, T* mean, T* inverse_norm,
                      T* scratch) {
    const int64_t p = padded(n);
    T* moment = scratch;           // [p, p], upper triangle
    T* block = moment + p * p;     // [kSteps, p]
    T* partial = block + kSteps * p;

    average(x, t, n, mean, partial);
    for (int64_t i = 0; i < p * p; ++i) moment[i] = 0;
    for (int64_t t0 = 0; t0 < t; t0 += kSteps) {
      const int64_t steps = min_of<int64_t>(kSteps, t - t0);
      centre(x, t0, steps, n, p, mean, block);
      accumulate(block, steps, p, moment);
    }
    normalise(moment, n, p, fc, inverse_norm);
  }

  static void backward(const T* x, int64_t t, int64_t n, const T* mean, const T* inverse_norm,
                       const T* fc, const T* cotangent, T* dx, T* scratch) {
    const int64_t p = padded(n);
    T* matrix = scratch;           // [p, p]
    T* block = matrix + p * p;     // [kSteps, p]
    T* product = block + kSteps * p;

    adjoint_matrix(n, p, inverse_norm, fc, cotangent, matrix);
    for (int64_t t0 = 0; t0 < t; t0 += kSteps) {
      const int64_t steps = min_of<int64_t>(kSteps, t - t0);
      centre(x, t0, steps, n, p, mean, block);
      // A region without a norm may hold NaN, and NaN times zero is NaN.
      for (int64_t i = 0; i < n; ++i) {
        if (inverse_norm[i] == 0) {
          for (int64_t s = 0; s < steps; ++s) block[s * p + i] = 0;
        }
      }
      for (int64_t i = steps * p; i < round_up(steps, kRows) * p; ++i) block[i] = 0;
      multiply(block, steps, n, p, matrix, product);
      for (int64_t s = 0; s < steps; ++s) {
        T* out = dx + (t0 + s) * n;
        for (int64_t i = 0; i < n; ++i) out[i] = product[s * p + i];
      }
    }
  }

 private:
  // mean_i = average over time of x_ti - x_0i, in blocks so that rounding does not grow with t.
  static void average(const T* x, int64_t t, int64_t n, T* mean, T* partial) {
    for (int64_t i = 0; i < n; ++i) mean[i] = 0;
    for (int64_t t0 = 0; t0 < t; t0 += kSteps) {
      const int64_t end = min_of<int64_t>(t0 + kSteps, t);
      for (int64_t i = 0; i < n; ++i) partial[i] = 0;
      for (int64_t s = t0; s < end; ++s) {
        const T* row = x + s * n;
        for (int64_t i = 0; i < n; ++i) partial[i] += row[i] - x[i];
      }
      for (int64_t i = 0; i < n; ++i) mean[i] += partial[i];
    }
    for (int64_t i = 0; i < n; ++i) mean[i] /= static_cast<T>(t);
  }

  // block [steps, p] = deviations of steps t0, t0 + 1, ...; zero in the padding.
  static void centre(const T* x, int64_t t0, int64_t steps, int64_t n, int64_t p, const T* mean,
                     T* block) {
    for (int64_t s = 0; s < steps; ++s) {
      const T* row = x + (t0 + s) * n;
      T* out = block + s * p;
      for (int64_t i = 0; i < n; ++i) out[i] = (row[i] - x[i]) - mean[i];
      for (int64_t i = n; i < p; ++i) out[i] = 0;
    }
  }

  // moment[i.., j..] += sum_s block[s, i..] block[s, j..] for one register tile.
  template <int C>
  static void moment_tile(const T* block, int64_t steps, int64_t p, int64_t i, int64_t j,
                          T* moment) {
    typename V::Type sum[kRows][C] = {};
    for (int64_t s = 0; s < steps; ++s) {
      const T* row = block + s * p;
      typename V::Type right[C];
      for (int c = 0; c < C; ++c) right[c] = V::load(row + j + c * kLanes);
      for (int r = 0; r < kRows; ++r) {
        for (int c = 0; c < C; ++c) sum[r][c] += row[i + r] * right[c];
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < C; ++c) {
        T* out = moment + (i + r) * p + j + c * kLanes;
        V::store(out, V::load(out) + sum[r][c]);
      }
    }
  }

  // The tiles that touch the upper triangle.
  static void accumulate(const T* block, int64_t steps, int64_t p, T* moment) {
    for (int64_t i = 0; i < p; i += kRows) {
      int64_t j = i / kLanes * kLanes;
      for (; j + kColumns * kLanes <= p; j += kColumns * kLanes) {
        moment_tile<kColumns>(block, steps, p, i, j, moment);
      }
      if (kColumns > 2 && j + 2 * kLanes <= p) {
        moment_tile<2>(block, steps, p, i, j, moment);
        j += 2 * kLanes;
      }
      if (j < p) moment_tile<1>(block, steps, p, i, j, moment);
    }
  }

  static void normalise(const T* moment, int64_t n, int64_t p, T* fc, T* inverse_norm) {
    const T largest = sizeof(T) == 4 ? static_cast<T>(__FLT_MAX__) : static_cast<T>(__DBL_MAX__);
    for (int64_t i = 0; i < n; ++i) {
      const T square = moment[i * p + i];
      const bool usable = square > 0 && square <= largest;  // false for NaN
      inverse_norm[i] = usable ? 1 / root(square) : 0;
    }
    for (int64_t i = 0; i < n; ++i) {
      fc[i * n + i] = 1;
      for (int64_t j = i + 1; j < n; ++j) {
        T r = 0;
        if (inverse_norm[i] != 0 && inverse_norm[j] != 0) {
          r = moment[i * p + j] * inverse_norm[i] * inverse_norm[j];
          r = r > 1 ? 1 : (r < -1 ? -1 : r);
        }
        fc[i * n + j] = r;
        fc[j * n + i] = r;
      }
    }
  }

  static void adjoint_matrix(int64_t n, int64_t p, const T* inverse_norm, const T* fc,
                             const T* cotangent, T* matrix) {
    for (int64_t i = 0; i < p * p; ++i) matrix[i] = 0;
    for (int64_t i = 0; i < n; ++i) {
      if (inverse_norm[i] == 0) continue;
      T diagonal = 0;
      for (int64_t j = 0; j < n; ++j) {
        if (j == i || inverse_norm[j] == 0) continue;
        const T both = cotangent[i * n + j] + cotangent[j * n + i];
        matrix[i * p + j] = both * inverse_norm[i] * inverse_norm[j];
        diagonal += both * fc[i * n + j];
      }
      matrix[i * p + i] = -diagonal * inverse_norm[i] * inverse_norm[i];
    }
  }

  // product[s.., j..] = sum_k block[s.., k] matrix[k, j..] for one register tile.
  template <int C>
  static void product_tile(const T* block, int64_t s, int64_t n, int64_t p, const T* matrix,
                           int64_t j, T* product) {
    typename V::Type sum[kRows][C] = {};
    const T* left = block + s * p;
    for (int64_t k = 0; k < n; ++k) {
      typename V::Type right[C];
      for (int c = 0; c < C; ++c) right[c] = V::load(matrix + k * p + j + c * kLanes);
      for (int r = 0; r < kRows; ++r) {
        for (int c = 0; c < C; ++c) sum[r][c] += left[r * p + k] * right[c];
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < C; ++c) V::store(product + (s + r) * p + j + c * kLanes, sum[r][c]);
    }
  }

  // One panel of columns at a time: the panel of the matrix stays in the first-level cache.
  template <int C>
  static void product_panel(const T* block, int64_t steps, int64_t n, int64_t p, const T* matrix,
                            int64_t j, T* product) {
    for (int64_t s = 0; s < steps; s += kRows) {
      product_tile<C>(block, s, n, p, matrix, j, product);
    }
  }

  static void multiply(const T* block, int64_t steps, int64_t n, int64_t p, const T* matrix,
                       T* product) {
    int64_t j = 0;
    for (; j + kColumns * kLanes <= p; j += kColumns * kLanes) {
      product_panel<kColumns>(block, steps, n, p, matrix, j, product);
    }
    if (kColumns > 2 && j + 2 * kLanes <= p) {
      product_panel<2>(block, steps, n, p, matrix, j, product);
      j += 2 * kLanes;
    }
    if (j < p) product_panel<1>(block, steps, n, p, matrix, j, product);
  }

  static float root(float value) { return __builtin_sqrtf(value); }
  static double root(double value) { return __builtin_sqrt(value); }
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
