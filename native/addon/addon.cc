// The exports of the addon; one file for each of them. Node-API only: arguments in, core called,
// value or error out.

#include <napi.h>

#include "addon/capture_bench.h"
#include "addon/capture_input.h"
#include "addon/channel_object.h"
#include "addon/classifier_bench.h"
#include "addon/decode.h"
#include "addon/engine_object.h"
#include "addon/program_object.h"
#include "addon/record_channel_object.h"
#include "addon/session_object.h"
#include "addon/table_file.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("decode", Napi::Function::New(env, portacl::decode, "decode"));
  exports.Set("isCapture", Napi::Function::New(env, portacl::is_capture, "isCapture"));
  exports.Set("peek", Napi::Function::New(env, portacl::peek, "peek"));
  exports.Set("position", Napi::Function::New(env, portacl::position, "position"));
  exports.Set("pipe", Napi::Function::New(env, portacl::pipe, "pipe"));
  portacl::ChannelObject::init(env, exports);
  portacl::RecordChannelObject::init(env, exports);
  exports.Set("measureClassifier",
              Napi::Function::New(env, portacl::measure_classifier, "measureClassifier"));
  exports.Set("measureCapture",
              Napi::Function::New(env, portacl::measure_capture, "measureCapture"));
  portacl::EngineObject::init(env, exports);
  exports.Set("Program", portacl::ProgramObject::define(env));
  exports.Set("Session", portacl::SessionObject::define(env));
  exports.Set("writeTable", Napi::Function::New(env, portacl::write_table, "writeTable"));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
