/** `portacl explain`: what it prints and what it refuses. */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { diagnosisSchema } from '../../src/explain/schema.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, succeed } from './run.js';

const host = ['--host', EXAMPLE_HOST, '-q'];
const probe = 'tcp 10.244.1.2 > 10.244.1.10:8080';

describe('explain', () => {
  it('prints the path of a tuple', async () => {
    const { stdout } = await succeed(['explain', probe, ...host]);
    expect(stdout).toContain('DROPPED at web, inbound, switch stage: implicit-deny');
    expect(stdout).toContain('take also destination port 8080');
  });

  it('takes a tuple that the shell has split', async () => {
    const { stdout } = await succeed(['explain', ...probe.split(' '), ...host]);
    expect(stdout).toContain('DROPPED at web');
  });

  it('judges packets before it', async () => {
    const answer = 'tcp 10.244.1.10:80 > 10.244.1.50:4000 flags SA';
    const before = ['--after', 'tcp 10.244.1.50:4000 > 10.244.1.10:80'];
    expect((await succeed(['explain', answer, ...host])).stdout).toContain('DROPPED');
    expect((await succeed(['explain', answer, ...before, ...host])).stdout).toContain('ALLOWED');
    const stateless = await succeed(['explain', answer, ...before, '--stateless', ...host]);
    expect(stateless.stdout).toContain('DROPPED');
  });

  it('explains a frame with its state, as JSON of the published form', async () => {
    const args = ['explain', EXAMPLE, '--frame', '30', '--json', ...host];
    const { stdout } = await succeed(args);
    const diagnosis = diagnosisSchema.parse(JSON.parse(stdout));
    expect(diagnosis.packet.frame).toBe(30);
    expect(diagnosis.decision).toMatchObject({ verdict: 'allow', reason: 'established' });
  });

  it('explains a frame of standard input, with the smallest change', async () => {
    const args = (capture: string): string[] => ['explain', capture, '--frame', '1111', '--json'];
    const { stdout: wanted } = await succeed([...args(EXAMPLE), ...host]);
    expect(diagnosisSchema.parse(JSON.parse(wanted)).smallest_edit).not.toBeNull();
    const piped = await succeed([...args('-'), ...host], { input: readFileSync(EXAMPLE) });
    expect(piped.stdout).toBe(wanted);
  });

  it.each([
    [['tcp 10.244.1.2 > 10.244.1.10'], 1, 'bad-tuple the tuple has "10.244.1.10" at character 18'],
    [[EXAMPLE], 2, `${EXAMPLE} is a file: which packet? Give --frame NUMBER`],
    [[EXAMPLE, '--frame', '0'], 2, '--frame 0: a packet number from 1 is wanted'],
    [[EXAMPLE, '--frame', '9999'], 1, `${EXAMPLE} frame-not-found it ends before packet 9999`],
    [[EXAMPLE, '--frame', '1', '--after', probe], 2, '--after goes with a tuple'],
    [[`in ${probe}`], 1, 'bad-tuple a packet with dir needs endpoint'],
  ])('refuses %j', async (args, code, message) => {
    const run = await portacl(['explain', ...args, ...host]);
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(message);
    expect(run.stdout).toBe('');
  });
});
