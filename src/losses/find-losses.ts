/**
 * Where a front end gives policies another meaning: the same documents compiled exactly and as the
 * front end does, both asked by the engine with one packet of every kind either can tell apart.
 * Nothing is reported that no packet shows. Source: hns.md 7, 10 (front-end-dropped-rule).
 */
import { compileHost } from '../compile/compile-host.js';
import { PolicyError, type Diagnostic } from '../source/diagnostic.js';
import { locate } from '../source/source-node.js';
import type { SourceLocation } from '../errors.js';
import { createCluster, type Cluster, type ClusterPod } from '../kubernetes/cluster.js';
import { faithfulCompiler, type FaithfulFrontEnd } from '../kubernetes/compilers.js';
import type { Departure, DepartureCode } from '../kubernetes/departure.js';
import { formatAddress, parseIpAddress } from '../normalise/address.js';
import type { HostInput } from '../normalise/host-input.js';
import { normaliseHost } from '../normalise/normalise-host.js';
import type {
  Conditions,
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
} from '../normalise/normalised-host.js';
import { documentsOf } from '../normalise/plan-pods.js';
import type { PacketRecord } from '../report/packet-record.js';
import { Simulator } from '../simulate/simulate.js';
import type { Tuple } from '../simulate/tuple.js';
import { createReporter } from '../source/diagnostic.js';
import { candidates } from './candidates.js';
import { remedyOf } from './remedies.js';

/** What one of the two says of the witness. */
export interface Judgement {
  readonly verdict: 'allow' | 'drop' | 'pass';
  readonly rule: string | null;
  readonly reason: string;
}

export interface Witness {
  readonly tuple: Tuple;
  /** Pods that have the addresses; null for what is no pod's. */
  readonly from: string | null;
  readonly to: string | null;
  readonly exact: Judgement;
  readonly faithful: Judgement;
}

export interface Loss {
  /** Lost: allowed by the policies and dropped. Widened: denied by them and allowed. */
  readonly effect: 'lost' | 'widened';
  readonly code: DepartureCode | 'unexplained';
  readonly direction: Direction;
  /** `namespace/name`; null where no policy is the cause. */
  readonly policy: string | null;
  /** Index of the rule; null for the whole policy. */
  readonly rule: number | null;
  readonly location: SourceLocation | null;
  readonly why: string;
  /** How to write it so that the front end keeps the meaning; null where there is no way. */
  readonly remedy: string | null;
  /** Ids of the pods it is so on, in order. */
  readonly pods: readonly string[];
  readonly witness: Witness;
}

export interface LossReport {
  readonly frontEnd: FaithfulFrontEnd;
  readonly policies: number;
  readonly pods: number;
  readonly losses: readonly Loss[];
  /** Departures no packet shows: other rules make up for them, or nobody is concerned. */
  readonly withoutEffect: readonly Pick<Loss, 'code' | 'policy' | 'location' | 'why' | 'remedy'>[];
  /** Packets tried, each on both. */
  readonly packets: number;
  /** False where pods were not tried because there were too many kinds of packets. */
  readonly isComplete: boolean;
}

/** Packets that are tried at most; some 100,000 are judged in a second. */
const PACKETS_MAX = 1_000_000;

/** @throws {PolicyError} with all errors of the documents; {PortaclError} engine-missing */
export function findLosses(
  input: HostInput,
  frontEnd: FaithfulFrontEnd,
): LossReport & { readonly diagnostics: readonly Diagnostic[] } {
  // Policies act on the switch stage; Hyper-V isolation leaves the other stage out. Assumption: K5.
  const platform = { ...input.platform, isolation: 'hyperv' };
  const exact = hostOf({ ...input, platform, frontEnd: 'reference' });
  const faithful = hostOf({ ...input, platform, frontEnd });
  const search = new Search(exact.host, faithful.host, clusterOf(input), frontEnd);
  search.run();
  return { ...search.report(), diagnostics: exact.diagnostics };
}

