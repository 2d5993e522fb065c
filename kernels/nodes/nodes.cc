// The node models that ship with the library. Written by kernels/generate.py.
#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

extern const NodeEntry node_d8eae1f91cb6e73c8fbfbdff;
extern const NodeEntry node_f384d1c50ccb03d867459abb;
extern const NodeEntry node_a6209539cfb3b1b557b9b81c;
extern const NodeEntry node_baadcb8c4226b9d77ed18fda;
extern const NodeEntry node_a5b7d2ad920ee26cb3a168cd;
extern const NodeEntry node_250928b0e1b96d06162c99e7;
extern const NodeEntry node_b917ba82aec13f840ee45129;
extern const NodeEntry node_0d46c891cb0301058f40358f;
extern const NodeEntry node_52f5dbba901c23248507c660;
extern const NodeEntry node_7ce1a5ee2f50c6a10d177ef8;
extern const NodeEntry node_225ddbecd327190b9de03e24;
extern const NodeEntry node_e5fd7294c6533f2a1122a854;
extern const NodeEntry node_f1295bd60b8b335e20ca583d;
extern const NodeEntry node_518aa23efcef94182fc80452;
extern const NodeEntry node_8197535b34a5a427e58561bb;
extern const NodeEntry node_05c59b987bccbb6c10755afa;
extern const NodeEntry node_a705ebfdc709e7e09d7906b3;
extern const NodeEntry node_4d058e64966674d3e6dd215d;
extern const NodeEntry node_a8005fa8feaa450a96ee761e;
extern const NodeEntry node_abd9b1e4cbdef11c8708f1c5;
extern const NodeEntry node_8327a92b3a801445bd410d4c;
extern const NodeEntry node_fe7b67264980da330b629e02;
extern const NodeEntry node_432f34746fd6d1db86f27788;
extern const NodeEntry node_7f09028edbf4a878f9cb0c49;
extern const NodeEntry node_4b1e568f54dc4cc0ce468ff8;
extern const NodeEntry node_feba64bf25f20c3ec9cc0fc0;
extern const NodeEntry node_02cec2d705720cd197a98002;
extern const NodeEntry node_db9fbacfca410e42e98db386;
extern const NodeEntry node_9c6793b75cf4d9166aacd44f;
extern const NodeEntry node_15d413c552fcddc582942cf3;
extern const NodeEntry node_64190ac129ee4fbf7cf0ee16;
extern const NodeEntry node_c3e1580a36783f0b5f53d3dc;
extern const NodeEntry node_add91bee1852ed8e1df36737;
extern const NodeEntry node_a6983d3626bfa52640cd1673;
extern const NodeEntry node_f1363b055ea6cae4c8939112;
extern const NodeEntry node_9b8eaba34d3fc0970c0768c6;
extern const NodeEntry node_2fd6f1eba748d81608d44417;
extern const NodeEntry node_d8168927d198fe3f7984b55a;
extern const NodeEntry node_746bd8a9a98374351aa18eb5;
extern const NodeEntry node_e38224d8f41a89c7e843e09b;
extern const NodeEntry node_4312172b2bc26dfe70c96f49;
extern const NodeEntry node_f32515c7a49553f5f4c30a6b;
extern const NodeEntry node_9f0975ed3d57dc8274541a24;
extern const NodeEntry node_2c1f758fe819acdea1365484;
extern const NodeEntry node_81bd9022782cd95cc1c92532;
extern const NodeEntry node_02d9f0b441b6493ea0d2320a;
extern const NodeEntry node_050e58eb49ab40ea345f8f76;
extern const NodeEntry node_50882083e8026a21d211d06f;
extern const NodeEntry node_605c3057f8b9c0eca0bbf310;
extern const NodeEntry node_f772db544652f9e43cb3d7ff;
extern const NodeEntry node_459af5f83ef9d1fc76ff148f;
extern const NodeEntry node_cf7b71855e86531c86e43acd;
extern const NodeEntry node_0879c30426d009e5cfdacbc1;
extern const NodeEntry node_5b89489a87cc40d8671d1b9e;
extern const NodeEntry node_7e4144d9f98f475899d554e1;
extern const NodeEntry node_868bda7c7b0ba1f73e91d3e3;
extern const NodeEntry node_795e419c48bfb231cc297f6f;
extern const NodeEntry node_09d098154fdbf70eb217328f;
extern const NodeEntry node_35af1d3a9adf4876214422d2;
extern const NodeEntry node_e77b35c0f1aa5fbf63fb1561;
extern const NodeEntry node_c8a3b5ddd7a01e191db54c9f;
extern const NodeEntry node_7f81e28108b916cbff54dd68;
extern const NodeEntry node_482e39864a8f491e9c9f1e72;
extern const NodeEntry node_7c2ce9171fa7f7d1396716f7;
extern const NodeEntry node_c28b232eff81c5a7bf7ab457;
extern const NodeEntry node_436caacb1b29449e9d5516f0;
extern const NodeEntry node_a236f116e2d79df703eed71f;
extern const NodeEntry node_a42eea505c951c84fa5c5579;
extern const NodeEntry node_f1a53d1e65d2713f17b2642a;
extern const NodeEntry node_c11244029f473098dced0e4a;
extern const NodeEntry node_ae7e26a75e221db4193bdede;
extern const NodeEntry node_f1f6d9cf2a50f7480e373c4c;
extern const NodeEntry node_de1144008dcccf4c42ad959b;
extern const NodeEntry node_6d3636fce7a65fe2b8efbe97;
extern const NodeEntry node_fa7cb071849ee7889e3196a4;
extern const NodeEntry node_7e971d99360fc26fe194e554;
extern const NodeEntry node_5ab7b8fc1b32bb412347c2fb;
extern const NodeEntry node_002a6da5aed7e8793f64d3e7;
extern const NodeEntry node_16a17b3ac1da358361ad8884;
extern const NodeEntry node_3de66425da0ae756ce1c4a19;
extern const NodeEntry node_a9214a123ef5b71e465cc5da;
extern const NodeEntry node_33c8d00406039ac30d82c08a;
extern const NodeEntry node_2eec7f625a9c9aee559dda7f;
extern const NodeEntry node_d0046321cd7b5fec9856d1ee;
extern const NodeEntry node_b01e8bdfed312f34981f3e6f;
extern const NodeEntry node_fac271fb4f79de7b163a2f31;
extern const NodeEntry node_ae6dc411f5f0a3d4452cbeca;
extern const NodeEntry node_2c5734f42cf7eea0f48ba38d;
extern const NodeEntry node_64cf202675f1539107fc518c;
extern const NodeEntry node_084efe7a33682ff0a4b2454c;
extern const NodeEntry node_944fa22033eb907b9313fff8;
extern const NodeEntry node_f8e155021e8551473e1cc6a7;
extern const NodeEntry node_3305ba33b641f3df3daed05e;
extern const NodeEntry node_6834a578aef991aceae5b88a;
extern const NodeEntry node_9df19ca9c6a6f97bef793fe4;
extern const NodeEntry node_78693ef45ec34c332a57c162;
extern const NodeEntry node_f2b7ff1aed1e3a5c9d57919c;
extern const NodeEntry node_f82733813b06c93ad9ed750d;
extern const NodeEntry node_9a804edca8d6b2c2794edf9f;
extern const NodeEntry node_830e42912c31d3a771ebfc6e;
extern const NodeEntry node_80c0cb6d6e31e5d5dcf73513;
extern const NodeEntry node_d0d60aefd90512844f076b90;
extern const NodeEntry node_99e94d2dca15285aaa9489df;
extern const NodeEntry node_29a88096b9fa37f1328c3cee;
extern const NodeEntry node_0107c22eff2c5ea04c1f107b;
extern const NodeEntry node_590f25eb91826293d1774570;
extern const NodeEntry node_5cbffb13b97d6698700f0491;
extern const NodeEntry node_384039582b6f0982ed039ee6;
extern const NodeEntry node_318f266dcbaf5de31cca591b;
extern const NodeEntry node_86c5d3ad678022eecde31f5f;
extern const NodeEntry node_ba80ca7e4fadc04738da8df3;
extern const NodeEntry node_27461caed709e32dee6b508c;
extern const NodeEntry node_355cfcbae51fc42cc8565ffc;
extern const NodeEntry node_6c986af309edfbbce18b0d80;
extern const NodeEntry node_fa9f0fc5d6bf7419fce37671;
extern const NodeEntry node_186a45678284f75b9472439a;
extern const NodeEntry node_21a928955da87e4fca78cc11;
extern const NodeEntry node_45eb87f034746ae7e3f8425a;
extern const NodeEntry node_abf212fdd3ec8deef5bd2a0c;
extern const NodeEntry node_ec6a7433d9f5dda7f0127df1;
extern const NodeEntry node_4b5efaeb5bbf5870ca99cdf0;
extern const NodeEntry node_5b31fefd5a200cadd5be22b3;
extern const NodeEntry node_f4edb8e342c5d94616c881da;
extern const NodeEntry node_ddbe2ddcf04e33c98fe1d7a2;
extern const NodeEntry node_4f4647211dd471f5d6f9e806;
extern const NodeEntry node_3f2c13ab8b64a9b21e3f33b8;
extern const NodeEntry node_52b040e793420d74782cc449;
extern const NodeEntry node_dd93389179562bb8d3cc6740;
extern const NodeEntry node_7df8151c8cc5a7a79bb5d76b;
extern const NodeEntry node_b90ee7b43e8a67bb1d6bfd6b;
extern const NodeEntry node_5f1f3ed849d9606d2a4a9dfd;
extern const NodeEntry node_ffecdd8f65073fa37f3fbe3b;
extern const NodeEntry node_5591dae97aba92357b1870a5;
extern const NodeEntry node_48cd41d995feef4a34a6b856;
extern const NodeEntry node_c5c3f3b318b8c4d7b172bdd6;
extern const NodeEntry node_8ca6c6d9b2b002aa6b2a9b01;
extern const NodeEntry node_2df2ed198edbf50a3ee8f973;
extern const NodeEntry node_b4aceb0de9b9383508afac82;
extern const NodeEntry node_dddc6451db1ea6ebaf9e2ebc;
extern const NodeEntry node_b6e4acf5fa4a4247b1a7ca31;
extern const NodeEntry node_6374725b1bda813a12c21d66;
extern const NodeEntry node_2aac4e044b50455956ab890d;
extern const NodeEntry node_67b14e54f06dd89f2d17085e;
extern const NodeEntry node_03a9d3582cd1284873ee6b43;
extern const NodeEntry node_371b2c617c0dc9969e0e1ecf;
extern const NodeEntry node_4d2204b0e6a73e6868b9333e;
extern const NodeEntry node_68dce589a8baa47bc901b0fa;
extern const NodeEntry node_8b97b91ec4409fa282596735;

