/**
 * Whatever a caller without types hands to a public function: an answer, or an error of this package
 * with a code. Never another exception, and never the end of the process.
 */
import { beforeAll, describe, expect, it } from 'vitest';

import * as hns from '../../src/guarded-hns.js';
import * as portacl from '../../src/guarded-index.js';
import * as unguardedHns from '../../src/hns.js';
import * as unguarded from '../../src/index.js';
import { matchers } from '../../src/matchers/matchers.js';
import { EXAMPLE, EXAMPLE_HOST } from '../cli/run.js';
import { Random } from '../oracle/random.js';

type Call = (...args: readonly unknown[]) => unknown;

const trap = (): never => {
  throw new RangeError('a trap');
};

/** One of each kind, made anew, since some calls change what they are given. */
function hostileValues(): Readonly<Record<string, unknown>> {
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  return {
    ...{ nothing: undefined, null: null, true: true, zero: 0, negative: -1, notANumber: NaN },
    ...{ infinite: Infinity, huge: 1e308, fraction: 0.5, bigint: 10n ** 60n, negativeBigint: -1n },
    ...{ empty: '', text: 'x', nul: '\0', surrogate: '\ud800', symbol: Symbol('s') },
    ...{ function: () => 0, array: [], arrayOfNull: [null], sparse: new Array<unknown>(3) },
    ...{ object: {}, bare: Object.create(null) as unknown, map: new Map(), nested: [[{}]] },
    ...{ date: new Date(NaN), bytes: new Uint8Array(3), detached, circular },
    ...{ promise: Promise.resolve(1), error: new Error('x'), set: new Set([1]) },
    getters: new Proxy({ a: 1 }, { get: trap }),
    traps: new Proxy({}, { get: trap, ownKeys: trap, has: trap, getPrototypeOf: trap }),
    revoked: revoked.proxy,
  };
}

/** What is neither an answer nor an error of this package. */
async function fault(call: () => unknown): Promise<string | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (error instanceof portacl.PortaclError && Object.hasOwn(portacl.ERRORS, error.code)) {
      return null;
    }
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** Calls with each value in each of the first places, and what was wrong. */
async function faultsOf(call: Call, leading: readonly (readonly unknown[])[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, value] of Object.entries(hostileValues())) {
    const lists = [[value], [value, value], [value, value, value]];
    for (const args of [...lists, ...leading.map((before) => [...before, value])]) {
      const found = await fault(() => call(...args));
      if (found !== null) faults.push(`${name}, ${args.length} arguments: ${found}`);
    }
  }
  return faults;
}

const isErrorClass = (value: unknown): boolean =>
  typeof value === 'function' && value.prototype instanceof Error;

const isClass = (value: unknown): boolean =>
  isErrorClass(value) ||
  (typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value)));

function functionsOf(module: object): (readonly [string, Call])[] {
  return Object.entries(module)
    .filter(([, value]) => typeof value === 'function' && !isClass(value))
    .map(([name, value]) => [name, value as Call]);
}

const packet = portacl.tcp('10.9.9.9:4000', '10.244.1.10:443');
let compiled: portacl.CompiledHost;
beforeAll(async () => {
  ({ compiled } = await portacl.loadHost({ host: EXAMPLE_HOST }));
});

describe('functions', () => {
  it('are all behind the guard or check for themselves', () => {
    expect(Object.keys(portacl).sort()).toEqual(Object.keys(unguarded).sort());
    expect(functionsOf(portacl).length).toBeGreaterThan(60);
  });

  it.each([...functionsOf(portacl), ...functionsOf(hns), ...functionsOf(matchers)])(
    '%s',
    async (name, call) => {
      const closing: Call = async (...args) => {
        const made = await call(...args);
        if (name === 'serveHns') await (made as hns.HnsServer).close();
      };
      expect(
        await faultsOf(closing, [[compiled], [compiled, packet], [[EXAMPLE], compiled]]),
      ).toEqual([]);
    },
  );
});

