// Generated from the equations of node models; not to be edited.
#include "brainfit_fast/node.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// brainfit_fast.MontbrioPazoRoxinStep, alone, no noise, float32.
namespace {
namespace code_64ffc3876daa5c90442ae6c7 {

BRAINFIT_FAST_LANE_TYPES(float)

void advance(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v22 = splat<F32>(0x1.0624dep-10f);
  const F32 v29 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 1, o);
    const F32 v2 = load<F32>(call, 6, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 7, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = v0 + v5;
    const F32 v7 = v1 * v4;
    const F32 v8 = load<F32>(call, 0, o);
    const F32 v9 = v7 * v8;
    const F32 v10 = lanes::exprel(v9);
    const F32 v11 = v10 * v8;
    const F32 v12 = v6 * v11;
    const F32 v13 = v12 + v2;
    const F32 v14 = load<F32>(call, 5, o);
    const F32 v15 = v14 * v7;
    const F32 v16 = v15 * v8;
    const F32 v17 = lanes::exprel(v16);
    const F32 v18 = v17 * v8;
    const F32 v19 = v4 * v4;
    const F32 v20 = load<F32>(call, 3, o);
    const F32 v21 = v19 + v20;
    const F32 v23 = load<F32>(call, 2, o);
    const F32 v24 = v2 * v23;
    const F32 v25 = v22 * v24;
    const F32 v26 = load<F32>(call, 4, o);
    const F32 v27 = v25 * v26;
    const F32 v28 = v21 + v27;
    const F32 v30 = v25 * v29;
    const F32 v31 = v30 * v30;
    const F32 v32 = v28 - v31;
    const F32 v33 = v14 * v32;
    const F32 v34 = v18 * v33;
    const F32 v35 = v4 + v34;
    store(call, 9, o, v13);
    store(call, 10, o, v35);
    store(call, 11, o, load<F32>(call, 11, o) + v13 * splat<F32>(0x0p+0f) + v35 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v21 = splat<F32>(0x1.0624dep-10f);
  const F32 v26 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 9, o);
    const F32 v2 = load<F32>(call, 7, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = v8 * v2;
    const F32 v10 = v9 * v1;
    const F32 v11 = load<F32>(call, 5, o);
    const F32 v12 = load<F32>(call, 10, o);
    const F32 v13 = v11 * v3;
    const F32 v14 = v13 * v4;
    const F32 v15 = lanes::exprel(v14);
    const F32 v16 = v15 * v4;
    const F32 v17 = v12 * v16;
    const F32 v18 = v11 * v17;
    const F32 v19 = load<F32>(call, 4, o);
    const F32 v20 = v18 * v19;
    const F32 v22 = load<F32>(call, 6, o);
    const F32 v23 = load<F32>(call, 2, o);
    const F32 v24 = v22 * v23;
    const F32 v25 = v21 * v24;
    const F32 v27 = v25 * v26;
    const F32 v28 = v27 * v1;
    const F32 v29 = -v18;
    const F32 v30 = v28 * v29;
    const F32 v31 = v30 * v26;
    const F32 v32 = v20 + v31;
    const F32 v33 = v32 * v21;
    const F32 v34 = v33 * v23;
    const F32 v35 = v34 + v0;
    const F32 v36 = v10 + v35;
    const F32 v37 = lanes::exprel_slope(v14, v15);
    const F32 v38 = v2 * v2;
    const F32 v39 = load<F32>(call, 3, o);
    const F32 v40 = v38 + v39;
    const F32 v41 = v25 * v19;
    const F32 v42 = v40 + v41;
    const F32 v43 = v27 * v27;
    const F32 v44 = v42 - v43;
    const F32 v45 = v11 * v44;
    const F32 v46 = v12 * v45;
    const F32 v47 = v46 * v4;
    const F32 v48 = v37 * v47;
    const F32 v49 = v48 * v4;
    const F32 v50 = v11 * v49;
    const F32 v51 = load<F32>(call, 1, o);
    const F32 v52 = v1 * v22;
    const F32 v53 = v52 * v2;
    const F32 v54 = v51 + v53;
    const F32 v55 = v0 * v54;
    const F32 v56 = v55 * v4;
    const F32 v57 = lanes::exprel_slope(v5, v6);
    const F32 v58 = v56 * v57;
    const F32 v59 = v58 * v4;
    const F32 v60 = v50 + v59;
    const F32 v61 = v1 * v60;
    const F32 v62 = v52 * v8;
    const F32 v63 = v18 * v3;
    const F32 v64 = v63 + v12;
    const F32 v65 = v62 + v64;
    const F32 v66 = v61 + v65;
    const F32 v67 = v58 * v3;
    const F32 v68 = v6 * v55;
    const F32 v69 = v46 * v15;
    const F32 v70 = v13 * v48;
    const F32 v71 = v69 + v70;
    const F32 v72 = v68 + v71;
    const F32 v73 = v67 + v72;
    const F32 v74 = v33 * v22;
    const F32 v75 = v25 * v18;
    const F32 v76 = v3 * v49;
    const F32 v77 = v17 * v44;
    const F32 v78 = v76 + v77;
    store(call, 11, o, v36);
    store(call, 12, o, v66);
    store(call, 13, o, load<F32>(call, 13, o) + v73);
    store(call, 14, o, load<F32>(call, 14, o) + v8);
    store(call, 15, o, load<F32>(call, 15, o) + v74);
    store(call, 16, o, load<F32>(call, 16, o) + v18);
    store(call, 17, o, load<F32>(call, 17, o) + v75);
    store(call, 18, o, load<F32>(call, 18, o) + v78);
  }
}

constexpr NodeEntry entry = {"64ffc3876daa5c90442ae6c7", kNodeAbi, 4, kVectorBytes, 6, 0, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_64ffc3876daa5c90442ae6c7
}  // namespace

extern const NodeEntry node_64ffc3876daa5c90442ae6c7;
const NodeEntry node_64ffc3876daa5c90442ae6c7 = code_64ffc3876daa5c90442ae6c7::entry;

// brainfit_fast.MontbrioPazoRoxinStep, alone, no noise, float64.
namespace {
namespace code_c336fdbca98dddfc5d245bb0 {

BRAINFIT_FAST_LANE_TYPES(double)

void advance(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v25 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v29 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 0, o);
    const F64 v1 = load<F64>(call, 7, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v0 * v5;
    const F64 v7 = load<F64>(call, 6, o);
    const F64 v8 = v7 * v2;
    const F64 v9 = v1 * v8;
    const F64 v10 = load<F64>(call, 1, o);
    const F64 v11 = v9 + v10;
    const F64 v12 = v6 * v11;
    const F64 v13 = v12 + v7;
    const F64 v14 = load<F64>(call, 5, o);
    const F64 v15 = v3 * v14;
    const F64 v16 = v0 * v15;
    const F64 v17 = lanes::exprel(v16);
    const F64 v18 = v0 * v17;
    const F64 v19 = v1 * v1;
    const F64 v20 = load<F64>(call, 3, o);
    const F64 v21 = v19 + v20;
    const F64 v22 = load<F64>(call, 4, o);
    const F64 v23 = load<F64>(call, 2, o);
    const F64 v24 = v7 * v23;
    const F64 v26 = v24 * v25;
    const F64 v27 = v22 * v26;
    const F64 v28 = v21 + v27;
    const F64 v30 = v29 * v26;
    const F64 v31 = v30 * v30;
    const F64 v32 = v28 - v31;
    const F64 v33 = v32 * v14;
    const F64 v34 = v18 * v33;
    const F64 v35 = v1 + v34;
    store(call, 9, o, v13);
    store(call, 10, o, v35);
    store(call, 11, o, load<F64>(call, 11, o) + v13 * splat<F64>(0x0p+0) + v35 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v11 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v22 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 7, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 9, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v12 = load<F64>(call, 4, o);
    const F64 v13 = load<F64>(call, 5, o);
    const F64 v14 = v3 * v13;
    const F64 v15 = v1 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v1 * v16;
    const F64 v18 = load<F64>(call, 10, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v13 * v19;
    const F64 v21 = v12 * v20;
    const F64 v23 = -v20;
    const F64 v24 = load<F64>(call, 6, o);
    const F64 v25 = load<F64>(call, 2, o);
    const F64 v26 = v24 * v25;
    const F64 v27 = v26 * v11;
    const F64 v28 = v22 * v27;
    const F64 v29 = v2 * v28;
    const F64 v30 = v23 * v29;
    const F64 v31 = v22 * v30;
    const F64 v32 = v21 + v31;
    const F64 v33 = v11 * v32;
    const F64 v34 = v33 * v25;
    const F64 v35 = v34 + v7;
    const F64 v36 = v10 + v35;
    const F64 v37 = v24 * v2;
    const F64 v38 = v37 * v8;
    const F64 v39 = v3 * v20;
    const F64 v40 = v39 + v18;
    const F64 v41 = lanes::exprel_slope(v4, v5);
    const F64 v42 = v0 * v37;
    const F64 v43 = load<F64>(call, 1, o);
    const F64 v44 = v42 + v43;
    const F64 v45 = v44 * v7;
    const F64 v46 = v1 * v45;
    const F64 v47 = v41 * v46;
    const F64 v48 = v1 * v47;
    const F64 v49 = v0 * v0;
    const F64 v50 = load<F64>(call, 3, o);
    const F64 v51 = v49 + v50;
    const F64 v52 = v12 * v27;
    const F64 v53 = v51 + v52;
    const F64 v54 = v28 * v28;
    const F64 v55 = v53 - v54;
    const F64 v56 = v55 * v13;
    const F64 v57 = v56 * v18;
    const F64 v58 = v57 * v1;
    const F64 v59 = lanes::exprel_slope(v15, v16);
    const F64 v60 = v58 * v59;
    const F64 v61 = v1 * v60;
    const F64 v62 = v13 * v61;
    const F64 v63 = v48 + v62;
    const F64 v64 = v2 * v63;
    const F64 v65 = v40 + v64;
    const F64 v66 = v38 + v65;
    const F64 v67 = v3 * v47;
    const F64 v68 = v57 * v16;
    const F64 v69 = v14 * v60;
    const F64 v70 = v68 + v69;
    const F64 v71 = v45 * v5;
    const F64 v72 = v70 + v71;
    const F64 v73 = v67 + v72;
    const F64 v74 = v33 * v24;
    const F64 v75 = v27 * v20;
    const F64 v76 = v3 * v61;
    const F64 v77 = v55 * v19;
    const F64 v78 = v76 + v77;
    store(call, 11, o, v36);
    store(call, 12, o, v66);
    store(call, 13, o, load<F64>(call, 13, o) + v73);
    store(call, 14, o, load<F64>(call, 14, o) + v8);
    store(call, 15, o, load<F64>(call, 15, o) + v74);
    store(call, 16, o, load<F64>(call, 16, o) + v20);
    store(call, 17, o, load<F64>(call, 17, o) + v75);
    store(call, 18, o, load<F64>(call, 18, o) + v78);
  }
}

constexpr NodeEntry entry = {"c336fdbca98dddfc5d245bb0", kNodeAbi, 8, kVectorBytes, 6, 0, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_c336fdbca98dddfc5d245bb0
}  // namespace

extern const NodeEntry node_c336fdbca98dddfc5d245bb0;
const NodeEntry node_c336fdbca98dddfc5d245bb0 = code_c336fdbca98dddfc5d245bb0::entry;

// brainfit_fast.MontbrioPazoRoxinStep, alone, noise gaussian, float32.
namespace {
namespace code_c2206f3f63c15fde847c9fd4 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v5 = splat<F32>(0x1p+1f);
  const F32 v26 = splat<F32>(0x1.0624dep-10f);
  const F32 v41 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 1, o);
    const F32 v1 = load<F32>(call, 12, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 2, o);
    const F32 v4 = v2 + v3;
    const F32 v6 = load<F32>(call, 10, o);
    const F32 v7 = v5 * v6;
    const F32 v8 = load<F32>(call, 11, o);
    const F32 v9 = v7 * v8;
    const F32 v10 = v4 + v9;
    const F32 v11 = load<F32>(call, 5, o);
    const F32 v12 = v10 + v11;
    const F32 v13 = v5 * v8;
    const F32 v14 = load<F32>(call, 0, o);
    const F32 v15 = v13 * v14;
    const F32 v16 = lanes::exprel(v15);
    const F32 v17 = v16 * v14;
    const F32 v18 = v12 * v17;
    const F32 v19 = v18 + v6;
    const F32 v20 = load<F32>(call, 9, o);
    const F32 v21 = v20 * v13;
    const F32 v22 = v21 * v14;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v23 * v14;
    const F32 v25 = load<F32>(call, 8, o);
    const F32 v27 = load<F32>(call, 6, o);
    const F32 v28 = v6 * v27;
    const F32 v29 = v26 * v28;
    const F32 v30 = v25 * v29;
    const F32 v31 = v8 * v8;
    const F32 v32 = load<F32>(call, 7, o);
    const F32 v33 = v31 + v32;
    const F32 v34 = load<F32>(call, 13, o);
    const F32 v35 = load<F32>(call, 3, o);
    const F32 v36 = v34 * v35;
    const F32 v37 = load<F32>(call, 4, o);
    const F32 v38 = v36 + v37;
    const F32 v39 = v33 + v38;
    const F32 v40 = v30 + v39;
    const F32 v42 = v29 * v41;
    const F32 v43 = v42 * v42;
    const F32 v44 = v40 - v43;
    const F32 v45 = v44 * v20;
    const F32 v46 = v24 * v45;
    const F32 v47 = v46 + v8;
    store(call, 15, o, v19);
    store(call, 16, o, v47);
    store(call, 17, o, load<F32>(call, 17, o) + v19 * splat<F32>(0x0p+0f) + v47 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v11 = splat<F32>(0x1.0624dep-10f);
  const F32 v16 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 15, o);
    const F32 v2 = load<F32>(call, 11, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = v8 * v2;
    const F32 v10 = v9 * v1;
    const F32 v12 = load<F32>(call, 10, o);
    const F32 v13 = load<F32>(call, 6, o);
    const F32 v14 = v12 * v13;
    const F32 v15 = v11 * v14;
    const F32 v17 = v15 * v16;
    const F32 v18 = v17 * v1;
    const F32 v19 = load<F32>(call, 9, o);
    const F32 v20 = load<F32>(call, 16, o);
    const F32 v21 = v19 * v3;
    const F32 v22 = v21 * v4;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v23 * v4;
    const F32 v25 = v20 * v24;
    const F32 v26 = v19 * v25;
    const F32 v27 = -v26;
    const F32 v28 = v18 * v27;
    const F32 v29 = v28 * v16;
    const F32 v30 = load<F32>(call, 8, o);
    const F32 v31 = v30 * v26;
    const F32 v32 = v29 + v31;
    const F32 v33 = v11 * v32;
    const F32 v34 = v33 * v13;
    const F32 v35 = v34 + v0;
    const F32 v36 = v10 + v35;
    const F32 v37 = v1 * v12;
    const F32 v38 = v37 * v8;
    const F32 v39 = v3 * v26;
    const F32 v40 = v20 + v39;
    const F32 v41 = v38 + v40;
    const F32 v42 = load<F32>(call, 1, o);
    const F32 v43 = load<F32>(call, 12, o);
    const F32 v44 = v42 * v43;
    const F32 v45 = load<F32>(call, 2, o);
    const F32 v46 = v44 + v45;
    const F32 v47 = v37 * v2;
    const F32 v48 = v46 + v47;
    const F32 v49 = load<F32>(call, 5, o);
    const F32 v50 = v48 + v49;
    const F32 v51 = v0 * v50;
    const F32 v52 = v51 * v4;
    const F32 v53 = lanes::exprel_slope(v5, v6);
    const F32 v54 = v52 * v53;
    const F32 v55 = v54 * v4;
    const F32 v56 = lanes::exprel_slope(v22, v23);
    const F32 v57 = v30 * v15;
    const F32 v58 = v2 * v2;
    const F32 v59 = load<F32>(call, 7, o);
    const F32 v60 = v58 + v59;
    const F32 v61 = load<F32>(call, 13, o);
    const F32 v62 = load<F32>(call, 3, o);
    const F32 v63 = v61 * v62;
    const F32 v64 = load<F32>(call, 4, o);
    const F32 v65 = v63 + v64;
    const F32 v66 = v60 + v65;
    const F32 v67 = v57 + v66;
    const F32 v68 = v17 * v17;
    const F32 v69 = v67 - v68;
    const F32 v70 = v69 * v19;
    const F32 v71 = v20 * v70;
    const F32 v72 = v71 * v4;
    const F32 v73 = v56 * v72;
    const F32 v74 = v4 * v73;
    const F32 v75 = v19 * v74;
    const F32 v76 = v55 + v75;
    const F32 v77 = v76 * v1;
    const F32 v78 = v41 + v77;
    const F32 v79 = v54 * v3;
    const F32 v80 = v51 * v6;
    const F32 v81 = v71 * v23;
    const F32 v82 = v21 * v73;
    const F32 v83 = v81 + v82;
    const F32 v84 = v80 + v83;
    const F32 v85 = v79 + v84;
    const F32 v86 = v8 * v43;
    const F32 v87 = v61 * v26;
    const F32 v88 = v33 * v12;
    const F32 v89 = v15 * v26;
    const F32 v90 = v74 * v3;
    const F32 v91 = v69 * v25;
    const F32 v92 = v90 + v91;
    store(call, 17, o, v36);
    store(call, 18, o, v78);
    store(call, 19, o, load<F32>(call, 19, o) + v85);
    store(call, 20, o, load<F32>(call, 20, o) + v86);
    store(call, 21, o, load<F32>(call, 21, o) + v8);
    store(call, 22, o, load<F32>(call, 22, o) + v87);
    store(call, 23, o, load<F32>(call, 23, o) + v26);
    store(call, 24, o, load<F32>(call, 24, o) + v8);
    store(call, 25, o, load<F32>(call, 25, o) + v88);
    store(call, 26, o, load<F32>(call, 26, o) + v26);
    store(call, 27, o, load<F32>(call, 27, o) + v89);
    store(call, 28, o, load<F32>(call, 28, o) + v92);
  }
}

constexpr NodeEntry entry = {"c2206f3f63c15fde847c9fd4", kNodeAbi, 4, kVectorBytes, 10, 0, 0, 2, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_c2206f3f63c15fde847c9fd4
}  // namespace

extern const NodeEntry node_c2206f3f63c15fde847c9fd4;
const NodeEntry node_c2206f3f63c15fde847c9fd4 = code_c2206f3f63c15fde847c9fd4::entry;

// brainfit_fast.MontbrioPazoRoxinStep, alone, noise gaussian, float64.
namespace {
namespace code_bad8edbd91c03565a532a13f {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v30 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v36 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 11, o);
    const F64 v1 = load<F64>(call, 10, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = load<F64>(call, 12, o);
    const F64 v6 = load<F64>(call, 1, o);
    const F64 v7 = v5 * v6;
    const F64 v8 = load<F64>(call, 2, o);
    const F64 v9 = v7 + v8;
    const F64 v10 = v4 + v9;
    const F64 v11 = load<F64>(call, 5, o);
    const F64 v12 = v10 + v11;
    const F64 v13 = load<F64>(call, 0, o);
    const F64 v14 = v0 * v2;
    const F64 v15 = v13 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v13 * v16;
    const F64 v18 = v12 * v17;
    const F64 v19 = v18 + v1;
    const F64 v20 = load<F64>(call, 7, o);
    const F64 v21 = v0 * v0;
    const F64 v22 = v20 + v21;
    const F64 v23 = load<F64>(call, 4, o);
    const F64 v24 = load<F64>(call, 13, o);
    const F64 v25 = load<F64>(call, 3, o);
    const F64 v26 = v24 * v25;
    const F64 v27 = v23 + v26;
    const F64 v28 = v22 + v27;
    const F64 v29 = load<F64>(call, 8, o);
    const F64 v31 = load<F64>(call, 6, o);
    const F64 v32 = v1 * v31;
    const F64 v33 = v30 * v32;
    const F64 v34 = v29 * v33;
    const F64 v35 = v28 + v34;
    const F64 v37 = v36 * v33;
    const F64 v38 = v37 * v37;
    const F64 v39 = v35 - v38;
    const F64 v40 = load<F64>(call, 9, o);
    const F64 v41 = v39 * v40;
    const F64 v42 = v14 * v40;
    const F64 v43 = v13 * v42;
    const F64 v44 = lanes::exprel(v43);
    const F64 v45 = v13 * v44;
    const F64 v46 = v41 * v45;
    const F64 v47 = v0 + v46;
    store(call, 15, o, v19);
    store(call, 16, o, v47);
    store(call, 17, o, load<F64>(call, 17, o) + v19 * splat<F64>(0x0p+0) + v47 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v12 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v23 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 11, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 15, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v11 = load<F64>(call, 6, o);
    const F64 v13 = load<F64>(call, 9, o);
    const F64 v14 = v3 * v13;
    const F64 v15 = v1 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v1 * v16;
    const F64 v18 = load<F64>(call, 16, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v19 * v13;
    const F64 v21 = load<F64>(call, 8, o);
    const F64 v22 = v20 * v21;
    const F64 v24 = -v20;
    const F64 v25 = load<F64>(call, 10, o);
    const F64 v26 = v25 * v11;
    const F64 v27 = v12 * v26;
    const F64 v28 = v23 * v27;
    const F64 v29 = v28 * v2;
    const F64 v30 = v24 * v29;
    const F64 v31 = v23 * v30;
    const F64 v32 = v22 + v31;
    const F64 v33 = v12 * v32;
    const F64 v34 = v11 * v33;
    const F64 v35 = v34 + v7;
    const F64 v36 = v10 + v35;
    const F64 v37 = v25 * v2;
    const F64 v38 = v37 * v8;
    const F64 v39 = v0 * v37;
    const F64 v40 = load<F64>(call, 12, o);
    const F64 v41 = load<F64>(call, 1, o);
    const F64 v42 = v40 * v41;
    const F64 v43 = load<F64>(call, 2, o);
    const F64 v44 = v42 + v43;
    const F64 v45 = v39 + v44;
    const F64 v46 = load<F64>(call, 5, o);
    const F64 v47 = v45 + v46;
    const F64 v48 = v47 * v7;
    const F64 v49 = v1 * v48;
    const F64 v50 = lanes::exprel_slope(v4, v5);
    const F64 v51 = v49 * v50;
    const F64 v52 = v1 * v51;
    const F64 v53 = lanes::exprel_slope(v15, v16);
    const F64 v54 = load<F64>(call, 7, o);
    const F64 v55 = v0 * v0;
    const F64 v56 = v54 + v55;
    const F64 v57 = load<F64>(call, 4, o);
    const F64 v58 = load<F64>(call, 13, o);
    const F64 v59 = load<F64>(call, 3, o);
    const F64 v60 = v58 * v59;
    const F64 v61 = v57 + v60;
    const F64 v62 = v56 + v61;
    const F64 v63 = v21 * v27;
    const F64 v64 = v62 + v63;
    const F64 v65 = v28 * v28;
    const F64 v66 = v64 - v65;
    const F64 v67 = v66 * v13;
    const F64 v68 = v67 * v18;
    const F64 v69 = v1 * v68;
    const F64 v70 = v53 * v69;
    const F64 v71 = v1 * v70;
    const F64 v72 = v71 * v13;
    const F64 v73 = v52 + v72;
    const F64 v74 = v73 * v2;
    const F64 v75 = v20 * v3;
    const F64 v76 = v75 + v18;
    const F64 v77 = v74 + v76;
    const F64 v78 = v38 + v77;
    const F64 v79 = v51 * v3;
    const F64 v80 = v5 * v48;
    const F64 v81 = v14 * v70;
    const F64 v82 = v16 * v68;
    const F64 v83 = v81 + v82;
    const F64 v84 = v80 + v83;
    const F64 v85 = v79 + v84;
    const F64 v86 = v40 * v8;
    const F64 v87 = v20 * v58;
    const F64 v88 = v25 * v33;
    const F64 v89 = v20 * v27;
    const F64 v90 = v66 * v19;
    const F64 v91 = v71 * v3;
    const F64 v92 = v90 + v91;
    store(call, 17, o, v36);
    store(call, 18, o, v78);
    store(call, 19, o, load<F64>(call, 19, o) + v85);
    store(call, 20, o, load<F64>(call, 20, o) + v86);
    store(call, 21, o, load<F64>(call, 21, o) + v8);
    store(call, 22, o, load<F64>(call, 22, o) + v87);
    store(call, 23, o, load<F64>(call, 23, o) + v20);
    store(call, 24, o, load<F64>(call, 24, o) + v8);
    store(call, 25, o, load<F64>(call, 25, o) + v88);
    store(call, 26, o, load<F64>(call, 26, o) + v20);
    store(call, 27, o, load<F64>(call, 27, o) + v89);
    store(call, 28, o, load<F64>(call, 28, o) + v92);
  }
}

constexpr NodeEntry entry = {"bad8edbd91c03565a532a13f", kNodeAbi, 8, kVectorBytes, 10, 0, 0, 2, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_bad8edbd91c03565a532a13f
}  // namespace

extern const NodeEntry node_bad8edbd91c03565a532a13f;
const NodeEntry node_bad8edbd91c03565a532a13f = code_bad8edbd91c03565a532a13f::entry;

// brainfit_fast.MontbrioPazoRoxinStep, alone, noise ou, float32.
namespace {
namespace code_2161a071bec8452a17bfc467 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v31 = splat<F32>(0x1p+1f);
  const F32 v48 = splat<F32>(0x1.0624dep-10f);
  const F32 v56 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 16, o);
    const F32 v1 = load<F32>(call, 3, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 12, o);
    const F32 v4 = load<F32>(call, 2, o);
    const F32 v5 = -v4;
    const F32 v6 = load<F32>(call, 0, o);
    const F32 v7 = v5 * v6;
    const F32 v8 = lanes::exprel(v7);
    const F32 v9 = v8 * v6;
    const F32 v10 = load<F32>(call, 1, o);
    const F32 v11 = v10 - v3;
    const F32 v12 = v11 * v4;
    const F32 v13 = v9 * v12;
    const F32 v14 = v3 + v13;
    const F32 v15 = v2 + v14;
    const F32 v16 = load<F32>(call, 5, o);
    const F32 v17 = load<F32>(call, 4, o);
    const F32 v18 = load<F32>(call, 13, o);
    const F32 v19 = v17 - v18;
    const F32 v20 = v16 * v19;
    const F32 v21 = -v16;
    const F32 v22 = v21 * v6;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v6 * v23;
    const F32 v25 = v20 * v24;
    const F32 v26 = v25 + v18;
    const F32 v27 = load<F32>(call, 17, o);
    const F32 v28 = load<F32>(call, 6, o);
    const F32 v29 = v27 * v28;
    const F32 v30 = v26 + v29;
    const F32 v32 = load<F32>(call, 15, o);
    const F32 v33 = v31 * v32;
    const F32 v34 = v33 * v6;
    const F32 v35 = lanes::exprel(v34);
    const F32 v36 = v35 * v6;
    const F32 v37 = load<F32>(call, 14, o);
    const F32 v38 = v37 * v31;
    const F32 v39 = v38 * v32;
    const F32 v40 = v15 + v39;
    const F32 v41 = load<F32>(call, 7, o);
    const F32 v42 = v40 + v41;
    const F32 v43 = v36 * v42;
    const F32 v44 = v43 + v37;
    const F32 v45 = load<F32>(call, 10, o);
    const F32 v46 = load<F32>(call, 8, o);
    const F32 v47 = v46 * v37;
    const F32 v49 = v47 * v48;
    const F32 v50 = v45 * v49;
    const F32 v51 = load<F32>(call, 9, o);
    const F32 v52 = v32 * v32;
    const F32 v53 = v51 + v52;
    const F32 v54 = v30 + v53;
    const F32 v55 = v50 + v54;
    const F32 v57 = v49 * v56;
    const F32 v58 = v57 * v57;
    const F32 v59 = v55 - v58;
    const F32 v60 = load<F32>(call, 11, o);
    const F32 v61 = v59 * v60;
    const F32 v62 = v33 * v60;
    const F32 v63 = v62 * v6;
    const F32 v64 = lanes::exprel(v63);
    const F32 v65 = v64 * v6;
    const F32 v66 = v61 * v65;
    const F32 v67 = v66 + v32;
    store(call, 19, o, v15);
    store(call, 20, o, v30);
    store(call, 21, o, v44);
    store(call, 22, o, v67);
    store(call, 23, o, load<F32>(call, 23, o) + v15 * splat<F32>(0x0p+0f) + v30 * splat<F32>(0x0p+0f) + v44 * splat<F32>(0x0p+0f) + v67 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v38 = splat<F32>(0x1.0624dep-10f);
  const F32 v43 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 15, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 0, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = lanes::exprel(v4);
    const F32 v6 = v5 * v3;
    const F32 v7 = load<F32>(call, 21, o);
    const F32 v8 = v6 * v7;
    const F32 v9 = load<F32>(call, 19, o);
    const F32 v10 = v8 + v9;
    const F32 v11 = load<F32>(call, 2, o);
    const F32 v12 = -v11;
    const F32 v13 = v12 * v3;
    const F32 v14 = lanes::exprel(v13);
    const F32 v15 = v14 * v3;
    const F32 v16 = v15 * v10;
    const F32 v17 = v16 * v11;
    const F32 v18 = v10 - v17;
    const F32 v19 = load<F32>(call, 11, o);
    const F32 v20 = v2 * v19;
    const F32 v21 = v20 * v3;
    const F32 v22 = lanes::exprel(v21);
    const F32 v23 = v22 * v3;
    const F32 v24 = load<F32>(call, 22, o);
    const F32 v25 = v23 * v24;
    const F32 v26 = v25 * v19;
    const F32 v27 = load<F32>(call, 20, o);
    const F32 v28 = v26 + v27;
    const F32 v29 = load<F32>(call, 5, o);
    const F32 v30 = -v29;
    const F32 v31 = v30 * v3;
    const F32 v32 = lanes::exprel(v31);
    const F32 v33 = v3 * v32;
    const F32 v34 = v33 * v28;
    const F32 v35 = v29 * v34;
    const F32 v36 = v28 - v35;
    const F32 v37 = load<F32>(call, 8, o);
    const F32 v39 = -v26;
    const F32 v40 = load<F32>(call, 14, o);
    const F32 v41 = v37 * v40;
    const F32 v42 = v41 * v38;
    const F32 v44 = v42 * v43;
    const F32 v45 = v0 * v44;
    const F32 v46 = v39 * v45;
    const F32 v47 = v46 * v43;
    const F32 v48 = load<F32>(call, 10, o);
    const F32 v49 = v48 * v26;
    const F32 v50 = v47 + v49;
    const F32 v51 = v38 * v50;
    const F32 v52 = v37 * v51;
    const F32 v53 = v52 + v7;
    const F32 v54 = v8 * v1;
    const F32 v55 = v0 * v54;
    const F32 v56 = v53 + v55;
    const F32 v57 = v40 * v0;
    const F32 v58 = v8 * v57;
    const F32 v59 = v26 * v2;
    const F32 v60 = v59 + v24;
    const F32 v61 = v58 + v60;
    const F32 v62 = load<F32>(call, 16, o);
    const F32 v63 = load<F32>(call, 3, o);
    const F32 v64 = v62 * v63;
    const F32 v65 = load<F32>(call, 12, o);
    const F32 v66 = load<F32>(call, 1, o);
    const F32 v67 = v66 - v65;
    const F32 v68 = v67 * v11;
    const F32 v69 = v15 * v68;
    const F32 v70 = v65 + v69;
    const F32 v71 = v64 + v70;
    const F32 v72 = v57 * v1;
    const F32 v73 = v71 + v72;
    const F32 v74 = load<F32>(call, 7, o);
    const F32 v75 = v73 + v74;
    const F32 v76 = v7 * v75;
    const F32 v77 = v76 * v3;
    const F32 v78 = lanes::exprel_slope(v4, v5);
    const F32 v79 = v77 * v78;
    const F32 v80 = v79 * v3;
    const F32 v81 = v48 * v42;
    const F32 v82 = load<F32>(call, 4, o);
    const F32 v83 = load<F32>(call, 13, o);
    const F32 v84 = v82 - v83;
    const F32 v85 = v29 * v84;
    const F32 v86 = v85 * v33;
    const F32 v87 = v86 + v83;
    const F32 v88 = load<F32>(call, 17, o);
    const F32 v89 = load<F32>(call, 6, o);
    const F32 v90 = v88 * v89;
    const F32 v91 = v87 + v90;
    const F32 v92 = load<F32>(call, 9, o);
    const F32 v93 = v1 * v1;
    const F32 v94 = v92 + v93;
    const F32 v95 = v91 + v94;
    const F32 v96 = v81 + v95;
    const F32 v97 = v44 * v44;
    const F32 v98 = v96 - v97;
    const F32 v99 = v98 * v19;
    const F32 v100 = v99 * v24;
    const F32 v101 = v100 * v3;
    const F32 v102 = lanes::exprel_slope(v21, v22);
    const F32 v103 = v101 * v102;
    const F32 v104 = v103 * v3;
    const F32 v105 = v104 * v19;
    const F32 v106 = v80 + v105;
    const F32 v107 = v0 * v106;
    const F32 v108 = v61 + v107;
    const F32 v109 = lanes::exprel_slope(v13, v14);
    const F32 v110 = v68 * v10;
    const F32 v111 = v110 * v3;
    const F32 v112 = v109 * v111;
    const F32 v113 = v12 * v112;
    const F32 v114 = v85 * v28;
    const F32 v115 = v114 * v32;
    const F32 v116 = v22 * v100;
    const F32 v117 = v20 * v103;
    const F32 v118 = v116 + v117;
    const F32 v119 = v76 * v5;
    const F32 v120 = v118 + v119;
    const F32 v121 = v79 * v2;
    const F32 v122 = v120 + v121;
    const F32 v123 = v115 + v122;
    const F32 v124 = v114 * v3;
    const F32 v125 = lanes::exprel_slope(v31, v32);
    const F32 v126 = v124 * v125;
    const F32 v127 = v30 * v126;
    const F32 v128 = v123 + v127;
    const F32 v129 = v113 + v128;
    const F32 v130 = v110 * v14;
    const F32 v131 = v129 + v130;
    const F32 v132 = v16 * v67;
    const F32 v133 = v112 * v3;
    const F32 v134 = v132 - v133;
    const F32 v135 = v10 * v62;
    const F32 v136 = v84 * v34;
    const F32 v137 = v126 * v3;
    const F32 v138 = v136 - v137;
    const F32 v139 = v88 * v28;
    const F32 v140 = v40 * v51;
    const F32 v141 = v26 * v42;
    const F32 v142 = v2 * v104;
    const F32 v143 = v98 * v25;
    const F32 v144 = v142 + v143;
    store(call, 23, o, v18);
    store(call, 24, o, v36);
    store(call, 25, o, v56);
    store(call, 26, o, v108);
    store(call, 27, o, load<F32>(call, 27, o) + v131);
    store(call, 28, o, load<F32>(call, 28, o) + v17);
    store(call, 29, o, load<F32>(call, 29, o) + v134);
    store(call, 30, o, load<F32>(call, 30, o) + v135);
    store(call, 31, o, load<F32>(call, 31, o) + v35);
    store(call, 32, o, load<F32>(call, 32, o) + v138);
    store(call, 33, o, load<F32>(call, 33, o) + v139);
    store(call, 34, o, load<F32>(call, 34, o) + v8);
    store(call, 35, o, load<F32>(call, 35, o) + v140);
    store(call, 36, o, load<F32>(call, 36, o) + v26);
    store(call, 37, o, load<F32>(call, 37, o) + v141);
    store(call, 38, o, load<F32>(call, 38, o) + v144);
  }
}

constexpr NodeEntry entry = {"2161a071bec8452a17bfc467", kNodeAbi, 4, kVectorBytes, 12, 0, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_2161a071bec8452a17bfc467
}  // namespace

extern const NodeEntry node_2161a071bec8452a17bfc467;
const NodeEntry node_2161a071bec8452a17bfc467 = code_2161a071bec8452a17bfc467::entry;

// brainfit_fast.MontbrioPazoRoxinStep, alone, noise ou, float64.
namespace {
namespace code_b9e4f582b17f25a1f4f9d8e5 {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v34 = splat<F64>(0x1p+1);
  const F64 v50 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v61 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 12, o);
    const F64 v1 = load<F64>(call, 1, o);
    const F64 v2 = v1 - v0;
    const F64 v3 = load<F64>(call, 2, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = load<F64>(call, 0, o);
    const F64 v6 = -v3;
    const F64 v7 = v5 * v6;
    const F64 v8 = lanes::exprel(v7);
    const F64 v9 = v5 * v8;
    const F64 v10 = v4 * v9;
    const F64 v11 = v0 + v10;
    const F64 v12 = load<F64>(call, 16, o);
    const F64 v13 = load<F64>(call, 3, o);
    const F64 v14 = v12 * v13;
    const F64 v15 = v11 + v14;
    const F64 v16 = load<F64>(call, 13, o);
    const F64 v17 = load<F64>(call, 5, o);
    const F64 v18 = -v17;
    const F64 v19 = v5 * v18;
    const F64 v20 = lanes::exprel(v19);
    const F64 v21 = v5 * v20;
    const F64 v22 = load<F64>(call, 4, o);
    const F64 v23 = v22 - v16;
    const F64 v24 = v17 * v23;
    const F64 v25 = v21 * v24;
    const F64 v26 = v16 + v25;
    const F64 v27 = load<F64>(call, 17, o);
    const F64 v28 = load<F64>(call, 6, o);
    const F64 v29 = v27 * v28;
    const F64 v30 = v26 + v29;
    const F64 v31 = load<F64>(call, 14, o);
    const F64 v32 = load<F64>(call, 7, o);
    const F64 v33 = load<F64>(call, 15, o);
    const F64 v35 = v31 * v34;
    const F64 v36 = v33 * v35;
    const F64 v37 = v15 + v36;
    const F64 v38 = v32 + v37;
    const F64 v39 = v33 * v34;
    const F64 v40 = v5 * v39;
    const F64 v41 = lanes::exprel(v40);
    const F64 v42 = v5 * v41;
    const F64 v43 = v38 * v42;
    const F64 v44 = v31 + v43;
    const F64 v45 = load<F64>(call, 11, o);
    const F64 v46 = v39 * v45;
    const F64 v47 = v5 * v46;
    const F64 v48 = lanes::exprel(v47);
    const F64 v49 = v48 * v5;
    const F64 v51 = load<F64>(call, 8, o);
    const F64 v52 = v31 * v51;
    const F64 v53 = v50 * v52;
    const F64 v54 = load<F64>(call, 10, o);
    const F64 v55 = v53 * v54;
    const F64 v56 = v33 * v33;
    const F64 v57 = load<F64>(call, 9, o);
    const F64 v58 = v56 + v57;
    const F64 v59 = v58 + v30;
    const F64 v60 = v55 + v59;
    const F64 v62 = v61 * v53;
    const F64 v63 = v62 * v62;
    const F64 v64 = v60 - v63;
    const F64 v65 = v64 * v45;
    const F64 v66 = v49 * v65;
    const F64 v67 = v33 + v66;
    store(call, 19, o, v15);
    store(call, 20, o, v30);
    store(call, 21, o, v44);
    store(call, 22, o, v67);
    store(call, 23, o, load<F64>(call, 23, o) + v15 * splat<F64>(0x0p+0) + v30 * splat<F64>(0x0p+0) + v44 * splat<F64>(0x0p+0) + v67 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v39 = splat<F64>(0x1.921fb54442d18p+1);
  const F64 v40 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 21, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v2 = load<F64>(call, 15, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v1 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v1 * v6;
    const F64 v8 = v0 * v7;
    const F64 v9 = load<F64>(call, 19, o);
    const F64 v10 = v8 + v9;
    const F64 v11 = load<F64>(call, 2, o);
    const F64 v12 = -v11;
    const F64 v13 = v1 * v12;
    const F64 v14 = lanes::exprel(v13);
    const F64 v15 = v1 * v14;
    const F64 v16 = v15 * v10;
    const F64 v17 = v16 * v11;
    const F64 v18 = v10 - v17;
    const F64 v19 = load<F64>(call, 11, o);
    const F64 v20 = v4 * v19;
    const F64 v21 = v1 * v20;
    const F64 v22 = lanes::exprel(v21);
    const F64 v23 = v22 * v1;
    const F64 v24 = load<F64>(call, 22, o);
    const F64 v25 = v23 * v24;
    const F64 v26 = v25 * v19;
    const F64 v27 = load<F64>(call, 20, o);
    const F64 v28 = v26 + v27;
    const F64 v29 = load<F64>(call, 5, o);
    const F64 v30 = -v29;
    const F64 v31 = v1 * v30;
    const F64 v32 = lanes::exprel(v31);
    const F64 v33 = v1 * v32;
    const F64 v34 = v33 * v28;
    const F64 v35 = v29 * v34;
    const F64 v36 = v28 - v35;
    const F64 v37 = load<F64>(call, 10, o);
    const F64 v38 = v26 * v37;
    const F64 v41 = load<F64>(call, 14, o);
    const F64 v42 = load<F64>(call, 8, o);
    const F64 v43 = v41 * v42;
    const F64 v44 = v40 * v43;
    const F64 v45 = v39 * v44;
    const F64 v46 = v3 * v45;
    const F64 v47 = -v26;
    const F64 v48 = v46 * v47;
    const F64 v49 = v39 * v48;
    const F64 v50 = v38 + v49;
    const F64 v51 = v50 * v40;
    const F64 v52 = v51 * v42;
    const F64 v53 = v52 + v0;
    const F64 v54 = v2 * v8;
    const F64 v55 = v54 * v3;
    const F64 v56 = v53 + v55;
    const F64 v57 = load<F64>(call, 7, o);
    const F64 v58 = load<F64>(call, 12, o);
    const F64 v59 = load<F64>(call, 1, o);
    const F64 v60 = v59 - v58;
    const F64 v61 = v60 * v11;
    const F64 v62 = v61 * v15;
    const F64 v63 = v58 + v62;
    const F64 v64 = load<F64>(call, 16, o);
    const F64 v65 = load<F64>(call, 3, o);
    const F64 v66 = v64 * v65;
    const F64 v67 = v63 + v66;
    const F64 v68 = v41 * v3;
    const F64 v69 = v2 * v68;
    const F64 v70 = v67 + v69;
    const F64 v71 = v57 + v70;
    const F64 v72 = v71 * v0;
    const F64 v73 = v1 * v72;
    const F64 v74 = lanes::exprel_slope(v5, v6);
    const F64 v75 = v73 * v74;
    const F64 v76 = v75 * v1;
    const F64 v77 = v44 * v37;
    const F64 v78 = v2 * v2;
    const F64 v79 = load<F64>(call, 9, o);
    const F64 v80 = v78 + v79;
    const F64 v81 = load<F64>(call, 13, o);
    const F64 v82 = load<F64>(call, 4, o);
    const F64 v83 = v82 - v81;
    const F64 v84 = v29 * v83;
    const F64 v85 = v33 * v84;
    const F64 v86 = v81 + v85;
    const F64 v87 = load<F64>(call, 17, o);
    const F64 v88 = load<F64>(call, 6, o);
    const F64 v89 = v87 * v88;
    const F64 v90 = v86 + v89;
    const F64 v91 = v80 + v90;
    const F64 v92 = v77 + v91;
    const F64 v93 = v45 * v45;
    const F64 v94 = v92 - v93;
    const F64 v95 = v94 * v19;
    const F64 v96 = v24 * v95;
    const F64 v97 = v1 * v96;
    const F64 v98 = lanes::exprel_slope(v21, v22);
    const F64 v99 = v97 * v98;
    const F64 v100 = v1 * v99;
    const F64 v101 = v100 * v19;
    const F64 v102 = v76 + v101;
    const F64 v103 = v102 * v3;
    const F64 v104 = v4 * v26;
    const F64 v105 = v24 + v104;
    const F64 v106 = v8 * v68;
    const F64 v107 = v105 + v106;
    const F64 v108 = v103 + v107;
    const F64 v109 = lanes::exprel_slope(v13, v14);
    const F64 v110 = v61 * v10;
    const F64 v111 = v1 * v110;
    const F64 v112 = v109 * v111;
    const F64 v113 = v112 * v12;
    const F64 v114 = v14 * v110;
    const F64 v115 = lanes::exprel_slope(v31, v32);
    const F64 v116 = v28 * v84;
    const F64 v117 = v1 * v116;
    const F64 v118 = v115 * v117;
    const F64 v119 = v118 * v30;
    const F64 v120 = v116 * v32;
    const F64 v121 = v75 * v4;
    const F64 v122 = v22 * v96;
    const F64 v123 = v20 * v99;
    const F64 v124 = v122 + v123;
    const F64 v125 = v6 * v72;
    const F64 v126 = v124 + v125;
    const F64 v127 = v121 + v126;
    const F64 v128 = v120 + v127;
    const F64 v129 = v119 + v128;
    const F64 v130 = v114 + v129;
    const F64 v131 = v113 + v130;
    const F64 v132 = v16 * v60;
    const F64 v133 = v1 * v112;
    const F64 v134 = v132 - v133;
    const F64 v135 = v64 * v10;
    const F64 v136 = v83 * v34;
    const F64 v137 = v1 * v118;
    const F64 v138 = v136 - v137;
    const F64 v139 = v87 * v28;
    const F64 v140 = v51 * v41;
    const F64 v141 = v26 * v44;
    const F64 v142 = v25 * v94;
    const F64 v143 = v100 * v4;
    const F64 v144 = v142 + v143;
    store(call, 23, o, v18);
    store(call, 24, o, v36);
    store(call, 25, o, v56);
    store(call, 26, o, v108);
    store(call, 27, o, load<F64>(call, 27, o) + v131);
    store(call, 28, o, load<F64>(call, 28, o) + v17);
    store(call, 29, o, load<F64>(call, 29, o) + v134);
    store(call, 30, o, load<F64>(call, 30, o) + v135);
    store(call, 31, o, load<F64>(call, 31, o) + v35);
    store(call, 32, o, load<F64>(call, 32, o) + v138);
    store(call, 33, o, load<F64>(call, 33, o) + v139);
    store(call, 34, o, load<F64>(call, 34, o) + v8);
    store(call, 35, o, load<F64>(call, 35, o) + v140);
    store(call, 36, o, load<F64>(call, 36, o) + v26);
    store(call, 37, o, load<F64>(call, 37, o) + v141);
    store(call, 38, o, load<F64>(call, 38, o) + v144);
  }
}

constexpr NodeEntry entry = {"b9e4f582b17f25a1f4f9d8e5", kNodeAbi, 8, kVectorBytes, 12, 0, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_b9e4f582b17f25a1f4f9d8e5
}  // namespace

extern const NodeEntry node_b9e4f582b17f25a1f4f9d8e5;
const NodeEntry node_b9e4f582b17f25a1f4f9d8e5 = code_b9e4f582b17f25a1f4f9d8e5::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, no noise, float32.
namespace {
namespace code_a4a44ea6933c025d2607cc74 {

BRAINFIT_FAST_LANE_TYPES(float)

void advance(const NodeCall& call) {
  const F32 v8 = splat<F32>(0x1p+1f);
  const F32 v29 = splat<F32>(0x1.0624dep-10f);
  const F32 v36 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 3, o);
    const F32 v1 = load<F32>(call, 8, o);
    const F32 v2 = load<F32>(call, 1, o);
    const F32 v3 = load<F32>(call, 9, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = v1 - v4;
    const F32 v6 = load<F32>(call, 2, o);
    const F32 v7 = v5 * v6;
    const F32 v9 = v8 * v3;
    const F32 v10 = load<F32>(call, 10, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = v7 + v11;
    const F32 v13 = v0 + v12;
    const F32 v14 = v8 * v10;
    const F32 v15 = load<F32>(call, 0, o);
    const F32 v16 = v14 * v15;
    const F32 v17 = lanes::exprel(v16);
    const F32 v18 = v17 * v15;
    const F32 v19 = v13 * v18;
    const F32 v20 = v19 + v3;
    const F32 v21 = load<F32>(call, 7, o);
    const F32 v22 = v21 * v14;
    const F32 v23 = v22 * v15;
    const F32 v24 = lanes::exprel(v23);
    const F32 v25 = v24 * v15;
    const F32 v26 = load<F32>(call, 5, o);
    const F32 v27 = v10 * v10;
    const F32 v28 = v26 + v27;
    const F32 v30 = load<F32>(call, 4, o);
    const F32 v31 = v3 * v30;
    const F32 v32 = v29 * v31;
    const F32 v33 = load<F32>(call, 6, o);
    const F32 v34 = v32 * v33;
    const F32 v35 = v28 + v34;
    const F32 v37 = v32 * v36;
    const F32 v38 = v37 * v37;
    const F32 v39 = v35 - v38;
    const F32 v40 = v21 * v39;
    const F32 v41 = v25 * v40;
    const F32 v42 = v10 + v41;
    store(call, 12, o, v20);
    store(call, 13, o, v42);
    store(call, 14, o, load<F32>(call, 14, o) + v20 * splat<F32>(0x0p+0f) + v42 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v16 = splat<F32>(0x1.0624dep-10f);
  const F32 v32 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 12, o);
    const F32 v2 = load<F32>(call, 10, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = v8 * v2;
    const F32 v10 = v9 * v1;
    const F32 v11 = load<F32>(call, 2, o);
    const F32 v12 = v8 * v11;
    const F32 v13 = -v12;
    const F32 v14 = load<F32>(call, 1, o);
    const F32 v15 = v13 * v14;
    const F32 v17 = load<F32>(call, 6, o);
    const F32 v18 = load<F32>(call, 7, o);
    const F32 v19 = v18 * v3;
    const F32 v20 = v19 * v4;
    const F32 v21 = lanes::exprel(v20);
    const F32 v22 = v21 * v4;
    const F32 v23 = load<F32>(call, 13, o);
    const F32 v24 = v22 * v23;
    const F32 v25 = v18 * v24;
    const F32 v26 = v17 * v25;
    const F32 v27 = -v25;
    const F32 v28 = load<F32>(call, 9, o);
    const F32 v29 = load<F32>(call, 4, o);
    const F32 v30 = v28 * v29;
    const F32 v31 = v16 * v30;
    const F32 v33 = v31 * v32;
    const F32 v34 = v33 * v1;
    const F32 v35 = v27 * v34;
    const F32 v36 = v35 * v32;
    const F32 v37 = v26 + v36;
    const F32 v38 = v16 * v37;
    const F32 v39 = v38 * v29;
    const F32 v40 = v39 + v0;
    const F32 v41 = v15 + v40;
    const F32 v42 = v10 + v41;
    const F32 v43 = v3 * v25;
    const F32 v44 = v23 + v43;
    const F32 v45 = lanes::exprel_slope(v20, v21);
    const F32 v46 = load<F32>(call, 5, o);
    const F32 v47 = v2 * v2;
    const F32 v48 = v46 + v47;
    const F32 v49 = v31 * v17;
    const F32 v50 = v48 + v49;
    const F32 v51 = v33 * v33;
    const F32 v52 = v50 - v51;
    const F32 v53 = v18 * v52;
    const F32 v54 = v23 * v53;
    const F32 v55 = v4 * v54;
    const F32 v56 = v45 * v55;
    const F32 v57 = v56 * v4;
    const F32 v58 = v57 * v18;
    const F32 v59 = load<F32>(call, 3, o);
    const F32 v60 = load<F32>(call, 8, o);
    const F32 v61 = v14 * v28;
    const F32 v62 = v60 - v61;
    const F32 v63 = v62 * v11;
    const F32 v64 = v1 * v28;
    const F32 v65 = v64 * v2;
    const F32 v66 = v63 + v65;
    const F32 v67 = v59 + v66;
    const F32 v68 = v0 * v67;
    const F32 v69 = v4 * v68;
    const F32 v70 = lanes::exprel_slope(v5, v6);
    const F32 v71 = v69 * v70;
    const F32 v72 = v71 * v4;
    const F32 v73 = v58 + v72;
    const F32 v74 = v73 * v1;
    const F32 v75 = v44 + v74;
    const F32 v76 = v64 * v8;
    const F32 v77 = v75 + v76;
    const F32 v78 = v56 * v19;
    const F32 v79 = v21 * v54;
    const F32 v80 = v78 + v79;
    const F32 v81 = v6 * v68;
    const F32 v82 = v80 + v81;
    const F32 v83 = v71 * v3;
    const F32 v84 = v82 + v83;
    const F32 v85 = v13 * v28;
    const F32 v86 = v8 * v62;
    const F32 v87 = v38 * v28;
    const F32 v88 = v31 * v25;
    const F32 v89 = v57 * v3;
    const F32 v90 = v52 * v24;
    const F32 v91 = v89 + v90;
    store(call, 14, o, v42);
    store(call, 15, o, v77);
    store(call, 16, o, v12);
    store(call, 17, o, load<F32>(call, 17, o) + v84);
    store(call, 18, o, load<F32>(call, 18, o) + v85);
    store(call, 19, o, load<F32>(call, 19, o) + v86);
    store(call, 20, o, load<F32>(call, 20, o) + v8);
    store(call, 21, o, load<F32>(call, 21, o) + v87);
    store(call, 22, o, load<F32>(call, 22, o) + v25);
    store(call, 23, o, load<F32>(call, 23, o) + v88);
    store(call, 24, o, load<F32>(call, 24, o) + v91);
  }
}

constexpr NodeEntry entry = {"a4a44ea6933c025d2607cc74", kNodeAbi, 4, kVectorBytes, 8, 1, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_a4a44ea6933c025d2607cc74
}  // namespace

extern const NodeEntry node_a4a44ea6933c025d2607cc74;
const NodeEntry node_a4a44ea6933c025d2607cc74 = code_a4a44ea6933c025d2607cc74::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, no noise, float64.
namespace {
namespace code_17662fb2b319752d49dfa679 {

BRAINFIT_FAST_LANE_TYPES(double)

void advance(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v27 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v36 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 0, o);
    const F64 v1 = load<F64>(call, 10, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v0 * v5;
    const F64 v7 = load<F64>(call, 9, o);
    const F64 v8 = v7 * v2;
    const F64 v9 = v1 * v8;
    const F64 v10 = load<F64>(call, 8, o);
    const F64 v11 = load<F64>(call, 1, o);
    const F64 v12 = v11 * v7;
    const F64 v13 = v10 - v12;
    const F64 v14 = load<F64>(call, 2, o);
    const F64 v15 = v13 * v14;
    const F64 v16 = v9 + v15;
    const F64 v17 = load<F64>(call, 3, o);
    const F64 v18 = v16 + v17;
    const F64 v19 = v6 * v18;
    const F64 v20 = v19 + v7;
    const F64 v21 = load<F64>(call, 7, o);
    const F64 v22 = v21 * v3;
    const F64 v23 = v0 * v22;
    const F64 v24 = lanes::exprel(v23);
    const F64 v25 = v24 * v0;
    const F64 v26 = load<F64>(call, 6, o);
    const F64 v28 = load<F64>(call, 4, o);
    const F64 v29 = v28 * v7;
    const F64 v30 = v27 * v29;
    const F64 v31 = v26 * v30;
    const F64 v32 = v1 * v1;
    const F64 v33 = load<F64>(call, 5, o);
    const F64 v34 = v32 + v33;
    const F64 v35 = v31 + v34;
    const F64 v37 = v36 * v30;
    const F64 v38 = v37 * v37;
    const F64 v39 = v35 - v38;
    const F64 v40 = v21 * v39;
    const F64 v41 = v25 * v40;
    const F64 v42 = v1 + v41;
    store(call, 12, o, v20);
    store(call, 13, o, v42);
    store(call, 14, o, load<F64>(call, 14, o) + v20 * splat<F64>(0x0p+0) + v42 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v12 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v23 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 10, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 12, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v11 = load<F64>(call, 4, o);
    const F64 v13 = load<F64>(call, 7, o);
    const F64 v14 = v13 * v3;
    const F64 v15 = v1 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v16 * v1;
    const F64 v18 = load<F64>(call, 13, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v13 * v19;
    const F64 v21 = load<F64>(call, 6, o);
    const F64 v22 = v20 * v21;
    const F64 v24 = load<F64>(call, 9, o);
    const F64 v25 = v11 * v24;
    const F64 v26 = v12 * v25;
    const F64 v27 = v23 * v26;
    const F64 v28 = v2 * v27;
    const F64 v29 = -v20;
    const F64 v30 = v28 * v29;
    const F64 v31 = v30 * v23;
    const F64 v32 = v22 + v31;
    const F64 v33 = v12 * v32;
    const F64 v34 = v11 * v33;
    const F64 v35 = v7 + v34;
    const F64 v36 = v10 + v35;
    const F64 v37 = load<F64>(call, 1, o);
    const F64 v38 = load<F64>(call, 2, o);
    const F64 v39 = v8 * v38;
    const F64 v40 = -v39;
    const F64 v41 = v37 * v40;
    const F64 v42 = v36 + v41;
    const F64 v43 = v24 * v2;
    const F64 v44 = v43 * v8;
    const F64 v45 = lanes::exprel_slope(v15, v16);
    const F64 v46 = v21 * v26;
    const F64 v47 = v0 * v0;
    const F64 v48 = load<F64>(call, 5, o);
    const F64 v49 = v47 + v48;
    const F64 v50 = v46 + v49;
    const F64 v51 = v27 * v27;
    const F64 v52 = v50 - v51;
    const F64 v53 = v13 * v52;
    const F64 v54 = v53 * v18;
    const F64 v55 = v1 * v54;
    const F64 v56 = v45 * v55;
    const F64 v57 = v1 * v56;
    const F64 v58 = v13 * v57;
    const F64 v59 = v0 * v43;
    const F64 v60 = load<F64>(call, 8, o);
    const F64 v61 = v37 * v24;
    const F64 v62 = v60 - v61;
    const F64 v63 = v62 * v38;
    const F64 v64 = v59 + v63;
    const F64 v65 = load<F64>(call, 3, o);
    const F64 v66 = v64 + v65;
    const F64 v67 = v7 * v66;
    const F64 v68 = v1 * v67;
    const F64 v69 = lanes::exprel_slope(v4, v5);
    const F64 v70 = v68 * v69;
    const F64 v71 = v1 * v70;
    const F64 v72 = v58 + v71;
    const F64 v73 = v2 * v72;
    const F64 v74 = v20 * v3;
    const F64 v75 = v74 + v18;
    const F64 v76 = v73 + v75;
    const F64 v77 = v44 + v76;
    const F64 v78 = v67 * v5;
    const F64 v79 = v56 * v14;
    const F64 v80 = v16 * v54;
    const F64 v81 = v79 + v80;
    const F64 v82 = v78 + v81;
    const F64 v83 = v3 * v70;
    const F64 v84 = v82 + v83;
    const F64 v85 = v24 * v40;
    const F64 v86 = v62 * v8;
    const F64 v87 = v24 * v33;
    const F64 v88 = v20 * v26;
    const F64 v89 = v57 * v3;
    const F64 v90 = v19 * v52;
    const F64 v91 = v89 + v90;
    store(call, 14, o, v42);
    store(call, 15, o, v77);
    store(call, 16, o, v39);
    store(call, 17, o, load<F64>(call, 17, o) + v84);
    store(call, 18, o, load<F64>(call, 18, o) + v85);
    store(call, 19, o, load<F64>(call, 19, o) + v86);
    store(call, 20, o, load<F64>(call, 20, o) + v8);
    store(call, 21, o, load<F64>(call, 21, o) + v87);
    store(call, 22, o, load<F64>(call, 22, o) + v20);
    store(call, 23, o, load<F64>(call, 23, o) + v88);
    store(call, 24, o, load<F64>(call, 24, o) + v91);
  }
}

constexpr NodeEntry entry = {"17662fb2b319752d49dfa679", kNodeAbi, 8, kVectorBytes, 8, 1, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_17662fb2b319752d49dfa679
}  // namespace

extern const NodeEntry node_17662fb2b319752d49dfa679;
const NodeEntry node_17662fb2b319752d49dfa679 = code_17662fb2b319752d49dfa679::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise gaussian first, float32.
namespace {
namespace code_7d707a1d38281e6db5d7125a {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  store(call, 5, 0, v25);
  store(call, 6, 0, v26);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    store(call, 4, o, v24);
  }
}

void advance(const NodeCall& call) {
  const F32 v14 = splat<F32>(0x1p+1f);
  const F32 v32 = splat<F32>(0x1.0624dep-10f);
  const F32 v38 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 11, o);
    const F32 v1 = load<F32>(call, 5, o);
    const F32 v2 = load<F32>(call, 10, o);
    const F32 v3 = load<F32>(call, 1, o);
    const F32 v4 = v3 * v0;
    const F32 v5 = v2 - v4;
    const F32 v6 = load<F32>(call, 2, o);
    const F32 v7 = v5 * v6;
    const F32 v8 = load<F32>(call, 13, o);
    const F32 v9 = load<F32>(call, 3, o);
    const F32 v10 = v8 * v9;
    const F32 v11 = load<F32>(call, 4, o);
    const F32 v12 = v10 + v11;
    const F32 v13 = v7 + v12;
    const F32 v15 = v14 * v0;
    const F32 v16 = load<F32>(call, 12, o);
    const F32 v17 = v15 * v16;
    const F32 v18 = v13 + v17;
    const F32 v19 = v1 + v18;
    const F32 v20 = v14 * v16;
    const F32 v21 = load<F32>(call, 0, o);
    const F32 v22 = v20 * v21;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v23 * v21;
    const F32 v25 = v19 * v24;
    const F32 v26 = v0 + v25;
    const F32 v27 = load<F32>(call, 9, o);
    const F32 v28 = v16 * v16;
    const F32 v29 = load<F32>(call, 7, o);
    const F32 v30 = v28 + v29;
    const F32 v31 = load<F32>(call, 8, o);
    const F32 v33 = load<F32>(call, 6, o);
    const F32 v34 = v0 * v33;
    const F32 v35 = v32 * v34;
    const F32 v36 = v31 * v35;
    const F32 v37 = v30 + v36;
    const F32 v39 = v35 * v38;
    const F32 v40 = v39 * v39;
    const F32 v41 = v37 - v40;
    const F32 v42 = v27 * v41;
    const F32 v43 = v27 * v20;
    const F32 v44 = v43 * v21;
    const F32 v45 = lanes::exprel(v44);
    const F32 v46 = v45 * v21;
    const F32 v47 = v42 * v46;
    const F32 v48 = v47 + v16;
    store(call, 15, o, v26);
    store(call, 16, o, v48);
    store(call, 17, o, load<F32>(call, 17, o) + v26 * splat<F32>(0x0p+0f) + v48 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v16 = splat<F32>(0x1.0624dep-10f);
  const F32 v21 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 15, o);
    const F32 v2 = load<F32>(call, 12, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = v8 * v2;
    const F32 v10 = v9 * v1;
    const F32 v11 = load<F32>(call, 2, o);
    const F32 v12 = v8 * v11;
    const F32 v13 = -v12;
    const F32 v14 = load<F32>(call, 1, o);
    const F32 v15 = v13 * v14;
    const F32 v17 = load<F32>(call, 11, o);
    const F32 v18 = load<F32>(call, 6, o);
    const F32 v19 = v17 * v18;
    const F32 v20 = v16 * v19;
    const F32 v22 = v20 * v21;
    const F32 v23 = v22 * v1;
    const F32 v24 = load<F32>(call, 9, o);
    const F32 v25 = load<F32>(call, 16, o);
    const F32 v26 = v24 * v3;
    const F32 v27 = v26 * v4;
    const F32 v28 = lanes::exprel(v27);
    const F32 v29 = v28 * v4;
    const F32 v30 = v25 * v29;
    const F32 v31 = v24 * v30;
    const F32 v32 = -v31;
    const F32 v33 = v23 * v32;
    const F32 v34 = v33 * v21;
    const F32 v35 = load<F32>(call, 8, o);
    const F32 v36 = v35 * v31;
    const F32 v37 = v34 + v36;
    const F32 v38 = v16 * v37;
    const F32 v39 = v38 * v18;
    const F32 v40 = v39 + v0;
    const F32 v41 = v15 + v40;
    const F32 v42 = v10 + v41;
    const F32 v43 = v3 * v31;
    const F32 v44 = v25 + v43;
    const F32 v45 = lanes::exprel_slope(v27, v28);
    const F32 v46 = v2 * v2;
    const F32 v47 = load<F32>(call, 7, o);
    const F32 v48 = v46 + v47;
    const F32 v49 = v35 * v20;
    const F32 v50 = v48 + v49;
    const F32 v51 = v22 * v22;
    const F32 v52 = v50 - v51;
    const F32 v53 = v24 * v52;
    const F32 v54 = v25 * v53;
    const F32 v55 = v54 * v4;
    const F32 v56 = v45 * v55;
    const F32 v57 = v56 * v4;
    const F32 v58 = v24 * v57;
    const F32 v59 = load<F32>(call, 5, o);
    const F32 v60 = load<F32>(call, 10, o);
    const F32 v61 = v14 * v17;
    const F32 v62 = v60 - v61;
    const F32 v63 = v62 * v11;
    const F32 v64 = load<F32>(call, 13, o);
    const F32 v65 = load<F32>(call, 3, o);
    const F32 v66 = v64 * v65;
    const F32 v67 = load<F32>(call, 4, o);
    const F32 v68 = v66 + v67;
    const F32 v69 = v63 + v68;
    const F32 v70 = v1 * v17;
    const F32 v71 = v70 * v2;
    const F32 v72 = v69 + v71;
    const F32 v73 = v59 + v72;
    const F32 v74 = v73 * v0;
    const F32 v75 = v74 * v4;
    const F32 v76 = lanes::exprel_slope(v5, v6);
    const F32 v77 = v75 * v76;
    const F32 v78 = v77 * v4;
    const F32 v79 = v58 + v78;
    const F32 v80 = v79 * v1;
    const F32 v81 = v44 + v80;
    const F32 v82 = v70 * v8;
    const F32 v83 = v81 + v82;
    const F32 v84 = v54 * v28;
    const F32 v85 = v56 * v26;
    const F32 v86 = v84 + v85;
    const F32 v87 = v74 * v6;
    const F32 v88 = v86 + v87;
    const F32 v89 = v3 * v77;
    const F32 v90 = v88 + v89;
    const F32 v91 = v13 * v17;
    const F32 v92 = v8 * v62;
    const F32 v93 = v8 * v64;
    const F32 v94 = v38 * v17;
    const F32 v95 = v20 * v31;
    const F32 v96 = v30 * v52;
    const F32 v97 = v3 * v57;
    const F32 v98 = v96 + v97;
    store(call, 17, o, v42);
    store(call, 18, o, v83);
    store(call, 19, o, v12);
    store(call, 20, o, load<F32>(call, 20, o) + v90);
    store(call, 21, o, load<F32>(call, 21, o) + v91);
    store(call, 22, o, load<F32>(call, 22, o) + v92);
    store(call, 23, o, load<F32>(call, 23, o) + v93);
    store(call, 24, o, load<F32>(call, 24, o) + v8);
    store(call, 25, o, load<F32>(call, 25, o) + v8);
    store(call, 26, o, load<F32>(call, 26, o) + v94);
    store(call, 27, o, load<F32>(call, 27, o) + v31);
    store(call, 28, o, load<F32>(call, 28, o) + v95);
    store(call, 29, o, load<F32>(call, 29, o) + v98);
  }
}

constexpr NodeEntry entry = {"7d707a1d38281e6db5d7125a", kNodeAbi, 4, kVectorBytes, 10, 1, 0, 2, 0, 1, 1, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_7d707a1d38281e6db5d7125a
}  // namespace

extern const NodeEntry node_7d707a1d38281e6db5d7125a;
const NodeEntry node_7d707a1d38281e6db5d7125a = code_7d707a1d38281e6db5d7125a::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise gaussian first, float64.
namespace {
namespace code_a42e825fe4ae0982b3e11fdf {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  store(call, 5, 0, v29);
  store(call, 6, 0, v30);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    store(call, 4, o, v28);
  }
}

void advance(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v33 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v42 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 11, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v2 = load<F64>(call, 12, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v1 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v1 * v6;
    const F64 v8 = v0 * v3;
    const F64 v9 = v2 * v8;
    const F64 v10 = load<F64>(call, 4, o);
    const F64 v11 = load<F64>(call, 13, o);
    const F64 v12 = load<F64>(call, 3, o);
    const F64 v13 = v11 * v12;
    const F64 v14 = v10 + v13;
    const F64 v15 = load<F64>(call, 10, o);
    const F64 v16 = load<F64>(call, 1, o);
    const F64 v17 = v16 * v0;
    const F64 v18 = v15 - v17;
    const F64 v19 = load<F64>(call, 2, o);
    const F64 v20 = v18 * v19;
    const F64 v21 = v14 + v20;
    const F64 v22 = v9 + v21;
    const F64 v23 = load<F64>(call, 5, o);
    const F64 v24 = v22 + v23;
    const F64 v25 = v7 * v24;
    const F64 v26 = v0 + v25;
    const F64 v27 = load<F64>(call, 9, o);
    const F64 v28 = v4 * v27;
    const F64 v29 = v1 * v28;
    const F64 v30 = lanes::exprel(v29);
    const F64 v31 = v1 * v30;
    const F64 v32 = load<F64>(call, 8, o);
    const F64 v34 = load<F64>(call, 6, o);
    const F64 v35 = v0 * v34;
    const F64 v36 = v33 * v35;
    const F64 v37 = v32 * v36;
    const F64 v38 = load<F64>(call, 7, o);
    const F64 v39 = v2 * v2;
    const F64 v40 = v38 + v39;
    const F64 v41 = v37 + v40;
    const F64 v43 = v42 * v36;
    const F64 v44 = v43 * v43;
    const F64 v45 = v41 - v44;
    const F64 v46 = v45 * v27;
    const F64 v47 = v31 * v46;
    const F64 v48 = v47 + v2;
    store(call, 15, o, v26);
    store(call, 16, o, v48);
    store(call, 17, o, load<F64>(call, 17, o) + v26 * splat<F64>(0x0p+0) + v48 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v12 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v23 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 12, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 15, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v11 = load<F64>(call, 6, o);
    const F64 v13 = load<F64>(call, 9, o);
    const F64 v14 = v3 * v13;
    const F64 v15 = v1 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v1 * v16;
    const F64 v18 = load<F64>(call, 16, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v19 * v13;
    const F64 v21 = load<F64>(call, 8, o);
    const F64 v22 = v20 * v21;
    const F64 v24 = -v20;
    const F64 v25 = load<F64>(call, 11, o);
    const F64 v26 = v25 * v11;
    const F64 v27 = v12 * v26;
    const F64 v28 = v23 * v27;
    const F64 v29 = v28 * v2;
    const F64 v30 = v24 * v29;
    const F64 v31 = v23 * v30;
    const F64 v32 = v22 + v31;
    const F64 v33 = v12 * v32;
    const F64 v34 = v11 * v33;
    const F64 v35 = v34 + v7;
    const F64 v36 = load<F64>(call, 1, o);
    const F64 v37 = load<F64>(call, 2, o);
    const F64 v38 = v8 * v37;
    const F64 v39 = -v38;
    const F64 v40 = v36 * v39;
    const F64 v41 = v35 + v40;
    const F64 v42 = v10 + v41;
    const F64 v43 = lanes::exprel_slope(v15, v16);
    const F64 v44 = v21 * v27;
    const F64 v45 = load<F64>(call, 7, o);
    const F64 v46 = v0 * v0;
    const F64 v47 = v45 + v46;
    const F64 v48 = v44 + v47;
    const F64 v49 = v28 * v28;
    const F64 v50 = v48 - v49;
    const F64 v51 = v50 * v13;
    const F64 v52 = v51 * v18;
    const F64 v53 = v52 * v1;
    const F64 v54 = v43 * v53;
    const F64 v55 = v1 * v54;
    const F64 v56 = v55 * v13;
    const F64 v57 = v25 * v2;
    const F64 v58 = v0 * v57;
    const F64 v59 = load<F64>(call, 4, o);
    const F64 v60 = load<F64>(call, 13, o);
    const F64 v61 = load<F64>(call, 3, o);
    const F64 v62 = v60 * v61;
    const F64 v63 = v59 + v62;
    const F64 v64 = load<F64>(call, 10, o);
    const F64 v65 = v36 * v25;
    const F64 v66 = v64 - v65;
    const F64 v67 = v66 * v37;
    const F64 v68 = v63 + v67;
    const F64 v69 = v58 + v68;
    const F64 v70 = load<F64>(call, 5, o);
    const F64 v71 = v69 + v70;
    const F64 v72 = v71 * v7;
    const F64 v73 = v72 * v1;
    const F64 v74 = lanes::exprel_slope(v4, v5);
    const F64 v75 = v73 * v74;
    const F64 v76 = v1 * v75;
    const F64 v77 = v56 + v76;
    const F64 v78 = v2 * v77;
    const F64 v79 = v57 * v8;
    const F64 v80 = v20 * v3;
    const F64 v81 = v80 + v18;
    const F64 v82 = v79 + v81;
    const F64 v83 = v78 + v82;
    const F64 v84 = v72 * v5;
    const F64 v85 = v14 * v54;
    const F64 v86 = v52 * v16;
    const F64 v87 = v85 + v86;
    const F64 v88 = v84 + v87;
    const F64 v89 = v3 * v75;
    const F64 v90 = v88 + v89;
    const F64 v91 = v25 * v39;
    const F64 v92 = v66 * v8;
    const F64 v93 = v60 * v8;
    const F64 v94 = v25 * v33;
    const F64 v95 = v20 * v27;
    const F64 v96 = v3 * v55;
    const F64 v97 = v50 * v19;
    const F64 v98 = v96 + v97;
    store(call, 17, o, v42);
    store(call, 18, o, v83);
    store(call, 19, o, v38);
    store(call, 20, o, load<F64>(call, 20, o) + v90);
    store(call, 21, o, load<F64>(call, 21, o) + v91);
    store(call, 22, o, load<F64>(call, 22, o) + v92);
    store(call, 23, o, load<F64>(call, 23, o) + v93);
    store(call, 24, o, load<F64>(call, 24, o) + v8);
    store(call, 25, o, load<F64>(call, 25, o) + v8);
    store(call, 26, o, load<F64>(call, 26, o) + v94);
    store(call, 27, o, load<F64>(call, 27, o) + v20);
    store(call, 28, o, load<F64>(call, 28, o) + v95);
    store(call, 29, o, load<F64>(call, 29, o) + v98);
  }
}

constexpr NodeEntry entry = {"a42e825fe4ae0982b3e11fdf", kNodeAbi, 8, kVectorBytes, 10, 1, 0, 2, 0, 1, 1, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_a42e825fe4ae0982b3e11fdf
}  // namespace

extern const NodeEntry node_a42e825fe4ae0982b3e11fdf;
const NodeEntry node_a42e825fe4ae0982b3e11fdf = code_a42e825fe4ae0982b3e11fdf::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise gaussian, float32.
namespace {
namespace code_347cd69121179beadf373c82 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v14 = splat<F32>(0x1p+1f);
  const F32 v37 = splat<F32>(0x1.0624dep-10f);
  const F32 v43 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 13, o);
    const F32 v1 = load<F32>(call, 7, o);
    const F32 v2 = load<F32>(call, 12, o);
    const F32 v3 = load<F32>(call, 1, o);
    const F32 v4 = v3 * v0;
    const F32 v5 = v2 - v4;
    const F32 v6 = load<F32>(call, 2, o);
    const F32 v7 = v5 * v6;
    const F32 v8 = load<F32>(call, 15, o);
    const F32 v9 = load<F32>(call, 3, o);
    const F32 v10 = v8 * v9;
    const F32 v11 = load<F32>(call, 4, o);
    const F32 v12 = v10 + v11;
    const F32 v13 = v7 + v12;
    const F32 v15 = v14 * v0;
    const F32 v16 = load<F32>(call, 14, o);
    const F32 v17 = v15 * v16;
    const F32 v18 = v13 + v17;
    const F32 v19 = v1 + v18;
    const F32 v20 = v14 * v16;
    const F32 v21 = load<F32>(call, 0, o);
    const F32 v22 = v20 * v21;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v23 * v21;
    const F32 v25 = v19 * v24;
    const F32 v26 = v0 + v25;
    const F32 v27 = load<F32>(call, 9, o);
    const F32 v28 = v16 * v16;
    const F32 v29 = v27 + v28;
    const F32 v30 = load<F32>(call, 5, o);
    const F32 v31 = load<F32>(call, 16, o);
    const F32 v32 = v30 * v31;
    const F32 v33 = load<F32>(call, 6, o);
    const F32 v34 = v32 + v33;
    const F32 v35 = v29 + v34;
    const F32 v36 = load<F32>(call, 10, o);
    const F32 v38 = load<F32>(call, 8, o);
    const F32 v39 = v38 * v0;
    const F32 v40 = v37 * v39;
    const F32 v41 = v36 * v40;
    const F32 v42 = v35 + v41;
    const F32 v44 = v40 * v43;
    const F32 v45 = v44 * v44;
    const F32 v46 = v42 - v45;
    const F32 v47 = load<F32>(call, 11, o);
    const F32 v48 = v46 * v47;
    const F32 v49 = v20 * v47;
    const F32 v50 = v49 * v21;
    const F32 v51 = lanes::exprel(v50);
    const F32 v52 = v51 * v21;
    const F32 v53 = v48 * v52;
    const F32 v54 = v16 + v53;
    store(call, 18, o, v26);
    store(call, 19, o, v54);
    store(call, 20, o, load<F32>(call, 20, o) + v26 * splat<F32>(0x0p+0f) + v54 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v15 = splat<F32>(0x1.0624dep-10f);
  const F32 v28 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 18, o);
    const F32 v2 = load<F32>(call, 14, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = load<F32>(call, 2, o);
    const F32 v10 = v8 * v9;
    const F32 v11 = -v10;
    const F32 v12 = load<F32>(call, 1, o);
    const F32 v13 = v11 * v12;
    const F32 v14 = load<F32>(call, 8, o);
    const F32 v16 = load<F32>(call, 19, o);
    const F32 v17 = load<F32>(call, 11, o);
    const F32 v18 = v3 * v17;
    const F32 v19 = v18 * v4;
    const F32 v20 = lanes::exprel(v19);
    const F32 v21 = v20 * v4;
    const F32 v22 = v16 * v21;
    const F32 v23 = v22 * v17;
    const F32 v24 = -v23;
    const F32 v25 = load<F32>(call, 13, o);
    const F32 v26 = v14 * v25;
    const F32 v27 = v15 * v26;
    const F32 v29 = v27 * v28;
    const F32 v30 = v1 * v29;
    const F32 v31 = v24 * v30;
    const F32 v32 = v31 * v28;
    const F32 v33 = load<F32>(call, 10, o);
    const F32 v34 = v33 * v23;
    const F32 v35 = v32 + v34;
    const F32 v36 = v15 * v35;
    const F32 v37 = v14 * v36;
    const F32 v38 = v0 + v37;
    const F32 v39 = v13 + v38;
    const F32 v40 = v8 * v2;
    const F32 v41 = v40 * v1;
    const F32 v42 = v39 + v41;
    const F32 v43 = load<F32>(call, 9, o);
    const F32 v44 = v2 * v2;
    const F32 v45 = v43 + v44;
    const F32 v46 = load<F32>(call, 5, o);
    const F32 v47 = load<F32>(call, 16, o);
    const F32 v48 = v46 * v47;
    const F32 v49 = load<F32>(call, 6, o);
    const F32 v50 = v48 + v49;
    const F32 v51 = v45 + v50;
    const F32 v52 = v33 * v27;
    const F32 v53 = v51 + v52;
    const F32 v54 = v29 * v29;
    const F32 v55 = v53 - v54;
    const F32 v56 = v55 * v17;
    const F32 v57 = v56 * v16;
    const F32 v58 = v57 * v4;
    const F32 v59 = lanes::exprel_slope(v19, v20);
    const F32 v60 = v58 * v59;
    const F32 v61 = v4 * v60;
    const F32 v62 = v61 * v17;
    const F32 v63 = load<F32>(call, 7, o);
    const F32 v64 = load<F32>(call, 12, o);
    const F32 v65 = v12 * v25;
    const F32 v66 = v64 - v65;
    const F32 v67 = v66 * v9;
    const F32 v68 = load<F32>(call, 15, o);
    const F32 v69 = load<F32>(call, 3, o);
    const F32 v70 = v68 * v69;
    const F32 v71 = load<F32>(call, 4, o);
    const F32 v72 = v70 + v71;
    const F32 v73 = v67 + v72;
    const F32 v74 = v1 * v25;
    const F32 v75 = v74 * v2;
    const F32 v76 = v73 + v75;
    const F32 v77 = v63 + v76;
    const F32 v78 = v0 * v77;
    const F32 v79 = v4 * v78;
    const F32 v80 = lanes::exprel_slope(v5, v6);
    const F32 v81 = v79 * v80;
    const F32 v82 = v81 * v4;
    const F32 v83 = v62 + v82;
    const F32 v84 = v83 * v1;
    const F32 v85 = v3 * v23;
    const F32 v86 = v85 + v16;
    const F32 v87 = v84 + v86;
    const F32 v88 = v74 * v8;
    const F32 v89 = v87 + v88;
    const F32 v90 = v18 * v60;
    const F32 v91 = v20 * v57;
    const F32 v92 = v90 + v91;
    const F32 v93 = v6 * v78;
    const F32 v94 = v92 + v93;
    const F32 v95 = v81 * v3;
    const F32 v96 = v94 + v95;
    const F32 v97 = v11 * v25;
    const F32 v98 = v8 * v66;
    const F32 v99 = v8 * v68;
    const F32 v100 = v47 * v23;
    const F32 v101 = v36 * v25;
    const F32 v102 = v23 * v27;
    const F32 v103 = v61 * v3;
    const F32 v104 = v55 * v22;
    const F32 v105 = v103 + v104;
    store(call, 20, o, v42);
    store(call, 21, o, v89);
    store(call, 22, o, v10);
    store(call, 23, o, load<F32>(call, 23, o) + v96);
    store(call, 24, o, load<F32>(call, 24, o) + v97);
    store(call, 25, o, load<F32>(call, 25, o) + v98);
    store(call, 26, o, load<F32>(call, 26, o) + v99);
    store(call, 27, o, load<F32>(call, 27, o) + v8);
    store(call, 28, o, load<F32>(call, 28, o) + v100);
    store(call, 29, o, load<F32>(call, 29, o) + v23);
    store(call, 30, o, load<F32>(call, 30, o) + v8);
    store(call, 31, o, load<F32>(call, 31, o) + v101);
    store(call, 32, o, load<F32>(call, 32, o) + v23);
    store(call, 33, o, load<F32>(call, 33, o) + v102);
    store(call, 34, o, load<F32>(call, 34, o) + v105);
  }
}

constexpr NodeEntry entry = {"347cd69121179beadf373c82", kNodeAbi, 4, kVectorBytes, 12, 1, 0, 2, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_347cd69121179beadf373c82
}  // namespace

extern const NodeEntry node_347cd69121179beadf373c82;
const NodeEntry node_347cd69121179beadf373c82 = code_347cd69121179beadf373c82::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise gaussian, float64.
namespace {
namespace code_1da4a32eb7c1b6336ef903dd {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v36 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v43 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 13, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v2 = load<F64>(call, 14, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v1 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v1 * v6;
    const F64 v8 = load<F64>(call, 7, o);
    const F64 v9 = v0 * v3;
    const F64 v10 = v2 * v9;
    const F64 v11 = load<F64>(call, 4, o);
    const F64 v12 = load<F64>(call, 15, o);
    const F64 v13 = load<F64>(call, 3, o);
    const F64 v14 = v12 * v13;
    const F64 v15 = v11 + v14;
    const F64 v16 = load<F64>(call, 12, o);
    const F64 v17 = load<F64>(call, 1, o);
    const F64 v18 = v17 * v0;
    const F64 v19 = v16 - v18;
    const F64 v20 = load<F64>(call, 2, o);
    const F64 v21 = v19 * v20;
    const F64 v22 = v15 + v21;
    const F64 v23 = v10 + v22;
    const F64 v24 = v8 + v23;
    const F64 v25 = v7 * v24;
    const F64 v26 = v0 + v25;
    const F64 v27 = v2 * v2;
    const F64 v28 = load<F64>(call, 9, o);
    const F64 v29 = v27 + v28;
    const F64 v30 = load<F64>(call, 16, o);
    const F64 v31 = load<F64>(call, 5, o);
    const F64 v32 = v30 * v31;
    const F64 v33 = load<F64>(call, 6, o);
    const F64 v34 = v32 + v33;
    const F64 v35 = v29 + v34;
    const F64 v37 = load<F64>(call, 8, o);
    const F64 v38 = v0 * v37;
    const F64 v39 = v36 * v38;
    const F64 v40 = load<F64>(call, 10, o);
    const F64 v41 = v39 * v40;
    const F64 v42 = v35 + v41;
    const F64 v44 = v39 * v43;
    const F64 v45 = v44 * v44;
    const F64 v46 = v42 - v45;
    const F64 v47 = load<F64>(call, 11, o);
    const F64 v48 = v46 * v47;
    const F64 v49 = v4 * v47;
    const F64 v50 = v1 * v49;
    const F64 v51 = lanes::exprel(v50);
    const F64 v52 = v1 * v51;
    const F64 v53 = v48 * v52;
    const F64 v54 = v2 + v53;
    store(call, 18, o, v26);
    store(call, 19, o, v54);
    store(call, 20, o, load<F64>(call, 20, o) + v26 * splat<F64>(0x0p+0) + v54 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v20 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v25 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 14, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 18, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v11 = load<F64>(call, 19, o);
    const F64 v12 = load<F64>(call, 11, o);
    const F64 v13 = v3 * v12;
    const F64 v14 = v1 * v13;
    const F64 v15 = lanes::exprel(v14);
    const F64 v16 = v1 * v15;
    const F64 v17 = v11 * v16;
    const F64 v18 = v17 * v12;
    const F64 v19 = -v18;
    const F64 v21 = load<F64>(call, 13, o);
    const F64 v22 = load<F64>(call, 8, o);
    const F64 v23 = v21 * v22;
    const F64 v24 = v20 * v23;
    const F64 v26 = v24 * v25;
    const F64 v27 = v2 * v26;
    const F64 v28 = v19 * v27;
    const F64 v29 = v28 * v25;
    const F64 v30 = load<F64>(call, 10, o);
    const F64 v31 = v18 * v30;
    const F64 v32 = v29 + v31;
    const F64 v33 = v32 * v20;
    const F64 v34 = v33 * v22;
    const F64 v35 = v7 + v34;
    const F64 v36 = load<F64>(call, 1, o);
    const F64 v37 = load<F64>(call, 2, o);
    const F64 v38 = v8 * v37;
    const F64 v39 = -v38;
    const F64 v40 = v36 * v39;
    const F64 v41 = v35 + v40;
    const F64 v42 = v10 + v41;
    const F64 v43 = load<F64>(call, 7, o);
    const F64 v44 = v21 * v2;
    const F64 v45 = v0 * v44;
    const F64 v46 = load<F64>(call, 4, o);
    const F64 v47 = load<F64>(call, 15, o);
    const F64 v48 = load<F64>(call, 3, o);
    const F64 v49 = v47 * v48;
    const F64 v50 = v46 + v49;
    const F64 v51 = load<F64>(call, 12, o);
    const F64 v52 = v36 * v21;
    const F64 v53 = v51 - v52;
    const F64 v54 = v53 * v37;
    const F64 v55 = v50 + v54;
    const F64 v56 = v45 + v55;
    const F64 v57 = v43 + v56;
    const F64 v58 = v7 * v57;
    const F64 v59 = v1 * v58;
    const F64 v60 = lanes::exprel_slope(v4, v5);
    const F64 v61 = v59 * v60;
    const F64 v62 = v1 * v61;
    const F64 v63 = lanes::exprel_slope(v14, v15);
    const F64 v64 = v0 * v0;
    const F64 v65 = load<F64>(call, 9, o);
    const F64 v66 = v64 + v65;
    const F64 v67 = load<F64>(call, 16, o);
    const F64 v68 = load<F64>(call, 5, o);
    const F64 v69 = v67 * v68;
    const F64 v70 = load<F64>(call, 6, o);
    const F64 v71 = v69 + v70;
    const F64 v72 = v66 + v71;
    const F64 v73 = v24 * v30;
    const F64 v74 = v72 + v73;
    const F64 v75 = v26 * v26;
    const F64 v76 = v74 - v75;
    const F64 v77 = v76 * v12;
    const F64 v78 = v77 * v11;
    const F64 v79 = v1 * v78;
    const F64 v80 = v63 * v79;
    const F64 v81 = v1 * v80;
    const F64 v82 = v81 * v12;
    const F64 v83 = v62 + v82;
    const F64 v84 = v2 * v83;
    const F64 v85 = v44 * v8;
    const F64 v86 = v18 * v3;
    const F64 v87 = v86 + v11;
    const F64 v88 = v85 + v87;
    const F64 v89 = v84 + v88;
    const F64 v90 = v61 * v3;
    const F64 v91 = v80 * v13;
    const F64 v92 = v78 * v15;
    const F64 v93 = v91 + v92;
    const F64 v94 = v58 * v5;
    const F64 v95 = v93 + v94;
    const F64 v96 = v90 + v95;
    const F64 v97 = v21 * v39;
    const F64 v98 = v53 * v8;
    const F64 v99 = v47 * v8;
    const F64 v100 = v67 * v18;
    const F64 v101 = v33 * v21;
    const F64 v102 = v24 * v18;
    const F64 v103 = v81 * v3;
    const F64 v104 = v17 * v76;
    const F64 v105 = v103 + v104;
    store(call, 20, o, v42);
    store(call, 21, o, v89);
    store(call, 22, o, v38);
    store(call, 23, o, load<F64>(call, 23, o) + v96);
    store(call, 24, o, load<F64>(call, 24, o) + v97);
    store(call, 25, o, load<F64>(call, 25, o) + v98);
    store(call, 26, o, load<F64>(call, 26, o) + v99);
    store(call, 27, o, load<F64>(call, 27, o) + v8);
    store(call, 28, o, load<F64>(call, 28, o) + v100);
    store(call, 29, o, load<F64>(call, 29, o) + v18);
    store(call, 30, o, load<F64>(call, 30, o) + v8);
    store(call, 31, o, load<F64>(call, 31, o) + v101);
    store(call, 32, o, load<F64>(call, 32, o) + v18);
    store(call, 33, o, load<F64>(call, 33, o) + v102);
    store(call, 34, o, load<F64>(call, 34, o) + v105);
  }
}

constexpr NodeEntry entry = {"1da4a32eb7c1b6336ef903dd", kNodeAbi, 8, kVectorBytes, 12, 1, 0, 2, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_1da4a32eb7c1b6336ef903dd
}  // namespace

extern const NodeEntry node_1da4a32eb7c1b6336ef903dd;
const NodeEntry node_1da4a32eb7c1b6336ef903dd = code_1da4a32eb7c1b6336ef903dd::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise ou first, float32.
namespace {
namespace code_8963ca05b2355eb2e9fccde9 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  store(call, 5, 0, v25);
  store(call, 6, 0, v26);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    store(call, 4, o, v24);
  }
}

void advance(const NodeCall& call) {
  const F32 v24 = splat<F32>(0x1p+1f);
  const F32 v43 = splat<F32>(0x1.0624dep-10f);
  const F32 v52 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 12, o);
    const F32 v1 = load<F32>(call, 11, o);
    const F32 v2 = load<F32>(call, 1, o);
    const F32 v3 = v2 * v0;
    const F32 v4 = v1 - v3;
    const F32 v5 = load<F32>(call, 2, o);
    const F32 v6 = v4 * v5;
    const F32 v7 = load<F32>(call, 13, o);
    const F32 v8 = load<F32>(call, 3, o);
    const F32 v9 = v8 - v7;
    const F32 v10 = load<F32>(call, 4, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = load<F32>(call, 0, o);
    const F32 v13 = -v10;
    const F32 v14 = v13 * v12;
    const F32 v15 = lanes::exprel(v14);
    const F32 v16 = v12 * v15;
    const F32 v17 = v11 * v16;
    const F32 v18 = v7 + v17;
    const F32 v19 = load<F32>(call, 5, o);
    const F32 v20 = load<F32>(call, 15, o);
    const F32 v21 = v19 * v20;
    const F32 v22 = v18 + v21;
    const F32 v23 = v6 + v22;
    const F32 v25 = v24 * v0;
    const F32 v26 = load<F32>(call, 14, o);
    const F32 v27 = v25 * v26;
    const F32 v28 = v23 + v27;
    const F32 v29 = load<F32>(call, 6, o);
    const F32 v30 = v28 + v29;
    const F32 v31 = v26 * v24;
    const F32 v32 = v31 * v12;
    const F32 v33 = lanes::exprel(v32);
    const F32 v34 = v33 * v12;
    const F32 v35 = v30 * v34;
    const F32 v36 = v0 + v35;
    const F32 v37 = load<F32>(call, 10, o);
    const F32 v38 = v37 * v31;
    const F32 v39 = v12 * v38;
    const F32 v40 = lanes::exprel(v39);
    const F32 v41 = v40 * v12;
    const F32 v42 = load<F32>(call, 9, o);
    const F32 v44 = load<F32>(call, 7, o);
    const F32 v45 = v44 * v0;
    const F32 v46 = v43 * v45;
    const F32 v47 = v42 * v46;
    const F32 v48 = load<F32>(call, 8, o);
    const F32 v49 = v26 * v26;
    const F32 v50 = v48 + v49;
    const F32 v51 = v47 + v50;
    const F32 v53 = v46 * v52;
    const F32 v54 = v53 * v53;
    const F32 v55 = v51 - v54;
    const F32 v56 = v37 * v55;
    const F32 v57 = v41 * v56;
    const F32 v58 = v57 + v26;
    store(call, 17, o, v36);
    store(call, 18, o, v22);
    store(call, 19, o, v58);
    store(call, 20, o, load<F32>(call, 20, o) + v36 * splat<F32>(0x0p+0f) + v22 * splat<F32>(0x0p+0f) + v58 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v21 = splat<F32>(0x1.0624dep-10f);
  const F32 v25 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 17, o);
    const F32 v2 = load<F32>(call, 14, o);
    const F32 v3 = v2 * v0;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v1 * v7;
    const F32 v9 = v8 * v2;
    const F32 v10 = v0 * v9;
    const F32 v11 = load<F32>(call, 7, o);
    const F32 v12 = load<F32>(call, 10, o);
    const F32 v13 = v12 * v3;
    const F32 v14 = v4 * v13;
    const F32 v15 = lanes::exprel(v14);
    const F32 v16 = v15 * v4;
    const F32 v17 = load<F32>(call, 19, o);
    const F32 v18 = v16 * v17;
    const F32 v19 = v12 * v18;
    const F32 v20 = -v19;
    const F32 v22 = load<F32>(call, 12, o);
    const F32 v23 = v11 * v22;
    const F32 v24 = v21 * v23;
    const F32 v26 = v24 * v25;
    const F32 v27 = v26 * v0;
    const F32 v28 = v20 * v27;
    const F32 v29 = v28 * v25;
    const F32 v30 = load<F32>(call, 9, o);
    const F32 v31 = v30 * v19;
    const F32 v32 = v29 + v31;
    const F32 v33 = v32 * v21;
    const F32 v34 = v11 * v33;
    const F32 v35 = v1 + v34;
    const F32 v36 = v10 + v35;
    const F32 v37 = load<F32>(call, 1, o);
    const F32 v38 = load<F32>(call, 2, o);
    const F32 v39 = v8 * v38;
    const F32 v40 = -v39;
    const F32 v41 = v37 * v40;
    const F32 v42 = v36 + v41;
    const F32 v43 = load<F32>(call, 18, o);
    const F32 v44 = v43 + v8;
    const F32 v45 = load<F32>(call, 4, o);
    const F32 v46 = -v45;
    const F32 v47 = v46 * v4;
    const F32 v48 = lanes::exprel(v47);
    const F32 v49 = v4 * v48;
    const F32 v50 = v44 * v49;
    const F32 v51 = v50 * v45;
    const F32 v52 = v44 - v51;
    const F32 v53 = lanes::exprel_slope(v5, v6);
    const F32 v54 = load<F32>(call, 11, o);
    const F32 v55 = v37 * v22;
    const F32 v56 = v54 - v55;
    const F32 v57 = v56 * v38;
    const F32 v58 = load<F32>(call, 13, o);
    const F32 v59 = load<F32>(call, 3, o);
    const F32 v60 = v59 - v58;
    const F32 v61 = v60 * v45;
    const F32 v62 = v61 * v49;
    const F32 v63 = v58 + v62;
    const F32 v64 = load<F32>(call, 5, o);
    const F32 v65 = load<F32>(call, 15, o);
    const F32 v66 = v64 * v65;
    const F32 v67 = v63 + v66;
    const F32 v68 = v57 + v67;
    const F32 v69 = v0 * v22;
    const F32 v70 = v69 * v2;
    const F32 v71 = v68 + v70;
    const F32 v72 = load<F32>(call, 6, o);
    const F32 v73 = v71 + v72;
    const F32 v74 = v1 * v73;
    const F32 v75 = v74 * v4;
    const F32 v76 = v53 * v75;
    const F32 v77 = v76 * v4;
    const F32 v78 = v30 * v24;
    const F32 v79 = load<F32>(call, 8, o);
    const F32 v80 = v2 * v2;
    const F32 v81 = v79 + v80;
    const F32 v82 = v78 + v81;
    const F32 v83 = v26 * v26;
    const F32 v84 = v82 - v83;
    const F32 v85 = v12 * v84;
    const F32 v86 = v85 * v17;
    const F32 v87 = v4 * v86;
    const F32 v88 = lanes::exprel_slope(v14, v15);
    const F32 v89 = v87 * v88;
    const F32 v90 = v89 * v4;
    const F32 v91 = v90 * v12;
    const F32 v92 = v77 + v91;
    const F32 v93 = v92 * v0;
    const F32 v94 = v3 * v19;
    const F32 v95 = v94 + v17;
    const F32 v96 = v69 * v8;
    const F32 v97 = v95 + v96;
    const F32 v98 = v93 + v97;
    const F32 v99 = v76 * v3;
    const F32 v100 = v6 * v74;
    const F32 v101 = lanes::exprel_slope(v47, v48);
    const F32 v102 = v44 * v61;
    const F32 v103 = v102 * v4;
    const F32 v104 = v101 * v103;
    const F32 v105 = v104 * v46;
    const F32 v106 = v15 * v86;
    const F32 v107 = v89 * v13;
    const F32 v108 = v106 + v107;
    const F32 v109 = v105 + v108;
    const F32 v110 = v102 * v48;
    const F32 v111 = v109 + v110;
    const F32 v112 = v100 + v111;
    const F32 v113 = v99 + v112;
    const F32 v114 = v40 * v22;
    const F32 v115 = v8 * v56;
    const F32 v116 = v50 * v60;
    const F32 v117 = v104 * v4;
    const F32 v118 = v116 - v117;
    const F32 v119 = v44 * v65;
    const F32 v120 = v33 * v22;
    const F32 v121 = v24 * v19;
    const F32 v122 = v90 * v3;
    const F32 v123 = v84 * v18;
    const F32 v124 = v122 + v123;
    store(call, 20, o, v42);
    store(call, 21, o, v52);
    store(call, 22, o, v98);
    store(call, 23, o, v39);
    store(call, 24, o, load<F32>(call, 24, o) + v113);
    store(call, 25, o, load<F32>(call, 25, o) + v114);
    store(call, 26, o, load<F32>(call, 26, o) + v115);
    store(call, 27, o, load<F32>(call, 27, o) + v51);
    store(call, 28, o, load<F32>(call, 28, o) + v118);
    store(call, 29, o, load<F32>(call, 29, o) + v119);
    store(call, 30, o, load<F32>(call, 30, o) + v8);
    store(call, 31, o, load<F32>(call, 31, o) + v120);
    store(call, 32, o, load<F32>(call, 32, o) + v19);
    store(call, 33, o, load<F32>(call, 33, o) + v121);
    store(call, 34, o, load<F32>(call, 34, o) + v124);
  }
}

constexpr NodeEntry entry = {"8963ca05b2355eb2e9fccde9", kNodeAbi, 4, kVectorBytes, 11, 1, 0, 3, 0, 1, 1, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_8963ca05b2355eb2e9fccde9
}  // namespace

extern const NodeEntry node_8963ca05b2355eb2e9fccde9;
const NodeEntry node_8963ca05b2355eb2e9fccde9 = code_8963ca05b2355eb2e9fccde9::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise ou first, float64.
namespace {
namespace code_d53304794a3018266977a339 {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  store(call, 5, 0, v29);
  store(call, 6, 0, v30);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    store(call, 4, o, v28);
  }
}

void advance(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v42 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v47 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 12, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v2 = load<F64>(call, 14, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v1 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v1 * v6;
    const F64 v8 = v0 * v3;
    const F64 v9 = v2 * v8;
    const F64 v10 = load<F64>(call, 15, o);
    const F64 v11 = load<F64>(call, 5, o);
    const F64 v12 = v10 * v11;
    const F64 v13 = load<F64>(call, 4, o);
    const F64 v14 = -v13;
    const F64 v15 = v1 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v1 * v16;
    const F64 v18 = load<F64>(call, 3, o);
    const F64 v19 = load<F64>(call, 13, o);
    const F64 v20 = v18 - v19;
    const F64 v21 = v13 * v20;
    const F64 v22 = v17 * v21;
    const F64 v23 = v22 + v19;
    const F64 v24 = v12 + v23;
    const F64 v25 = load<F64>(call, 11, o);
    const F64 v26 = load<F64>(call, 1, o);
    const F64 v27 = v26 * v0;
    const F64 v28 = v25 - v27;
    const F64 v29 = load<F64>(call, 2, o);
    const F64 v30 = v28 * v29;
    const F64 v31 = v24 + v30;
    const F64 v32 = v9 + v31;
    const F64 v33 = load<F64>(call, 6, o);
    const F64 v34 = v32 + v33;
    const F64 v35 = v7 * v34;
    const F64 v36 = v0 + v35;
    const F64 v37 = load<F64>(call, 8, o);
    const F64 v38 = v2 * v2;
    const F64 v39 = v37 + v38;
    const F64 v40 = load<F64>(call, 7, o);
    const F64 v41 = v40 * v0;
    const F64 v43 = v41 * v42;
    const F64 v44 = load<F64>(call, 9, o);
    const F64 v45 = v43 * v44;
    const F64 v46 = v39 + v45;
    const F64 v48 = v43 * v47;
    const F64 v49 = v48 * v48;
    const F64 v50 = v46 - v49;
    const F64 v51 = load<F64>(call, 10, o);
    const F64 v52 = v50 * v51;
    const F64 v53 = v4 * v51;
    const F64 v54 = v1 * v53;
    const F64 v55 = lanes::exprel(v54);
    const F64 v56 = v1 * v55;
    const F64 v57 = v52 * v56;
    const F64 v58 = v2 + v57;
    store(call, 17, o, v36);
    store(call, 18, o, v24);
    store(call, 19, o, v58);
    store(call, 20, o, load<F64>(call, 20, o) + v36 * splat<F64>(0x0p+0) + v24 * splat<F64>(0x0p+0) + v58 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v12 = splat<F64>(0x1.921fb54442d18p+1);
  const F64 v24 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 14, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v3 = v0 * v2;
    const F64 v4 = v1 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v1 * v5;
    const F64 v7 = load<F64>(call, 17, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v0 * v8;
    const F64 v10 = v9 * v2;
    const F64 v11 = load<F64>(call, 7, o);
    const F64 v13 = load<F64>(call, 10, o);
    const F64 v14 = load<F64>(call, 19, o);
    const F64 v15 = v3 * v13;
    const F64 v16 = v1 * v15;
    const F64 v17 = lanes::exprel(v16);
    const F64 v18 = v1 * v17;
    const F64 v19 = v14 * v18;
    const F64 v20 = v13 * v19;
    const F64 v21 = -v20;
    const F64 v22 = load<F64>(call, 12, o);
    const F64 v23 = v11 * v22;
    const F64 v25 = v23 * v24;
    const F64 v26 = v25 * v12;
    const F64 v27 = v26 * v2;
    const F64 v28 = v21 * v27;
    const F64 v29 = v12 * v28;
    const F64 v30 = load<F64>(call, 9, o);
    const F64 v31 = v20 * v30;
    const F64 v32 = v29 + v31;
    const F64 v33 = v32 * v24;
    const F64 v34 = v11 * v33;
    const F64 v35 = v34 + v7;
    const F64 v36 = load<F64>(call, 2, o);
    const F64 v37 = v8 * v36;
    const F64 v38 = -v37;
    const F64 v39 = load<F64>(call, 1, o);
    const F64 v40 = v38 * v39;
    const F64 v41 = v35 + v40;
    const F64 v42 = v10 + v41;
    const F64 v43 = load<F64>(call, 18, o);
    const F64 v44 = v8 + v43;
    const F64 v45 = load<F64>(call, 4, o);
    const F64 v46 = -v45;
    const F64 v47 = v1 * v46;
    const F64 v48 = lanes::exprel(v47);
    const F64 v49 = v1 * v48;
    const F64 v50 = v49 * v44;
    const F64 v51 = v45 * v50;
    const F64 v52 = v44 - v51;
    const F64 v53 = v22 * v2;
    const F64 v54 = v53 * v8;
    const F64 v55 = lanes::exprel_slope(v16, v17);
    const F64 v56 = load<F64>(call, 8, o);
    const F64 v57 = v0 * v0;
    const F64 v58 = v56 + v57;
    const F64 v59 = v25 * v30;
    const F64 v60 = v58 + v59;
    const F64 v61 = v26 * v26;
    const F64 v62 = v60 - v61;
    const F64 v63 = v62 * v13;
    const F64 v64 = v63 * v14;
    const F64 v65 = v1 * v64;
    const F64 v66 = v55 * v65;
    const F64 v67 = v1 * v66;
    const F64 v68 = v67 * v13;
    const F64 v69 = lanes::exprel_slope(v4, v5);
    const F64 v70 = v0 * v53;
    const F64 v71 = load<F64>(call, 15, o);
    const F64 v72 = load<F64>(call, 5, o);
    const F64 v73 = v71 * v72;
    const F64 v74 = load<F64>(call, 3, o);
    const F64 v75 = load<F64>(call, 13, o);
    const F64 v76 = v74 - v75;
    const F64 v77 = v45 * v76;
    const F64 v78 = v49 * v77;
    const F64 v79 = v78 + v75;
    const F64 v80 = v73 + v79;
    const F64 v81 = load<F64>(call, 11, o);
    const F64 v82 = v39 * v22;
    const F64 v83 = v81 - v82;
    const F64 v84 = v83 * v36;
    const F64 v85 = v80 + v84;
    const F64 v86 = v70 + v85;
    const F64 v87 = load<F64>(call, 6, o);
    const F64 v88 = v86 + v87;
    const F64 v89 = v7 * v88;
    const F64 v90 = v89 * v1;
    const F64 v91 = v69 * v90;
    const F64 v92 = v1 * v91;
    const F64 v93 = v68 + v92;
    const F64 v94 = v2 * v93;
    const F64 v95 = v3 * v20;
    const F64 v96 = v14 + v95;
    const F64 v97 = v94 + v96;
    const F64 v98 = v54 + v97;
    const F64 v99 = v44 * v77;
    const F64 v100 = v99 * v48;
    const F64 v101 = v3 * v91;
    const F64 v102 = v89 * v5;
    const F64 v103 = v64 * v17;
    const F64 v104 = v66 * v15;
    const F64 v105 = v103 + v104;
    const F64 v106 = v102 + v105;
    const F64 v107 = v101 + v106;
    const F64 v108 = v100 + v107;
    const F64 v109 = lanes::exprel_slope(v47, v48);
    const F64 v110 = v1 * v99;
    const F64 v111 = v109 * v110;
    const F64 v112 = v46 * v111;
    const F64 v113 = v108 + v112;
    const F64 v114 = v38 * v22;
    const F64 v115 = v83 * v8;
    const F64 v116 = v50 * v76;
    const F64 v117 = v1 * v111;
    const F64 v118 = v116 - v117;
    const F64 v119 = v71 * v44;
    const F64 v120 = v33 * v22;
    const F64 v121 = v25 * v20;
    const F64 v122 = v62 * v19;
    const F64 v123 = v67 * v3;
    const F64 v124 = v122 + v123;
    store(call, 20, o, v42);
    store(call, 21, o, v52);
    store(call, 22, o, v98);
    store(call, 23, o, v37);
    store(call, 24, o, load<F64>(call, 24, o) + v113);
    store(call, 25, o, load<F64>(call, 25, o) + v114);
    store(call, 26, o, load<F64>(call, 26, o) + v115);
    store(call, 27, o, load<F64>(call, 27, o) + v51);
    store(call, 28, o, load<F64>(call, 28, o) + v118);
    store(call, 29, o, load<F64>(call, 29, o) + v119);
    store(call, 30, o, load<F64>(call, 30, o) + v8);
    store(call, 31, o, load<F64>(call, 31, o) + v120);
    store(call, 32, o, load<F64>(call, 32, o) + v20);
    store(call, 33, o, load<F64>(call, 33, o) + v121);
    store(call, 34, o, load<F64>(call, 34, o) + v124);
  }
}

constexpr NodeEntry entry = {"d53304794a3018266977a339", kNodeAbi, 8, kVectorBytes, 11, 1, 0, 3, 0, 1, 1, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_d53304794a3018266977a339
}  // namespace

extern const NodeEntry node_d53304794a3018266977a339;
const NodeEntry node_d53304794a3018266977a339 = code_d53304794a3018266977a339::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise ou, float32.
namespace {
namespace code_179b957671767cd2d324d520 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v58 = splat<F32>(0x1.0624dep-10f);
  const F32 v63 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 18, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 0, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = lanes::exprel(v4);
    const F32 v6 = v5 * v3;
    const F32 v7 = load<F32>(call, 9, o);
    const F32 v8 = load<F32>(call, 14, o);
    const F32 v9 = load<F32>(call, 1, o);
    const F32 v10 = load<F32>(call, 15, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = v8 - v11;
    const F32 v13 = load<F32>(call, 2, o);
    const F32 v14 = v12 * v13;
    const F32 v15 = load<F32>(call, 16, o);
    const F32 v16 = load<F32>(call, 3, o);
    const F32 v17 = v16 - v15;
    const F32 v18 = load<F32>(call, 4, o);
    const F32 v19 = v17 * v18;
    const F32 v20 = -v18;
    const F32 v21 = v20 * v3;
    const F32 v22 = lanes::exprel(v21);
    const F32 v23 = v3 * v22;
    const F32 v24 = v19 * v23;
    const F32 v25 = v15 + v24;
    const F32 v26 = load<F32>(call, 5, o);
    const F32 v27 = load<F32>(call, 19, o);
    const F32 v28 = v26 * v27;
    const F32 v29 = v25 + v28;
    const F32 v30 = v14 + v29;
    const F32 v31 = v0 * v10;
    const F32 v32 = v31 * v1;
    const F32 v33 = v30 + v32;
    const F32 v34 = v7 + v33;
    const F32 v35 = v6 * v34;
    const F32 v36 = v35 + v10;
    const F32 v37 = load<F32>(call, 8, o);
    const F32 v38 = load<F32>(call, 20, o);
    const F32 v39 = v37 * v38;
    const F32 v40 = load<F32>(call, 7, o);
    const F32 v41 = -v40;
    const F32 v42 = v41 * v3;
    const F32 v43 = lanes::exprel(v42);
    const F32 v44 = v3 * v43;
    const F32 v45 = load<F32>(call, 6, o);
    const F32 v46 = load<F32>(call, 17, o);
    const F32 v47 = v45 - v46;
    const F32 v48 = v47 * v40;
    const F32 v49 = v44 * v48;
    const F32 v50 = v49 + v46;
    const F32 v51 = v39 + v50;
    const F32 v52 = v1 * v1;
    const F32 v53 = load<F32>(call, 11, o);
    const F32 v54 = v52 + v53;
    const F32 v55 = v54 + v51;
    const F32 v56 = load<F32>(call, 10, o);
    const F32 v57 = v56 * v10;
    const F32 v59 = v57 * v58;
    const F32 v60 = load<F32>(call, 12, o);
    const F32 v61 = v59 * v60;
    const F32 v62 = v55 + v61;
    const F32 v64 = v59 * v63;
    const F32 v65 = v64 * v64;
    const F32 v66 = v62 - v65;
    const F32 v67 = load<F32>(call, 13, o);
    const F32 v68 = v66 * v67;
    const F32 v69 = v67 * v2;
    const F32 v70 = v69 * v3;
    const F32 v71 = lanes::exprel(v70);
    const F32 v72 = v71 * v3;
    const F32 v73 = v68 * v72;
    const F32 v74 = v73 + v1;
    store(call, 22, o, v36);
    store(call, 23, o, v29);
    store(call, 24, o, v51);
    store(call, 25, o, v74);
    store(call, 26, o, load<F32>(call, 26, o) + v36 * splat<F32>(0x0p+0f) + v29 * splat<F32>(0x0p+0f) + v51 * splat<F32>(0x0p+0f) + v74 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v2 = splat<F32>(0x1p+1f);
  const F32 v17 = splat<F32>(0x1.0624dep-10f);
  const F32 v32 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 1, o);
    const F32 v1 = load<F32>(call, 22, o);
    const F32 v3 = load<F32>(call, 18, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = load<F32>(call, 0, o);
    const F32 v6 = v4 * v5;
    const F32 v7 = lanes::exprel(v6);
    const F32 v8 = v7 * v5;
    const F32 v9 = v1 * v8;
    const F32 v10 = load<F32>(call, 2, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = -v11;
    const F32 v13 = v0 * v12;
    const F32 v14 = v9 * v3;
    const F32 v15 = v2 * v14;
    const F32 v16 = load<F32>(call, 10, o);
    const F32 v18 = load<F32>(call, 25, o);
    const F32 v19 = load<F32>(call, 13, o);
    const F32 v20 = v19 * v4;
    const F32 v21 = v20 * v5;
    const F32 v22 = lanes::exprel(v21);
    const F32 v23 = v22 * v5;
    const F32 v24 = v18 * v23;
    const F32 v25 = v24 * v19;
    const F32 v26 = load<F32>(call, 12, o);
    const F32 v27 = v25 * v26;
    const F32 v28 = -v25;
    const F32 v29 = load<F32>(call, 15, o);
    const F32 v30 = v16 * v29;
    const F32 v31 = v30 * v17;
    const F32 v33 = v31 * v32;
    const F32 v34 = v2 * v33;
    const F32 v35 = v28 * v34;
    const F32 v36 = v35 * v32;
    const F32 v37 = v27 + v36;
    const F32 v38 = v17 * v37;
    const F32 v39 = v16 * v38;
    const F32 v40 = v1 + v39;
    const F32 v41 = v15 + v40;
    const F32 v42 = v13 + v41;
    const F32 v43 = load<F32>(call, 23, o);
    const F32 v44 = v43 + v9;
    const F32 v45 = load<F32>(call, 4, o);
    const F32 v46 = -v45;
    const F32 v47 = v46 * v5;
    const F32 v48 = lanes::exprel(v47);
    const F32 v49 = v5 * v48;
    const F32 v50 = v44 * v49;
    const F32 v51 = v50 * v45;
    const F32 v52 = v44 - v51;
    const F32 v53 = load<F32>(call, 24, o);
    const F32 v54 = v25 + v53;
    const F32 v55 = load<F32>(call, 7, o);
    const F32 v56 = -v55;
    const F32 v57 = v56 * v5;
    const F32 v58 = lanes::exprel(v57);
    const F32 v59 = v5 * v58;
    const F32 v60 = v54 * v59;
    const F32 v61 = v60 * v55;
    const F32 v62 = v54 - v61;
    const F32 v63 = v3 * v3;
    const F32 v64 = load<F32>(call, 11, o);
    const F32 v65 = v63 + v64;
    const F32 v66 = load<F32>(call, 8, o);
    const F32 v67 = load<F32>(call, 20, o);
    const F32 v68 = v66 * v67;
    const F32 v69 = load<F32>(call, 6, o);
    const F32 v70 = load<F32>(call, 17, o);
    const F32 v71 = v69 - v70;
    const F32 v72 = v71 * v55;
    const F32 v73 = v59 * v72;
    const F32 v74 = v73 + v70;
    const F32 v75 = v68 + v74;
    const F32 v76 = v65 + v75;
    const F32 v77 = v31 * v26;
    const F32 v78 = v76 + v77;
    const F32 v79 = v33 * v33;
    const F32 v80 = v78 - v79;
    const F32 v81 = v80 * v19;
    const F32 v82 = v18 * v81;
    const F32 v83 = v82 * v5;
    const F32 v84 = lanes::exprel_slope(v21, v22);
    const F32 v85 = v83 * v84;
    const F32 v86 = v85 * v5;
    const F32 v87 = v86 * v19;
    const F32 v88 = load<F32>(call, 9, o);
    const F32 v89 = load<F32>(call, 14, o);
    const F32 v90 = v0 * v29;
    const F32 v91 = v89 - v90;
    const F32 v92 = v91 * v10;
    const F32 v93 = load<F32>(call, 16, o);
    const F32 v94 = load<F32>(call, 3, o);
    const F32 v95 = v94 - v93;
    const F32 v96 = v95 * v45;
    const F32 v97 = v96 * v49;
    const F32 v98 = v93 + v97;
    const F32 v99 = load<F32>(call, 5, o);
    const F32 v100 = load<F32>(call, 19, o);
    const F32 v101 = v99 * v100;
    const F32 v102 = v98 + v101;
    const F32 v103 = v92 + v102;
    const F32 v104 = v2 * v29;
    const F32 v105 = v104 * v3;
    const F32 v106 = v103 + v105;
    const F32 v107 = v88 + v106;
    const F32 v108 = v1 * v107;
    const F32 v109 = v5 * v108;
    const F32 v110 = lanes::exprel_slope(v6, v7);
    const F32 v111 = v109 * v110;
    const F32 v112 = v5 * v111;
    const F32 v113 = v87 + v112;
    const F32 v114 = v113 * v2;
    const F32 v115 = v25 * v4;
    const F32 v116 = v115 + v18;
    const F32 v117 = v104 * v9;
    const F32 v118 = v116 + v117;
    const F32 v119 = v114 + v118;
    const F32 v120 = v44 * v96;
    const F32 v121 = v120 * v5;
    const F32 v122 = lanes::exprel_slope(v47, v48);
    const F32 v123 = v121 * v122;
    const F32 v124 = v123 * v46;
    const F32 v125 = v54 * v72;
    const F32 v126 = v125 * v58;
    const F32 v127 = v85 * v20;
    const F32 v128 = v82 * v22;
    const F32 v129 = v127 + v128;
    const F32 v130 = lanes::exprel_slope(v57, v58);
    const F32 v131 = v125 * v5;
    const F32 v132 = v130 * v131;
    const F32 v133 = v56 * v132;
    const F32 v134 = v129 + v133;
    const F32 v135 = v126 + v134;
    const F32 v136 = v124 + v135;
    const F32 v137 = v120 * v48;
    const F32 v138 = v136 + v137;
    const F32 v139 = v7 * v108;
    const F32 v140 = v138 + v139;
    const F32 v141 = v4 * v111;
    const F32 v142 = v140 + v141;
    const F32 v143 = v12 * v29;
    const F32 v144 = v9 * v91;
    const F32 v145 = v50 * v95;
    const F32 v146 = v123 * v5;
    const F32 v147 = v145 - v146;
    const F32 v148 = v44 * v100;
    const F32 v149 = v71 * v60;
    const F32 v150 = v132 * v5;
    const F32 v151 = v149 - v150;
    const F32 v152 = v54 * v67;
    const F32 v153 = v38 * v29;
    const F32 v154 = v31 * v25;
    const F32 v155 = v80 * v24;
    const F32 v156 = v86 * v4;
    const F32 v157 = v155 + v156;
    store(call, 26, o, v42);
    store(call, 27, o, v52);
    store(call, 28, o, v62);
    store(call, 29, o, v119);
    store(call, 30, o, v11);
    store(call, 31, o, load<F32>(call, 31, o) + v142);
    store(call, 32, o, load<F32>(call, 32, o) + v143);
    store(call, 33, o, load<F32>(call, 33, o) + v144);
    store(call, 34, o, load<F32>(call, 34, o) + v51);
    store(call, 35, o, load<F32>(call, 35, o) + v147);
    store(call, 36, o, load<F32>(call, 36, o) + v148);
    store(call, 37, o, load<F32>(call, 37, o) + v61);
    store(call, 38, o, load<F32>(call, 38, o) + v151);
    store(call, 39, o, load<F32>(call, 39, o) + v152);
    store(call, 40, o, load<F32>(call, 40, o) + v9);
    store(call, 41, o, load<F32>(call, 41, o) + v153);
    store(call, 42, o, load<F32>(call, 42, o) + v25);
    store(call, 43, o, load<F32>(call, 43, o) + v154);
    store(call, 44, o, load<F32>(call, 44, o) + v157);
  }
}

constexpr NodeEntry entry = {"179b957671767cd2d324d520", kNodeAbi, 4, kVectorBytes, 14, 1, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_179b957671767cd2d324d520
}  // namespace

extern const NodeEntry node_179b957671767cd2d324d520;
const NodeEntry node_179b957671767cd2d324d520 = code_179b957671767cd2d324d520::entry;

// brainfit_fast.MontbrioPazoRoxinStep, diffusive, noise ou, float64.
namespace {
namespace code_29479ed364eee08c9dc8b991 {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v25 = splat<F64>(0x1p+1);
  const F64 v63 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v68 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 15, o);
    const F64 v1 = load<F64>(call, 19, o);
    const F64 v2 = load<F64>(call, 5, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = load<F64>(call, 0, o);
    const F64 v5 = load<F64>(call, 4, o);
    const F64 v6 = -v5;
    const F64 v7 = v4 * v6;
    const F64 v8 = lanes::exprel(v7);
    const F64 v9 = v4 * v8;
    const F64 v10 = load<F64>(call, 3, o);
    const F64 v11 = load<F64>(call, 16, o);
    const F64 v12 = v10 - v11;
    const F64 v13 = v5 * v12;
    const F64 v14 = v9 * v13;
    const F64 v15 = v14 + v11;
    const F64 v16 = v3 + v15;
    const F64 v17 = load<F64>(call, 14, o);
    const F64 v18 = load<F64>(call, 1, o);
    const F64 v19 = v18 * v0;
    const F64 v20 = v17 - v19;
    const F64 v21 = load<F64>(call, 2, o);
    const F64 v22 = v20 * v21;
    const F64 v23 = v16 + v22;
    const F64 v24 = load<F64>(call, 18, o);
    const F64 v26 = v0 * v25;
    const F64 v27 = v24 * v26;
    const F64 v28 = v23 + v27;
    const F64 v29 = load<F64>(call, 9, o);
    const F64 v30 = v28 + v29;
    const F64 v31 = v24 * v25;
    const F64 v32 = v4 * v31;
    const F64 v33 = lanes::exprel(v32);
    const F64 v34 = v4 * v33;
    const F64 v35 = v30 * v34;
    const F64 v36 = v0 + v35;
    const F64 v37 = load<F64>(call, 8, o);
    const F64 v38 = load<F64>(call, 20, o);
    const F64 v39 = v37 * v38;
    const F64 v40 = load<F64>(call, 17, o);
    const F64 v41 = load<F64>(call, 7, o);
    const F64 v42 = load<F64>(call, 6, o);
    const F64 v43 = v42 - v40;
    const F64 v44 = v41 * v43;
    const F64 v45 = -v41;
    const F64 v46 = v4 * v45;
    const F64 v47 = lanes::exprel(v46);
    const F64 v48 = v4 * v47;
    const F64 v49 = v44 * v48;
    const F64 v50 = v40 + v49;
    const F64 v51 = v39 + v50;
    const F64 v52 = load<F64>(call, 13, o);
    const F64 v53 = v52 * v31;
    const F64 v54 = v4 * v53;
    const F64 v55 = lanes::exprel(v54);
    const F64 v56 = v4 * v55;
    const F64 v57 = v24 * v24;
    const F64 v58 = load<F64>(call, 11, o);
    const F64 v59 = v57 + v58;
    const F64 v60 = v51 + v59;
    const F64 v61 = load<F64>(call, 10, o);
    const F64 v62 = v0 * v61;
    const F64 v64 = v62 * v63;
    const F64 v65 = load<F64>(call, 12, o);
    const F64 v66 = v64 * v65;
    const F64 v67 = v60 + v66;
    const F64 v69 = v64 * v68;
    const F64 v70 = v69 * v69;
    const F64 v71 = v67 - v70;
    const F64 v72 = v52 * v71;
    const F64 v73 = v56 * v72;
    const F64 v74 = v24 + v73;
    store(call, 22, o, v36);
    store(call, 23, o, v16);
    store(call, 24, o, v51);
    store(call, 25, o, v74);
    store(call, 26, o, load<F64>(call, 26, o) + v36 * splat<F64>(0x0p+0) + v16 * splat<F64>(0x0p+0) + v51 * splat<F64>(0x0p+0) + v74 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1p+1);
  const F64 v11 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v22 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v1 = load<F64>(call, 18, o);
    const F64 v2 = load<F64>(call, 22, o);
    const F64 v3 = load<F64>(call, 0, o);
    const F64 v4 = v1 * v0;
    const F64 v5 = v3 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v3 * v6;
    const F64 v8 = v2 * v7;
    const F64 v9 = v1 * v8;
    const F64 v10 = v0 * v9;
    const F64 v12 = load<F64>(call, 12, o);
    const F64 v13 = load<F64>(call, 13, o);
    const F64 v14 = v13 * v4;
    const F64 v15 = v3 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v3 * v16;
    const F64 v18 = load<F64>(call, 25, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v13 * v19;
    const F64 v21 = v12 * v20;
    const F64 v23 = load<F64>(call, 15, o);
    const F64 v24 = load<F64>(call, 10, o);
    const F64 v25 = v23 * v24;
    const F64 v26 = v25 * v11;
    const F64 v27 = v26 * v22;
    const F64 v28 = v0 * v27;
    const F64 v29 = -v20;
    const F64 v30 = v28 * v29;
    const F64 v31 = v22 * v30;
    const F64 v32 = v21 + v31;
    const F64 v33 = v11 * v32;
    const F64 v34 = v33 * v24;
    const F64 v35 = v2 + v34;
    const F64 v36 = v10 + v35;
    const F64 v37 = load<F64>(call, 1, o);
    const F64 v38 = load<F64>(call, 2, o);
    const F64 v39 = v8 * v38;
    const F64 v40 = -v39;
    const F64 v41 = v37 * v40;
    const F64 v42 = v36 + v41;
    const F64 v43 = load<F64>(call, 23, o);
    const F64 v44 = v8 + v43;
    const F64 v45 = load<F64>(call, 4, o);
    const F64 v46 = -v45;
    const F64 v47 = v3 * v46;
    const F64 v48 = lanes::exprel(v47);
    const F64 v49 = v3 * v48;
    const F64 v50 = v49 * v44;
    const F64 v51 = v45 * v50;
    const F64 v52 = v44 - v51;
    const F64 v53 = load<F64>(call, 24, o);
    const F64 v54 = v53 + v20;
    const F64 v55 = load<F64>(call, 7, o);
    const F64 v56 = -v55;
    const F64 v57 = v3 * v56;
    const F64 v58 = lanes::exprel(v57);
    const F64 v59 = v3 * v58;
    const F64 v60 = v54 * v59;
    const F64 v61 = v55 * v60;
    const F64 v62 = v54 - v61;
    const F64 v63 = v4 * v20;
    const F64 v64 = v18 + v63;
    const F64 v65 = v23 * v0;
    const F64 v66 = v65 * v8;
    const F64 v67 = v64 + v66;
    const F64 v68 = load<F64>(call, 19, o);
    const F64 v69 = load<F64>(call, 5, o);
    const F64 v70 = v68 * v69;
    const F64 v71 = load<F64>(call, 3, o);
    const F64 v72 = load<F64>(call, 16, o);
    const F64 v73 = v71 - v72;
    const F64 v74 = v45 * v73;
    const F64 v75 = v49 * v74;
    const F64 v76 = v75 + v72;
    const F64 v77 = v70 + v76;
    const F64 v78 = load<F64>(call, 14, o);
    const F64 v79 = v37 * v23;
    const F64 v80 = v78 - v79;
    const F64 v81 = v80 * v38;
    const F64 v82 = v77 + v81;
    const F64 v83 = v1 * v65;
    const F64 v84 = v82 + v83;
    const F64 v85 = load<F64>(call, 9, o);
    const F64 v86 = v84 + v85;
    const F64 v87 = v2 * v86;
    const F64 v88 = v3 * v87;
    const F64 v89 = lanes::exprel_slope(v5, v6);
    const F64 v90 = v88 * v89;
    const F64 v91 = v3 * v90;
    const F64 v92 = load<F64>(call, 8, o);
    const F64 v93 = load<F64>(call, 20, o);
    const F64 v94 = v92 * v93;
    const F64 v95 = load<F64>(call, 17, o);
    const F64 v96 = load<F64>(call, 6, o);
    const F64 v97 = v96 - v95;
    const F64 v98 = v55 * v97;
    const F64 v99 = v98 * v59;
    const F64 v100 = v95 + v99;
    const F64 v101 = v94 + v100;
    const F64 v102 = v1 * v1;
    const F64 v103 = load<F64>(call, 11, o);
    const F64 v104 = v102 + v103;
    const F64 v105 = v101 + v104;
    const F64 v106 = v26 * v12;
    const F64 v107 = v105 + v106;
    const F64 v108 = v27 * v27;
    const F64 v109 = v107 - v108;
    const F64 v110 = v13 * v109;
    const F64 v111 = v110 * v18;
    const F64 v112 = v3 * v111;
    const F64 v113 = lanes::exprel_slope(v15, v16);
    const F64 v114 = v112 * v113;
    const F64 v115 = v3 * v114;
    const F64 v116 = v13 * v115;
    const F64 v117 = v91 + v116;
    const F64 v118 = v117 * v0;
    const F64 v119 = v67 + v118;
    const F64 v120 = v4 * v90;
    const F64 v121 = lanes::exprel_slope(v57, v58);
    const F64 v122 = v98 * v54;
    const F64 v123 = v122 * v3;
    const F64 v124 = v121 * v123;
    const F64 v125 = v56 * v124;
    const F64 v126 = v111 * v16;
    const F64 v127 = v114 * v14;
    const F64 v128 = v126 + v127;
    const F64 v129 = v125 + v128;
    const F64 v130 = v122 * v58;
    const F64 v131 = v129 + v130;
    const F64 v132 = v44 * v74;
    const F64 v133 = v132 * v48;
    const F64 v134 = v131 + v133;
    const F64 v135 = v132 * v3;
    const F64 v136 = lanes::exprel_slope(v47, v48);
    const F64 v137 = v135 * v136;
    const F64 v138 = v46 * v137;
    const F64 v139 = v134 + v138;
    const F64 v140 = v6 * v87;
    const F64 v141 = v139 + v140;
    const F64 v142 = v120 + v141;
    const F64 v143 = v23 * v40;
    const F64 v144 = v80 * v8;
    const F64 v145 = v50 * v73;
    const F64 v146 = v3 * v137;
    const F64 v147 = v145 - v146;
    const F64 v148 = v68 * v44;
    const F64 v149 = v97 * v60;
    const F64 v150 = v3 * v124;
    const F64 v151 = v149 - v150;
    const F64 v152 = v93 * v54;
    const F64 v153 = v33 * v23;
    const F64 v154 = v26 * v20;
    const F64 v155 = v109 * v19;
    const F64 v156 = v115 * v4;
    const F64 v157 = v155 + v156;
    store(call, 26, o, v42);
    store(call, 27, o, v52);
    store(call, 28, o, v62);
    store(call, 29, o, v119);
    store(call, 30, o, v39);
    store(call, 31, o, load<F64>(call, 31, o) + v142);
    store(call, 32, o, load<F64>(call, 32, o) + v143);
    store(call, 33, o, load<F64>(call, 33, o) + v144);
    store(call, 34, o, load<F64>(call, 34, o) + v51);
    store(call, 35, o, load<F64>(call, 35, o) + v147);
    store(call, 36, o, load<F64>(call, 36, o) + v148);
    store(call, 37, o, load<F64>(call, 37, o) + v61);
    store(call, 38, o, load<F64>(call, 38, o) + v151);
    store(call, 39, o, load<F64>(call, 39, o) + v152);
    store(call, 40, o, load<F64>(call, 40, o) + v8);
    store(call, 41, o, load<F64>(call, 41, o) + v153);
    store(call, 42, o, load<F64>(call, 42, o) + v20);
    store(call, 43, o, load<F64>(call, 43, o) + v154);
    store(call, 44, o, load<F64>(call, 44, o) + v157);
  }
}

constexpr NodeEntry entry = {"29479ed364eee08c9dc8b991", kNodeAbi, 8, kVectorBytes, 14, 1, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_29479ed364eee08c9dc8b991
}  // namespace

extern const NodeEntry node_29479ed364eee08c9dc8b991;
const NodeEntry node_29479ed364eee08c9dc8b991 = code_29479ed364eee08c9dc8b991::entry;

// brainmass.MontbrioPazoRoxinStep, alone, no noise, float32.
namespace {
namespace code_70297f2cf9bb23d41eed40ad {

BRAINFIT_FAST_LANE_TYPES(float)

void advance(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v17 = splat<F32>(0x1.0624dep-10f);
  const F32 v24 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 6, o);
    const F32 v2 = load<F32>(call, 7, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = v0 * v3;
    const F32 v5 = load<F32>(call, 1, o);
    const F32 v6 = v4 + v5;
    const F32 v7 = load<F32>(call, 0, o);
    const F32 v8 = v3 * v7;
    const F32 v9 = lanes::exprel(v8);
    const F32 v10 = v9 * v7;
    const F32 v11 = v6 * v10;
    const F32 v12 = v11 + v0;
    const F32 v13 = load<F32>(call, 5, o);
    const F32 v14 = v2 * v2;
    const F32 v15 = load<F32>(call, 2, o);
    const F32 v16 = v14 + v15;
    const F32 v18 = load<F32>(call, 3, o);
    const F32 v19 = v0 * v18;
    const F32 v20 = load<F32>(call, 4, o);
    const F32 v21 = v19 * v20;
    const F32 v22 = v17 * v21;
    const F32 v23 = v16 + v22;
    const F32 v25 = v0 * v24;
    const F32 v26 = v25 * v20;
    const F32 v27 = v17 * v26;
    const F32 v28 = v27 * v27;
    const F32 v29 = v23 - v28;
    const F32 v30 = v13 * v29;
    const F32 v31 = v13 * v3;
    const F32 v32 = v31 * v7;
    const F32 v33 = lanes::exprel(v32);
    const F32 v34 = v33 * v7;
    const F32 v35 = v30 * v34;
    const F32 v36 = v35 + v2;
    store(call, 9, o, v12);
    store(call, 10, o, v36);
    store(call, 11, o, load<F32>(call, 11, o) + v12 * splat<F32>(0x0p+0f) + v36 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1.0624dep-10f);
  const F32 v4 = splat<F32>(0x1p+1f);
  const F32 v20 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 9, o);
    const F32 v2 = load<F32>(call, 5, o);
    const F32 v3 = load<F32>(call, 10, o);
    const F32 v5 = load<F32>(call, 7, o);
    const F32 v6 = v4 * v5;
    const F32 v7 = v2 * v6;
    const F32 v8 = load<F32>(call, 0, o);
    const F32 v9 = v7 * v8;
    const F32 v10 = lanes::exprel(v9);
    const F32 v11 = v10 * v8;
    const F32 v12 = v3 * v11;
    const F32 v13 = v2 * v12;
    const F32 v14 = v1 * v13;
    const F32 v15 = load<F32>(call, 4, o);
    const F32 v16 = v14 * v15;
    const F32 v17 = load<F32>(call, 3, o);
    const F32 v18 = v16 * v17;
    const F32 v19 = load<F32>(call, 6, o);
    const F32 v21 = v19 * v20;
    const F32 v22 = v21 * v15;
    const F32 v23 = v1 * v22;
    const F32 v24 = v4 * v23;
    const F32 v25 = -v13;
    const F32 v26 = v24 * v25;
    const F32 v27 = v26 * v1;
    const F32 v28 = v27 * v15;
    const F32 v29 = v28 * v20;
    const F32 v30 = v18 + v29;
    const F32 v31 = v0 + v30;
    const F32 v32 = v6 * v8;
    const F32 v33 = lanes::exprel(v32);
    const F32 v34 = v33 * v8;
    const F32 v35 = v0 * v34;
    const F32 v36 = v35 * v6;
    const F32 v37 = v31 + v36;
    const F32 v38 = lanes::exprel_slope(v32, v33);
    const F32 v39 = v19 * v6;
    const F32 v40 = load<F32>(call, 1, o);
    const F32 v41 = v39 + v40;
    const F32 v42 = v41 * v0;
    const F32 v43 = v42 * v8;
    const F32 v44 = v38 * v43;
    const F32 v45 = v8 * v44;
    const F32 v46 = v35 * v19;
    const F32 v47 = lanes::exprel_slope(v9, v10);
    const F32 v48 = v5 * v5;
    const F32 v49 = load<F32>(call, 2, o);
    const F32 v50 = v48 + v49;
    const F32 v51 = v19 * v17;
    const F32 v52 = v51 * v15;
    const F32 v53 = v1 * v52;
    const F32 v54 = v50 + v53;
    const F32 v55 = v23 * v23;
    const F32 v56 = v54 - v55;
    const F32 v57 = v2 * v56;
    const F32 v58 = v3 * v57;
    const F32 v59 = v8 * v58;
    const F32 v60 = v47 * v59;
    const F32 v61 = v60 * v8;
    const F32 v62 = v2 * v61;
    const F32 v63 = v46 + v62;
    const F32 v64 = v45 + v63;
    const F32 v65 = v64 * v4;
    const F32 v66 = v13 * v6;
    const F32 v67 = v66 + v3;
    const F32 v68 = v65 + v67;
    const F32 v69 = v6 * v44;
    const F32 v70 = v7 * v60;
    const F32 v71 = v10 * v58;
    const F32 v72 = v70 + v71;
    const F32 v73 = v42 * v33;
    const F32 v74 = v72 + v73;
    const F32 v75 = v69 + v74;
    const F32 v76 = v16 * v19;
    const F32 v77 = v14 * v51;
    const F32 v78 = v21 * v27;
    const F32 v79 = v77 + v78;
    const F32 v80 = v12 * v56;
    const F32 v81 = v6 * v61;
    const F32 v82 = v80 + v81;
    store(call, 11, o, v37);
    store(call, 12, o, v68);
    store(call, 13, o, load<F32>(call, 13, o) + v75);
    store(call, 14, o, load<F32>(call, 14, o) + v35);
    store(call, 15, o, load<F32>(call, 15, o) + v13);
    store(call, 16, o, load<F32>(call, 16, o) + v76);
    store(call, 17, o, load<F32>(call, 17, o) + v79);
    store(call, 18, o, load<F32>(call, 18, o) + v82);
  }
}

constexpr NodeEntry entry = {"70297f2cf9bb23d41eed40ad", kNodeAbi, 4, kVectorBytes, 6, 0, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_70297f2cf9bb23d41eed40ad
}  // namespace

extern const NodeEntry node_70297f2cf9bb23d41eed40ad;
const NodeEntry node_70297f2cf9bb23d41eed40ad = code_70297f2cf9bb23d41eed40ad::entry;

// brainmass.MontbrioPazoRoxinStep, alone, no noise, float64.
namespace {
namespace code_b09c0ab27807d1877af39bec {

BRAINFIT_FAST_LANE_TYPES(double)

void advance(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v13 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v23 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 0, o);
    const F64 v1 = load<F64>(call, 7, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v0 * v5;
    const F64 v7 = load<F64>(call, 6, o);
    const F64 v8 = v7 * v3;
    const F64 v9 = load<F64>(call, 1, o);
    const F64 v10 = v8 + v9;
    const F64 v11 = v6 * v10;
    const F64 v12 = v11 + v7;
    const F64 v14 = load<F64>(call, 4, o);
    const F64 v15 = load<F64>(call, 3, o);
    const F64 v16 = v7 * v15;
    const F64 v17 = v14 * v16;
    const F64 v18 = v13 * v17;
    const F64 v19 = v1 * v1;
    const F64 v20 = load<F64>(call, 2, o);
    const F64 v21 = v19 + v20;
    const F64 v22 = v18 + v21;
    const F64 v24 = v7 * v23;
    const F64 v25 = v14 * v24;
    const F64 v26 = v13 * v25;
    const F64 v27 = v26 * v26;
    const F64 v28 = v22 - v27;
    const F64 v29 = load<F64>(call, 5, o);
    const F64 v30 = v28 * v29;
    const F64 v31 = v3 * v29;
    const F64 v32 = v0 * v31;
    const F64 v33 = lanes::exprel(v32);
    const F64 v34 = v0 * v33;
    const F64 v35 = v30 * v34;
    const F64 v36 = v35 + v1;
    store(call, 9, o, v12);
    store(call, 10, o, v36);
    store(call, 11, o, load<F64>(call, 11, o) + v12 * splat<F64>(0x0p+0) + v36 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v10 = splat<F64>(0x1.921fb54442d18p+1);
  const F64 v12 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 0, o);
    const F64 v1 = load<F64>(call, 7, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v0 * v5;
    const F64 v7 = load<F64>(call, 9, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v8 * v3;
    const F64 v11 = load<F64>(call, 4, o);
    const F64 v13 = load<F64>(call, 5, o);
    const F64 v14 = v3 * v13;
    const F64 v15 = v0 * v14;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v0 * v16;
    const F64 v18 = load<F64>(call, 10, o);
    const F64 v19 = v17 * v18;
    const F64 v20 = v13 * v19;
    const F64 v21 = -v20;
    const F64 v22 = load<F64>(call, 6, o);
    const F64 v23 = v22 * v10;
    const F64 v24 = v11 * v23;
    const F64 v25 = v12 * v24;
    const F64 v26 = v25 * v2;
    const F64 v27 = v21 * v26;
    const F64 v28 = v12 * v27;
    const F64 v29 = v11 * v28;
    const F64 v30 = v10 * v29;
    const F64 v31 = load<F64>(call, 3, o);
    const F64 v32 = v12 * v20;
    const F64 v33 = v11 * v32;
    const F64 v34 = v31 * v33;
    const F64 v35 = v30 + v34;
    const F64 v36 = v7 + v35;
    const F64 v37 = v9 + v36;
    const F64 v38 = v3 * v20;
    const F64 v39 = v38 + v18;
    const F64 v40 = v22 * v3;
    const F64 v41 = load<F64>(call, 1, o);
    const F64 v42 = v40 + v41;
    const F64 v43 = v7 * v42;
    const F64 v44 = v0 * v43;
    const F64 v45 = lanes::exprel_slope(v4, v5);
    const F64 v46 = v44 * v45;
    const F64 v47 = v0 * v46;
    const F64 v48 = v22 * v8;
    const F64 v49 = v22 * v31;
    const F64 v50 = v11 * v49;
    const F64 v51 = v12 * v50;
    const F64 v52 = v1 * v1;
    const F64 v53 = load<F64>(call, 2, o);
    const F64 v54 = v52 + v53;
    const F64 v55 = v51 + v54;
    const F64 v56 = v25 * v25;
    const F64 v57 = v55 - v56;
    const F64 v58 = v57 * v13;
    const F64 v59 = v58 * v18;
    const F64 v60 = v59 * v0;
    const F64 v61 = lanes::exprel_slope(v15, v16);
    const F64 v62 = v60 * v61;
    const F64 v63 = v0 * v62;
    const F64 v64 = v13 * v63;
    const F64 v65 = v48 + v64;
    const F64 v66 = v47 + v65;
    const F64 v67 = v66 * v2;
    const F64 v68 = v39 + v67;
    const F64 v69 = v43 * v5;
    const F64 v70 = v14 * v62;
    const F64 v71 = v59 * v16;
    const F64 v72 = v70 + v71;
    const F64 v73 = v69 + v72;
    const F64 v74 = v3 * v46;
    const F64 v75 = v73 + v74;
    const F64 v76 = v22 * v33;
    const F64 v77 = v23 * v28;
    const F64 v78 = v32 * v49;
    const F64 v79 = v77 + v78;
    const F64 v80 = v3 * v63;
    const F64 v81 = v57 * v19;
    const F64 v82 = v80 + v81;
    store(call, 11, o, v37);
    store(call, 12, o, v68);
    store(call, 13, o, load<F64>(call, 13, o) + v75);
    store(call, 14, o, load<F64>(call, 14, o) + v8);
    store(call, 15, o, load<F64>(call, 15, o) + v20);
    store(call, 16, o, load<F64>(call, 16, o) + v76);
    store(call, 17, o, load<F64>(call, 17, o) + v79);
    store(call, 18, o, load<F64>(call, 18, o) + v82);
  }
}

constexpr NodeEntry entry = {"b09c0ab27807d1877af39bec", kNodeAbi, 8, kVectorBytes, 6, 0, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_b09c0ab27807d1877af39bec
}  // namespace

extern const NodeEntry node_b09c0ab27807d1877af39bec;
const NodeEntry node_b09c0ab27807d1877af39bec = code_b09c0ab27807d1877af39bec::entry;

// brainmass.MontbrioPazoRoxinStep, alone, noise ou, float32.
namespace {
namespace code_13375c7d4c6fafafb8fd4948 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v33 = splat<F32>(0x1p+1f);
  const F32 v44 = splat<F32>(0x1.0624dep-10f);
  const F32 v55 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 16, o);
    const F32 v1 = load<F32>(call, 3, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 12, o);
    const F32 v4 = load<F32>(call, 2, o);
    const F32 v5 = -v4;
    const F32 v6 = load<F32>(call, 0, o);
    const F32 v7 = v5 * v6;
    const F32 v8 = lanes::exprel(v7);
    const F32 v9 = v8 * v6;
    const F32 v10 = load<F32>(call, 1, o);
    const F32 v11 = v10 - v3;
    const F32 v12 = v11 * v4;
    const F32 v13 = v9 * v12;
    const F32 v14 = v3 + v13;
    const F32 v15 = v2 + v14;
    const F32 v16 = load<F32>(call, 5, o);
    const F32 v17 = load<F32>(call, 4, o);
    const F32 v18 = load<F32>(call, 13, o);
    const F32 v19 = v17 - v18;
    const F32 v20 = v16 * v19;
    const F32 v21 = -v16;
    const F32 v22 = v21 * v6;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v6 * v23;
    const F32 v25 = v20 * v24;
    const F32 v26 = v25 + v18;
    const F32 v27 = load<F32>(call, 17, o);
    const F32 v28 = load<F32>(call, 6, o);
    const F32 v29 = v27 * v28;
    const F32 v30 = v26 + v29;
    const F32 v31 = load<F32>(call, 14, o);
    const F32 v32 = load<F32>(call, 7, o);
    const F32 v34 = load<F32>(call, 15, o);
    const F32 v35 = v33 * v34;
    const F32 v36 = v31 * v35;
    const F32 v37 = v36 + v15;
    const F32 v38 = v32 + v37;
    const F32 v39 = v35 * v6;
    const F32 v40 = lanes::exprel(v39);
    const F32 v41 = v40 * v6;
    const F32 v42 = v38 * v41;
    const F32 v43 = v31 + v42;
    const F32 v45 = load<F32>(call, 9, o);
    const F32 v46 = v45 * v31;
    const F32 v47 = load<F32>(call, 10, o);
    const F32 v48 = v46 * v47;
    const F32 v49 = v44 * v48;
    const F32 v50 = load<F32>(call, 8, o);
    const F32 v51 = v34 * v34;
    const F32 v52 = v50 + v51;
    const F32 v53 = v30 + v52;
    const F32 v54 = v49 + v53;
    const F32 v56 = v31 * v55;
    const F32 v57 = v47 * v56;
    const F32 v58 = v44 * v57;
    const F32 v59 = v58 * v58;
    const F32 v60 = v54 - v59;
    const F32 v61 = load<F32>(call, 11, o);
    const F32 v62 = v60 * v61;
    const F32 v63 = v35 * v61;
    const F32 v64 = v63 * v6;
    const F32 v65 = lanes::exprel(v64);
    const F32 v66 = v65 * v6;
    const F32 v67 = v62 * v66;
    const F32 v68 = v67 + v34;
    store(call, 19, o, v15);
    store(call, 20, o, v30);
    store(call, 21, o, v43);
    store(call, 22, o, v68);
    store(call, 23, o, load<F32>(call, 23, o) + v15 * splat<F32>(0x0p+0f) + v30 * splat<F32>(0x0p+0f) + v43 * splat<F32>(0x0p+0f) + v68 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v40 = splat<F32>(0x1.0624dep-10f);
  const F32 v42 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 15, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 0, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = lanes::exprel(v4);
    const F32 v6 = v5 * v3;
    const F32 v7 = load<F32>(call, 21, o);
    const F32 v8 = v6 * v7;
    const F32 v9 = load<F32>(call, 19, o);
    const F32 v10 = v8 + v9;
    const F32 v11 = load<F32>(call, 2, o);
    const F32 v12 = -v11;
    const F32 v13 = v12 * v3;
    const F32 v14 = lanes::exprel(v13);
    const F32 v15 = v14 * v3;
    const F32 v16 = v15 * v10;
    const F32 v17 = v16 * v11;
    const F32 v18 = v10 - v17;
    const F32 v19 = load<F32>(call, 11, o);
    const F32 v20 = v2 * v19;
    const F32 v21 = v20 * v3;
    const F32 v22 = lanes::exprel(v21);
    const F32 v23 = v22 * v3;
    const F32 v24 = load<F32>(call, 22, o);
    const F32 v25 = v23 * v24;
    const F32 v26 = v25 * v19;
    const F32 v27 = load<F32>(call, 20, o);
    const F32 v28 = v26 + v27;
    const F32 v29 = load<F32>(call, 5, o);
    const F32 v30 = -v29;
    const F32 v31 = v30 * v3;
    const F32 v32 = lanes::exprel(v31);
    const F32 v33 = v3 * v32;
    const F32 v34 = v33 * v28;
    const F32 v35 = v29 * v34;
    const F32 v36 = v28 - v35;
    const F32 v37 = v8 * v2;
    const F32 v38 = load<F32>(call, 10, o);
    const F32 v39 = -v26;
    const F32 v41 = load<F32>(call, 14, o);
    const F32 v43 = v41 * v42;
    const F32 v44 = v38 * v43;
    const F32 v45 = v40 * v44;
    const F32 v46 = v45 * v0;
    const F32 v47 = v39 * v46;
    const F32 v48 = v47 * v40;
    const F32 v49 = v38 * v48;
    const F32 v50 = v49 * v42;
    const F32 v51 = load<F32>(call, 9, o);
    const F32 v52 = v26 * v40;
    const F32 v53 = v38 * v52;
    const F32 v54 = v51 * v53;
    const F32 v55 = v50 + v54;
    const F32 v56 = v55 + v7;
    const F32 v57 = v37 + v56;
    const F32 v58 = v26 * v2;
    const F32 v59 = v58 + v24;
    const F32 v60 = load<F32>(call, 7, o);
    const F32 v61 = v41 * v2;
    const F32 v62 = load<F32>(call, 16, o);
    const F32 v63 = load<F32>(call, 3, o);
    const F32 v64 = v62 * v63;
    const F32 v65 = load<F32>(call, 12, o);
    const F32 v66 = load<F32>(call, 1, o);
    const F32 v67 = v66 - v65;
    const F32 v68 = v67 * v11;
    const F32 v69 = v15 * v68;
    const F32 v70 = v65 + v69;
    const F32 v71 = v64 + v70;
    const F32 v72 = v61 + v71;
    const F32 v73 = v60 + v72;
    const F32 v74 = v73 * v7;
    const F32 v75 = v74 * v3;
    const F32 v76 = lanes::exprel_slope(v4, v5);
    const F32 v77 = v75 * v76;
    const F32 v78 = v77 * v3;
    const F32 v79 = v8 * v41;
    const F32 v80 = v51 * v41;
    const F32 v81 = v80 * v38;
    const F32 v82 = v40 * v81;
    const F32 v83 = load<F32>(call, 4, o);
    const F32 v84 = load<F32>(call, 13, o);
    const F32 v85 = v83 - v84;
    const F32 v86 = v29 * v85;
    const F32 v87 = v86 * v33;
    const F32 v88 = v87 + v84;
    const F32 v89 = load<F32>(call, 17, o);
    const F32 v90 = load<F32>(call, 6, o);
    const F32 v91 = v89 * v90;
    const F32 v92 = v88 + v91;
    const F32 v93 = load<F32>(call, 8, o);
    const F32 v94 = v1 * v1;
    const F32 v95 = v93 + v94;
    const F32 v96 = v92 + v95;
    const F32 v97 = v82 + v96;
    const F32 v98 = v45 * v45;
    const F32 v99 = v97 - v98;
    const F32 v100 = v99 * v19;
    const F32 v101 = v100 * v24;
    const F32 v102 = v101 * v3;
    const F32 v103 = lanes::exprel_slope(v21, v22);
    const F32 v104 = v102 * v103;
    const F32 v105 = v104 * v3;
    const F32 v106 = v105 * v19;
    const F32 v107 = v79 + v106;
    const F32 v108 = v78 + v107;
    const F32 v109 = v0 * v108;
    const F32 v110 = v59 + v109;
    const F32 v111 = lanes::exprel_slope(v13, v14);
    const F32 v112 = v68 * v10;
    const F32 v113 = v112 * v3;
    const F32 v114 = v111 * v113;
    const F32 v115 = v12 * v114;
    const F32 v116 = v86 * v28;
    const F32 v117 = v116 * v32;
    const F32 v118 = v22 * v101;
    const F32 v119 = v20 * v104;
    const F32 v120 = v118 + v119;
    const F32 v121 = v74 * v5;
    const F32 v122 = v120 + v121;
    const F32 v123 = v77 * v2;
    const F32 v124 = v122 + v123;
    const F32 v125 = v117 + v124;
    const F32 v126 = v116 * v3;
    const F32 v127 = lanes::exprel_slope(v31, v32);
    const F32 v128 = v126 * v127;
    const F32 v129 = v30 * v128;
    const F32 v130 = v125 + v129;
    const F32 v131 = v115 + v130;
    const F32 v132 = v112 * v14;
    const F32 v133 = v131 + v132;
    const F32 v134 = v16 * v67;
    const F32 v135 = v114 * v3;
    const F32 v136 = v134 - v135;
    const F32 v137 = v10 * v62;
    const F32 v138 = v85 * v34;
    const F32 v139 = v128 * v3;
    const F32 v140 = v138 - v139;
    const F32 v141 = v89 * v28;
    const F32 v142 = v53 * v41;
    const F32 v143 = v43 * v48;
    const F32 v144 = v80 * v52;
    const F32 v145 = v143 + v144;
    const F32 v146 = v105 * v2;
    const F32 v147 = v25 * v99;
    const F32 v148 = v146 + v147;
    store(call, 23, o, v18);
    store(call, 24, o, v36);
    store(call, 25, o, v57);
    store(call, 26, o, v110);
    store(call, 27, o, load<F32>(call, 27, o) + v133);
    store(call, 28, o, load<F32>(call, 28, o) + v17);
    store(call, 29, o, load<F32>(call, 29, o) + v136);
    store(call, 30, o, load<F32>(call, 30, o) + v137);
    store(call, 31, o, load<F32>(call, 31, o) + v35);
    store(call, 32, o, load<F32>(call, 32, o) + v140);
    store(call, 33, o, load<F32>(call, 33, o) + v141);
    store(call, 34, o, load<F32>(call, 34, o) + v8);
    store(call, 35, o, load<F32>(call, 35, o) + v26);
    store(call, 36, o, load<F32>(call, 36, o) + v142);
    store(call, 37, o, load<F32>(call, 37, o) + v145);
    store(call, 38, o, load<F32>(call, 38, o) + v148);
  }
}

constexpr NodeEntry entry = {"13375c7d4c6fafafb8fd4948", kNodeAbi, 4, kVectorBytes, 12, 0, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_13375c7d4c6fafafb8fd4948
}  // namespace

extern const NodeEntry node_13375c7d4c6fafafb8fd4948;
const NodeEntry node_13375c7d4c6fafafb8fd4948 = code_13375c7d4c6fafafb8fd4948::entry;

// brainmass.MontbrioPazoRoxinStep, alone, noise ou, float64.
namespace {
namespace code_d466b0a71a0ac6ec430d44c7 {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v34 = splat<F64>(0x1p+1);
  const F64 v49 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v60 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 12, o);
    const F64 v1 = load<F64>(call, 1, o);
    const F64 v2 = v1 - v0;
    const F64 v3 = load<F64>(call, 2, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = load<F64>(call, 0, o);
    const F64 v6 = -v3;
    const F64 v7 = v5 * v6;
    const F64 v8 = lanes::exprel(v7);
    const F64 v9 = v5 * v8;
    const F64 v10 = v4 * v9;
    const F64 v11 = v0 + v10;
    const F64 v12 = load<F64>(call, 16, o);
    const F64 v13 = load<F64>(call, 3, o);
    const F64 v14 = v12 * v13;
    const F64 v15 = v11 + v14;
    const F64 v16 = load<F64>(call, 13, o);
    const F64 v17 = load<F64>(call, 5, o);
    const F64 v18 = -v17;
    const F64 v19 = v5 * v18;
    const F64 v20 = lanes::exprel(v19);
    const F64 v21 = v5 * v20;
    const F64 v22 = load<F64>(call, 4, o);
    const F64 v23 = v22 - v16;
    const F64 v24 = v17 * v23;
    const F64 v25 = v21 * v24;
    const F64 v26 = v16 + v25;
    const F64 v27 = load<F64>(call, 17, o);
    const F64 v28 = load<F64>(call, 6, o);
    const F64 v29 = v27 * v28;
    const F64 v30 = v26 + v29;
    const F64 v31 = load<F64>(call, 7, o);
    const F64 v32 = load<F64>(call, 14, o);
    const F64 v33 = load<F64>(call, 15, o);
    const F64 v35 = v33 * v34;
    const F64 v36 = v32 * v35;
    const F64 v37 = v15 + v36;
    const F64 v38 = v31 + v37;
    const F64 v39 = v5 * v35;
    const F64 v40 = lanes::exprel(v39);
    const F64 v41 = v5 * v40;
    const F64 v42 = v38 * v41;
    const F64 v43 = v42 + v32;
    const F64 v44 = load<F64>(call, 11, o);
    const F64 v45 = v35 * v44;
    const F64 v46 = v5 * v45;
    const F64 v47 = lanes::exprel(v46);
    const F64 v48 = v47 * v5;
    const F64 v50 = load<F64>(call, 9, o);
    const F64 v51 = v32 * v50;
    const F64 v52 = load<F64>(call, 10, o);
    const F64 v53 = v51 * v52;
    const F64 v54 = v49 * v53;
    const F64 v55 = v33 * v33;
    const F64 v56 = load<F64>(call, 8, o);
    const F64 v57 = v55 + v56;
    const F64 v58 = v57 + v30;
    const F64 v59 = v54 + v58;
    const F64 v61 = v32 * v60;
    const F64 v62 = v61 * v52;
    const F64 v63 = v49 * v62;
    const F64 v64 = v63 * v63;
    const F64 v65 = v59 - v64;
    const F64 v66 = v65 * v44;
    const F64 v67 = v48 * v66;
    const F64 v68 = v33 + v67;
    store(call, 19, o, v15);
    store(call, 20, o, v30);
    store(call, 21, o, v43);
    store(call, 22, o, v68);
    store(call, 23, o, load<F64>(call, 23, o) + v15 * splat<F64>(0x0p+0) + v30 * splat<F64>(0x0p+0) + v43 * splat<F64>(0x0p+0) + v68 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v38 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v43 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 21, o);
    const F64 v1 = load<F64>(call, 0, o);
    const F64 v2 = load<F64>(call, 15, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v1 * v4;
    const F64 v6 = lanes::exprel(v5);
    const F64 v7 = v1 * v6;
    const F64 v8 = v0 * v7;
    const F64 v9 = load<F64>(call, 19, o);
    const F64 v10 = v8 + v9;
    const F64 v11 = load<F64>(call, 2, o);
    const F64 v12 = -v11;
    const F64 v13 = v1 * v12;
    const F64 v14 = lanes::exprel(v13);
    const F64 v15 = v1 * v14;
    const F64 v16 = v15 * v10;
    const F64 v17 = v16 * v11;
    const F64 v18 = v10 - v17;
    const F64 v19 = load<F64>(call, 11, o);
    const F64 v20 = v4 * v19;
    const F64 v21 = v1 * v20;
    const F64 v22 = lanes::exprel(v21);
    const F64 v23 = v22 * v1;
    const F64 v24 = load<F64>(call, 22, o);
    const F64 v25 = v23 * v24;
    const F64 v26 = v25 * v19;
    const F64 v27 = load<F64>(call, 20, o);
    const F64 v28 = v26 + v27;
    const F64 v29 = load<F64>(call, 5, o);
    const F64 v30 = -v29;
    const F64 v31 = v1 * v30;
    const F64 v32 = lanes::exprel(v31);
    const F64 v33 = v1 * v32;
    const F64 v34 = v33 * v28;
    const F64 v35 = v29 * v34;
    const F64 v36 = v28 - v35;
    const F64 v37 = load<F64>(call, 10, o);
    const F64 v39 = v38 * v26;
    const F64 v40 = v37 * v39;
    const F64 v41 = load<F64>(call, 9, o);
    const F64 v42 = v40 * v41;
    const F64 v44 = -v26;
    const F64 v45 = load<F64>(call, 14, o);
    const F64 v46 = v45 * v43;
    const F64 v47 = v46 * v37;
    const F64 v48 = v38 * v47;
    const F64 v49 = v48 * v3;
    const F64 v50 = v44 * v49;
    const F64 v51 = v38 * v50;
    const F64 v52 = v37 * v51;
    const F64 v53 = v43 * v52;
    const F64 v54 = v42 + v53;
    const F64 v55 = v0 + v54;
    const F64 v56 = v8 * v4;
    const F64 v57 = v55 + v56;
    const F64 v58 = load<F64>(call, 7, o);
    const F64 v59 = load<F64>(call, 12, o);
    const F64 v60 = load<F64>(call, 1, o);
    const F64 v61 = v60 - v59;
    const F64 v62 = v61 * v11;
    const F64 v63 = v62 * v15;
    const F64 v64 = v59 + v63;
    const F64 v65 = load<F64>(call, 16, o);
    const F64 v66 = load<F64>(call, 3, o);
    const F64 v67 = v65 * v66;
    const F64 v68 = v64 + v67;
    const F64 v69 = v45 * v4;
    const F64 v70 = v68 + v69;
    const F64 v71 = v58 + v70;
    const F64 v72 = v71 * v0;
    const F64 v73 = v1 * v72;
    const F64 v74 = lanes::exprel_slope(v5, v6);
    const F64 v75 = v73 * v74;
    const F64 v76 = v1 * v75;
    const F64 v77 = v45 * v41;
    const F64 v78 = v77 * v37;
    const F64 v79 = v38 * v78;
    const F64 v80 = v2 * v2;
    const F64 v81 = load<F64>(call, 8, o);
    const F64 v82 = v80 + v81;
    const F64 v83 = load<F64>(call, 13, o);
    const F64 v84 = load<F64>(call, 4, o);
    const F64 v85 = v84 - v83;
    const F64 v86 = v29 * v85;
    const F64 v87 = v33 * v86;
    const F64 v88 = v83 + v87;
    const F64 v89 = load<F64>(call, 17, o);
    const F64 v90 = load<F64>(call, 6, o);
    const F64 v91 = v89 * v90;
    const F64 v92 = v88 + v91;
    const F64 v93 = v82 + v92;
    const F64 v94 = v79 + v93;
    const F64 v95 = v48 * v48;
    const F64 v96 = v94 - v95;
    const F64 v97 = v96 * v19;
    const F64 v98 = v24 * v97;
    const F64 v99 = v1 * v98;
    const F64 v100 = lanes::exprel_slope(v21, v22);
    const F64 v101 = v99 * v100;
    const F64 v102 = v101 * v1;
    const F64 v103 = v102 * v19;
    const F64 v104 = v76 + v103;
    const F64 v105 = v45 * v8;
    const F64 v106 = v104 + v105;
    const F64 v107 = v106 * v3;
    const F64 v108 = v4 * v26;
    const F64 v109 = v24 + v108;
    const F64 v110 = v107 + v109;
    const F64 v111 = v62 * v10;
    const F64 v112 = v14 * v111;
    const F64 v113 = lanes::exprel_slope(v31, v32);
    const F64 v114 = v28 * v86;
    const F64 v115 = v1 * v114;
    const F64 v116 = v113 * v115;
    const F64 v117 = v116 * v30;
    const F64 v118 = v114 * v32;
    const F64 v119 = v4 * v75;
    const F64 v120 = v6 * v72;
    const F64 v121 = v22 * v98;
    const F64 v122 = v101 * v20;
    const F64 v123 = v121 + v122;
    const F64 v124 = v120 + v123;
    const F64 v125 = v119 + v124;
    const F64 v126 = v118 + v125;
    const F64 v127 = v117 + v126;
    const F64 v128 = v112 + v127;
    const F64 v129 = lanes::exprel_slope(v13, v14);
    const F64 v130 = v1 * v111;
    const F64 v131 = v129 * v130;
    const F64 v132 = v131 * v12;
    const F64 v133 = v128 + v132;
    const F64 v134 = v16 * v61;
    const F64 v135 = v1 * v131;
    const F64 v136 = v134 - v135;
    const F64 v137 = v65 * v10;
    const F64 v138 = v85 * v34;
    const F64 v139 = v1 * v116;
    const F64 v140 = v138 - v139;
    const F64 v141 = v89 * v28;
    const F64 v142 = v45 * v40;
    const F64 v143 = v46 * v51;
    const F64 v144 = v77 * v39;
    const F64 v145 = v143 + v144;
    const F64 v146 = v96 * v25;
    const F64 v147 = v102 * v4;
    const F64 v148 = v146 + v147;
    store(call, 23, o, v18);
    store(call, 24, o, v36);
    store(call, 25, o, v57);
    store(call, 26, o, v110);
    store(call, 27, o, load<F64>(call, 27, o) + v133);
    store(call, 28, o, load<F64>(call, 28, o) + v17);
    store(call, 29, o, load<F64>(call, 29, o) + v136);
    store(call, 30, o, load<F64>(call, 30, o) + v137);
    store(call, 31, o, load<F64>(call, 31, o) + v35);
    store(call, 32, o, load<F64>(call, 32, o) + v140);
    store(call, 33, o, load<F64>(call, 33, o) + v141);
    store(call, 34, o, load<F64>(call, 34, o) + v8);
    store(call, 35, o, load<F64>(call, 35, o) + v26);
    store(call, 36, o, load<F64>(call, 36, o) + v142);
    store(call, 37, o, load<F64>(call, 37, o) + v145);
    store(call, 38, o, load<F64>(call, 38, o) + v148);
  }
}

constexpr NodeEntry entry = {"d466b0a71a0ac6ec430d44c7", kNodeAbi, 8, kVectorBytes, 12, 0, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_d466b0a71a0ac6ec430d44c7
}  // namespace

extern const NodeEntry node_d466b0a71a0ac6ec430d44c7;
const NodeEntry node_d466b0a71a0ac6ec430d44c7 = code_d466b0a71a0ac6ec430d44c7::entry;

// brainmass.MontbrioPazoRoxinStep, diffusive, no noise, float32.
namespace {
namespace code_4630589e8d672a082f4cf258 {

BRAINFIT_FAST_LANE_TYPES(float)

void advance(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v25 = splat<F32>(0x1.0624dep-10f);
  const F32 v35 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 10, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 0, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = lanes::exprel(v4);
    const F32 v6 = v5 * v3;
    const F32 v7 = load<F32>(call, 3, o);
    const F32 v8 = load<F32>(call, 8, o);
    const F32 v9 = load<F32>(call, 1, o);
    const F32 v10 = load<F32>(call, 9, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = v8 - v11;
    const F32 v13 = load<F32>(call, 2, o);
    const F32 v14 = v12 * v13;
    const F32 v15 = v10 * v2;
    const F32 v16 = v14 + v15;
    const F32 v17 = v7 + v16;
    const F32 v18 = v6 * v17;
    const F32 v19 = v18 + v10;
    const F32 v20 = load<F32>(call, 7, o);
    const F32 v21 = v20 * v2;
    const F32 v22 = v21 * v3;
    const F32 v23 = lanes::exprel(v22);
    const F32 v24 = v23 * v3;
    const F32 v26 = load<F32>(call, 6, o);
    const F32 v27 = load<F32>(call, 5, o);
    const F32 v28 = v27 * v10;
    const F32 v29 = v26 * v28;
    const F32 v30 = v25 * v29;
    const F32 v31 = v1 * v1;
    const F32 v32 = load<F32>(call, 4, o);
    const F32 v33 = v31 + v32;
    const F32 v34 = v30 + v33;
    const F32 v36 = v10 * v35;
    const F32 v37 = v36 * v26;
    const F32 v38 = v25 * v37;
    const F32 v39 = v38 * v38;
    const F32 v40 = v34 - v39;
    const F32 v41 = v40 * v20;
    const F32 v42 = v24 * v41;
    const F32 v43 = v42 + v1;
    store(call, 12, o, v19);
    store(call, 13, o, v43);
    store(call, 14, o, load<F32>(call, 14, o) + v19 * splat<F32>(0x0p+0f) + v43 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v1 = splat<F32>(0x1p+1f);
  const F32 v17 = splat<F32>(0x1.0624dep-10f);
  const F32 v31 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 12, o);
    const F32 v2 = load<F32>(call, 10, o);
    const F32 v3 = v1 * v2;
    const F32 v4 = load<F32>(call, 0, o);
    const F32 v5 = v3 * v4;
    const F32 v6 = lanes::exprel(v5);
    const F32 v7 = v6 * v4;
    const F32 v8 = v0 * v7;
    const F32 v9 = v8 * v3;
    const F32 v10 = load<F32>(call, 2, o);
    const F32 v11 = v8 * v10;
    const F32 v12 = -v11;
    const F32 v13 = load<F32>(call, 1, o);
    const F32 v14 = v12 * v13;
    const F32 v15 = load<F32>(call, 5, o);
    const F32 v16 = load<F32>(call, 6, o);
    const F32 v18 = load<F32>(call, 7, o);
    const F32 v19 = v18 * v3;
    const F32 v20 = v19 * v4;
    const F32 v21 = lanes::exprel(v20);
    const F32 v22 = v21 * v4;
    const F32 v23 = load<F32>(call, 13, o);
    const F32 v24 = v22 * v23;
    const F32 v25 = v18 * v24;
    const F32 v26 = v17 * v25;
    const F32 v27 = v16 * v26;
    const F32 v28 = v15 * v27;
    const F32 v29 = -v25;
    const F32 v30 = load<F32>(call, 9, o);
    const F32 v32 = v30 * v31;
    const F32 v33 = v32 * v16;
    const F32 v34 = v17 * v33;
    const F32 v35 = v1 * v34;
    const F32 v36 = v29 * v35;
    const F32 v37 = v17 * v36;
    const F32 v38 = v37 * v16;
    const F32 v39 = v38 * v31;
    const F32 v40 = v28 + v39;
    const F32 v41 = v0 + v40;
    const F32 v42 = v14 + v41;
    const F32 v43 = v9 + v42;
    const F32 v44 = v15 * v30;
    const F32 v45 = v16 * v44;
    const F32 v46 = v17 * v45;
    const F32 v47 = v2 * v2;
    const F32 v48 = load<F32>(call, 4, o);
    const F32 v49 = v47 + v48;
    const F32 v50 = v46 + v49;
    const F32 v51 = v34 * v34;
    const F32 v52 = v50 - v51;
    const F32 v53 = v52 * v18;
    const F32 v54 = v53 * v23;
    const F32 v55 = v54 * v4;
    const F32 v56 = lanes::exprel_slope(v20, v21);
    const F32 v57 = v55 * v56;
    const F32 v58 = v57 * v4;
    const F32 v59 = v18 * v58;
    const F32 v60 = load<F32>(call, 3, o);
    const F32 v61 = load<F32>(call, 8, o);
    const F32 v62 = v13 * v30;
    const F32 v63 = v61 - v62;
    const F32 v64 = v63 * v10;
    const F32 v65 = v30 * v3;
    const F32 v66 = v64 + v65;
    const F32 v67 = v60 + v66;
    const F32 v68 = v0 * v67;
    const F32 v69 = v68 * v4;
    const F32 v70 = lanes::exprel_slope(v5, v6);
    const F32 v71 = v69 * v70;
    const F32 v72 = v71 * v4;
    const F32 v73 = v59 + v72;
    const F32 v74 = v8 * v30;
    const F32 v75 = v73 + v74;
    const F32 v76 = v75 * v1;
    const F32 v77 = v3 * v25;
    const F32 v78 = v23 + v77;
    const F32 v79 = v76 + v78;
    const F32 v80 = v71 * v3;
    const F32 v81 = v54 * v21;
    const F32 v82 = v57 * v19;
    const F32 v83 = v81 + v82;
    const F32 v84 = v68 * v6;
    const F32 v85 = v83 + v84;
    const F32 v86 = v80 + v85;
    const F32 v87 = v12 * v30;
    const F32 v88 = v8 * v63;
    const F32 v89 = v30 * v27;
    const F32 v90 = v44 * v26;
    const F32 v91 = v32 * v37;
    const F32 v92 = v90 + v91;
    const F32 v93 = v52 * v24;
    const F32 v94 = v58 * v3;
    const F32 v95 = v93 + v94;
    store(call, 14, o, v43);
    store(call, 15, o, v79);
    store(call, 16, o, v11);
    store(call, 17, o, load<F32>(call, 17, o) + v86);
    store(call, 18, o, load<F32>(call, 18, o) + v87);
    store(call, 19, o, load<F32>(call, 19, o) + v88);
    store(call, 20, o, load<F32>(call, 20, o) + v8);
    store(call, 21, o, load<F32>(call, 21, o) + v25);
    store(call, 22, o, load<F32>(call, 22, o) + v89);
    store(call, 23, o, load<F32>(call, 23, o) + v92);
    store(call, 24, o, load<F32>(call, 24, o) + v95);
  }
}

constexpr NodeEntry entry = {"4630589e8d672a082f4cf258", kNodeAbi, 4, kVectorBytes, 8, 1, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_4630589e8d672a082f4cf258
}  // namespace

extern const NodeEntry node_4630589e8d672a082f4cf258;
const NodeEntry node_4630589e8d672a082f4cf258 = code_4630589e8d672a082f4cf258::entry;

// brainmass.MontbrioPazoRoxinStep, diffusive, no noise, float64.
namespace {
namespace code_1d1e53c07e3790299341d7a3 {

BRAINFIT_FAST_LANE_TYPES(double)

void advance(const NodeCall& call) {
  const F64 v3 = splat<F64>(0x1p+1);
  const F64 v25 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v35 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 9, o);
    const F64 v1 = load<F64>(call, 3, o);
    const F64 v2 = load<F64>(call, 10, o);
    const F64 v4 = v2 * v3;
    const F64 v5 = v0 * v4;
    const F64 v6 = load<F64>(call, 8, o);
    const F64 v7 = load<F64>(call, 1, o);
    const F64 v8 = v7 * v0;
    const F64 v9 = v6 - v8;
    const F64 v10 = load<F64>(call, 2, o);
    const F64 v11 = v9 * v10;
    const F64 v12 = v5 + v11;
    const F64 v13 = v1 + v12;
    const F64 v14 = load<F64>(call, 0, o);
    const F64 v15 = v14 * v4;
    const F64 v16 = lanes::exprel(v15);
    const F64 v17 = v14 * v16;
    const F64 v18 = v13 * v17;
    const F64 v19 = v0 + v18;
    const F64 v20 = load<F64>(call, 7, o);
    const F64 v21 = v20 * v4;
    const F64 v22 = v14 * v21;
    const F64 v23 = lanes::exprel(v22);
    const F64 v24 = v23 * v14;
    const F64 v26 = load<F64>(call, 5, o);
    const F64 v27 = v0 * v26;
    const F64 v28 = load<F64>(call, 6, o);
    const F64 v29 = v27 * v28;
    const F64 v30 = v25 * v29;
    const F64 v31 = load<F64>(call, 4, o);
    const F64 v32 = v2 * v2;
    const F64 v33 = v31 + v32;
    const F64 v34 = v30 + v33;
    const F64 v36 = v0 * v35;
    const F64 v37 = v36 * v28;
    const F64 v38 = v37 * v25;
    const F64 v39 = v38 * v38;
    const F64 v40 = v34 - v39;
    const F64 v41 = v40 * v20;
    const F64 v42 = v24 * v41;
    const F64 v43 = v2 + v42;
    store(call, 12, o, v19);
    store(call, 13, o, v43);
    store(call, 14, o, load<F64>(call, 14, o) + v19 * splat<F64>(0x0p+0) + v43 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v2 = splat<F64>(0x1p+1);
  const F64 v10 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v21 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 0, o);
    const F64 v1 = load<F64>(call, 10, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = v0 * v3;
    const F64 v5 = lanes::exprel(v4);
    const F64 v6 = v0 * v5;
    const F64 v7 = load<F64>(call, 12, o);
    const F64 v8 = v6 * v7;
    const F64 v9 = v8 * v3;
    const F64 v11 = load<F64>(call, 7, o);
    const F64 v12 = v11 * v3;
    const F64 v13 = v0 * v12;
    const F64 v14 = lanes::exprel(v13);
    const F64 v15 = v14 * v0;
    const F64 v16 = load<F64>(call, 13, o);
    const F64 v17 = v15 * v16;
    const F64 v18 = v11 * v17;
    const F64 v19 = -v18;
    const F64 v20 = load<F64>(call, 9, o);
    const F64 v22 = v20 * v21;
    const F64 v23 = load<F64>(call, 6, o);
    const F64 v24 = v22 * v23;
    const F64 v25 = v24 * v10;
    const F64 v26 = v25 * v2;
    const F64 v27 = v19 * v26;
    const F64 v28 = v10 * v27;
    const F64 v29 = v28 * v23;
    const F64 v30 = v29 * v21;
    const F64 v31 = load<F64>(call, 5, o);
    const F64 v32 = v18 * v10;
    const F64 v33 = v23 * v32;
    const F64 v34 = v31 * v33;
    const F64 v35 = v30 + v34;
    const F64 v36 = v35 + v7;
    const F64 v37 = v9 + v36;
    const F64 v38 = load<F64>(call, 1, o);
    const F64 v39 = load<F64>(call, 2, o);
    const F64 v40 = v8 * v39;
    const F64 v41 = -v40;
    const F64 v42 = v38 * v41;
    const F64 v43 = v37 + v42;
    const F64 v44 = v18 * v3;
    const F64 v45 = v44 + v16;
    const F64 v46 = v20 * v8;
    const F64 v47 = load<F64>(call, 3, o);
    const F64 v48 = v20 * v3;
    const F64 v49 = load<F64>(call, 8, o);
    const F64 v50 = v38 * v20;
    const F64 v51 = v49 - v50;
    const F64 v52 = v51 * v39;
    const F64 v53 = v48 + v52;
    const F64 v54 = v47 + v53;
    const F64 v55 = v54 * v7;
    const F64 v56 = v0 * v55;
    const F64 v57 = lanes::exprel_slope(v4, v5);
    const F64 v58 = v56 * v57;
    const F64 v59 = v0 * v58;
    const F64 v60 = lanes::exprel_slope(v13, v14);
    const F64 v61 = v20 * v31;
    const F64 v62 = v61 * v23;
    const F64 v63 = v10 * v62;
    const F64 v64 = load<F64>(call, 4, o);
    const F64 v65 = v1 * v1;
    const F64 v66 = v64 + v65;
    const F64 v67 = v63 + v66;
    const F64 v68 = v25 * v25;
    const F64 v69 = v67 - v68;
    const F64 v70 = v69 * v11;
    const F64 v71 = v70 * v16;
    const F64 v72 = v0 * v71;
    const F64 v73 = v60 * v72;
    const F64 v74 = v73 * v0;
    const F64 v75 = v11 * v74;
    const F64 v76 = v59 + v75;
    const F64 v77 = v46 + v76;
    const F64 v78 = v77 * v2;
    const F64 v79 = v45 + v78;
    const F64 v80 = v55 * v5;
    const F64 v81 = v73 * v12;
    const F64 v82 = v14 * v71;
    const F64 v83 = v81 + v82;
    const F64 v84 = v80 + v83;
    const F64 v85 = v58 * v3;
    const F64 v86 = v84 + v85;
    const F64 v87 = v20 * v41;
    const F64 v88 = v51 * v8;
    const F64 v89 = v20 * v33;
    const F64 v90 = v61 * v32;
    const F64 v91 = v28 * v22;
    const F64 v92 = v90 + v91;
    const F64 v93 = v74 * v3;
    const F64 v94 = v69 * v17;
    const F64 v95 = v93 + v94;
    store(call, 14, o, v43);
    store(call, 15, o, v79);
    store(call, 16, o, v40);
    store(call, 17, o, load<F64>(call, 17, o) + v86);
    store(call, 18, o, load<F64>(call, 18, o) + v87);
    store(call, 19, o, load<F64>(call, 19, o) + v88);
    store(call, 20, o, load<F64>(call, 20, o) + v8);
    store(call, 21, o, load<F64>(call, 21, o) + v18);
    store(call, 22, o, load<F64>(call, 22, o) + v89);
    store(call, 23, o, load<F64>(call, 23, o) + v92);
    store(call, 24, o, load<F64>(call, 24, o) + v95);
  }
}

constexpr NodeEntry entry = {"1d1e53c07e3790299341d7a3", kNodeAbi, 8, kVectorBytes, 8, 1, 0, 2, 0, 0, 0, 0, 0, nullptr, advance, nullptr, adjoint, nullptr};

}  // namespace code_1d1e53c07e3790299341d7a3
}  // namespace

extern const NodeEntry node_1d1e53c07e3790299341d7a3;
const NodeEntry node_1d1e53c07e3790299341d7a3 = code_1d1e53c07e3790299341d7a3::entry;

// brainmass.MontbrioPazoRoxinStep, diffusive, noise ou, float32.
namespace {
namespace code_c92d0e72b3c4d8259f2fb019 {

BRAINFIT_FAST_LANE_TYPES(float)

void draw(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1.6a09e6p+0f);
  const F32 v1 = splat<F32>(-0x1.fffffep-1f);
  const U32 v2 = splat<U32>(1065353216u);
  const U32 v3 = load<U32>(call, 0, 0);
  const U32 v4 = load<U32>(call, 1, 0);
  const U32 v5 = splat<U32>(0u);
  const U32 v6 = splat<U32>(1u);
  const U32 v7 = threefry<0>(v3, v4, v5, v6);
  const U32 v8 = threefry<1>(v3, v4, v5, v6);
  const U32 v13 = splat<U32>(9u);
  const F32 v17 = splat<F32>(0x1p+0f);
  const F32 v19 = splat<F32>(0x1p+1f);
  const U32 v25 = threefry<0>(v3, v4, v5, v5);
  const U32 v26 = threefry<1>(v3, v4, v5, v5);
  const U32 v27 = threefry<0>(v25, v26, v5, v6);
  const U32 v28 = threefry<1>(v25, v26, v5, v6);
  const U32 v41 = threefry<0>(v25, v26, v5, v5);
  const U32 v42 = threefry<1>(v25, v26, v5, v5);
  store(call, 6, 0, v41);
  store(call, 7, 0, v42);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v9 = load<U32>(call, 2, o);
    const U32 v10 = threefry<1>(v7, v8, v5, v9);
    const U32 v11 = threefry<0>(v7, v8, v5, v9);
    const U32 v12 = v10 ^ v11;
    const U32 v14 = v12 >> v13;
    const U32 v15 = v2 | v14;
    const F32 v16 = bits_as<F32>(v15);
    const F32 v18 = v16 - v17;
    const F32 v20 = v18 * v19;
    const F32 v21 = v1 + v20;
    const F32 v22 = lanes::max(v21, v1);
    const F32 v23 = lanes::erf_inv(v22);
    const F32 v24 = v0 * v23;
    const U32 v29 = threefry<0>(v27, v28, v5, v9);
    const U32 v30 = threefry<1>(v27, v28, v5, v9);
    const U32 v31 = v29 ^ v30;
    const U32 v32 = v31 >> v13;
    const U32 v33 = v32 | v2;
    const F32 v34 = bits_as<F32>(v33);
    const F32 v35 = v34 - v17;
    const F32 v36 = v19 * v35;
    const F32 v37 = v1 + v36;
    const F32 v38 = lanes::max(v37, v1);
    const F32 v39 = lanes::erf_inv(v38);
    const F32 v40 = v0 * v39;
    store(call, 4, o, v24);
    store(call, 5, o, v40);
  }
}

void advance(const NodeCall& call) {
  const F32 v0 = splat<F32>(0x1p+1f);
  const F32 v55 = splat<F32>(0x1.0624dep-10f);
  const F32 v62 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v1 = load<F32>(call, 18, o);
    const F32 v2 = v0 * v1;
    const F32 v3 = load<F32>(call, 0, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = lanes::exprel(v4);
    const F32 v6 = v5 * v3;
    const F32 v7 = load<F32>(call, 9, o);
    const F32 v8 = load<F32>(call, 14, o);
    const F32 v9 = load<F32>(call, 1, o);
    const F32 v10 = load<F32>(call, 15, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = v8 - v11;
    const F32 v13 = load<F32>(call, 2, o);
    const F32 v14 = v12 * v13;
    const F32 v15 = load<F32>(call, 16, o);
    const F32 v16 = load<F32>(call, 3, o);
    const F32 v17 = v16 - v15;
    const F32 v18 = load<F32>(call, 4, o);
    const F32 v19 = v17 * v18;
    const F32 v20 = -v18;
    const F32 v21 = v20 * v3;
    const F32 v22 = lanes::exprel(v21);
    const F32 v23 = v3 * v22;
    const F32 v24 = v19 * v23;
    const F32 v25 = v15 + v24;
    const F32 v26 = load<F32>(call, 5, o);
    const F32 v27 = load<F32>(call, 19, o);
    const F32 v28 = v26 * v27;
    const F32 v29 = v25 + v28;
    const F32 v30 = v14 + v29;
    const F32 v31 = v2 * v10;
    const F32 v32 = v30 + v31;
    const F32 v33 = v7 + v32;
    const F32 v34 = v6 * v33;
    const F32 v35 = v34 + v10;
    const F32 v36 = load<F32>(call, 8, o);
    const F32 v37 = load<F32>(call, 20, o);
    const F32 v38 = v36 * v37;
    const F32 v39 = load<F32>(call, 7, o);
    const F32 v40 = -v39;
    const F32 v41 = v40 * v3;
    const F32 v42 = lanes::exprel(v41);
    const F32 v43 = v3 * v42;
    const F32 v44 = load<F32>(call, 6, o);
    const F32 v45 = load<F32>(call, 17, o);
    const F32 v46 = v44 - v45;
    const F32 v47 = v46 * v39;
    const F32 v48 = v43 * v47;
    const F32 v49 = v48 + v45;
    const F32 v50 = v38 + v49;
    const F32 v51 = load<F32>(call, 10, o);
    const F32 v52 = v1 * v1;
    const F32 v53 = v51 + v52;
    const F32 v54 = v53 + v50;
    const F32 v56 = load<F32>(call, 11, o);
    const F32 v57 = v10 * v56;
    const F32 v58 = load<F32>(call, 12, o);
    const F32 v59 = v57 * v58;
    const F32 v60 = v55 * v59;
    const F32 v61 = v54 + v60;
    const F32 v63 = v10 * v62;
    const F32 v64 = v63 * v58;
    const F32 v65 = v55 * v64;
    const F32 v66 = v65 * v65;
    const F32 v67 = v61 - v66;
    const F32 v68 = load<F32>(call, 13, o);
    const F32 v69 = v67 * v68;
    const F32 v70 = v68 * v2;
    const F32 v71 = v70 * v3;
    const F32 v72 = lanes::exprel(v71);
    const F32 v73 = v72 * v3;
    const F32 v74 = v69 * v73;
    const F32 v75 = v74 + v1;
    store(call, 22, o, v35);
    store(call, 23, o, v29);
    store(call, 24, o, v50);
    store(call, 25, o, v75);
    store(call, 26, o, load<F32>(call, 26, o) + v35 * splat<F32>(0x0p+0f) + v29 * splat<F32>(0x0p+0f) + v50 * splat<F32>(0x0p+0f) + v75 * splat<F32>(0x0p+0f));
  }
}

void adjoint(const NodeCall& call) {
  const F32 v2 = splat<F32>(0x1p+1f);
  const F32 v15 = splat<F32>(0x1.0624dep-10f);
  const F32 v30 = splat<F32>(0x1.921fb6p+1f);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F32 v0 = load<F32>(call, 1, o);
    const F32 v1 = load<F32>(call, 22, o);
    const F32 v3 = load<F32>(call, 18, o);
    const F32 v4 = v2 * v3;
    const F32 v5 = load<F32>(call, 0, o);
    const F32 v6 = v4 * v5;
    const F32 v7 = lanes::exprel(v6);
    const F32 v8 = v7 * v5;
    const F32 v9 = v1 * v8;
    const F32 v10 = load<F32>(call, 2, o);
    const F32 v11 = v9 * v10;
    const F32 v12 = -v11;
    const F32 v13 = v0 * v12;
    const F32 v14 = v4 * v9;
    const F32 v16 = load<F32>(call, 25, o);
    const F32 v17 = load<F32>(call, 13, o);
    const F32 v18 = v17 * v4;
    const F32 v19 = v18 * v5;
    const F32 v20 = lanes::exprel(v19);
    const F32 v21 = v20 * v5;
    const F32 v22 = v16 * v21;
    const F32 v23 = v22 * v17;
    const F32 v24 = v15 * v23;
    const F32 v25 = load<F32>(call, 12, o);
    const F32 v26 = v24 * v25;
    const F32 v27 = load<F32>(call, 11, o);
    const F32 v28 = v26 * v27;
    const F32 v29 = load<F32>(call, 15, o);
    const F32 v31 = v29 * v30;
    const F32 v32 = v31 * v25;
    const F32 v33 = v15 * v32;
    const F32 v34 = v2 * v33;
    const F32 v35 = -v23;
    const F32 v36 = v34 * v35;
    const F32 v37 = v15 * v36;
    const F32 v38 = v25 * v37;
    const F32 v39 = v38 * v30;
    const F32 v40 = v28 + v39;
    const F32 v41 = v1 + v40;
    const F32 v42 = v14 + v41;
    const F32 v43 = v13 + v42;
    const F32 v44 = load<F32>(call, 23, o);
    const F32 v45 = v44 + v9;
    const F32 v46 = load<F32>(call, 4, o);
    const F32 v47 = -v46;
    const F32 v48 = v47 * v5;
    const F32 v49 = lanes::exprel(v48);
    const F32 v50 = v5 * v49;
    const F32 v51 = v45 * v50;
    const F32 v52 = v51 * v46;
    const F32 v53 = v45 - v52;
    const F32 v54 = load<F32>(call, 24, o);
    const F32 v55 = v23 + v54;
    const F32 v56 = load<F32>(call, 7, o);
    const F32 v57 = -v56;
    const F32 v58 = v57 * v5;
    const F32 v59 = lanes::exprel(v58);
    const F32 v60 = v5 * v59;
    const F32 v61 = v55 * v60;
    const F32 v62 = v61 * v56;
    const F32 v63 = v55 - v62;
    const F32 v64 = v23 * v4;
    const F32 v65 = v64 + v16;
    const F32 v66 = load<F32>(call, 9, o);
    const F32 v67 = load<F32>(call, 14, o);
    const F32 v68 = v0 * v29;
    const F32 v69 = v67 - v68;
    const F32 v70 = v69 * v10;
    const F32 v71 = load<F32>(call, 16, o);
    const F32 v72 = load<F32>(call, 3, o);
    const F32 v73 = v72 - v71;
    const F32 v74 = v73 * v46;
    const F32 v75 = v74 * v50;
    const F32 v76 = v71 + v75;
    const F32 v77 = load<F32>(call, 5, o);
    const F32 v78 = load<F32>(call, 19, o);
    const F32 v79 = v77 * v78;
    const F32 v80 = v76 + v79;
    const F32 v81 = v70 + v80;
    const F32 v82 = v4 * v29;
    const F32 v83 = v81 + v82;
    const F32 v84 = v66 + v83;
    const F32 v85 = v1 * v84;
    const F32 v86 = v85 * v5;
    const F32 v87 = lanes::exprel_slope(v6, v7);
    const F32 v88 = v86 * v87;
    const F32 v89 = v88 * v5;
    const F32 v90 = lanes::exprel_slope(v19, v20);
    const F32 v91 = load<F32>(call, 10, o);
    const F32 v92 = v3 * v3;
    const F32 v93 = v91 + v92;
    const F32 v94 = load<F32>(call, 8, o);
    const F32 v95 = load<F32>(call, 20, o);
    const F32 v96 = v94 * v95;
    const F32 v97 = load<F32>(call, 6, o);
    const F32 v98 = load<F32>(call, 17, o);
    const F32 v99 = v97 - v98;
    const F32 v100 = v99 * v56;
    const F32 v101 = v60 * v100;
    const F32 v102 = v101 + v98;
    const F32 v103 = v96 + v102;
    const F32 v104 = v93 + v103;
    const F32 v105 = v29 * v27;
    const F32 v106 = v105 * v25;
    const F32 v107 = v15 * v106;
    const F32 v108 = v104 + v107;
    const F32 v109 = v33 * v33;
    const F32 v110 = v108 - v109;
    const F32 v111 = v110 * v17;
    const F32 v112 = v111 * v16;
    const F32 v113 = v5 * v112;
    const F32 v114 = v90 * v113;
    const F32 v115 = v114 * v5;
    const F32 v116 = v115 * v17;
    const F32 v117 = v29 * v9;
    const F32 v118 = v116 + v117;
    const F32 v119 = v89 + v118;
    const F32 v120 = v2 * v119;
    const F32 v121 = v65 + v120;
    const F32 v122 = v88 * v4;
    const F32 v123 = v85 * v7;
    const F32 v124 = v55 * v100;
    const F32 v125 = v124 * v59;
    const F32 v126 = v114 * v18;
    const F32 v127 = v20 * v112;
    const F32 v128 = v126 + v127;
    const F32 v129 = lanes::exprel_slope(v58, v59);
    const F32 v130 = v124 * v5;
    const F32 v131 = v129 * v130;
    const F32 v132 = v57 * v131;
    const F32 v133 = v128 + v132;
    const F32 v134 = v125 + v133;
    const F32 v135 = v45 * v74;
    const F32 v136 = v135 * v5;
    const F32 v137 = lanes::exprel_slope(v48, v49);
    const F32 v138 = v136 * v137;
    const F32 v139 = v138 * v47;
    const F32 v140 = v134 + v139;
    const F32 v141 = v135 * v49;
    const F32 v142 = v140 + v141;
    const F32 v143 = v123 + v142;
    const F32 v144 = v122 + v143;
    const F32 v145 = v12 * v29;
    const F32 v146 = v9 * v69;
    const F32 v147 = v51 * v73;
    const F32 v148 = v138 * v5;
    const F32 v149 = v147 - v148;
    const F32 v150 = v45 * v78;
    const F32 v151 = v99 * v61;
    const F32 v152 = v131 * v5;
    const F32 v153 = v151 - v152;
    const F32 v154 = v55 * v95;
    const F32 v155 = v26 * v29;
    const F32 v156 = v105 * v24;
    const F32 v157 = v31 * v37;
    const F32 v158 = v156 + v157;
    const F32 v159 = v22 * v110;
    const F32 v160 = v115 * v4;
    const F32 v161 = v159 + v160;
    store(call, 26, o, v43);
    store(call, 27, o, v53);
    store(call, 28, o, v63);
    store(call, 29, o, v121);
    store(call, 30, o, v11);
    store(call, 31, o, load<F32>(call, 31, o) + v144);
    store(call, 32, o, load<F32>(call, 32, o) + v145);
    store(call, 33, o, load<F32>(call, 33, o) + v146);
    store(call, 34, o, load<F32>(call, 34, o) + v52);
    store(call, 35, o, load<F32>(call, 35, o) + v149);
    store(call, 36, o, load<F32>(call, 36, o) + v150);
    store(call, 37, o, load<F32>(call, 37, o) + v62);
    store(call, 38, o, load<F32>(call, 38, o) + v153);
    store(call, 39, o, load<F32>(call, 39, o) + v154);
    store(call, 40, o, load<F32>(call, 40, o) + v9);
    store(call, 41, o, load<F32>(call, 41, o) + v23);
    store(call, 42, o, load<F32>(call, 42, o) + v155);
    store(call, 43, o, load<F32>(call, 43, o) + v158);
    store(call, 44, o, load<F32>(call, 44, o) + v161);
  }
}

constexpr NodeEntry entry = {"c92d0e72b3c4d8259f2fb019", kNodeAbi, 4, kVectorBytes, 14, 1, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_c92d0e72b3c4d8259f2fb019
}  // namespace

extern const NodeEntry node_c92d0e72b3c4d8259f2fb019;
const NodeEntry node_c92d0e72b3c4d8259f2fb019 = code_c92d0e72b3c4d8259f2fb019::entry;

// brainmass.MontbrioPazoRoxinStep, diffusive, noise ou, float64.
namespace {
namespace code_fe0b89188b2cad6fd2f6f483 {

BRAINFIT_FAST_LANE_TYPES(double)

void draw(const NodeCall& call) {
  const F64 v0 = splat<F64>(0x1.6a09e667f3bcdp+0);
  const F64 v1 = splat<F64>(-0x1.fffffffffffffp-1);
  const U32 v2 = load<U32>(call, 0, 0);
  const U32 v3 = load<U32>(call, 1, 0);
  const U32 v4 = splat<U32>(0u);
  const U32 v5 = splat<U32>(1u);
  const U32 v6 = threefry<0>(v2, v3, v4, v5);
  const U32 v7 = threefry<1>(v2, v3, v4, v5);
  const U64 v13 = splat<U64>(32ull);
  const U64 v16 = splat<U64>(12ull);
  const U64 v18 = splat<U64>(4607182418800017408ull);
  const F64 v21 = splat<F64>(0x1p+0);
  const F64 v23 = splat<F64>(0x1p+1);
  const U32 v29 = threefry<0>(v2, v3, v4, v4);
  const U32 v30 = threefry<1>(v2, v3, v4, v4);
  const U32 v31 = threefry<0>(v29, v30, v4, v5);
  const U32 v32 = threefry<1>(v29, v30, v4, v5);
  const U32 v48 = threefry<0>(v29, v30, v4, v4);
  const U32 v49 = threefry<1>(v29, v30, v4, v4);
  store(call, 6, 0, v48);
  store(call, 7, 0, v49);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const U32 v8 = load<U32>(call, 2, o);
    const U32 v9 = threefry<1>(v6, v7, v4, v8);
    const U64 v10 = __builtin_convertvector(v9, U64);
    const U32 v11 = threefry<0>(v6, v7, v4, v8);
    const U64 v12 = __builtin_convertvector(v11, U64);
    const U64 v14 = v12 << v13;
    const U64 v15 = v10 | v14;
    const U64 v17 = v15 >> v16;
    const U64 v19 = v17 | v18;
    const F64 v20 = bits_as<F64>(v19);
    const F64 v22 = v20 - v21;
    const F64 v24 = v22 * v23;
    const F64 v25 = v1 + v24;
    const F64 v26 = lanes::max(v1, v25);
    const F64 v27 = lanes::erf_inv(v26);
    const F64 v28 = v0 * v27;
    const U32 v33 = threefry<0>(v31, v32, v4, v8);
    const U64 v34 = __builtin_convertvector(v33, U64);
    const U64 v35 = v34 << v13;
    const U32 v36 = threefry<1>(v31, v32, v4, v8);
    const U64 v37 = __builtin_convertvector(v36, U64);
    const U64 v38 = v35 | v37;
    const U64 v39 = v38 >> v16;
    const U64 v40 = v39 | v18;
    const F64 v41 = bits_as<F64>(v40);
    const F64 v42 = v41 - v21;
    const F64 v43 = v42 * v23;
    const F64 v44 = v1 + v43;
    const F64 v45 = lanes::max(v1, v44);
    const F64 v46 = lanes::erf_inv(v45);
    const F64 v47 = v0 * v46;
    store(call, 4, o, v28);
    store(call, 5, o, v47);
  }
}

void advance(const NodeCall& call) {
  const F64 v25 = splat<F64>(0x1p+1);
  const F64 v56 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v67 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 15, o);
    const F64 v1 = load<F64>(call, 19, o);
    const F64 v2 = load<F64>(call, 5, o);
    const F64 v3 = v1 * v2;
    const F64 v4 = load<F64>(call, 0, o);
    const F64 v5 = load<F64>(call, 4, o);
    const F64 v6 = -v5;
    const F64 v7 = v4 * v6;
    const F64 v8 = lanes::exprel(v7);
    const F64 v9 = v4 * v8;
    const F64 v10 = load<F64>(call, 3, o);
    const F64 v11 = load<F64>(call, 16, o);
    const F64 v12 = v10 - v11;
    const F64 v13 = v5 * v12;
    const F64 v14 = v9 * v13;
    const F64 v15 = v14 + v11;
    const F64 v16 = v3 + v15;
    const F64 v17 = load<F64>(call, 14, o);
    const F64 v18 = load<F64>(call, 1, o);
    const F64 v19 = v18 * v0;
    const F64 v20 = v17 - v19;
    const F64 v21 = load<F64>(call, 2, o);
    const F64 v22 = v20 * v21;
    const F64 v23 = v16 + v22;
    const F64 v24 = load<F64>(call, 18, o);
    const F64 v26 = v24 * v25;
    const F64 v27 = v0 * v26;
    const F64 v28 = v23 + v27;
    const F64 v29 = load<F64>(call, 9, o);
    const F64 v30 = v28 + v29;
    const F64 v31 = v4 * v26;
    const F64 v32 = lanes::exprel(v31);
    const F64 v33 = v4 * v32;
    const F64 v34 = v30 * v33;
    const F64 v35 = v0 + v34;
    const F64 v36 = load<F64>(call, 8, o);
    const F64 v37 = load<F64>(call, 20, o);
    const F64 v38 = v36 * v37;
    const F64 v39 = load<F64>(call, 17, o);
    const F64 v40 = load<F64>(call, 7, o);
    const F64 v41 = load<F64>(call, 6, o);
    const F64 v42 = v41 - v39;
    const F64 v43 = v40 * v42;
    const F64 v44 = -v40;
    const F64 v45 = v4 * v44;
    const F64 v46 = lanes::exprel(v45);
    const F64 v47 = v4 * v46;
    const F64 v48 = v43 * v47;
    const F64 v49 = v39 + v48;
    const F64 v50 = v38 + v49;
    const F64 v51 = load<F64>(call, 13, o);
    const F64 v52 = v51 * v26;
    const F64 v53 = v4 * v52;
    const F64 v54 = lanes::exprel(v53);
    const F64 v55 = v4 * v54;
    const F64 v57 = load<F64>(call, 12, o);
    const F64 v58 = load<F64>(call, 11, o);
    const F64 v59 = v0 * v58;
    const F64 v60 = v57 * v59;
    const F64 v61 = v56 * v60;
    const F64 v62 = v24 * v24;
    const F64 v63 = load<F64>(call, 10, o);
    const F64 v64 = v62 + v63;
    const F64 v65 = v64 + v50;
    const F64 v66 = v61 + v65;
    const F64 v68 = v0 * v67;
    const F64 v69 = v68 * v57;
    const F64 v70 = v69 * v56;
    const F64 v71 = v70 * v70;
    const F64 v72 = v66 - v71;
    const F64 v73 = v51 * v72;
    const F64 v74 = v55 * v73;
    const F64 v75 = v24 + v74;
    store(call, 22, o, v35);
    store(call, 23, o, v16);
    store(call, 24, o, v50);
    store(call, 25, o, v75);
    store(call, 26, o, load<F64>(call, 26, o) + v35 * splat<F64>(0x0p+0) + v16 * splat<F64>(0x0p+0) + v50 * splat<F64>(0x0p+0) + v75 * splat<F64>(0x0p+0));
  }
}

void adjoint(const NodeCall& call) {
  const F64 v4 = splat<F64>(0x1p+1);
  const F64 v15 = splat<F64>(0x1.0624dd2f1a9fcp-10);
  const F64 v31 = splat<F64>(0x1.921fb54442d18p+1);
  for (int64_t o = 0; o < call.size; o += call.stride) {
    const F64 v0 = load<F64>(call, 1, o);
    const F64 v1 = load<F64>(call, 22, o);
    const F64 v2 = load<F64>(call, 0, o);
    const F64 v3 = load<F64>(call, 18, o);
    const F64 v5 = v3 * v4;
    const F64 v6 = v2 * v5;
    const F64 v7 = lanes::exprel(v6);
    const F64 v8 = v2 * v7;
    const F64 v9 = v1 * v8;
    const F64 v10 = load<F64>(call, 2, o);
    const F64 v11 = v9 * v10;
    const F64 v12 = -v11;
    const F64 v13 = v0 * v12;
    const F64 v14 = v5 * v9;
    const F64 v16 = load<F64>(call, 13, o);
    const F64 v17 = v16 * v5;
    const F64 v18 = v2 * v17;
    const F64 v19 = lanes::exprel(v18);
    const F64 v20 = v2 * v19;
    const F64 v21 = load<F64>(call, 25, o);
    const F64 v22 = v20 * v21;
    const F64 v23 = v16 * v22;
    const F64 v24 = v15 * v23;
    const F64 v25 = load<F64>(call, 12, o);
    const F64 v26 = v24 * v25;
    const F64 v27 = load<F64>(call, 11, o);
    const F64 v28 = v26 * v27;
    const F64 v29 = -v23;
    const F64 v30 = load<F64>(call, 15, o);
    const F64 v32 = v30 * v31;
    const F64 v33 = v32 * v25;
    const F64 v34 = v33 * v15;
    const F64 v35 = v4 * v34;
    const F64 v36 = v29 * v35;
    const F64 v37 = v15 * v36;
    const F64 v38 = v25 * v37;
    const F64 v39 = v38 * v31;
    const F64 v40 = v28 + v39;
    const F64 v41 = v1 + v40;
    const F64 v42 = v14 + v41;
    const F64 v43 = v13 + v42;
    const F64 v44 = load<F64>(call, 23, o);
    const F64 v45 = v9 + v44;
    const F64 v46 = load<F64>(call, 4, o);
    const F64 v47 = -v46;
    const F64 v48 = v2 * v47;
    const F64 v49 = lanes::exprel(v48);
    const F64 v50 = v2 * v49;
    const F64 v51 = v50 * v45;
    const F64 v52 = v46 * v51;
    const F64 v53 = v45 - v52;
    const F64 v54 = load<F64>(call, 24, o);
    const F64 v55 = v54 + v23;
    const F64 v56 = load<F64>(call, 7, o);
    const F64 v57 = -v56;
    const F64 v58 = v2 * v57;
    const F64 v59 = lanes::exprel(v58);
    const F64 v60 = v2 * v59;
    const F64 v61 = v55 * v60;
    const F64 v62 = v56 * v61;
    const F64 v63 = v55 - v62;
    const F64 v64 = v5 * v23;
    const F64 v65 = v21 + v64;
    const F64 v66 = lanes::exprel_slope(v18, v19);
    const F64 v67 = v30 * v27;
    const F64 v68 = v25 * v67;
    const F64 v69 = v15 * v68;
    const F64 v70 = v3 * v3;
    const F64 v71 = load<F64>(call, 10, o);
    const F64 v72 = v70 + v71;
    const F64 v73 = load<F64>(call, 8, o);
    const F64 v74 = load<F64>(call, 20, o);
    const F64 v75 = v73 * v74;
    const F64 v76 = load<F64>(call, 17, o);
    const F64 v77 = load<F64>(call, 6, o);
    const F64 v78 = v77 - v76;
    const F64 v79 = v56 * v78;
    const F64 v80 = v79 * v60;
    const F64 v81 = v76 + v80;
    const F64 v82 = v75 + v81;
    const F64 v83 = v72 + v82;
    const F64 v84 = v69 + v83;
    const F64 v85 = v34 * v34;
    const F64 v86 = v84 - v85;
    const F64 v87 = v16 * v86;
    const F64 v88 = v21 * v87;
    const F64 v89 = v2 * v88;
    const F64 v90 = v66 * v89;
    const F64 v91 = v90 * v2;
    const F64 v92 = v16 * v91;
    const F64 v93 = v30 * v9;
    const F64 v94 = v92 + v93;
    const F64 v95 = load<F64>(call, 19, o);
    const F64 v96 = load<F64>(call, 5, o);
    const F64 v97 = v95 * v96;
    const F64 v98 = load<F64>(call, 3, o);
    const F64 v99 = load<F64>(call, 16, o);
    const F64 v100 = v98 - v99;
    const F64 v101 = v46 * v100;
    const F64 v102 = v50 * v101;
    const F64 v103 = v102 + v99;
    const F64 v104 = v97 + v103;
    const F64 v105 = load<F64>(call, 14, o);
    const F64 v106 = v0 * v30;
    const F64 v107 = v105 - v106;
    const F64 v108 = v107 * v10;
    const F64 v109 = v104 + v108;
    const F64 v110 = v30 * v5;
    const F64 v111 = v109 + v110;
    const F64 v112 = load<F64>(call, 9, o);
    const F64 v113 = v111 + v112;
    const F64 v114 = v113 * v1;
    const F64 v115 = v2 * v114;
    const F64 v116 = lanes::exprel_slope(v6, v7);
    const F64 v117 = v115 * v116;
    const F64 v118 = v2 * v117;
    const F64 v119 = v94 + v118;
    const F64 v120 = v119 * v4;
    const F64 v121 = v65 + v120;
    const F64 v122 = v7 * v114;
    const F64 v123 = v45 * v101;
    const F64 v124 = v123 * v2;
    const F64 v125 = lanes::exprel_slope(v48, v49);
    const F64 v126 = v124 * v125;
    const F64 v127 = v47 * v126;
    const F64 v128 = lanes::exprel_slope(v58, v59);
    const F64 v129 = v79 * v55;
    const F64 v130 = v129 * v2;
    const F64 v131 = v128 * v130;
    const F64 v132 = v57 * v131;
    const F64 v133 = v90 * v17;
    const F64 v134 = v88 * v19;
    const F64 v135 = v133 + v134;
    const F64 v136 = v132 + v135;
    const F64 v137 = v129 * v59;
    const F64 v138 = v136 + v137;
    const F64 v139 = v123 * v49;
    const F64 v140 = v138 + v139;
    const F64 v141 = v127 + v140;
    const F64 v142 = v122 + v141;
    const F64 v143 = v5 * v117;
    const F64 v144 = v142 + v143;
    const F64 v145 = v30 * v12;
    const F64 v146 = v107 * v9;
    const F64 v147 = v51 * v100;
    const F64 v148 = v2 * v126;
    const F64 v149 = v147 - v148;
    const F64 v150 = v95 * v45;
    const F64 v151 = v78 * v61;
    const F64 v152 = v2 * v131;
    const F64 v153 = v151 - v152;
    const F64 v154 = v74 * v55;
    const F64 v155 = v30 * v26;
    const F64 v156 = v24 * v67;
    const F64 v157 = v32 * v37;
    const F64 v158 = v156 + v157;
    const F64 v159 = v22 * v86;
    const F64 v160 = v91 * v5;
    const F64 v161 = v159 + v160;
    store(call, 26, o, v43);
    store(call, 27, o, v53);
    store(call, 28, o, v63);
    store(call, 29, o, v121);
    store(call, 30, o, v11);
    store(call, 31, o, load<F64>(call, 31, o) + v144);
    store(call, 32, o, load<F64>(call, 32, o) + v145);
    store(call, 33, o, load<F64>(call, 33, o) + v146);
    store(call, 34, o, load<F64>(call, 34, o) + v52);
    store(call, 35, o, load<F64>(call, 35, o) + v149);
    store(call, 36, o, load<F64>(call, 36, o) + v150);
    store(call, 37, o, load<F64>(call, 37, o) + v62);
    store(call, 38, o, load<F64>(call, 38, o) + v153);
    store(call, 39, o, load<F64>(call, 39, o) + v154);
    store(call, 40, o, load<F64>(call, 40, o) + v9);
    store(call, 41, o, load<F64>(call, 41, o) + v23);
    store(call, 42, o, load<F64>(call, 42, o) + v155);
    store(call, 43, o, load<F64>(call, 43, o) + v158);
    store(call, 44, o, load<F64>(call, 44, o) + v161);
  }
}

constexpr NodeEntry entry = {"fe0b89188b2cad6fd2f6f483", kNodeAbi, 8, kVectorBytes, 14, 1, 0, 4, 0, 1, 2, 0, 0, draw, advance, nullptr, adjoint, nullptr};

}  // namespace code_fe0b89188b2cad6fd2f6f483
}  // namespace

extern const NodeEntry node_fe0b89188b2cad6fd2f6f483;
const NodeEntry node_fe0b89188b2cad6fd2f6f483 = code_fe0b89188b2cad6fd2f6f483::entry;

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
