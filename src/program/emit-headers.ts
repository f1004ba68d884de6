/**
 * Writes the native headers whose one source is TypeScript: `program/layout.h` from layout.ts and
 * `base/error_code.h` from errors.ts. `--check` compares instead and fails on a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ERRORS, type ErrorRow } from '../errors.js';
import {
  ACTION,
  CONDITION_FIELD,
  DIRECTION,
  DIRECTORY_ENTRY_BYTES,
  DISTRIBUTION,
  ENCAPSULATION,
  ENDPOINT_LAYERS_MAX,
  POOL_RANGES_MAX,
  FLOW_EVENTS,
  FLOW_TABLE,
  HEADER_BYTES,
  LAYER_FLAG,
  MIDSTREAM,
  NONE,
  OUTCOMES,
  PACKET_FORMS,
  PACKET_FLAG,
  PACKET_TABLE,
  PROGRAM_BYTES_MAX,
  PROGRAM_MAGIC,
  PROGRAM_VERSION,
  REASONS,
  RECORD_COLUMNS,
  RECORD_COLUMNS_BYTES,
  RECORD_TABLE,
  RULE_FLAG,
  SEEN_FLAG,
  SEEN_PACKET_TABLE,
  STAGE,
  TABLES,
  TABLE_ALIGNMENT,
  TABLE_NAMES,
  TCP_STATES,
  TRACE_EVENTS,
  TRACE_TABLE,
  TUPLE_FLAG,
  TUPLE_TABLE,
  rowBytes,
  type FieldType,
  type Table,
} from './layout.js';

const camel = (name: string): string =>
  name
    .split(/[-_ ]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const CPP_TYPE: Readonly<Record<FieldType, string>> = {
  u8: 'uint8_t',
  u16: 'uint16_t',
  u32: 'uint32_t',
  u64: 'uint64_t',
};

const front = (source: string): string[] => [
  `// Generated from ${source} by \`npm run generate\`; do not edit.`,
  '// clang-format off',
  '#pragma once',
  '',
  '#include <cstddef>',
  '#include <cstdint>',
  '',
];

function enumeration(name: string, values: Readonly<Record<string, number>>): string[] {
  return [
    `enum class ${name} : uint8_t {`,
    ...Object.entries(values).map(([key, value]) => `  k${camel(key)} = ${value},`),
    '};',
    '',
  ];
}

function bits(prefix: string, values: Readonly<Record<string, number>>): string[] {
  return [
    ...Object.entries(values).map(
      ([key, value]) => `inline constexpr uint8_t k${prefix}${camel(key)} = ${value};`,
    ),
    '',
  ];
}

/** An enum by index and the names a report prints for it; a null is the absent value. */
function named(name: string, values: readonly (string | null)[], functionName: string): string[] {
  return [
    ...enumeration(name, byIndex(values)),
    `inline constexpr uint32_t k${name}Count = ${values.length};`,
    `inline constexpr const char* ${functionName}(${name} value) {`,
    `  constexpr const char* kNames[] = {`,
    ...values.map((value) => `      ${value === null ? 'nullptr' : `"${value}"`},`),
    '  };',
    '  return kNames[static_cast<uint8_t>(value)];',
    '}',
    '',
  ];
}

const byIndex = (values: readonly (string | null)[]): Readonly<Record<string, number>> =>
  Object.fromEntries(values.map((value, i) => [value ?? 'none', i]));

function struct(table: Table): string[] {
  return [
    `// ${table.means.charAt(0).toUpperCase()}${table.means.slice(1)}.`,
    `struct ${table.row} {`,
    ...table.fields.map(
      ({ name, type, means }) => `  ${CPP_TYPE[type]} ${name};${means ? `  // ${means}` : ''}`,
    ),
    '};',
    `static_assert(sizeof(${table.row}) == ${rowBytes(table)});`,
    '',
  ];
}

/** The columns of one buffer as pointers into it. */
function columns(name: string, means: string): string[] {
  const type = { i64: 'int64_t', f64: 'double', u32: 'uint32_t', u8: 'uint8_t' } as const;
  return [
    `// ${means}`,
    `struct ${name} {`,
    ...RECORD_COLUMNS.map(
      (column) => `  ${type[column.type]}* ${column.name};  // ${column.means}`,
    ),
    '',
    `  static constexpr uint32_t kRowBytes = ${RECORD_COLUMNS_BYTES};`,
    '  // Requires: `bytes` aligned to 8 and long enough for `rows` of them.',
    `  ${name}(uint8_t* bytes, size_t rows) {`,
    ...RECORD_COLUMNS.flatMap((column, i) => [
      // Doubles are never read through the bytes.
      ...(column.type === 'f64' ? ['    // cppcheck-suppress invalidPointerCast'] : []),
      `    ${column.name} = reinterpret_cast<${type[column.type]}*>(bytes);`,
      ...(i + 1 < RECORD_COLUMNS.length ? [`    bytes += rows * sizeof *${column.name};`] : []),
    ]),
    '  }',
    '};',
    '',
  ];
}

