/**
 * Lists of policies: which type each one is and which of the two schemas. The schema is decided
 * per policy, not per file. Source: hns.md 4.1, 4.6.
 */
import type { VfpLayer } from '../vfpctrl/vfp-layer.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  member,
  quote,
  type ObjectNode,
  type SourceNode,
} from '../source/source-node.js';
import type {
  WrittenMapping,
  WrittenOutboundNat,
  WrittenProvider,
  WrittenRemoteRoute,
  WrittenPolicies,
  WrittenRule,
  WrittenSet,
  WrittenTier,
} from './document.js';
import {
  EVALUATED_POLICY_TYPES,
  MAPPING_FIELDS,
  OTHER_POLICY_TYPES,
  POLICY_V2_FIELDS,
  SET_FIELDS,
} from './field-tables.js';
import { readAclV1, readAclV2, readTier } from './read-acl.js';
import {
  asItems,
  asObject,
  missing,
  nameOf,
  numberOf,
  readFields,
  textOf,
  wrongType,
  type ReadContext,
} from './read-fields.js';

export const NO_POLICIES: WrittenPolicies = {
  rules: [],
  tiers: [],
  sets: [],
  networkAcls: [],
  mappings: [],
  outboundNats: [],
  remoteRoutes: [],
  providers: [],
  layers: [],
};

/** Policies in the making, and what was seen beside them. One per document. */
export interface PolicyCounts {
  /** Policies of known types that decide nothing here, by type. */
  readonly kept: Map<string, number>;
  /** Types no schema knows that were already reported. */
  readonly unknown: Set<string>;
  /** Whether such a type is refused in strict reading. */
  readonly unknownTypes: 'refuse' | 'keep';
}

export interface PolicyList {
  readonly rules: WrittenRule[];
  readonly tiers: WrittenTier[];
  readonly sets: WrittenSet[];
  readonly networkAcls: WrittenRule[];
  readonly mappings: WrittenMapping[];
  readonly outboundNats: WrittenOutboundNat[];
  readonly remoteRoutes: WrittenRemoteRoute[];
  readonly providers: WrittenProvider[];
  readonly layers: VfpLayer[];
}

export function emptyPolicyList(): PolicyList {
  return {
    ...{ rules: [], tiers: [], sets: [], networkAcls: [] },
    ...{ mappings: [], outboundNats: [], remoteRoutes: [], providers: [], layers: [] },
  };
}

/** Reads one item of a list into `list`. `label` names the rule if it has no Id. */
export function readPolicy(
  context: ReadContext,
  item: SourceNode,
  label: string,
  list: PolicyList,
  counts: PolicyCounts,
): void {
  const node = asObject(context, item);
  if (node === null) return;
  const typeNode = member(node, 'Type') ?? memberInAnyCase(context, node, 'Type');
  const written = textOf(typeNode ?? undefined);
  if (typeNode !== null && written === null && typeNode.value !== null && typeNode.value !== '') {
    wrongType(context, typeNode, 'the name of a type of policy');
    return;
  }
  if (typeNode === null || written === null) {
    missing(
      context,
      node,
      'The policy',
      'Type',
      `${EVALUATED_POLICY_TYPES.join(', ')} or another type of policy`,
    );
    return;
  }
  const type = knownType(context, typeNode, written);
  if (type === null) {
    reportUnknownType(context, typeNode, written, counts);
    return;
  }
  const settings = settingsOf(context, node);
  if (settings === null) return;
  readTyped(context, type, node, settings, label, list, counts);
}

