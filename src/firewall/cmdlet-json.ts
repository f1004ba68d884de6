/**
 * Objects of `Get-NetFirewallRule` with their filter objects, as `ConvertTo-Json` writes them. The
 * rules alone show no port, address or program: without the filters they are refused.
 * Source: windows-firewall.md 7.3.
 */
import type { Reporter } from '../source/diagnostic.js';
import {
  locate,
  quote,
  type ArrayNode,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { checkRule } from './check-rule.js';
import { MEMBER_ROWS, setMembers, type Member } from './cmdlet-members.js';
import {
  PROFILE_NAMES,
  type FirewallRule,
  type FirewallStore,
  type ProfileName,
  type ProfileSettings,
} from './firewall-rule.js';
import { readGlobal, storeSettings, type JsonPolicy } from './own-json.js';
import { readProfileMembers } from './profile-members.js';
import { newDraft } from './rule-draft.js';
import { RuleReport } from './rule-report.js';

/** The lists of filter objects, and the members each must tell of every rule. */
export const FILTERS = {
  portFilters: ['Protocol', 'LocalPort', 'RemotePort', 'IcmpType', 'DynamicTarget'],
  addressFilters: ['LocalAddress', 'RemoteAddress'],
  applicationFilters: ['Program', 'Package'],
  serviceFilters: ['Service'],
  interfaceFilters: ['InterfaceAlias'],
  interfaceTypeFilters: ['InterfaceType'],
  securityFilters: [
    ...['Authentication', 'Encryption', 'OverrideBlockRules'],
    ...['LocalUser', 'RemoteUser', 'RemoteMachine'],
  ],
} as const satisfies Record<string, readonly string[]>;
type FilterName = keyof typeof FILTERS;
const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];

/** How to export what is read. */
export const EXPORT_HINT =
  '$p = @{ PolicyStore = "ActiveStore" }; @{ rules = Get-NetFirewallRule @p; portFilters = Get-NetFirewallPortFilter @p; addressFilters = Get-NetFirewallAddressFilter @p; applicationFilters = Get-NetFirewallApplicationFilter @p; serviceFilters = Get-NetFirewallServiceFilter @p; interfaceFilters = Get-NetFirewallInterfaceFilter @p; interfaceTypeFilters = Get-NetFirewallInterfaceTypeFilter @p; securityFilters = Get-NetFirewallSecurityFilter @p; profiles = Get-NetFirewallProfile @p; settings = Get-NetFirewallSetting @p } | ConvertTo-Json -Depth 4 > firewall.json';

/** Members every rule object has, and without which it would mean something else. */
const RULE_NEEDS = ['Enabled', 'Direction', 'Action', 'Profile'];
/** Members of rule objects that are read, the last two on newer systems; the others are noise. */
const RULE_MEMBERS = [
  ...['Name', 'DisplayName', 'Description', 'Group', ...RULE_NEEDS],
  ...['EdgeTraversalPolicy', 'LooseSourceMapping', 'LocalOnlyMapping', 'Owner', 'Platform'],
  ...['RemoteDynamicKeywordAddresses', 'PackageFamilyName'],
];

/** Source of a rule by its number. Source: windows-firewall.md 7.3. */
const STORES: Readonly<Record<string, FirewallStore>> = {
  ...{ 1: 'local', 2: 'group-policy', 3: 'dynamic', 4: 'dynamic', 5: 'dynamic', 6: 'mdm' },
  ...{ local: 'local', grouppolicy: 'group-policy', dynamic: 'dynamic', mdm: 'mdm' },
};

export function looksLikeCmdletJson({ root }: SourceDocument): boolean {
  if (root.kind === 'object' && get(root, 'rules') !== null) return true;
  const first = root.kind === 'array' ? root.value[0] : root;
  return (
    first?.kind === 'object' &&
    get(first, 'InstanceID') !== null &&
    get(first, 'Direction') !== null
  );
}

/** Whether it holds objects of the cmdlets for sure, and not just something named rules. */
export function isCmdletJson(document: SourceDocument): boolean {
  const { root } = document;
  if (root.kind !== 'object' || get(root, 'rules') === null) return looksLikeCmdletJson(document);
  return FILTER_NAMES.some((name) => get(root, name) !== null);
}

