/** Documents of real projects, where the data folder is beside the checkout. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { loadPolicyFiles } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { brief, hostOf } from './reading.js';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const READ_BACK = `${DATA}policies/hns-v1.calico-cni-endpoint.readback.json`;
const FLANNEL = `${DATA}policies/cni-flannel.overlay.conf`;

describe.skipIf(!existsSync(READ_BACK))('policies of the data folder', () => {
  it('the read-back of an endpoint made by Calico, as SOURCES.md says', () => {
    const documents = loadPolicyFiles([READ_BACK], { strict: true });
    const { host, diagnostics } = normaliseHost({
      documents,
      strict: true,
      platform: { driver: 'overlay' },
    });
    expect(diagnostics.map((d) => `${d.severity} ${d.code}`)).toEqual([
      'info policy-not-evaluated',
    ]);
    expect(host!.rules).toMatchObject([
      {
        name: 'hns-v1.calico-cni-endpoint.readback.json[3]',
        stage: 'switch',
        direction: 'in',
        action: 'block',
        priority: 65500,
        conditions: { protocols: null },
      },
    ]);
    const ends = { proto: 'tcp', sport: 40_000, dport: 80 } as const;
    const [request, answer] = new Simulator(compileHost(host!)).judge([
      { ...ends, dir: 'in', src: '10.9.9.9', dst: '10.0.0.5' },
      { ...ends, dir: 'out', src: '10.0.0.5', dst: '10.9.9.9' },
    ]);
    expect([request![0], answer![0]]).toMatchObject([
      { verdict: 'drop', reason: 'rule', rule: host!.rules[0]!.name },
      { verdict: 'drop', reason: 'implicit-deny', rule: null },
    ]);
  });

  it('a sample with no-break spaces is refused with the code point', () => {
    const [document] = loadPolicyFiles([FLANNEL], { strict: false });
    expect(document!.diagnostics.map(brief)).toEqual([
      expect.stringMatching(/^error not-json \d+:\d+$/),
    ]);
    expect(document!.diagnostics[0]!.message).toContain('U+00A0');
  });
});

interface Case {
  readonly name: string;
  readonly policies?: readonly unknown[];
  readonly acls?: readonly unknown[];
}

describe.each(['hns-acl-samples', 'acl-first-match'])('vectors %s', (file) => {
  const path = `${DATA}vectors/${file}.json`;
  const cases = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Case[]) : [];
  it.skipIf(cases.length === 0)('normalise in lenient reading', () => {
    for (const { name, policies, acls } of cases) {
      const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'hyperv' };
      const host = hostOf(policies ?? acls, { strict: false, platform });
      expect(host.rules.length, name).toBeGreaterThan(0);
    }
  });
});
