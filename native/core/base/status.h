// How core says that an input is wrong: a code and a place, never an exception and never a text.
// The codes and their texts are rows of src/errors.ts; error_code.h is generated from it.
#pragma once

#include <cstdint>

#include "base/error_code.h"

namespace portacl {

struct Status {
  ErrorCode code = ErrorCode::kOk;
  uint64_t offset = 0;  // byte of the input at which it was noticed
  uint64_t detail = 0;  // the offending number where there is one, e.g. a link type
  bool ok() const { return code == ErrorCode::kOk; }
};

}  // namespace portacl
