/** ACLs as Felix, the agent of Calico, writes them for HNS. Source: felix/dataplane/windows/hns. */

export interface HnsAcl {
  readonly Id: string;
  readonly RuleType: 'Switch' | 'Host';
  /** Pass goes on with the next tier; none is left after flattening. */
  readonly Action: 'Allow' | 'Block' | 'Pass';
  readonly Direction: 'In' | 'Out';
  /** 256 is any. */
  readonly Protocol: number;
  readonly Priority: number;
  /** Comma lists; empty is any. */
  readonly LocalAddresses: string;
  readonly RemoteAddresses: string;
  readonly LocalPorts: string;
  readonly RemotePorts: string;
}

export const PROTOCOL_ANY = 256;
/** Source: felix/dataplane/windows/policysets/policyset_defs.go. */
export const PRIORITY = { hostToEndpoint: 900, rule: 1000, max: 65000 } as const;

/** A rule that blocks everything, which all others are made from. */
export function newRule(isInbound: boolean, priority: number): HnsAcl {
  return {
    Id: '',
    RuleType: 'Switch',
    Action: 'Block',
    Direction: isInbound ? 'In' : 'Out',
    Protocol: PROTOCOL_ANY,
    Priority: priority,
    LocalAddresses: '',
    RemoteAddresses: '',
    LocalPorts: '',
    RemotePorts: '',
  };
}