/** A member by its name in any case. */
function get(node: ObjectNode, name: string): SourceNode | null {
  return node.value.find(({ key }) => key.toLowerCase() === name.toLowerCase()) ?? null;
}

export function readCmdletJson(document: SourceDocument, reporter: Reporter): JsonPolicy {
  const { root } = document;
  const whole = root.kind === 'object' && get(root, 'rules') !== null ? root : null;
  const missing = FILTER_NAMES.filter((name) => whole === null || get(whole, name) === null);
  if (whole === null || missing.length > 0) {
    const message = `The rules come without ${missing.join(', ')}; rules alone show no ports, addresses or programs. Export them with: ${EXPORT_HINT}`;
    reporter.error('fw-filters-missing', { document, node: root }, message, {
      expected: missing.join(', '),
    });
    return { rules: [], settings: [] };
  }
  const filters = new Map(
    FILTER_NAMES.map((name) => [name, byInstance(document, name, get(whole, name)!, reporter)]),
  );
  const rules = itemsOf(get(whole, 'rules')!).flatMap((node) => {
    const rule = node.kind === 'object' ? readRule(document, node, filters, reporter) : null;
    return rule === null ? [] : [rule];
  });
  const settings = get(whole, 'settings');
  const [global = null] = settings === null ? [] : itemsOf(settings);
  return {
    rules,
    settings: [
      ...readProfiles(document, get(whole, 'profiles'), reporter),
      ...readGlobal(document, global, true, reporter),
    ],
  };
}

/** Rows of a list, which may be one bare object or `{ "value": […], "Count": n }`. */
function itemsOf(node: SourceNode): readonly SourceNode[] {
  if (node.kind === 'array') return node.value;
  const inner = wrapped(node);
  return inner === null ? [node] : inner.value;
}

function wrapped(node: SourceNode): ArrayNode | null {
  if (node.kind !== 'object') return null;
  const value = get(node, 'value');
  return value?.kind === 'array' && get(node, 'Count') !== null ? value : null;
}

function textOf(node: SourceNode | null): string | null {
  return node === null || node.kind === 'object' || node.kind === 'array' || node.kind === 'null'
    ? null
    : String(node.value);
}

/** The objects of a list by the rule they belong to; two that differ say nothing for sure. */
function byInstance(
  document: SourceDocument,
  name: FilterName,
  list: SourceNode,
  reporter: Reporter,
): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>();
  for (const node of itemsOf(list)) {
    const id = node.kind === 'object' ? textOf(get(node, 'InstanceID')) : null;
    if (id === null) continue;
    const filter = node as ObjectNode;
    const before = found.get(id);
    if (
      before !== undefined &&
      FILTERS[name].some((each) => said(before, each) !== said(filter, each))
    ) {
      const message = `There are two different ${name} of the rule ${quote(id)}, as where two stores have one ID. Export one store at a time.`;
      reporter.error('fw-id-duplicate', { document, node }, message, {
        found: quote(id),
        rule: id,
      });
    }
    found.set(id, filter);
  }
  return found;
}

const said = (filter: ObjectNode, name: string): string => {
  const node = memberOf(filter, name);
  return node === null ? '' : JSON.stringify(textsOf(node));
};

/** A member by its name or another that the objects use. */
function memberOf(node: ObjectNode, name: string): SourceNode | null {
  return get(node, name) ?? get(node, ALIASES[name] ?? name);
}

/** Scalar, list, wrapped list; null, `{}` and the empty text say nothing. */
function textsOf(node: SourceNode): string[] {
  if (node.kind === 'array' || node.kind === 'object') {
    return (node.kind === 'array' ? node.value : (wrapped(node)?.value ?? [])).flatMap(textsOf);
  }
  return node.kind === 'null' || node.value === '' ? [] : [String(node.value)];
}

