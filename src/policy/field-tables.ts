/**
 * Which fields each kind of policy has, and of which JSON type. A new field is a line here and
 * its meaning in src/normalise. Source: hns.md 4.2, 4.3, 4.6, 4.7.
 */

/** `list`: an array or object whose members are read elsewhere. `any`: not looked at. */
export type FieldType = 'text' | 'number' | 'boolean' | 'list' | 'any';

export interface FieldTable<Name extends string> {
  /** What the object is called in messages. */
  readonly subject: string;
  readonly types: ReadonlyMap<string, FieldType>;
  /** An object to begin with: one that has its members is filled much faster than it grows. */
  readonly none: Readonly<Record<Name, undefined>>;
  readonly names: readonly Name[];
  /** Exact spelling by lower-case name. */
  readonly byLowerCase: ReadonlyMap<string, Name>;
  /** `pass`: fields no schema knows are passed over, as the service prints many. */
  readonly unknown: 'report' | 'pass';
}

function fieldTable<Name extends string>(
  subject: string,
  types: Readonly<Record<Name, FieldType>>,
  unknown: 'report' | 'pass' = 'report',
): FieldTable<Name> {
  const names = Object.keys(types) as Name[];
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const none = Object.fromEntries(names.map((name) => [name, undefined])) as Record<
    Name,
    undefined
  >;
  return { subject, types: new Map(Object.entries(types)), none, names, byLowerCase, unknown };
}

/** What the service adds when it prints; passed over without a word. Source: hns.md 4.1. */
export const READ_BACK_FIELDS: ReadonlySet<string> = new Set([
  'Scope',
  'Resources',
  'ActivityId',
  'AdditionalParams',
  'Health',
  'State',
  'Version',
  'Flags',
  'CreateProcessingStartTime',
  'SharedContainers',
  'ID',
]);

const CONDITION_FIELDS = {
  Protocols: 'text',
  LocalAddresses: 'text',
  RemoteAddresses: 'text',
  LocalPorts: 'text',
  RemotePorts: 'text',
} as const;

/** Source: hns.md 4.2. */
export const ACL_V1_FIELDS = fieldTable('A v1 ACL', {
  Type: 'text',
  Id: 'text',
  Action: 'text',
  Direction: 'text',
  ...CONDITION_FIELDS,
  Protocol: 'number',
  InternalPort: 'number',
  LocalPort: 'number',
  RemotePort: 'number',
  RuleType: 'text',
  Priority: 'number',
  ServiceName: 'text',
});

/** Source: hns.md 4.3. */
export const ACL_V2_FIELDS = fieldTable('A v2 ACL', {
  Id: 'text',
  Action: 'text',
  Direction: 'text',
  ...CONDITION_FIELDS,
  RuleType: 'text',
  Priority: 'number',
});

export const POLICY_V2_FIELDS = fieldTable('A v2 policy', { Type: 'text', Settings: 'list' });

export const TIER_FIELDS = fieldTable('A TierAcl', {
  Type: 'text',
  Name: 'text',
  Direction: 'text',
  Order: 'number',
  TierAclRules: 'list',
});

export const TIER_RULE_FIELDS = fieldTable('A rule of a TierAcl', {
  Id: 'text',
  TierAclRuleAction: 'text',
  ...CONDITION_FIELDS,
  Priority: 'number',
});

export const SET_FIELDS = fieldTable('A SetPolicy', {
  Type: 'text',
  Id: 'text',
  Name: 'text',
  PolicyType: 'any',
  Values: 'text',
});

/** v1 `NAT` and v2 `PortMapping`. Source: hns.md 4.6. */
export const MAPPING_FIELDS = fieldTable('A port mapping', {
  Type: 'text',
  Protocol: 'any',
  InternalPort: 'number',
  ExternalPort: 'number',
  ExternalPortReserved: 'boolean',
  VIP: 'text',
  Flags: 'number',
});

const BALANCED_PORT = {
  Protocol: 'any',
  InternalPort: 'number',
  ExternalPort: 'number',
  DistributionType: 'number',
} as const;

/** v2 load balancers. Source: hns.md 7.1; hcsshim HostComputeLoadBalancer. */
export const BALANCER_FIELDS = fieldTable('A load balancer', {
  ID: 'text',
  HostComputeEndpoints: 'any',
  SourceVIP: 'text',
  FrontendVIPs: 'any',
  PortMappings: 'list',
  SchemaVersion: 'any',
  Flags: 'number',
});
export const BALANCER_PORT_FIELDS = fieldTable('A port of a load balancer', {
  ...BALANCED_PORT,
  Flags: 'number',
});

/** v1 load balancers. Source: hcsshim ELBPolicy. */
export const ELB_FIELDS = fieldTable('An ELB policy', {
  Type: 'text',
  ...BALANCED_PORT,
  SourceVIP: 'text',
  VIPs: 'any',
  ILB: 'boolean',
  IsDSR: 'boolean',
});

/** Source: hns.md 4.7. */
export const ENDPOINT_V1_FIELDS = fieldTable(
  'A v1 endpoint',
  {
    ID: 'text',
    Name: 'text',
    VirtualNetwork: 'text',
    VirtualNetworkName: 'text',
    IPAddress: 'text',
    IPv6Address: 'text',
    MacAddress: 'text',
    IsRemoteEndpoint: 'boolean',
    DisableICC: 'boolean',
    Policies: 'list',
  },
  'pass',
);

export const ENDPOINT_V2_FIELDS = fieldTable(
  'A v2 endpoint',
  {
    ID: 'text',
    Name: 'text',
    HostComputeNetwork: 'text',
    IpConfigurations: 'list',
    MacAddress: 'text',
    Flags: 'number',
    Policies: 'list',
  },
  'pass',
);

export const IP_CONFIGURATION_FIELDS = fieldTable(
  'An IP configuration',
  { IpAddress: 'text', PrefixLength: 'number' },
  'pass',
);

export const NETWORK_FIELDS = fieldTable(
  'A network',
  { ID: 'text', Name: 'text', Type: 'text', Policies: 'list' },
  'pass',
);

/** `{ResourceType, RequestType, Settings: {Policies}}`. */
export const REQUEST_FIELDS = fieldTable('A request', {
  ResourceType: 'text',
  RequestType: 'text',
  Settings: 'list',
});

/** Types of policies that schemas know and that decide no verdict here. Source: hns.md 4.6. */
export const OTHER_POLICY_TYPES: ReadonlySet<string> = new Set([
  'OutBoundNAT',
  'ROUTE',
  'SDNRoute',
  'L4Proxy',
  'L4WFPPROXY',
  'PROXY',
  'QOS',
  'L2Driver',
  'VLAN',
  'VSID',
  'PA',
  'ProviderAddress',
  'EncapOverhead',
  'PortName',
  'Iov',
  'IOV',
  'InterfaceConstraint',
  'Encryption',
  'InterfaceParameters',
  'SourceMacAddress',
  'NetAdapterName',
  'DrMacAddress',
  'AutomaticDNS',
  'RemoteSubnetRoute',
  'VxlanPort',
  'HostRoute',
  'ELB',
]);

/** Types of policies that are evaluated. */
export const EVALUATED_POLICY_TYPES = [
  'ACL',
  'NetworkACL',
  'TierAcl',
  'SetPolicy',
  'NAT',
  'PortMapping',
] as const;
