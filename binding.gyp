{
  # For machines without CMake: the same source list as native/CMakeLists.txt, built by node-gyp.
  # Kernels for one instruction set are libraries of their own, because flags belong to a target.
  "target_defaults": {
    "include_dirs": ["native/core", "native"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++20", "-fvisibility=hidden", "-fPIC"],
    "xcode_settings": {
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "MACOSX_DEPLOYMENT_TARGET": "11.0"
    },
    "msvs_settings": { "VCCLCompilerTool": { "ExceptionHandling": 1, "AdditionalOptions": ["/std:c++20"] } }
  },
  "targets": [
    {
      "target_name": "portacl",
      "sources": ["<!@(node -p \"require('fs').readFileSync('native/sources.txt','utf8').split(/\\r?\\n/).filter(l => l && l[0] !== '#' && !/kernels\\/avx/.test(l)).map(l => 'native/' + l).join(' ')\")"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "dependencies": ["portacl_avx2", "portacl_avx512"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"]
    },
    {
      "target_name": "portacl_avx2",
      "type": "static_library",
      "sources": ["native/core/classifier/kernels/avx2.cc"],
      "conditions": [["target_arch=='x64'", {
        "cflags_cc": ["-mavx2", "-mbmi", "-mbmi2", "-mlzcnt", "-mpopcnt"],
        "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mbmi", "-mbmi2", "-mlzcnt", "-mpopcnt"] },
        "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX2"] } }
      }]]
    },
    {
      "target_name": "portacl_avx512",
      "type": "static_library",
      "sources": ["native/core/classifier/kernels/avx512.cc"],
      "conditions": [["target_arch=='x64'", {
        "cflags_cc": ["-mavx2", "-mbmi", "-mbmi2", "-mlzcnt", "-mpopcnt", "-mavx512f", "-mavx512bw", "-mavx512vl"],
        "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mbmi", "-mbmi2", "-mlzcnt", "-mpopcnt", "-mavx512f", "-mavx512bw", "-mavx512vl"] },
        "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX512"] } }
      }]]
    }
  ]
}