function readRule(
  document: SourceDocument,
  node: ObjectNode,
  filters: ReadonlyMap<FilterName, ReadonlyMap<string, ObjectNode>>,
  reporter: Reporter,
): FirewallRule | null {
  const id = textOf(get(node, 'Name')) ?? textOf(get(node, 'InstanceID')) ?? '';
  const instance = textOf(get(node, 'InstanceID')) ?? id;
  const places = new Map<string | number, SourceNode>();
  const place = (field: string | number): ReturnType<typeof locate> =>
    locate(document, places.get(field) ?? node);
  const report = new RuleReport(reporter, id, place, reporter.strict ? 'strict' : 'lenient');
  const members = new Map<string, Member>();
  const absent: string[] = [];
  const take = (from: ObjectNode, names: readonly string[], needs: readonly string[]): void => {
    for (const name of names) {
      const found = memberOf(from, name);
      if (found === null) {
        if (needs.includes(name)) absent.push(name);
        continue;
      }
      members.set(name, { texts: textsOf(found), node: found });
      const row = MEMBER_ROWS.find((each) => each.name === name);
      if (row !== undefined) places.set(row.field, found);
    }
  };
  take(node, RULE_MEMBERS, RULE_NEEDS);
  const without = FILTER_NAMES.filter((name) => !filters.get(name)!.has(instance));
  if (without.length > 0) {
    const message = `The rule has no object in ${without.join(', ')}, so its conditions are not known.`;
    report.error('fw-filters-missing', 0, message, instance, without.join(', '));
    return null;
  }
  for (const name of FILTER_NAMES) {
    take(filters.get(name)!.get(instance)!, FILTERS[name], FILTERS[name]);
  }
  if (absent.length > 0) {
    const message = `The objects of the rule do not show ${absent.join(', ')}, so its conditions are not known. Export whole objects, without a selection of their members.`;
    report.error('fw-filters-missing', 0, message, instance, absent.join(', '));
    return null;
  }
  refuseAppIds(node, report);
  const draft = newDraft(id, storeOf(node), locate(document, node));
  draft.enabled = true;
  setMembers(draft, members, report, true);
  if (draft.name === '') draft.name = draft.id;
  if (!report.failed) checkRule(draft, report);
  return report.failed ? null : draft;
}

/** Applications by the tag that application control gives them: a condition that nothing here fills. */
function refuseAppIds(node: ObjectNode, report: RuleReport): void {
  const member = get(node, 'PolicyAppId');
  const [tag] = member === null ? [] : textsOf(member);
  if (tag === undefined) return;
  const message = 'The rule is for applications by PolicyAppId, which is not modelled.';
  report.error('fw-json-shape', 0, message, tag);
}

/** Other names the objects use. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ Profile: 'Profiles', LooseSourceMapping: 'LSM', Platform: 'Platforms' },
  ...{ DynamicTarget: 'DynamicTransport', LocalAddress: 'LocalIP', RemoteAddress: 'RemoteIP' },
  ...{ Program: 'AppPath', Service: 'ServiceName', LocalUser: 'LocalUsers' },
  ...{ RemoteUser: 'RemoteUsers', RemoteMachine: 'RemoteMachines' },
};

function storeOf(node: ObjectNode): FirewallStore {
  const text = textOf(get(node, 'PolicyStoreSourceType'))?.toLowerCase() ?? '1';
  return STORES[text] ?? 'local';
}

function readProfiles(
  document: SourceDocument,
  node: SourceNode | null,
  reporter: Reporter,
): JsonPolicy['settings'] {
  if (node === null) return [];
  const profiles: Partial<Record<ProfileName, ProfileSettings>> = {};
  for (const each of itemsOf(node)) {
    const text = each.kind === 'object' ? textOf(get(each, 'Name') ?? get(each, 'Profile')) : null;
    const name = PROFILE_NAMES.find(
      (known, i) => known === text?.toLowerCase() || String(1 << i) === text,
    );
    if (name === undefined || each.kind !== 'object') {
      const message = 'A profile is an object with the Name Domain, Private or Public.';
      reporter.error('fw-json-shape', { document, node: each }, message);
      continue;
    }
    profiles[name] = readProfileMembers(each, { document, reporter, cmdlet: true });
  }
  return [storeSettings('local', profiles)];
}
