/** The compiled ACLs, asked through the engine, say what the policies themselves say. */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { formatAddress } from '../../src/normalise/address.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { PolicyReading, type Connection, type ObjectJson } from '../oracle/network-policy.js';
import { hostOf } from './cluster.js';
import { drawCluster } from './draw-cluster.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 150);
const SEED = Number(process.env['PORTACL_SEED'] ?? 1);
const PROTOCOLS: Readonly<Record<string, number>> = {
  TCP: 6,
  UDP: 17,
  SCTP: 132,
  ICMP: 1,
  ICMPv6: 58,
};

function tupleOf({ source, destination, protocol, port }: Connection): Tuple {
  const proto = PROTOCOLS[protocol]!;
  const ends = { proto, src: source, dst: destination };
  return protocol.startsWith('ICMP')
    ? { ...ends, type: proto === 1 ? 8 : 128, code: 0, id: 1 }
    : { ...ends, sport: 40_000, dport: port };
}

describe(`compiled ACLs equal the direct reading, seeds ${SEED} to ${SEED + ROUNDS - 1}`, () => {
  it.each(['hyperv', 'process'])('under %s isolation', (isolation) => {
    let [allowed, denied] = [0, 0];
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
      const { objects, connections } = drawCluster(seed);
      const host = hostOf(objects, { isolation });
      const simulator = new Simulator(compileHost(host), { stateless: true });
      const reading = new PolicyReading(objects as unknown as ObjectJson[]);
      // Windows without a Host rule lets in four protocols only; SCTP is none of them.
      const asked =
        isolation === 'hyperv'
          ? connections
          : connections.filter(({ protocol }) => protocol !== 'SCTP');
      const answers = simulator
        .judge(asked.map(tupleOf))
        .map((records) => decidingRecord(records).verdict);
      const said = asked.map((connection, i) => ({ ...connection, said: answers[i] }));
      // Nobody judges what is no pod's, and a pod's own traffic never leaves it.
      const owner = (address: string): string | undefined =>
        host.endpoints.find(({ addresses }) =>
          addresses.some((each) => formatAddress(each) === address),
        )?.name;
      const isJudged = ({ source, destination }: Connection): boolean =>
        owner(source) !== owner(destination);
      const expected = asked.map((connection) => ({
        ...connection,
        said: !isJudged(connection) ? 'pass' : reading.allows(connection) ? 'allow' : 'drop',
      }));
      expect(said, `seed ${seed}`).toEqual(expected);
      allowed += answers.filter((each) => each === 'allow').length;
      denied += answers.filter((each) => each === 'drop').length;
    }
    // Both answers occur often, or the comparison says little.
    expect(Math.min(allowed, denied)).toBeGreaterThan(ROUNDS * 10);
  });
});
