/**
 * The same documents on other platforms: where they are refused, and where a packet gets another
 * verdict. Every witness was judged by the engine on both platforms. Source: hns.md 5, 9, 10.
 */
import { compileHost } from '../compile/compile-host.js';
import { readHostSources, type HostSources } from '../load-host.js';
import type { HostInput } from '../normalise/host-input.js';
import { normaliseHost } from '../normalise/normalise-host.js';
import type { NormalisedHost } from '../normalise/normalised-host.js';
import { parseDriver, parseIsolation } from '../platform/platform.js';
import { Simulator, decidingRecord } from '../simulate/simulate.js';
import type { Tuple } from '../simulate/tuple.js';
import { PolicyError, type Diagnostic } from '../source/diagnostic.js';
import { platformGrid, type Axis, type Platform } from './platform-grid.js';
import { PROBES_MAX, probePackets } from './probe-packets.js';

/** What one platform says of a packet. */
export interface Answer {
  readonly verdict: string;
  readonly stage: string | null;
  readonly rule: string | null;
  readonly reason: string;
}

/** A packet, and what the two platforms say of it. */
export interface Witness {
  readonly packet: Tuple;
  readonly here: Answer;
  readonly there: Answer;
}

export interface PlatformReport {
  readonly platform: Platform;
  readonly outcome: 'same' | 'differs' | 'refused';
  /** Why it is refused. */
  readonly errors: readonly Diagnostic[];
  /** One of each kind of difference. */
  readonly witnesses: readonly Witness[];
  /** Packets that get another verdict there, of those that were asked. */
  readonly different: number;
}

export interface AcrossReport {
  /** What the others are compared with: the drivers and isolations there are. */
  readonly base: {
    readonly windows: Platform['windows'];
    readonly drivers: readonly string[];
    readonly isolations: readonly string[];
  };
  readonly platforms: readonly PlatformReport[];
  /** Packets asked on each platform that takes the documents. */
  readonly packets: number;
  /** Whether there were more than {@link PROBES_MAX} packets worth asking. */
  readonly complete: boolean;
}

/** Kinds of difference shown of one platform. */
const WITNESSES_MAX = 5;
/** Errors shown of one platform. */
const ERRORS_MAX = 3;

/**
 * Compares what documents do on the platform that is given, or assumed, with other platforms.
 *
 * @throws {PolicyError} where the documents are refused on the given platform already
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable, engine-missing
 */
export async function acrossWindows(
  sources: HostSources,
  axes: readonly Axis[],
): Promise<AcrossReport> {
  const input = await readHostSources(sources);
  const { host, diagnostics } = normaliseHost(input);
  if (host === null) throw new PolicyError(diagnostics);
  const given: Platform = {
    windows: host.windows,
    driver: parseDriver(sources.platform?.driver ?? ''),
    isolation: parseIsolation(sources.platform?.isolation ?? ''),
  };
  const others = platformGrid(given, axes)
    .filter((platform) => !isSame(platform, host))
    .map((platform) => ({ platform, ...normaliseHost(on(input, platform)) }));
  // What only another platform takes has packets of its own.
  const tuples = new Map(
    [host, ...others.map((other) => other.host)]
      .flatMap((each) => (each === null ? [] : probePackets(each)))
      .map((tuple) => [JSON.stringify(tuple), tuple]),
  );
  const packets = [...tuples.values()].slice(0, PROBES_MAX);
  const here = judge(host, packets);
  return {
    base: {
      windows: host.windows,
      drivers: [...new Set(host.networks.map(({ driver }) => driver))],
      isolations: [...new Set(host.endpoints.map(({ isolation }) => isolation))],
    },
    platforms: others.map(({ platform, host: there, diagnostics: said }) =>
      there === null
        ? refused(platform, said)
        : compared(platform, packets, here, judge(there, packets)),
    ),
    packets: packets.length,
    complete: tuples.size <= PROBES_MAX,
  };
}

function on(input: HostInput, { windows, driver, isolation }: Platform): HostInput {
  const platform = {
    ...input.platform,
    windows: String(windows.build),
    ...(driver !== null && { driver }),
    ...(isolation !== null && { isolation }),
  };
  return { ...input, platform };
}

function isSame({ windows, driver, isolation }: Platform, host: NormalisedHost): boolean {
  return (
    windows.build === host.windows.build &&
    host.networks.every((network) => driver === null || network.driver === driver) &&
    host.endpoints.every((endpoint) => isolation === null || endpoint.isolation === isolation)
  );
}

function judge(host: NormalisedHost, packets: readonly Tuple[]): readonly Answer[] {
  const simulator = new Simulator(compileHost(host), { stateless: true });
  return simulator.judge(packets).map((records) => {
    const { verdict, stage, rule, reason } = decidingRecord(records);
    return { verdict, stage, rule, reason };
  });
}

function refused(platform: Platform, diagnostics: readonly Diagnostic[]): PlatformReport {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return {
    ...{ platform, outcome: 'refused', witnesses: [], different: 0 },
    errors: errors.slice(0, ERRORS_MAX),
  };
}

function compared(
  platform: Platform,
  packets: readonly Tuple[],
  here: readonly Answer[],
  there: readonly Answer[],
): PlatformReport {
  const kinds = new Map<string, Witness>();
  let different = 0;
  packets.forEach((packet, i) => {
    const [a, b] = [here[i]!, there[i]!];
    if (a.verdict === b.verdict) return;
    different++;
    const kind = JSON.stringify([packet.endpoint, packet.dir, a.reason, a.rule, b.reason, b.rule]);
    if (!kinds.has(kind)) kinds.set(kind, { packet, here: a, there: b });
  });
  const witnesses = [...kinds.values()].slice(0, WITNESSES_MAX);
  const outcome = different === 0 ? 'same' : 'differs';
  return { platform, outcome, errors: [], witnesses, different };
}
