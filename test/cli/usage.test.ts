/** Help, exit codes, and the options that every command has. */
import { Help } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';

import { COMMANDS as LISTED } from '../../src/cli/commands.js';
import { buildProgram } from '../../src/cli/main.js';
import { hostSources } from '../../src/cli/model-options.js';
import { progressLine, stepLine } from '../../src/cli/progress.js';
import { paintFor } from '../../src/cli/streams.js';
import { PortaclError } from '../../src/errors.js';
import { DEFAULT_OPTIONS } from '../../src/normalise/options.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, succeed } from './run.js';

const COMMANDS = ['replay', 'decode', 'simulate', 'check', 'host'];

describe('help', () => {
  it('names every command and what the program is for', async () => {
    const { stdout, stderr } = await succeed(['--help']);
    expect(stdout).toMatch(/^Usage: portacl/);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stderr).toBe('');
  });

  it.each(COMMANDS)('of %s has examples that run this command', async (command) => {
    const { stdout } = await succeed([command, '--help']);
    const [, examples] = stdout.split('\nExamples:\n');
    expect(examples).toMatch(new RegExp(`^  portacl ${command} `));
  });

  it('shows of every command in the list what the command says of itself', async () => {
    const program = await buildProgram(null, () => undefined);
    const help = new Help();
    const said = program.commands.map((command) => ({
      name: command.name(),
      term: help.subcommandTerm(command),
      description: command.description(),
    }));
    expect(said).toEqual(
      LISTED.map(({ name, term, description }) => ({ name, term, description })),
    );
  });

  it('is shown, as misuse, when no command is given', async () => {
    const { code, stdout, stderr } = await portacl([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: portacl/);
  });

  it.skipIf(process.platform === 'win32')('minds no reader that goes away', async () => {
    const { code, stderr } = await portacl(['replay', '--help'], {
      onStart: ({ stdout }) => stdout!.destroy(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('says the version', async () => {
    expect((await succeed(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('misuse exits 2, says why, and prints no result', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['relpay'], /unknown command 'relpay'\n\(Did you mean replay\?\)/],
    [
      'an unknown option',
      ['replay', '--polcy'],
      /unknown option '--polcy'\n\(Did you mean --policy/,
    ],
    ['a missing argument', ['decode'], /missing required argument 'capture'/],
    ['no capture', ['replay', '--host', 'x'], /^bad-usage no capture is given/],
    [
      'a capture behind --policy',
      ['replay', '--policy', 'a.json', EXAMPLE],
      /^bad-usage no capture is given; captures stand first or behind --, since --policy takes/,
    ],
    ['a missing option', ['simulate'], /--tuples/],
    ['too many arguments', ['decode', 'a', 'b'], /too many arguments/],
    ['a choice outside its list', ['decode', '--format', 'xml', 'a'], /text, jsonl/],
    [
      '--strict with --lenient',
      ['host', '--strict', '--lenient'],
      /^bad-usage .*exclude each other/,
    ],
    [
      'an unknown --fail-on',
      ['check', 'x', '--fail-on', 'moon'],
      /^bad-usage .*moon.*lint, warning/,
    ],
    ['packets of another format', ['replay', 'x', '--packets', 'p.txt'], /^bad-usage p\.txt/],
    ['rules of another format', ['replay', 'x', '--rules', 'r.txt'], /^bad-usage r\.txt/],
    [
      'one file for two outputs',
      ['replay', 'x', '--rules', 'a.csv', '--packets', './a.csv'],
      /both/,
    ],
    [
      'two host descriptions',
      ['check', EXAMPLE_HOST, EXAMPLE_HOST.replace('web-pod/', 'web-pod/./')],
      /^bad-usage one host description/,
    ],
    [
      'no endpoint with an address',
      ['replay', EXAMPLE, '--driver', 'nat', '-q'],
      /^bad-usage no endp/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await portacl(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('--option', () => {
  const taken = (pair: string): unknown => hostSources({ option: [pair] }).options;

  it.each(['block-first', 'document-order', 'last-wins'])('takes tieBreak=%s', (value) => {
    expect(taken(`tieBreak=${value}`)).toEqual({ tieBreak: value, timers: {}, flowLimits: {} });
  });

  it.each([
    ['implicitDeny', ['both', 'same-direction', 'off']],
    ['hostFirewall', ['on', 'off']],
    ['hostAclOrder', ['firewall', 'priority']],
    ['midstream', ['adopt', 'strict']],
    ['neighborDiscovery', ['exempt', 'filter']],
    ['icmpErrors', ['flow', 'rules']],
    ['invalidTcp', ['drop', 'judge']],
    ['unknownConditions', ['no-match', 'match', 'report']],
    ['onPolicyChange', ['keep', 'reevaluate', 'reset']],
  ])('takes the words of %s and no other', (key, words) => {
    for (const word of words) expect(taken(`${key}=${word}`)).toMatchObject({ [key]: word });
    for (const word of ['', 'constructor', '1', `${words[0]!} `, words[0]!.toUpperCase()]) {
      expect(() => taken(`${key}=${word}`), word).toThrow(new RegExp(words.join(', ')));
    }
  });

  const numbers = ['flowLimit', ...Object.keys(DEFAULT_OPTIONS.timers).map((t) => `timers.${t}`)];

  it.each(numbers)('takes a number for %s, within its bounds', (key) => {
    const timer = key.split('.')[1];
    expect(taken(`${key}=7`)).toMatchObject(timer ? { timers: { [timer]: 7 } } : { flowLimit: 7 });
    for (const bad of ['NaN', '1e308', '-1', '', ' ', '0', 'Infinity', '7x', '4294967296']) {
      expect(() => taken(`${key}=${bad}`), bad).toThrow(PortaclError);
    }
  });

  it.each(Object.keys(DEFAULT_OPTIONS.flowLimits))(
    'takes whole flows for flowLimits.%s',
    (name) => {
      expect(taken(`flowLimits.${name}=7`)).toMatchObject({ flowLimits: { [name]: 7 } });
      for (const bad of ['0', '1.5', '-1', '', '4294967296']) {
        expect(() => taken(`flowLimits.${name}=${bad}`), bad).toThrow(PortaclError);
      }
      expect(() => taken(`flowLimits.${name}.x=7`)).toThrow(/known are/);
    },
  );

  it('takes fractions of seconds, but no fraction of a flow', () => {
    expect(taken('timers.hostUdp=0.5')).toMatchObject({ timers: { hostUdp: 0.5 } });
    expect(() => taken('flowLimit=1.5')).toThrow(/whole number/);
  });

  it.each(['nokey', '=x', '', 'timers=1', 'timers.=1', 'timers.moon=1', 'tiebreak=off'])(
    'names what is known for %j',
    (pair) => {
      expect(() => taken(pair)).toThrow(/known are tieBreak, .*timers\.hostTimeWait/);
    },
  );

  it.each([
    'constructor=x',
    '__proto__=x',
    'toString=1',
    'timers.toString=1',
    'timers.__proto__=1',
  ])('knows no names that every object has: %s', (pair) => {
    expect(() => taken(pair)).toThrow(/known are/);
  });

  it('keeps all of several, the last of one key', () => {
    const { options } = hostSources({
      option: ['tieBreak=last-wins', 'flowLimit=1', 'timers.hostUdp=1', 'flowLimit=2'],
    });
    expect(options).toEqual({
      ...{ tieBreak: 'last-wins', flowLimit: 2, timers: { hostUdp: 1 } },
      flowLimits: {},
    });
  });

  it('reaches the model, and is misuse when it is wrong', async () => {
    const good = await succeed([
      'host',
      '--json',
      '-q',
      '-o',
      'tieBreak=last-wins',
      '-o',
      'flowLimit=9',
    ]);
    expect(JSON.parse(good.stdout)).toMatchObject({
      model: { options: { tieBreak: 'last-wins', flowLimit: 9 } },
    });
    const bad = await portacl(['host', '-o', 'timers.hostUdp=1e308']);
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(bad.stderr).toMatch(/^bad-usage --option timers\.hostUdp=1e308: a number from 0\.001/);
  });
});

describe('colour', () => {
  const terminal = { isTTY: true } as unknown as NodeJS.WriteStream;
  const before = process.env['NO_COLOR'];
  afterEach(() => {
    if (before === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = before;
  });
  const bold = async (stream: NodeJS.WriteStream, noColor?: string): Promise<string> => {
    if (noColor === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = noColor;
    return (await paintFor(stream)).bold('x');
  };

  it('is shown on a terminal only', async () => {
    expect(await bold(terminal)).toBe('\x1b[1mx\x1b[22m');
    expect(await bold({ isTTY: false } as unknown as NodeJS.WriteStream)).toBe('x');
  });

  it('is left out when NO_COLOR has a value', async () => {
    expect(await bold(terminal, '1')).toBe('x');
    expect(await bold(terminal, '')).not.toBe('x');
  });

  it('is never in what a pipe reads', async () => {
    const { stdout, stderr } = await succeed(['replay', EXAMPLE, '--host', EXAMPLE_HOST]);
    expect(stdout + stderr).not.toContain('\x1b');
  });
});

describe('progress', () => {
  it('tells how far, how fast and how long still', () => {
    expect(progressLine(5e8, 2e9, 2)).toBe('25 % of 2000 MB, 250 MB/s, 6 s left');
  });

  it('tells what it can of a pipe', () => {
    expect(progressLine(5e8, 0, 2)).toBe('500 MB, 250 MB/s');
  });

  it('tells of steps which one it is, and how long the others take if they are like those before', () => {
    expect(stepLine(0, 10, 'replay', 3)).toBe('step 1 of 10: replay');
    expect(stepLine(3, 10, 'replay', 6)).toBe('step 4 of 10, 14 s left: replay');
    expect(stepLine(10, 10, 'replay', 6)).toBe('step 11 of 11, 0 s left: replay');
  });
});