extern const NodeEntry* const nodes[];
const NodeEntry* const nodes[] = {
    &node_d8eae1f91cb6e73c8fbfbdff,
    &node_f384d1c50ccb03d867459abb,
    &node_a6209539cfb3b1b557b9b81c,
    &node_baadcb8c4226b9d77ed18fda,
    &node_a5b7d2ad920ee26cb3a168cd,
    &node_250928b0e1b96d06162c99e7,
    &node_b917ba82aec13f840ee45129,
    &node_0d46c891cb0301058f40358f,
    &node_52f5dbba901c23248507c660,
    &node_7ce1a5ee2f50c6a10d177ef8,
    &node_225ddbecd327190b9de03e24,
    &node_e5fd7294c6533f2a1122a854,
    &node_f1295bd60b8b335e20ca583d,
    &node_518aa23efcef94182fc80452,
    &node_8197535b34a5a427e58561bb,
    &node_05c59b987bccbb6c10755afa,
    &node_a705ebfdc709e7e09d7906b3,
    &node_4d058e64966674d3e6dd215d,
    &node_a8005fa8feaa450a96ee761e,
    &node_abd9b1e4cbdef11c8708f1c5,
    &node_8327a92b3a801445bd410d4c,
    &node_fe7b67264980da330b629e02,
    &node_432f34746fd6d1db86f27788,
    &node_7f09028edbf4a878f9cb0c49,
    &node_4b1e568f54dc4cc0ce468ff8,
    &node_feba64bf25f20c3ec9cc0fc0,
    &node_02cec2d705720cd197a98002,
    &node_db9fbacfca410e42e98db386,
    &node_9c6793b75cf4d9166aacd44f,
    &node_15d413c552fcddc582942cf3,
    &node_64190ac129ee4fbf7cf0ee16,
    &node_c3e1580a36783f0b5f53d3dc,
    &node_add91bee1852ed8e1df36737,
    &node_a6983d3626bfa52640cd1673,
    &node_f1363b055ea6cae4c8939112,
    &node_9b8eaba34d3fc0970c0768c6,
    &node_2fd6f1eba748d81608d44417,
    &node_d8168927d198fe3f7984b55a,
    &node_746bd8a9a98374351aa18eb5,
    &node_e38224d8f41a89c7e843e09b,
    &node_4312172b2bc26dfe70c96f49,
    &node_f32515c7a49553f5f4c30a6b,
    &node_9f0975ed3d57dc8274541a24,
    &node_2c1f758fe819acdea1365484,
    &node_81bd9022782cd95cc1c92532,
    &node_02d9f0b441b6493ea0d2320a,
    &node_050e58eb49ab40ea345f8f76,
    &node_50882083e8026a21d211d06f,
    &node_605c3057f8b9c0eca0bbf310,
    &node_f772db544652f9e43cb3d7ff,
    &node_459af5f83ef9d1fc76ff148f,
    &node_cf7b71855e86531c86e43acd,
    &node_0879c30426d009e5cfdacbc1,
    &node_5b89489a87cc40d8671d1b9e,
    &node_7e4144d9f98f475899d554e1,
    &node_868bda7c7b0ba1f73e91d3e3,
    &node_795e419c48bfb231cc297f6f,
    &node_09d098154fdbf70eb217328f,
    &node_35af1d3a9adf4876214422d2,
    &node_e77b35c0f1aa5fbf63fb1561,
    &node_c8a3b5ddd7a01e191db54c9f,
    &node_7f81e28108b916cbff54dd68,
    &node_482e39864a8f491e9c9f1e72,
    &node_7c2ce9171fa7f7d1396716f7,
    &node_c28b232eff81c5a7bf7ab457,
    &node_436caacb1b29449e9d5516f0,
    &node_a236f116e2d79df703eed71f,
    &node_a42eea505c951c84fa5c5579,
    &node_f1a53d1e65d2713f17b2642a,
    &node_c11244029f473098dced0e4a,
    &node_ae7e26a75e221db4193bdede,
    &node_f1f6d9cf2a50f7480e373c4c,
    &node_de1144008dcccf4c42ad959b,
    &node_6d3636fce7a65fe2b8efbe97,
    &node_fa7cb071849ee7889e3196a4,
    &node_7e971d99360fc26fe194e554,
    &node_5ab7b8fc1b32bb412347c2fb,
    &node_002a6da5aed7e8793f64d3e7,
    &node_16a17b3ac1da358361ad8884,
    &node_3de66425da0ae756ce1c4a19,
    &node_a9214a123ef5b71e465cc5da,
    &node_33c8d00406039ac30d82c08a,
    &node_2eec7f625a9c9aee559dda7f,
    &node_d0046321cd7b5fec9856d1ee,
    &node_b01e8bdfed312f34981f3e6f,
    &node_fac271fb4f79de7b163a2f31,
    &node_ae6dc411f5f0a3d4452cbeca,
    &node_2c5734f42cf7eea0f48ba38d,
    &node_64cf202675f1539107fc518c,
    &node_084efe7a33682ff0a4b2454c,
    &node_944fa22033eb907b9313fff8,
    &node_f8e155021e8551473e1cc6a7,
    &node_3305ba33b641f3df3daed05e,
    &node_6834a578aef991aceae5b88a,
    &node_9df19ca9c6a6f97bef793fe4,
    &node_78693ef45ec34c332a57c162,
    &node_f2b7ff1aed1e3a5c9d57919c,
    &node_f82733813b06c93ad9ed750d,
    &node_9a804edca8d6b2c2794edf9f,
    &node_830e42912c31d3a771ebfc6e,
    &node_80c0cb6d6e31e5d5dcf73513,
    &node_d0d60aefd90512844f076b90,
    &node_99e94d2dca15285aaa9489df,
    &node_29a88096b9fa37f1328c3cee,
    &node_0107c22eff2c5ea04c1f107b,
    &node_590f25eb91826293d1774570,
    &node_5cbffb13b97d6698700f0491,
    &node_384039582b6f0982ed039ee6,
    &node_318f266dcbaf5de31cca591b,
    &node_86c5d3ad678022eecde31f5f,
    &node_ba80ca7e4fadc04738da8df3,
    &node_27461caed709e32dee6b508c,
    &node_355cfcbae51fc42cc8565ffc,
    &node_6c986af309edfbbce18b0d80,
    &node_fa9f0fc5d6bf7419fce37671,
    &node_186a45678284f75b9472439a,
    &node_21a928955da87e4fca78cc11,
    &node_45eb87f034746ae7e3f8425a,
    &node_abf212fdd3ec8deef5bd2a0c,
    &node_ec6a7433d9f5dda7f0127df1,
    &node_4b5efaeb5bbf5870ca99cdf0,
    &node_5b31fefd5a200cadd5be22b3,
    &node_f4edb8e342c5d94616c881da,
    &node_ddbe2ddcf04e33c98fe1d7a2,
    &node_4f4647211dd471f5d6f9e806,
    &node_3f2c13ab8b64a9b21e3f33b8,
    &node_52b040e793420d74782cc449,
    &node_dd93389179562bb8d3cc6740,
    &node_7df8151c8cc5a7a79bb5d76b,
    &node_b90ee7b43e8a67bb1d6bfd6b,
    &node_5f1f3ed849d9606d2a4a9dfd,
    &node_ffecdd8f65073fa37f3fbe3b,
    &node_5591dae97aba92357b1870a5,
    &node_48cd41d995feef4a34a6b856,
    &node_c5c3f3b318b8c4d7b172bdd6,
    &node_8ca6c6d9b2b002aa6b2a9b01,
    &node_2df2ed198edbf50a3ee8f973,
    &node_b4aceb0de9b9383508afac82,
    &node_dddc6451db1ea6ebaf9e2ebc,
    &node_b6e4acf5fa4a4247b1a7ca31,
    &node_6374725b1bda813a12c21d66,
    &node_2aac4e044b50455956ab890d,
    &node_67b14e54f06dd89f2d17085e,
    &node_03a9d3582cd1284873ee6b43,
    &node_371b2c617c0dc9969e0e1ecf,
    &node_4d2204b0e6a73e6868b9333e,
    &node_68dce589a8baa47bc901b0fa,
    &node_8b97b91ec4409fa282596735,
    nullptr,
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
