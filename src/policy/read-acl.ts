/** ACLs of both schemas, and tiers with their rules. Source: hns.md 4.2, 4.3. */
import type { Direction, RuleAction, Stage } from '../normalise/normalised-host.js';
import type { ObjectNode, SourceNode } from '../source/source-node.js';
import type { WrittenConditions, WrittenRule, WrittenTier } from './document.js';
import {
  ACL_V1_FIELDS,
  ACL_V2_FIELDS,
  READ_BACK_FIELDS,
  TIER_FIELDS,
  TIER_RULE_FIELDS,
} from './field-tables.js';
import {
  asItems,
  asObject,
  missing,
  nameOf,
  numberOf,
  optionalWord,
  readFields,
  readWord,
  textOf,
  type Fields,
  type ReadContext,
} from './read-fields.js';

export const ACTIONS = ['Allow', 'Block'] as const;
export const TIER_ACTIONS = ['Allow', 'Block', 'Pass'] as const;
export const DIRECTIONS = ['In', 'Out'] as const;
export const RULE_TYPES = ['Host', 'Switch'] as const;

const ACTION_OF: Readonly<Record<(typeof TIER_ACTIONS)[number], RuleAction>> = {
  Allow: 'allow',
  Block: 'block',
  Pass: 'pass',
};
const DIRECTION_OF: Readonly<Record<(typeof DIRECTIONS)[number], Direction>> = {
  In: 'in',
  Out: 'out',
};
const STAGE_OF: Readonly<Record<(typeof RULE_TYPES)[number], Stage>> = {
  Host: 'host',
  Switch: 'switch',
};

type ConditionFields = Fields<
  | 'Protocol'
  | 'Protocols'
  | 'LocalAddresses'
  | 'RemoteAddresses'
  | 'LocalPort'
  | 'LocalPorts'
  | 'RemotePort'
  | 'RemotePorts'
  | 'InternalPort'
>;

/** A flat ACL. Null when it is refused, or is the bare `{"Type": "ACL"}` of Server 2016. */
export function readAclV1(
  context: ReadContext,
  node: ObjectNode,
  label: string,
): WrittenRule | null {
  const { document, reporter } = context;
  if (node.value.every((field) => field.key === 'Type' || READ_BACK_FIELDS.has(field.key))) {
    const message =
      'An ACL without any field, as endpoints of Windows Server 2016 print it, is kept and is no rule.';
    reporter.info('policy-not-evaluated', { document, node }, message);
    return null;
  }
  const fields = readFields(context, node, ACL_V1_FIELDS);
  if (textOf(fields.ServiceName) !== null) {
    const service = textOf(fields.ServiceName)!;
    const message = `The rule holds for the Windows service ${service} only, which no packet shows; ${reporter.strict ? 'remove ServiceName or read leniently' : 'the rule is left out'}.`;
    reporter.lax('unsupported-condition', { document, node: fields.ServiceName! }, message, {
      found: service,
      expected: 'no ServiceName',
    });
    return null;
  }
  return readAclFields(context, node, node, 1, label, fields);
}

/** An ACL with `Settings`. Null when it is refused. */
export function readAclV2(
  context: ReadContext,
  node: ObjectNode,
  settings: ObjectNode,
  label: string,
): WrittenRule | null {
  const fields = readFields(context, settings, ACL_V2_FIELDS);
  return readAclFields(context, node, settings, 2, label, fields);
}

function readAclFields(
  context: ReadContext,
  node: ObjectNode,
  owner: ObjectNode,
  schema: 1 | 2,
  label: string,
  fields: ConditionFields & Fields<'Id' | 'Action' | 'Direction' | 'RuleType' | 'Priority'>,
): WrittenRule | null {
  const action = readWord(context, owner, 'The ACL', 'Action', fields.Action, ACTIONS);
  const direction = readWord(context, owner, 'The ACL', 'Direction', fields.Direction, DIRECTIONS);
  const ruleType = optionalWord(context, 'RuleType', fields.RuleType, RULE_TYPES);
  const id = nameOf(context, fields.Id);
  if (action === null || direction === null) return null;
  return {
    document: context.document,
    node,
    schema,
    name: id ?? label,
    hasId: id !== null,
    action: ACTION_OF[action],
    direction: DIRECTION_OF[direction],
    ruleType: ruleType === null ? null : STAGE_OF[ruleType],
    conditions: conditionsOf(fields),
    priority: fields.Priority ?? null,
  };
}

/** A tier with its rules. Null when it is refused. Source: hns.md 4.3, 6.6. */
export function readTier(
  context: ReadContext,
  node: ObjectNode,
  settings: ObjectNode,
): WrittenTier | null {
  const fields = readFields(context, settings, TIER_FIELDS);
  const name = nameOf(context, fields.Name);
  if (name === null) missing(context, settings, 'The TierAcl', 'Name', 'a text');
  const order = numberOf(fields.Order);
  if (order === null) missing(context, settings, 'The TierAcl', 'Order', 'a number');
  const direction = readWord(
    context,
    settings,
    'The TierAcl',
    'Direction',
    fields.Direction,
    DIRECTIONS,
  );
  const rules = asItems(fields.TierAclRules).map((item, i) =>
    readTierRule(context, item, direction, `${name ?? 'tier'}[${i}]`),
  );
  if (name === null || order === null || direction === null) return null;
  return {
    document: context.document,
    node,
    name,
    direction: DIRECTION_OF[direction],
    order,
    rules: rules.filter((rule) => rule !== null),
  };
}

function readTierRule(
  context: ReadContext,
  item: SourceNode,
  direction: 'In' | 'Out' | null,
  label: string,
): WrittenRule | null {
  const node = asObject(context, item);
  if (node === null) return null;
  const fields = readFields(context, node, TIER_RULE_FIELDS);
  const action = readWord(
    context,
    node,
    'The rule of the tier',
    'TierAclRuleAction',
    fields.TierAclRuleAction,
    TIER_ACTIONS,
  );
  const id = nameOf(context, fields.Id);
  if (action === null || direction === null) return null;
  return {
    document: context.document,
    node,
    schema: 2,
    name: id ?? label,
    hasId: id !== null,
    action: ACTION_OF[action],
    direction: DIRECTION_OF[direction],
    ruleType: 'switch',
    conditions: conditionsOf(fields),
    priority: fields.Priority ?? null,
  };
}

function conditionsOf(fields: ConditionFields): WrittenConditions {
  return {
    protocol: fields.Protocol ?? null,
    protocols: fields.Protocols ?? null,
    localAddresses: fields.LocalAddresses ?? null,
    remoteAddresses: fields.RemoteAddresses ?? null,
    localPort: fields.LocalPort ?? null,
    localPorts: fields.LocalPorts ?? null,
    remotePort: fields.RemotePort ?? null,
    remotePorts: fields.RemotePorts ?? null,
    internalPort: fields.InternalPort ?? null,
  };
}
