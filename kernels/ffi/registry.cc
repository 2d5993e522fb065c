// The table that Python reads to register the handlers.
#include "handlers.h"
#include "xla/ffi/api/c_api.h"

#define DECLARE(name) extern "C" XLA_FFI_Error* name(XLA_FFI_CallFrame* frame);
BRAINFIT_FAST_HANDLERS(DECLARE)
#undef DECLARE

namespace {

struct Registration {
  const char* name;
  XLA_FFI_Error* (*handler)(XLA_FFI_CallFrame*);
};

#define ROW(name) {#name, name},
const Registration kRegistrations[] = {BRAINFIT_FAST_HANDLERS(ROW){nullptr, nullptr}};
#undef ROW

}  // namespace

extern "C" __attribute__((visibility("default"))) const void* brainfit_fast_registrations() {
  return kRegistrations;
}
