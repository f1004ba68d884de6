/**
 * What was counted, in the JSON that `vfpctrl /get-port-counter /format 1` and `/get-rule-counter /format 1`
 * print. Source: vfp.md 8.2, 12.8; docs/semantics/vfpctrl.md.
 */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NativeCounters } from '../native/engine-types.js';
import { DIRECTIONS } from '../program/layout.js';
import { readLayers, type LayerReport } from '../report/layer-counters.js';
import { readEndpoints } from '../report/read-counters.js';
import { programNames } from '../report/rule-names.js';
import { RULE_COUNTER_WORDS } from '../report/rule-counters.js';

export interface VfpCounters {
  readonly Ports: readonly VfpPortCounters[];
}

export interface VfpPortCounters {
  /** Name of the endpoint. */
  readonly Id: string;
  readonly InformationArray: {
    readonly PortCounters: readonly Readonly<Record<string, number>>[];
  };
  /** Of the switch stage. */
  readonly Layers: readonly {
    readonly Id: string;
    readonly Groups: readonly { readonly Id: string; readonly Rules: readonly VfpRule[] }[];
  }[];
}

export interface VfpRule {
  readonly Id: string;
  readonly Type: string;
  readonly InformationArray: readonly {
    readonly RuleCounters: Readonly<Record<string, number>>;
  }[];
}

/** `Direction` is 0 for out and 1 for in, as there. */
export function vfpCounters(counters: NativeCounters, compiled: CompiledHost): VfpCounters {
  const { host, model } = compiled;
  const layers = readLayers(counters, model);
  const endpoints = readEndpoints(counters, host);
  const rules = rulesByGroup(counters, compiled);
  return {
    Ports: model.endpoints.map(({ name, switchLayers }, endpoint) => ({
      Id: name,
      InformationArray: {
        PortCounters: DIRECTIONS.map((direction, number) => {
          const { allow, drop } = endpoints[endpoint]![direction];
          return portCounter(
            number,
            { packets: allow.packets + drop.packets, bytes: allow.bytes + drop.bytes },
            layers.filter(
              (row) =>
                row.endpoint === name && row.stage === 'switch' && row.direction === direction,
            ),
            (flag) => Number(counters.tcpPackets[(endpoint * 2 + number) * TCP_FLAGS + flag]!),
          );
        }),
      },
      Layers: switchLayers.map((layer) => ({
        Id: layer.name,
        Groups: layer.groups.map((group) => ({ Id: group.name, Rules: rules.get(group) ?? [] })),
      })),
    })),
  };
}

/** Numbers of TcpPacketCounter in native/core/report/counters.h. */
const TCP_FLAGS = 4;

function portCounter(
  direction: number,
  total: { readonly packets: number; readonly bytes: number },
  layers: readonly LayerReport[],
  flagged: (flag: number) => number,
): Readonly<Record<string, number>> {
  const sum = (...names: (keyof LayerReport)[]): number =>
    layers.reduce((all, row) => all + names.reduce((some, name) => some + Number(row[name]), 0), 0);
  return {
    Direction: direction,
    TotalPackets: total.packets,
    TotalBytes: total.bytes,
    DroppedPackets: sum('rule_drop', 'no_match_drop', 'refused'),
    DroppedAcl: sum('rule_drop', 'no_match_drop'),
    PendingPackets: 0,
    TcpSynPackets: flagged(0),
    TcpSynAckPackets: flagged(1),
    TcpFinPackets: flagged(2),
    TcpResetPackets: flagged(3),
    TcpConnectionsVerified: sum('verified'),
    TcpConnectionsTimedOut: sum('timed_out'),
    TcpConnectionsResets: sum('resets'),
    TcpConnectionsResetHalfTTL: sum('resets'),
    TcpConnectionsResetBySyn: sum('reset_by_syn'),
    TcpConnectionsResetByInjectedReset: 0,
    TcpConnectionsClosedByFin: sum('closed_by_fin'),
    TcpHalfOpenTimeouts: sum('half_open_timeouts'),
    TcpConnectionsExpiredToTimeWait: sum('expired_time_wait'),
  };
}

function rulesByGroup(
  { rules }: NativeCounters,
  compiled: CompiledHost,
): ReadonlyMap<unknown, readonly VfpRule[]> {
  const byGroup = new Map<unknown, VfpRule[]>();
  const groups = compiled.model.endpoints.flatMap(({ switchLayers, hostLayer }) =>
    [...switchLayers, hostLayer].flatMap((layer) =>
      layer.groups.flatMap((group) => group.rules.map(() => group)),
    ),
  );
  let at = 0;
  programNames(compiled).rules.forEach(({ group, retired, name, action }, row) => {
    if (group === null || retired !== null) return;
    const of = groups[at++];
    const packets = Number(rules[row * RULE_COUNTER_WORDS]!);
    const dropped = action === 'block' ? packets : 0;
    const counters = { MatchedPackets: packets, DroppedPackets: dropped };
    const rule: VfpRule = {
      Id: name ?? '',
      Type: action,
      InformationArray: [{ RuleCounters: { ...counters, PendingPackets: 0, DroppedFlows: 0 } }],
    };
    const known = byGroup.get(of);
    if (known === undefined) byGroup.set(of, [rule]);
    else known.push(rule);
  });
  return byGroup;
}
