/** Requests that change a part of an object: policies of endpoints and networks, endpoints of namespaces. */
import { HNS_CODE, HnsError } from './hns-error.js';
import { canonical, listOf, plain, type HnsObject } from './hns-object.js';

type RequestType = 'Add' | 'Update' | 'Remove' | 'Refresh' | 'Reset';

/** A change to the policies of an endpoint or a network. Source: hns.md 4.8. */
export interface PolicyRequest {
  readonly ResourceType?: 'Policy';
  readonly RequestType: RequestType;
  readonly Settings?: { readonly Policies?: readonly HnsObject[] };
}

/** A change to the endpoints of a namespace. Source: hcsshim ModifyNamespaceSettingRequest. */
export interface NamespaceRequest {
  readonly ResourceType: 'Endpoint';
  readonly RequestType: 'Add' | 'Remove' | 'Refresh';
  readonly Settings?: { readonly EndpointId: string };
}

/** What a request asks for, as far as every request says it alike. @throws {HnsError} */
export function readRequest(
  value: unknown,
  resource: string,
  types: readonly string[],
): { readonly type: string; readonly settings: HnsObject } {
  const request = plain(value);
  const type = request['RequestType'];
  if (typeof type !== 'string' || !types.includes(type)) {
    throw new HnsError(HNS_CODE.INVALID_POLICY, `RequestType is none of ${types.join(', ')}`);
  }
  if ((request['ResourceType'] ?? resource) !== resource) {
    throw new HnsError(HNS_CODE.REQUEST_UNSUPPORTED, `ResourceType is not ${resource}`);
  }
  return { type, settings: plain(request['Settings'] ?? {}) };
}

/** The policies of an object after a request. @throws {HnsError} */
export type PolicyChange = (
  type: string,
  before: readonly HnsObject[],
  given: readonly HnsObject[],
) => readonly HnsObject[];

/** Of an endpoint. Equal ones are kept: {@link once}. Source: hns.md 4.8. */
export const endpointPolicies: PolicyChange = (type, before, given) => {
  switch (type) {
    case 'Add':
      return [...before, ...given];
    case 'Update':
      return given;
    case 'Remove':
      return given.reduce(withoutEqual, before);
    case 'Reset':
      return [];
    default:
      return before;
  }
};

/**
 * Of a network. Sets are told apart by their Id, and those that a request does not name stay; an
 * `Update` replaces all other policies of the types it has. Assumption: L13.
 */
export const networkPolicies: PolicyChange = (type, before, given) => {
  if (type === 'Reset') return [];
  if (type === 'Refresh') return before;
  const replaced = type === 'Update' ? given.filter((each) => setId(each) === null) : [];
  const types = new Set(replaced.map(({ Type }) => Type));
  const kept = before.filter((each) => setId(each) !== null || !types.has(each['Type']));
  return given.reduce<readonly HnsObject[]>((list, policy) => {
    const rest = list.filter((each) => !isSame(each, policy));
    const mustBeThere = type === 'Remove' || (type === 'Update' && setId(policy) !== null);
    if (mustBeThere && rest.length === list.length) throw notFound();
    return type === 'Remove' ? rest : [...rest, policy];
  }, kept);
};

/** Each of equal policies once. Assumption: L8. */
export function once(policies: readonly HnsObject[]): readonly HnsObject[] {
  return [...new Map(policies.map((each) => [canonical(each), each])).values()];
}

function withoutEqual(list: readonly HnsObject[], policy: HnsObject): readonly HnsObject[] {
  const at = list.findIndex((each) => canonical(each) === canonical(policy));
  if (at < 0) throw notFound();
  return list.filter((_, i) => i !== at);
}

/** Of a set, which is of a network, its Id. */
function setId({ Type, Settings }: HnsObject): string | null {
  const { Id } = (Settings ?? {}) as { readonly Id?: unknown };
  return Type === 'SetPolicy' && typeof Id === 'string' ? Id : null;
}

const isSame = (a: HnsObject, b: HnsObject): boolean =>
  setId(a) === null ? canonical(a) === canonical(b) : setId(a) === setId(b);

const notFound = (): HnsError =>
  new HnsError(HNS_CODE.POLICY_NOT_FOUND, 'the policy that the request names is not there');

/** The endpoints in a namespace. Source: hcsshim NamespaceResource. */
export function endpointsIn(namespace: HnsObject): readonly string[] {
  return listOf(namespace, 'Resources').map(({ Data }) => (Data as { readonly ID: string }).ID);
}

export function withEndpoints(namespace: HnsObject, ids: readonly string[]): HnsObject {
  return { ...namespace, Resources: ids.map((ID) => ({ Type: 'Endpoint', Data: { ID } })) };
}
