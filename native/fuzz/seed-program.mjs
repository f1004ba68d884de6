// Seeds for fuzz_program: `node native/fuzz/seed-program.mjs FOLDER [steps]` writes rule programs
// there, of the bundled example and of others; with `steps` behind each those of fuzz_update. Needs the built package.
import { Buffer } from 'node:buffer';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  compileHost,
  loadHost,
  normaliseHost,
  policyFromText,
  policyFromValue,
} from '../../dist/index.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: seed-program.mjs FOLDER');
mkdirSync(folder, { recursive: true });
const example = fileURLToPath(new URL('../../examples/web-pod/host.yaml', import.meta.url));
const { compiled } = await loadHost({ host: example });
const bare = normaliseHost({
  documents: [],
  platform: { windows: '1607', driver: 'nat', endpoint: '10.0.0.5' },
  strict: true,
});
// The packets of update_fuzz.cc go to the host's address: a layer rewrites them.
const network = { name: 'pods', driver: 'l2bridge' };
const policies = path.join(folder, 'policies.json');
writeFileSync(policies, JSON.stringify([{ Type: 'OutBoundNAT', VIP: '10.0.0.5' }]));
const endpoint = {
  name: 'web',
  network: 'pods',
  isolation: 'hyperv',
  ports: ['80:8080/tcp'],
  policies,
};
const published = path.join(folder, 'published.json');
writeFileSync(
  published,
  JSON.stringify({
    windows: 'ws2022',
    addresses: ['10.0.0.5'],
    options: { outboundNat: 'on' },
    networks: [network],
    endpoints: [{ ...endpoint, addresses: ['10.0.0.6'] }],
  }),
);
const translating = await loadHost({ host: published });
rmSync(published);
rmSync(policies);
const platform = { windows: 'ws2022', isolation: 'hyperv' };
// What carries packets, and what looks into tunnels.
const v2 = { SchemaVersion: { Major: 2, Minor: 0 } };
const route = { DestinationPrefix: '10.0.0.0/24', IsolationId: 1, ProviderAddress: '10.9.0.1' };
const provider = { Type: 'ProviderAddress', Settings: { ProviderAddress: '10.9.0.2' } };
const overlay = normaliseHost({
  documents: [
    {
      ...{ ...v2, Name: 'overlay', Type: 'Overlay' },
      Policies: [{ Type: 'RemoteSubnetRoute', Settings: route }],
    },
    {
      ...{ ...v2, Name: 'pod', HostComputeNetwork: 'overlay', Policies: [provider] },
      IpConfigurations: [{ IpAddress: '10.0.0.5', PrefixLength: 24 }],
    },
  ].map((value, i) => policyFromValue([value], `${i}.json`, { strict: true })),
  ...{ platform, strict: true, options: { encapsulation: 'on' } },
});
const commands = `/add-layer "L L stateful 15 0"
/layer L /add-group "G G in 100"
/layer L /group G /add-mac-rule "m m 02-00-00-00-00-01 * 1 5 17 * * * * 3 240 100 allow"
/layer L /group G /add-rule-ex "s s 6 * * * 80 19 240 200 allow"`;
const further = normaliseHost({
  documents: [policyFromText(commands, 'commands.txt', { strict: true })],
  ...{ platform: { ...platform, driver: 'overlay', endpoint: 'web=10.0.0.5' }, strict: true },
});
// Groups that are large enough to be searched otherwise than one by one, and to be put off.
const many = Array.from({ length: 40 }, (_, i) => ({
  Type: 'ACL',
  Settings: {
    ...{
      Id: `r${i}`,
      RuleType: 'Switch',
      Priority: 100 + i,
      RemoteAddresses: `10.0.0.${1 + (i % 4)}`,
    },
    ...{ Action: i % 3 === 0 ? 'Block' : 'Allow', Direction: i % 4 === 3 ? 'Out' : 'In' },
    ...{ Protocols: i % 2 === 0 ? '6' : '17', LocalPorts: `${60 + i}-${80 + i}` },
  },
}));
const large = normaliseHost({
  documents: [policyFromValue(many, 'many.json', { strict: true })],
  platform: {
    ...{ windows: 'ltsc2022', driver: 'l2bridge', isolation: 'process', endpoint: '10.0.0.5' },
  },
  strict: true,
});
// Packets, times and changes of every kind, as many as update_fuzz.cc takes.
const steps = process.argv[3] === 'steps' ? Uint8Array.from({ length: 48 }, (_, i) => i * 37) : [];
const write = (name, program) =>
  writeFileSync(path.join(folder, name), Buffer.concat([program, Uint8Array.from(steps)]));
write('web-pod', compiled.program);
write('no-policy', compileHost(bare.host).program);
write('large-groups', compileHost(large.host).program);
write('published-port', translating.compiled.program);
write('overlay', compileHost(overlay.host).program);
write('further-fields', compileHost(further.host).program);
