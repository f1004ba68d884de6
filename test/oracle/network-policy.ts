/**
 * A second reading of NetworkPolicies: whether a connection is allowed, asked of the Kubernetes
 * objects themselves, one packet at a time, by the sentences of docs/semantics/kubernetes.md 3. It
 * knows no ACLs and shares nothing with the compiler.
 */

/** Objects as JSON would give them; only what is used is named. */
export interface ObjectJson {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: SpecJson;
  readonly status?: StatusJson;
}
interface SpecJson {
  readonly hostNetwork?: boolean;
  readonly nodeName?: string;
  readonly containers?: readonly { readonly ports?: readonly ContainerPortJson[] }[];
  readonly podSelector?: SelectorJson;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly RuleJson[];
  readonly egress?: readonly RuleJson[];
}
interface StatusJson {
  readonly phase?: string;
  readonly hostIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
}
interface ContainerPortJson {
  readonly name?: string;
  readonly protocol?: string;
  readonly containerPort: number;
}
export interface SelectorJson {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}
export interface RuleJson {
  readonly from?: readonly PeerJson[];
  readonly to?: readonly PeerJson[];
  readonly ports?: readonly PortJson[];
}
export interface PeerJson {
  readonly podSelector?: SelectorJson;
  readonly namespaceSelector?: SelectorJson;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
export interface PortJson {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface Connection {
  readonly source: string;
  readonly destination: string;
  /** `TCP`, `UDP`, `SCTP`, or another protocol, which has no ports. */
  readonly protocol: string;
  readonly port: number;
}

/** One end of a connection, and the pods that have its address. */
interface End {
  readonly address: string;
  readonly pods: readonly ObjectJson[];
}

export class PolicyReading {
  readonly #objects: readonly ObjectJson[];

  constructor(objects: readonly ObjectJson[]) {
    this.#objects = objects;
  }

  /** Both ends must allow: 3.2. */
  allows({ source, destination, protocol, port }: Connection): boolean {
    const from = this.#end(source);
    const to = this.#end(destination);
    const own = (end: End): ObjectJson | undefined =>
      end.pods.find((pod) => pod.spec?.hostNetwork !== true);
    const [sender, receiver] = [own(from), own(to)];
    if (sender !== undefined && sender === receiver) return true;
    return (
      (sender === undefined || this.#lets(sender, 'Egress', to, to, protocol, port)) &&
      (receiver === undefined ||
        this.#isNodeOf(receiver, source) ||
        this.#lets(
          receiver,
          'Ingress',
          from,
          { address: destination, pods: [receiver] },
          protocol,
          port,
        ))
    );
  }

  #end(address: string): End {
    const pods = this.#objects.filter(
      ({ kind, status }) =>
        kind === 'Pod' &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        (status?.podIPs ?? []).some(({ ip }) => equal(ip, address)),
    );
    return { address, pods };
  }

  /** `peer` is the other end; `target` the one whose port is asked for. */
  #lets(
    pod: ObjectJson,
    type: 'Ingress' | 'Egress',
    peer: End,
    target: End,
    protocol: string,
    port: number,
  ): boolean {
    const isolating = this.#objects.filter(
      (object) =>
        object.kind === 'NetworkPolicy' &&
        spaceOf(object) === spaceOf(pod) &&
        holds(object.spec!.podSelector ?? {}, pod.metadata.labels ?? {}) &&
        typesOf(object.spec!).includes(type),
    );
    if (isolating.length === 0) return true;
    return isolating.some((policy) =>
      ((type === 'Ingress' ? policy.spec!.ingress : policy.spec!.egress) ?? []).some((rule) => {
        const peers = (type === 'Ingress' ? rule.from : rule.to) ?? [];
        const ports = rule.ports ?? [];
        return (
          (peers.length === 0 || peers.some((each) => this.#isPeer(each, spaceOf(policy), peer))) &&
          (ports.length === 0 || ports.some((each) => isPort(each, target, protocol, port)))
        );
      }),
    );
  }

  #isPeer(peer: PeerJson, space: string, { address, pods }: End): boolean {
    if (peer.ipBlock !== undefined) {
      const { cidr, except = [] } = peer.ipBlock;
      return contains(cidr, address) && !except.some((each) => contains(each, address));
    }
    return pods.some((pod) => {
      const inSpace =
        peer.namespaceSelector === undefined
          ? spaceOf(pod) === space
          : holds(peer.namespaceSelector, this.#namespaceLabels(spaceOf(pod)));
      return inSpace && holds(peer.podSelector ?? {}, pod.metadata.labels ?? {});
    });
  }

  #namespaceLabels(name: string): Readonly<Record<string, string>> {
    const object = this.#objects.find(
      ({ kind, metadata }) => kind === 'Namespace' && metadata.name === name,
    );
    return { ...object?.metadata.labels, 'kubernetes.io/metadata.name': name };
  }

  /** 3.6. */
  #isNodeOf(pod: ObjectJson, address: string): boolean {
    const node = this.#objects.find(
      ({ kind, metadata }) => kind === 'Node' && metadata.name === pod.spec?.nodeName,
    );
    const addresses = (node?.status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
      .map((each) => each.address);
    const { hostIP } = pod.status ?? {};
    return [...addresses, ...(hostIP === undefined ? [] : [hostIP])].some((each) =>
      equal(each, address),
    );
  }
}

function spaceOf({ metadata }: ObjectJson): string {
  return metadata.namespace ?? 'default';
}

/** 3.1. */
function typesOf({ policyTypes, egress }: SpecJson): readonly string[] {
  if (policyTypes !== undefined && policyTypes.length > 0) return policyTypes;
  return (egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function holds(selector: SelectorJson, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const has = key in labels;
    const isAmong = has && values.includes(labels[key]!);
    const isTrue =
      operator === 'In'
        ? isAmong
        : operator === 'NotIn'
          ? !isAmong
          : operator === 'Exists'
            ? has
            : !has;
    if (!isTrue) return false;
  }
  return true;
}

/** 3.5. */
function isPort(written: PortJson, target: End, protocol: string, port: number): boolean {
  if ((written.protocol ?? 'TCP') !== protocol) return false;
  if (written.port === undefined) return true;
  if (typeof written.port === 'number') {
    return written.port <= port && port <= (written.endPort ?? written.port);
  }
  return target.pods.some((pod) =>
    (pod.spec?.containers ?? []).some(({ ports = [] }) =>
      ports.some(
        (each) =>
          each.name === written.port &&
          (each.protocol ?? 'TCP') === protocol &&
          each.containerPort === port,
      ),
    ),
  );
}

function equal(a: string, b: string): boolean {
  const [x, y] = [bits(a), bits(b)];
  return x === y;
}

function contains(cidr: string, address: string): boolean {
  const [base, length] = cidr.split('/');
  return (
    bits(address).startsWith(bits(base!).slice(0, Number(length))) &&
    base!.includes(':') === address.includes(':')
  );
}

/** An address as a text of its bits, so that a prefix is a prefix. */
function bits(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const middle =
    tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right]
    .map((group) => parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
