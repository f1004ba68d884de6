// A controller held to what its policies do to packets, not to the requests that it makes:
//   npx vitest run --config examples/vitest.config.mjs
import { Session, tcp, tcpConversation } from 'portacl';
import { FakeHns } from 'portacl/hns';
import 'portacl/vitest';
import { beforeEach, describe, expect, it } from 'vitest';

import { reconcile } from './controller.mjs';

const SCHEMA = { SchemaVersion: { Major: 2, Minor: 0 } };
const web = '10.244.1.10:443';
const office = tcp('10.20.1.5:4000', web);
const branch = tcp('10.30.1.5:4000', web);

let hns;
let endpointId;
beforeEach(() => {
  hns = new FakeHns({ windows: 'ltsc2022' });
  const subnet = { IpAddressPrefix: '10.244.1.0/24' };
  const ipams = [{ Type: 'Static', Subnets: [subnet] }];
  const network = hns.createNetwork({ ...SCHEMA, Name: 'pods', Type: 'L2Bridge', Ipams: ipams });
  const address = { IpAddress: '10.244.1.10', PrefixLength: 24 };
  const endpoint = { ...SCHEMA, Name: 'web', IpConfigurations: [address] };
  endpointId = hns.createEndpoint(network.ID, endpoint).ID;
});

describe('the controller', () => {
  it('lets the clients of the service in, and nobody else', () => {
    expect(hns.compiled).toAllow([office, branch]); // before: no ACL, no rule
    reconcile(hns, endpointId, { port: 443, clients: ['10.20.0.0/16'] });
    expect(hns.compiled).toAllow(office);
    expect(hns.compiled).toDrop(branch, { by: null, reason: 'implicit-deny' });
    expect(hns.compiled).toDrop(tcp('10.20.1.5:4000', '10.244.1.10:3389'));
  });

  it('changes nothing when nothing is to be changed', () => {
    const service = { port: 443, clients: ['10.20.0.0/16', '10.30.0.0/16'] };
    expect(reconcile(hns, endpointId, service)).toEqual({ added: 2, removed: 0 });
    expect(reconcile(hns, endpointId, service)).toEqual({ added: 0, removed: 0 });
  });

  it('keeps the connections of clients that stay, and shuts out those that go', () => {
    reconcile(hns, endpointId, { port: 443, clients: ['10.20.0.0/16', '10.30.0.0/16'] });
    const session = new Session(hns.compiled);
    const talk = tcpConversation('10.20.1.5:4000', web).handshake();
    expect(session).toAllow(talk);

    reconcile(hns, endpointId, { port: 443, clients: ['10.20.0.0/16'] });
    session.apply(hns.compiled);
    expect(session).toAllow(tcp('10.20.1.5:4000', web, { flags: 'PA' }));
    expect(session).toDrop(branch, { reason: 'implicit-deny' });
  });

  it('leaves the endpoint as it was when the service refuses', () => {
    reconcile(hns, endpointId, { port: 443, clients: ['10.20.0.0/16'] });
    const wrong = { port: 443, clients: ['10.20.0.0/99'] };
    expect(() => reconcile(hns, endpointId, wrong)).toThrow('the prefix length is 0 to 32');
    expect(hns.compiled).toAllow(office);
    expect(hns.compiled).toDrop(branch);
  });
});
