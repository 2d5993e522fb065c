// The past of one feature of one candidate, kept twice: contiguous in time for each region
// (lines, for delayed sums over many steps at once) and, for the newest steps, contiguous in
// regions (rows).
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/transpose.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class History {
 public:
  // Delays below this can be read as rows (if they are below the depth).
  static constexpr int kRows = 32;

  // Elements of a line, of which `depth` are the window that moves along it. A line is an odd
  // number of cache lines, so that the lines of all regions do not compete for one cache set.
  static int64_t stride(int64_t depth) {
    constexpr int64_t kUnit = 64 / sizeof(T);
    const int64_t units = (depth + max_of<int64_t>(64, depth / 2) + kUnit - 1) / kUnit;
    return (units | 1) * kUnit;
  }

  // Room for delays 0 to depth - 1; all values are zero. False when there is no memory, or when
  // an element's place would not fit in 32 bits.
  bool build(int64_t n, int64_t depth) {
    n_ = n;
    depth_ = depth;
    stride_ = stride(depth);
    width_ = round_up(n, max_of(Vec<T>::kLanes, kStage));
    written_ = depth - 1;
    pushed_ = staged_ = 0;
    if (stride_ > INT32_MAX / width_) return false;
    return lines_.allocate(width_ * stride_) && rows_.allocate(kRows * width_);
  }

  // past [depth][n], oldest first.
  void load(const T* past) {
    written_ = depth_ - 1;
    pushed_ = staged_ = 0;
    rows_to_lines(past, n_, depth_, n_, lines_.get(), stride_);
    for (int64_t d = 0; d < min_of<int64_t>(depth_, kRows); ++d) {
      const T* source = past + (depth_ - 1 - d) * n_;
      T* target = place(d);
      for (int64_t j = 0; j < n_; ++j) target[j] = source[j];
    }
  }

  // The newest values; feature [padded], of which the first n are read.
  void push(const T* feature) {
    ++pushed_;
    T* target = place(0);
    int64_t j = 0;
    for (; j + Vec<T>::kLanes <= n_; j += Vec<T>::kLanes) {
      Vec<T>::store(target + j, Vec<T>::load(feature + j));
    }
    for (; j < n_; ++j) target[j] = feature[j];
    ++staged_;
    if (staged_ == kStage && depth_ > kRows) flush();
  }

  // The inverse of load.
  void save(T* past) const {
    flush();
    lines_to_rows(lines_.get() + written_ + 1 - depth_, stride_, depth_, n_, past, n_);
  }

  // The values of all regions `delay` steps before the newest.
  const T* row(int64_t delay) const { return place(delay); }

  // The value of region j `delay` steps before the newest is newest()[j * stride - delay].
  const T* newest() const {
    flush();
    return lines_.get() + written_;
  }

 private:
  // Pushed rows are written to the lines four at a time: fewer and wider stores. A history that
  // fits into the rows is written only when its lines are asked for.
  static constexpr int kStage = 4;

  T* place(int64_t delay) const {
    return rows_.get() + ((pushed_ - delay) & (kRows - 1)) * width_;
  }

  // Writing what is staged changes no value that a caller can see.
  void flush() const {
    if (staged_ > kStage) {
      written_ = depth_ - 1;
      for (int64_t d = 0; d < depth_; ++d) write_row(d, lines_.get() + written_ - d);
      staged_ = 0;
      return;
    }
    if (written_ + staged_ >= stride_) rewind();
    T* lines = lines_.get() + written_ + 1;
    if (staged_ == kStage) {
      const T *a = place(3), *b = place(2), *c = place(1), *d = place(0);
      for (int64_t j = 0; j < n_; j += 4) {
        transpose_4x4(a + j, b + j, c + j, d + j, lines + j * stride_, stride_);
      }
    } else {
      for (int64_t t = 0; t < staged_; ++t) write_row(staged_ - 1 - t, lines + t);
    }
    written_ += staged_;
    staged_ = 0;
  }

  void write_row(int64_t delay, T* lines) const {
    const T* row = place(delay);
    for (int64_t j = 0; j < n_; ++j) lines[j * stride_] = row[j];
  }

  // Moves the window back to the beginning of the lines.
  void rewind() const {
    const int64_t first = written_ + 1 - depth_;
    for (int64_t j = 0; j < n_; ++j) {
      T* line = lines_.get() + j * stride_;
      __builtin_memmove(line, line + first, static_cast<std::size_t>(depth_) * sizeof(T));
    }
    written_ = depth_ - 1;
  }

  int64_t n_ = 0;
  int64_t depth_ = 0;
  int64_t stride_ = 0;
  int64_t width_ = 0;   // elements of a row, and number of lines
  int64_t pushed_ = 0;
  mutable int64_t written_ = 0;  // place of the newest value in a line
  mutable int64_t staged_ = 0;   // pushed, and not yet written to the lines
  mutable Buffer<T> lines_;
  mutable Buffer<T> rows_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
