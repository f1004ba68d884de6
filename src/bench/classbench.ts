/**
 * ClassBench rule sets and traces: the form in which packet classification is measured.
 *
 * A rule is one line, most important first; a packet meets the first that holds:
 *
 *     @SOURCE/LEN <tab> DESTINATION/LEN <tab> LOW : HIGH <tab> LOW : HIGH <tab> PROTOCOL/MASK …
 *
 * with the ports of the source before those of the destination, and whatever follows ignored. A
 * packet of a trace is `source destination sourcePort destinationPort protocol [rule]` in decimal.
 * Source: the ClassBench filter and trace formats (Taylor and Turner, 2007).
 */
import { PortaclError } from '../errors.js';
import type { GroupModel, RangeModel, RuleModel } from '../program/program-model.js';

/** Closed intervals; as wide as the field where a rule says nothing of it. */
export interface ClassBenchRule {
  readonly source: RangeModel<number>;
  readonly destination: RangeModel<number>;
  readonly sourcePorts: RangeModel<number>;
  readonly destinationPorts: RangeModel<number>;
  readonly protocols: RangeModel<number>;
}

/** A packet of a trace: the five fields that rules look at. */
export interface TracePacket {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
}

const ADDRESS_MAX = 0xffff_ffff;
const PORT_MAX = 0xffff;
const PROTOCOL_MAX = 0xff;

const ADDRESS = String.raw`(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})/(\d{1,2})`;
const PORTS = String.raw`(\d{1,5})\s*:\s*(\d{1,5})`;
const RULE = new RegExp(
  String.raw`^@${ADDRESS}\s+${ADDRESS}\s+${PORTS}\s+${PORTS}\s+0x([0-9a-f]{1,2})/0x([0-9a-f]{1,2})(?:\s|$)`,
  'i',
);

/** Whether a text is a rule set: its first line that is not empty begins as a rule does. */
export const looksLikeClassBench = (text: string): boolean => /^\s*@\d/.test(text);

/** @throws {PortaclError} bad-rule-set with the number of the first line that is no rule */
export function parseClassBenchRules(text: string, file: string): ClassBenchRule[] {
  return linesOf(text).map(({ line, number }) => {
    const rule = parseRule(line);
    if (rule !== null) return rule;
    throw badLine(
      file,
      number,
      'is not @source/len destination/len low : high low : high 0x../0x..',
    );
  });
}

function parseRule(line: string): ClassBenchRule | null {
  const match = RULE.exec(line);
  if (match === null) return null;
  const numbers = match.slice(1, 15).map(Number);
  const source = prefix(numbers.slice(0, 5));
  const destination = prefix(numbers.slice(5, 10));
  const sourcePorts = range(numbers[10]!, numbers[11]!, PORT_MAX);
  const destinationPorts = range(numbers[12]!, numbers[13]!, PORT_MAX);
  const protocol = parseInt(match[15]!, 16);
  const mask = parseInt(match[16]!, 16);
  if (!source || !destination || !sourcePorts || !destinationPorts) return null;
  if (mask !== 0 && mask !== PROTOCOL_MAX) return null;
  const protocols = mask === 0 ? { from: 0, to: PROTOCOL_MAX } : { from: protocol, to: protocol };
  return { source, destination, sourcePorts, destinationPorts, protocols };
}

function prefix(numbers: readonly number[]): RangeModel<number> | null {
  const [a, b, c, d, length] = numbers as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || length > 32) return null;
  const hosts = 2 ** (32 - length);
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const from = address - (address % hosts);
  return { from, to: from + hosts - 1 };
}

const range = (from: number, to: number, max: number): RangeModel<number> | null =>
  from <= to && to <= max ? { from, to } : null;

/** @throws {PortaclError} bad-rule-set with the number of the first line that is no packet */
export function parseClassBenchTrace(text: string, file: string): TracePacket[] {
  return linesOf(text).map(({ line, number }) => {
    const [source, destination, sourcePort, destinationPort, protocol] = line
      .trim()
      .split(/\s+/)
      .map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : NaN)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const sound =
      source <= ADDRESS_MAX &&
      destination <= ADDRESS_MAX &&
      sourcePort <= PORT_MAX &&
      destinationPort <= PORT_MAX &&
      protocol <= PROTOCOL_MAX;
    if (!sound) throw badLine(file, number, 'is not five decimal numbers of a packet');
    return { source, destination, sourcePort, destinationPort, protocol };
  });
}

const linesOf = (text: string): { line: string; number: number }[] =>
  text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '');

const badLine = (file: string, number: number, problem: string): PortaclError =>
  new PortaclError('bad-rule-set', `${file}:${number} the line ${problem}`);

/** The rules as a group of a rule program. Fields that a rule leaves open become no condition. */
export function classBenchGroup(rules: readonly ClassBenchRule[]): GroupModel {
  return {
    name: 'classbench',
    priority: 1,
    direction: 'in',
    family: 4,
    rules: rules.map(ruleModel),
  };
}

function ruleModel(rule: ClassBenchRule, index: number): RuleModel {
  const { source, destination, sourcePorts, destinationPorts, protocols } = rule;
  const narrow = ({ from, to }: RangeModel<number>, max: number): boolean => from > 0 || to < max;
  const wide = ({ from, to }: RangeModel<number>): RangeModel<bigint>[] => [
    { from: BigInt(from), to: BigInt(to) },
  ];
  return {
    name: `line ${index + 1}`,
    action: 'allow',
    reason: 'rule',
    terminating: true,
    stateful: true,
    priority: index + 1,
    flowMs: 0,
    source: index,
    conditions: {
      ...(narrow(source, ADDRESS_MAX) && { source: wide(source) }),
      ...(narrow(destination, ADDRESS_MAX) && { destination: wide(destination) }),
      ...(narrow(sourcePorts, PORT_MAX) && { sourcePorts: [sourcePorts] }),
      ...(narrow(destinationPorts, PORT_MAX) && { destinationPorts: [destinationPorts] }),
      ...(narrow(protocols, PROTOCOL_MAX) && { protocols: [protocols] }),
    },
  };
}