export function layoutHeader(): string {
  return [
    ...front('src/program/layout.ts'),
    'namespace portacl {',
    '',
    `inline constexpr uint32_t kMagicWord = 0x${PROGRAM_MAGIC.toString(16)};`,
    `inline constexpr uint32_t kFormatVersion = ${PROGRAM_VERSION};`,
    `inline constexpr uint32_t kNoRow = 0x${NONE.toString(16)};`,
    `inline constexpr uint32_t kHeaderBytes = ${HEADER_BYTES};`,
    `inline constexpr uint32_t kDirectoryEntryBytes = ${DIRECTORY_ENTRY_BYTES};`,
    `inline constexpr uint32_t kTableAlignment = ${TABLE_ALIGNMENT};`,
    `inline constexpr uint32_t kProgramBytesMax = ${PROGRAM_BYTES_MAX};`,
    `inline constexpr uint32_t kEndpointLayersMax = ${ENDPOINT_LAYERS_MAX};`,
    `inline constexpr uint32_t kPoolRangesMax = ${POOL_RANGES_MAX};`,
    `inline constexpr uint32_t kTableCount = ${TABLE_NAMES.length};`,
    '',
    ...enumeration('TableId', Object.fromEntries(TABLE_NAMES.map((name, i) => [name, i]))),
    'inline constexpr uint32_t kRowBytes[kTableCount] = {',
    `    ${TABLE_NAMES.map((name) => rowBytes(TABLES[name])).join(', ')}};`,
    'inline constexpr uint32_t kRowsMax[kTableCount] = {',
    ...TABLE_NAMES.map((name) => `    ${TABLES[name].rowsMax},`),
    '};',
    '',
    ...enumeration('Direction', DIRECTION),
    ...enumeration('Stage', STAGE),
    ...enumeration('Action', ACTION),
    ...enumeration('Distribution', DISTRIBUTION),
    ...enumeration('Encapsulation', ENCAPSULATION),
    ...enumeration('Midstream', MIDSTREAM),
    ...enumeration('ConditionField', CONDITION_FIELD),
    ...bits('Layer', LAYER_FLAG),
    ...bits('Rule', RULE_FLAG),
    ...named('Reason', REASONS, 'reason_name'),
    ...named('Outcome', OUTCOMES, 'outcome_name'),
    ...named('FlowEvent', FLOW_EVENTS, 'flow_event_name'),
    ...TABLE_NAMES.flatMap((name) => struct(TABLES[name])),
    ...struct(TUPLE_TABLE),
    ...struct(RECORD_TABLE),
    ...bits('Tuple', TUPLE_FLAG),
    ...enumeration('TraceEvent', byIndex(TRACE_EVENTS)),
    ...enumeration('PacketForm', byIndex(PACKET_FORMS)),
    ...enumeration('TcpState', byIndex(TCP_STATES)),
    ...bits('Seen', SEEN_FLAG),
    ...struct(SEEN_PACKET_TABLE),
    ...struct(TRACE_TABLE),
    ...struct(PACKET_TABLE),
    ...bits('Packet', PACKET_FLAG),
    ...struct(FLOW_TABLE),
    ...columns('RecordColumns', 'Verdicts as columns, one after the other in one buffer.'),
    '}  // namespace portacl',
    '',
  ].join('\n');
}

export function errorCodeHeader(): string {
  const rows = Object.entries(ERRORS as Record<string, ErrorRow>).filter(
    ([, row]) => row.native !== undefined,
  );
  return [
    ...front('src/errors.ts'),
    'namespace portacl {',
    '',
    'enum class ErrorCode : uint16_t {',
    '  kOk = 0,',
    ...rows.map(([code, row]) => `  k${camel(code)} = ${row.native!},`),
    '};',
    '',
    'constexpr const char* error_code_name(ErrorCode code) {',
    '  switch (code) {',
    '    case ErrorCode::kOk:',
    '      return "ok";',
    ...rows.flatMap(([code]) => [
      `    case ErrorCode::k${camel(code)}:`,
      `      return "${code}";`,
    ]),
    '  }',
    '  return "unknown";',
    '}',
    '',
    '}  // namespace portacl',
    '',
  ].join('\n');
}

const OUTPUTS: readonly (readonly [string, () => string])[] = [
  ['../../native/core/program/layout.h', layoutHeader],
  ['../../native/core/base/error_code.h', errorCodeHeader],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  for (const [relative, generate] of OUTPUTS) {
    const file = fileURLToPath(new URL(relative, import.meta.url));
    const text = generate();
    if (!check) writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${file} is not what its source generates: run \`npm run generate\``);
      process.exitCode = 1;
    }
  }
}
