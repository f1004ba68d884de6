/**
 * Conditions on the owner of a socket and on its protection: true, false, or not known.
 * Source: windows-firewall.md 5.6, 10.2.
 */
import type { InterfaceFacts, IpsecFact, MachineFacts, ProcessFact } from './facts.js';
import type { FirewallRule } from './firewall-rule.js';
import { parseSddl } from './sddl.js';

export type Answer = 'yes' | 'no' | 'unknown';

/** Whether the rule asks for anything only a process could answer. */
export function asksForProcess(rule: FirewallRule, { edgeTraversed }: InterfaceFacts): boolean {
  if (edgeTraversed && admitsByEdge(rule) && rule.edge.startsWith('defer')) return true;
  return [
    rule.program,
    rule.service,
    rule.packageSid,
    rule.packageFamily,
    rule.localUser,
    rule.owner,
  ].some((condition) => condition !== null);
}

/** `process` is null where nothing says who owns the packet. */
export function processAnswer(
  rule: FirewallRule,
  process: ProcessFact | null,
  machine: MachineFacts,
  facts: InterfaceFacts,
): Answer {
  return allOf([
    edgeAnswer(rule, process, facts),
    programAnswer(rule, process, machine),
    serviceAnswer(rule.service, process),
    packageAnswer(rule, process),
    userAnswer(rule.localUser, process),
    compared(rule.owner, process?.user ?? null, (text) => text.toUpperCase()),
  ]);
}

/**
 * What came through the edge needs a rule that lets it. Blocks hold for it as for everything.
 * Source: windows-firewall.md 5.6, question 17. Assumption: W14.
 */
export function edgeAnswer(
  rule: FirewallRule,
  process: ProcessFact | null,
  { edgeTraversed }: InterfaceFacts,
): Answer {
  if (!edgeTraversed || !admitsByEdge(rule) || rule.edge === 'allow') return 'yes';
  if (rule.edge === 'block') return 'no';
  if (rule.edge === 'defer-to-user' || process?.edgeTraversal == null) return 'unknown';
  return process.edgeTraversal ? 'yes' : 'no';
}

const admitsByEdge = ({ direction, action }: FirewallRule): boolean =>
  direction === 'in' && action !== 'block';

export function allOf(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

function compared(
  wanted: string | null,
  found: string | null,
  normal: (text: string) => string,
): Answer {
  if (wanted === null) return 'yes';
  if (found === null) return 'unknown';
  return normal(wanted) === normal(found) ? 'yes' : 'no';
}

/**
 * A service that is named stands for its program where that is not said. Assumption: W6. A path
 * with a variable that nothing gives may be any that fits around it. Assumption: W18.
 */
function programAnswer(
  { program, service }: FirewallRule,
  process: ProcessFact | null,
  { variables }: MachineFacts,
): Answer {
  const byService = service !== null && service !== '*' && process?.program === null;
  if (byService && serviceAnswer(service, process) === 'yes') return 'yes';
  const found = process?.program ?? null;
  const answer = compared(program, found, (path) => normalPath(path, variables));
  if (answer !== 'no') return answer;
  const [wanted, actual] = [normalPath(program!, variables), normalPath(found!, variables)];
  return couldBe(wanted, actual) || couldBe(actual, wanted) ? 'unknown' : 'no';
}

const VARIABLE = /%[^%]+%/;

/** Whether what stands around the variables of `open` stands in `path` too. */
function couldBe(open: string, path: string): boolean {
  const [head = '', ...rest] = open.split(VARIABLE);
  if (rest.length === 0) return false;
  if (VARIABLE.test(path)) return true;
  const tail = rest.at(-1)!;
  return path.length >= head.length + tail.length && path.startsWith(head) && path.endsWith(tail);
}

function normalPath(path: string, variables: ReadonlyMap<string, string>): string {
  return path
    .replaceAll(/%([^%]+)%/g, (whole, name: string) => variables.get(name.toLowerCase()) ?? whole)
    .replaceAll('/', '\\')
    .replaceAll(/(?<=.)\\{2,}/g, '\\')
    .toLowerCase();
}

function serviceAnswer(service: string | null, process: ProcessFact | null): Answer {
  if (service === null) return 'yes';
  if (process?.service == null) return 'unknown';
  if (service === '*') return process.service === '' ? 'no' : 'yes';
  return service.toLowerCase() === process.service.toLowerCase() ? 'yes' : 'no';
}

function packageAnswer(
  { packageSid, packageFamily }: FirewallRule,
  process: ProcessFact | null,
): Answer {
  const found = process?.package ?? null;
  const small = (text: string): string => text.toLowerCase();
  return allOf([compared(packageSid, found, small), compared(packageFamily, found, small)]);
}

const EVERYONE = ['WD', 'S-1-1-0'];

/** Groups are not known, so a descriptor that does not name the user says nothing. */
function userAnswer(sddl: string | null, process: ProcessFact | null): Answer {
  if (sddl === null) return 'yes';
  return listAnswer(sddl, process?.user ?? null);
}

function listAnswer(sddl: string, sid: string | null): Answer {
  const list = parseSddl(sddl);
  if (list === null || sid === null) return 'unknown';
  const names = (sids: readonly string[]): boolean =>
    sids.some((each) => each === sid || EVERYONE.includes(each));
  if (names(list.deny)) return 'no';
  // Whether the condition of an entry holds nothing here tells.
  return names(list.allow) && !names(list.denyIf) ? 'yes' : 'unknown';
}

/** Whether traffic under that protection is what a rule with security flags asks for. */
export function protectionAnswer(rule: FirewallRule, fact: IpsecFact): Answer {
  const encrypts =
    rule.security === 'authenticate-encrypt' ||
    rule.security === 'authenticate-negotiate-encryption';
  return allOf([
    encrypts && !fact.encrypted ? 'no' : 'yes',
    rule.remoteMachine === null ? 'yes' : listAnswer(rule.remoteMachine, fact.machine),
    rule.remoteUser === null ? 'yes' : listAnswer(rule.remoteUser, fact.user),
  ]);
}
