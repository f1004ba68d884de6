/**
 * The platform model as a list: what `Get-NetCompartment` shows on a Windows host, and for every
 * endpoint which stages exist, what they do by default and which ACLs its cell accepts.
 * Source: hns.md R1 to R18, 5.1, 5.2.
 */
import { formatAddress } from '../normalise/address.js';
import type {
  FirewallSide,
  HostStage,
  NormalisedEndpoint,
  NormalisedHost,
  SwitchStage,
} from '../normalise/normalised-host.js';
import { TCP } from '../normalise/protocols.js';
import type { Isolation } from '../platform/platform.js';
import { stageCell } from '../platform/stage-table.js';
import { modelReport } from './model-report.js';
import type { ModelReport } from './replay-report.js';

export interface StageView {
  /** Whether documents can program it. */
  readonly programmable: boolean;
  /** Rules asked, by direction. */
  readonly rules: { readonly in: number; readonly out: number };
  /** What holds when no rule decides, by direction: verdict and reason. */
  readonly default: { readonly in: string; readonly out: string };
}

export interface PublishedView {
  /** `tcp` or `udp`. */
  readonly protocol: string;
  /** Null when the service chooses it. */
  readonly externalPort: number | null;
  readonly internalPort: number;
}

export interface CompartmentView {
  readonly compartment: number;
  /** Container or pod; `host` for compartment 1. */
  readonly owner: string;
  /** Of a pod; they share the compartment (R15). */
  readonly containers: readonly string[];
  readonly endpoint: string | null;
  readonly addresses: readonly string[];
  /** Ports of the host that lead to it. */
  readonly published: readonly PublishedView[];
  readonly network: string | null;
  readonly driver: string | null;
  readonly isolation: string | null;
  /** R4, R5: how it is attached to the virtual switch. */
  readonly attachment: string;
  readonly accepts: readonly string[];
  readonly switch: StageView | null;
  readonly host: StageView | null;
}

export interface HostView {
  readonly model: ModelReport;
  readonly compartments: readonly CompartmentView[];
}

export function hostView(host: NormalisedHost): HostView {
  return {
    model: modelReport(host),
    // R2: the host's own stack is always there, without being declared.
    compartments: [
      ...(host.endpoints.some(({ compartment }) => compartment === 1)
        ? []
        : [{ ...HOST_COMPARTMENT, addresses: host.addresses.map(formatAddress) }]),
      ...host.endpoints.map((e) => compartmentOf(host, e)),
    ],
  };
}

const HOST_COMPARTMENT: CompartmentView = {
  compartment: 1,
  owner: 'host',
  containers: [],
  endpoint: null,
  addresses: [],
  published: [],
  network: null,
  driver: null,
  isolation: null,
  attachment: 'management vNIC',
  accepts: [],
  switch: null,
  host: null,
};

/** R2, R4, R5. */
const ATTACHMENTS: Readonly<Record<Isolation, string>> = {
  process: 'host vNIC',
  hyperv: 'synthetic VM NIC',
  host: 'management vNIC',
};

function compartmentOf(host: NormalisedHost, endpoint: NormalisedEndpoint): CompartmentView {
  const network = host.networks[endpoint.network]!;
  const accepts = stageCell(network.driver, endpoint.isolation)?.accepts ?? [];
  return {
    compartment: endpoint.compartment,
    owner: endpoint.owner ?? endpoint.name,
    containers: endpoint.containers,
    endpoint: endpoint.name,
    addresses: endpoint.addresses.map(formatAddress),
    published: endpoint.published.map(({ protocol, ...ports }) => ({
      protocol: protocol === TCP ? 'tcp' : 'udp',
      ...ports,
    })),
    network: network.name,
    driver: network.driver,
    isolation: endpoint.isolation,
    attachment: ATTACHMENTS[endpoint.isolation],
    accepts,
    switch: switchView(endpoint.switchStage, accepts.includes('switch')),
    host: hostStageView(endpoint.hostStage, accepts.includes('host')),
  };
}

