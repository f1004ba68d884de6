/** One endpoint: its rules, in their stages, in order. */
import type { WrittenPolicies, WrittenRule } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import type { SourceNode } from '../source/source-node.js';
import { firewalledHostStage } from './firewall.js';
import { mappingAllows } from './mappings.js';
import type {
  AddressSet,
  NormalisedEndpoint,
  NormalisedRule,
  OutboundNat,
  RuleId,
  SemanticOptions,
} from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import { acceptsTier, hasNetworkAcls, normaliseRule } from './rule.js';
import type { RuleContext } from './rule-context.js';
import { switchStage, type NormalisedTier } from './stages.js';
import { vfpStage } from './vfp-stage.js';
import { vfpTranslations } from './vfp-translations.js';
import { writtenAddresses } from './written-addresses.js';
import type { VfpLayer } from '../vfpctrl/vfp-layer.js';

/** Gives what written rules mean, those that are refused left out. */
type AddRules = (written: readonly WrittenRule[]) => readonly NormalisedRule[];

/** Appends the rules of an endpoint to `rules` and gives its stages. */
export function normaliseEndpoint(
  context: RuleContext,
  endpoint: PlannedEndpoint,
  compartment: number,
  options: SemanticOptions,
  rules: NormalisedRule[],
): Pick<
  NormalisedEndpoint,
  'broadcasts' | 'translations' | 'switchStage' | 'hostStage' | 'published' | 'outboundNat'
> {
  const add: AddRules = (written) => {
    const first = rules.length;
    for (const each of written) {
      const rule = normaliseRule(context, each, rules.length as RuleId);
      if (rule !== null) rules.push(rule);
    }
    return rules.slice(first);
  };
  // One by one: an endpoint may have more compiled rules than a call has room for arguments.
  const compiled = endpoint.acls.map((acl) => {
    const rule: NormalisedRule = { id: rules.length as RuleId, ...acl };
    rules.push(rule);
    return rule;
  });
  const ofNetwork = networkRules(context, options, add);
  tellMisplacedNetworkAcl(context, endpoint);
  const own = [
    ...add(distinctRules(context, endpoint.policies)),
    ...compiled,
    ...(options.networkAcl === 'merge' ? ofNetwork : []),
  ];
  const tiers = normaliseTiers(context, endpoint, add);
  const layers = endpoint.policies.flatMap((policies) => policies.layers);
  const acls = own.filter((rule) => rule.stage === 'switch');
  if (layers.length > 0) refuseBesideLayers(context, layers, [...acls, ...ofNetwork], tiers);
  const translations = vfpTranslations(layers, context.reporter);
  return {
    ...(translations.length > 0 && { translations }),
    broadcasts: broadcastsOf(endpoint.interface?.prefixes ?? context.subnets),
    switchStage:
      layers.length > 0
        ? vfpStage(layers, rules, options, context.reporter)
        : switchStage(acls, tiers, options.networkAcl === 'before' ? ofNetwork : [], options),
    hostStage: firewalledHostStage(
      context,
      endpoint,
      compartment,
      own.filter((rule) => rule.stage === 'host'),
      mappingAllows(endpoint.ports),
      options,
      rules,
    ),
    published: endpoint.ports.map(({ protocol, internalPort, externalPort }) => ({
      ...{ protocol, internalPort, externalPort },
    })),
    outboundNat: outboundNatOf(endpoint),
  };
}

/** A dump shows what the port has; rules beside it would be there twice or not at all. */
function refuseBesideLayers(
  { reporter, cell }: RuleContext,
  layers: readonly VfpLayer[],
  acls: readonly NormalisedRule[],
  tiers: readonly NormalisedTier[],
): void {
  const [dumped] = layers.filter(({ onEverySwitch }) => onEverySwitch !== true);
  if (dumped !== undefined && !cell.accepts.includes('switch')) {
    const message = 'The dump is of a VFP port, which this driver and isolation do not have.';
    reporter.error('rule-type-not-supported', dumped.place, message);
  }
  if (acls.length + tiers.length === 0) return;
  const message =
    dumped === undefined
      ? 'The endpoint has port ACLs of Hyper-V and Switch rules of VFP; no source says how one port has both, so give one of the two.'
      : 'The endpoint has layers of a dump and Switch rules of its own; a dump shows all rules of its port, so give one of the two.';
  reporter.error('conflicting-fields', layers[0]!.place, message);
}

/** Lists that stand in no endpoint hold for the networks; those of an endpoint are misplaced. */
function tellMisplacedNetworkAcl(
  { networkAcls, reporter }: RuleContext,
  { policies }: PlannedEndpoint,
): void {
  const here = policies.flatMap((each) => each.networkAcls);
  if (here.length === 0) return;
  const ofNetwork = new Set(networkAcls);
  const first = here.find((acl) => !ofNetwork.has(acl));
  if (first === undefined) return;
  const message =
    'A NetworkACL is a policy of networks; on an endpoint it is kept and not evaluated.';
  const place = { document: first.document, node: first.node };
  reporter.info('policy-not-evaluated', place, message, { rule: first.name });
}

