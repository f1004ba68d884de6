/**
 * What a document is, told by its content, and everything it holds. Recognised are one policy, a
 * list, a request, endpoints and networks of both schemas, mixed in arrays, and the reply
 * envelope around any of them. Source: hns.md 4.1 (F1 to F6, F11).
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
import { DRIVERS } from '../platform/platform.js';
import type { PolicyDocument, WrittenEndpoint, WrittenNetwork } from './document.js';
import { REQUEST_FIELDS } from './field-tables.js';
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
  const reader = new DocumentReader({ document, reporter: createReporter(strict) });
  nodes.forEach((node) => reader.readRoot(node));
  return reader.finish();
}

/** `examples/policy.json` to `policy.json`. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

class DocumentReader {
  private readonly policies: PolicyList = emptyPolicyList();
  private hasPolicies = false;
  private readonly endpoints: WrittenEndpoint[] = [];
  private readonly networks: WrittenNetwork[] = [];
  private readonly counts: PolicyCounts = { kept: new Map(), unknown: new Set() };
  private readonly base: string;

  constructor(private readonly context: ReadContext) {
    this.base = baseName(context.document.source.name);
  }

  readRoot(root: SourceNode): void {
    const path = pathOf(this.context.document.root, root);
    const label = path === '' ? this.base : `${this.base} ${path}`;
    if (root.kind === 'array') {
      if (root.value.length === 0) this.hasPolicies = true;
      root.value.forEach((item, i) => this.readItem(item, `${label}[${i}]`));
    } else {
      this.readItem(root, label);
    }
  }

  finish(): PolicyDocument {
    const { document, reporter } = this.context;
    reportKept(this.context, this.counts);
    return {
      name: document.source.name,
      policies: this.policies,
      hasPolicies: this.hasPolicies,
      endpoints: this.endpoints,
      networks: this.networks,
      diagnostics: reporter.result(),
    };
  }

  /** A policy, an endpoint, a network, or something around them. */
  private readItem(item: SourceNode, label: string): void {
    if (item.kind !== 'object') {
      if (!refuseTruncated(this.context, item)) {
        wrongType(this.context, item, 'a policy, an endpoint or a network, which are objects,');
      }
      return;
    }
    // Most items of long lists are this, and no other kind of document is.
    if (member(item, 'Type')?.value === 'ACL') {
      this.readPolicy(item, label);
      return;
    }
    const has = (name: string): boolean => member(item, name) !== null;
    if (has('Success') && (has('Output') || has('Error'))) this.readEnvelope(item);
    else if (has('RequestType') || has('ResourceType')) this.readRequest(item);
    else if (has('HostComputeNetwork') || has('IpConfigurations')) this.readEndpoint(item, 2);
    else if (has('VirtualNetwork') || has('VirtualNetworkName') || has('IPAddress')) {
      this.readEndpoint(item, 1);
    } else if (isNetwork(item)) this.readNetwork(item);
    else if (has('Type')) this.readPolicy(item, label);
    else if (has('Policies')) this.readList(member(item, 'Policies')!);
    else this.readUnknown(item, label);
  }

  private readPolicy(item: SourceNode, label: string): void {
    this.hasPolicies = true;
    readPolicy(this.context, item, label, this.policies, this.counts);
  }

  private readList(list: SourceNode): void {
    this.hasPolicies = true;
    asItems(list).forEach((item, i) => this.readPolicy(item, `${this.base}[${i}]`));
  }

  /** `{ResourceType: "Policy", RequestType, Settings: {Policies}}`. */
  private readRequest(item: ObjectNode): void {
    const { document, reporter } = this.context;
    const fields = readFields(this.context, item, REQUEST_FIELDS);
    const request = readWord(this.context, item, 'The request', 'RequestType', fields.RequestType, [
      'Add',
      'Update',
      'Remove',
      'Refresh',
      'Reset',
    ] as const);
    if (request === 'Remove' || request === 'Refresh' || request === 'Reset') {
      const message = `The request is ${request}, which changes what is already there; a document that stands alone is read for Add and Update only.`;
      const node = fields.RequestType ?? item;
      const details = { found: request, expected: 'Add, Update' };
      reporter.error('unknown-value', { document, node }, message, details);
      return;
    }
    const settings = fields.Settings;
    const policies = settings?.kind === 'object' ? member(settings, 'Policies') : null;
    if (policies !== null) this.readList(policies);
    else missing(this.context, item, 'The request', 'Settings', 'an object with Policies');
  }

  /** `{Success: true, Output}`. Source: hns.md F11. */
  private readEnvelope(item: ObjectNode): void {
    const { document, reporter } = this.context;
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
    if (output === null) missing(this.context, item, 'The reply', 'Output', 'a document');
    else this.readRoot(output);
  }

  private readEndpoint(item: ObjectNode, schema: 1 | 2): void {
    const read = schema === 1 ? readEndpointV1 : readEndpointV2;
    this.endpoints.push(read(this.context, item, this.policyReader(item)));
  }

  private readNetwork(item: ObjectNode): void {
    this.networks.push(readNetwork(this.context, item, this.policyReader(item)));
  }

  /** Reads the `Policies` of an endpoint or network; rules are named by their path. */
  private policyReader(owner: ObjectNode): (policies: SourceNode | undefined) => PolicyList {
    return (policies) => {
      const list = emptyPolicyList();
      const path = pathOf(this.context.document.root, owner);
      const base = path.startsWith('[') ? `${this.base}${path}.` : `${this.base} ${path}`;
      const prefix = path === '' || path.startsWith('[') ? base : `${base}.`;
      asItems(policies).forEach((item, i) =>
        readPolicy(this.context, item, `${prefix}Policies[${i}]`, list, this.counts),
      );
      return list;
    };
  }

  private readUnknown(item: ObjectNode, label: string): void {
    const kind = foreignKind(item);
    if (kind === null) {
      this.readPolicy(item, label);
      return;
    }
    const { document, reporter } = this.context;
    const message = `The document is ${kind}, which is not read yet; policies, lists of policies, endpoints and networks of the Host Networking Service are.`;
    reporter.error('unknown-document', { document, node: item }, message, { found: kind });
  }
}

/** A network has address management, or a driver as its type and a name. Source: hns.md F6. */
function isNetwork(item: ObjectNode): boolean {
  if (member(item, 'Ipams') !== null || member(item, 'Subnets') !== null) return true;
  const type = member(item, 'Type');
  if (type?.kind !== 'string' || member(item, 'Name') === null) return false;
  if (member(item, 'InternalPort') !== null || member(item, 'Settings') !== null) return false;
  const driver = type.value.toLowerCase();
  return DRIVERS.some((known) => known.replace('-', '') === driver);
}

/** What a document of another tool is; null when nothing marks it. */
function foreignKind(item: ObjectNode): string | null {
  const has = (name: string): boolean => member(item, name) !== null;
  if (has('apiVersion') && has('kind')) {
    return `a Kubernetes object of kind ${textOf(member(item, 'kind')!) ?? 'unknown'}`;
  }
  if (has('cniVersion') || has('AdditionalArgs') || has('plugins')) return 'a CNI configuration';
  if (has('Provider') && has('Rules')) return 'a file of Calico static rules';
  if (has('InfraPrefix') || has('AdditionalPolicies')) return 'an autogen intent';
  return null;
}
