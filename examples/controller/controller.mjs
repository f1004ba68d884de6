// A controller as small as it can be: who may reach a service becomes ACLs of its endpoint. `hns` is
// whatever has the calls of the Host Networking Service; in the test it is the fake one.

const TYPE = 'ACL';

/** One ACL a client network, and nothing where everybody may come. */
export function aclsOf({ port, clients }) {
  return clients.map((network, i) => ({
    Type: TYPE,
    Settings: {
      Id: `client-${network}`,
      Action: 'Allow',
      Direction: 'In',
      Protocols: '6',
      LocalPorts: String(port),
      RemoteAddresses: network,
      RuleType: 'Switch',
      Priority: 200 + i,
    },
  }));
}

/**
 * Brings the ACLs of an endpoint to what is wanted: first what is missing, then what is too much, so
 * that nobody who may come is ever shut out in between. Returns what was done.
 */
export function reconcile(hns, endpointId, service) {
  const wanted = aclsOf(service);
  const present = (hns.getEndpoint(endpointId).Policies ?? []).filter(({ Type }) => Type === TYPE);
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const missing = wanted.filter((acl) => !present.some((each) => same(each, acl)));
  const surplus = present.filter((acl) => !wanted.some((each) => same(each, acl)));
  if (missing.length > 0) hns.applyPolicy(endpointId, 'Add', missing);
  // One request for each: the service removes by equality, and tells which one it does not know.
  for (const acl of surplus) hns.applyPolicy(endpointId, 'Remove', [acl]);
  return { added: missing.length, removed: surplus.length };
}
