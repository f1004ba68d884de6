/**
 * The fixed filters that hold until the service has loaded its policy: nothing unsolicited comes in but
 * what an interface needs to get addresses. Source: windows-firewall.md 5.5; docs/semantics/firewall.md
 * 3.1. Assumption: W20.
 */
import type { DefaultAllow, HostStage } from '../normalise/normalised-host.js';
import type { ProfileName } from './firewall-rule.js';

const UDP = 17;
const ICMPV6 = 58;
const reason = 'boot-time-default';

/** DHCP, DHCPv6, and discovery of neighbours and routers. */
const ALLOWS: readonly DefaultAllow[] = [
  { reason, protocol: UDP, ports: { source: 67, destination: 68 }, icmpTypes: null },
  { reason, protocol: UDP, ports: { source: 547, destination: 546 }, icmpTypes: null },
  { reason, protocol: ICMPV6, ports: null, icmpTypes: { from: 133, to: 137 } },
];

/** The service is not there to log anything, and what hides closed ports cannot be configured. */
export function bootTimeStage(profile: ProfileName): HostStage {
  return {
    ...{ kind: 'firewall', profile, stealth: true, unicastAnswers: true },
    ...{ logAllowed: false, logDropped: false },
    in: {
      lists: [],
      defaults: { protocols: [], exceptions: [], mappings: [], allows: ALLOWS },
      default: { action: 'block', reason },
      defaultFlows: null,
    },
    out: { lists: [], defaults: null, default: { action: 'allow', reason }, defaultFlows: null },
  };
}
