/** A pod with port ACLs, compiled from documents as a user's would be. */
import { compileHost, type CompiledHost } from '../compile/compile-host.js';
import { normaliseHost } from '../normalise/normalise-host.js';
import { policyFromValue } from '../policy/load.js';

/** The same address as `BENCH_POD`. */
const POD = '10.244.1.10';

interface AclSettings {
  readonly Id: string;
  readonly Action: 'Allow' | 'Block';
  readonly Direction: 'In' | 'Out';
  readonly Priority: number;
  readonly Protocols?: string;
  readonly LocalPorts?: string;
  readonly RemoteAddresses?: string;
}

/** Behind all others. */
const OPEN_PRIORITY = 60_000;

/**
 * `rules` rules that never match, in front of those that let in what the packets of packet-stream.ts
 * are. `variant` changes one of the rules.
 */
export function madeHost(rules: number, variant = 0): CompiledHost {
  const grown = Array.from({ length: rules }, (_, i): AclSettings => ({
    ...{ Id: `tenant-${i}`, Action: i % 3 === 0 ? 'Block' : 'Allow', Direction: 'In' },
    ...{ Priority: Math.min(1000 + i, OPEN_PRIORITY - 1), Protocols: i % 5 === 0 ? '17' : '6' },
    RemoteAddresses: `${172 + (i >> 15)}.${16 + ((i >> 8) & 127)}.${i & 255}.0/24`,
    LocalPorts: String(2000 + (i % 60_000) + (i === 0 ? variant : 0)),
  }));
  const open = (['In', 'Out'] as const).map((Direction): AclSettings => ({
    ...{ Id: `all-${Direction}`, Action: 'Allow', Direction, Priority: OPEN_PRIORITY },
  }));
  const policies = [...grown, ...open].map((settings) => ({
    Type: 'ACL',
    Settings: { ...settings, RuleType: 'Switch' },
  }));
  const { host } = normaliseHost({
    documents: [policyFromValue(policies, '<made>', { strict: true })],
    platform: {
      ...{ windows: 'ws2022', driver: 'l2bridge', isolation: 'process' },
      endpoint: `bench=${POD}`,
    },
    strict: true,
  });
  return compileHost(host!);
}
