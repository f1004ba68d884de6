// Rules of no particular author for fixed measurements: nested prefixes, pairs of hosts, ranges of
// ports, the same for equal seeds, in the shape of `ClassBenchRule` (src/bench/classbench.ts).

const ANY_ADDRESS = { from: 0, to: 0xffff_ffff };
const ANY_PORT = { from: 0, to: 0xffff };
const ANY_PROTOCOL = { from: 0, to: 0xff };
const PORTS = [22, 53, 80, 123, 443, 1433, 3306, 5432, 8080, 8443];

function randomNumbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** `count` rules, the widest last, as authors write them. */
export function drawRules(count, seed) {
  const random = randomNumbers(seed);
  const oneOf = (values) => values[random(values.length)];
  const sites = Array.from({ length: 40 }, () => 0x0a00_0000 + random(1 << 8) * 0x1_0000);
  const prefix = (lengths) => {
    const length = oneOf(lengths);
    if (length === 0) return ANY_ADDRESS;
    const hosts = 2 ** (32 - length);
    const address = oneOf(sites) + random(1 << 16);
    const from = address - (address % hosts);
    return { from, to: from + hosts - 1 };
  };
  const ports = () => {
    const kind = random(8);
    if (kind < 2) return ANY_PORT;
    if (kind < 7) {
      const port = oneOf(PORTS);
      return { from: port, to: port };
    }
    return { from: 1024 * (1 + random(8)), to: 65_535 };
  };
  const rules = Array.from({ length: count }, () => {
    const hasPorts = random(10) < 8;
    const protocol = hasPorts ? oneOf([6, 6, 6, 17]) : oneOf([1, 50]);
    return {
      source: prefix([0, 16, 24, 24, 28, 32, 32, 32]),
      destination: prefix([0, 16, 20, 24, 24, 32, 32, 32]),
      sourcePorts: hasPorts && random(10) === 0 ? { from: 1024, to: 65_535 } : ANY_PORT,
      destinationPorts: hasPorts ? ports() : ANY_PORT,
      protocols: random(20) === 0 ? ANY_PROTOCOL : { from: protocol, to: protocol },
    };
  });
  const width = ({ source, destination }) =>
    Math.log2(source.to - source.from + 1) + Math.log2(destination.to - destination.from + 1);
  return rules.sort((a, b) => width(a) - width(b));
}
