/**
 * The conditions of one rule in the words of the packet: Local and Remote become source and
 * destination. Source: hns.md 4.2, 4.4, 6.4.
 */
import { BUILD_ACL_LISTS } from '../platform/windows-releases.js';
import type { WrittenRule } from '../policy/document.js';
import { numberOf, textOf } from '../policy/read-fields.js';
import { describe, quote, type SourceNode } from '../source/source-node.js';
import { intersectionOf } from './address-set.js';
import { LIST_ITEMS_ADVISED, readAddressField, type AddressField } from './addresses.js';
import type { Conditions, PortRange, Stage } from './normalised-host.js';
import { parsePortList, PORT_MAX, type PortProblem } from './ports.js';
import { readProtocols, SCTP, TCP, UDP } from './protocols.js';
import { placeOf, platformText, type RuleContext } from './rule-context.js';

type Ports = readonly PortRange[] | null;

const PORT_GRAMMAR = `ports from 0 to ${PORT_MAX} and ranges N-M with N not above M, separated by commas`;

/** The conditions of a rule; null when one of them is refused. All of them are looked at. */
export function readConditions(
  context: RuleContext,
  rule: WrittenRule,
  stage: Stage,
): Conditions | null {
  const { conditions } = rule;
  const protocols = readProtocols(context, rule);
  const local = readAddressField(context, rule, conditions.localAddresses);
  const remote = readAddressField(context, rule, conditions.remoteAddresses);
  const localPorts = readLocalPorts(context, rule);
  const remotePorts = readPorts(context, rule, conditions.remotePort, conditions.remotePorts);
  if (
    protocols === undefined ||
    local === null ||
    remote === null ||
    localPorts === undefined ||
    remotePorts === undefined
  ) {
    return null;
  }
  const effective =
    localPorts === null && remotePorts === null
      ? protocols
      : protocolsWithPorts(context, rule, stage, protocols);
  if (effective === undefined) return null;
  const inbound = rule.direction === 'in';
  const localIsSource = isOfPacket(context, local) || !inbound;
  const remoteIsSource = !isOfPacket(context, remote) && inbound;
  return {
    protocols: effective,
    source: intersectionOf(localIsSource ? local.set : null, remoteIsSource ? remote.set : null),
    destination: intersectionOf(
      localIsSource ? null : local.set,
      remoteIsSource ? null : remote.set,
    ),
    sourcePorts: inbound ? remotePorts : localPorts,
    destinationPorts: inbound ? localPorts : remotePorts,
  };
}

/**
 * Addresses are local and remote to the container; names of sets are source and destination in
 * both directions. Source: hns.md 6.4 (a rule on a real port; Azure NPM for names).
 * Assumption: D11.
 */
function isOfPacket({ setNameDirection }: RuleContext, { form }: AddressField): boolean {
  return form === 'set-names' && setNameDirection === 'source-destination';
}

/**
 * The protocols of a rule with ports. Undefined when refused. Source: hns.md 4.4; Q10 for rules
 * of any protocol on the switch stage.
 */
function protocolsWithPorts(
  context: RuleContext,
  rule: WrittenRule,
  stage: Stage,
  protocols: readonly number[] | null,
): readonly number[] | undefined {
  const allowed = stage === 'host' ? PORT_PROTOCOLS_OF_HOST : PORT_PROTOCOLS_OF_SWITCH;
  const wrong = protocols?.find((protocol) => !allowed.includes(protocol));
  if (protocols !== null && wrong === undefined) return protocols;
  const { reporter } = context;
  const place = placeOf(rule, rule.conditions.protocols ?? rule.conditions.protocol);
  if (protocols === null && stage === 'switch') {
    const message = `The Switch rule has ports and any protocol; it matches TCP and UDP only.`;
    reporter.warning('ports-of-any-protocol', place, message, { rule: rule.name });
    return [TCP, UDP];
  }
  const names = stage === 'host' ? 'TCP (6) or UDP (17)' : 'TCP (6), UDP (17) or SCTP (132)';
  const found = protocols === null ? 'any protocol' : `protocol ${wrong}`;
  const on = stage === 'host' ? 'a Host rule, which the Windows Firewall enforces,' : 'a rule';
  const message = `The rule has ports and ${found}; ${on} with ports needs ${names}.`;
  reporter.error('ports-need-protocol', place, message, {
    found,
    expected: names,
    rule: rule.name,
  });
  return undefined;
}

const PORT_PROTOCOLS_OF_HOST: readonly number[] = [TCP, UDP];
const PORT_PROTOCOLS_OF_SWITCH: readonly number[] = [TCP, UDP, SCTP];

