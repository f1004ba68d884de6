/**
 * The blocks of what vfpctrl has printed: layers, groups and rules with their lines, by the port they
 * stand under. Nothing is understood of them here. Source: vfp.md 12.2.
 */
import type { SourceLocation } from '../errors.js';
import type { PortState } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import { positionAt, type SourceText } from '../source/source-text.js';

/** Lines that mark a text as output of vfpctrl. */
const MARK = /^(?:ITEM LIST|(?:LAYER|GROUP|RULE) :.*|Policy for port :.*)$/;
const ITEM = /^(LAYER|GROUP|RULE)\s*:(?!\s*:)(.*)$/;
const PORT = /^Policy for port\s*:(.*)$/i;

/** Whether a text that is no JSON looks like a dump. */
export function isDump(text: string): boolean {
  return text
    .slice(0, 100_000)
    .split(/\r?\n|\r/)
    .some((line) => MARK.test(line.trim()));
}

export interface Line {
  readonly text: string;
  /** In lower case, of `key : value`; the whole line where there is no colon. */
  readonly key: string;
  readonly value: string;
  readonly place: SourceLocation;
}

export interface RuleDraft {
  readonly id: string;
  readonly head: Line;
  readonly lines: Line[];
}
export interface GroupDraft {
  readonly id: string;
  readonly head: Line;
  readonly lines: Line[];
  rules: RuleDraft[];
  /** All its rules were printed, be there none. */
  complete: boolean;
}
export interface LayerDraft {
  readonly id: string;
  readonly head: Line;
  readonly lines: Line[];
  readonly groups: Map<string, GroupDraft>;
  /** The same of its groups. */
  complete: boolean;
}
export interface PortDraft {
  readonly name: string | null;
  /** What /get-port-state said; null: nothing, or that it filters. */
  state: PortState | null;
  stateAt: SourceLocation | null;
  readonly layers: Map<string, LayerDraft>;
  /** Groups that were printed without their layer. */
  readonly loose: Map<string, GroupDraft>;
}

function* linesOf(source: SourceText): Generator<Line> {
  const text = source.text ?? '';
  let offset = 0;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const trimmed = raw.trim();
    const at = offset + (raw.length - raw.trimStart().length);
    const end = offset + raw.length;
    offset = end + (text.startsWith('\r\n', end) ? 2 : 1);
    const colon = trimmed.indexOf(':');
    yield {
      text: trimmed,
      key: (colon < 0 ? trimmed : trimmed.slice(0, colon)).trim().toLowerCase(),
      // A further leading colon belongs to the printer. Source: vfp.md 12.2.
      value:
        colon < 0
          ? ''
          : trimmed
              .slice(colon + 1)
              .trim()
              .replace(/^:\s+/, ''),
      place: { file: source.name, ...positionAt(source, at), path: '' },
    };
  }
}

/** Blocks by what holds them. */
export function draftPorts(source: SourceText, reporter: Reporter): PortDraft[] {
  const ports: PortDraft[] = [];
  let port: PortDraft | null = null;
  let layer: LayerDraft | null = null;
  let group: GroupDraft | null = null;
  let into: Line[] | null = null;
  let isState = false;
  /** Layers and groups of the present output. */
  let output: { complete: boolean }[] = [];
  const portNow = (): PortDraft => {
    port ??= newPort(ports, null);
    return port;
  };

  for (const line of linesOf(source)) {
    const named = PORT.exec(line.text);
    if (named !== null) {
      port = newPort(ports, named[1]!.trim());
      [layer, group, into] = [null, null, null];
      continue;
    }
    // A new output: what follows stands in no layer until one is named.
    const ended = /^Command (.*) succeeded!$/.exec(line.text);
    if (line.text === 'ITEM LIST' || ended !== null) {
      const listsRules = ended?.[1] === 'list-rule' || ended?.[1] === 'get-rule-counter';
      for (const each of output) each.complete ||= listsRules;
      [layer, group, into, output] = [null, null, null, []];
      continue;
    }
    if (line.text === 'PORT STATE') {
      [layer, group, into, output] = [null, null, null, []];
      isState = true;
      continue;
    }
    if (isState && line.text !== '') {
      noteState(portNow(), line);
      continue;
    }
    isState = false;
    const item = ITEM.exec(line.text);
    if (item === null) {
      if (line.text !== '') into?.push(line);
      else if (group === null && layer !== null) into = null;
      continue;
    }
    const [, kind, rest] = item as unknown as [string, string, string];
    const id = rest.trim();
    if (kind === 'LAYER') {
      const known = portNow().layers.get(id);
      layer = known ?? { id, head: line, lines: [], groups: new Map(), complete: false };
      output.push(layer);
      portNow().layers.set(id, layer);
      group = null;
      into = known === undefined ? layer.lines : [];
    } else if (kind === 'GROUP') {
      // Printed again, with its rules or with counters: the later text holds.
      group = { id, head: line, lines: [], rules: [], complete: false };
      output.push(group);
      const groups: Map<string, GroupDraft> = layer?.groups ?? portNow().loose;
      const before = groups.get(id);
      if (before !== undefined) [group.rules, group.complete] = [before.rules, before.complete];
      groups.set(id, group);
      into = group.lines;
    } else if (group === null) {
      const message =
        'A rule stands in no group, so that its direction and family are not known; give the whole output of /list-rule.';
      reporter.error('dump-incomplete', line.place, message);
      into = [];
    } else {
      const draft: RuleDraft = { id, head: line, lines: [] };
      if (group.rules.length > 0 && isEarlier(group.rules[0]!, group)) group.rules = [];
      group.rules.push(draft);
      into = draft.lines;
    }
  }
  return ports;
}

/** Source: vfp.md 2.1, 12.7. A port that is not enabled blocks nothing. */
function noteState(port: PortDraft, { key, value, place }: Line): void {
  const holds = value.toUpperCase() === 'TRUE';
  if (key === 'enabled' && !holds) [port.state, port.stateAt] = ['disabled', place];
  if (key !== 'blocked' || !holds || port.state === 'disabled') return;
  [port.state, port.stateAt] = ['blocked', place];
}

function newPort(ports: PortDraft[], name: string | null): PortDraft {
  const port: PortDraft = {
    ...{ name, state: null, stateAt: null, layers: new Map(), loose: new Map() },
  };
  ports.push(port);
  return port;
}

/** Whether a rule was printed before the group's latest head. */
function isEarlier(rule: RuleDraft, group: GroupDraft): boolean {
  return rule.head.place.line < group.head.place.line;
}
