/** Every real store loads: each rule read, or refused with line and reason. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import type { FirewallDocument } from '../../src/firewall/firewall-document.js';
import type { FirewallRule } from '../../src/firewall/firewall-rule.js';
import { firewallFromBytes, loadFirewallFiles } from '../../src/firewall/load.js';
import { printRuleString } from '../../src/firewall/print-rule-string.js';
import { DATA, HAS_DATA, polFile, regExport, tableValues, type Value } from './stores.js';

const STRICT = { strict: true };

/** Rules by store; `ignored` are of a major version that is not known. */
const STORES = [
  ['win7', { local: 323, 'configurable-services': 2, 'static-services': 107 }, 2],
  ['win81', { local: 400, 'configurable-services': 210, 'static-services': 151 }, 0],
  [
    'win10-1703',
    { local: 443, 'app-isolation': 277, 'configurable-services': 5, 'static-services': 186 },
    0,
  ],
  ['win10-1803-export', { local: 452 }, 0],
] as const;

function countByStore(rules: readonly FirewallRule[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { store } of rules) counts[store] = (counts[store] ?? 0) + 1;
  return counts;
}

const codes = ({ diagnostics }: FirewallDocument): string[] =>
  [...new Set(diagnostics.map(({ severity, code }) => `${severity} ${code}`))].sort();

const table = (folder: string): Value[] => tableValues(`${folder}/firewallpolicy.tsv`);
const load = (folder: string, encoding?: 'utf8'): FirewallDocument =>
  firewallFromBytes(regExport(table(folder), encoding), `${folder}.reg`, STRICT);

/** A rule without what its place says. */
function meaning({ location, version, ...rule }: FirewallRule): unknown {
  expect(location.file).not.toBe('');
  return { ...rule, minor: version.minor };
}

describe.skipIf(!HAS_DATA)('the stores of four machines', () => {
  it.each(STORES)('%s: strictly, as a registry export', (folder, counts, ignored) => {
    const document = load(folder);
    expect(countByStore(document.rules)).toEqual(counts);
    const strings = table(folder).filter(({ data }) => /^v\d/i.test(String(data)));
    expect(document.rules).toHaveLength(strings.length - ignored);
    expect(document.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const newer = document.diagnostics.filter(({ code }) => code === 'fw-version-major');
    expect(newer).toHaveLength(ignored);
  });

  it.each(STORES)('%s: every rule string is printed back unchanged in meaning', (folder) => {
    const { rules } = load(folder);
    const printed = rules.map((rule) => ({
      key: 'FirewallPolicy\\FirewallRules',
      name: `${rule.store} ${rule.id}`,
      data: printRuleString(rule),
    }));
    const again = firewallFromBytes(regExport(printed), 'printed.reg', STRICT);
    expect(again.diagnostics).toEqual([]);
    expect(
      again.rules.map((rule, i) => meaning({ ...rule, id: rules[i]!.id, store: rules[i]!.store })),
    ).toEqual(rules.map(meaning));
  });

  it('are the same in UTF-8', () => {
    expect(load('win7', 'utf8').rules.map(meaning)).toEqual(load('win7').rules.map(meaning));
  });

  it('have their settings', () => {
    const [settings] = load('win10-1703').settings;
    expect(settings).toMatchObject({
      store: 'local',
      profiles: { public: { enabled: true, logDropped: false, logSizeKb: 4096, shielded: null } },
      global: { statefulFtpDisabled: false, policyVersion: 539 },
    });
  });

  it('place a finding on line and column', () => {
    const values = table('win7').slice(0, 40);
    const rule = values.findIndex(({ data }) => String(data).startsWith('v2'));
    const { name, key, data } = values[rule]!;
    values[rule] = { name, key, data: String(data).replace('Dir=', 'Dri=') };
    const [finding] = firewallFromBytes(regExport(values), 'a.reg', STRICT).diagnostics;
    const lines = Buffer.from(regExport(values)).toString('utf16le').slice(1).split('\r\n');
    expect(finding).toMatchObject({ code: 'fw-key-unknown', severity: 'error', rule: name });
    const { line, column } = finding!.location;
    expect(lines[line - 1]!.slice(column - 1, column + 3)).toBe('Dri=');
  });
});

describe.skipIf(!HAS_DATA)('other real files', () => {
  const open = (file: string): FirewallDocument =>
    loadFirewallFiles([path.join(DATA, file)], STRICT)[0]!;

  it('an export of netsh advfirewall is a hive, and says what its table says', () => {
    const document = open('win10-1803-export/fwpolicy_full.wfw');
    expect(document.diagnostics).toEqual([]);
    expect(document.rules.map(meaning)).toEqual(load('win10-1803-export').rules.map(meaning));
    expect(document.settings).toEqual(load('win10-1803-export').settings);
  });

  it('the registry.pol of a hardening GPO sets all three profiles', () => {
    const document = open('nsa-shb-gpo/registry.pol');
    expect(codes(document)).toEqual([]);
    expect(document.rules).toEqual([]);
    expect(document.settings).toHaveLength(1);
    expect(document.settings[0]).toMatchObject({
      store: 'group-policy',
      profiles: {
        domain: { enabled: true, defaultInbound: 'block', localRules: null, logDropped: true },
        private: { defaultOutbound: 'allow', unicastAnswersDisabled: true, logSizeKb: 16384 },
        public: { localRules: false, localIpsecRules: false },
      },
    });
    const values = tableValues('nsa-shb-gpo/registry.tsv');
    const made = firewallFromBytes(polFile(values), 'made.pol', STRICT);
    expect(made.settings).toEqual(document.settings);
  });

  it('the worked example of the Group Policy encoding', () => {
    const values = tableValues('ms-gpfas-examples/examples.tsv');
    const document = firewallFromBytes(regExport(values), 'examples.reg', STRICT);
    expect(codes(document)).toEqual(['warning fw-store-unsupported']);
    expect(document.rules).toHaveLength(1);
    expect(document.rules[0]).toMatchObject({
      ...{ store: 'group-policy', security: 'authenticate-no-encapsulation', profiles: 4 },
      localPorts: [{ kind: 'keyword', keyword: 'RPC' }],
      remotePorts: [{ from: 49000, to: 49000 }],
    });
  });

  it.each([
    ['testAnyProtocol', 1],
    ['testIcmp', 1],
    ['testIcmpTypes', 3],
    ['testMiscProtocol', 2],
    ['testMultiprotocol', 3],
    ['testTcp', 1],
  ])('what a generator writes for netsh: %s', (name, count) => {
    const document = open(`aerleon-netsh/${name}.txt`);
    expect(document.diagnostics).toEqual([]);
    expect(document.rules).toHaveLength(count);
    for (const rule of document.rules)
      expect(rule).toMatchObject({ direction: 'out', enabled: true });
  });

  it('a table made of a Group Policy report is refused, since it is no export', () => {
    const document = open('dcfw-gpo/gporeport-rules.json');
    expect(codes(document)).toEqual(['error fw-filters-missing']);
    expect(document.rules).toEqual([]);
    expect(codes(open('dcfw-gpo/inbound-custom-firewall-rules.csv'))).toEqual([
      'error unknown-document',
    ]);
  });
});
