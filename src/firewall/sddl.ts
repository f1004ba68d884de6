/** As much of SDDL as rules need: who is allowed, who is denied. Source: windows-firewall.md 3.6. */

export interface AccessList {
  /** SIDs or the two letters that stand for one. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** The same of entries with a condition, which is not evaluated. */
  readonly allowIf: readonly string[];
  readonly denyIf: readonly string[];
}

const ENTRIES_MAX = 1000;

/** Null when the text is no descriptor with only allow and deny entries. */
export function parseSddl(text: string): AccessList | null {
  const dacl = /^(?:O:[^:()]*)?(?:G:[^:()]*)?D:[A-Z]*/.exec(text);
  if (dacl === null) return null;
  const lists = { A: [], D: [], XA: [], XD: [] } as Record<'A' | 'D' | 'XA' | 'XD', string[]>;
  let at = dacl[0].length;
  for (let entries = 0; at < text.length && entries <= ENTRIES_MAX; entries++) {
    const end = endOfEntry(text, at);
    if (end < 0) return null;
    // A condition, the seventh part, may hold anything.
    const parts = text.slice(at + 1, end).split(';');
    const [type, , , , , sid] = parts;
    if (sid === undefined || !/^(?:S(?:-\d+)+|[A-Z]{2})$/.test(sid)) return null;
    if (type === undefined || !Object.hasOwn(lists, type)) return null;
    lists[type as keyof typeof lists].push(sid);
    at = end + 1;
  }
  if (at !== text.length) return null;
  return { allow: lists.A, deny: lists.D, allowIf: lists.XA, denyIf: lists.XD };
}

/** Of the bracket that closes the entry; conditions have brackets and texts of their own. */
function endOfEntry(text: string, start: number): number {
  if (text[start] !== '(') return -1;
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === '"') quoted = !quoted;
    if (quoted) continue;
    if (letter === '(') depth += 1;
    if (letter === ')' && --depth === 0) return i;
  }
  return -1;
}
