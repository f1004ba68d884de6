/** Files of test cases, YAML or JSON: every mistake at once, each with its place. */
import { dirname, isAbsolute, join } from 'node:path';
import { PortaclError } from '../errors.js';
import { parseTuple } from '../explain/tuple-text.js';
import type { HostSources } from '../load-host.js';
import { REASONS, type Reason } from '../program/layout.js';
import { PolicyError, createReporter, type Reporter } from '../source/diagnostic.js';
import { readJson } from '../source/json.js';
import { didYouMean } from '../source/nearest.js';
import { readSourceFile } from '../source/read-file.js';
import {
  describe,
  locate,
  member,
  quote,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { readYaml } from '../source/yaml.js';
import type { CaseFile, CasePacket, TestCase } from './test-cases.js';

const FILE_FIELDS = [
  ...['host', 'policies', 'windows', 'driver', 'isolation', 'endpoint', 'lenient', 'cases'],
] as const;
const CASE_FIELDS = ['name', 'packets'] as const;
const PACKET_FIELDS = ['packet', 'expect', 'by', 'reason', 'stage'] as const;
const EXPECTING = ['expect', 'by', 'reason', 'stage'] as const;
const VERDICTS = ['allow', 'drop', 'pass'] as const;
const STAGE_NAMES = ['switch', 'host'] as const;

/**
 * Reads a file of test cases: JSON when its name ends in `.json`, YAML otherwise.
 *
 * @throws {PolicyError} bad-cases, not-yaml, not-json with all mistakes of the file
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 */
export function readCases(file: string): CaseFile {
  return casesFromText(readSourceFile(file));
}

/** The same of a text; paths in it are relative to its name. */
export function casesFromText(source: SourceText): CaseFile {
  const isJson = source.name.toLowerCase().endsWith('.json');
  const document = isJson ? readJson(source) : readYaml(source);
  const reader = new CaseReader(document);
  const cases = reader.file(document.root);
  if (reader.reporter.hasErrors() || cases === null) {
    throw new PolicyError(reader.reporter.result());
  }
  return cases;
}

class CaseReader {
  readonly reporter: Reporter = createReporter(true);
  readonly #document: SourceDocument;

  constructor(document: SourceDocument) {
    this.#document = document;
  }

  file(root: SourceNode): CaseFile | null {
    const node = this.#object(root, 'a file of cases', FILE_FIELDS);
    if (node === null) return null;
    const cases = this.#list(node, 'cases');
    if (cases.length === 0) this.#error(node, 'it has no cases', '`cases`: a list of them');
    return {
      file: this.#document.source.name,
      sources: this.#sources(node),
      cases: cases.map((each) => this.#case(each)).filter((each) => each !== null),
    };
  }

  #sources(node: ObjectNode): HostSources {
    const host = this.#text(node, 'host');
    const policies = member(node, 'policies');
    const lenient = member(node, 'lenient');
    if (lenient !== null && lenient.kind !== 'boolean') {
      this.#error(lenient, `lenient is ${describe(lenient)}`, 'true or false');
    }
    const files = policies?.kind === 'string' ? [policies] : this.#list(node, 'policies');
    return {
      ...(host === null ? {} : { host: this.#path(host) }),
      policies: files.flatMap((each) => {
        if (each.kind === 'string') return [this.#path(each.value)];
        this.#error(each, `a policy is ${describe(each)}`, 'the name of a file');
        return [];
      }),
      platform: {
        windows: this.#text(node, 'windows') ?? undefined,
        driver: this.#text(node, 'driver') ?? undefined,
        isolation: this.#text(node, 'isolation') ?? undefined,
        endpoint: this.#text(node, 'endpoint') ?? undefined,
      },
      strict: lenient?.value !== true,
    };
  }

  #path(file: string): string {
    return isAbsolute(file) ? file : join(dirname(this.#document.source.name), file);
  }

  #case(value: SourceNode): TestCase | null {
    const node = this.#object(value, 'a case', CASE_FIELDS);
    if (node === null) return null;
    const name = this.#text(node, 'name');
    const packets = this.#list(node, 'packets');
    if (name === null && member(node, 'name') === null) {
      this.#error(node, 'a case has no name', '`name`: a text');
    }
    if (packets.length === 0) this.#error(node, 'a case has no packets', '`packets`: a list');
    return {
      name: name ?? '',
      packets: packets.map((each) => this.#packet(each)).filter((each) => each !== null),
      location: locate(this.#document, node),
    };
  }

  #packet(value: SourceNode): CasePacket | null {
    const node = this.#object(value, 'a packet', PACKET_FIELDS);
    if (node === null) return null;
    const text = this.#text(node, 'packet');
    if (text === null) {
      if (member(node, 'packet') === null) {
        this.#error(node, 'it says no packet', '`packet`: in tcp 10.9.9.9:4000 > 10.1.0.5:80');
      }
      return null;
    }
    const tuple = this.#tuple(member(node, 'packet')!, text);
    const by = member(node, 'by');
    if (by !== null && by.kind !== 'string' && by.kind !== 'null') {
      this.#error(by, `by is ${describe(by)}`, 'the name of a rule, or null for a default');
    }
    const packet = {
      text,
      verdict: this.#word(node, 'expect', VERDICTS),
      by: by === null ? undefined : by.kind === 'string' ? by.value : null,
      reason: this.#word<Reason>(node, 'reason', REASONS),
      stage: this.#word(node, 'stage', STAGE_NAMES),
      location: locate(this.#document, node),
    };
    if (EXPECTING.every((name) => member(node, name) === null)) {
      this.#error(node, 'it expects nothing', 'expect, by, reason or stage');
    }
    return tuple === null ? null : { tuple, ...packet };
  }

  #tuple(node: SourceNode, text: string): CasePacket['tuple'] | null {
    try {
      return parseTuple(text);
    } catch (error) {
      if (!(error instanceof PortaclError)) throw error;
      this.reporter.error('bad-cases', { document: this.#document, node }, error.message);
      return null;
    }
  }

  #object(node: SourceNode, what: string, fields: readonly string[]): ObjectNode | null {
    if (node.kind !== 'object') {
      this.#error(node, `${what} is ${describe(node)}`, `an object with ${fields.join(', ')}`);
      return null;
    }
    for (const child of node.value) {
      if (fields.includes(child.key)) continue;
      const message = `${quote(child.key)} is no field of ${what}; accepted are ${fields.join(', ')}.${didYouMean(child.key, fields)}`;
      const at = { document: this.#document, node: child, part: 'key' } as const;
      this.reporter.error('bad-cases', at, message);
    }
    return node;
  }

  #list(node: ObjectNode, name: string): readonly SourceNode[] {
    const list = member(node, name);
    if (list === null) return [];
    if (list.kind === 'array') return list.value;
    this.#error(list, `${name} is ${describe(list)}`, 'a list');
    return [];
  }

  #text(node: ObjectNode, name: string): string | null {
    const text = member(node, name);
    if (text === null) return null;
    // `windows: 20348` is a number to YAML.
    if (text.kind === 'number' && name === 'windows') return String(text.value);
    if (text.kind === 'string') return text.value;
    this.#error(text, `${name} is ${describe(text)}`, 'a text');
    return null;
  }

  #word<Word extends string>(node: ObjectNode, name: string, words: readonly Word[]): Word | null {
    const text = this.#text(node, name);
    if (text === null) return null;
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    this.#error(
      member(node, name)!,
      `${name} is ${quote(text)}`,
      `${words.join(', ')}.${didYouMean(text, words)}`,
    );
    return null;
  }

  #error(node: SourceNode, found: string, accepted: string): void {
    this.reporter.error(
      'bad-cases',
      { document: this.#document, node },
      `${found}; accepted is ${accepted}`,
    );
  }
}
