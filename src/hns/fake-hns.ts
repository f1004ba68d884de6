/**
 * A Host Networking Service in memory, for tests of controllers: the calls of the HCN API on
 * networks, endpoints, namespaces and load balancers, with the service's own codes, and of every
 * endpoint an answer to whether a packet would pass.
 *
 * Requests are checked by the same readers as policy files: what they refuse the service refuses,
 * and then nothing has changed. Packets are judged from an empty state: this is about policies, not
 * about connections; a {@link Session} on {@link FakeHns.compiled} has those.
 * Source: hns.md 4.3, 4.7, 4.8, 9.
 */
import { randomUUID } from 'node:crypto';
import { argumentError, readFields, readingArguments } from '../arguments.js';
import { compileHost, type CompiledHost } from '../compile/compile-host.js';
import type { Explanation } from '../explain/explanation.js';
import { normaliseHost, type PlatformFlags } from '../normalise/normalise-host.js';
import { policyFromValue } from '../policy/load.js';
import type { PacketRecord } from '../report/packet-record.js';
import { Simulator, decidingRecord } from '../simulate/simulate.js';
import type { Tuple } from '../simulate/tuple.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { HNS_CODE, HnsError } from './hns-error.js';

/** An object of the service as JSON has it. */
export type HnsObject = Readonly<Record<string, unknown>>;

export interface FakeHnsOptions {
  /** Release or build; default: the newest that is assumed. */
  readonly windows?: string;
  /** Of all endpoints; default `process`. */
  readonly isolation?: 'process' | 'hyperv';
}

/** A change to an endpoint's policies. Source: hns.md 4.8. */
export interface PolicyRequest {
  readonly ResourceType?: 'Policy';
  readonly RequestType: 'Add' | 'Update' | 'Remove' | 'Refresh' | 'Reset';
  readonly Settings?: { readonly Policies?: readonly HnsObject[] };
}

type Kind = 'network' | 'endpoint' | 'namespace' | 'load balancer';
const NOT_FOUND: Readonly<Record<Kind, string>> = {
  network: HNS_CODE.NETWORK_NOT_FOUND,
  endpoint: HNS_CODE.ENDPOINT_NOT_FOUND,
  namespace: HNS_CODE.NOT_FOUND,
  'load balancer': HNS_CODE.NOT_FOUND,
};
const REQUEST_TYPES: readonly string[] = ['Add', 'Update', 'Remove', 'Refresh', 'Reset'];
/** Objects of one kind that are kept. */
const OBJECTS_MAX = 65_536;

interface State {
  readonly networks: ReadonlyMap<string, HnsObject>;
  readonly endpoints: ReadonlyMap<string, HnsObject>;
  readonly namespaces: ReadonlyMap<string, HnsObject>;
  readonly loadBalancers: ReadonlyMap<string, HnsObject>;
}

/** What follows from a state. */
interface Model {
  readonly compiled: CompiledHost;
  readonly simulator: Simulator;
  readonly diagnostics: readonly Diagnostic[];
}