/** Of one object of each kind. */
const HNS_ID = 'A0000000-0000-0000-0000-000000000001';

function fakeHnsWithObjects(): hns.FakeHns {
  const service = new hns.FakeHns();
  const common = { ID: HNS_ID, SchemaVersion: { Major: 2, Minor: 0 } };
  service.createNetwork({ ...common, Name: 'pods', Type: 'L2Bridge', Ipams: [] });
  const IpConfigurations = [{ IpAddress: '10.1.0.5', PrefixLength: 24 }];
  service.createEndpoint(HNS_ID, { ...common, Name: 'web', IpConfigurations });
  service.createNamespace(common);
  service.createLoadBalancer({ ...common, HostComputeEndpoints: [HNS_ID], PortMappings: [] });
  return service;
}

describe('objects', () => {
  const MAKERS: Readonly<Record<string, () => object>> = {
    Session: () => new portacl.Session(compiled),
    Simulator: () => new portacl.Simulator(compiled),
    FakeHns: () => new hns.FakeHns(),
    'FakeHns with objects': fakeHnsWithObjects,
    tcpConversation: () => portacl.tcpConversation('10.9.9.9:4000', '10.244.1.10:443'),
    udpConversation: () => portacl.udpConversation('10.9.9.9:4000', '10.244.1.10:53'),
  };
  it.each(Object.entries(MAKERS))('%s', async (_, make) => {
    const own = make();
    const names = [own, Object.getPrototypeOf(own) as object]
      .flatMap((each) => Object.getOwnPropertyNames(each))
      .filter((name) => name !== 'constructor' && !Object.hasOwn(Object.prototype, name))
      .filter((name) => typeof (own as Record<string, unknown>)[name] === 'function');
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const object = make() as Record<string, Call>;
      const call: Call = (...args) => object[name]!(...args);
      const leading = [[packet], [HNS_ID], [HNS_ID, 'Add']];
      expect({ name, faults: await faultsOf(call, leading) }).toEqual({ name, faults: [] });
    }
  });

  it.each(['Session', 'Simulator', 'FakeHns'] as const)('new %s', async (name) => {
    const made = { ...portacl, ...hns }[name] as unknown as new (...args: unknown[]) => object;
    expect(await faultsOf((...args) => new made(...args), [[compiled]])).toEqual([]);
  });
});

describe('error classes', () => {
  const status = { code: 'capture-cut', offset: 7, detail: 0 };
  const diagnostic = {
    ...{ severity: 'error', code: 'bad-port', message: 'a port', found: '-1' },
    location: { file: 'a.json', line: 1, column: 2, path: 'x' },
  };
  type Made = new (...args: unknown[]) => Error;
  type Arguments = readonly unknown[];
  const unknownCode = { ...status, code: 'moon' };
  /** What each takes, and the like that it does not. */
  const CLASSES: Readonly<Record<string, readonly [unknown, good: Arguments, bad: Arguments]>> = {
    PortaclError: [portacl.PortaclError, ['bad-usage', 'text', { cause: 1 }], ['moon', 'text']],
    FileError: [portacl.FileError, ['file-not-found', 'a.json', 'text'], ['file-not-found', 7, '']],
    CaptureError: [portacl.CaptureError, ['a.pcap', status, 3], ['a.pcap', status, -1]],
    PolicyError: [portacl.PolicyError, [[diagnostic]], [[{ ...diagnostic, severity: 'info' }]]],
    ProgramError: [portacl.ProgramError, [status], [unknownCode]],
    HnsError: [hns.HnsError, ['0x803b000d', 'text', [diagnostic]], [0x803b000d, 'text']],
  };

  it('are all of them', () => {
    const exported = Object.entries({ ...portacl, ...hns }).filter(([, value]) =>
      isErrorClass(value),
    );
    expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(CLASSES).sort());
  });

  it.each(Object.entries(CLASSES))('%s takes its own arguments alone', async (name, of) => {
    const [type, good, bad] = of as [Made, Arguments, Arguments];
    const make: Call = (...args) => new type(...args);
    const made = make(...good);
    expect(made).toBeInstanceOf(type);
    expect(made).toMatchObject({ name, message: expect.stringMatching(/./) as unknown });
    for (const [place] of good.entries()) {
      expect(await faultsOf(make, [good.slice(0, place)])).toEqual([]);
    }
    expect(() => make(...bad)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });

  it('are those that are thrown, and may have subclasses', () => {
    const refusal = (): unknown => portacl.parseTuple('');
    expect(refusal).toThrow(portacl.PortaclError);
    expect(refusal).toThrow(unguarded.PortaclError);
    expect(new unguardedHns.HnsError('0x803b000d', 'x')).toBeInstanceOf(hns.HnsError);
    class Own extends portacl.FileError {}
    const own = new Own('file-not-found', 'a', 'b');
    expect([own.name, own instanceof portacl.PortaclError]).toEqual(['Own', true]);
  });
});

