// What firewall rules cost a replay: the same capture with a host stage that has them and without one.
//
//   node bench/host-stage.mjs FIREWALL_FILE [--packets N] [--flows N] [--passes N]
//
// Measured is processor time of the process, with both in turn, so that other work on the machine
// hits them alike; medians, and the ratio of the rates. FIREWALL_FILE is any form of
// docs/semantics/firewall.md 1, such as a registry export.
import { parseArgs } from 'node:util';
import { hostDescriptionFromValue } from '../dist/host-description/load.js';
import { compileHost, loadFirewallFiles, normaliseHost, replay } from '../dist/index.js';
import { makeCapture, POD } from './make-capture.mjs';
import { WEB } from './policies.mjs';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    packets: { type: 'string', default: '2000000' },
    flows: { type: 'string', default: '65536' },
    passes: { type: 'string', default: '7' },
  },
});
const packets = Number(args.packets);
const capture = makeCapture({ packets, flows: Number(args.flows) });
const firewall = loadFirewallFiles(positionals, { strict: true });
const network = { name: 'net', driver: 'l2bridge', subnets: ['10.244.1.0/24'] };

/** A pod behind a switch with six rules, or an interface of the host itself. */
const MODELS = {
  container: {
    networks: [network],
    endpoints: [
      { name: 'web', network: 'net', isolation: 'process', addresses: [POD], policies: WEB },
    ],
  },
  machine: { host: { interfaces: [{ name: 'eth', addresses: [POD] }] } },
};

function compile(model, hostFirewall) {
  const { host, diagnostics } = normaliseHost({
    documents: [],
    description: hostDescriptionFromValue(
      { windows: 'ws2022', options: { hostFirewall }, ...model },
      'host',
      { strict: true },
    ),
    firewall,
    strict: true,
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics, null, 2));
  return compileHost(host);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Nanoseconds of processor time a packet. */
async function cost(compiled) {
  const before = process.cpuUsage();
  const { report, errors } = await replay([capture], compiled, {});
  if (errors.length > 0) throw errors[0];
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / report.total.packets;
}

for (const [name, model] of Object.entries(MODELS)) {
  const ways = [compile(model, 'off'), compile(model, 'on')];
  const costs = [[], []];
  for (const compiled of ways) await cost(compiled); // warm caches of every kind
  for (let pass = 0; pass < Number(args.passes); pass++) {
    for (const way of pass % 2 === 0 ? [0, 1] : [1, 0]) costs[way].push(await cost(ways[way]));
  }
  const [without, withRules] = costs.map(median);
  const { report } = await replay([capture], ways[1], {});
  const dropped = report.reasons
    .filter(({ verdict }) => verdict === 'drop')
    .reduce((sum, reason) => sum + reason.packets, 0);
  console.log(
    `${name}: ${ways[1].host.rules.length} rules, ${without.toFixed(1)} ns a packet without and ` +
      `${withRules.toFixed(1)} with them, ${(without / withRules).toFixed(2)} of the speed; ` +
      `${((100 * dropped) / packets).toFixed(0)} % dropped`,
  );
}
