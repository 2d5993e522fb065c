// Every handler of the library, once. A new handler is a new row.
#pragma once

#define BRAINFIT_FAST_HANDLERS(X)  \
  X(brainfit_fast_fc_forward_f32)  \
  X(brainfit_fast_fc_forward_f64)  \
  X(brainfit_fast_fc_backward_f32) \
  X(brainfit_fast_fc_backward_f64) \
  X(brainfit_fast_simulate_forward_f32) \
  X(brainfit_fast_simulate_forward_f64) \
  X(brainfit_fast_simulate_backward_f32) \
  X(brainfit_fast_simulate_backward_f64)
