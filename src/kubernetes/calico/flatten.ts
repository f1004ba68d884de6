/**
 * Tiers of ACLs to the one list HNS takes, faults included.
 * Source: hns.md 7.4; felix/dataplane/windows/flattener.go.
 */
import { intersectPrefixes } from './intersect.js';
import { PRIORITY, PROTOCOL_ANY, type HnsAcl } from './hns-acl.js';

/**
 * A pass of a tier becomes every rule of the next one, narrowed to what the pass matches; in the
 * last tier it becomes a Block. A tier without pass hides all that follow.
 * Requires: at least one tier.
 */
export function flattenTiers(tiers: readonly (readonly HnsAcl[])[]): readonly HnsAcl[] {
  const [first = [], ...rest] = tiers;
  // Fault: a pass that nothing follows denies instead of leaving the matter to the profile
  // (calico#13208).
  if (rest.length === 0) {
    return first.map((rule) => (rule.Action === 'Pass' ? { ...rule, Action: 'Block' } : rule));
  }
  if (!first.some(({ Action }) => Action === 'Pass')) return first;
  const isNextLast = rest.length === 1;
  const next = isNextLast ? flattenTiers(rest) : rest[0]!;
  const combined = first.flatMap((rule) =>
    rule.Action === 'Pass' ? next.flatMap((below) => combine(rule, below) ?? []) : [rule],
  );
  return flattenTiers([combined, ...rest.slice(1)]);
}

/** What both match, with the action and Id of the second; null when that is nothing. */
function combine(pass: HnsAcl, below: HnsAcl): HnsAcl | null {
  if (
    pass.Protocol !== PROTOCOL_ANY &&
    below.Protocol !== PROTOCOL_ANY &&
    pass.Protocol !== below.Protocol
  ) {
    return null;
  }
  const LocalAddresses = combineLists(pass.LocalAddresses, below.LocalAddresses);
  const RemoteAddresses = combineLists(pass.RemoteAddresses, below.RemoteAddresses);
  if (LocalAddresses === null || RemoteAddresses === null) return null;
  return {
    ...below,
    Protocol: below.Protocol === PROTOCOL_ANY ? pass.Protocol : below.Protocol,
    LocalAddresses,
    RemoteAddresses,
    LocalPorts: combinePorts(pass.LocalPorts, below.LocalPorts),
    RemotePorts: combinePorts(pass.RemotePorts, below.RemotePorts),
  };
}

function combineLists(a: string, b: string): string | null {
  if (a === '') return b;
  if (b === '') return a;
  const both = intersectPrefixes(a.split(','), b.split(',')).join(',');
  return both === '' ? null : both;
}

/**
 * Ports that both lists have. Fault: the test for none looks at the capacity of a set and not at
 * what is in it, so a rule with no common port stays with an empty list, which is any port.
 */
function combinePorts(a: string, b: string): string {
  if (a === '') return b;
  if (b === '') return a;
  const [left, right] = [spans(a), spans(b)];
  const ports = new Set<number>();
  for (const [from, to] of left) {
    for (const [low, high] of right) {
      for (let port = Math.max(from, low); port <= Math.min(to, high); port++) ports.add(port);
    }
  }
  return runs([...ports].sort((x, y) => x - y));
}

function spans(text: string): (readonly [number, number])[] {
  return text.split(',').map((item) => {
    const [first = '', last = first] = item.split('-');
    return [Number(first), Number(last)] as const;
  });
}

function runs(ports: readonly number[]): string {
  const texts: string[] = [];
  for (let i = 0; i < ports.length; i++) {
    const first = ports[i]!;
    while (ports[i + 1] === ports[i]! + 1) i++;
    texts.push(first === ports[i] ? String(first) : `${first}-${ports[i]}`);
  }
  return texts.join(',');
}

/** Ascending numbers; with too many rules for that, one higher only where the action changes. */
export function numberRules(rules: readonly HnsAcl[]): readonly HnsAcl[] {
  const isAscending = rules.length < PRIORITY.max - PRIORITY.rule;
  let priority: number = PRIORITY.rule;
  return rules.map((rule, i) => {
    if (i > 0 && (isAscending || rules[i - 1]!.Action !== rule.Action)) priority++;
    return { ...rule, Priority: priority };
  });
}