const byDirection = (deny: {
  readonly in: boolean;
  readonly out: boolean;
}): StageView['default'] => ({
  in: deny.in ? 'drop (implicit-deny)' : 'allow (default-allow)',
  out: deny.out ? 'drop (implicit-deny)' : 'allow (default-allow)',
});

function switchView(stage: SwitchStage, programmable: boolean): StageView {
  if (stage.kind === 'no-acl-layer') {
    const open = 'allow (no-acl-layer)';
    return { programmable, rules: { in: 0, out: 0 }, default: { in: open, out: open } };
  }
  if (stage.kind === 'vfp') {
    const groups = stage.layers.flatMap((layer) => layer.groups);
    // A rule of both families stands in two groups.
    const rules = (direction: 'in' | 'out'): number =>
      new Set(
        groups
          .filter((group) => group.direction === direction)
          .flatMap((group) => group.rules.map(({ id }) => id)),
      ).size;
    const port = stage.layers.find((layer) => layer.port !== undefined)?.port;
    if (port !== undefined) {
      const all = port === 'disabled' ? 'allow (port-not-filtered)' : 'drop (port-blocked)';
      return { programmable, rules: { in: 0, out: 0 }, default: { in: all, out: all } };
    }
    const open = stage.layers.every(({ defaultAllow }) => defaultAllow);
    return {
      programmable,
      rules: { in: rules('in'), out: rules('out') },
      default: byDirection({ in: !open, out: !open }),
    };
  }
  const count = (lists: typeof stage.in): number => lists.reduce((n, l) => n + l.rules.length, 0);
  return {
    programmable,
    rules: { in: count(stage.in), out: count(stage.out) },
    default: byDirection(stage.implicitDeny),
  };
}

function hostStageView(stage: HostStage, programmable: boolean): StageView {
  switch (stage.kind) {
    case 'guest-default-allow':
    case 'firewall-off': {
      const open = `allow (${stage.kind})`;
      return { programmable, rules: { in: 0, out: 0 }, default: { in: open, out: open } };
    }
    case 'firewall': {
      const count = ({ lists }: FirewallSide): number =>
        lists.reduce((n, { rules }) => n + rules.length, 0);
      const say = ({ default: { action, reason } }: FirewallSide): string =>
        `${action === 'allow' ? 'allow' : 'drop'} (${reason})`;
      return {
        programmable,
        rules: { in: count(stage.in), out: count(stage.out) },
        default: { in: say(stage.in), out: say(stage.out) },
      };
    }
    case 'container-defaults':
      return {
        programmable,
        rules: { in: stage.mappings.length, out: 0 },
        default: { in: inboundDefault(stage), out: outboundDefault(stage) },
      };
    case 'acl':
      return {
        programmable,
        rules: { in: stage.in.length + stage.mappings.length, out: stage.out.length },
        default: byDirection(stage.implicitDeny),
      };
  }
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
};

type ContainerDefaults = Extract<HostStage, { kind: 'container-defaults' }>;

/** Source: hns.md R10 to R13, Q13. */
function inboundDefault({
  inboundProtocols,
  inboundExceptions,
  inboundDeny,
}: ContainerDefaults): string {
  const deny = `drop (${inboundDeny})`;
  const ports = inboundExceptions.map(
    ({ protocol, sourcePort, destinationPort }) =>
      `${protocolName(protocol)} ${sourcePort} to ${destinationPort ?? 'any'}`,
  );
  const allowed = [...inboundProtocols.map(protocolName), ...ports];
  if (allowed.length === 0) return deny;
  return `allow ${allowed.join(', ')} (default-allow-inbound), else ${deny}`;
}

/** Source: hns.md R9, Q5. */
function outboundDefault({ outboundFlows }: ContainerDefaults): string {
  const allow = 'allow (default-allow-outbound)';
  if (outboundFlows === null) return allow;
  return `${allow}, answers of ${outboundFlows.map(protocolName).join(', ')} only`;
}

const protocolName = (number: number): string => PROTOCOL_NAMES[number] ?? String(number);
