/** `portacl check --as`: what becomes of NetworkPolicies, as text, JSON and exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { portacl } from './run.js';

const dir = mkdtempSync(path.join(tmpdir(), 'portacl-as-'));
const file = path.join(dir, 'policies.yaml');
writeFileSync(
  file,
  `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.1.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - ports: [{port: http}]
`,
);
afterAll(() => rmSync(dir, { recursive: true }));

const run = (...args: string[]): ReturnType<typeof portacl> => portacl(args);

describe('portacl check --as', () => {
  it('calico reports what is dropped, and does not fail unless asked to', async () => {
    const { code: status, stdout } = await run('check', file, '--as', 'calico');
    expect(status).toBe(0);
    expect(stdout).toContain(
      '0 widened (let through against the policies), 1 lost (dropped against the policies).',
    );
    expect(stdout).toContain(
      `${file}:13:13 named-port: Calico for Windows leaves out rules with named ports`,
    );
    expect(stdout).toMatch(/packet {4}tcp \S+:40000 > 10\.1\.0\.1:8080/);
    expect(stdout).toContain('policies  allow by shop/p/in/0');
    expect(
      (await run('check', file, '--as', 'calico', '--fail-on', 'front-end-dropped-rule')).code,
    ).toBe(3);
  });

  it('npm fails on a policy that it refuses', async () => {
    const { code: status, stdout } = await run('check', file, '--as', 'npm', '--json');
    expect(status).toBe(1);
    const { diagnostics, losses } = JSON.parse(stdout) as {
      diagnostics: { code: string; location: { line: number } }[];
      losses: { frontEnd: string; losses: { effect: string; code: string; witness: unknown }[] };
    };
    expect(diagnostics.map(({ code, location }) => `${code} ${location.line}`)).toContain(
      'unsupported-in-front-end 13',
    );
    expect(losses.frontEnd).toBe('npm');
    expect(losses.losses[0]).toMatchObject({
      effect: 'widened',
      code: 'policy-refused',
      pods: ['shop/web'],
      witness: {
        exact: { verdict: 'drop', rule: 'shop/p/in/isolated' },
        faithful: { verdict: 'allow' },
      },
    });
  });

  it('gives SARIF, and refuses front ends it does not know', async () => {
    expect((await run('check', file, '--as', 'calico', '--format', 'sarif')).stdout).toContain(
      '"front-end-dropped-rule"',
    );
    const { code: status, stderr } = await run('check', file, '--as', 'cilium');
    expect(status).toBe(2);
    expect(stderr).toContain(
      '--as cilium: one of calico, npm, npm-lite, npm-lite-before-4823 is wanted',
    );
  });

  it('gives errors of documents and no report', async () => {
    const broken = path.join(dir, 'broken.yaml');
    writeFileSync(
      broken,
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {}\n',
    );
    const { code: status, stdout } = await run('check', broken, '--as', 'npm');
    expect(status).toBe(1);
    expect(stdout).toContain('bad-network-policy');
    expect(stdout).not.toContain('lost');
  });

  it('also judges packets as the front end would', async () => {
    const tuples = path.join(dir, 'tuples.jsonl');
    writeFileSync(
      tuples,
      '{"src":"9.9.9.9","dst":"10.1.0.1","proto":"tcp","sport":4000,"dport":8080}\n',
    );
    const verdict = async (...more: string[]): Promise<string> => {
      const { stdout } = await run('simulate', '--tuples', tuples, '--policy', file, '-q', ...more);
      return (JSON.parse(stdout) as { verdict: string }).verdict;
    };
    expect(await verdict()).toBe('allow');
    expect(await verdict('--as', 'calico')).toBe('drop');
  });
});
