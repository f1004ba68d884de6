/** What the meaning of a host is worked out from. */
import type { HostDescription } from '../host-description/host-description.js';
import type { FrontEnd } from '../kubernetes/compilers.js';
import type { FirewallDocument } from '../firewall/firewall-document.js';
import type { PolicyDocument } from '../policy/document.js';
import type { SemanticOptionsInput } from './options.js';

/** The platform as the user gives it beside the documents; each overrides what documents say. */
export interface PlatformFlags {
  /** Release or build, see `parseWindows`. */
  readonly windows?: string | undefined;
  readonly driver?: string | undefined;
  readonly isolation?: string | undefined;
  /** `NAME`, `ADDR`, or `NAME=ADDR[,ADDR...]`. */
  readonly endpoint?: string | undefined;
}

export interface HostInput {
  readonly documents: readonly PolicyDocument[];
  /** Firewall files of the host, beside those of the description. */
  readonly firewall?: readonly FirewallDocument[] | undefined;
  readonly description?: HostDescription | undefined;
  readonly platform?: PlatformFlags | undefined;
  readonly strict: boolean;
  /** Who turns policies of Kubernetes into ACLs. Default: `reference`, exactly. */
  readonly frontEnd?: FrontEnd | undefined;
  readonly options?: SemanticOptionsInput | undefined;
}
