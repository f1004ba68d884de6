// Verdicts as columns (RECORD_COLUMNS of src/program/layout.ts).
#pragma once

#include <cstddef>
#include <span>

#include "program/layout.h"
#include "verdict/verdict.h"

namespace portacl {

// Row `first + i` of the columns becomes records[i]. Requires: room for them.
void write_columns(std::span<const VerdictRecord> records, const RecordColumns& columns,
                   size_t first);

}  // namespace portacl
