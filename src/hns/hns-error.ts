/** Errors as the Host Networking Service gives them: a code, and here also what is wrong. */
import { PortaclError, type ErrorCode } from '../errors.js';
import type { Diagnostic } from '../source/diagnostic.js';

/**
 * The codes of the service that this model gives. Source: hns.md 9 and the result codes of the
 * HCN API; `NOT_FOUND` is the system's, for what has no code of its own.
 */
export const HNS_CODE = {
  NETWORK_NOT_FOUND: '0x803b0001',
  ENDPOINT_NOT_FOUND: '0x803b0002',
  POLICY_NOT_FOUND: '0x803b0008',
  INVALID_NETWORK: '0x803b000a',
  INVALID_ENDPOINT: '0x803b000c',
  INVALID_POLICY: '0x803b000d',
  NETWORK_ALREADY_EXISTS: '0x803b0010',
  ENDPOINT_ALREADY_ATTACHED: '0x803b0014',
  REQUEST_UNSUPPORTED: '0x803b0015',
  INVALID_JSON: '0x803b001b',
  NOT_FOUND: '0x80070490',
} as const;

/** A request that the service refuses; nothing has changed then. */
export class HnsError extends PortaclError {
  /** As the service prints it, e.g. `0x803b000d`. */
  readonly hns: string;
  /** What is wrong with the documents, each with its place; empty for other refusals. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    hns: string,
    message: string,
    diagnostics: readonly Diagnostic[] = [],
    code: ErrorCode = 'hns-refused',
  ) {
    super(code, `${message} (${hns})`);
    this.hns = hns;
    this.diagnostics = diagnostics;
  }
}
