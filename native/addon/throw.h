// A Status of the core as a JavaScript value or error. The text for people is made in TypeScript
// from the row of src/errors.ts that `code` names.
#pragma once

#include <napi.h>

#include "base/status.h"

namespace portacl {

// {code, offset, detail}, or null for kOk.
Napi::Value status_value(Napi::Env env, const Status& status);

// An Error with the same three properties. Requires: !status.ok().
Napi::Error status_error(Napi::Env env, const Status& status);

}  // namespace portacl
