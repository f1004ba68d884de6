/** The built program as a user runs it, and folders that are gone when the tests have ended. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect } from 'vitest';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
export const EXAMPLE: string = path.join(ROOT, 'examples/web-pod/capture.pcap');
export const EXAMPLE_HOST: string = path.join(ROOT, 'examples/web-pod/host.yaml');
export const WEB_POLICY: string = path.join(ROOT, 'examples/web-pod/web.policy.json');
/** A platform on which every ACL is accepted. */
export const L2BRIDGE = '--windows ws2022 --driver l2bridge --isolation process'.split(' ');

const PROGRAM = path.join(ROOT, 'dist/cli.js');

export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of standard output; default a pipe that is read. */
  readonly stdout?: 'pipe' | number;
  /** Called once the program runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `portacl` with arguments, to its end. */
export function portacl(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { input, cwd, env = {}, stdout = 'pipe', onStart } = options;
  const stdio: StdioOptions = ['pipe', stdout, 'pipe'];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio,
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (part: string) => (texts[name] += part));
  }
  child.stdin?.on('error', () => undefined); // a program that ends early reads no more
  if (onStart === undefined) child.stdin?.end(input);
  else onStart(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
}

/** As {@link portacl}; the exit code must be 0. */
export async function succeed(args: readonly string[], options?: RunOptions): Promise<Run> {
  const run = await portacl(args, options);
  expect(run, run.stderr).toMatchObject({ code: 0, signal: null });
  return run;
}

export interface Folder {
  readonly path: string;
  at(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  /** Names of the files in it. */
  list(): string[];
}

/** A folder that lives as long as the tests of the file (or the `describe`) that asks for it. */
export function temporaryFolder(): Folder {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'portacl-test-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const at = (name: string): string => path.join(folder, name);
  return {
    get path() {
      return folder;
    },
    at,
    write(name, content) {
      writeFileSync(at(name), content);
      return at(name);
    },
    list: () => readdirSync(folder).sort(),
  };
}

/** The objects of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The records of a CSV text. Source: RFC 4180. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text.charAt(at) === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new Error('a quote without an end');
        if (text.charAt(at) !== '"') cell += text.charAt(at);
        else if (text.charAt(at + 1) === '"') cell += text.charAt(++at);
        else break;
      }
      at++;
    } else {
      const end = text.slice(at).search(/,|\r\n/);
      if (end < 0) throw new Error('a record without an end');
      cell = text.slice(at, at + end);
      if (/["\r\n]/.test(cell)) throw new Error(`a bare quote or line end in ${cell}`);
      at += end;
    }
    row.push(cell);
    if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else if (text.charAt(at) === ',') at++;
    else throw new Error(`no separator behind ${cell}`);
  }
  return rows;
}