/** The local ports, for which v1 has an early third field. Undefined when refused. */
function readLocalPorts(context: RuleContext, rule: WrittenRule): Ports | undefined {
  const { localPort, localPorts, internalPort } = rule.conditions;
  const ports = readPorts(context, rule, localPort, localPorts);
  const internal = readSinglePort(context, rule, internalPort);
  if (ports === undefined || internal === undefined || internal === null) return ports;
  const place = placeOf(rule, internalPort);
  const found = describe(internalPort!);
  if (rule.direction === 'out') {
    const message = `InternalPort is ${found} on an Out rule; it is the container's port of an In rule.`;
    context.reporter.error('bad-port', place, message, { found, rule: rule.name });
    return undefined;
  }
  if (ports === null || samePorts(ports, internal)) return internal;
  const message = `InternalPort is ${found} and the local ports are others; they must say the same.`;
  context.reporter.error('conflicting-fields', place, message, { found, rule: rule.name });
  return undefined;
}

/** A port field with its v1 singular form. Null is any; undefined when refused. */
function readPorts(
  context: RuleContext,
  rule: WrittenRule,
  singular: SourceNode | null,
  plural: SourceNode | null,
): Ports | undefined {
  const single = readSinglePort(context, rule, singular);
  const list = readPortList(context, rule, plural);
  if (single === undefined || list === undefined) return undefined;
  if (single === null || list === null) return single ?? list;
  if (samePorts(single, list)) return list;
  const message = `${singular!.key} is ${describe(singular!)} and ${plural!.key} is ${describe(plural!)}; they must say the same.`;
  context.reporter.error('conflicting-fields', placeOf(rule, plural), message, {
    found: describe(plural!),
    expected: describe(singular!),
    rule: rule.name,
  });
  return undefined;
}

function samePorts(a: readonly PortRange[], b: readonly PortRange[]): boolean {
  return (
    a.length === b.length &&
    a.every((range, i) => range.from === b[i]!.from && range.to === b[i]!.to)
  );
}

/** A v1 number, where 0 is any. */
function readSinglePort(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode | null,
): Ports | undefined {
  const port = numberOf(node ?? undefined);
  if (node === null || port === null || port === 0) return null;
  if (Number.isInteger(port) && port > 0 && port <= PORT_MAX) return [{ from: port, to: port }];
  const found = describe(node);
  const message = `${node.key} is ${found}; it is a port from 0 to ${PORT_MAX}.`;
  const expected = `0 to ${PORT_MAX}`;
  context.reporter.error('bad-port', placeOf(rule, node), message, {
    found,
    expected,
    rule: rule.name,
  });
  return undefined;
}

function readPortList(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode | null,
): Ports | undefined {
  const text = textOf(node ?? undefined);
  // The number 0, which lenient reading lets stand for a list, is any as in the singular fields.
  if (node === null || text === null || node.value === 0) return null;
  const list = parsePortList(text);
  // One port is the usual case.
  if ('ranges' in list && list.items === 1 && !list.isList && !list.hasSpaces) return list.ranges;
  const place = placeOf(rule, node);
  if ('problem' in list) {
    const message = `${node.key} has ${quote(list.item)}, ${PORT_PROBLEMS[list.problem]}; items are ${PORT_GRAMMAR}.`;
    const details = { found: quote(list.item), expected: PORT_GRAMMAR, rule: rule.name };
    context.reporter.error('bad-port', place, message, details);
    return undefined;
  }
  if (list.isList && context.windows.build < BUILD_ACL_LISTS) {
    const message = `${node.key} is a list or range; before build ${BUILD_ACL_LISTS} it has one port, and this is ${platformText(context)}.`;
    const details = { found: quote(text), expected: 'one port', rule: rule.name };
    context.reporter.error('needs-newer-windows', place, message, details);
    return undefined;
  }
  if (list.hasSpaces) {
    const message = `${node.key} has white space around its items; it is left aside.`;
    context.reporter.warning('space-in-list', place, message, { rule: rule.name });
  } else if (list.items > LIST_ITEMS_ADVISED) {
    const message = `${node.key} has ${list.items} items; more than ${LIST_ITEMS_ADVISED} are advised against.`;
    context.reporter.warning('long-list', place, message, { rule: rule.name });
  }
  return list.ranges;
}

const PORT_PROBLEMS: Readonly<Record<PortProblem['problem'], string>> = {
  'no-port': 'which is no port',
  above: `which is above ${PORT_MAX}`,
  reversed: 'which ends before it begins',
};
