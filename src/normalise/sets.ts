/**
 * SetPolicies: names for lists of addresses, and for lists of other sets. Source: hns.md 4.3,
 * 4.4, 6.4.
 */
import {
  BUILD_EMPTY_NESTED_SETS,
  BUILD_SETS_AND_TIERS,
  windowsText,
  type WindowsRelease,
} from '../platform/windows-releases.js';
import type { WrittenSet } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import { parseAddress } from './address.js';
import { addressSet, EMPTY_SET, unionOf } from './address-set.js';
import type { AddressRange, AddressSet, SemanticOptions } from './normalised-host.js';

/** The sets of one network by Id. A set that contains every address is null. */
export interface SetTable {
  readonly declared: boolean;
  has(id: string): boolean;
  get(id: string): AddressSet | null | undefined;
  ids(): readonly string[];
}

/** Resolves sets; what is wrong with them is reported, and they are then empty. */
export function resolveSets(
  written: readonly WrittenSet[],
  windows: WindowsRelease,
  { emptyNestedSet: empty }: Pick<SemanticOptions, 'emptyNestedSet'>,
  reporter: Reporter,
): SetTable {
  const byId = new Map(written.map((set) => [set.id, set]));
  const resolved = new Map<string, AddressSet | null>();
  const underWay = new Set<string>();

  function resolve(set: WrittenSet): AddressSet | null {
    const known = resolved.get(set.id);
    if (known !== undefined) return known;
    underWay.add(set.id);
    const result =
      set.type === 'IPSET' ? resolveAddresses(set, reporter) : resolveMembers(set, items(set));
    underWay.delete(set.id);
    resolved.set(set.id, result);
    return result;
  }

  function resolveMembers(set: WrittenSet, ids: readonly string[]): AddressSet | null {
    if (ids.length === 0) return emptyNestedSet(set);
    const members: AddressSet[] = [];
    let any = false;
    for (const id of ids) {
      const member = byId.get(id);
      if (member === undefined) refuseMember(set, id);
      else if (underWay.has(id)) refuseCycle(set, id);
      else {
        const addresses = resolve(member);
        if (addresses === null) any = true;
        else members.push(addresses);
      }
    }
    return any ? null : unionOf(members);
  }

  /** Source: hns.md 6.4, azure-container-networking#1431. Assumption: D12. */
  function emptyNestedSet(set: WrittenSet): AddressSet | null {
    const isEmpty =
      empty === 'by-build' ? windows.build >= BUILD_EMPTY_NESTED_SETS : empty === 'nothing';
    if (isEmpty) return EMPTY_SET;
    const reader = empty === 'by-build' ? windowsText(windows) : 'the option emptyNestedSet';
    const message = `The nested set ${quote(set.id)} has no members; ${reader} reads it as every address. Give it an empty member.`;
    reporter.warning('empty-nested-set-matches-all', placeOf(set), message);
    return null;
  }

  function refuseMember(set: WrittenSet, id: string): void {
    const message = `The nested set ${quote(set.id)} names the set ${quote(id)}, which no SetPolicy declares.${didYouMean(id, [...byId.keys()])}`;
    reporter.error('unknown-set', placeOf(set), message, { found: quote(id) });
  }

  function refuseCycle(set: WrittenSet, id: string): void {
    const message = `The nested set ${quote(set.id)} contains ${quote(id)}, which contains it; sets must not contain one another.`;
    reporter.error('set-cycle', placeOf(set), message, { found: quote(id) });
  }

  for (const set of written) {
    if (windows.build < BUILD_SETS_AND_TIERS) {
      const message = `A SetPolicy needs build ${BUILD_SETS_AND_TIERS}; this is ${windowsText(windows)}.`;
      reporter.error('needs-newer-windows', { document: set.document, node: set.node }, message);
    }
    resolve(set);
  }
  return {
    declared: written.length > 0,
    has: (id) => byId.has(id),
    get: (id) => resolved.get(id),
    ids: () => [...byId.keys()],
  };
}

function resolveAddresses(set: WrittenSet, reporter: Reporter): AddressSet {
  const ipv4: AddressRange[] = [];
  const ipv6: AddressRange[] = [];
  for (const item of items(set)) {
    const parsed = parseAddress(item);
    if ('problem' in parsed) {
      const code = parsed.problem === 'prefix' ? 'bad-prefix' : 'bad-address';
      const message = `The set ${quote(set.id)} has ${quote(item)}; its values are addresses with or without a prefix length.`;
      reporter.error(code, placeOf(set), message, { found: quote(item) });
    } else {
      (parsed.family === 4 ? ipv4 : ipv6).push(parsed.range);
    }
  }
  return addressSet(ipv4, ipv6);
}

function items(set: WrittenSet): string[] {
  const text = textOf(set.values ?? undefined);
  return text === null ? [] : text.split(',').map((item) => item.trim());
}

function placeOf(set: WrittenSet): { document: WrittenSet['document']; node: WrittenSet['node'] } {
  return { document: set.document, node: (set.values ?? set.node) as WrittenSet['node'] };
}
