/**
 * Requests that remove policies: what they name is taken out of what the documents before them gave.
 * Source: hns.md 4.8: a policy is removed when it is equal in every field.
 */
import type { PolicyDocument, Written, WrittenPolicies } from '../policy/document.js';
import type { Reporter } from '../source/diagnostic.js';
import type { SourceNode } from '../source/source-node.js';

/** Lists of policies that stand in no endpoint and no network: requests do not name theirs. */
const LISTS = ['rules', 'tiers', 'sets', 'networkAcls', 'mappings', 'outboundNats'] as const;

/** The documents as all requests leave them. Errors: policy-not-found. */
export function withoutRemoved(
  documents: readonly PolicyDocument[],
  reporter: Reporter,
): readonly PolicyDocument[] {
  if (documents.every(({ removals }) => (removals ?? []).length === 0)) return documents;
  const present = new Map<string, Written[]>();
  const gone = new Set<Written>();
  for (const document of documents) {
    for (const policy of LISTS.flatMap((list): readonly Written[] => document.policies[list])) {
      const key = canonical(policy.node);
      const equals = present.get(key);
      if (equals === undefined) present.set(key, [policy]);
      else equals.push(policy);
    }
    for (const removal of document.removals ?? []) {
      const key = canonical(removal.node);
      const equals = present.get(key);
      present.delete(key);
      equals?.forEach((policy) => gone.add(policy));
      if (equals !== undefined) continue;
      const message =
        'The request removes a policy that is not there: no earlier policy equals it in every field.';
      reporter.error('policy-not-found', removal, message, { expected: 'an equal policy' });
    }
  }
  return documents.map((document) => ({ ...document, policies: without(document.policies, gone) }));
}

function without(policies: WrittenPolicies, gone: ReadonlySet<Written>): WrittenPolicies {
  const kept = LISTS.map((list) => [list, policies[list].filter((each) => !gone.has(each))]);
  return { ...policies, ...(Object.fromEntries(kept) as Partial<WrittenPolicies>) };
}

/** The value of a node as a text in which members have one order; what is null is not there. */
function canonical(node: SourceNode): string {
  if (node.kind === 'array') return `[${node.value.map(canonical).join()}]`;
  if (node.kind !== 'object') return JSON.stringify(node.value);
  const members = node.value
    .filter(({ kind }) => kind !== 'null')
    .map((child) => `${JSON.stringify(child.key)}:${canonical(child)}`);
  return `{${members.sort().join()}}`;
}
