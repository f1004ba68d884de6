// A table that JavaScript has, as a file: rules and what else is counted by the thousand, not by
// the packet.
#pragma once

#include <napi.h>

#include "report/table.h"

namespace portacl {

// writeTable(path: string, format: 'jsonl' | 'csv' | 'parquet', columns: {name, type, values}[]):
// {code, offset, detail} or null. `values` are a Float64Array for the types uint64, int64 and
// boolean (not a number: nothing), an array of texts and nulls for the type text; all of one
// length.
Napi::Value write_table(const Napi::CallbackInfo& info);

// By its name; JSON lines for what has none.
TableFormat table_format_of(const Napi::Value& name);

}  // namespace portacl
