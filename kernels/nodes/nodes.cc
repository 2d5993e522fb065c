// The node models that ship with the library. Written by kernels/generate.py.
#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

extern const NodeEntry node_7de59626becf9dbcbbe11ebf;
extern const NodeEntry node_fb99184eeebb7fae16ed4b74;
extern const NodeEntry node_4cdbb26d63df0a21ef70f4dc;
extern const NodeEntry node_f16e224395e91b4f5e184ee0;
extern const NodeEntry node_0a9a0e00ca5f5f0705c13897;
extern const NodeEntry node_f128974b0fa28d9faa46dce1;
extern const NodeEntry node_f52e8d4febbcba2191e8e67f;
extern const NodeEntry node_a89917b2a387929d5d41674f;
extern const NodeEntry node_e6db44ce326e79d457105174;
extern const NodeEntry node_348ae53e8b20702e919a05c2;
extern const NodeEntry node_1dc47e19ce322262b7c43934;
extern const NodeEntry node_cb4adf4d491a2ddd5368f330;
extern const NodeEntry node_f7281511f3b941a37598134e;
extern const NodeEntry node_0d6e4512d47c3d6ea68b48ef;
extern const NodeEntry node_2c7913c18122a20dd9c4e963;
extern const NodeEntry node_c8f0a71e07276e4c2003a096;
extern const NodeEntry node_8f7803ff5351136803dc81bb;
extern const NodeEntry node_da5bc5ea300fcda79a756463;
extern const NodeEntry node_e4d2e2b8d670654629aa67f8;
extern const NodeEntry node_513b5c665d26aef0b2c28f5e;
extern const NodeEntry node_b0e5aa89e2004701c05d101a;
extern const NodeEntry node_28a68b69dfa7b89ae0b69490;
extern const NodeEntry node_ff5a9db716d299ce93409d4b;
extern const NodeEntry node_7afec63a69df754b2717b097;
extern const NodeEntry node_37d16619a01f4a6ae3820342;
extern const NodeEntry node_751f36f85dfcd53bf7e938af;
extern const NodeEntry node_bf93db8244f1aeef3a11f95d;
extern const NodeEntry node_08ecb14a2804de794c6d75d9;
extern const NodeEntry node_5cfb0ef03d707e9954f5b769;
extern const NodeEntry node_c337b1e59726e4e2ee0f0f0a;
extern const NodeEntry node_a1fc771dd5e39c03c8ab6a58;
extern const NodeEntry node_fe8e8313c46e5e8a2375cd06;
extern const NodeEntry node_1c84c0ac680ebbf693f70ced;
extern const NodeEntry node_76976d9156710f5d680f6f90;
extern const NodeEntry node_f528edd3ba1f32cf85d4d360;
extern const NodeEntry node_50ae03c979e08bf9808ff526;
extern const NodeEntry node_7698fadfda5663d307ad7942;
extern const NodeEntry node_347d7566575135ac58f319b9;
extern const NodeEntry node_ef3b7fa310ddecb43a4cb21e;
extern const NodeEntry node_c380e50ef54f2ca23db73270;
extern const NodeEntry node_722e931a13410e352502baf9;
extern const NodeEntry node_2a43366d327d5e6f75ff333b;
extern const NodeEntry node_0981965ddf69b2b1883b36d7;
extern const NodeEntry node_fae8ffbced48573a257a076f;
extern const NodeEntry node_36a85291004b14bab1a59e83;
extern const NodeEntry node_4231579c393658a4d90b8692;
extern const NodeEntry node_8823884827e5cc04b8d9f8d7;
extern const NodeEntry node_3c0049d5348b7d105b32651d;
extern const NodeEntry node_0da904ef3187b91d8d150013;
extern const NodeEntry node_b9cd03fc9a6e9b9089d61b61;
extern const NodeEntry node_0e8bdc332a613e1d2346094f;
extern const NodeEntry node_b3f52a54358207eebbd09129;
extern const NodeEntry node_e84158e4675576feb1c0db92;
extern const NodeEntry node_a0b203803d614eeac76dad22;
extern const NodeEntry node_97cc6d01b2d1c4713c00c46b;
extern const NodeEntry node_a4dd88fa42d5bea4b776ff37;
extern const NodeEntry node_70fe451147830380f1949469;
extern const NodeEntry node_6e3c25f842503e95b2351783;
extern const NodeEntry node_08a9f2c4ab5aa46c7e0b7151;
extern const NodeEntry node_d355a4cee43a3e51b1c8e3aa;
extern const NodeEntry node_c70cb6be13fdb0eccc9c1caa;
extern const NodeEntry node_5ee79da8f3cbeda27d45720e;
extern const NodeEntry node_a60aab291286149ca2dd57ec;
extern const NodeEntry node_21a5f753c25b9523a8341f4f;
extern const NodeEntry node_7130b2b5ab1565edb6fcde00;
extern const NodeEntry node_d85705fe51781b7464e5c7cf;
extern const NodeEntry node_39dacdb399f152af8a555757;
extern const NodeEntry node_7f64df62e8fc380193ef5b7b;
extern const NodeEntry node_fda115c2dab47f6dfac47fe2;
extern const NodeEntry node_7c4d631c18dcac8959492565;
extern const NodeEntry node_ffab94f36458b35db0cd7fa2;
extern const NodeEntry node_b339ecd9d41322b041a17f13;
extern const NodeEntry node_b62282be9a671bbee1b1f8f5;
extern const NodeEntry node_53b51c932c05cbbaac434637;
extern const NodeEntry node_d6b50cc4622b5a5edb235f7a;
extern const NodeEntry node_0c2001289486a2f629e7bdf8;
extern const NodeEntry node_079d1d0f485aad7e6aa0de06;
extern const NodeEntry node_ce52afe24d7c456771d68426;
extern const NodeEntry node_e9417cdff7083409ae02e41c;
extern const NodeEntry node_8f660d0e6e08b67244726023;
extern const NodeEntry node_298cf43a554559109f1747f0;
extern const NodeEntry node_ad476166847e2aa0f3aced93;
extern const NodeEntry node_d38b1e3cd494f5e4190aac04;
extern const NodeEntry node_bb33772362aa248ab336a62e;
extern const NodeEntry node_6fab827b670b120e86139580;
extern const NodeEntry node_fd2ef14e5518b2b9a53d7677;
extern const NodeEntry node_4d8528fc3bf4f3e953c45967;
extern const NodeEntry node_d308e292c852296f70e11c94;
extern const NodeEntry node_a9080ed3ce0dc511c6729a7d;
extern const NodeEntry node_1318da4c82f6607d2da1a6f2;
extern const NodeEntry node_ea58929e613c85685235f444;
extern const NodeEntry node_0985aeb438d5f2d329865ccf;
extern const NodeEntry node_fa291dffc6037e7590c8dd78;
extern const NodeEntry node_8daedd5dfc8c744171b13144;
extern const NodeEntry node_c54d81b85bbbcf5c4d1eef7c;
extern const NodeEntry node_3e97b914d994583e5866cb50;
extern const NodeEntry node_b64e6af95d18cb98a0fa864d;
extern const NodeEntry node_0a5423fefdaa058d88d18848;
extern const NodeEntry node_fdcbed0f1bba02f55211f41a;
extern const NodeEntry node_639ca38af0e17b76f4fc4121;
extern const NodeEntry node_1da6654ccc07ca22a7bbb022;
extern const NodeEntry node_6f5ab50206b09eef4201a4ad;
extern const NodeEntry node_d0de282f960b6c6a65be09a4;
extern const NodeEntry node_378c47e09d2a018110e41f8a;
extern const NodeEntry node_e147f0cabed3062a27792c42;
extern const NodeEntry node_1ed99d007001bb61dce9b47e;
extern const NodeEntry node_43c13915f9d4b5e83963f45f;
extern const NodeEntry node_c84a0cfc7e7cf7849955ec8c;
extern const NodeEntry node_08276d1c273ec2e0523954a9;
extern const NodeEntry node_dc3ef59500bf0df1947f0a56;
extern const NodeEntry node_a1913ebc93c0bef90b877c53;
extern const NodeEntry node_d316d155ab2b8977d72c3cdd;
extern const NodeEntry node_607fffe663da9c93166f3fdb;
extern const NodeEntry node_79648d2c485dbb341c5bfd0c;
extern const NodeEntry node_4cdeb77349b0df7d03029249;
extern const NodeEntry node_c02a2f7179c81c930c043f73;
extern const NodeEntry node_29ff9ae662e3a9df0631b279;
extern const NodeEntry node_74dd3e9321181a04b1ec5d12;
extern const NodeEntry node_bddd1450fce4b828633dc322;
extern const NodeEntry node_e155d9f189c414320f59d781;
extern const NodeEntry node_b9b501e90c3ef90b5bbe8c41;
extern const NodeEntry node_0702310380e956ba555eb054;
extern const NodeEntry node_7bbb729ee7fd0ca9f9dd8acd;
extern const NodeEntry node_ee0e9e9cf040d9c3c6cf3c8e;
extern const NodeEntry node_dd6de5472a62e5269e945bb7;
extern const NodeEntry node_23be22c06c64a42c0e456c38;
extern const NodeEntry node_19555188b2b2b87f5c6918ca;
extern const NodeEntry node_6e4805201f51f76a23554b61;
extern const NodeEntry node_cd380bb818a2c754e9183a45;
extern const NodeEntry node_037c0ed70cb50a56790ea8e7;
extern const NodeEntry node_92de97215543a72c665720c7;
extern const NodeEntry node_d5439f10b1237d386c7e6a52;
extern const NodeEntry node_214decff875acdefdd6ddaa7;
extern const NodeEntry node_055b3e4a5bee5e26144a2439;
extern const NodeEntry node_db48594949be2cfc1d92e2b8;
extern const NodeEntry node_e3116b37a766e33c5a174de6;
extern const NodeEntry node_750e19806bae06a86d2fa872;
extern const NodeEntry node_26dea863d8e1eb1b8b4c5024;
extern const NodeEntry node_90d1c3d6088f2d95b184fe3e;
extern const NodeEntry node_319b476a12cd47ca3ceb973d;
extern const NodeEntry node_bc8f631e525183d128db1de0;
extern const NodeEntry node_e4c9a4aeb28f2ccae6cf42cd;
extern const NodeEntry node_d6f0c27125604d6fed281f04;
extern const NodeEntry node_a8044d9373eeb19ca2b6c2cb;
extern const NodeEntry node_55c6a6c94be3d420a59360c5;
extern const NodeEntry node_40a767e6b66aeac84877ae8e;
extern const NodeEntry node_e6f3e88e013f5c00df742fc9;
extern const NodeEntry node_6080de5f7fcd84e07056e329;