function readTyped(
  context: ReadContext,
  type: string,
  node: ObjectNode,
  settings: ObjectNode,
  label: string,
  list: PolicyList,
  counts: PolicyCounts,
): void {
  switch (type) {
    case 'ACL':
    case 'NetworkACL':
      push(
        type === 'ACL' ? list.rules : list.networkAcls,
        settings === node
          ? readAclV1(context, node, label)
          : readAclV2(context, node, settings, label),
      );
      break;
    case 'TierAcl':
      push(list.tiers, readTier(context, node, settings));
      break;
    case 'SetPolicy':
      push(list.sets, readSet(context, node, settings));
      break;
    case 'NAT':
    case 'PortMapping':
      push(list.mappings, readMapping(context, node, settings));
      break;
    case 'OutBoundNAT':
      list.outboundNats.push(readOutboundNat(context, node, settings));
      counts.kept.set(type, (counts.kept.get(type) ?? 0) + 1);
      break;
    case 'RemoteSubnetRoute':
      list.remoteRoutes.push(readRemoteRoute(context, node, settings));
      counts.kept.set(type, (counts.kept.get(type) ?? 0) + 1);
      break;
    case 'PA':
    case 'ProviderAddress': {
      const address = member(settings, type === 'PA' ? 'PA' : 'ProviderAddress');
      list.providers.push({ document: context.document, node, address });
      counts.kept.set(type, (counts.kept.get(type) ?? 0) + 1);
      break;
    }
    default:
      counts.kept.set(type, (counts.kept.get(type) ?? 0) + 1);
  }
}

function push<T>(list: T[], item: T | null): void {
  if (item !== null) list.push(item);
}

/** The object that has the fields: `Settings` in the second schema, the policy itself in the first. */
function settingsOf(context: ReadContext, node: ObjectNode): ObjectNode | null {
  const settings = member(node, 'Settings');
  if (settings === null) return node;
  readFields(context, node, POLICY_V2_FIELDS);
  if (settings.kind === 'object') return settings;
  if (settings.kind === 'array') wrongType(context, settings, 'an object');
  if (settings.kind === 'null') missing(context, node, 'The policy', 'Settings', 'an object');
  return null;
}

function memberInAnyCase(context: ReadContext, node: ObjectNode, name: string): SourceNode | null {
  const found = node.value.find((field) => field.key.toLowerCase() === name.toLowerCase()) ?? null;
  if (found === null) return null;
  const message = `The field ${found.key} is written ${name}; the service does not read it in another case.`;
  const place = { document: context.document, node: found, part: 'key' } as const;
  context.reporter.lax('unknown-field', place, message, { found: found.key, expected: name });
  return found;
}

const POLICY_TYPES: readonly string[] = [...EVALUATED_POLICY_TYPES, ...OTHER_POLICY_TYPES];

/** The type in its right spelling; null when no schema has it. */
function knownType(context: ReadContext, node: SourceNode, written: string): string | null {
  if (POLICY_TYPES.includes(written)) return written;
  const type = POLICY_TYPES.find((known) => known.toLowerCase() === written.toLowerCase());
  if (type === undefined) return null;
  const message = `Type is ${quote(written)}; it is written ${type}.`;
  const details = { found: quote(written), expected: type };
  context.reporter.lax('unknown-value', { document: context.document, node }, message, details);
  return type;
}

function reportUnknownType(
  context: ReadContext,
  node: SourceNode,
  written: string,
  counts: PolicyCounts,
): void {
  if (counts.unknown.has(written)) return;
  counts.unknown.add(written);
  const { document, reporter } = context;
  const hint = didYouMean(written, POLICY_TYPES);
  const message = `No schema knows the policy type ${quote(written)}; it is kept and not evaluated.${hint}`;
  const details = { found: quote(written), expected: EVALUATED_POLICY_TYPES.join(', ') };
  const severity = reporter.strict && counts.unknownTypes === 'refuse' ? 'error' : 'info';
  reporter[severity]('unknown-policy-type', { document, node }, message, details);
}

/** One note per document on what is kept beside the rules. */
export function reportKept(context: ReadContext, counts: PolicyCounts): void {
  if (counts.kept.size === 0) return;
  const { document, reporter } = context;
  const list = [...counts.kept].map(([type, count]) => (count === 1 ? type : `${type} (${count})`));
  const message = `Policies of other types are kept and decide no verdict here: ${list.join(', ')}.`;
  reporter.info('policy-not-evaluated', { document, node: document.root }, message);
}

