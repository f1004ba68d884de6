/**
 * The form of a host description. This file, firewall-form.ts and src/explain/schema.ts alone load the package `zod`; the
 * JSON Schema for editors is made from it, {@link hostJsonSchema}. What the words mean (drivers,
 * addresses, ports) is checked in load.ts, with the same readers as everywhere else.
 */
import { z } from 'zod';
import { firewallForm, hostForm, interfaceFields } from './firewall-form.js';
import {
  FLOW_LIMIT_MAX,
  OPTION_WORDS,
  TIMER_SECONDS_MAX,
  TIMER_SECONDS_MIN,
} from '../normalise/options.js';

const text = z.string().min(1);
const windowsText = z.union([text, z.number()]);
/** HNS policies as they are written in documents, or names of files that hold them. */
const policyItem = z.union([z.string(), z.record(z.string(), z.unknown())]);
const seconds = z.number().min(TIMER_SECONDS_MIN).max(TIMER_SECONDS_MAX);

const network = z.strictObject({
  name: text,
  driver: text,
  subnets: z.array(text).optional(),
  /** Number of an overlay network in VXLAN: 24 bits. */
  vni: z.int().min(0).max(0xffffff).optional(),
  documents: z.array(text).optional(),
});

const ports = z.array(z.union([text, z.int()]));

const container = z.strictObject({ name: text, ports: ports.optional() });

const endpoint = z.strictObject({
  name: text,
  network: text.optional(),
  isolation: text.optional(),
  owner: text.optional(),
  addresses: z.array(text).optional(),
  mac: text.optional(),
  compartment: z.int().min(2).optional(),
  policies: z.union([policyItem, z.array(policyItem)]).optional(),
  ports: ports.optional(),
  containers: z.array(container).optional(),
  /** Windows Firewall of a guest: files. */
  firewall: z.array(text).optional(),
  ...interfaceFields,
});

const flowLimit = z.int().min(1).max(FLOW_LIMIT_MAX);
const options = z.strictObject({
  tieBreak: z.enum(OPTION_WORDS.tieBreak).optional(),
  implicitDeny: z.enum(OPTION_WORDS.implicitDeny).optional(),
  networkAcl: z.enum(OPTION_WORDS.networkAcl).optional(),
  setNameDirection: z.enum(OPTION_WORDS.setNameDirection).optional(),
  emptyNestedSet: z.enum(OPTION_WORDS.emptyNestedSet).optional(),
  hostFirewall: z.enum(OPTION_WORDS.hostFirewall).optional(),
  hostAclOrder: z.enum(OPTION_WORDS.hostAclOrder).optional(),
  midstream: z.enum(OPTION_WORDS.midstream).optional(),
  neighborDiscovery: z.enum(OPTION_WORDS.neighborDiscovery).optional(),
  icmpErrors: z.enum(OPTION_WORDS.icmpErrors).optional(),
  flowsOfDropped: z.enum(OPTION_WORDS.flowsOfDropped).optional(),
  invalidTcp: z.enum(OPTION_WORDS.invalidTcp).optional(),
  unknownConditions: z.enum(OPTION_WORDS.unknownConditions).optional(),
  hostRules: z.enum(OPTION_WORDS.hostRules).optional(),
  shielded: z.enum(OPTION_WORDS.shielded).optional(),
  sameId: z.enum(OPTION_WORDS.sameId).optional(),
  plainTraffic: z.enum(OPTION_WORDS.plainTraffic).optional(),
  localSubnet: z.enum(OPTION_WORDS.localSubnet).optional(),
  hardening: z.enum(OPTION_WORDS.hardening).optional(),
  dhcpAnswers: z.enum(OPTION_WORDS.dhcpAnswers).optional(),
  flowsWhileOff: z.enum(OPTION_WORDS.flowsWhileOff).optional(),
  encapsulation: z.enum(OPTION_WORDS.encapsulation).optional(),
  outboundNat: z.enum(OPTION_WORDS.outboundNat).optional(),
  otherProtocolReplies: z.enum(OPTION_WORDS.otherProtocolReplies).optional(),
  legacyInboundExceptions: z.enum(OPTION_WORDS.legacyInboundExceptions).optional(),
  onPolicyChange: z.enum(OPTION_WORDS.onPolicyChange).optional(),
  flowLimit: flowLimit.optional(),
  flowLimits: z
    .strictObject({
      halfOpen: flowLimit.optional(),
      tcp: flowLimit.optional(),
      udp: flowLimit.optional(),
      other: flowLimit.optional(),
    })
    .optional(),
  timers: z
    .strictObject({
      switchFlow: seconds.optional(),
      switchHalfOpen: seconds.optional(),
      switchTimeWait: seconds.optional(),
      switchReset: seconds.optional(),
      hostUdp: seconds.optional(),
      hostIcmp: seconds.optional(),
      hostMulticast: seconds.optional(),
      hostHalfOpen: seconds.optional(),
      hostTimeWait: seconds.optional(),
    })
    .optional(),
});

/** Source: interfaces.md 7. */
const schema = z.strictObject({
  windows: windowsText.optional(),
  addresses: z.array(text).optional(),
  networks: z.array(network).optional(),
  endpoints: z.array(endpoint).optional(),
  host: hostForm.optional(),
  firewall: firewallForm.optional(),
  options: options.optional(),
});

/** One thing wrong with the form. */
export interface FormIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly unknownKeys: readonly string[];
}

export type HostForm = z.infer<typeof schema>;

/** The form of a value, or all that is wrong with it. */
export function checkForm(
  value: unknown,
): { readonly form: HostForm } | { readonly issues: readonly FormIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { form: result.data };
  return {
    issues: result.error.issues.map((issue) => ({
      path: issue.path.filter((step) => typeof step !== 'symbol'),
      message: issue.message,
      unknownKeys: issue.code === 'unrecognized_keys' ? issue.keys : [],
    })),
  };
}

/** The JSON Schema of a host description, for editors. */
export function hostJsonSchema(): unknown {
  return z.toJSONSchema(schema);
}

/** Names of the fields at a place, for `did you mean`. */
export const FORM_FIELDS: readonly string[] = [
  ...Object.keys(schema.shape),
  ...Object.keys(network.shape),
  ...Object.keys(endpoint.shape),
  ...Object.keys(container.shape),
  ...Object.keys(hostForm.shape),
  ...Object.keys(firewallForm.shape),
  ...Object.keys(options.shape),
];