export class FakeHns {
  readonly #platform: PlatformFlags;
  #state: State = {
    networks: new Map(),
    endpoints: new Map(),
    namespaces: new Map(),
    loadBalancers: new Map(),
  };
  #model: Model;

  /** @throws {PortaclError} bad-argument, hns-refused for a release that is not known, engine-missing */
  constructor(options?: FakeHnsOptions) {
    const context = { code: 'bad-argument', of: 'FakeHns' } as const;
    const { windows, isolation } = readFields(options, ['windows', 'isolation'], context);
    if (windows !== undefined && typeof windows !== 'string') {
      throw argumentError(context, 'windows', windows, 'a release or a build as a text');
    }
    if (isolation !== undefined && isolation !== 'process' && isolation !== 'hyperv') {
      throw argumentError(context, 'isolation', isolation, '"process" or "hyperv"');
    }
    this.#platform = { windows, isolation: isolation ?? 'process' };
    this.#model = this.#modelOf(this.#state);
  }

  /** The host as it is now; another after every change. */
  get compiled(): CompiledHost {
    return this.#model.compiled;
  }

  /** Warnings on the policies as they are now. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#model.diagnostics;
  }

  /** Every call below: @throws {HnsError} for what the service refuses. */
  createNetwork(settings: HnsObject): HnsObject {
    const network = this.#made('network', settings);
    const { networks } = this.#state;
    const isTaken = [...networks.values()].some(({ Name }) => Name === network['Name']);
    if (isTaken) {
      throw new HnsError(HNS_CODE.NETWORK_ALREADY_EXISTS, 'a network of this name exists');
    }
    this.#change({ networks: withOne(networks, network) });
    return network;
  }

  listNetworks(): HnsObject[] {
    return [...this.#state.networks.values()];
  }

  getNetwork(id: string): HnsObject {
    return found('network', this.#state.networks, id);
  }

  /** Its endpoints go with it. */
  deleteNetwork(id: string): void {
    this.getNetwork(id);
    const rest = [...this.#state.endpoints].filter(([, each]) => each['HostComputeNetwork'] !== id);
    this.#change({ networks: without(this.#state.networks, id), endpoints: new Map(rest) });
  }

  createEndpoint(networkId: string, settings: HnsObject): HnsObject {
    this.getNetwork(networkId);
    const made = this.#made('endpoint', settings);
    const endpoint = { Policies: [], ...made, HostComputeNetwork: networkId };
    this.#change({ endpoints: withOne(this.#state.endpoints, endpoint) });
    return endpoint;
  }

  listEndpoints(): HnsObject[] {
    return [...this.#state.endpoints.values()];
  }

  getEndpoint(id: string): HnsObject {
    return found('endpoint', this.#state.endpoints, id);
  }

  deleteEndpoint(id: string): void {
    this.getEndpoint(id);
    const namespaces = [...this.#state.namespaces.values()].map((each) => ({
      ...each,
      Resources: endpointsOf(each).filter((endpoint) => endpoint !== id),
    }));
    this.#change({
      endpoints: without(this.#state.endpoints, id),
      namespaces: new Map(namespaces.map((each) => [idOf(each), each])),
    });
  }

  /** Changes the policies of an endpoint, all of the request or nothing. */
  modifyEndpoint(id: string, request: PolicyRequest): HnsObject {
    const endpoint = this.getEndpoint(id);
    const type: unknown = plain(request)['RequestType'];
    if (typeof type !== 'string' || !REQUEST_TYPES.includes(type)) {
      throw new HnsError(
        HNS_CODE.INVALID_POLICY,
        `RequestType is none of ${REQUEST_TYPES.join(', ')}`,
      );
    }
    const resource = plain(request)['ResourceType'] ?? 'Policy';
    if (resource !== 'Policy') {
      throw new HnsError(HNS_CODE.REQUEST_UNSUPPORTED, 'ResourceType is not Policy');
    }
    const given = policiesOf(plain(request)['Settings']);
    const before = policiesOf(endpoint);
    const changed = { ...endpoint, Policies: changedPolicies(type, before, given) };
    this.#change({ endpoints: withOne(this.#state.endpoints, changed) });
    return changed;
  }

  /** `ApplyPolicy` of hcsshim: `Add`, `Update` or `Remove`. */
  applyPolicy(
    id: string,
    type: PolicyRequest['RequestType'],
    policies: readonly HnsObject[],
  ): HnsObject {
    return this.modifyEndpoint(id, {
      ResourceType: 'Policy',
      RequestType: type,
      Settings: { Policies: policies },
    });
  }

  createNamespace(settings: HnsObject = {}): HnsObject {
    const namespace = { Resources: [], ...this.#made('namespace', settings) };
    this.#change({ namespaces: withOne(this.#state.namespaces, namespace) });
    return namespace;
  }

  listNamespaces(): HnsObject[] {
    return [...this.#state.namespaces.values()];
  }

  getNamespace(id: string): HnsObject {
    return found('namespace', this.#state.namespaces, id);
  }

  deleteNamespace(id: string): void {
    this.getNamespace(id);
    this.#change({ namespaces: without(this.#state.namespaces, id) });
  }

  /** An endpoint is in one namespace at a time. */
  addNamespaceEndpoint(id: string, endpointId: string): HnsObject {
    const namespace = this.getNamespace(id);
    this.getEndpoint(endpointId);
    const isAttached = this.listNamespaces().some((each) => endpointsOf(each).includes(endpointId));
    if (isAttached) {
      throw new HnsError(HNS_CODE.ENDPOINT_ALREADY_ATTACHED, 'the endpoint is in a namespace');
    }
    const changed = { ...namespace, Resources: [...endpointsOf(namespace), endpointId] };
    this.#change({ namespaces: withOne(this.#state.namespaces, changed) });
    return changed;
  }

  removeNamespaceEndpoint(id: string, endpointId: string): HnsObject {
    const namespace = this.getNamespace(id);
    const rest = endpointsOf(namespace).filter((each) => each !== endpointId);
    if (rest.length === endpointsOf(namespace).length) {
      throw new HnsError(HNS_CODE.ENDPOINT_NOT_FOUND, 'the endpoint is not in the namespace');
    }
    const changed = { ...namespace, Resources: rest };
    this.#change({ namespaces: withOne(this.#state.namespaces, changed) });
    return changed;
  }

  /** What endpoints send to it they send to a backend, as their switch rules see it. */
  createLoadBalancer(settings: HnsObject): HnsObject {
    const loadBalancer = this.#made('load balancer', settings);
    const endpoints = loadBalancer['HostComputeEndpoints'] ?? [];
    if (!Array.isArray(endpoints)) {
      throw new HnsError(HNS_CODE.INVALID_JSON, 'HostComputeEndpoints is no list');
    }
    for (const id of endpoints as readonly unknown[]) this.getEndpoint(id as string);
    this.#change({ loadBalancers: withOne(this.#state.loadBalancers, loadBalancer) });
    return loadBalancer;
  }

  listLoadBalancers(): HnsObject[] {
    return [...this.#state.loadBalancers.values()];
  }

  getLoadBalancer(id: string): HnsObject {
    return found('load balancer', this.#state.loadBalancers, id);
  }

  deleteLoadBalancer(id: string): void {
    this.getLoadBalancer(id);
    this.#change({ loadBalancers: without(this.#state.loadBalancers, id) });
  }

  /**
   * Whether a packet would pass an endpoint, as the record that decides; `dir` is as the endpoint
   * sees it.
   *
   * @throws {PortaclError} bad-tuple
   */
  judge(endpointId: string, packet: Tuple): PacketRecord {
    const tuple = this.#tupleAt(endpointId, packet);
    return decidingRecord(this.#model.simulator.judge([tuple])[0]!);
  }

  /** The same with the reasons. @throws {PortaclError} bad-tuple */
  explain(endpointId: string, packet: Tuple): Explanation {
    return this.#model.simulator.explain(this.#tupleAt(endpointId, packet));
  }

  #tupleAt(endpointId: string, packet: Tuple): Tuple {
    const endpoint = this.#nameOf(endpointId);
    return readingArguments({ code: 'bad-tuple', of: 'FakeHns' }, () => ({ ...packet, endpoint }));
  }

  #nameOf(endpointId: string): string {
    const endpoint = this.getEndpoint(endpointId);
    const index = [...this.#state.endpoints.keys()].indexOf(idOf(endpoint));
    return this.#model.compiled.host.endpoints[index]!.name;
  }

  #made(kind: Kind, settings: HnsObject): HnsObject & { readonly ID: string } {
    const map = { network: 'networks', endpoint: 'endpoints', namespace: 'namespaces' } as const;
    const known = this.#state[kind === 'load balancer' ? 'loadBalancers' : map[kind]];
    const object = plain(settings);
    const id = object['ID'] ?? randomUUID().toUpperCase();
    if (typeof id !== 'string' || known.has(id) || known.size >= OBJECTS_MAX) {
      const code = kind === 'network' ? HNS_CODE.INVALID_NETWORK : HNS_CODE.INVALID_ENDPOINT;
      throw new HnsError(code, `the ID of the ${kind} is taken, or no text, or there are too many`);
    }
    return { ...object, ID: id };
  }

  /** The next state, when it makes a host; otherwise nothing changes. */
  #change(changed: Partial<State>): void {
    const state = { ...this.#state, ...changed };
    this.#model = this.#modelOf(state);
    this.#state = state;
  }

  /** @throws {HnsError} */
  #modelOf({ networks, endpoints, loadBalancers }: State): Model {
    // Of an endpoint that is deleted a load balancer may still know.
    const standing = ({ HostComputeEndpoints: ids = [] }: HnsObject): readonly string[] =>
      (ids as readonly string[]).filter((id) => endpoints.has(id));
    const documents = [
      ...(networks.size === 0 ? [] : [policyFromValue([...networks.values()], 'networks', STRICT)]),
      ...[...endpoints].map(([id, each]) => policyFromValue(each, `endpoint ${id}`, STRICT)),
      ...[...loadBalancers].map(([id, each]) => {
        const balancer = { ...each, HostComputeEndpoints: standing(each) };
        return policyFromValue(balancer, `load balancer ${id}`, STRICT);
      }),
    ];
    const { host, diagnostics } = normaliseHost({
      documents,
      platform: this.#platform,
      strict: true,
    });
    if (host === null) {
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      const first = errors[0]!;
      const place = [first.location.file, first.location.path].filter((part) => part !== '');
      throw new HnsError(
        first.hns ?? HNS_CODE.INVALID_POLICY,
        `${place.join(' ')}: ${first.code} ${first.message}`,
        errors,
      );
    }
    const compiled = compileHost(host);
    const simulator = new Simulator(compiled, { stateless: true });
    return { compiled, simulator, diagnostics };
  }
}

const STRICT = { strict: true } as const;

/** Source: hns.md 4.8. */
function changedPolicies(
  type: string,
  before: readonly HnsObject[],
  given: readonly HnsObject[],
): readonly HnsObject[] {
  switch (type) {
    case 'Add':
      // Equal ones once: docs/semantics/library.md L8.
      return [...new Map([...before, ...given].map((each) => [canonical(each), each])).values()];
    case 'Update':
      return given;
    case 'Remove':
      return given.reduce<readonly HnsObject[]>((left, policy) => {
        const at = left.findIndex((each) => canonical(each) === canonical(policy));
        if (at < 0) {
          throw new HnsError(HNS_CODE.POLICY_NOT_FOUND, 'no policy equals the one to remove');
        }
        return left.filter((_, i) => i !== at);
      }, before);
    case 'Reset':
      return [];
    default:
      return before;
  }
}

/** A copy that nobody else can change. @throws {HnsError} for what JSON cannot say */
function plain(value: unknown): HnsObject {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    copy = null;
  }
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as HnsObject;
  throw new HnsError(HNS_CODE.INVALID_JSON, 'the request is no JSON object');
}

function policiesOf(holder: unknown): readonly HnsObject[] {
  const { Policies: policies = [] } = (holder ?? {}) as { Policies?: unknown };
  if (!Array.isArray(policies)) {
    throw new HnsError(HNS_CODE.INVALID_JSON, 'Policies is no list');
  }
  return (policies as readonly unknown[]).map(plain);
}

/** Equal for values that are equal in every field, whatever their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

const idOf = (object: HnsObject): string => object['ID'] as string;
const endpointsOf = (namespace: HnsObject): readonly string[] =>
  namespace['Resources'] as readonly string[];

function found(kind: Kind, objects: ReadonlyMap<string, HnsObject>, id: unknown): HnsObject {
  const object = typeof id === 'string' ? objects.get(id) : undefined;
  if (object !== undefined) return object;
  throw new HnsError(NOT_FOUND[kind], `there is no ${kind} of this ID`);
}

function withOne(
  objects: ReadonlyMap<string, HnsObject>,
  object: HnsObject,
): ReadonlyMap<string, HnsObject> {
  return new Map(objects).set(idOf(object), object);
}

function without(
  objects: ReadonlyMap<string, HnsObject>,
  id: string,
): ReadonlyMap<string, HnsObject> {
  const rest = new Map(objects);
  rest.delete(id);
  return rest;
}
