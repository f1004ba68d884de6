/**
 * Lints that ask whether some packets may pass the rules of an endpoint. Rules are compared with
 * the packets as conditions with conditions; what a part of them matches counts as reachable.
 */
import { formatAddress, parseIpAddress } from '../normalise/address.js';
import { covers as coversAddress } from '../normalise/address-set.js';
import type {
  AddressSet,
  Conditions,
  Direction,
  IpAddressValue,
  NormalisedEndpoint,
  NormalisedRule,
} from '../normalise/normalised-host.js';
import { VFP_DRIVERS } from '../platform/stage-table.js';
import { covers, hasFamily, isAny, overlap } from './conditions.js';
import { deniesSilently } from './lint-stages.js';
import {
  COMPARISONS_MAX,
  DIRECTIONS,
  FINDINGS_MAX,
  directionName,
  placeOfStage,
  stageName,
  type LintContext,
  type RuledStage,
} from './lint-context.js';

const ANY: Conditions = {
  protocols: null,
  source: null,
  destination: null,
  sourcePorts: null,
  destinationPorts: null,
};
const TCP = 6;

/** Source: hns.md 10. */
const PLATFORM_SERVICES: readonly (Conditions & { readonly name: string })[] = (
  [
    ['169.254.169.254', 80, 'the metadata service'],
    ['168.63.129.16', 80, 'the wire server'],
    ['168.63.129.16', 32526, 'the wire server'],
  ] as const
).map(([address, port, what]) => ({
  ...{ ...ANY, name: `${address}:${port} (${what})`, protocols: [TCP] },
  destination: isAddress(parseIpAddress(address)!),
  destinationPorts: [{ from: port, to: port }],
}));

/** Whether some of the packets may pass; those that no rule matches as the implicit deny says. */
function mayPass(stage: RuledStage, direction: Direction, packets: Conditions): boolean {
  return whichMayPass(stage, direction, [packets]).length > 0;
}

/** The same of several kinds of packets, in one walk over rules that may be many. */
function whichMayPass<Packets extends Conditions>(
  stage: RuledStage,
  direction: Direction,
  kinds: readonly Packets[],
): readonly Packets[] {
  const passing: Packets[] = [];
  let open = [...kinds];
  for (const list of stage.lists[direction]) {
    // A pass goes on with the next list.
    const passed: Packets[] = [];
    for (const rule of list) {
      if (open.length === 0) break;
      for (let i = 0; i < open.length; i++) {
        if (!mayDecide(rule, open[i]!)) continue;
        const [packets] = open.splice(i--, 1);
        if (rule.action === 'allow') passing.push(packets!);
        else if (rule.action === 'pass') passed.push(packets!);
      }
    }
    open = [...open, ...passed];
  }
  if (!stage.implicitDeny[direction]) passing.push(...open);
  return kinds.filter((packets) => passing.includes(packets));
}

/** An Allow lets some of the packets pass, anything else is asked whether it takes them all. */
function mayDecide({ action, conditions }: NormalisedRule, packets: Conditions): boolean {
  return action === 'allow' ? overlap(conditions, packets) : covers(conditions, packets);
}

function isAddress(address: IpAddressValue): AddressSet {
  const range = [{ from: address.value, to: address.value }];
  return address.family === 4 ? { ipv4: range, ipv6: [] } : { ipv4: [], ipv6: range };
}

/**
 * Switch rules that let the node in at no port. Without addresses of the node any source is asked
 * for, so only rules that let nobody in are found. Source: hns.md 6.2, 8.1, 10.
 */
export function lintNodeBlocked(context: LintContext, stages: readonly RuledStage[]): void {
  const { host, reporter } = context;
  const drivers: readonly string[] = VFP_DRIVERS;
  for (const stage of stages.filter((s) => s.stage === 'switch')) {
    if (!drivers.includes(host.networks[stage.endpoint.network]!.driver)) continue;
    const sources = host.addresses.filter(({ family }) => hasAddressOf(stage.endpoint, family));
    const nodes: readonly Conditions[] =
      sources.length === 0
        ? [ANY]
        : sources.map((address) => ({ ...ANY, source: isAddress(address) }));
    if (nodes.some((node) => mayPass(stage, 'in', node))) continue;
    // Of a stage that lets nobody in by oversight this has been said already.
    if (deniesSilently(stage, 'in')) continue;
    const names = sources.length === 0 ? '' : ` (${sources.map(formatAddress).join(', ')})`;
    const message = `No rule lets the node${names} reach endpoint ${stage.endpoint.name}; its health probes fail. Calico and Azure NPM add an Allow In from the node's addresses.`;
    reporter.warning('node-blocked', placeOfStage(stage), message);
  }
}

