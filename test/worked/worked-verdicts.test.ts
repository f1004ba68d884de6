/** The worked verdicts V1 to V25. Source: hns.md 12. */
import { describe, expect, it } from 'vitest';

import { acl, errorOf, modelOf, raw, tcp, udp } from './model.js';

const POD = '10.1.0.5';
/** Platform P of the table. */
const P = { windows: '20348', driver: 'l2bridge', isolation: 'process', endpoint: `web=${POD}` };
const HYPERV = { ...P, isolation: 'hyperv' };
const OLD_NAT = { ...P, windows: '14393', driver: 'nat' };
const MAPPING = {
  Type: 'NAT',
  Protocol: 'TCP',
  InternalPort: 80,
  ExternalPort: 8080,
};

const switchAcl = (
  action: 'Allow' | 'Block',
  direction: 'In' | 'Out',
  priority: number,
  rest: object = {},
): object =>
  acl(action, direction, {
    RuleType: 'Switch',
    Priority: priority,
    Id: `${action}-${direction}-${priority}`.toLowerCase(),
    ...rest,
  });

describe('worked verdicts', () => {
  it('V1 allows inbound TCP by the default of four protocols', () => {
    const [verdict] = modelOf(P).judge(tcp('in', '10.9.9.9:4000', `${POD}:80`));
    expect(verdict).toMatchObject({
      verdict: 'allow',
      stage: 'host',
      reason: 'default-allow-inbound',
      rule: null,
    });
  });

  it('V2 drops unsolicited protocol 47 in the host stage', () => {
    const [verdict] = modelOf(P).judge(raw('in', 47, '10.9.9.9', POD));
    expect(verdict).toMatchObject({
      verdict: 'drop',
      stage: 'host',
      reason: 'default-deny-other-protocol',
    });
  });

  it('V3 lets protocol 47 of a peer in after the container spoke to it', () => {
    const verdicts = modelOf(P).judge(
      raw('out', 47, POD, '10.9.9.9'),
      raw('in', 47, '10.9.9.9', POD),
      raw('in', 47, '10.9.9.8', POD),
    );
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['allow', 'allow', 'drop']);
    expect(verdicts[1]).toMatchObject({ reason: 'established' });
  });

  it('V4 allows protocol 47 into a Hyper-V-isolated container', () => {
    const [verdict] = modelOf(HYPERV).judge(raw('in', 47, '10.9.9.9', POD));
    expect(verdict).toMatchObject({ verdict: 'allow', reason: 'guest-default-allow' });
  });

  it('V5 drops inbound TCP before build 16299', () => {
    const [verdict] = modelOf(OLD_NAT).judge(tcp('in', '10.9.9.9:4000', `${POD}:80`));
    expect(verdict).toMatchObject({
      verdict: 'drop',
      stage: 'host',
      reason: 'default-deny-inbound',
    });
  });

  it('V6 allows the internal port of a mapping before build 16299', () => {
    const [verdict] = modelOf(OLD_NAT, [MAPPING]).judge(tcp('in', '10.9.9.9:4000', `${POD}:80`));
    expect(verdict).toMatchObject({ verdict: 'allow', reason: 'port-mapping-allow' });
  });

  it('V7 opens a mapping for its protocol only', () => {
    const [verdict] = modelOf(OLD_NAT, [MAPPING]).judge(udp('in', '10.1.0.9:4000', `${POD}:80`));
    expect(verdict).toMatchObject({ verdict: 'drop', reason: 'default-deny-inbound' });
  });

  const blockOne = switchAcl('Block', 'Out', 200, { RemoteAddresses: '10.0.0.9' });
  const allowBoth = [switchAcl('Allow', 'In', 65500), switchAcl('Allow', 'Out', 65500)];

  it('V8 denies everything else once there is one ACL', () => {
    const [verdict] = modelOf(P, [blockOne]).judge(tcp('out', `${POD}:5000`, '10.0.0.8:443'));
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'switch', reason: 'implicit-deny' });
  });

  it('V9 allows by 65500 what the block does not name', () => {
    const [verdict] = modelOf(P, [blockOne, ...allowBoth]).judge(
      tcp('out', `${POD}:5000`, '10.0.0.8:443'),
    );
    expect(verdict).toMatchObject({ verdict: 'allow', stage: 'switch', rule: 'allow-out-65500' });
  });

  it('V10 drops by 200', () => {
    const [verdict] = modelOf(P, [blockOne, ...allowBoth]).judge(
      tcp('out', `${POD}:5000`, '10.0.0.9:443'),
    );
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'switch', rule: 'block-out-200' });
  });

  const httpsOut = switchAcl('Allow', 'Out', 300, { Protocols: '6', RemotePorts: '443' });

  it('V11 lets the reply of an allowed connection in', () => {
    const verdicts = modelOf(P, [httpsOut]).judge(
      tcp('out', `${POD}:5000`, '10.0.0.8:443'),
      tcp('in', '10.0.0.8:443', `${POD}:5000`, { flags: 'SA' }),
    );
    expect(verdicts[1]).toMatchObject({ verdict: 'allow', reason: 'established' });
  });

  it('V12 denies inbound connections when only an outbound ACL exists', () => {
    const [verdict] = modelOf(P, [httpsOut]).judge(tcp('in', '10.0.0.8:5000', `${POD}:80`));
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'switch', reason: 'implicit-deny' });
  });

  it('V13 asks the lower number first', () => {
    const model = modelOf(P, [
      switchAcl('Allow', 'In', 300, { RemoteAddresses: '10.0.0.0/8' }),
      switchAcl('Block', 'In', 200, { Protocols: '6', LocalPorts: '22' }),
    ]);
    const verdicts = model.judge(
      tcp('in', '10.0.0.8:5000', `${POD}:22`),
      tcp('in', '10.0.0.8:5000', `${POD}:23`),
    );
    expect(verdicts[0]).toMatchObject({ verdict: 'drop', rule: 'block-in-200' });
    expect(verdicts[1]).toMatchObject({ verdict: 'allow' });
  });

  it('V14 puts Block before Allow at equal priorities, and warns', () => {
    const model = modelOf(P, [switchAcl('Allow', 'In', 1000), switchAcl('Block', 'In', 1000)]);
    expect(model.judge(tcp('in', '10.0.0.8:5000', `${POD}:80`))[0]).toMatchObject({
      verdict: 'drop',
      rule: 'block-in-1000',
    });
    expect(model.warnings.map(({ code }) => code)).toContain('equal-priority-conflict');
  });

  it.each(['nat', 'transparent'])('V15 refuses a Switch rule on %s', (driver) => {
    expect(errorOf({ ...P, driver }, [switchAcl('Allow', 'In', 100)])).toMatchObject({
      code: 'rule-type-not-supported',
      hns: '0x803b0015',
    });
  });

  it('V16 refuses any ACL on NAT with Hyper-V isolation', () => {
    const error = errorOf({ ...HYPERV, driver: 'nat' }, [acl('Allow', 'In', { RuleType: 'Host' })]);
    expect(error).toMatchObject({ code: 'not-reprogrammable', hns: '0x803b0015' });
  });

  it('V17 refuses a Host rule on L2Bridge with Hyper-V isolation', () => {
    const error = errorOf(HYPERV, [acl('Allow', 'In', { RuleType: 'Host' })]);
    expect(error).toMatchObject({ code: 'rule-type-not-supported' });
  });

  const hostBlock = acl('Block', 'In', {
    RuleType: 'Host',
    Protocols: '6',
    LocalPorts: '80',
    Id: 'host-block-80',
  });

  it('V18 drops by a Host rule after the switch has let the packet through', () => {
    const [verdict] = modelOf(P, [hostBlock]).judge(tcp('in', '10.0.0.8:5000', `${POD}:80`));
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'host', rule: 'host-block-80' });
  });

  it('V19 denies the rest of the host stage implicitly', () => {
    const [verdict] = modelOf(P, [hostBlock]).judge(udp('in', '10.0.0.8:5000', `${POD}:53`));
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'host', reason: 'implicit-deny' });
  });

  it('V20 denies IPv6 under an IPv4-only policy', () => {
    const model = modelOf(P, [switchAcl('Allow', 'In', 300, { RemoteAddresses: '10.0.0.0/8' })]);
    const [verdict] = model.judge(tcp('in', '[fd00::8]:5000', '[fd00::5]:80'));
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'switch', reason: 'implicit-deny' });
  });

  it('V21 ANDs set names and compares LocalAddresses with the source', () => {
    const set = (Id: string, Values: string): object => ({
      Type: 'SetPolicy',
      Settings: { Id, Name: Id, PolicyType: 'IPSET', Values },
    });
    const model = modelOf(P, {
      Policies: [
        set('a', '10.0.0.1'),
        set('b', '10.0.0.1,10.0.0.2'),
        switchAcl('Allow', 'In', 222, { LocalAddresses: 'a,b' }),
      ],
    });
    const verdicts = model.judge(
      tcp('in', '10.0.0.1:5000', `${POD}:80`),
      tcp('in', '10.0.0.2:5000', `${POD}:80`),
    );
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['allow', 'drop']);
  });

  it('V22 refuses the word Any', () => {
    const error = errorOf(P, [switchAcl('Allow', 'In', 300, { LocalAddresses: 'Any' })]);
    expect(error).toMatchObject({ code: 'bad-address', hns: '0x803b000d', found: '"Any"' });
  });

  it('V23 denies ICMP when only TCP is allowed', () => {
    const model = modelOf(P, [switchAcl('Allow', 'In', 300, { Protocols: '6' })]);
    const [verdict] = model.judge({ ...raw('in', 1, '10.0.0.8', POD), type: 8, code: 0 });
    expect(verdict).toMatchObject({ verdict: 'drop', stage: 'switch', reason: 'implicit-deny' });
  });

  it('V24 judges sender, then receiver, of two endpoints on one host', () => {
    const endpoint = (name: string, address: string, policies: object[]): object => ({
      ID: name,
      Name: name,
      HostComputeNetwork: 'pods',
      IpConfigurations: [{ IpAddress: address, PrefixLength: 24 }],
      Policies: policies,
    });
    const model = modelOf({ ...P, endpoint: undefined }, [
      endpoint('sender', '10.1.0.5', allowBoth),
      endpoint('receiver', '10.1.0.6', [switchAcl('Block', 'In', 200)]),
    ]);
    const [records] = model.simulator.judge([
      { proto: 6, src: '10.1.0.5', dst: '10.1.0.6', sport: 1000, dport: 80 },
    ]);
    expect(records).toHaveLength(2);
    expect(records![0]).toMatchObject({ endpoint: 'sender', direction: 'out', verdict: 'allow' });
    expect(records![1]).toMatchObject({
      endpoint: 'receiver',
      direction: 'in',
      verdict: 'drop',
      stage: 'switch',
      rule: 'block-in-200',
    });
  });

  it('V25 gives ACLs without RuleType on a transparent network to the host stage', () => {
    const model = modelOf({ ...P, driver: 'transparent' }, [
      {
        Type: 'ACL',
        Action: 'Block',
        Direction: 'Out',
        RemoteAddresses: '169.254.169.254',
        Priority: 200,
      },
      { Type: 'ACL', Action: 'Allow', Direction: 'In', Protocol: 256, Priority: 300 },
      { Type: 'ACL', Action: 'Allow', Direction: 'Out', Protocol: 256, Priority: 300 },
    ]);
    const verdicts = model.judge(
      tcp('out', `${POD}:5000`, '169.254.169.254:80'),
      tcp('out', `${POD}:5000`, '8.8.8.8:443'),
      raw('in', 47, '10.9.9.9', POD),
    );
    expect(verdicts.map(({ verdict, stage }) => [verdict, stage])).toEqual([
      ['drop', 'host'],
      ['allow', 'host'],
      ['allow', 'host'],
    ]);
  });
});
