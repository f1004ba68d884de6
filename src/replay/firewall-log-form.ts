/** What the engine must know to write `pfirewall.log`. Source: docs/semantics/firewall.md 5. */
import type { NativeFirewallLogForm } from '../native/replay-types.js';
import type { HostStage, NormalisedHost } from '../normalise/normalised-host.js';
import { LOG_FLAGS, type FirewallLogFormat } from './firewall-log-format.js';
import type { TimeZone } from './time-zone.js';

/** What of an endpoint Windows would log; null: no policy says it. */
export interface EndpointLogging {
  readonly allowed: boolean | null;
  readonly dropped: boolean | null;
}

/** A firewall that is off or of nobody writes nothing. */
export function loggingOf(stage: HostStage): EndpointLogging {
  switch (stage.kind) {
    case 'firewall-off':
    case 'guest-default-allow':
      return { allowed: false, dropped: false };
    case 'firewall':
      return { allowed: stage.logAllowed, dropped: stage.logDropped };
    case 'container-defaults':
    case 'acl':
      return { allowed: null, dropped: null };
  }
}

/** Assumption: W9. Where no policy says it, all is logged. */
export function firewallLogForm(
  { endpoints }: NormalisedHost,
  zone: TimeZone,
  format: FirewallLogFormat,
): NativeFirewallLogForm {
  const traced = format.firewallLogTrace === true;
  const bits = endpoints.map(({ hostStage }) => {
    const { allowed, dropped } = loggingOf(hostStage);
    // Who compares takes everything a firewall that is on could log.
    if (traced && hostStage.kind === 'firewall') return 3;
    return (allowed === false ? 0 : 1) | (dropped === false ? 0 : 2);
  });
  const pairs = zone.flatMap(({ fromSeconds, offsetSeconds }) => [fromSeconds, offsetSeconds]);
  return {
    ...{ logs: Uint8Array.from(bits), zone: Float64Array.from(pairs), traced },
    pid: format.firewallLogPid === true,
    bare: format.firewallLogLf === true,
    flags: format.firewallLogFlags ?? LOG_FLAGS,
    tcpDrops: format.firewallLogTcpDrops ?? 'all',
    otherDrops: format.firewallLogOtherDrops ?? 'length',
    // Assumption: W15. Who compares has no endpoint to name for it.
    loopback: !traced && bits.some((each) => (each & 1) !== 0),
  };
}
