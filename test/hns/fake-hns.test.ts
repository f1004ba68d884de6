/** The fake service: its calls, its codes, and what its endpoints let pass; also over HTTP. */
import { afterAll, describe, expect, it } from 'vitest';
import { FakeHns, HNS_CODE, HnsError, serveHns, type HnsObject } from '../../src/hns.js';

const acl = (Action: 'Allow' | 'Block', LocalPorts: string, Priority: number): HnsObject => ({
  Type: 'ACL',
  Settings: { Action, Direction: 'In', Protocols: '6', LocalPorts, Priority, RuleType: 'Switch' },
});
const web = acl('Allow', '80', 200);
const ssh = acl('Allow', '22', 300);
const NETWORK = {
  ID: 'A0000000-0000-0000-0000-000000000001',
  Name: 'pods',
  Type: 'L2Bridge',
  Ipams: [{ Type: 'Static', Subnets: [{ IpAddressPrefix: '10.1.0.0/24' }] }],
  SchemaVersion: { Major: 2, Minor: 0 },
};
const endpoint = (name: string, address: string): HnsObject => ({
  Name: name,
  IpConfigurations: [{ IpAddress: address, PrefixLength: 24 }],
  SchemaVersion: { Major: 2, Minor: 0 },
});
const toPort = (dport: number) =>
  ({ dir: 'in', proto: 'tcp', src: '10.9.9.9', sport: 4000, dst: '10.1.0.5', dport }) as const;

function withEndpoint(): { hns: FakeHns; id: string } {
  const hns = new FakeHns({ windows: 'ws2022' });
  const network = hns.createNetwork(NETWORK);
  return {
    hns,
    id: hns.createEndpoint(network['ID'] as string, endpoint('web', '10.1.0.5'))['ID'] as string,
  };
}

