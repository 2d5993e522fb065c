// From rows [steps][row_stride], one time step after the other, to lines [n][line_stride],
// one region after the other, and back.
#pragma once

#include "brainfit_fast/shuffle.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// target[k * stride + 0..3] = a[k], b[k], c[k], d[k] for k in [0, 4).
template <class T>
inline __attribute__((always_inline)) void transpose_4x4(const T* a, const T* b, const T* c,
                                                         const T* d, T* target, int64_t stride) {
  typedef T Four __attribute__((vector_size(4 * sizeof(T))));
  typedef T Loose __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
  const Four va = *reinterpret_cast<const Loose*>(a);
  const Four vb = *reinterpret_cast<const Loose*>(b);
  const Four vc = *reinterpret_cast<const Loose*>(c);
  const Four vd = *reinterpret_cast<const Loose*>(d);
  Four ab_low, ab_high, cd_low, cd_high, out;
  shuffle<0, 4, 1, 5>(va, vb, ab_low);
  shuffle<2, 6, 3, 7>(va, vb, ab_high);
  shuffle<0, 4, 1, 5>(vc, vd, cd_low);
  shuffle<2, 6, 3, 7>(vc, vd, cd_high);
  shuffle<0, 1, 4, 5>(ab_low, cd_low, out);
  *reinterpret_cast<Loose*>(target) = out;
  shuffle<2, 3, 6, 7>(ab_low, cd_low, out);
  *reinterpret_cast<Loose*>(target + stride) = out;
  shuffle<0, 1, 4, 5>(ab_high, cd_high, out);
  *reinterpret_cast<Loose*>(target + 2 * stride) = out;
  shuffle<2, 3, 6, 7>(ab_high, cd_high, out);
  *reinterpret_cast<Loose*>(target + 3 * stride) = out;
}

// target [columns][target_stride] = transpose of source [rows][source_stride]; nothing outside
// the two extents is read or written.
template <class T>
void transpose(const T* source, int64_t source_stride, int64_t rows, int64_t columns, T* target,
               int64_t target_stride) {
  const int64_t whole_rows = rows & ~int64_t{3}, whole_columns = columns & ~int64_t{3};
  for (int64_t r = 0; r < whole_rows; r += 4) {
    const T* from = source + r * source_stride;
    for (int64_t c = 0; c < whole_columns; c += 4) {
      transpose_4x4(from + c, from + source_stride + c, from + 2 * source_stride + c,
                    from + 3 * source_stride + c, target + c * target_stride + r, target_stride);
    }
    for (int64_t c = whole_columns; c < columns; ++c) {
      for (int k = 0; k < 4; ++k) target[c * target_stride + r + k] = from[k * source_stride + c];
    }
  }
  for (int64_t c = 0; whole_rows < rows && c < columns; ++c) {
    for (int64_t r = whole_rows; r < rows; ++r) {
      target[c * target_stride + r] = source[r * source_stride + c];
    }
  }
}

template <class T>
void rows_to_lines(const T* rows, int64_t row_stride, int64_t steps, int64_t n, T* lines,
                   int64_t line_stride) {
  transpose(rows, row_stride, steps, n, lines, line_stride);
}

// Elements of a row beyond n keep their values.
template <class T>
void lines_to_rows(const T* lines, int64_t line_stride, int64_t steps, int64_t n, T* rows,
                   int64_t row_stride) {
  transpose(lines, line_stride, n, steps, rows, row_stride);
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
