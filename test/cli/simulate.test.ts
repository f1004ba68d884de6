/** `portacl simulate`: answers line by line, and lines that are no tuples. */
import { describe, expect, it } from 'vitest';

import {
  EXAMPLE_HOST,
  L2BRIDGE,
  WEB_POLICY,
  jsonLines,
  portacl,
  succeed,
  temporaryFolder,
  type Run,
} from './run.js';

const folder = temporaryFolder();

const client = {
  dir: 'in',
  proto: 'tcp',
  src: '10.9.9.9',
  sport: 4000,
  dst: '10.244.1.10',
  dport: 80,
};
const answer = { ...client, dir: 'out', src: client.dst, dst: client.src, sport: 80, dport: 4000 };
const lines = (...tuples: readonly unknown[]): string =>
  tuples.map((tuple) => `${typeof tuple === 'string' ? tuple : JSON.stringify(tuple)}\n`).join('');

const one = ['simulate', '--tuples', '-', '--policy', WEB_POLICY, ...L2BRIDGE, '-q'];
const whole = ['simulate', '--tuples', '-', '--host', EXAMPLE_HOST, '-q'];
const simulate = async (args: string[], ...tuples: unknown[]): Promise<Record<string, unknown>[]> =>
  jsonLines((await succeed(args, { input: lines(...tuples) })).stdout);

describe('answers', () => {
  it('have the line and the columns of the record that decided', async () => {
    const [first] = await simulate(one, client);
    expect(Object.entries(first!)).toEqual([
      ['line', 1],
      ['frame', 1],
      ['time_ns', null],
      ['endpoint', 'endpoint'],
      ['direction', 'in'],
      ['verdict', 'allow'],
      ['stage', 'host'],
      ['layer', 'HOST_FIREWALL'],
      ['group', null],
      ['rule', null],
      ['reason', 'default-allow-inbound'],
      ['flow', 1],
      ['flow_event', 'new'],
    ]);
  });

  it('believe dir when one endpoint is all that is known', async () => {
    const strangers = { ...client, dst: '192.0.2.7' };
    expect(await simulate(one, strangers)).toMatchObject([{ verdict: 'allow', direction: 'in' }]);
  });

  it('form one sequence: an answer finds the flow, until its time is over', async () => {
    const later = { ...answer, flags: 'SA' };
    const sequence = [
      { ...client, at: 0 },
      { ...later, at: 1.5 },
      { ...later, at: 300 },
    ];
    expect(await simulate(one, ...sequence)).toMatchObject([
      { verdict: 'allow', flow_event: 'new', time_ns: 0 },
      { verdict: 'allow', reason: 'established', time_ns: 1_500_000_000 },
      { verdict: 'drop', reason: 'implicit-deny' },
    ]);
    expect(await simulate([...one, '--no-unified-flows'], ...sequence)).toEqual(
      await simulate(one, ...sequence),
    );
  });

  it('forget everything with --stateless', async () => {
    expect(await simulate([...one, '--stateless'], client, answer)).toMatchObject([
      { verdict: 'allow', flow: null },
      { verdict: 'drop', reason: 'implicit-deny' },
    ]);
  });

  it('without dir come from every endpoint that owns an address, sender first', async () => {
    const between = { proto: 6, src: '10.244.1.10', dst: '10.244.1.20', sport: 9, dport: 5432 };
    const [allowed, refused, nobody] = await simulate(
      whole,
      between,
      { ...between, dport: 5433 },
      { ...between, src: '192.0.2.1', dst: '192.0.2.2' },
    );
    expect(allowed).toMatchObject({
      endpoint: 'db',
      verdict: 'allow',
      records: [
        { frame: 1, endpoint: 'web', direction: 'out', rule: 'web-to-db' },
        { frame: 1, endpoint: 'db', direction: 'in', stage: 'host' },
      ],
    });
    expect(refused).toMatchObject({ line: 2, endpoint: 'web', verdict: 'drop' });
    expect(refused).not.toHaveProperty('records');
    expect(nobody).toMatchObject({ endpoint: null, verdict: 'pass', reason: 'no-endpoint' });
  });

  it('keep the numbers of lines over empty ones, and need no end of the last', async () => {
    const { stdout } = await succeed(one, {
      input: `\n${lines(client)}  \r\n${JSON.stringify(client)}`,
    });
    expect(jsonLines(stdout)).toMatchObject([
      { line: 2, frame: 1 },
      { line: 4, frame: 2 },
    ]);
  });

  it('come for a file as for standard input, with a byte order mark and CR LF too', async () => {
    const text = lines(client, answer);
    const file = folder.write('tuples.jsonl', `\ufeff${text.replaceAll('\n', '\r\n')}`);
    const fromFile = await succeed(['simulate', '--tuples', file, ...one.slice(3)]);
    expect(fromFile.stdout).toBe((await succeed(one, { input: text })).stdout);
  });

  it('are none for no lines', async () => {
    expect((await succeed(one, { input: '' })).stdout).toBe('');
  });

  it('are followed by warnings only on standard error', async () => {
    const policy = folder.write(
      'block.json',
      JSON.stringify([
        {
          Type: 'ACL',
          Settings: { Action: 'Block', Direction: 'In', Priority: 200, RuleType: 'Switch' },
        },
      ]),
    );
    const args = ['simulate', '--tuples', '-', '--policy', policy, ...L2BRIDGE];
    const { stdout, stderr } = await succeed(args, { input: lines(client) });
    expect(jsonLines(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/warning implicit-deny-surprise/);
    expect((await succeed([...args, '-q'], { input: lines(client) })).stderr).toBe('');
  });

  it('come for many thousand lines, each from its own', async () => {
    const count = 20_000;
    const input = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ ...client, sport: i % 60_000, dport: i % 2 === 0 ? 80 : 81 }),
    ).join('\n');
    const answers = jsonLines((await succeed(one, { input })).stdout);
    expect(answers).toHaveLength(count);
    expect(answers.every(({ line }, i) => line === i + 1)).toBe(true);
    expect(answers.every(({ verdict }, i) => verdict === (i % 2 === 0 ? 'allow' : 'drop'))).toBe(
      true,
    );
  });
});