/** The code of the refusal. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(HnsError);
    return (error as HnsError).hns;
  }
  throw new Error('the service accepted it');
}

describe('policies of an endpoint', () => {
  it('are added, replaced, removed and reset', () => {
    const { hns, id } = withEndpoint();
    const verdict = (port: number): string => hns.judge(id, toPort(port)).verdict;
    expect([verdict(80), verdict(22)]).toEqual(['allow', 'allow']);
    hns.applyPolicy(id, 'Add', [web]);
    expect([verdict(80), verdict(22)]).toEqual(['allow', 'drop']);
    hns.applyPolicy(id, 'Add', [ssh]);
    expect([verdict(80), verdict(22)]).toEqual(['allow', 'allow']);
    hns.applyPolicy(id, 'Update', [ssh]);
    expect([verdict(80), verdict(22)]).toEqual(['drop', 'allow']);
    hns.applyPolicy(id, 'Add', [web, web]);
    hns.applyPolicy(id, 'Remove', [ssh]);
    expect([verdict(80), verdict(22)]).toEqual(['allow', 'drop']);
    hns.modifyEndpoint(id, { RequestType: 'Reset' });
    expect([verdict(80), verdict(22)]).toEqual(['allow', 'allow']);
    expect(hns.explain(id, toPort(80)).decision.verdict).toBe('allow');
  });

  it('are there once, with a warning, when they are added again', () => {
    const { hns, id } = withEndpoint();
    hns.applyPolicy(id, 'Add', [web]);
    expect(hns.diagnostics).toEqual([]);
    const { Policies: policies } = hns.applyPolicy(id, 'Add', [web, ssh]);
    expect(policies).toEqual([web, ssh]);
    expect(hns.diagnostics).toMatchObject([{ severity: 'warning', code: 'duplicate-policy' }]);
    hns.applyPolicy(id, 'Remove', [web]);
    expect([hns.diagnostics, hns.getEndpoint(id)['Policies']]).toEqual([[], [ssh]]);
  });

  it('are refused with the code of the service, and then nothing has changed', () => {
    const { hns, id } = withEndpoint();
    hns.applyPolicy(id, 'Add', [web]);
    const before = hns.getEndpoint(id);
    const wrong = { Type: 'ACL', Settings: { Action: 'Permit', Direction: 'In' } };
    const any = { ...web, Settings: { ...(web['Settings'] as object), LocalAddresses: 'Any' } };
    expect(codeOf(() => hns.applyPolicy(id, 'Add', [ssh, wrong]))).toBe(HNS_CODE.INVALID_POLICY);
    expect(codeOf(() => hns.applyPolicy(id, 'Add', [any]))).toBe(HNS_CODE.INVALID_POLICY);
    expect(codeOf(() => hns.applyPolicy(id, 'Remove', [ssh]))).toBe(HNS_CODE.POLICY_NOT_FOUND);
    expect(codeOf(() => hns.applyPolicy(id, 'Replace' as 'Add', []))).toBe(HNS_CODE.INVALID_POLICY);
    expect(codeOf(() => hns.applyPolicy(id, 'Add', 7 as never))).toBe(HNS_CODE.INVALID_JSON);
    expect(codeOf(() => hns.applyPolicy('nobody', 'Add', []))).toBe(HNS_CODE.ENDPOINT_NOT_FOUND);
    expect(hns.getEndpoint(id)).toEqual(before);
    expect(hns.judge(id, toPort(22)).verdict).toBe('drop');
  });
});

describe('sets of a network', () => {
  const set = (Id: string, Values: string): HnsObject => ({
    Type: 'SetPolicy',
    Settings: { Id, Name: Id, PolicyType: 'IPSET', Values },
  });
  const fromClients = {
    Type: 'ACL',
    // Of names the local side is the source. Source: hns.md 6.4.
    Settings: { ...(web['Settings'] as object), LocalAddresses: 'clients' },
  };
  it('are added, changed one by one, and removed', () => {
    const { hns, id } = withEndpoint();
    const change = (
      RequestType: 'Add' | 'Update' | 'Remove',
      ...Policies: HnsObject[]
    ): HnsObject => hns.modifyNetwork(NETWORK.ID, { RequestType, Settings: { Policies } });
    change('Add', set('clients', '10.9.0.0/16'), set('others', '10.8.0.0/16'));
    hns.applyPolicy(id, 'Add', [fromClients]);
    expect(hns.judge(id, toPort(80)).verdict).toBe('allow');
    change('Update', set('clients', '10.7.0.0/16'));
    expect(hns.judge(id, toPort(80)).verdict).toBe('drop');
    change('Add', set('clients', '10.9.9.9'));
    expect(hns.judge(id, toPort(80)).verdict).toBe('allow');
    expect(hns.getNetwork(NETWORK.ID)['Policies']).toEqual([
      set('others', '10.8.0.0/16'),
      set('clients', '10.9.9.9'),
    ]);
    change('Remove', set('others', ''));
    // A set that an ACL names cannot go, and one that is not there can neither change nor go.
    expect(codeOf(() => change('Remove', set('clients', '')))).toBe(HNS_CODE.INVALID_POLICY);
    expect(codeOf(() => change('Update', set('others', '10.8.0.1')))).toBe(
      HNS_CODE.POLICY_NOT_FOUND,
    );
    expect(codeOf(() => change('Remove', set('others', '')))).toBe(HNS_CODE.POLICY_NOT_FOUND);
    expect(hns.getNetwork(NETWORK.ID)['Policies']).toEqual([set('clients', '10.9.9.9')]);
    expect(hns.judge(id, toPort(80)).verdict).toBe('allow');
  });
});

describe('namespaces', () => {
  it('hold endpoints as the service says it, each in one', () => {
    const { hns, id } = withEndpoint();
    const [one, two] = [hns.createNamespace(), hns.createNamespace({ Type: 'Guest' })];
    expect([one['NamespaceId'], two['NamespaceId'], two['Type']]).toEqual([2, 3, 'Guest']);
    const change = (
      namespace: HnsObject,
      RequestType: 'Add' | 'Remove',
      EndpointId = id,
    ): HnsObject =>
      hns.modifyNamespace(namespace['ID'] as string, {
        ...{ ResourceType: 'Endpoint', RequestType, Settings: { EndpointId } },
      });
    const resource = { Type: 'Endpoint', Data: { ID: id } };
    expect(change(one, 'Add')['Resources']).toEqual([resource]);
    expect(hns.getEndpoint(id)['HostComputeNamespace']).toBe(one['ID']);
    expect(codeOf(() => change(two, 'Add'))).toBe(HNS_CODE.ENDPOINT_ALREADY_ATTACHED);
    expect(codeOf(() => change(two, 'Remove'))).toBe(HNS_CODE.ENDPOINT_NOT_FOUND);
    expect(codeOf(() => change(one, 'Add', 'nobody'))).toBe(HNS_CODE.ENDPOINT_NOT_FOUND);
    expect(change(one, 'Remove')['Resources']).toEqual([]);
    expect(hns.getEndpoint(id)).not.toHaveProperty('HostComputeNamespace');
    change(two, 'Add');
    hns.deleteNamespace(two['ID'] as string);
    expect(change(one, 'Add')['Resources']).toEqual([resource]);
    hns.deleteNetwork(NETWORK.ID);
    expect(hns.getNamespace(one['ID'] as string)['Resources']).toEqual([]);
    expect(codeOf(() => hns.createNamespace({ Resources: 7 }))).toBe(HNS_CODE.INVALID_JSON);
    expect(codeOf(() => hns.createNamespace({ Resources: [resource] }))).toBe(
      HNS_CODE.REQUEST_UNSUPPORTED,
    );
  });
});

describe('networks, endpoints, namespaces and load balancers', () => {
  it('are made, listed and deleted', () => {
    const { hns, id } = withEndpoint();
    const namespace = hns.createNamespace()['ID'] as string;
    hns.addNamespaceEndpoint(namespace, id);
    expect(codeOf(() => hns.addNamespaceEndpoint(namespace, id))).toBe(
      HNS_CODE.ENDPOINT_ALREADY_ATTACHED,
    );
    const service = { HostComputeEndpoints: [id], PortMappings: [] };
    const balancer = hns.createLoadBalancer(service)['ID'] as string;
    expect(hns.listLoadBalancers()).toHaveLength(1);
    hns.deleteLoadBalancer(balancer);
    expect(codeOf(() => hns.getLoadBalancer(balancer))).toBe(HNS_CODE.NOT_FOUND);
    hns.deleteEndpoint(id);
    expect(hns.getNamespace(namespace)['Resources']).toEqual([]);
    expect(codeOf(() => hns.judge(id, toPort(80)))).toBe(HNS_CODE.ENDPOINT_NOT_FOUND);
    hns.deleteNetwork(NETWORK.ID);
    expect(hns.listNetworks()).toEqual([]);
    expect(codeOf(() => hns.createEndpoint(NETWORK.ID, {}))).toBe(HNS_CODE.NETWORK_NOT_FOUND);
  });

  it('turn what is sent to a service into what is sent to a backend', () => {
    const { hns, id } = withEndpoint();
    const backend = hns.createEndpoint(NETWORK.ID, endpoint('back', '10.1.0.6'))['ID'] as string;
    const out = (RemoteAddresses: string): HnsObject => ({
      Type: 'ACL',
      Settings: {
        ...{ Action: 'Allow', Direction: 'Out', RemoteAddresses, Protocols: '6' },
        ...{ RemotePorts: '8080', Priority: 200, RuleType: 'Switch' },
      },
    });
    hns.applyPolicy(id, 'Add', [out('10.1.0.6')]);
    const service = { HostComputeEndpoints: [backend], FrontendVIPs: ['10.96.0.1'] };
    const PortMappings = [{ Protocol: 6, InternalPort: 8080, ExternalPort: 80 }];
    const send = (dport: number): string => {
      const tuple = { dir: 'out', proto: 'tcp', src: '10.1.0.5', dst: '10.96.0.1' } as const;
      return hns.judge(id, { ...tuple, sport: 4000, dport }).verdict;
    };
    expect(send(80)).toBe('drop');
    const { ID: balancer } = hns.createLoadBalancer({ ...service, PortMappings });
    expect([send(80), send(81)]).toEqual(['allow', 'drop']);
    hns.applyPolicy(id, 'Update', [out('10.1.0.7')]);
    expect(send(80)).toBe('drop');
    hns.applyPolicy(id, 'Update', [out('10.1.0.6')]);
    hns.deleteEndpoint(backend);
    expect(send(80)).toBe('drop');
    hns.deleteLoadBalancer(balancer as string);
    const wrong = { ...service, HostComputeEndpoints: [], PortMappings: [{ Protocol: 6 }] };
    expect(codeOf(() => hns.createLoadBalancer(wrong))).toBe(HNS_CODE.INVALID_POLICY);
    expect(hns.listLoadBalancers()).toEqual([]);
  });

  it('are changed by requests alone, whatever a caller does to what it was given', () => {
    const { hns, id } = withEndpoint();
    const given = hns.applyPolicy(id, 'Add', [web]);
    const policies = [given, hns.getEndpoint(id), ...hns.listEndpoints()].map(
      (each) => each['Policies'] as HnsObject[],
    );
    for (const list of policies) list.push(ssh);
    expect(hns.getEndpoint(id)['Policies']).toEqual([web]);
  });

  it('have IDs that are equal in capitals and in small letters', () => {
    const { hns, id } = withEndpoint();
    const small = id.toLowerCase();
    hns.applyPolicy(small, 'Add', [web]);
    expect([hns.getEndpoint(id)['ID'], hns.judge(small, toPort(22)).verdict]).toEqual([id, 'drop']);
    const other = hns.createEndpoint(NETWORK.ID.toLowerCase(), endpoint('b', '10.1.0.6'));
    expect(other['HostComputeNetwork']).toBe(NETWORK.ID);
    const balancer = hns.createLoadBalancer({ HostComputeEndpoints: [small], PortMappings: [] });
    expect(balancer['HostComputeEndpoints']).toEqual([id]);
    expect(
      codeOf(() => hns.createNetwork({ ...NETWORK, ID: NETWORK.ID.toLowerCase(), Name: 'b' })),
    ).toBe(HNS_CODE.INVALID_NETWORK);
  });

  it('have names and IDs of their own', () => {
    const { hns } = withEndpoint();
    expect(codeOf(() => hns.createNetwork({ ...NETWORK, ID: 'B' }))).toBe(
      HNS_CODE.NETWORK_ALREADY_EXISTS,
    );
    expect(codeOf(() => hns.createNetwork([] as never))).toBe(HNS_CODE.INVALID_JSON);
    expect(hns.listNetworks()).toHaveLength(1);
  });
});

describe('over HTTP', async () => {
  const hns = new FakeHns();
  const server = await serveHns(hns);
  afterAll(() => server.close());
  const call = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<[number, HnsObject]> => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(server.url + path, init);
    return [response.status, (await response.json()) as HnsObject];
  };

  it('answers in the envelope of the service', async () => {
    await call('POST', '/networks', NETWORK);
    const [status, made] = await call(
      'POST',
      `/networks/${NETWORK.ID}/endpoints`,
      endpoint('web', '10.1.0.5'),
    );
    expect([status, made['Success']]).toEqual([200, true]);
    const { ID: id } = made['Output'] as { ID: string };
    await call('POST', `/endpoints/${id}/modify`, {
      RequestType: 'Add',
      Settings: { Policies: [web] },
    });
    const [, judged] = await call('POST', `/endpoints/${id}/judge`, toPort(22));
    expect(judged['Output']).toMatchObject({ verdict: 'drop', reason: 'implicit-deny' });
    const [, explained] = await call('POST', `/endpoints/${id}/explain`, toPort(22));
    expect(explained['Output']).toMatchObject({ decision: { reason: 'implicit-deny' } });
    // The rule that was asked, and why it was not taken.
    expect(JSON.stringify(explained)).toContain('"wanted":["80"],"wanted_count":1,"actual":"22"');
    const [refused, error] = await call('POST', `/endpoints/${id}/modify`, {
      RequestType: 'Remove',
      Settings: { Policies: [ssh] },
    });
    expect(refused).toBe(400);
    expect(error).toMatchObject({ Success: false, ErrorCode: '0x803b0008' });
  });

  it('says what is worth saying of the policies, and all that is wrong with refused ones', async () => {
    const silent = await call('GET', '/diagnostics');
    expect(silent).toEqual([200, { Success: true, Output: [] }]);
    const [, made] = await call(
      'POST',
      `/networks/${NETWORK.ID}/endpoints`,
      endpoint('noted', '10.1.0.6'),
    );
    const { ID: id } = made['Output'] as { ID: string };
    const change = (RequestType: string, ...Policies: HnsObject[]): Promise<[number, HnsObject]> =>
      call('POST', `/endpoints/${id}/modify`, { RequestType, Settings: { Policies } });
    const wrong = { ...(web['Settings'] as object), Action: 'Permit', Direction: 'Sideways' };
    const [status, refused] = await change('Add', { Type: 'ACL', Settings: wrong });
    expect(status).toBe(400);
    expect(refused['Diagnostics']).toMatchObject([
      {
        severity: 'error',
        code: 'unknown-value',
        location: { path: 'Policies[0].Settings.Action' },
      },
      { code: 'unknown-value', location: { path: 'Policies[0].Settings.Direction' } },
    ]);
    // What is refused leaves nothing behind.
    expect(await call('GET', '/diagnostics')).toEqual(silent);
    const loose = { ...(web['Settings'] as object), RemoteAddresses: '10.1.2.3/16' };
    expect((await change('Add', { Type: 'ACL', Settings: loose }))[0]).toBe(200);
    const [, said] = await call('GET', '/diagnostics');
    expect(said['Output']).toMatchObject([{ severity: 'warning', code: 'bad-prefix' }]);
    expect(said['Output']).toEqual(JSON.parse(JSON.stringify(hns.diagnostics)));
    await change('Reset');
    expect(await call('GET', '/diagnostics')).toEqual(silent);
  });

  it('changes networks and namespaces too', async () => {
    const sets = {
      Policies: [
        {
          Type: 'SetPolicy',
          Settings: { Id: 's', Name: 's', PolicyType: 'IPSET', Values: '10.9.9.9' },
        },
      ],
    };
    const path = `/networks/${NETWORK.ID}/modify`;
    const [, network] = await call('POST', path, { RequestType: 'Add', Settings: sets });
    expect(network['Output']).toMatchObject(sets);
    const [, made] = await call('POST', '/namespaces', {});
    const { ID: namespace } = made['Output'] as { ID: string };
    const [{ ID: EndpointId }] = hns.listEndpoints() as [{ ID: string }];
    const request = { ResourceType: 'Endpoint', RequestType: 'Add', Settings: { EndpointId } };
    const [, changed] = await call('POST', `/namespaces/${namespace}/modify`, request);
    expect(changed['Output']).toMatchObject({ Resources: [{ Data: { ID: EndpointId } }] });
    const [, left] = await call('DELETE', `/namespaces/${namespace}/endpoints/${EndpointId}`);
    expect(left['Output']).toMatchObject({ Resources: [] });
  });

  it('refuses what is no call and no JSON', async () => {
    expect((await call('GET', '/endpoints/nobody'))[0]).toBe(404);
    expect((await call('PATCH', '/networks'))[0]).toBe(404);
    expect((await call('GET', '/%'))[0]).toBe(400);
    const response = await fetch(`${server.url}/networks`, { method: 'POST', body: '{' });
    expect(((await response.json()) as HnsObject)['ErrorCode']).toBe(HNS_CODE.INVALID_JSON);
  });
});
