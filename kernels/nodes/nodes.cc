// The node models that ship with the library. Written by kernels/generate.py.
#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

extern const NodeEntry node_d8eae1f91cb6e73c8fbfbdff;
extern const NodeEntry node_f384d1c50ccb03d867459abb;
extern const NodeEntry node_a6209539cfb3b1b557b9b81c;
extern const NodeEntry node_baadcb8c4226b9d77ed18fda;
extern const NodeEntry node_4c1ca5d26b3a2347834f488e;
extern const NodeEntry node_6551a7534662ac2ea8d5b8ef;
extern const NodeEntry node_b917ba82aec13f840ee45129;
extern const NodeEntry node_0d46c891cb0301058f40358f;
extern const NodeEntry node_52f5dbba901c23248507c660;
extern const NodeEntry node_7ce1a5ee2f50c6a10d177ef8;
extern const NodeEntry node_225ddbecd327190b9de03e24;
extern const NodeEntry node_e5fd7294c6533f2a1122a854;
extern const NodeEntry node_32b30596152bde03f3bbf126;
extern const NodeEntry node_3f00039b18abcae569e4b3cd;
extern const NodeEntry node_a672f738bfabf8b1cb16e791;
extern const NodeEntry node_54aaeceabf08ecc7c9014969;
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
extern const NodeEntry node_20eb9262983239412c969ef4;
extern const NodeEntry node_c437215f1519f3340543d3fc;
extern const NodeEntry node_f26e2b168190a3c63bdd7334;
extern const NodeEntry node_642641c82fa34c3018a98526;
extern const NodeEntry node_c0e2f3741d16df90afe05700;
extern const NodeEntry node_fda89c762397012e5db11942;
extern const NodeEntry node_578c23aea19b17948312d29d;
extern const NodeEntry node_40f8c57969f436a622e1d0f4;
extern const NodeEntry node_9329a2c3c8e4046bc1b59c4e;
extern const NodeEntry node_daabff928d83ca10b55b0fd0;
extern const NodeEntry node_373ae52fef791eeff5d74166;
extern const NodeEntry node_6c0744bc50dafcf85a59676c;
extern const NodeEntry node_380ebf19a99a0e214ccda4a9;
extern const NodeEntry node_6aac6a3397bed014119d57e5;
extern const NodeEntry node_51ec86598f9f882c9c69eb2e;
extern const NodeEntry node_234d52cb9dd0f4f376ca0c8f;
extern const NodeEntry node_6df297da411885b6071a1b4e;
extern const NodeEntry node_56761839d3d919d8167751b2;
extern const NodeEntry node_cb6135dd8e9b663356c6ac3a;
extern const NodeEntry node_de5536f434db452bde7ddea7;
extern const NodeEntry node_db2619440f06d017cab6b917;
extern const NodeEntry node_ea3ab9b4a7c2bef18c98342b;
extern const NodeEntry node_31cc0b05f00cf116c156b12a;
extern const NodeEntry node_10c0f19efceb6631482e723a;
extern const NodeEntry node_82f745051642adee3a34b0ac;
extern const NodeEntry node_f73c0b6bc0c4670c846f81b0;
extern const NodeEntry node_dc1080de2ddbdb1d356f0cd3;
extern const NodeEntry node_8eb8be94b6a44ff3a46e02a4;
extern const NodeEntry node_e18d93ebfd641d2283ab6cc8;
extern const NodeEntry node_e0fc13d176b2ac7612350fba;
extern const NodeEntry node_396a5be4d7b9ad39034dd562;
extern const NodeEntry node_f1b82568c65f70b148ae896f;
extern const NodeEntry node_d1351dd91b091df69e83704c;
extern const NodeEntry node_b563338305b103427aca88dd;
extern const NodeEntry node_ab91a27cf40463fee93b4854;
extern const NodeEntry node_4ec343a1fb58b614d65a6695;
extern const NodeEntry node_0d6e716761c8da6d6b6dfed1;
extern const NodeEntry node_ccfb73c2ff9e55d9643c7df5;
extern const NodeEntry node_3e95a66b17a2fa157c95e21a;
extern const NodeEntry node_2768d312377602d078699612;
extern const NodeEntry node_ef28144accfbd927d63afc7d;
extern const NodeEntry node_c02f8b2403beede8b2f32dcb;
extern const NodeEntry node_394548054b0a4ca9093c3153;
extern const NodeEntry node_1ee605b44bd717e17709aeab;
extern const NodeEntry node_9b31a8ad11e18f6bb157c405;
extern const NodeEntry node_9f883ff0e62ddb60f7ec26fd;
extern const NodeEntry node_10989450f7619e6a012b120a;
extern const NodeEntry node_c72912883e1e8009144c6157;
extern const NodeEntry node_8b548d83b6d36d864aa1f847;
extern const NodeEntry node_37695edf9d42a181c9e21631;
extern const NodeEntry node_1c8f73604c60b2d52ba19fe2;
extern const NodeEntry node_98e0c72b8efd7139c3cc6878;
extern const NodeEntry node_6bc1893d7134fb1932972723;
extern const NodeEntry node_62f58438e6020dcdc5518090;
extern const NodeEntry node_fcfb6ba906726695170066ea;
extern const NodeEntry node_1b0a267d26a2593e3470b45f;
extern const NodeEntry node_ccc91f90c0ff3b49161ff938;
extern const NodeEntry node_7cc8dfb345be1eb1b6eba093;
extern const NodeEntry node_c193976474b32d151fbe1c3d;
extern const NodeEntry node_d09511e94bc4c274e4565483;
extern const NodeEntry node_64ffc3876daa5c90442ae6c7;
extern const NodeEntry node_c336fdbca98dddfc5d245bb0;
extern const NodeEntry node_c2206f3f63c15fde847c9fd4;
extern const NodeEntry node_bad8edbd91c03565a532a13f;
extern const NodeEntry node_2161a071bec8452a17bfc467;
extern const NodeEntry node_b9e4f582b17f25a1f4f9d8e5;
extern const NodeEntry node_a4a44ea6933c025d2607cc74;
extern const NodeEntry node_17662fb2b319752d49dfa679;
extern const NodeEntry node_7d707a1d38281e6db5d7125a;
extern const NodeEntry node_a42e825fe4ae0982b3e11fdf;
extern const NodeEntry node_347cd69121179beadf373c82;
extern const NodeEntry node_1da4a32eb7c1b6336ef903dd;
extern const NodeEntry node_8963ca05b2355eb2e9fccde9;
extern const NodeEntry node_d53304794a3018266977a339;
extern const NodeEntry node_179b957671767cd2d324d520;
extern const NodeEntry node_29479ed364eee08c9dc8b991;
extern const NodeEntry node_70297f2cf9bb23d41eed40ad;
extern const NodeEntry node_b09c0ab27807d1877af39bec;
extern const NodeEntry node_13375c7d4c6fafafb8fd4948;
extern const NodeEntry node_d466b0a71a0ac6ec430d44c7;
extern const NodeEntry node_4630589e8d672a082f4cf258;
extern const NodeEntry node_1d1e53c07e3790299341d7a3;
extern const NodeEntry node_c92d0e72b3c4d8259f2fb019;
extern const NodeEntry node_fe0b89188b2cad6fd2f6f483;
extern const NodeEntry node_e956083134da062b2ee28919;
extern const NodeEntry node_6f3156d9d633d23215cbef7f;
extern const NodeEntry node_8231357b05b3a1068f38518e;
extern const NodeEntry node_a92a9bb5719a23333c3132c1;
extern const NodeEntry node_925960598c15b2bca2a8994b;
extern const NodeEntry node_d4f1300c5bd78fdfc69e71ea;
extern const NodeEntry node_bdf0b8ee0e0de637787c38f6;
extern const NodeEntry node_518455fcb3297d90e1f640c9;
extern const NodeEntry node_68dba4a36b4597052634d879;
extern const NodeEntry node_fea1fe80791a3810bda687b3;
extern const NodeEntry node_856d4c96cae1cd43603ab637;
extern const NodeEntry node_6fee3c3d4a3ed58a192e5cf2;
extern const NodeEntry node_b2f7346d858a5930261a97a3;
extern const NodeEntry node_034829847f527ca104b71f28;
extern const NodeEntry node_33bdc9ea897dfecdccafc6bd;
extern const NodeEntry node_7271df6265a67c18d6a949cf;
extern const NodeEntry node_0eec7dfb626f2a7c2ee7fb29;
extern const NodeEntry node_7c681b64e36365857a9aa35e;
extern const NodeEntry node_5ccce91d30c2cbf52ac9f1f4;
extern const NodeEntry node_510a7cfaec4f2ec889b33c1e;
extern const NodeEntry node_1044fd99507ef4a84fbfdf1b;
extern const NodeEntry node_9831411a3e4ba15c37a10fa1;
extern const NodeEntry node_82a0b2861be35ab399a3fed9;
extern const NodeEntry node_f798ad4a691759fb30805fc3;
extern const NodeEntry node_eac40fd34990db93db46b71d;
extern const NodeEntry node_bc96d0d3548ed6890186bc34;
extern const NodeEntry node_f8bab9d0a3283c9f87de8597;
extern const NodeEntry node_6a39c7a6e127fa83c99b0b5b;
extern const NodeEntry node_dddc6451db1ea6ebaf9e2ebc;
extern const NodeEntry node_b6e4acf5fa4a4247b1a7ca31;
extern const NodeEntry node_142b0d2eb5b96c9e761d1a9d;
extern const NodeEntry node_4ad00e23e3bc2481a2fcec71;
extern const NodeEntry node_67b14e54f06dd89f2d17085e;
extern const NodeEntry node_03a9d3582cd1284873ee6b43;
extern const NodeEntry node_299d4757533e922141bbdb4a;
extern const NodeEntry node_a8ca197d049911e044d2b337;
extern const NodeEntry node_68dce589a8baa47bc901b0fa;
extern const NodeEntry node_8b97b91ec4409fa282596735;

