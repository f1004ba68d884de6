/**
 * Every error of the package: one table of codes, one class per kind of input.
 *
 * `docs/ERRORS.md` and `native/core/base/error_code.h` are generated from this file; nothing is
 * ever matched on a message text.
 */

/** Whose input is wrong. */
export type ErrorKind = 'policy' | 'host' | 'capture' | 'program' | 'usage' | 'system';

export interface ErrorRow {
  readonly kind: ErrorKind;
  /** When it is raised, one sentence. */
  readonly when: string;
  /** The code the Host Networking Service answers with, where it has one. Source: hns.md 9. */
  readonly hns?: string;
  /** Number on the native side; fixed once given, part of no file format. */
  readonly native?: number;
}

export const ERRORS = {
  // Captures. Raised by native/core/capture.
  'capture-empty': { kind: 'capture', native: 1, when: 'the file has no bytes at all' },
  'capture-unknown-format': {
    kind: 'capture',
    native: 2,
    when: 'the first bytes are of no capture format that is read (pcap, pcapng)',
  },
  'capture-version': {
    kind: 'capture',
    native: 3,
    when: 'the file declares a format version that is not read',
  },
  'capture-cut': { kind: 'capture', native: 4, when: 'the file ends inside a record or block' },
  'capture-record-length': {
    kind: 'capture',
    native: 5,
    when: 'a record or block claims an impossible length',
  },
  'capture-unknown-interface': {
    kind: 'capture',
    native: 6,
    when: 'a pcapng packet names an interface that was not described before it',
  },
  'capture-link-type': {
    kind: 'capture',
    native: 7,
    when: 'the capture has a link type that is not read',
  },
  'capture-block': {
    kind: 'capture',
    native: 8,
    when: 'a pcapng block contradicts itself (trailer, option or field out of bounds)',
  },
  // Files and the system. Raised by native/platform and the command line.
  'file-not-found': { kind: 'system', native: 20, when: 'a file that was named does not exist' },
  'file-is-directory': { kind: 'system', native: 21, when: 'a file was expected, a folder was found' },
  'file-unreadable': { kind: 'system', native: 22, when: 'the system refuses to read a file' },
  'file-unwritable': { kind: 'system', native: 23, when: 'the system refuses to write an output' },
  'engine-missing': { kind: 'system', when: 'the native engine is not built or does not load' },
  cancelled: { kind: 'system', native: 25, when: 'the work was cancelled before it was complete' },
  'out-of-memory': { kind: 'system', native: 26, when: 'the system has not enough memory' },
  // Rule programs. Raised by native/core/program: the loader trusts nothing.
  'program-magic': { kind: 'program', native: 40, when: 'the bytes are not a rule program' },
  'program-version': { kind: 'program', native: 41, when: 'the program is of another version' },
  'program-cut': { kind: 'program', native: 42, when: 'a table lies outside the bytes' },
  'program-row-size': { kind: 'program', native: 43, when: 'a table has rows of another size' },
  'program-limit': { kind: 'program', native: 44, when: 'a count is above its named limit' },
  'program-index': { kind: 'program', native: 45, when: 'an index leads out of its table' },
  'program-value': { kind: 'program', native: 46, when: 'a field has a value outside its list' },
  'program-order': { kind: 'program', native: 47, when: 'rows are not in the order of evaluation' },
  'program-range': { kind: 'program', native: 48, when: 'a range ends before it begins' },
  'program-text': { kind: 'program', native: 49, when: 'a text is not valid UTF-8' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** A place in a text the user wrote. */
export interface SourceLocation {
  /** The file as the user named it, or a name such as `<argument>`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Keys into the document, e.g. `Policies[2].Settings.LocalPorts`. */
  readonly path: string;
}

/** The base of every error this package throws on purpose. */
export class PortaclError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
