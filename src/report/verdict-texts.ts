/** What the comments of an annotated capture say of rows of the rule program. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { SourceLocation } from '../errors.js';
import type { NativeTexts } from '../native/program-types.js';
import { programNames, type RuleRowName } from './rule-names.js';
import { oneLine } from './text-table.js';

/** Source: docs/semantics/outputs.md 2. */
export function verdictTexts(compiled: CompiledHost): NativeTexts {
  const { host, model } = compiled;
  // In the order of the program's layer rows, as encode.ts pushes them.
  const layers = model.endpoints.flatMap((endpoint) => [
    ...endpoint.switchLayers,
    endpoint.hostLayer,
  ]);
  return {
    endpoints: host.endpoints.map(({ name }) => oneLine(name)),
    layers: layers.map(({ name, stage }) => oneLine(`${stage} stage, layer ${name}`)),
    rules: programNames(compiled).rules.map(ruleText),
  };
}

function ruleText({ stage, layer, group, name, rule }: RuleRowName): string {
  const parts = [`${stage} stage`];
  if (layer !== null) parts.push(`layer ${layer}`);
  // A default has neither group nor rule. Source: docs/SEMANTICS.md 6.
  if (name === null) parts.push('default');
  else {
    if (group !== null) parts.push(`group ${group}`);
    parts.push(`rule ${name}${rule === null ? '' : ` (${placeOf(rule.location)})`}`);
  }
  return oneLine(parts.join(', '));
}

function placeOf({ file, line, column }: SourceLocation): string {
  return line > 0 ? `${file}:${line}:${column}` : file;
}