async function takeAll(host: unknown): Promise<void> {
  for await (const batch of portacl.replayBatches([EXAMPLE], host as never)) {
    expect(batch.length).toBeGreaterThan(0);
  }
}

/** A copy in which one value, somewhere, is another. */
function spoilt(value: unknown, path: readonly string[], by: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const fields = copy as Record<string, unknown>;
  fields[name] = spoilt(fields[name], rest, by);
  return copy;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

describe('values of this package in which something is wrong', () => {
  const SEED = 20261123;
  const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 40);

  it(`do no harm where they are taken back, seed ${SEED}`, async () => {
    const random = new Random(SEED);
    const { report } = await portacl.replay([EXAMPLE], compiled);
    const explanation = new portacl.Session(compiled).explain(packet);
    const coverage = portacl.coverageOf(report.rules);
    const items = coverage.items.slice(0, 2).map((item) => ({ ...item, hits: 0 }));
    const missed = { ...coverage, items };
    const takers: readonly (readonly [string, unknown, Call])[] = [
      ['Session', compiled, (host) => new portacl.Session(host as never).send(packet)],
      ['Simulator', compiled, (host) => new portacl.Simulator(host as never).counters()],
      ['replay', compiled, (host) => portacl.replay([EXAMPLE], host as never)],
      ['replayBatches', compiled, takeAll],
      ['toDrop', compiled, (host) => matchers.toDrop(host, packet)],
      ['compileHost', compiled.host, portacl.compileHost as Call],
      ['lintHost', compiled.host, portacl.lintHost as Call],
      ['hostView', compiled.host, portacl.hostView as Call],
      ['hostText', portacl.hostView(compiled.host), portacl.hostText as Call],
      ['replayText', report, (value) => portacl.replayText(value as never, {} as never)],
      ['explanationText', explanation, portacl.explanationText as Call],
      ['coverageOf', report.rules, portacl.coverageOf as Call],
      ['coverageText', coverage, portacl.coverageText as Call],
      ['coverageLcov', coverage, portacl.coverageLcov as Call],
      ['mergeCoverage', [coverage, coverage], portacl.mergeCoverage as Call],
      ['withWitnesses', missed, (value) => portacl.withWitnesses(compiled, value as never)],
    ];
    const faults: string[] = [];
    for (const [name, good, call] of takers) {
      expect([name, await fault(() => call(good))]).toEqual([name, null]);
      for (let i = 0; i < ROUNDS; i++) {
        const path: string[] = [];
        for (let at = good; isPlain(at) && Object.keys(at).length > 0;) {
          const key = random.pick(Object.keys(at));
          path.push(key);
          at = (at as Record<string, unknown>)[key];
          if (random.below(3) === 0) break;
        }
        const [kind, by] = random.pick(Object.entries(hostileValues()));
        const found = await fault(() => call(spoilt(good, path, by)));
        if (found !== null) faults.push(`${name} ${path.join('.')} = ${kind}: ${found}`);
      }
    }
    expect(faults).toEqual([]);
  });
});
