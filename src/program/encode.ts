/** ProgramModel to bytes: what native code reads. The format stands in layout.ts. */
import {
  ACTION,
  CONDITION_FIELD,
  DIRECTION,
  DIRECTORY_ENTRY_BYTES,
  DISTRIBUTION,
  ENCAPSULATION,
  HEADER_BYTES,
  LAYER_FLAG,
  MIDSTREAM,
  NONE,
  PROGRAM_BYTES_MAX,
  PROGRAM_MAGIC,
  PROGRAM_VERSION,
  REASONS,
  RULE_FLAG,
  STAGE,
  TABLES,
  TABLE_ALIGNMENT,
  TABLE_NAMES,
  type Reason,
  type TableName,
} from './layout.js';
import type {
  ConditionsModel,
  DecisionModel,
  EncapsulationModel,
  EndpointModel,
  FrontModel,
  GroupModel,
  LayerModel,
  ProgramModel,
  RangeModel,
  RuleModel,
  TargetModel,
  TranslationModel,
} from './program-model.js';
import { TableWriter, type Row } from './table-writer.js';
import { PortaclError } from '../errors.js';
import type { FurtherCondition, SemanticOptions } from '../normalise/normalised-host.js';

const NO_MAC = 0xffffffffffffffffn;
const LOW_64 = 0xffffffffffffffffn;
/** Windows keeps reassembly state for 60 s. Assumption: A12. */
const FRAGMENT_MS = 60_000;
const FRAGMENTS_MAX = 16_384;

/** Shorter lists are written faster than found. */
const REPEATED_RANGES_MIN = 8;

const REASON_NUMBER: ReadonlyMap<Reason, number> = new Map(REASONS.map((name, i) => [name, i]));

/**
 * The bytes of a program.
 *
 * @throws {PortaclError} `program-limit` when a table or the whole is larger than the format allows.
 */