/** An endpoint whose addresses nothing says may have any. */
function hasAddressOf({ addresses }: NormalisedEndpoint, family: 4 | 6): boolean {
  return addresses.length === 0 || addresses.some((address) => address.family === family);
}

/** Outbound is filtered, and a service of the cloud's platform may be reached. */
export function lintPlatformAddresses(context: LintContext, stages: readonly RuledStage[]): void {
  const byEndpoint = new Map<NormalisedEndpoint, RuledStage[]>();
  for (const stage of stages) {
    byEndpoint.set(stage.endpoint, [...(byEndpoint.get(stage.endpoint) ?? []), stage]);
  }
  for (const [endpoint, own] of byEndpoint) {
    const filtering = own.find(({ rules }) => rules.out.some((rule) => !isAny(rule.conditions)));
    if (filtering === undefined) continue;
    const open = own.reduce((kinds, stage) => whichMayPass(stage, 'out', kinds), PLATFORM_SERVICES);
    if (open.length === 0) continue;
    const names = open.map(({ name }) => name).join(', ');
    const message = `The rules of endpoint ${endpoint.name} filter outbound traffic and leave open ${names}; on a cloud's machine they answer whoever asks.`;
    context.reporter.warning('platform-address-open', placeOfStage(filtering), message);
  }
}

/** Everything that blocks names IPv4 only, and IPv6 passes. */
export function lintIpv6(context: LintContext, stages: readonly RuledStage[]): void {
  for (const stage of stages) {
    if (!stage.endpoint.addresses.some(({ family }) => family === 6)) continue;
    const open = DIRECTIONS.filter((direction) => leavesIpv6(stage, direction));
    if (open.length === 0) continue;
    const names = open.map(directionName).join(' and ');
    const message = `Endpoint ${stage.endpoint.name} has IPv6 addresses, and every Block rule ${names} of its ${stageName(stage.stage)} stage names IPv4 only, while an Allow rule lets IPv6 pass.`;
    context.reporter.warning('ipv6-not-filtered', placeOfStage(stage), message);
  }
}

function leavesIpv6(stage: RuledStage, direction: Direction): boolean {
  const rules = stage.rules[direction];
  const blocks = rules.filter((rule) => rule.action === 'block');
  return (
    blocks.length > 0 &&
    !blocks.some(({ conditions }) => hasFamily(conditions, 'ipv6')) &&
    rules.some(({ action, conditions }) => action === 'allow' && hasFamily(conditions, 'ipv6'))
  );
}

/**
 * In rules that name an endpoint of the model whose packets are translated on the way: they arrive
 * from an address of the host. Source: hns.md 4.6, 10.
 */
export function lintTranslatedSources(context: LintContext, stages: readonly RuledStage[]): void {
  const senders = context.host.endpoints.filter(({ outboundNat }) => outboundNat !== null);
  if (senders.length === 0) return;
  let left = COMPARISONS_MAX;
  for (const stage of stages) {
    let found = 0;
    for (const rule of stage.rules.in) {
      const peer = senders.find((sender) => left-- > 0 && isMissed(rule, sender, stage.endpoint));
      if (peer === undefined || ++found > FINDINGS_MAX) continue;
      const message = `The rule ${rule.name} names endpoint ${peer.name}, whose packets reach ${stage.endpoint.name} with an address of the host: the exceptions of its OutBoundNAT do not name ${stage.endpoint.name}.`;
      context.reporter.warning('translated-source', rule.location, message, { rule: rule.name });
    }
  }
}

/** Whether the rule names the sender by an address that its packets to the receiver do not carry. */
function isMissed(
  { conditions: { source } }: NormalisedRule,
  sender: NormalisedEndpoint,
  receiver: NormalisedEndpoint,
): boolean {
  if (source === null || sender === receiver || sender.network !== receiver.network) return false;
  const { exceptions } = sender.outboundNat!;
  return sender.addresses.some(
    (from) =>
      coversAddress(source, isAddress(from)) &&
      receiver.addresses.some(
        (to) => to.family === from.family && !coversAddress(exceptions, isAddress(to)),
      ),
  );
}
