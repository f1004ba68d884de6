/**
 * Everything that a document holds. Recognised (document-kind.ts) are one policy, a list, a request,
 * endpoints, networks and load balancers of both schemas, CNI configurations, autogen intents, static
 * rules of Calico, Compose files and objects of Kubernetes, mixed in arrays, and the reply envelope
 * around any of them. Source: hns.md 4.1.
 */
import type { Diagnostic } from '../source/diagnostic.js';
import { createReporter } from '../source/diagnostic.js';
import {
  describe,
  member,
  pathOf,
  quote,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { adaptersOf } from '../hyperv/adapters.js';
import { portAclKind, readPortAcl, type PortAcl } from '../hyperv/port-acl.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { readKubernetes } from '../kubernetes/read-objects.js';
import type {
  PolicyDocument,
  RequestScope,
  WrittenBalancer,
  WrittenEndpoint,
  WrittenNetwork,
  WrittenRequest,
} from './document.js';
import { documentKind, foreignKind } from './document-kind.js';
import { REQUEST_FIELDS } from './field-tables.js';
import { readAutogenIntent } from './read-autogen.js';
import { isElb, readBalancerV2, readElb } from './read-balancer.js';
import { readCni } from './read-cni.js';
import { readCompose } from './read-compose.js';
import { readEndpointV1, readEndpointV2, readNetwork } from './read-endpoint.js';
import {
  asItems,
  missing,
  readFields,
  readWord,
  refuseTruncated,
  textOf,
  wrongType,
  type ReadContext,
} from './read-fields.js';
import { readStaticRules } from './read-static-rules.js';
import {
  NO_POLICIES,
  emptyPolicyList,
  readPolicy,
  reportKept,
  type PolicyCounts,
  type PolicyList,
} from './read-policies.js';

/** A document that could not be read at all, with the reason. */
export function unreadableDocument(
  name: string,
  diagnostics: readonly Diagnostic[],
): PolicyDocument {
  return {
    name,
    policies: NO_POLICIES,
    hasPolicies: false,
    endpoints: [],
    networks: [],
    kubernetes: [],
    diagnostics,
  };
}

/** Reads a document; all that is wrong with it is in its diagnostics. */
export function readDocument(document: SourceDocument, strict: boolean): PolicyDocument {
  return readNodes(document, [document.root], strict);
}

/** Reads some values of a document as if they were a document of their own. */
export function readNodes(
  document: SourceDocument,
  nodes: readonly SourceNode[],
  strict: boolean,
): PolicyDocument {
  return readTop({ document, reporter: createReporter(strict) }, nodes);
}

/** `examples/policy.json` to `policy.json`. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/** Walks from the top of a document to its policies, endpoints and networks. */
function readTop(context: ReadContext, tops: readonly SourceNode[]): PolicyDocument {
  const { document, reporter } = context;
  const base = baseName(document.source.name);
  const policies: PolicyList = emptyPolicyList();
  const endpoints: WrittenEndpoint[] = [];
  const networks: WrittenNetwork[] = [];
  const kubernetes: KubernetesObject[] = [];
  const counts: PolicyCounts = { kept: new Map(), unknown: new Set(), unknownTypes: 'refuse' };
  const requests: WrittenRequest[] = [];
  const balancers: WrittenBalancer[] = [];
  /** Null for one that was refused or decides nothing. */
  const portAcls: (PortAcl | null)[] = [];
  let hasPolicies = false;

  tops.forEach(readRoot);
  if (portAcls.length > 0) addAdapters();
  reportKept(context, counts);
  const diagnostics = reporter.result();
  const { name } = document.source;
  return {
    ...{ name, policies, hasPolicies, endpoints, networks, kubernetes, requests, diagnostics },
    ...(balancers.length > 0 && { balancers }),
  };

  function readRoot(root: SourceNode): void {
    const path = pathOf(context.document.root, root);
    const label = path === '' ? base : `${base} ${path}`;
    if (root.kind === 'array') {
      if (root.value.length === 0) hasPolicies = true;
      root.value.forEach((item, i) => readItem(item, `${label}[${i}]`));
    } else {
      readItem(root, label);
    }
  }

  /** A policy, an endpoint, a network, or something around them. */
  function readItem(item: SourceNode, label: string): void {
    if (item.kind !== 'object') {
      if (!refuseTruncated(context, item)) {
        wrongType(context, item, 'a policy, an endpoint or a network, which are objects,');
      }
      return;
    }
    switch (documentKind(item)) {
      case 'policy':
        addPolicy(item, label);
        break;
      case 'kubernetes':
        // One by one: a list may have more items than a call has room for arguments.
        for (const each of readKubernetes(document, item, reporter)) kubernetes.push(each);
        break;
      case 'envelope':
        readEnvelope(item);
        break;
      case 'cni':
        networks.push(readCni(context, item, base, counts));
        break;
      case 'static-rules':
        addStaticRules(item);
        break;
      case 'autogen':
        networks.push(readAutogenIntent(context, item, base, counts));
        break;
      case 'port-acl':
        portAcls.push(readPortAcl(context, item, portAclKind(item)!, label));
        break;
      case 'compose':
        addCompose(item);
        break;
      case 'request':
        readRequest(item);
        break;
      case 'endpoint-v2':
        addEndpoint(item, 2);
        break;
      case 'endpoint-v1':
        addEndpoint(item, 1);
        break;
      case 'network':
        addNetwork(item);
        break;
      case 'balancer':
        balancers.push(readBalancerV2(context, item));
        break;
      case 'policy-list':
        addPolicyList(item);
        break;
      case 'policies':
        readList(member(item, 'Policies')!);
        break;
      case 'foreign':
        refuseForeign(item);
        break;
      case 'unknown':
        addPolicy(item, label);
    }
  }

  function addPolicy(item: SourceNode, label: string): void {
    hasPolicies = true;
    readPolicy(context, item, label, policies, counts);
  }

  function addStaticRules(item: ObjectNode): void {
    hasPolicies = true;
    for (const rule of readStaticRules(context, item)) policies.rules.push(rule);
  }

  function addAdapters(): void {
    const adapters = adaptersOf(
      context,
      portAcls.filter((acl) => acl !== null),
    );
    endpoints.push(...adapters.endpoints);
    networks.push(...adapters.networks);
    policies.layers.push(...adapters.loose);
    hasPolicies ||= adapters.endpoints.length === 0;
  }

  function addCompose(item: ObjectNode): void {
    const compose = readCompose(context, item, counts);
    endpoints.push(...compose.endpoints);
    networks.push(...compose.networks);
  }

  /** Policies of a list that are no load balancers decide as those of a bare list do. */
  function addPolicyList(item: ObjectNode): void {
    if (member(item, 'References')?.kind === 'null') {
      missing(context, item, 'The policy list', 'References', 'a list of endpoints');
    }
    asItems(member(item, 'Policies') ?? undefined).forEach((policy, i) => {
      if (isElb(policy)) balancers.push(readElb(context, item, policy));
      else addPolicy(policy, `${base} Policies[${i}]`);
    });
  }

  function readList(list: SourceNode): void {
    hasPolicies = true;
    asItems(list).forEach((item, i) => addPolicy(item, `${base}[${i}]`));
  }

  /** `{ResourceType: "Policy", RequestType, Settings: {Policies}}`. */
  function readRequest(item: ObjectNode): void {
    const fields = readFields(context, item, REQUEST_FIELDS);
    const request = readWord(context, item, 'The request', 'RequestType', fields.RequestType, [
      'Add',
      'Update',
      'Remove',
      'Refresh',
      'Reset',
    ] as const);
    // Source: hns.md 4.8: no effect on the model; back to no policy.
    if (request === 'Refresh' || request === 'Reset') hasPolicies = true;
    if (request === 'Refresh') return;
    if (request === 'Reset') {
      requests.push({ document, node: item, request: 'replace', of: 'endpoint' });
      return;
    }
    const settings = fields.Settings;
    const list = settings?.kind === 'object' ? member(settings, 'Policies') : null;
    if (list === null) {
      if (settings?.kind === 'array') wrongType(context, settings, 'an object with Policies');
      else if (settings?.kind === 'object')
        missing(context, settings, 'The request', 'Policies', 'a list');
      else missing(context, item, 'The request', 'Settings', 'an object with Policies');
    } else if (request === 'Remove') {
      readRemovals(list);
    } else {
      if (request === 'Update') {
        requests.push({ document, node: item, request: 'replace', of: scopeOf(list) });
      }
      readList(list);
    }
  }

  /** Read as policies are, so that a mistake in one is found. */
  function readRemovals(list: SourceNode): void {
    for (const item of asItems(list)) {
      readPolicy(context, item, 'removed', emptyPolicyList(), counts);
      if (item.kind === 'object') requests.push({ document, node: item, request: 'remove' });
    }
  }

  /** `{Success: true, Output}`. Source: hns.md F11. */
  function readEnvelope(item: ObjectNode): void {
    const success = member(item, 'Success');
    if (success?.value === false) {
      const error = member(item, 'Error') ?? success;
      const text = textOf(error) ?? describe(error);
      const hns = /0x[0-9a-f]{8}/i.exec(text)?.[0];
      const message = `The document is the reply to a request that failed: ${quote(text)}.`;
      const details = { found: text, ...(hns === undefined ? {} : { hns }) };
      reporter.error('hns-failure', { document, node: error }, message, details);
      return;
    }
    const output = member(item, 'Output');
    if (output === null) missing(context, item, 'The reply', 'Output', 'a document');
    else readRoot(output);
  }

  function addEndpoint(item: ObjectNode, schema: 1 | 2): void {
    const read = schema === 1 ? readEndpointV1 : readEndpointV2;
    endpoints.push(read(context, item, policyReader(item)));
  }

  function addNetwork(item: ObjectNode): void {
    networks.push(readNetwork(context, item, policyReader(item)));
  }

  /** Reads the `Policies` of an endpoint or network; rules are named by their path. */
  function policyReader(owner: ObjectNode): (policies: SourceNode | undefined) => PolicyList {
    return (policies) => {
      const list = emptyPolicyList();
      const path = pathOf(context.document.root, owner);
      const prefix = path.startsWith('[')
        ? `${base}${path}.`
        : `${base} ${path === '' ? '' : `${path}.`}`;
      asItems(policies).forEach((item, i) =>
        readPolicy(context, item, `${prefix}Policies[${i}]`, list, counts),
      );
      return list;
    };
  }

  function refuseForeign(item: ObjectNode): void {
    const kind = foreignKind(item)!;
    const message = `The document is ${kind}, which is not read as policies; documents of the Host Networking Service, CNI configurations, Compose files and objects of Kubernetes are.`;
    reporter.error('unknown-document', { document, node: item }, message, { found: kind });
  }
}

const NETWORK_POLICY_TYPES: readonly string[] = ['SetPolicy', 'NetworkACL'];

/** A request does not say whose policies it means: those that only a network takes are a network's. */
function scopeOf(list: SourceNode): RequestScope {
  const items = asItems(list);
  const isOfNetwork = (item: SourceNode): boolean =>
    item.kind === 'object' &&
    NETWORK_POLICY_TYPES.includes(textOf(member(item, 'Type') ?? undefined) ?? '');
  return items.length > 0 && items.every(isOfNetwork) ? 'network' : 'endpoint';
}
