/** A machine with firewall rules, as short as a test wants it. */
import { firewallFromValue } from '../../src/firewall/load.js';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import {
  compileHost,
  normaliseHost,
  Simulator,
  type CompiledHost,
  type Diagnostic,
  type HostDescription,
  type PacketRecord,
  type SemanticOptionsInput,
  type Tuple,
} from '../../src/index.js';

export const OWN = '192.168.1.5';
export const OWN6 = 'fd00::5';
export const PEER = '192.168.1.9';
export const PEER6 = 'fd00::9';
export const FAR = '198.51.100.7';
export const POD = '172.16.0.5';

export interface MachineSpec {
  readonly rules?: readonly object[];
  readonly profiles?: Readonly<Record<string, object>>;
  readonly groupPolicy?: { readonly rules?: readonly object[] };
  readonly interface?: object;
  /** Beside that one. */
  readonly interfaces?: readonly object[];
  /** Of the `host` part of the description. */
  readonly host?: object;
  /** Of the `firewall` part of the description. */
  readonly facts?: object;
  readonly endpoints?: readonly object[];
  readonly windows?: string;
  readonly options?: SemanticOptionsInput;
}

export interface Machine {
  readonly description: HostDescription;
  readonly compiled: CompiledHost;
  readonly diagnostics: readonly Diagnostic[];
}

/** An interface `eth` of the host at OWN and OWN6 in 192.168.1.0/24, Public, and what is asked for. */
export function machine(spec: MachineSpec): Machine {
  const description = hostDescriptionFromValue(
    {
      windows: spec.windows ?? 'ws2022',
      networks: [{ name: 'nat', driver: 'nat', subnets: ['172.16.0.0/24'] }],
      endpoints: spec.endpoints ?? [],
      host: {
        interfaces: [
          {
            ...{ name: 'eth', addresses: [OWN, OWN6], prefixes: ['192.168.1.0/24', 'fd00::/64'] },
            ...spec.interface,
          },
          ...(spec.interfaces ?? []),
        ],
        ...spec.host,
      },
      firewall: spec.facts ?? {},
    },
    'host.yaml',
    { strict: true },
  );
  const policy = { version: 1, profiles: spec.profiles ?? {}, rules: spec.rules ?? [] };
  const { host, diagnostics } = normaliseHost({
    documents: [],
    description,
    firewall: [firewallFromValue(policy, 'local.json', { strict: true })],
    strict: true,
    ...(spec.options && { options: spec.options }),
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics, null, 1));
  return { compiled: compileHost(host), diagnostics, description };
}

/** A TCP connection that begins. */
export const syn = (src: string, dst: string, dport: number, more: Partial<Tuple> = {}): Tuple => ({
  ...{ proto: 'tcp', src, dst, sport: 50000, dport, flags: 'S', ...more },
});
export const udp = (src: string, dst: string, dport: number, more: Partial<Tuple> = {}): Tuple => ({
  ...{ proto: 'udp', src, dst, sport: 50000, dport, ...more },
});
export const icmp = (src: string, dst: string, type: number, code = 0): Tuple => ({
  ...{ proto: src.includes(':') ? 58 : 1, src, dst, type, code, id: 7 },
});

/** Rules for port 80, and a packet to it from either side. */
export const A80 = { Name: 'A80', Protocol: 'TCP', LocalPort: 80 };
export const B80 = { Name: 'B80', Action: 'Block', Protocol: 'TCP', LocalPort: 80 };
export const X80 = {
  ...{ Name: 'X80', Protocol: 'TCP', LocalPort: 80, OverrideBlockRules: true },
  ...{ Authentication: 'Required', RemoteMachine: 'D:(A;;CC;;;S-1-5-21-1)' },
};
/** Facts: what PEER sends is under IPsec. */
export const protectedBy = (state: string, machineSid = 'S-1-5-21-1'): object => ({
  ipsec: [{ remoteAddress: PEER, state, machine: machineSid }],
});
export const publicProfile = (settings: object): Readonly<Record<string, object>> => ({
  Public: settings,
});

export const IN80 = syn(PEER, OWN, 80);
export const OUT80 = syn(OWN, FAR, 80);

/** The records of the last packet, those before it judged too. */
export function judge({ compiled }: Machine, ...tuples: readonly Tuple[]): PacketRecord[] {
  return new Simulator(compiled).judge(tuples).at(-1)!;
}

/** `allow rule web`: verdict, reason and rule of the first record of the last packet. */
export function say(of: Machine, ...tuples: readonly Tuple[]): string {
  const [{ verdict, reason, rule }] = judge(of, ...tuples) as [PacketRecord];
  return [verdict, reason, rule].filter((word) => word !== null).join(' ');
}

/** Rules at which a verdict was counted as assumed. */
export function assumed({ compiled }: Machine, ...tuples: readonly Tuple[]): string[] {
  const simulator = new Simulator(compiled);
  simulator.judge(tuples);
  return simulator
    .counters()
    .filter((row) => row.assumed > 0)
    .map((row) => row.rule ?? row.reason);
}
