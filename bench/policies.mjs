// The policies under which captures are replayed, from none to a thousand rules.
import { compileHost, normaliseHost, policyFromValue } from '../dist/index.js';
import { POD } from './make-capture.mjs';

const acl = (Id, Action, Direction, Priority, more = {}) => ({
  Type: 'ACL',
  Settings: { Id, Action, Direction, ...more, RuleType: 'Switch', Priority },
});

export const WEB = [
  acl('block-metadata', 'Block', 'Out', 200, { RemoteAddresses: '169.254.169.254' }),
  acl('block-management', 'Block', 'In', 210, { Protocols: '6', LocalPorts: '22,3389,5985' }),
  acl('web', 'Allow', 'In', 300, { Protocols: '6', LocalPorts: '80,443,8443' }),
  acl('dns', 'Allow', 'In', 310, { Protocols: '17', LocalPorts: '53' }),
  acl('database', 'Allow', 'In', 320, { LocalPorts: '5432', RemoteAddresses: '10.20.0.0/17' }),
  acl('out', 'Allow', 'Out', 65_500),
];

/** Rules that never match stand in front of those that do, as in a grown policy. */
const GROWN = [
  ...Array.from({ length: 994 }, (_, n) =>
    acl(`tenant-${n}`, n % 3 === 0 ? 'Block' : 'Allow', n % 2 === 0 ? 'In' : 'Out', 1000 + n, {
      Protocols: n % 5 === 0 ? '17' : '6',
      RemoteAddresses: `172.${16 + (n >> 8)}.${n & 255}.0/24`,
      [n % 2 === 0 ? 'LocalPorts' : 'RemotePorts']: `${2000 + n}`,
    }),
  ),
  ...WEB.map(({ Type, Settings }) => ({
    Type,
    Settings: { ...Settings, Priority: Math.min(Settings.Priority + 10_000, 65_500) },
  })),
];

export const POLICIES = [
  { name: 'no policy', acls: [] },
  { name: '6 rules', acls: WEB, inOtherWays: true },
  { name: '1,000 rules', acls: GROWN },
];

/** A host with the pod of the capture and one policy. */
export function compilePolicy({ name, acls }) {
  const { host, diagnostics } = normaliseHost({
    documents: acls.length === 0 ? [] : [policyFromValue(acls, name, { strict: false })],
    platform: {
      windows: 'ws2022',
      driver: 'l2bridge',
      isolation: 'process',
      endpoint: `web=${POD}`,
    },
    strict: false,
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics, null, 2));
  return compileHost(host);
}