export function encodeProgram(model: ProgramModel): Uint8Array {
  return new ProgramEncoder().encode(model);
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

class ProgramEncoder {
  readonly #tables = Object.fromEntries(
    TABLE_NAMES.map((name) => [name, new TableWriter(TABLES[name])]),
  ) as Record<TableName, TableWriter>;
  readonly #stringRows = new Map<string, number>();
  /** First row of long address lists that are written; a list is of one family. */
  readonly #rangeRows = new Map<readonly RangeModel<bigint>[], number>();

  encode({ options, endpoints, retired = [], fronts = [] }: ProgramModel): Uint8Array {
    this.#string('');
    this.#tables.settings.push(settingsRow(options));
    endpoints.forEach((endpoint, index) => this.#endpoint(endpoint, index));
    for (const { decision, layerRow } of retired) this.#decision(decision, layerRow ?? NONE, NONE);
    [...fronts].sort(byFront).forEach((front) => this.#front(front));
    return this.#assemble();
  }

  #endpoint(endpoint: EndpointModel, index: number): void {
    const { addresses, broadcasts, endpoints, layers } = this.#tables;
    const addressFirst = addresses.count;
    for (const { family, value } of endpoint.addresses) {
      addresses.push([value >> 64n, value & LOW_64, family, index]);
    }
    for (const address of endpoint.broadcasts) broadcasts.push([address, index]);
    const all = [...endpoint.switchLayers, endpoint.hostLayer];
    // The rows of an endpoint's layers are one run, so they are reserved before their groups.
    const layerFirst = layers.count;
    all.forEach(() => layers.push(new Array<number>(10).fill(0)));
    all.forEach((layer, i) => this.#layer(layer, layerFirst + i, index));
    endpoints.push([
      endpoint.mac ?? NO_MAC,
      this.#string(endpoint.name),
      endpoint.network,
      addressFirst,
      endpoint.addresses.length,
      layerFirst,
      endpoint.switchLayers.length,
      layerFirst + endpoint.switchLayers.length,
      this.#decision(endpoint.noLayer, NONE, NONE),
      endpoint.compartment,
      0,
    ]);
  }

  #layer(layer: LayerModel, index: number, endpoint: number): void {
    const { groups, layers } = this.#tables;
    const groupFirst = groups.count;
    layer.groups.forEach(() => groups.push([0, 0, 0, 0, 0, 0, 0, 0]));
    layer.groups.forEach((group, i) => this.#group(group, groupFirst + i, index));
    layers.set(index, [
      this.#string(layer.name),
      endpoint,
      layer.priority,
      groupFirst,
      layer.groups.length,
      this.#decision(layer.noMatch.out, index, NONE),
      this.#decision(layer.noMatch.in, index, NONE),
      STAGE[layer.stage],
      (layer.stateful ? LAYER_FLAG.stateful : 0) |
        (layer.hasSay ? LAYER_FLAG.has_say : 0) |
        (layer.stealth ? LAYER_FLAG.stealth : 0) |
        (layer.groupAnswersOnly ? LAYER_FLAG.group_answers_only : 0) |
        (layer.translates ? LAYER_FLAG.translates : 0) |
        (layer.asksFurther ? LAYER_FLAG.asks_further : 0) |
        (layer.blocksAll ? LAYER_FLAG.blocks_all : 0) |
        (layer.encapsulates ? LAYER_FLAG.encapsulates : 0),
      0,
    ]);
  }

  #group(group: GroupModel, index: number, layer: number): void {
    const ruleFirst = this.#tables.rules.count;
    for (const rule of group.rules) this.#rule(rule, layer, index, group.family);
    this.#tables.groups.set(index, [
      this.#string(group.name),
      layer,
      group.priority,
      ruleFirst,
      group.rules.length,
      DIRECTION[group.direction],
      group.family,
      0,
    ]);
  }

  #rule(rule: RuleModel, layer: number, group: number, family: 4 | 6): void {
    const first = this.#tables.conditions.count;
    this.#conditions(rule.conditions, family);
    const count = this.#tables.conditions.count - first;
    const { translation, encapsulation } = rule;
    const writes = translation
      ? this.#translation(translation, family)
      : encapsulation
        ? this.#encapsulation(encapsulation)
        : NONE;
    this.#decision(rule, layer, group, first, count, writes);
  }

  #decision(
    decision: DecisionModel,
    layer: number,
    group: number,
    conditionFirst = 0,
    conditionCount = 0,
    translation: number = NONE,
  ): number {
    return this.#tables.rules.push([
      decision.name === null ? 0 : this.#string(decision.name),
      layer,
      group,
      decision.priority,
      decision.flowMs,
      decision.source ?? NONE,
      conditionFirst,
      conditionCount,
      translation,
      ACTION[decision.action],
      REASON_NUMBER.get(decision.reason)!,
      (decision.terminating ? RULE_FLAG.terminating : 0) |
        (decision.stateful ? RULE_FLAG.stateful : 0) |
        (decision.anyRemote ? RULE_FLAG.any_remote : 0) |
        (decision.assumes === undefined ? 0 : RULE_FLAG[`assumes_${decision.assumes}`]),
      0,
    ]);
  }

  #translation({ source, destinations, distribution }: TranslationModel, family: 4 | 6): number {
    const sourceRow = source === null ? NONE : this.#targets([source]);
    return this.#tables.translations.push([
      sourceRow,
      this.#targets(destinations),
      destinations.length,
      family,
      DISTRIBUTION[distribution],
      0,
    ]);
  }

  #encapsulation(puts: EncapsulationModel): number {
    const { source, destination } = puts;
    return this.#tables.encapsulations.push([
      ...[source >> 64n, source & LOW_64, destination >> 64n, destination & LOW_64],
      ...[puts.sourceMac, puts.destinationMac, puts.innerMac].map((mac) => mac ?? LOW_64),
      ...[puts.network, ENCAPSULATION[puts.format], puts.family, 0],
    ]);
  }

  /** The first row. */
  #targets(targets: readonly TargetModel[]): number {
    const first = this.#tables.targets.count;
    for (const { value, port, portLast = 0, endpoint } of targets) {
      this.#tables.targets.push([
        ...[value >> 64n, value & LOW_64, endpoint ?? NONE, port ?? 0, portLast],
      ]);
    }
    return first;
  }

  #front({ family, value, port, protocol, targets, distribution }: FrontModel): void {
    this.#tables.fronts.push([
      ...[value >> 64n, value & LOW_64, this.#targets(targets), targets.length],
      ...[port, protocol, family, DISTRIBUTION[distribution], 0, 0],
    ]);
  }

  #conditions(conditions: ConditionsModel, family: 4 | 6): void {
    this.#numbers(CONDITION_FIELD.protocol, conditions.protocols);
    this.#addresses(CONDITION_FIELD.source_address, conditions.source, family);
    this.#addresses(CONDITION_FIELD.destination_address, conditions.destination, family);
    this.#numbers(CONDITION_FIELD.source_port, conditions.sourcePorts);
    this.#numbers(CONDITION_FIELD.destination_port, conditions.destinationPorts);
    this.#numbers(CONDITION_FIELD.icmp_type_code, conditions.icmp);
    conditions.further?.forEach((condition) => this.#further(condition));
  }

  #further({ field, ranges }: FurtherCondition): void {
    const { conditions, ranges64 } = this.#tables;
    const first = ranges64.count;
    for (const { from, to } of ranges) ranges64.push([BigInt(from), BigInt(to)]);
    conditions.push([first, ranges.length, CONDITION_FIELD[field]]);
  }

  #numbers(field: number, ranges: readonly RangeModel<number>[] | undefined): void {
    if (ranges === undefined) return;
    const { conditions, ranges16 } = this.#tables;
    const first = ranges16.count;
    for (const { from, to } of ranges) ranges16.push([from, to]);
    conditions.push([first, ranges.length, field]);
  }

  #addresses(
    field: number,
    ranges: readonly RangeModel<bigint>[] | undefined,
    family: 4 | 6,
  ): void {
    if (ranges === undefined) return;
    const { conditions } = this.#tables;
    const table = family === 4 ? this.#tables.ranges_ipv4 : this.#tables.ranges_ipv6;
    const first = table.count;
    // Many rules share a large list: its bytes are made once and copied.
    const isLong = ranges.length >= REPEATED_RANGES_MIN;
    const known = isLong ? this.#rangeRows.get(ranges) : undefined;
    if (known !== undefined) {
      table.repeat(known, ranges.length);
    } else {
      if (isLong) this.#rangeRows.set(ranges, first);
      for (const { from, to } of ranges) {
        if (family === 4) table.push([Number(from), Number(to)]);
        else table.push([from >> 64n, from & LOW_64, to >> 64n, to & LOW_64]);
      }
    }
    conditions.push([first, ranges.length, field]);
  }

  #string(text: string): number {
    const known = this.#stringRows.get(text);
    if (known !== undefined) return known;
    const { strings, text: all } = this.#tables;
    const first = all.appendText(text);
    const row = strings.push([first, all.count - first]);
    this.#stringRows.set(text, row);
    return row;
  }

  #assemble(): Uint8Array {
    const align = (n: number): number => Math.ceil(n / TABLE_ALIGNMENT) * TABLE_ALIGNMENT;
    let end = HEADER_BYTES + TABLE_NAMES.length * DIRECTORY_ENTRY_BYTES;
    const offsets = TABLE_NAMES.map((name) => {
      const table = this.#tables[name];
      checkLimit(`rows of ${name}`, table.count, TABLES[name].rowsMax);
      const offset = align(end);
      end = offset + table.bytes.length;
      return offset;
    });
    checkLimit('bytes', end, PROGRAM_BYTES_MAX);
    const out = new Uint8Array(end);
    const view = new DataView(out.buffer);
    [PROGRAM_MAGIC, PROGRAM_VERSION | (TABLE_NAMES.length << 16), end, 0].forEach((word, i) =>
      view.setUint32(i * 4, word, true),
    );
    TABLE_NAMES.forEach((name, i) => {
      const table = this.#tables[name];
      const entry = [offsets[i]!, table.count, table.bytesPerRow, 0];
      entry.forEach((word, k) =>
        view.setUint32(HEADER_BYTES + i * DIRECTORY_ENTRY_BYTES + k * 4, word, true),
      );
      out.set(table.bytes, offsets[i]);
    });
    return out;
  }
}

