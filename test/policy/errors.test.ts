/** Codes of hns.md section 9 that policies can get on any platform, each with its place. */
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/errors.js';
import { aclText, briefly, diagnosticsOf, FIELDS } from './reading.js';

const SET = '{"Type":"SetPolicy","Id":"a","PolicyType":"IPSET","Values":"10.0.0.2"}';

const V2 = '{"Type":"ACL","Settings":{"Action":"Allow","Direction":"In","Priority":200}}';

describe('strict reading refuses', () => {
  it.each<[string, string, string[]]>([
    ['a policy without Type', '[{"Action":"Allow"}]', ['error missing-field 1:2 [0]']],
    [
      'an ACL without Action',
      '[{"Type":"ACL","Direction":"In","Priority":200}]',
      ['error missing-field 1:2 [0]'],
    ],
    [
      'an ACL whose Direction is null',
      '[{"Type":"ACL","Action":"Allow","Direction":null,"Priority":200}]',
      ['error missing-field 1:45 [0].Direction'],
    ],
    [
      'an ACL whose Settings are empty',
      '{"Type":"ACL","Settings":{}}',
      ['error missing-field 1:26 Settings', 'error missing-field 1:26 Settings'],
    ],
    [
      'a tier without Name and Order',
      '{"Type":"TierAcl","Settings":{"Direction":"In"}}',
      ['error missing-field 1:30 Settings', 'error missing-field 1:30 Settings'],
    ],
    [
      'a rule of a tier without action',
      '{"Type":"TierAcl","Settings":{"Name":"t","Order":1,"Direction":"In","TierAclRules":[{"Priority":200}]}}',
      ['error missing-field 1:85 Settings.TierAclRules[0]', 'info tiers-assumed 1:1'],
    ],
    [
      'an action outside the list',
      '[{"Type":"ACL","Action":"Deny","Direction":"In"}]',
      ['error unknown-value 1:25 [0].Action'],
    ],
    [
      'Pass in an ordinary ACL',
      '[{"Type":"ACL","Action":"Pass","Direction":"In"}]',
      ['error unknown-value 1:25 [0].Action'],
    ],
    [
      'an action in another case',
      '{"Type":"ACL","Action":"allow","Direction":"In","Priority":200}',
      ['error unknown-value 1:24 Action'],
    ],
    [
      'a type in another case',
      '{"Type":"acl","Action":"Allow","Direction":"In","Priority":200}',
      ['error unknown-value 1:9 Type'],
    ],
    [
      'a RuleType outside the list',
      aclText('"RuleType":"VFP"'),
      [`error unknown-value 2:${FIELDS + 11} [0].RuleType`],
    ],
    [
      'a request outside the list',
      '{"RequestType":"Modify","ResourceType":"Policy","Settings":{"Policies":[]}}',
      ['error unknown-value 1:16 RequestType'],
    ],
    [
      'a request that adds nothing it names',
      '{"RequestType":"Update","ResourceType":"Policy"}',
      ['error missing-field 1:1'],
    ],
    [
      'a set of another type',
      '{"Type":"SetPolicy","Settings":{"Id":"s","PolicyType":"SET"}}',
      ['error unknown-value 1:55 Settings.PolicyType'],
    ],
    [
      'a field no schema knows',
      aclText('"RemotePort_":1'),
      [`error unknown-field 2:${FIELDS} [0].RemotePort_`],
    ],
    [
      'a field in another case',
      aclText('"Remoteports":"80","Protocols":"6"'),
      [`error unknown-field 2:${FIELDS} [0].Remoteports`],
    ],
    [
      'a field in two spellings',
      aclText('"RemotePorts":"80","Remoteports":"81","Protocols":"6"'),
      [`error conflicting-fields 2:${FIELDS + 19} [0].Remoteports`],
    ],
    [
      'a field beside Settings',
      `${V2.slice(0, -1)},"Priority":1}`,
      ['error unknown-field 1:77 Priority'],
    ],
    [
      'a number where a text belongs',
      aclText('"LocalPorts":80,"Protocols":"6"'),
      [`error wrong-type 2:${FIELDS + 13} [0].LocalPorts`],
    ],
    [
      'a text where a number belongs',
      '{"Type":"ACL","Action":"Allow","Direction":"In","Priority":"200"}',
      ['error wrong-type 1:60 Priority'],
    ],
    [
      'a list where a text belongs',
      aclText('"RemoteAddresses":["10.0.0.1"]'),
      [`error wrong-type 2:${FIELDS + 18} [0].RemoteAddresses`],
    ],
    ['a policy that is a number', '[1]', ['error wrong-type 1:2 [0]']],
    [
      'Settings that are a list',
      '{"Type":"ACL","Settings":[]}',
      ['error wrong-type 1:26 Settings'],
    ],
    [
      'Settings that were cut',
      '{"Type":"ACL","Settings":"@{Action=Allow}"}',
      ['error truncated-dump 1:26 Settings'],
    ],
    [
      'policies that were cut',
      '{"Policies":"System.Object[]"}',
      ['error truncated-dump 1:13 Policies'],
    ],
    [
      'the word Any (V22)',
      aclText('"LocalAddresses":"Any"'),
      [`error bad-address 2:${FIELDS + 17} [0].LocalAddresses`],
    ],
    [
      'both address fields at once',
      aclText('"LocalAddresses":"*","RemoteAddresses":"x"'),
      [
        `error bad-address 2:${FIELDS + 17} [0].LocalAddresses`,
        `error bad-address 2:${FIELDS + 39} [0].RemoteAddresses`,
      ],
    ],
    [
      'a prefix out of range',
      aclText('"LocalAddresses":"10.0.0.0/33"'),
      [`error bad-prefix 2:${FIELDS + 17} [0].LocalAddresses`],
    ],
    [
      'a reversed range of ports',
      aclText('"Protocols":"6","LocalPorts":"90-80"'),
      [`error bad-port 2:${FIELDS + 29} [0].LocalPorts`],
    ],
    [
      'a port above 65535',
      aclText('"Protocols":"6","LocalPorts":"65536"'),
      [`error bad-port 2:${FIELDS + 29} [0].LocalPorts`],
    ],
    [
      'a port that is 1e308',
      aclText('"Protocol":6,"LocalPort":1e308'),
      [`error bad-port 2:${FIELDS + 25} [0].LocalPort`],
    ],
    [
      'InternalPort on an Out rule',
      '{"Type":"ACL","Action":"Allow","Direction":"Out","Priority":200,"Protocol":6,"InternalPort":80}',
      ['error bad-port 1:93 InternalPort'],
    ],
    [
      'ports of a protocol without ports',
      aclText('"Protocols":"1","LocalPorts":"80"'),
      [`error ports-need-protocol 2:${FIELDS + 12} [0].Protocols`],
    ],
    [
      'ports without protocol on the host stage',
      aclText('"RuleType":"Host","LocalPorts":"80"'),
      ['error ports-need-protocol 2:1 [0]'],
    ],
    [
      'ports of SCTP on the host stage',
      aclText('"RuleType":"Host","Protocols":"132","LocalPorts":"80"'),
      [`error ports-need-protocol 2:${FIELDS + 30} [0].Protocols`],
    ],
    [
      'a protocol above 256',
      aclText('"Protocol":257'),
      [`error bad-protocol 2:${FIELDS + 11} [0].Protocol`],
    ],
    ['protocol 0', aclText('"Protocol":0'), [`error bad-protocol 2:${FIELDS + 11} [0].Protocol`]],
    [
      'a protocol by name',
      aclText('"Protocols":"TCP"'),
      [`error bad-protocol 2:${FIELDS + 12} [0].Protocols`],
    ],
    [
      'a Switch rule without priority',
      '{"Type":"ACL","Action":"Allow","Direction":"In"}',
      ['error bad-priority 1:1'],
    ],
    [
      'a priority below 100',
      '{"Type":"ACL","Action":"Allow","Direction":"In","Priority":99}',
      ['error bad-priority 1:60 Priority'],
    ],
    [
      'a priority above 65500',
      '{"Type":"ACL","Action":"Allow","Direction":"In","Priority":65501}',
      ['error bad-priority 1:60 Priority'],
    ],
    [
      'a priority of 1e308',
      '{"Type":"ACL","Action":"Allow","Direction":"In","Priority":1e308}',
      ['error bad-priority 1:60 Priority'],
    ],
    [
      'two protocols',
      aclText('"Protocol":6,"Protocols":"17"'),
      [`error conflicting-fields 2:${FIELDS + 25} [0].Protocols`],
    ],
    [
      'two ports',
      aclText('"Protocol":6,"LocalPort":80,"LocalPorts":"81"'),
      [`error conflicting-fields 2:${FIELDS + 41} [0].LocalPorts`],
    ],
    [
      'two local ports, one of them internal',
      aclText('"Protocol":6,"LocalPort":80,"InternalPort":81'),
      [`error conflicting-fields 2:${FIELDS + 43} [0].InternalPort`],
    ],
    [
      'a service',
      aclText('"ServiceName":"dns","RuleType":"Host"'),
      [`error unsupported-condition 2:${FIELDS + 14} [0].ServiceName`],
    ],
    [
      'a type no schema knows',
      '{"Type":"LoopbackDSR","IPAddress_":"10.0.0.1"}',
      ['error unknown-policy-type 1:9 Type'],
    ],
    [
      'a mapping without internal port',
      '{"Type":"NAT","Protocol":"TCP"}',
      ['error missing-field 1:1'],
    ],
    [
      'a mapping of port 0',
      '{"Type":"NAT","Protocol":"TCP","InternalPort":0}',
      ['error bad-port 1:47 InternalPort'],
    ],
    [
      'a mapping of ICMP',
      '{"Type":"NAT","Protocol":"ICMP","InternalPort":80}',
      ['error bad-protocol 1:26 Protocol'],
    ],
    [
      'one external port twice',
      '[{"Type":"NAT","Protocol":"TCP","InternalPort":80,"ExternalPort":8080},\n{"Type":"NAT","Protocol":"TCP","InternalPort":81,"ExternalPort":8080}]',
      ['error port-collision 2:1 [1]'],
    ],
    [
      'a reply that failed',
      '{"Success":false,"Error":"HNS failed with error : 0x803b000d"}',
      ['error hns-failure 1:26 Error'],
    ],
    [
      'a pod without a name',
      '{"apiVersion":"v1","kind":"Pod"}',
      ['error bad-kubernetes-object 1:1'],
    ],
    ['a host description', '{"endpoints":[]}', ['error unknown-document 1:1']],
    ['a type that is no text', '{"Type":true}', ['error wrong-type 1:9 Type']],
    [
      'a mapping whose protocol is an object',
      '{"Type":"NAT","Protocol":{},"InternalPort":80}',
      ['error wrong-type 1:26 Protocol'],
    ],
    [
      'a request without policies',
      '{"RequestType":"Add","Settings":{}}',
      ['error missing-field 1:33 Settings'],
    ],
    [
      'a request whose settings are a list',
      '{"RequestType":"Add","Settings":[]}',
      ['error wrong-type 1:33 Settings'],
    ],
    [
      'an ACL on a remote endpoint',
      `{"HostComputeNetwork":"n","Flags":1,"Policies":${aclText('"Protocols":"6"')}}`,
      ['error remote-endpoint 2:1 Policies[0]'],
    ],
    [
      'an unknown set',
      `[${SET},\n${aclText('"LocalAddresses":"b"').slice(2)}`,
      [`error unknown-set 2:${FIELDS + 17} [1].LocalAddresses`],
    ],
    [
      'a set beside an address',
      `[${SET},\n${aclText('"LocalAddresses":"a,10.0.0.1"').slice(2)}`,
      [`error mixed-sets-and-addresses 2:${FIELDS + 17} [1].LocalAddresses`],
    ],
    [
      'sets that contain one another',
      '[{"Type":"SetPolicy","Id":"m","PolicyType":"NESTEDIPSET","Values":"n"},\n{"Type":"SetPolicy","Id":"n","PolicyType":"NESTEDIPSET","Values":"m"}]',
      ['error set-cycle 2:66 [1].Values'],
    ],
  ])('%s', (_, text, expected) => {
    expect(briefly(text)).toEqual(expected);
  });
});

it('all errors of a document are collected', () => {
  const text =
    '[{"Type":"ACL","Action":"Deny","Direction":"Up"},\n{"Type":"ACL","Action":"Allow","Direction":"In","Priority":1,"Protocol":300}]';
  expect(briefly(text)).toEqual([
    'error unknown-value 1:25 [0].Action',
    'error unknown-value 1:44 [0].Direction',
    'error bad-protocol 2:73 [1].Protocol',
    'error bad-priority 2:60 [1].Priority',
  ]);
});

it('a diagnostic says what was found, what is accepted, and what the service answers', () => {
  const [diagnostic] = diagnosticsOf(aclText('"Id":"web","LocalAddresses":"10.0.0.0/255.0.0.0"'));
  expect(diagnostic).toMatchObject({
    code: 'bad-address',
    found: '"10.0.0.0/255.0.0.0"',
    hns: '0x803b000d',
    rule: 'web',
    message:
      'LocalAddresses has "10.0.0.0/255.0.0.0"; items are IPv4 or IPv6 addresses with or without a prefix length, separated by commas; empty means any. Write a mask as a prefix length.',
  });
});

it('every code has a row that says when', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) expect(ERRORS[code].when).not.toBe('');
});
