/** Rule strings in JSON: `{ "ID": "v2.31|…" }`, or a list of them. Source: windows-firewall.md 7.2. */
import type { Reporter } from '../source/diagnostic.js';
import { locate, type SourceDocument, type SourceNode } from '../source/source-node.js';
import type { FirewallRule } from './firewall-rule.js';
import { readRuleString } from './rule-string.js';

const isRuleString = (node: SourceNode): boolean =>
  node.kind === 'string' && /^[vV]\d+\.\d+\|/.test(node.value);

/** Whether the document holds rule strings and nothing else. */
export function looksLikeRuleStrings({ root }: SourceDocument): boolean {
  if (root.kind !== 'array' && root.kind !== 'object') return false;
  return root.value.length > 0 && root.value.every(isRuleString);
}

/** IDs of a list are made of the place: `rules.json[3]`. */
export function readRuleStrings(document: SourceDocument, reporter: Reporter): FirewallRule[] {
  const { root, source } = document;
  if (root.kind !== 'array' && root.kind !== 'object') return [];
  const base = source.name.split(/[\\/]/).at(-1) ?? source.name;
  return root.value.flatMap((node, i) => {
    if (node.kind !== 'string') return [];
    const { rule } = readRuleString(node.value, {
      id: root.kind === 'object' ? node.key : `${base}[${i}]`,
      store: 'local',
      // Escapes are rare in rule strings; with them the column is that of the text begun.
      at: (offset) => {
        const start = locate(document, node);
        return { ...start, column: start.column === 0 ? 0 : start.column + 1 + offset };
      },
      reporter,
      dialect: reporter.strict ? 'strict' : 'lenient',
    });
    return rule === null ? [] : [rule];
  });
}