extern const NodeEntry* const nodes[];
const NodeEntry* const nodes[] = {
    &node_7de59626becf9dbcbbe11ebf,
    &node_fb99184eeebb7fae16ed4b74,
    &node_4cdbb26d63df0a21ef70f4dc,
    &node_f16e224395e91b4f5e184ee0,
    &node_0a9a0e00ca5f5f0705c13897,
    &node_f128974b0fa28d9faa46dce1,
    &node_f52e8d4febbcba2191e8e67f,
    &node_a89917b2a387929d5d41674f,
    &node_e6db44ce326e79d457105174,
    &node_348ae53e8b20702e919a05c2,
    &node_1dc47e19ce322262b7c43934,
    &node_cb4adf4d491a2ddd5368f330,
    &node_f7281511f3b941a37598134e,
    &node_0d6e4512d47c3d6ea68b48ef,
    &node_2c7913c18122a20dd9c4e963,
    &node_c8f0a71e07276e4c2003a096,
    &node_8f7803ff5351136803dc81bb,
    &node_da5bc5ea300fcda79a756463,
    &node_e4d2e2b8d670654629aa67f8,
    &node_513b5c665d26aef0b2c28f5e,
    &node_b0e5aa89e2004701c05d101a,
    &node_28a68b69dfa7b89ae0b69490,
    &node_ff5a9db716d299ce93409d4b,
    &node_7afec63a69df754b2717b097,
    &node_37d16619a01f4a6ae3820342,
    &node_751f36f85dfcd53bf7e938af,
    &node_bf93db8244f1aeef3a11f95d,
    &node_08ecb14a2804de794c6d75d9,
    &node_5cfb0ef03d707e9954f5b769,
    &node_c337b1e59726e4e2ee0f0f0a,
    &node_a1fc771dd5e39c03c8ab6a58,
    &node_fe8e8313c46e5e8a2375cd06,
    &node_1c84c0ac680ebbf693f70ced,
    &node_76976d9156710f5d680f6f90,
    &node_f528edd3ba1f32cf85d4d360,
    &node_50ae03c979e08bf9808ff526,
    &node_7698fadfda5663d307ad7942,
    &node_347d7566575135ac58f319b9,
    &node_ef3b7fa310ddecb43a4cb21e,
    &node_c380e50ef54f2ca23db73270,
    &node_722e931a13410e352502baf9,
    &node_2a43366d327d5e6f75ff333b,
    &node_0981965ddf69b2b1883b36d7,
    &node_fae8ffbced48573a257a076f,
    &node_36a85291004b14bab1a59e83,
    &node_4231579c393658a4d90b8692,
    &node_8823884827e5cc04b8d9f8d7,
    &node_3c0049d5348b7d105b32651d,
    &node_0da904ef3187b91d8d150013,
    &node_b9cd03fc9a6e9b9089d61b61,
    &node_0e8bdc332a613e1d2346094f,
    &node_b3f52a54358207eebbd09129,
    &node_e84158e4675576feb1c0db92,
    &node_a0b203803d614eeac76dad22,
    &node_97cc6d01b2d1c4713c00c46b,
    &node_a4dd88fa42d5bea4b776ff37,
    &node_70fe451147830380f1949469,
    &node_6e3c25f842503e95b2351783,
    &node_08a9f2c4ab5aa46c7e0b7151,
    &node_d355a4cee43a3e51b1c8e3aa,
    &node_c70cb6be13fdb0eccc9c1caa,
    &node_5ee79da8f3cbeda27d45720e,
    &node_a60aab291286149ca2dd57ec,
    &node_21a5f753c25b9523a8341f4f,
    &node_7130b2b5ab1565edb6fcde00,
    &node_d85705fe51781b7464e5c7cf,
    &node_39dacdb399f152af8a555757,
    &node_7f64df62e8fc380193ef5b7b,
    &node_fda115c2dab47f6dfac47fe2,
    &node_7c4d631c18dcac8959492565,
    &node_ffab94f36458b35db0cd7fa2,
    &node_b339ecd9d41322b041a17f13,
    &node_b62282be9a671bbee1b1f8f5,
    &node_53b51c932c05cbbaac434637,
    &node_d6b50cc4622b5a5edb235f7a,
    &node_0c2001289486a2f629e7bdf8,
    &node_079d1d0f485aad7e6aa0de06,
    &node_ce52afe24d7c456771d68426,
    &node_e9417cdff7083409ae02e41c,
    &node_8f660d0e6e08b67244726023,
    &node_298cf43a554559109f1747f0,
    &node_ad476166847e2aa0f3aced93,
    &node_d38b1e3cd494f5e4190aac04,
    &node_bb33772362aa248ab336a62e,
    &node_6fab827b670b120e86139580,
    &node_fd2ef14e5518b2b9a53d7677,
    &node_4d8528fc3bf4f3e953c45967,
    &node_d308e292c852296f70e11c94,
    &node_a9080ed3ce0dc511c6729a7d,
    &node_1318da4c82f6607d2da1a6f2,
    &node_ea58929e613c85685235f444,
    &node_0985aeb438d5f2d329865ccf,
    &node_fa291dffc6037e7590c8dd78,
    &node_8daedd5dfc8c744171b13144,
    &node_c54d81b85bbbcf5c4d1eef7c,
    &node_3e97b914d994583e5866cb50,
    &node_b64e6af95d18cb98a0fa864d,
    &node_0a5423fefdaa058d88d18848,
    &node_fdcbed0f1bba02f55211f41a,
    &node_639ca38af0e17b76f4fc4121,
    &node_1da6654ccc07ca22a7bbb022,
    &node_6f5ab50206b09eef4201a4ad,
    &node_d0de282f960b6c6a65be09a4,
    &node_378c47e09d2a018110e41f8a,
    &node_e147f0cabed3062a27792c42,
    &node_1ed99d007001bb61dce9b47e,
    &node_43c13915f9d4b5e83963f45f,
    &node_c84a0cfc7e7cf7849955ec8c,
    &node_08276d1c273ec2e0523954a9,
    &node_dc3ef59500bf0df1947f0a56,
    &node_a1913ebc93c0bef90b877c53,
    &node_d316d155ab2b8977d72c3cdd,
    &node_607fffe663da9c93166f3fdb,
    &node_79648d2c485dbb341c5bfd0c,
    &node_4cdeb77349b0df7d03029249,
    &node_c02a2f7179c81c930c043f73,
    &node_29ff9ae662e3a9df0631b279,
    &node_74dd3e9321181a04b1ec5d12,
    &node_bddd1450fce4b828633dc322,
    &node_e155d9f189c414320f59d781,
    &node_b9b501e90c3ef90b5bbe8c41,
    &node_0702310380e956ba555eb054,
    &node_7bbb729ee7fd0ca9f9dd8acd,
    &node_ee0e9e9cf040d9c3c6cf3c8e,
    &node_dd6de5472a62e5269e945bb7,
    &node_23be22c06c64a42c0e456c38,
    &node_19555188b2b2b87f5c6918ca,
    &node_6e4805201f51f76a23554b61,
    &node_cd380bb818a2c754e9183a45,
    &node_037c0ed70cb50a56790ea8e7,
    &node_92de97215543a72c665720c7,
    &node_d5439f10b1237d386c7e6a52,
    &node_214decff875acdefdd6ddaa7,
    &node_055b3e4a5bee5e26144a2439,
    &node_db48594949be2cfc1d92e2b8,
    &node_e3116b37a766e33c5a174de6,
    &node_750e19806bae06a86d2fa872,
    &node_26dea863d8e1eb1b8b4c5024,
    &node_90d1c3d6088f2d95b184fe3e,
    &node_319b476a12cd47ca3ceb973d,
    &node_bc8f631e525183d128db1de0,
    &node_e4c9a4aeb28f2ccae6cf42cd,
    &node_d6f0c27125604d6fed281f04,
    &node_a8044d9373eeb19ca2b6c2cb,
    &node_55c6a6c94be3d420a59360c5,
    &node_40a767e6b66aeac84877ae8e,
    &node_e6f3e88e013f5c00df742fc9,
    &node_6080de5f7fcd84e07056e329,
    nullptr,
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