describe('a line that is no tuple ends the work; answers before it stand', () => {
  const base = { dir: 'in', proto: 6, src: '1.1.1.1', dst: '2.2.2.2' };
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const long = 'x'.repeat(500_000);
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['null', null, /a packet is an object/],
    ['an array', [base], /a packet is an object/],
    ['a number', 1e308, /a packet is an object/],
    ['a text', '"x"', /a packet is an object/],
    ['no JSON', 'nonsense', /the line is no JSON: /],
    ['NaN', '{"dir":"in","proto":NaN}', /the line is no JSON: /],
    ['control characters', '{"dir":"\u001b[2J\u009b2J', /the line is no JSON: /],
    ['UTF-16', '\0{\0}', /the line is no JSON: /],
    ['nothing in it', {}, /src is nothing; accepted is an IPv4 or IPv6 address/],
    ['a number for an address', { ...base, src: 16843009 }, /src is 16843009/],
    ['a prefix for an address', { ...base, src: '1.1.1.0/24' }, /src is "1\.1\.1\.0\/24"/],
    ['two families', { ...base, dst: 'fd00::1' }, /same family as src/],
    [
      'a text for a port',
      { ...base, sport: '80' },
      /sport is "80"; accepted is a number from 0 to 65535/,
    ],
    ['a fraction for a port', { ...base, sport: 80.5 }, /sport is 80\.5/],
    ['1e308 for a port', { ...base, dport: 1e308 }, /dport is 1e\+308/],
    ['a negative port', { ...base, dport: -1 }, /dport is -1/],
    ['a port above its range', { ...base, dport: 65536 }, /dport is 65536/],
    ['a negative time', { ...base, at: -1 }, /at is -1; accepted is seconds from 0/],
    ['1e308 for a time', { ...base, at: 1e308 }, /at is 1e\+308/],
    ['a null time', { ...base, at: null }, /at is null/],
    ['a wrong direction', { ...base, dir: 'IN' }, /dir is "IN"; accepted is "in" or "out"/],
    ['a null direction', { ...base, dir: null }, /dir is null/],
    ['a protocol above its range', { ...base, proto: 256 }, /proto is 256/],
    ['an unknown protocol', { ...base, proto: 'moon' }, /proto is "moon".*tcp, udp/],
    ['a protocol every object has', { ...base, proto: 'constructor' }, /proto is "constructor"/],
    ['the prototype as protocol', { ...base, proto: '__proto__' }, /proto is "__proto__"/],
    [
      'values behind __proto__',
      '{"__proto__":{"proto":6},"src":"1.1.1.1","dst":"2.2.2.2"}',
      /"__proto__" is no field here; fields are proto, src, dst, /,
    ],
    [
      'a field written wrong',
      { ...base, dprot: 80 },
      /"dprot" is no field .* Did you mean dport\?/,
    ],
    ['a field in another case', { ...base, dPort: 80 }, /"dPort" is no field .* mean dport\?/],
    ['a field of nothing', { ...base, moon: null }, /"moon" is no field here; fields are [^?]*$/],
    [
      'a field written wrong in the packet quoted',
      { ...base, quoted: { ...base, dir: undefined, sprot: 1 } },
      /quoted: "sprot" is no field .* mean sport\?/,
    ],
    [
      'a field written wrong in a fragment',
      { ...base, fragment: { id: 1, offset: 8, mroe: true } },
      /"mroe" is no field here; fields are id, offset/,
    ],
    ['a long name of a field', { ...base, ['x'.repeat(500_000)]: 1 }, /"x{60}…" is no field/],
    ['flags of other letters', { ...base, flags: 'SX' }, /flags is "SX"/],
    ['a type above its range', { ...base, proto: 1, type: 256 }, /type is 256/],
    [
      'an unknown endpoint',
      { ...base, endpoint: 'constructor' },
      /endpoint "constructor" is not in the model/,
    ],
    ['an object as endpoint', { ...base, endpoint: {} }, /endpoint an object is not in the model/],
    [
      'a null fragment',
      { ...base, fragment: null },
      /fragment is null; accepted is \{"id": number/,
    ],
    ['a fragment without a number', { ...base, fragment: { offset: 8 } }, /fragment is an object/],
    ['a null packet quoted', { ...base, quoted: null }, /quoted: a packet is an object/],
    [
      'a wrong packet quoted',
      { ...base, quoted: { ...base, dir: undefined, src: 'x' } },
      /quoted: src is "x"/,
    ],
    [
      'a deep value',
      `{"dir":"in","src":"1.1.1.1","dst":"2.2.2.2","proto":${deep}}`,
      /proto is an array/,
    ],
    ['a long value', { ...base, proto: long }, /proto is "x{60}…"/],
    [
      'a line above the limit',
      { ...base, proto: 'x'.repeat(3_000_000) },
      /the line is longer than 1048576/,
    ],
  ];

  // One run at a time would take most of the time to start programs.
  it.concurrent.each(cases)('%s', async (_, tuple, message) => {
    const run = await portacl(one, { input: lines(client, tuple, client) });
    expectRefusal(run, message);
  });

  it('also in lenient reading', async () => {
    const run = await portacl([...one, '--lenient'], {
      input: lines(client, { ...base, dprot: 80 }),
    });
    expectRefusal(run, /"dprot" is no field/);
  });

  function expectRefusal({ code, stdout, stderr }: Run, message: RegExp): void {
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ line: 1, verdict: 'allow' }]);
    expect(stderr).toMatch(/^<stdin>:2 bad-tuple /);
    expect(stderr).toMatch(message);
    expect(stderr.length).toBeLessThan(400);
    // eslint-disable-next-line no-control-regex
    expect(stderr).toMatch(/^[^\u0000-\u001f\u007f-\u009f]*\n$/);
  }

  it('dir without an endpoint, when the model has several', async () => {
    const { code, stderr } = await portacl(whole, { input: lines(client) });
    expect(code).toBe(1);
    expect(stderr).toBe(
      '<stdin>:1 bad-tuple a packet with dir needs endpoint when the model has several; it has web, db, jobs\n',
    );
  });

  it.each([
    ['a missing file', 'none.jsonl', 'file-not-found'],
    ['a directory', '.', 'file-is-directory'],
  ])('%s is an error of its own', async (_, name, code) => {
    const file = folder.at(name);
    const run = await portacl(['simulate', '--tuples', file, ...one.slice(3)]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr.startsWith(`${file} ${code} `)).toBe(true);
    expect(run.stderr).toMatch(/^.*\n$/);
  });

  it('endless zeros end in bounded memory', async () => {
    const zeros = Buffer.alloc(1 << 20);
    const run = await portacl(one, {
      onStart: ({ stdin }) => {
        const more = (): void => {
          while (stdin!.writable && stdin!.write(zeros));
          stdin!.once('drain', more);
        };
        more();
      },
    });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/^<stdin>:1 bad-tuple the line is longer/);
  });
});
