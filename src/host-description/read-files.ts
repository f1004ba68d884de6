/** Documents of a host description: in place, or in files beside it. */
import { dirname, isAbsolute, join } from 'node:path';
import { PortaclError } from '../errors.js';
import type { FirewallDocument } from '../firewall/firewall-document.js';
import { loadFirewallFiles } from '../firewall/load.js';
import type { PolicyDocument } from '../policy/document.js';
import { loadPolicyFiles } from '../policy/load.js';
import { readNodes } from '../policy/read-document.js';
import { member, quote, type SourceNode } from '../source/source-node.js';
import { readYamlDocuments } from '../source/yaml.js';
import { locationOf, nodeAt, type Path, type Reading } from './place.js';

/** Policies written in place, `{file: name}`, or names of files; one of them or a list. */
export function readPolicies(reading: Reading, path: Path): readonly PolicyDocument[] {
  const { document, options } = reading;
  const node = nodeAt(document.root, path);
  if (node.key !== 'policies') return [];
  const items = node.kind === 'array' ? node.value : [node];
  const documents: PolicyDocument[] = [];
  let inPlace: SourceNode[] = [];
  const flush = (): void => {
    if (inPlace.length > 0) documents.push(readNodes(document, inPlace, options.strict));
    inPlace = [];
  };
  items.forEach((item, i) => {
    const file = fileOf(item);
    if (file === null) {
      inPlace.push(item);
      return;
    }
    flush();
    documents.push(...readFile(reading, file, node.kind === 'array' ? [...path, i] : path));
  });
  flush();
  return documents;
}

function fileOf(item: SourceNode): string | null {
  if (item.kind === 'string') return item.value;
  const file = item.kind === 'object' && item.value.length === 1 ? member(item, 'file') : null;
  return file?.kind === 'string' ? file.value : null;
}

/** The documents of a file beside the description; one that cannot be opened is reported where it is named. */
export function readFile(reading: Reading, file: string, path: Path): readonly PolicyDocument[] {
  const name = besideDescription(reading, file);
  return opened(reading, name, path, () =>
    loadPolicyFiles([name], { ...reading.options, yaml: readYamlDocuments }),
  );
}

function besideDescription(reading: Reading, file: string): string {
  return isAbsolute(file) ? file : join(dirname(reading.document.source.name), file);
}

function opened<T>(
  reading: Reading,
  name: string,
  path: Path,
  load: () => readonly T[],
): readonly T[] {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof PortaclError)) throw error;
    const message = `${name}: ${error.message}`;
    reading.reporter.error(error.code, locationOf(reading, path), message, { found: quote(name) });
    return [];
  }
}

/** Files beside the description; one that cannot be opened is reported where it is named. */
export function readFirewallFiles(
  reading: Reading,
  files: readonly string[] = [],
  path: Path,
): readonly FirewallDocument[] {
  return files.flatMap((file, i) => {
    const name = besideDescription(reading, file);
    return opened(reading, name, [...path, i], () => loadFirewallFiles([name], reading.options));
  });
}
