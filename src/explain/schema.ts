/**
 * The form of `portacl explain --json`, from which schemas/explanation.schema.json is made. It stands
 * beside the types of explanation.ts and diagnose.ts; a test holds drawn answers against it.
 */
import { z } from 'zod';
import { FLOW_EVENTS, PACKET_FORMS, REASONS, TCP_STATES } from '../program/layout.js';
import { CONDITION_FIELDS } from './condition-values.js';

const direction = z.enum(['in', 'out']);
const stage = z.enum(['switch', 'host']);
const action = z.enum(['allow', 'block', 'pass']);
const ruleAction = z.enum(['allow', 'block', 'pass', 'nat', 'lbnat', 'encap', 'decap']);
const reason = z.enum(REASONS);
const count = z.int().min(0);
const text = z.string();
const port = z.int().min(0).max(65535).nullable();

const location = z
  .strictObject({ file: text, line: count, column: count, path: text })
  .nullable()
  .describe('where it is written; null for a default');

const decision = z
  .strictObject({
    endpoint: text.nullable(),
    direction: direction.nullable(),
    verdict: z.enum(['allow', 'drop', 'pass']),
    stage: stage.nullable(),
    layer: text.nullable(),
    group: text.nullable(),
    rule: text.nullable(),
    reason,
    flow: count.nullable(),
    flow_event: z.enum(FLOW_EVENTS.filter((event) => event !== null)).nullable(),
  })
  .describe('the columns of a packet record; docs/SEMANTICS.md 6');

const packet = z.strictObject({
  frame: count.describe('from 1'),
  time_ns: text.nullable().describe('decimal nanoseconds: since 1970 in a capture, else virtual'),
  form: z.enum(PACKET_FORMS),
  family: z.union([z.literal(4), z.literal(6)]).nullable(),
  protocol: count.max(255).nullable(),
  source: text.nullable(),
  destination: text.nullable(),
  source_port: port,
  destination_port: port,
  tcp_flags: text.nullable().describe('letters of FSRPAU'),
  icmp: z
    .strictObject({ type: count.max(255), code: count.max(255), id: count.nullable() })
    .nullable(),
  fragment: z.strictObject({ id: count, first: z.boolean() }).nullable(),
  source_mac: text.nullable(),
  destination_mac: text.nullable(),
  vlan: count.max(4095).describe('0: without a tag'),
  tni: count.nullable().describe('of its VXLAN or NVGRE header'),
  gre_key: count.nullable(),
});

const reference = {
  id: count.nullable().describe('index into the rules of the host; null for a default'),
  rule: text.nullable().describe('name of the rule; null for a default'),
  action: ruleAction,
  reason,
  priority: count.nullable(),
  location,
};

const failed = z
  .strictObject({
    field: z.enum(CONDITION_FIELDS),
    wanted: z.array(text).describe('values that would do, the nearest first; not all'),
    wanted_count: count,
    actual: text.nullable().describe('what the packet has; null: no such field'),
  })
  .nullable();

const rule = { ...reference, failed, failed_conditions: count.max(255) };

const flow = z
  .strictObject({
    id: count,
    opened: direction,
    by: z.strictObject(reference).nullable(),
    tcp_state: z.enum(TCP_STATES.slice(1) as [string, ...string[]]).nullable(),
    ends_in: z.number().nullable().describe('seconds, when no packet comes; null: never'),
  })
  .nullable();

const group = z.strictObject({
  group: text,
  priority: count,
  direction,
  family: z.union([z.literal(4), z.literal(6)]),
  result: z.enum(['rule', 'pass', 'no-match', 'other-direction', 'other-family', 'not-reached']),
  rules: z.array(z.strictObject(rule)).describe('those asked, in order'),
  not_asked: count,
});

const ends = z
  .strictObject({
    source: text.nullable(),
    destination: text.nullable(),
    source_port: port,
    destination_port: port,
  })
  .nullable();

const layer = z.strictObject({
  stage,
  layer: text.nullable(),
  priority: count.nullable(),
  verdict: z.enum(['allow', 'drop']),
  reason,
  by: z.strictObject(reference).nullable(),
  flow,
  closing_flow: flow,
  assumed: z.strictObject(reference).nullable(),
  makes_flow: z.boolean(),
  leaves_as: ends.describe('how the packet goes on, where the layer rewrites it'),
  groups: z.array(group),
});

const endpoint = z.strictObject({
  endpoint: text.nullable(),
  direction: direction.nullable(),
  follows_first_fragment: z.boolean(),
  comes_as: ends.describe('how the packet comes to it, where that is not as it was read'),
  layers: z.array(layer),
  decision,
});

const edit = z.strictObject({
  kind: z.enum(['widen', 'remove', 'add']),
  rule: text.nullable(),
  location,
  add: z.array(z.strictObject({ field: z.enum(CONDITION_FIELDS), value: text })),
  endpoint: text.nullable(),
  stage,
  direction,
  action,
  priority: count.nullable(),
});

/** What `explain` answers. */
export const diagnosisSchema = z.strictObject({
  packet,
  endpoints: z.array(endpoint),
  decision,
  near_misses: z.array(
    z.strictObject({ ...rule, endpoint: text, stage, layer: text, group: text }),
  ),
  smallest_edit: z
    .strictObject({ changes: z.array(edit), decision })
    .nullable()
    .describe('changes after which the engine gives the other verdict'),
});

/** The JSON Schema of an explanation. */
export function explanationJsonSchema(): unknown {
  return z.toJSONSchema(diagnosisSchema);
}
