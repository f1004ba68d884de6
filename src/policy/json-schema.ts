/**
 * The JSON Schema of documents of the Host Networking Service, for editors: what strict reading takes
 * as to names, types and words. What addresses, ports and priorities mean is not in it.
 */
import {
  ACL_V1_FIELDS,
  ACL_V2_FIELDS,
  BALANCER_FIELDS,
  BALANCER_PORT_FIELDS,
  ELB_FIELDS,
  ENDPOINT_V1_FIELDS,
  ENDPOINT_V2_FIELDS,
  IP_CONFIGURATION_FIELDS,
  MAPPING_FIELDS,
  NETWORK_FIELDS,
  OTHER_POLICY_TYPES,
  POLICY_V2_FIELDS,
  READ_BACK_FIELDS,
  REQUEST_FIELDS,
  SET_FIELDS,
  TIER_FIELDS,
  TIER_RULE_FIELDS,
  type FieldTable,
  type FieldType,
} from './field-tables.js';
import { ACTIONS, DIRECTIONS, RULE_TYPES, TIER_ACTIONS } from './read-acl.js';
import { SET_TYPES } from './read-policies.js';

type Schema = Readonly<Record<string, unknown>>;

/** Null and absent are one and the same to the readers. */
const TYPE_OF: Readonly<Record<FieldType, Schema>> = {
  text: { type: ['string', 'null'] },
  number: { type: ['number', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  list: { type: ['array', 'object', 'null'] },
  any: {},
};

const SOMETHING: Schema = { type: ['string', 'number'], minLength: 1 };
const PRESENT_OF: Readonly<Record<FieldType, Schema>> = {
  text: { type: 'string', minLength: 1 },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  list: { type: ['array', 'object'] },
  any: SOMETHING,
};

/** Source: hns.md 4.7. */
const NETWORK_TYPES = [
  ...['NAT', 'ICS', 'Transparent', 'L2Bridge', 'L2Tunnel', 'Overlay', 'Private', 'Internal'],
  ...['Mirrored', 'ConstrainedICS'],
];

/** A field that only has to be there. */
const PRESENT: Schema = { type: ['array', 'object', 'string', 'number', 'boolean', 'null'] };

/** Fields of a table; `known` says more of some than their types. */
function object(
  table: FieldTable<string>,
  required: readonly string[],
  known: Readonly<Record<string, Schema>> = {},
): Schema {
  // Of policies a field that is needed may not be empty; what endpoints lack is assumed.
  const needed = table.unknown === 'report' ? required : [];
  const fields = [...table.types].map(([name, type]) => [
    name,
    known[name] ?? (needed.includes(name) ? PRESENT_OF[type] : TYPE_OF[type]),
  ]);
  const extras = [...READ_BACK_FIELDS].filter((name) => !table.types.has(name));
  return {
    type: 'object',
    properties: Object.fromEntries([...fields, ...extras.map((name) => [name, {}])]) as Schema,
    required,
    ...(table.unknown === 'report' ? { additionalProperties: false } : {}),
  };
}

const words = (list: readonly string[]): Schema => ({ enum: list });
const type = (...names: readonly string[]): Schema => ({ enum: names });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
/** One bare object counts as a list of one. */
const listOf = (name: string): Schema => ({
  anyOf: [{ type: 'array', items: ref(name) }, ref(name), { type: 'null' }],
});

/** A v2 policy: its fields in `Settings`. */
function withSettings(policyType: Schema, settings: Schema): Schema {
  return object(POLICY_V2_FIELDS, ['Type', 'Settings'], { Type: policyType, Settings: settings });
}

const ACL_WORDS = {
  Action: words(ACTIONS),
  Direction: words(DIRECTIONS),
  RuleType: { anyOf: [words([...RULE_TYPES, '']), { type: 'null' }] },
};
/** A list of texts, or one bare. */
const TEXTS = [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] as const;
/** Those that decide nothing, wherever they stand; `ELB` does in a list that refers to endpoints. */
const KEPT_TYPES = [...OTHER_POLICY_TYPES].filter((name) => name !== 'ELB');
const kept = (...types: readonly string[]): Schema => ({
  anyOf: [
    withSettings(type(...types), { type: 'object' }),
    {
      type: 'object',
      properties: { Type: type(...types), Settings: false },
      required: ['Type'],
    },
  ],
});
const POLICIES = [
  ...['aclV2', 'aclV1', 'bareAcl', 'tierV2', 'tierV1', 'setV2', 'setV1', 'mappingV2'],
  ...['mappingV1', 'kept'],
];

const TIER = { Direction: words(DIRECTIONS), TierAclRules: listOf('tierRule') };

const DEFINITIONS: Readonly<Record<string, Schema>> = {
  policy: { anyOf: [...POLICIES, 'looseElb'].map(ref) },
  aclV1: object(ACL_V1_FIELDS, ['Type', 'Action', 'Direction'], {
    ...ACL_WORDS,
    Type: type('ACL', 'NetworkACL'),
    // Lenient reading leaves the rule out.
    ServiceName: { enum: ['', null] },
  }),
  // As endpoints of Windows Server 2016 print it.
  bareAcl: {
    type: 'object',
    properties: { Type: type('ACL', 'NetworkACL') },
    required: ['Type'],
    additionalProperties: false,
  },
  aclV2: withSettings(
    type('ACL', 'NetworkACL'),
    object(ACL_V2_FIELDS, ['Action', 'Direction'], ACL_WORDS),
  ),
  tierV1: object(TIER_FIELDS, ['Type', 'Name', 'Direction', 'Order'], {
    ...TIER,
    Type: type('TierAcl'),
  }),
  tierV2: withSettings(type('TierAcl'), object(TIER_FIELDS, ['Name', 'Direction', 'Order'], TIER)),
  tierRule: object(TIER_RULE_FIELDS, ['TierAclRuleAction'], {
    TierAclRuleAction: words(TIER_ACTIONS),
  }),
  setV1: object(SET_FIELDS, ['Type', 'Id', 'PolicyType'], {
    Type: type('SetPolicy'),
    PolicyType: { anyOf: [words(SET_TYPES), { type: 'number' }] },
  }),
  setV2: withSettings(
    type('SetPolicy'),
    object(SET_FIELDS, ['Id', 'PolicyType'], {
      PolicyType: { anyOf: [words(SET_TYPES), { type: 'number' }] },
    }),
  ),
  mappingV1: object(MAPPING_FIELDS, ['Type', 'Protocol', 'InternalPort'], {
    Type: type('NAT', 'PortMapping'),
  }),
  mappingV2: withSettings(
    type('NAT', 'PortMapping'),
    object(MAPPING_FIELDS, ['Protocol', 'InternalPort']),
  ),
  kept: kept(...KEPT_TYPES),
  looseElb: kept('ELB'),
  elb: object(ELB_FIELDS, ['Type', 'Protocol', 'InternalPort', 'ExternalPort'], {
    Type: type('ELB'),
    VIPs: { anyOf: [...TEXTS, { type: 'null' }] },
  }),
  policyList: {
    type: 'object',
    properties: { References: { anyOf: TEXTS }, Policies: listOf('listedPolicy') },
    required: ['References', 'Policies'],
  },
  listedPolicy: { anyOf: [...POLICIES, 'elb'].map(ref) },
  balancer: object(BALANCER_FIELDS, ['HostComputeEndpoints', 'PortMappings'], {
    HostComputeEndpoints: { anyOf: TEXTS },
    FrontendVIPs: { anyOf: [...TEXTS, { type: 'null' }] },
    PortMappings: { anyOf: [{ type: 'array', items: ref('balancerPort') }, ref('balancerPort')] },
  }),
  balancerPort: object(BALANCER_PORT_FIELDS, ['Protocol', 'InternalPort', 'ExternalPort']),
  endpoint: {
    anyOf: [
      ...['HostComputeNetwork', 'IpConfigurations'].map((mark) =>
        object(ENDPOINT_V2_FIELDS, [mark], {
          IpConfigurations: listOf('ipConfiguration'),
          Policies: listOf('policy'),
        }),
      ),
      ...['IPAddress', 'VirtualNetwork', 'VirtualNetworkName'].map((mark) =>
        object(ENDPOINT_V1_FIELDS, [mark], { Policies: listOf('policy') }),
      ),
    ],
  },
  ipConfiguration: object(IP_CONFIGURATION_FIELDS, []),
  network: {
    anyOf: [
      ...['Ipams', 'Subnets'].map((mark) => {
        const network = object(NETWORK_FIELDS, [mark], { Policies: listOf('policy') });
        const properties = network['properties'] as Schema;
        return { ...network, properties: { ...properties, [mark]: PRESENT } };
      }),
      object(NETWORK_FIELDS, ['Name', 'Type'], {
        Type: words([...NETWORK_TYPES, ...NETWORK_TYPES.map((name) => name.toLowerCase())]),
        Name: { type: 'string' },
        Policies: listOf('policy'),
      }),
    ],
  },
  request: {
    anyOf: [
      object(REQUEST_FIELDS, ['RequestType', 'Settings'], {
        RequestType: words(['Add', 'Update', 'Remove']),
        Settings: {
          type: 'object',
          properties: { Policies: listOf('policy') },
          required: ['Policies'],
        },
      }),
      object(REQUEST_FIELDS, ['RequestType'], { RequestType: words(['Refresh', 'Reset']) }),
    ],
  },
  list: {
    type: 'object',
    properties: { Policies: listOf('policy') },
    required: ['Policies'],
    additionalProperties: false,
  },
};

const DOCUMENTS = [
  ...['policy', 'endpoint', 'network', 'request', 'list', 'balancer', 'policyList'],
];

/** The JSON Schema (2020-12) of what strict reading takes of documents of the service. */
export function hnsJsonSchema(): Schema {
  const documents = DOCUMENTS.map(ref);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Documents of the Host Networking Service',
    anyOf: [...documents, { type: 'array', items: { anyOf: documents } }],
    $defs: DEFINITIONS,
  };
}
