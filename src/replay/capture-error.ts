/** What is wrong with a capture, in a sentence for people. */
import { getSystemErrorMap } from 'node:util';

import type { Compression } from '../captures/compression.js';
import { FileError, type ErrorCode } from '../errors.js';
import type { NativeStatus } from '../native/capture-types.js';
import { linkTypeText } from './link-types.js';

/** `ENOSPC` for 28, as the system numbers its errors. */
export function systemErrorName(number: number): string {
  return getSystemErrorMap().get(-number)?.[0] ?? `error ${number}`;
}

/** A capture that could not be read, or not to its end. */
export class CaptureError extends FileError {
  /** Packets before the place, which were read. */
  readonly recordIndex: number;
  /** Byte of the file at which the damage begins. */
  readonly byteOffset: number;

  constructor(
    file: string,
    status: NativeStatus,
    packets: number,
    compression: Compression | null = null,
  ) {
    const text = `${describe(status, compression)}${before(status.code, packets)}`;
    super(status.code, file, text);
    this.recordIndex = packets;
    this.byteOffset = status.offset;
  }
}

/** Codes after which the packets before the place count as read. */
function before(code: ErrorCode, packets: number): string {
  if (!/^(?:capture|compression)-/.test(code) || packets === 0) return '';
  return `; ${packets} ${packets === 1 ? 'packet' : 'packets'} before it ${packets === 1 ? 'was' : 'were'} read`;
}

/** Lenient reading forgives a capture whose end is missing. */
export function isCut({ code }: { readonly code: ErrorCode }): boolean {
  return code === 'capture-cut' || code === 'compression-cut';
}

function describe({ code, offset, detail }: NativeStatus, compression: Compression | null): string {
  const at = `at byte ${offset}${compression === null ? '' : ' of what it holds'}`;
  switch (code) {
    case 'capture-empty':
      return 'the file is empty; a capture has at least a header';
    case 'capture-unknown-format':
      return `not a capture that is read here: it begins with 0x${detail.toString(16).padStart(8, '0')}, and pcap, pcapng or snoop, plain or compressed by gzip or zstd, is accepted`;
    case 'capture-version':
      return `format version ${Math.floor(detail / 65536)}.${detail % 65536} ${at}; pcap 2.x, pcapng 1.x and snoop 2.x are read`;
    case 'capture-cut':
      return `the file ends inside the record ${at}${detail > 0 ? `, which claims ${detail} bytes` : ''}`;
    case 'capture-record-length':
      return `the record ${at} claims ${detail} bytes, which no packet has`;
    case 'compression-damaged':
      return `the ${compression ?? 'compressed'} data are damaged or need too much memory; noticed when ${offset} bytes were read`;
    case 'compression-cut':
      return `the file ends inside its ${compression ?? 'compressed'} data, at byte ${offset}`;
    case 'decompressor-missing':
      return 'it is compressed with zstd, which Node reads from 22.15 on; with this Node a program named zstd must be installed';
    case 'capture-unknown-interface':
      return `the packet ${at} is of interface ${detail}, which the file does not describe`;
    case 'capture-link-type':
      return `${linkTypeText(detail)} is not read; ${at}`;
    case 'capture-block':
      return `the block ${at} contradicts itself (found ${detail})`;
    case 'compare-limit':
      return `more than ${detail} packets, the most a comparison keeps, ${at}; cut the capture with editcap`;
    case 'file-not-found':
      return 'no such file';
    case 'file-is-directory':
      return 'this is a directory; a capture file is wanted';
    case 'file-shrunk':
      return `it became shorter (${detail} bytes) than what was read of it (${offset})`;
    case 'file-unreadable':
      return `the system refuses to read it (${systemErrorName(detail)})`;
    case 'file-unwritable':
      return `what was read of it cannot be written (${systemErrorName(detail)})`;
    case 'cancelled':
      return 'cancelled before the end';
    case 'out-of-memory':
      return `memory is out ${at}; lower flowLimit or give the process more`;
    default:
      return `${code} ${at}`;
  }
}
