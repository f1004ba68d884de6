/**
 * Calico's static rules file: ACLs that stand before and behind those of policies on every endpoint
 * of a node. Source: hns.md 4.1 (F9), 7.4.
 */
import { member, type ObjectNode, type SourceNode } from '../source/source-node.js';
import type { WrittenRule } from './document.js';
import { readAclV1 } from './read-acl.js';
import { asItems, asObject, missing, numberOf, textOf, type ReadContext } from './read-fields.js';

export function isStaticRules(item: ObjectNode): boolean {
  return member(item, 'Provider') !== null && member(item, 'Rules') !== null;
}

/** The rules of the file; Calico takes none of them when one is wrong. */
export function readStaticRules(context: ReadContext, item: ObjectNode): readonly WrittenRule[] {
  const provider = textOf(member(item, 'Provider') ?? undefined);
  if (provider === null) missing(context, item, 'The file', 'Provider', 'a text');
  return asItems(member(item, 'Rules') ?? undefined).flatMap((entry) => {
    const node = asObject(context, entry);
    if (node === null) return [];
    const rule = member(node, 'Rule');
    if (rule === null) missing(context, node, 'The entry', 'Rule', 'an ACL');
    const acl = rule === null ? null : asObject(context, rule);
    if (acl === null) return [];
    const read = readRule(context, acl, provider ?? '');
    return read === null ? [] : [read];
  });
}

/** Fields that Calico wants beside Action and Direction, which every ACL needs. */
function readRule(context: ReadContext, acl: ObjectNode, provider: string): WrittenRule | null {
  const id = member(acl, 'Id') ?? member(acl, 'ID');
  if (id === null) missing(context, acl, 'The static rule', 'Id', 'a text');
  const priority = member(acl, 'Priority');
  if ((numberOf(priority ?? undefined) ?? 0) === 0) {
    const place = { document: context.document, node: priority ?? acl };
    const message = 'The static rule has no Priority; Calico wants one that is not 0.';
    const details = { found: 'no priority', expected: 'a number above 0' };
    context.reporter.error('missing-field', place, message, details);
  }
  const ruleType = member(acl, 'RuleType');
  if (ruleType === null) missing(context, acl, 'The static rule', 'RuleType', 'Host, Switch');
  return readAclV1(context, withId(acl, id, provider), provider);
}

/** The rule as Calico hands it over: both spellings of Id are taken, and the provider is put before. */
function withId(acl: ObjectNode, id: SourceNode | null, provider: string): ObjectNode {
  const value = acl.value.map((field) => {
    const text = field === id ? textOf(field) : null;
    return text === null
      ? field
      : ({ ...field, kind: 'string', key: 'Id', value: `${provider}-${text}` } as const);
  });
  return { ...acl, value };
}
