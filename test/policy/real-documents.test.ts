/** Documents of real projects, where the data folder is beside the checkout. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { loadPolicyFiles } from '../../src/policy/load.js';
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
    expect(host!.endpoints[0]!.switchStage).toMatchObject({
      implicitDeny: { in: true, out: true },
    });
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