function settingsRow(options: SemanticOptions): Row {
  const { timers } = options;
  return [
    milliseconds(timers.switchHalfOpen),
    milliseconds(timers.switchTimeWait),
    milliseconds(timers.switchReset),
    milliseconds(timers.hostUdp),
    milliseconds(timers.hostIcmp),
    milliseconds(timers.hostMulticast),
    milliseconds(timers.hostHalfOpen),
    milliseconds(timers.hostTimeWait),
    FRAGMENT_MS,
    FRAGMENTS_MAX,
    options.flowLimit,
    options.flowLimits.halfOpen,
    options.flowLimits.tcp,
    options.flowLimits.udp,
    options.flowLimits.other,
    MIDSTREAM[options.midstream],
    options.neighborDiscovery === 'exempt' ? 1 : 0,
    options.icmpErrors === 'flow' ? 1 : 0,
    options.unknownConditions === 'report' ? 1 : 0,
    options.invalidTcp === 'drop' ? 1 : 0,
    options.dhcpAnswers === 'always' ? 1 : 0,
    options.flowsOfDropped === 'keep' ? 1 : 0,
    0,
  ];
}

/** As the loader wants them: front_order() of native/core/program/program.h. */
function byFront(a: FrontModel, b: FrontModel): number {
  const address = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  return a.family - b.family || address || a.protocol - b.protocol || a.port - b.port;
}

function checkLimit(what: string, count: number, limit: number): void {
  if (count > limit) {
    throw new PortaclError(
      'program-limit',
      `the policies need ${count} ${what}; a rule program holds at most ${limit}`,
    );
  }
}