export const SET_TYPES = ['IPSET', 'NESTEDIPSET'] as const;

function readSet(context: ReadContext, node: ObjectNode, settings: ObjectNode): WrittenSet | null {
  const fields = readFields(context, settings, SET_FIELDS);
  const id = nameOf(context, fields.Id);
  if (id === null) missing(context, settings, 'The SetPolicy', 'Id', 'a text');
  const type = readSetType(context, settings, fields.PolicyType, fields.Values);
  if (id === null || type === null) return null;
  return { document: context.document, node, id, type, values: fields.Values ?? null };
}

/**
 * Assumption: the PowerShell module writes a number whose values no source names, so for a number
 * the values tell: addresses make a set, other names a nested set.
 */
function readSetType(
  context: ReadContext,
  owner: ObjectNode,
  field: SourceNode | undefined,
  values: SourceNode | undefined,
): WrittenSet['type'] | null {
  if (field?.kind === 'number') {
    const first = textOf(values)?.split(',')[0] ?? '';
    return first === '' || /^[\d.]+(?:\/|$)|:/.test(first) ? 'IPSET' : 'NESTEDIPSET';
  }
  if (field === undefined) {
    missing(context, owner, 'The SetPolicy', 'PolicyType', SET_TYPES.join(', '));
    return null;
  }
  const text = field.kind === 'string' ? field.value : '';
  const type = SET_TYPES.find((known) => known === text.toUpperCase());
  const expected = SET_TYPES.join(', ');
  const details = { found: describe(field), expected };
  const place = { document: context.document, node: field };
  if (type === undefined) {
    const message = `PolicyType is ${describe(field)}; it is one of ${expected}.`;
    context.reporter.error('unknown-value', place, message, details);
    return null;
  }
  if (type !== text) {
    const message = `PolicyType is ${describe(field)}; it is written ${type}.`;
    context.reporter.lax('unknown-value', place, message, details);
  }
  return type;
}

/** What is wrong in it is said where a verdict rests on it (plan-outbound-nat.ts). */
function readOutboundNat(
  context: ReadContext,
  node: ObjectNode,
  settings: ObjectNode,
): WrittenOutboundNat {
  const lists = [member(settings, 'ExceptionList'), member(settings, 'Exceptions')];
  const exceptions = lists.flatMap((list) => asItems(list ?? undefined));
  const destinations = asItems(member(settings, 'Destinations') ?? undefined);
  const vip = member(settings, 'VIP') ?? member(settings, 'VirtualIP');
  return { document: context.document, node, exceptions, destinations, vip };
}

/** The same in both schemas. Source: hcsshim, RemoteSubnetRoutePolicySetting. */
function readRemoteRoute(
  context: ReadContext,
  node: ObjectNode,
  settings: ObjectNode,
): WrittenRemoteRoute {
  return {
    document: context.document,
    node,
    prefix: member(settings, 'DestinationPrefix'),
    network: member(settings, 'IsolationId'),
    provider: member(settings, 'ProviderAddress'),
    mac: member(settings, 'DistributedRouterMacAddress'),
  };
}

function readMapping(context: ReadContext, node: ObjectNode, settings: ObjectNode): WrittenMapping {
  // `Flags` is a field of this policy and a read-back extra of others.
  const fields = readFields(context, settings, MAPPING_FIELDS);
  return {
    document: context.document,
    node,
    protocol: portProtocol(context, fields.Protocol),
    internalPort: fields.InternalPort ?? null,
    externalPort: fields.ExternalPort ?? null,
    vip: textOf(fields.VIP) ?? '',
    flags: numberOf(fields.Flags) ?? 0,
  };
}

/** Of a port: a text in the first schema and a number in the second. Errors: wrong-type. */
export function portProtocol(
  context: ReadContext,
  field: SourceNode | undefined,
): SourceNode | null {
  if (field === undefined) return null;
  if (field.kind === 'string' || field.kind === 'number') return field;
  wrongType(context, field, 'TCP (6) or UDP (17)');
  return null;
}