/**
 * ACLs of the network, as the option has it: as if written on the endpoint, or before its own, where
 * an Allow goes on with them. Source: hns.md 6.6.
 */
function networkRules(
  context: RuleContext,
  { networkAcl }: SemanticOptions,
  add: AddRules,
): readonly NormalisedRule[] {
  const { networkAcls, reporter } = context;
  const [first] = networkAcls;
  if (networkAcl === 'off' || first === undefined) return [];
  if (!hasNetworkAcls(context, first)) return [];
  if (networkAcl === 'merge') return add(networkAcls);
  const isSwitch = ({ ruleType }: WrittenRule): boolean =>
    (ruleType ?? context.cell.ruleTypeDefault) === 'switch';
  for (const written of networkAcls.filter((each) => !isSwitch(each))) {
    const message = 'Of network ACLs that are asked before others only Switch rules are evaluated.';
    const place = { document: written.document, node: written.node };
    reporter.error('rule-type-not-supported', place, message, { rule: written.name });
  }
  return add(
    networkAcls
      .filter(isSwitch)
      .map((each) => (each.action === 'allow' ? { ...each, action: 'pass' } : each)),
  );
}

/** Exceptions that are no addresses except nothing; nothing is judged by them. */
function outboundNatOf({ policies }: PlannedEndpoint): OutboundNat | null {
  const nats = policies.flatMap(({ outboundNats }) => outboundNats);
  if (nats.length === 0) return null;
  return { exceptions: writtenAddresses(nats.flatMap(({ exceptions }) => exceptions)).set };
}

function normaliseTiers(
  context: RuleContext,
  endpoint: PlannedEndpoint,
  add: AddRules,
): readonly NormalisedTier[] {
  const written = endpoint.policies.flatMap((policies) => policies.tiers);
  const [first] = written;
  if (first !== undefined) {
    const message =
      'Tiers are asked by ascending Order, then the ACLs of the endpoint, then the implicit deny; no source settles what follows the last tier.';
    const place = { document: first.document, node: first.node };
    context.reporter.info('tiers-assumed', place, message);
  }
  return written
    .filter((tier) => acceptsTier(context, tier))
    .map(({ name, direction, order, rules }) => ({
      name,
      direction,
      order,
      rules: add(rules),
    }));
}

/**
 * Rules that equal an earlier one in every field are left out, with a warning. Most rules of a
 * long list differ in the Id or the remote addresses, so only those that share both are compared
 * in full. Source: hns.md 4.8.
 */
function distinctRules(
  context: RuleContext,
  policies: readonly WrittenPolicies[],
): readonly WrittenRule[] {
  const rules = policies.flatMap((each) => each.rules);
  const keys = new Set<string>();
  const repeated = new Set<string>();
  for (const rule of rules) {
    const key = keyOf(rule);
    const count = keys.size;
    if (keys.add(key).size === count) repeated.add(key);
  }
  if (repeated.size === 0) return rules;
  const identities = new Set<string>();
  return rules.filter((rule) => {
    const count = identities.size;
    if (!repeated.has(keyOf(rule)) || identities.add(identity(rule)).size > count) return true;
    const message = 'The policy equals an earlier one in every field; it is taken once.';
    const place = { document: rule.document, node: rule.node };
    context.reporter.warning('duplicate-policy', place, message, { rule: rule.name });
    return false;
  });
}

function keyOf(rule: WrittenRule): string {
  return rule.hasId ? rule.name : text(rule.conditions.remoteAddresses);
}

function identity(rule: WrittenRule): string {
  const c = rule.conditions;
  return `${idOf(rule)}|${rule.action}|${rule.direction}|${rule.ruleType}|${text(rule.priority)}|${text(c.protocol)}|${text(c.protocols)}|${text(c.localAddresses)}|${text(c.remoteAddresses)}|${text(c.localPort)}|${text(c.localPorts)}|${text(c.remotePort)}|${text(c.remotePorts)}|${text(c.internalPort)}`;
}

function text(node: SourceNode | null): string {
  return textOf(node ?? undefined) ?? '';
}

/** The Id as written; names made up from the place differ without meaning. */
function idOf(rule: WrittenRule): string {
  return rule.hasId ? rule.name : '';
}

/** A subnet of one or two addresses has none. Source: RFC 919 7, RFC 3021. Assumption: W11. */
function broadcastsOf({ ipv4 }: AddressSet): readonly number[] {
  return ipv4.filter(({ from, to }) => to - from >= 3n).map(({ to }) => Number(to));
}