function hostOf(input: HostInput): { host: NormalisedHost; diagnostics: readonly Diagnostic[] } {
  const { host, diagnostics } = normaliseHost(input);
  if (host === null) throw new PolicyError(diagnostics);
  return { host, diagnostics };
}

function clusterOf(input: HostInput): Cluster {
  const objects = documentsOf(input).flatMap(({ kubernetes }) => kubernetes);
  // What is wrong with the objects has been reported when the host was made.
  return createCluster(objects, createReporter(input.strict));
}

/** A loss while it is collected. */
interface Found {
  readonly departure: Departure | null;
  readonly effect: Loss['effect'];
  readonly direction: Direction;
  readonly pods: Set<string>;
  readonly witness: Witness;
}

class Search {
  readonly #exact: NormalisedHost;
  readonly #faithful: NormalisedHost;
  readonly #cluster: Cluster;
  readonly #frontEnd: FaithfulFrontEnd;
  readonly #departures: readonly Departure[];
  readonly #podByAddress: ReadonlyMap<string, ClusterPod>;
  readonly #found = new Map<string, Found>();
  readonly #keys = new ConditionKeys();
  #packets = 0;
  #isComplete = true;

  constructor(
    exact: NormalisedHost,
    faithful: NormalisedHost,
    cluster: Cluster,
    frontEnd: FaithfulFrontEnd,
  ) {
    this.#exact = exact;
    this.#faithful = faithful;
    this.#cluster = cluster;
    this.#frontEnd = frontEnd;
    this.#departures = faithfulCompiler(frontEnd, cluster).departures;
    const own = cluster.pods.filter(({ hostNetwork }) => !hostNetwork);
    this.#podByAddress = new Map(
      own.flatMap((pod) => pod.addresses.map((address) => [formatAddress(address), pod] as const)),
    );
  }

  run(): void {
    const [exact, faithful] = [this.#exact, this.#faithful].map(
      (host) => new Simulator(compileHost(host), { stateless: true }),
    ) as [Simulator, Simulator];
    for (const group of this.#groups()) {
      for (const direction of ['in', 'out'] as const) {
        const tuples = this.#candidates(group[0]!, direction);
        if (this.#packets + tuples.length > PACKETS_MAX) {
          this.#isComplete = false;
          return;
        }
        this.#packets += tuples.length;
        const [said, done] = [exact, faithful].map((simulator) =>
          simulator.judge(tuples).map((records) => records[0]!),
        ) as [PacketRecord[], PacketRecord[]];
        tuples.forEach((tuple, i) => {
          if (said[i]!.verdict !== done[i]!.verdict)
            this.#add(group, direction, tuple, said[i]!, done[i]!);
        });
      }
    }
  }

  /** Pods of one group have equal rules on both hosts: the first stands for all. */
  #groups(): readonly (readonly number[])[] {
    const groups = new Map<string, number[]>();
    this.#exact.endpoints.forEach((endpoint, i) => {
      const pod = this.#podOf(endpoint);
      if (pod === undefined) return;
      const families = [...new Set(endpoint.addresses.map(({ family }) => family))].join();
      const hosts = [this.#exact, this.#faithful];
      const rules = hosts.flatMap((host) => rulesOf(host, i).map((rule) => this.#keys.of(rule)));
      const about = this.#departures.flatMap((departure, k) =>
        departure.isAbout(pod) && departure.policy !== null ? [k] : [],
      );
      const key = `${families} ${rules.join(' ')} ${about.join()}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [i]);
      else group.push(i);
    });
    return [...groups.values()];
  }

  #podOf(endpoint: NormalisedEndpoint): ClusterPod | undefined {
    return endpoint.addresses
      .map((address) => this.#podByAddress.get(formatAddress(address)))
      .find((pod) => pod !== undefined);
  }

  #candidates(index: number, direction: Direction): Tuple[] {
    const endpoint = this.#exact.endpoints[index]!;
    const conditions = [this.#exact, this.#faithful].flatMap((host) =>
      rulesOf(host, index)
        .filter((rule) => rule.direction === direction)
        .map((rule) => rule.conditions),
    );
    const departed = this.#departuresOf(index, direction).flatMap((each) => each.conditions ?? []);
    const subject = {
      endpoint: endpoint.name,
      direction,
      addresses: endpoint.addresses,
      conditions: [...conditions, ...departed],
    };
    return candidates(subject, (address) => this.#podByAddress.has(formatAddress(address)));
  }

  #departuresOf(index: number, direction: Direction): readonly Departure[] {
    const pod = this.#podOf(this.#exact.endpoints[index]!)!;
    return this.#departures.filter(
      (departure) => concerns(departure, direction) && departure.isAbout(pod),
    );
  }

  #add(
    group: readonly number[],
    direction: Direction,
    tuple: Tuple,
    exact: PacketRecord,
    faithful: PacketRecord,
  ): void {
    const effect = exact.verdict === 'allow' ? 'lost' : 'widened';
    const causes = this.#causes(group[0]!, direction, tuple, effect, exact.rule);
    const pods = group.map((i) => this.#exact.endpoints[i]!.name);
    for (const departure of causes.length === 0 ? [null] : causes) {
      const number =
        departure === null ? `- ${exact.rule}` : String(this.#departures.indexOf(departure));
      const key = `${number} ${effect} ${direction}`;
      const known = this.#found.get(key);
      if (known !== undefined) {
        pods.forEach((pod) => known.pods.add(pod));
        continue;
      }
      const witness = {
        tuple,
        ...this.#ends(tuple),
        exact: judgement(exact),
        faithful: judgement(faithful),
      };
      this.#found.set(key, { departure, effect, direction, pods: new Set(pods), witness });
    }
  }

  /** The departures a difference comes from: of the rule that decided, or whatever covers the packet. */
  #causes(
    index: number,
    direction: Direction,
    tuple: Tuple,
    effect: Loss['effect'],
    rule: string | null,
  ): readonly Departure[] {
    const covering = this.#departuresOf(index, direction).filter(
      ({ conditions }) => conditions === null || covers(conditions, tuple),
    );
    // Where nothing at all is programmed, nothing else is a cause.
    const whole = covering.filter(({ code }) => code === 'pod-not-programmed');
    if (whole.length > 0) return whole;
    if (effect === 'widened') return covering.filter((each) => WIDENING.includes(each.code));
    const ofRule = covering.filter((each) => isNamed(each, direction, rule));
    return ofRule.length > 0 ? ofRule : covering;
  }

  #ends({ src, dst }: Tuple): { from: string | null; to: string | null } {
    const nameOf = (address: string): string | null => this.#podByAddress.get(address)?.id ?? null;
    return { from: nameOf(src), to: nameOf(dst) };
  }

  report(): LossReport {
    const losses = [...this.#found.values()].map(lossOf).sort(byPlace);
    const shown = new Set([...this.#found.values()].map(({ departure }) => departure));
    const withoutEffect = this.#departures
      .filter((departure) => !shown.has(departure) && departure.policy !== null)
      .map((departure) => ({
        code: departure.code,
        policy: nameOf(departure.policy),
        location: placeOf(departure.place),
        why: departure.why,
        remedy: remedyOf(departure),
      }));
    return {
      frontEnd: this.#frontEnd,
      policies: this.#cluster.policies.length,
      pods: this.#exact.endpoints.filter((each) => this.#podOf(each) !== undefined).length,
      losses,
      withoutEffect,
      packets: this.#packets,
      isComplete: this.#isComplete,
    };
  }
}

/** The Switch rules of an endpoint. */
function rulesOf(host: NormalisedHost, endpoint: number): readonly NormalisedRule[] {
  const { switchStage } = host.endpoints[endpoint]!;
  if (switchStage.kind !== 'acl') return [];
  return [...switchStage.in, ...switchStage.out].flatMap((list) =>
    list.rules.map((id) => host.rules[id]!),
  );
}

function concerns({ direction: own, policy }: Departure, direction: Direction): boolean {
  return (own === null || own === direction) && (policy === null || policy.isolates[direction]);
}

/** What leaves out a rule of an isolated pod cannot let anything through. */
const WIDENING: readonly DepartureCode[] = [
  'policy-refused',
  'except-ignored',
  'inverted-selector',
  'pod-not-programmed',
];

function isNamed({ policy, rule }: Departure, direction: Direction, name: string | null): boolean {
  if (policy === null || name === null) return false;
  const prefix = `${policy.namespace}/${policy.name}/${direction}/`;
  return rule === null ? name.startsWith(prefix) : name === `${prefix}${rule.index}`;
}

/** Whether a departure is about a packet. No verdict: it only tells which cause to name. */
function covers(
  { source, destination, protocols, destinationPorts }: Conditions,
  { src, dst, proto, dport }: Tuple,
): boolean {
  const holds = (set: Conditions['source'], text: string): boolean => {
    const address = parseIpAddress(text);
    if (set === null || address === null) return set === null;
    const list = address.family === 4 ? set.ipv4 : set.ipv6;
    return list.some(({ from, to }) => from <= address.value && address.value <= to);
  };
  return (
    holds(source, src) &&
    holds(destination, dst) &&
    (protocols?.includes(Number(proto)) ?? true) &&
    (destinationPorts?.some(
      ({ from, to }) => dport !== undefined && from <= dport && dport <= to,
    ) ??
      true)
  );
}

function judgement({ verdict, rule, reason }: PacketRecord): Judgement {
  return { verdict, rule, reason };
}

function lossOf({ departure, effect, direction, pods, witness }: Found): Loss {
  return {
    effect,
    code: departure?.code ?? 'unexplained',
    direction,
    policy: nameOf(departure?.policy ?? null),
    rule: departure?.rule?.index ?? null,
    location: placeOf(departure?.place ?? null),
    why: departure?.why ?? 'No single cause is known; the rules of both are named by the witness.',
    remedy: departure === null ? null : remedyOf(departure),
    pods: [...pods],
    witness,
  };
}

function nameOf(policy: Departure['policy']): string | null {
  return policy === null ? null : `${policy.namespace}/${policy.name}`;
}

function placeOf(place: Departure['place']): SourceLocation | null {
  return place === null ? null : locate(place.document, place.node);
}

function byPlace(a: Loss, b: Loss): number {
  const [x, y] = [a.location, b.location];
  if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
  if (x.file !== y.file) return x.file < y.file ? -1 : 1;
  return x.line - y.line || x.column - y.column;
}

/** Conditions as short texts that are equal for equal ones. */
class ConditionKeys {
  readonly #keys = new Map<Conditions, string>();
  readonly #sets = new Map<object, number>();

  of({ action, priority, direction, conditions }: NormalisedRule): string {
    let key = this.#keys.get(conditions);
    if (key === undefined) {
      const { protocols, source, destination, sourcePorts, destinationPorts } = conditions;
      key = [
        protocols?.join(),
        this.#set(source),
        this.#set(destination),
        JSON.stringify([sourcePorts, destinationPorts]),
      ].join('|');
      this.#keys.set(conditions, key);
    }
    return `${direction}${action}${priority}${key}`;
  }

  /** Small sets by what is in them, large ones by which they are. */
  #set(set: Conditions['source']): string {
    if (set === null) return '*';
    if (set.ipv4.length + set.ipv6.length < 8) {
      return [...set.ipv4, ...set.ipv6].map(({ from, to }) => `${from}-${to}`).join();
    }
    const known = this.#sets.get(set) ?? this.#sets.size;
    this.#sets.set(set, known);
    return `#${known}`;
  }
}
