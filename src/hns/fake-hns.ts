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
import {
  idOf,
  keyOf,
  listOf,
  plain,
  withOne,
  without,
  type HnsObject,
  type HnsObjects,
} from './hns-object.js';
import {
  endpointPolicies,
  endpointsIn,
  networkPolicies,
  once,
  readRequest,
  withEndpoints,
  type NamespaceRequest,
  type PolicyChange,
  type PolicyRequest,
} from './modify-requests.js';

export interface FakeHnsOptions {
  /** Release or build; default: the newest that is assumed. */
  readonly windows?: string;
  /** Of all endpoints; default `process`. */
  readonly isolation?: 'process' | 'hyperv';
}

type Kind = 'network' | 'endpoint' | 'namespace' | 'load balancer';
const NOT_FOUND: Readonly<Record<Kind, string>> = {
  network: HNS_CODE.NETWORK_NOT_FOUND,
  endpoint: HNS_CODE.ENDPOINT_NOT_FOUND,
  namespace: HNS_CODE.NOT_FOUND,
  'load balancer': HNS_CODE.NOT_FOUND,
};
const POLICY_REQUESTS = ['Add', 'Update', 'Remove', 'Refresh', 'Reset'];
/** Objects of one kind that are kept. */
const OBJECTS_MAX = 65_536;

/** Compartment 1 is the host's own. Source: hns.md R2. */
const FIRST_COMPARTMENT = 2;

interface State {
  readonly networks: HnsObjects;
  readonly endpoints: HnsObjects;
  readonly namespaces: HnsObjects;
  readonly loadBalancers: HnsObjects;
}

