/**
 * Bytes to text. Read are UTF-8 with or without byte order mark and UTF-16LE with one, which is
 * what a redirected Windows PowerShell 5.1 command writes. Nothing else. Source: hns.md 4.1.
 */
import { isAscii } from 'node:buffer';

/** The largest document that is read. */
export const DOCUMENT_BYTES_MAX: number = 256 * 1024 * 1024;

export type DecodeResult =
  | { readonly text: string; readonly problem?: undefined }
  /** `prefix` is the text before the offending bytes: its end is the place of the error. */
  | { readonly problem: string; readonly found: string; readonly prefix: string };

export function decodeText(bytes: Uint8Array): DecodeResult {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return foreign('UTF-32LE');
  if (a === 0xff && b === 0xfe) return decodeUtf16(bytes.subarray(2));
  if (a === 0xfe && b === 0xff) return foreign('UTF-16BE');
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return foreign('UTF-32BE');
  const body = a === 0xef && b === 0xbb && c === 0xbf ? bytes.subarray(3) : bytes;
  // UTF-16 without a mark: every second byte of the first characters is zero.
  if (body[1] === 0 && body[3] === 0 && body.length > 3) return foreign('UTF-16LE without mark');
  if (body[0] === 0 && body[2] === 0 && body.length > 3) return foreign('UTF-16BE without mark');
  return decodeUtf8(body);
}

function foreign(encoding: string): DecodeResult {
  return { problem: `the text is encoded as ${encoding}`, found: encoding, prefix: '' };
}

function decodeUtf8(bytes: Uint8Array): DecodeResult {
  if (isAscii(bytes)) {
    // Not as Latin-1, which would leave a long text outside the heap, where it is slower to walk.
    return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') };
  }
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    const at = firstInvalidUtf8(bytes);
    const found = `0x${bytes[at]!.toString(16).padStart(2, '0')}`;
    const prefix = decoder.decode(bytes.subarray(0, at));
    return { problem: `byte ${at} (${found}) is not valid UTF-8`, found, prefix };
  }
}

function decodeUtf16(bytes: Uint8Array): DecodeResult {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1).toString('utf16le');
  if (bytes.length % 2 !== 0) {
    return {
      problem: 'the UTF-16LE text ends inside a character',
      found: 'one byte',
      prefix: text,
    };
  }
  const lone = /\p{Surrogate}/u.exec(text);
  if (lone === null) return { text };
  const found = `U+${lone[0].charCodeAt(0).toString(16).toUpperCase()}`;
  const problem = `the UTF-16LE text has half a surrogate pair (${found})`;
  return { problem, found, prefix: text.slice(0, lone.index) };
}

/** Offset of the first byte that starts no valid sequence. Requires: there is one. */
function firstInvalidUtf8(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

/** Length of the valid sequence at `at`, 0 when it is not valid. Source: Unicode table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