extern const NodeEntry* const nodes[];
const NodeEntry* const nodes[] = {
    &node_d8eae1f91cb6e73c8fbfbdff,
    &node_f384d1c50ccb03d867459abb,
    &node_a6209539cfb3b1b557b9b81c,
    &node_baadcb8c4226b9d77ed18fda,
    &node_4c1ca5d26b3a2347834f488e,
    &node_6551a7534662ac2ea8d5b8ef,
    &node_b917ba82aec13f840ee45129,
    &node_0d46c891cb0301058f40358f,
    &node_52f5dbba901c23248507c660,
    &node_7ce1a5ee2f50c6a10d177ef8,
    &node_225ddbecd327190b9de03e24,
    &node_e5fd7294c6533f2a1122a854,
    &node_32b30596152bde03f3bbf126,
    &node_3f00039b18abcae569e4b3cd,
    &node_a672f738bfabf8b1cb16e791,
    &node_54aaeceabf08ecc7c9014969,
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
    &node_20eb9262983239412c969ef4,
    &node_c437215f1519f3340543d3fc,
    &node_f26e2b168190a3c63bdd7334,
    &node_642641c82fa34c3018a98526,
    &node_c0e2f3741d16df90afe05700,
    &node_fda89c762397012e5db11942,
    &node_578c23aea19b17948312d29d,
    &node_40f8c57969f436a622e1d0f4,
    &node_9329a2c3c8e4046bc1b59c4e,
    &node_daabff928d83ca10b55b0fd0,
    &node_373ae52fef791eeff5d74166,
    &node_6c0744bc50dafcf85a59676c,
    &node_380ebf19a99a0e214ccda4a9,
    &node_6aac6a3397bed014119d57e5,
    &node_51ec86598f9f882c9c69eb2e,
    &node_234d52cb9dd0f4f376ca0c8f,
    &node_6df297da411885b6071a1b4e,
    &node_56761839d3d919d8167751b2,
    &node_cb6135dd8e9b663356c6ac3a,
    &node_de5536f434db452bde7ddea7,
    &node_db2619440f06d017cab6b917,
    &node_ea3ab9b4a7c2bef18c98342b,
    &node_31cc0b05f00cf116c156b12a,
    &node_10c0f19efceb6631482e723a,
    &node_82f745051642adee3a34b0ac,
    &node_f73c0b6bc0c4670c846f81b0,
    &node_dc1080de2ddbdb1d356f0cd3,
    &node_8eb8be94b6a44ff3a46e02a4,
    &node_e18d93ebfd641d2283ab6cc8,
    &node_e0fc13d176b2ac7612350fba,
    &node_396a5be4d7b9ad39034dd562,
    &node_f1b82568c65f70b148ae896f,
    &node_d1351dd91b091df69e83704c,
    &node_b563338305b103427aca88dd,
    &node_ab91a27cf40463fee93b4854,
    &node_4ec343a1fb58b614d65a6695,
    &node_0d6e716761c8da6d6b6dfed1,
    &node_ccfb73c2ff9e55d9643c7df5,
    &node_3e95a66b17a2fa157c95e21a,
    &node_2768d312377602d078699612,
    &node_ef28144accfbd927d63afc7d,
    &node_c02f8b2403beede8b2f32dcb,
    &node_394548054b0a4ca9093c3153,
    &node_1ee605b44bd717e17709aeab,
    &node_9b31a8ad11e18f6bb157c405,
    &node_9f883ff0e62ddb60f7ec26fd,
    &node_10989450f7619e6a012b120a,
    &node_c72912883e1e8009144c6157,
    &node_8b548d83b6d36d864aa1f847,
    &node_37695edf9d42a181c9e21631,
    &node_1c8f73604c60b2d52ba19fe2,
    &node_98e0c72b8efd7139c3cc6878,
    &node_6bc1893d7134fb1932972723,
    &node_62f58438e6020dcdc5518090,
    &node_fcfb6ba906726695170066ea,
    &node_1b0a267d26a2593e3470b45f,
    &node_ccc91f90c0ff3b49161ff938,
    &node_7cc8dfb345be1eb1b6eba093,
    &node_c193976474b32d151fbe1c3d,
    &node_d09511e94bc4c274e4565483,
    &node_64ffc3876daa5c90442ae6c7,
    &node_c336fdbca98dddfc5d245bb0,
    &node_c2206f3f63c15fde847c9fd4,
    &node_bad8edbd91c03565a532a13f,
    &node_2161a071bec8452a17bfc467,
    &node_b9e4f582b17f25a1f4f9d8e5,
    &node_a4a44ea6933c025d2607cc74,
    &node_17662fb2b319752d49dfa679,
    &node_7d707a1d38281e6db5d7125a,
    &node_a42e825fe4ae0982b3e11fdf,
    &node_347cd69121179beadf373c82,
    &node_1da4a32eb7c1b6336ef903dd,
    &node_8963ca05b2355eb2e9fccde9,
    &node_d53304794a3018266977a339,
    &node_179b957671767cd2d324d520,
    &node_29479ed364eee08c9dc8b991,
    &node_70297f2cf9bb23d41eed40ad,
    &node_b09c0ab27807d1877af39bec,
    &node_13375c7d4c6fafafb8fd4948,
    &node_d466b0a71a0ac6ec430d44c7,
    &node_4630589e8d672a082f4cf258,
    &node_1d1e53c07e3790299341d7a3,
    &node_c92d0e72b3c4d8259f2fb019,
    &node_fe0b89188b2cad6fd2f6f483,
    &node_e956083134da062b2ee28919,
    &node_6f3156d9d633d23215cbef7f,
    &node_8231357b05b3a1068f38518e,
    &node_a92a9bb5719a23333c3132c1,
    &node_925960598c15b2bca2a8994b,
    &node_d4f1300c5bd78fdfc69e71ea,
    &node_bdf0b8ee0e0de637787c38f6,
    &node_518455fcb3297d90e1f640c9,
    &node_68dba4a36b4597052634d879,
    &node_fea1fe80791a3810bda687b3,
    &node_856d4c96cae1cd43603ab637,
    &node_6fee3c3d4a3ed58a192e5cf2,
    &node_b2f7346d858a5930261a97a3,
    &node_034829847f527ca104b71f28,
    &node_33bdc9ea897dfecdccafc6bd,
    &node_7271df6265a67c18d6a949cf,
    &node_0eec7dfb626f2a7c2ee7fb29,
    &node_7c681b64e36365857a9aa35e,
    &node_5ccce91d30c2cbf52ac9f1f4,
    &node_510a7cfaec4f2ec889b33c1e,
    &node_1044fd99507ef4a84fbfdf1b,
    &node_9831411a3e4ba15c37a10fa1,
    &node_82a0b2861be35ab399a3fed9,
    &node_f798ad4a691759fb30805fc3,
    &node_eac40fd34990db93db46b71d,
    &node_bc96d0d3548ed6890186bc34,
    &node_f8bab9d0a3283c9f87de8597,
    &node_6a39c7a6e127fa83c99b0b5b,
    &node_dddc6451db1ea6ebaf9e2ebc,
    &node_b6e4acf5fa4a4247b1a7ca31,
    &node_142b0d2eb5b96c9e761d1a9d,
    &node_4ad00e23e3bc2481a2fcec71,
    &node_67b14e54f06dd89f2d17085e,
    &node_03a9d3582cd1284873ee6b43,
    &node_299d4757533e922141bbdb4a,
    &node_a8ca197d049911e044d2b337,
    &node_68dce589a8baa47bc901b0fa,
    &node_8b97b91ec4409fa282596735,
    nullptr,
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