const STATE_OF = {
  ...{ network: 'networks', endpoint: 'endpoints', namespace: 'namespaces' },
  'load balancer': 'loadBalancers',
} as const satisfies Readonly<Record<Kind, keyof State>>;

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
  #nextCompartment = FIRST_COMPARTMENT;

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
    return plain(network);
  }

  listNetworks(): HnsObject[] {
    return [...this.#state.networks.values()].map(plain);
  }

  getNetwork(id: string): HnsObject {
    return plain(this.#found('network', id));
  }

  /** Changes the policies of a network, sets above all: all of the request or nothing. */
  modifyNetwork(id: string, request: PolicyRequest): HnsObject {
    const changed = withPolicies(this.#found('network', id), request, networkPolicies);
    this.#change({ networks: withOne(this.#state.networks, changed) });
    return plain(changed);
  }

  /** Its endpoints go with it. */
  deleteNetwork(id: string): void {
    const network = idOf(this.#found('network', id));
    const gone = this.listEndpoints().filter((each) => each['HostComputeNetwork'] === network);
    this.#change({
      networks: without(this.#state.networks, id),
      ...this.#withoutEndpoints(gone.map(idOf)),
    });
  }

  createEndpoint(networkId: string, settings: HnsObject): HnsObject {
    const network = this.#found('network', networkId);
    const made = this.#made('endpoint', settings);
    const endpoint = inNamespace(
      { Policies: [], ...made, HostComputeNetwork: idOf(network) },
      undefined,
    );
    this.#change({ endpoints: withOne(this.#state.endpoints, endpoint) });
    return plain(endpoint);
  }

  listEndpoints(): HnsObject[] {
    return [...this.#state.endpoints.values()].map(plain);
  }

  getEndpoint(id: string): HnsObject {
    return plain(this.#found('endpoint', id));
  }

  deleteEndpoint(id: string): void {
    this.#change(this.#withoutEndpoints([idOf(this.#found('endpoint', id))]));
  }

  /** Changes the policies of an endpoint, all of the request or nothing. */
  modifyEndpoint(id: string, request: PolicyRequest): HnsObject {
    const endpoint = this.#found('endpoint', id);
    const changed = withPolicies(endpoint, request, endpointPolicies);
    const kept = { ...changed, Policies: once(listOf(changed, 'Policies')) };
    const { endpoints } = this.#state;
    // A policy that is given twice is worth a warning, and then there once.
    this.#change(
      { endpoints: withOne(endpoints, changed) },
      { endpoints: withOne(endpoints, kept) },
    );
    return plain(kept);
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

  /** Endpoints are put into it by requests. */
  createNamespace(settings: HnsObject = {}): HnsObject {
    const made = this.#made('namespace', settings);
    if (listOf(made, 'Resources').length > 0) {
      throw new HnsError(HNS_CODE.REQUEST_UNSUPPORTED, 'a namespace is made without Resources');
    }
    const namespace = { Type: 'Host', NamespaceId: this.#nextCompartment, ...made, Resources: [] };
    this.#change({ namespaces: withOne(this.#state.namespaces, namespace) });
    this.#nextCompartment++;
    return plain(namespace);
  }

  listNamespaces(): HnsObject[] {
    return [...this.#state.namespaces.values()].map(plain);
  }

  getNamespace(id: string): HnsObject {
    return plain(this.#found('namespace', id));
  }

  /** Its endpoints stay, in no namespace. */
  deleteNamespace(id: string): void {
    const attached = endpointsIn(this.#found('namespace', id));
    const left = attached.map((each) => inNamespace(this.#found('endpoint', each), undefined));
    const endpoints = left.reduce(withOne, this.#state.endpoints);
    this.#change({ namespaces: without(this.#state.namespaces, id), endpoints });
  }

  /** Adds an endpoint to a namespace or removes it. */
  modifyNamespace(id: string, request: NamespaceRequest): HnsObject {
    const { type, settings } = readRequest(request, 'Endpoint', ['Add', 'Remove', 'Refresh']);
    if (type === 'Refresh') return this.getNamespace(id);
    const endpointId = settings['EndpointId'] as string;
    return type === 'Add'
      ? this.addNamespaceEndpoint(id, endpointId)
      : this.removeNamespaceEndpoint(id, endpointId);
  }

  /** An endpoint is in one namespace at a time. */
  addNamespaceEndpoint(id: string, endpointId: string): HnsObject {
    const namespace = this.#found('namespace', id);
    const endpoint = this.#found('endpoint', endpointId);
    if (endpoint['HostComputeNamespace'] !== undefined) {
      throw new HnsError(HNS_CODE.ENDPOINT_ALREADY_ATTACHED, 'the endpoint is in a namespace');
    }
    const changed = withEndpoints(namespace, [...endpointsIn(namespace), idOf(endpoint)]);
    return this.#move(changed, inNamespace(endpoint, idOf(namespace)));
  }

  removeNamespaceEndpoint(id: string, endpointId: string): HnsObject {
    const namespace = this.#found('namespace', id);
    const endpoint = this.#found('endpoint', endpointId);
    if (endpoint['HostComputeNamespace'] !== idOf(namespace)) {
      throw new HnsError(HNS_CODE.ENDPOINT_NOT_FOUND, 'the endpoint is not in the namespace');
    }
    const rest = endpointsIn(namespace).filter((each) => each !== idOf(endpoint));
    return this.#move(withEndpoints(namespace, rest), inNamespace(endpoint, undefined));
  }

  #move(namespace: HnsObject, endpoint: HnsObject): HnsObject {
    this.#change({
      namespaces: withOne(this.#state.namespaces, namespace),
      endpoints: withOne(this.#state.endpoints, endpoint),
    });
    return plain(namespace);
  }

  /** What endpoints send to it they send to a backend, as their switch rules see it. */
  createLoadBalancer(settings: HnsObject): HnsObject {
    const made = this.#made('load balancer', settings);
    const given = made['HostComputeEndpoints'] ?? [];
    if (!Array.isArray(given)) {
      throw new HnsError(HNS_CODE.INVALID_JSON, 'HostComputeEndpoints is no list');
    }
    const endpoints = (given as readonly unknown[]).map((id) => idOf(this.#found('endpoint', id)));
    const loadBalancer = { ...made, HostComputeEndpoints: endpoints };
    this.#change({ loadBalancers: withOne(this.#state.loadBalancers, loadBalancer) });
    return plain(loadBalancer);
  }

  listLoadBalancers(): HnsObject[] {
    return [...this.#state.loadBalancers.values()].map(plain);
  }

  getLoadBalancer(id: string): HnsObject {
    return plain(this.#found('load balancer', id));
  }

  deleteLoadBalancer(id: string): void {
    this.#found('load balancer', id);
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
    const endpoint = this.#found('endpoint', endpointId);
    const index = [...this.#state.endpoints.values()].indexOf(endpoint);
    return this.#model.compiled.host.endpoints[index]!.name;
  }

  #made(kind: Kind, settings: HnsObject): HnsObject & { readonly ID: string } {
    const known = this.#state[STATE_OF[kind]];
    const object = plain(settings);
    const id = object['ID'] ?? randomUUID().toUpperCase();
    if (typeof id !== 'string' || known.has(keyOf(id)) || known.size >= OBJECTS_MAX) {
      const code = kind === 'network' ? HNS_CODE.INVALID_NETWORK : HNS_CODE.INVALID_ENDPOINT;
      throw new HnsError(code, `the ID of the ${kind} is taken, or no text, or there are too many`);
    }
    return { ...object, ID: id };
  }

  /** As it is kept. */
  #found(kind: Kind, id: unknown): HnsObject {
    const object = typeof id === 'string' ? this.#state[STATE_OF[kind]].get(keyOf(id)) : undefined;
    if (object !== undefined) return object;
    throw new HnsError(NOT_FOUND[kind], `there is no ${kind} of this ID`);
  }

  #withoutEndpoints(ids: readonly string[]): Pick<State, 'endpoints' | 'namespaces'> {
    const namespaces = this.listNamespaces().map((each) => {
      const rest = endpointsIn(each).filter((endpoint) => !ids.includes(endpoint));
      return [idOf(each), withEndpoints(each, rest)] as const;
    });
    return {
      endpoints: ids.reduce(without, this.#state.endpoints),
      namespaces: new Map(namespaces),
    };
  }

  /** The next state, when it makes a host; otherwise nothing changes. `kept` says it more briefly. */
  #change(changed: Partial<State>, kept = changed): void {
    this.#model = this.#modelOf({ ...this.#state, ...changed });
    this.#state = { ...this.#state, ...kept };
  }

  /** @throws {HnsError} */
  #modelOf({ networks, endpoints, loadBalancers }: State): Model {
    // Of an endpoint that is deleted a load balancer may still know.
    const standing = ({ HostComputeEndpoints: ids = [] }: HnsObject): readonly string[] =>
      (ids as readonly string[]).filter((id) => endpoints.has(keyOf(id)));
    const documents = [
      ...(networks.size === 0 ? [] : [policyFromValue([...networks.values()], 'networks', STRICT)]),
      ...[...endpoints.values()].map((each) =>
        policyFromValue(each, `endpoint ${idOf(each)}`, STRICT),
      ),
      ...[...loadBalancers.values()].map((each) => {
        const balancer = { ...each, HostComputeEndpoints: standing(each) };
        return policyFromValue(balancer, `load balancer ${idOf(each)}`, STRICT);
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

/** An object with the policies that a request leaves it. @throws {HnsError} */
function withPolicies(object: HnsObject, request: unknown, change: PolicyChange): HnsObject {
  const { type, settings } = readRequest(request, 'Policy', POLICY_REQUESTS);
  const policies = change(type, listOf(object, 'Policies'), listOf(settings, 'Policies'));
  return { ...object, Policies: policies };
}

const inNamespace = (endpoint: HnsObject, id: string | undefined): HnsObject =>
  plain({ ...endpoint, HostComputeNamespace: id });
