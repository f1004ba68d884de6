/** What hangs on several keys of a rule string, and what must be there. */
import type { EdgeWord, FirewallRule, SecurityWord } from './firewall-rule.js';
import type { RuleReport } from './rule-report.js';
import type { StringDraft } from './string-draft.js';

export function finishDraft(draft: StringDraft, report: RuleReport): FirewallRule {
  const { given, late, securityFlags, edgeAllowed, deferred, ...rule } = draft;
  for (const { key, at } of late) {
    report.error(
      'fw-port-protocol',
      at,
      `The rule has ${key} and no protocol.`,
      key,
      'Protocol=6|',
    );
  }
  if (!given.has('Action')) report.error('fw-action', 0, 'The rule has no Action.');
  if (!given.has('Dir')) report.error('fw-dir', 0, 'The rule has no Dir.');
  if (given.has('LUAuth') && given.has('LUAuth2_24')) {
    const message = 'LUAuth and LUAuth2_24 are one condition in two forms; a rule has one of them.';
    report.error('fw-key-duplicate', 'localUser', message);
  }
  if (!given.has('Name')) report.lax('fw-name', 0, 'The rule has no Name.');
  return {
    ...rule,
    // Source: windows-firewall.md 7.1: a rule of a service store without Active is active.
    enabled: given.has('Active') ? rule.enabled : report.dialect === 'service',
    name: given.has('Name') ? rule.name : rule.id,
    edge: edgeOf(edgeAllowed, deferred, report),
    security: securityOf(securityFlags, report),
  };
}

/** Source: windows-firewall.md 3.6, point 5. */
function edgeOf(allowed: boolean, deferred: EdgeWord | null, report: RuleReport): EdgeWord {
  if (deferred === 'defer-to-app' && !allowed) {
    report.warning(
      'fw-flags',
      'edge',
      'Defer=App stands without Edge=TRUE; it is read as if that stood there.',
    );
  }
  return deferred ?? (allowed ? 'allow' : 'block');
}

/** Source: windows-firewall.md 3.4, 3.6 point 8. */
function securityOf(flags: ReadonlySet<string>, report: RuleReport): SecurityWord {
  const encrypts = flags.has('AuthenticateEncrypt');
  if (flags.has('An-NoEncap')) {
    if (!flags.has('Authenticate'))
      report.error('fw-flags', 'security', 'An-NoEncap needs Security=Authenticate.');
    return 'authenticate-no-encapsulation';
  }
  if (flags.has('AnE-Nego')) {
    if (!encrypts)
      report.error('fw-flags', 'security', 'AnE-Nego needs Security=AuthenticateEncrypt.');
    return 'authenticate-negotiate-encryption';
  }
  if (encrypts) return 'authenticate-encrypt';
  return flags.has('Authenticate') ? 'authenticate' : 'none';
}
