/**
 * Requests that take policies away: what the documents come to when all of them were obeyed, one
 * after another. `Add` needs nothing here, since what it gives was read as a list.
 * Source: hns.md 4.8; docs/semantics/documents.md D8.
 */
import type {
  PolicyDocument,
  Written,
  WrittenPolicies,
  WrittenRequest,
} from '../policy/document.js';
import type { Reporter } from '../source/diagnostic.js';
import type { SourceNode } from '../source/source-node.js';

/** Policies of an endpoint, and those of a network: a request is for one of both. */
const ENDPOINT_LISTS = ['rules', 'tiers', 'mappings', 'outboundNats', 'providers'] as const;
const NETWORK_LISTS = ['sets', 'networkAcls'] as const;
const LISTS = [...ENDPOINT_LISTS, ...NETWORK_LISTS] as const;

/** The documents as all requests leave them. Errors: policy-not-found. */
export function afterRequests(
  documents: readonly PolicyDocument[],
  reporter: Reporter,
): readonly PolicyDocument[] {
  if (documents.every(({ requests }) => (requests ?? []).length === 0)) return documents;
  const present = new PresentPolicies();
  const endpoint = onlyEndpoint(documents);
  for (const document of documents) {
    const steps = [...policiesOf(document, endpoint), ...(document.requests ?? [])];
    // Offsets are in the order of the document.
    for (const step of steps.sort((a, b) => a.node.offset - b.node.offset)) {
      if ('request' in step) obey(step, present, reporter);
      else present.add(step);
    }
  }
  const without = (policies: WrittenPolicies): WrittenPolicies => ({
    ...policies,
    ...Object.fromEntries(
      LISTS.map((list) => [list, policies[list].filter((each) => !present.gone.has(each))]),
    ),
  });
  return documents.map((document) => ({
    ...document,
    policies: without(document.policies),
    endpoints: document.endpoints.map((each) => ({ ...each, policies: without(each.policies) })),
  }));
}

function obey(request: WrittenRequest, present: PresentPolicies, reporter: Reporter): void {
  if (request.request === 'replace') {
    present.removeAll(request.of === 'network' ? NETWORK_LISTS : ENDPOINT_LISTS);
  } else if (!present.removeEquals(request.node)) {
    const message =
      'The request removes a policy that is not there: no earlier policy equals it in every field.';
    reporter.error('policy-not-found', request, message, { expected: 'an equal policy' });
  }
}

type Lists = Readonly<Record<(typeof LISTS)[number], readonly Written[]>>;

/** A policy that is there, and what kind of list it stands in. */
interface Present extends Written {
  readonly policy: Written;
  readonly list: (typeof LISTS)[number];
}

/** Those that a request may speak of: in no endpoint and no network, since it does not name its own. */
function policiesOf(document: PolicyDocument, endpoint: Lists | null): Present[] {
  const lists = document.endpoints.some(({ policies }) => policies === endpoint)
    ? [document.policies, endpoint!]
    : [document.policies];
  return lists.flatMap((policies: Lists) =>
    LISTS.flatMap((list) =>
      policies[list].map((policy) => ({
        policy,
        list,
        document: policy.document,
        node: policy.node,
      })),
    ),
  );
}

/** Of the only endpoint of all documents, which is then the one that requests are for. */
function onlyEndpoint(documents: readonly PolicyDocument[]): WrittenPolicies | null {
  const endpoints = documents.flatMap((document) => document.endpoints);
  return endpoints.length === 1 ? endpoints[0]!.policies : null;
}

class PresentPolicies {
  readonly gone = new Set<Written>();
  readonly #byValue = new Map<string, Present[]>();

  add(present: Present): void {
    const key = canonical(present.node);
    const equals = this.#byValue.get(key);
    if (equals === undefined) this.#byValue.set(key, [present]);
    else equals.push(present);
  }

  /** False when there are none. */
  removeEquals(node: SourceNode): boolean {
    const key = canonical(node);
    const equals = this.#byValue.get(key);
    equals?.forEach(({ policy }) => this.gone.add(policy));
    return this.#byValue.delete(key);
  }

  removeAll(lists: readonly (typeof LISTS)[number][]): void {
    for (const [key, equals] of this.#byValue) {
      if (!lists.includes(equals[0]!.list)) continue;
      equals.forEach(({ policy }) => this.gone.add(policy));
      this.#byValue.delete(key);
    }
  }
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
