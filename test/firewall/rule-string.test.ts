/** Rule strings: what is read, what is refused and where, what lenient reading repairs. */
import { describe, expect, it } from 'vitest';

import type { FirewallRule } from '../../src/firewall/firewall-rule.js';
import { printRuleString } from '../../src/firewall/print-rule-string.js';
import type { Dialect } from '../../src/firewall/rule-report.js';
import { readRuleString } from '../../src/firewall/rule-string.js';
import { createReporter } from '../../src/source/diagnostic.js';

function read(
  text: string,
  {
    strict = true,
    dialect = strict ? 'strict' : 'lenient',
  }: { strict?: boolean; dialect?: Dialect } = {},
): { rule: FirewallRule | null; found: string[] } {
  const reporter = createReporter(strict);
  const at = (offset: number): { file: string; line: number; column: number; path: string } => ({
    ...{ file: 'rule', line: 1, column: offset + 1, path: '' },
  });
  const { rule } = readRuleString(text, { id: 'r', store: 'local', at, reporter, dialect });
  const found = reporter
    .result()
    .map(({ severity, code, location }) => `${severity} ${code} ${location.column}`);
  return { rule, found };
}

const BASE = 'v2.10|Action=Allow|Active=TRUE|Dir=In|';
const NAMED = `${BASE}Name=n|`;

describe('a rule string', () => {
  it('gives every field', () => {
    const { rule, found } = read(
      'v2.33|Action=Block|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Public|LPort=80|LPort2_10=8000-8010|LPort=RPC-EPMap|LPort2_10=IPTLSIn|RPort=1024|LA4=10.0.0.0/8|RA4=LocalSubnet|RA4=192.0.2.1-192.0.2.9|RA6=fe80::/64|RA42=IntErnet|IFType=Lan|IF={D842F406-E895-406A-AC35-9837B6D499F4}|App=%SystemRoot%\\system32\\svchost.exe|Svc=w32time|Name=All of it|Desc=d|EmbedCtxt=g|Platform=2:6:2|Platform2=GTEQ|TTK2_22=WFDPrint|LOM=FALSE|',
    );
    expect(found).toEqual([]);
    expect(rule).toMatchObject({
      ...{ action: 'block', enabled: true, direction: 'in', protocol: 6, profiles: 5 },
      localPorts: [
        { from: 80, to: 80 },
        { from: 8000, to: 8010 },
        { keyword: 'RPCEPMap' },
        { keyword: 'IPHTTPSIn' },
      ],
      remotePorts: [{ from: 1024, to: 1024 }],
      localAddresses: [{ family: 4, from: 0x0a000000n, to: 0x0affffffn }],
      remoteAddresses: [
        { keyword: 'LocalSubnet', family: 4 },
        { from: 0xc0000201n, to: 0xc0000209n },
        { family: 6 },
        { keyword: 'Internet', family: 4 },
      ],
      ...{ interfaceTypes: 1, program: '%SystemRoot%\\system32\\svchost.exe', service: 'w32time' },
      ...{ name: 'All of it', description: 'd', group: 'g', trustTuples: ['WFDPrint'] },
      platforms: [{ type: 2, major: 6, minor: 2, andLater: true }],
    });
  });

  it('is printed back with the same meaning, whatever it has', () => {
    for (const text of [
      `${NAMED}Protocol=1|ICMP4=3:4|ICMP4=8:*|`,
      `${NAMED}Protocol=58|ICMP6=128:0|RA62=RmtIntrAnet|`,
      `${NAMED}Protocol=17|LPort2_20=DHCP|LPort2_24=mDNS|Edge=TRUE|Defer=App|`,
      `${NAMED}Protocol=0|Defer=User|`,
      `${NAMED}RA4=0.0.0.0-255.255.255.255|RA4=10.0.0.0/255.255.255.0|`,
      'v2.31|Action=ByPass|Active=FALSE|Dir=In|Name=n|Security=Authenticate|RMAuth=O:LSD:(A;;CC;;;S-1-5-21-1)|',
      'v2.31|Action=Allow|Active=TRUE|Dir=Out|Name=n|Security=AuthenticateEncrypt|AuthByPassOut=TRUE|RUAuth=D:(A;;CC;;;WD)|',
      'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=n|Security=AuthenticateEncrypt|Security2=AnE-Nego|',
      'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=17|Name=n|LSM=TRUE|LOM=TRUE|PCross=TRUE|SkipVer=2.20|SecurityRealmId=S-1-5-9|PFN=a_b|',
      `v2.24|Action=Allow|Active=TRUE|Dir=In|Name=n|LUAuth2_24=${Buffer.from('D:(XA;;CC;;;WD;(a || b))', 'utf16le').toString('base64')}|`,
    ]) {
      const { rule } = read(text, { strict: true });
      expect({ text, rule }).not.toMatchObject({ rule: null });
      const again = read(printRuleString(rule!)).rule;
      expect({ ...again, version: 0, location: 0 }).toEqual({ ...rule, version: 0, location: 0 });
    }
  });

  it('keeps a conditional descriptor with bars', () => {
    const sddl = 'D:(XA;;CC;;;WD;(a || b))';
    const base64 = Buffer.from(sddl, 'utf16le').toString('base64');
    expect(read(`${NAMED.replace('2.10', '2.24')}LUAuth2_24=${base64}|`).rule?.localUser).toBe(
      sddl,
    );
  });
});

describe('refused in strict reading, with the place', () => {
  /** `^` marks the place of the finding. */
  const REFUSED: readonly (readonly [string, string])[] = [
    ['^Action=Allow|', 'fw-not-a-rule'],
    ['^2.10|Action=Allow|', 'fw-not-a-rule'],
    [`${NAMED}LPort=^80|`, 'fw-port-protocol'],
    [`${NAMED}Protocol=6|LPort=^70000|`, 'fw-port'],
    [`${NAMED}Protocol=6|LPort2_10=^90-80|`, 'fw-port'],
    [`${NAMED}Protocol=6|LPort=^80-90|`, 'fw-port'],
    [`${NAMED}Protocol=6|LPort=^Http|`, 'fw-port-keyword'],
    [`${NAMED}RA4=^10.0.0.0/255.0.255.0|`, 'fw-addr-mask'],
    [`${NAMED}RA4=^10.0.0.0/0.0.0.0|`, 'fw-addr-mask'],
    [`${NAMED}RA4=^10.0.0.0/33|`, 'fw-addr-prefix'],
    [`${NAMED}RA4=^10.0.0.0/0|`, 'fw-addr-prefix'],
    [`${NAMED}RA6=^fe80::/129|`, 'fw-addr-prefix'],
    [`${NAMED}RA4=^LocalNet|`, 'fw-addr-keyword'],
    [`${NAMED}LA4=^LocalSubnet|`, 'fw-addr-keyword'],
    [`${NAMED}RA4=^fe80::1|`, 'fw-addr'],
    [`${NAMED}RA4=^10.0.0.9-10.0.0.1|`, 'fw-addr-range'],
    [`${NAMED}RA6=^::1|`, 'fw-addr-v6-special'],
    [`${NAMED}Protocol=58|ICMP4=^8:*|`, 'fw-port-protocol'],
    [`${NAMED}Protocol=1|ICMP4=^8|`, 'fw-icmp'],
    [`${NAMED}Protocol=1|ICMP4=^300:0|`, 'fw-icmp'],
    [`${NAMED}Protocol=^256|`, 'fw-protocol'],
    [`${NAMED}Protocol=^tcp|`, 'fw-protocol'],
    ['v2.10|Action=Allow|Active=TRUE|Dir=Out|Name=n|Protocol=6|LPort=^RPC|', 'fw-port-keyword'],
    [`${NAMED}Protocol=17|LPort=^RPC|`, 'fw-port-keyword'],
    ['v2.10|Action=^ByPass|Dir=In|Name=n|RMAuth=D:(A;;CC;;;WD)|', 'fw-flags'],
    ['v2.10|Action=^ByPass|Dir=In|Name=n|Security=Authenticate|', 'fw-flags'],
    [`${NAMED}^RemoteIP=10.0.0.1|`, 'fw-key-unknown'],
    ['^v2.10|Action=Allow|Active=TRUE|Name=n|', 'fw-dir'],
    ['^v2.10|Dir=In|Active=TRUE|Name=n|', 'fw-action'],
    ['v2.10|Action=^Permit|Dir=In|Name=n|', 'fw-action'],
    [`${NAMED}^Name=m|`, 'fw-key-duplicate'],
    [`${NAMED}^Protocol|`, 'fw-field-malformed'],
    [`${NAMED}Desc=d^`, 'fw-field-malformed'],
    [`${BASE}Name=^ALL|`, 'fw-name'],
    [`${NAMED}App=^c:\\a*.exe|`, 'fw-app'],
    [`${NAMED}Svc=^a/b|`, 'fw-svc'],
    [`${NAMED}Profile=^Home|`, 'fw-profile'],
    [`${NAMED}Edge=^MAYBE|`, 'fw-bool'],
    [`${NAMED}IFType=^Mobile|`, 'fw-iftype'],
    [`${NAMED}IF=^eth0|`, 'fw-if'],
    [`${NAMED}Platform2=^GTEQ|`, 'fw-platform'],
    [`${NAMED}Platform=^10|`, 'fw-platform'],
    [`${NAMED}LUAuth=^everybody|`, 'fw-sddl'],
    [
      `${NAMED}^LUAuth2_24=!|`.replace('^LUAuth2_24=', 'LUAuth2_24=^').replace('2.10', '2.24'),
      'fw-sddl',
    ],
    [`${NAMED}LSM=^TRUE|`, 'fw-flags'],
    ['v2.10|Action=Block|Active=TRUE|Dir=In|Name=n|Security=^Authenticate|', 'fw-flags'],
    ['v2.10|Action=Allow|Active=TRUE|Dir=Out|Name=n|Edge=^TRUE|', 'fw-flags'],
    [`${NAMED}${'RA4=10.0.0.1|'.repeat(1001)}`.replace('RA4=', 'RA4=^'), 'fw-list-too-long'],
    [`${NAMED}Desc=^${'x'.repeat(10_000)}|`, 'fw-desc'],
    [`${NAMED}EmbedCtxt=^${'x'.repeat(10_000)}|`, 'fw-group'],
    [`^v2.10|${'x'.repeat(65_536)}`, 'fw-not-a-rule'],
  ];

  it.each(REFUSED)('%s', (marked, code) => {
    const column = marked.indexOf('^') + 1;
    const { rule, found } = read(marked.replace('^', ''));
    expect(rule).toBeNull();
    expect(found).toContain(`error ${code} ${column}`);
  });

  it('all at once', () => {
    const { found } = read('v2.10|Action=Permit|Dir=Up|Name=n|Protocol=6|LPort=99999|Bogus=1|');
    expect(found.map((each) => each.split(' ')[1])).toEqual([
      ...['fw-action', 'fw-dir', 'fw-port', 'fw-key-unknown'],
    ]);
  });
});

describe('lenient reading', () => {
  const LENIENT: readonly (readonly [string, string, object])[] = [
    ['V2.0|Action=Block|Active=TRUE|Dir=In|Name=n|', 'fw-not-a-rule', { action: 'block' }],
    [
      `${NAMED}Protocol=17|LPort=1-23553,23557-65535|`,
      'fw-port',
      { localPorts: [{ from: 1 }, { to: 65535 }] },
    ],
    [
      `${NAMED}LPort=80|Protocol=6|`,
      'fw-port-protocol',
      { localPorts: [{ from: 80 }], protocol: 6 },
    ],
    [`${NAMED}Protocol=udp|`, 'fw-protocol', { protocol: 17 }],
    [`${NAMED}Svc==Dhcp|`, 'fw-svc', { service: 'Dhcp' }],
    [`${NAMED}RA4=Any|`, 'fw-addr', { remoteAddresses: [] }],
    [`${NAMED}Profile=Any|`, 'fw-profile', { profiles: 0x7fffffff }],
    [`${NAMED}Protocol=6|RPort=|`, 'fw-port', { remotePorts: [] }],
    [`${NAMED}Edge=NO|`, 'fw-bool', { edge: 'block' }],
    [`${NAMED}App=|`, 'fw-field-malformed', { program: null }],
    [`${NAMED}Svc=|`, 'fw-svc', { service: null }],
    [`${NAMED}LUOwn=|`, 'fw-field-malformed', { owner: null }],
    [NAMED.slice(0, -1), 'fw-field-malformed', { name: 'n' }],
  ];

  it.each(LENIENT)('%s is repaired with a warning', (text, code, expected) => {
    const lenient = read(text, { strict: false });
    expect(lenient.rule).toMatchObject(expected);
    expect(lenient.found.map((each) => each.split(' ').slice(0, 2).join(' '))).toContain(
      `warning ${code}`,
    );
    expect(read(text).rule).toBeNull();
    expect(read(text, { dialect: 'service' })).toMatchObject({ rule: expected, found: [] });
  });

  it('clears bits below a mask, with a warning in strict reading too', () => {
    const text = `${NAMED}RA4=10.0.0.9/24|`;
    const { rule, found } = read(text);
    expect(rule!.remoteAddresses).toMatchObject([{ from: 0x0a000000n, to: 0x0a0000ffn }]);
    expect(found).toEqual([`warning fw-addr-hostbits ${text.indexOf('10.0') + 1}`]);
    expect(read(`${NAMED}RA4=10.0.0.0/24|`).found).toEqual([]);
  });

  it('leaves a rule out that it cannot read, and says so', () => {
    const { rule, found } = read(`${NAMED}RemoteIP=10.0.0.1|`, { strict: false });
    expect(rule).toBeNull();
    expect(found).toEqual([`warning fw-key-unknown ${NAMED.length + 1}`]);
  });

  it('takes a rule of a service store without Active as active', () => {
    const text = 'v2.0|Action=Block|Dir=In|Name=n|';
    expect(read(text, { dialect: 'service' }).rule?.enabled).toBe(true);
    expect(read(text).rule?.enabled).toBe(false);
  });
});

describe('versions', () => {
  it('above the known minor are read with a warning, unknown keys refused', () => {
    expect(read(NAMED.replace('2.10', '2.34'))).toMatchObject({
      rule: { version: { major: 2, minor: 34 } },
      found: ['warning fw-version-newer 1'],
    });
    expect(read(`${NAMED.replace('2.10', '2.34')}New=1|`).rule).toBeNull();
  });

  it('of another major are ignored, as Windows does', () => {
    expect(read(NAMED.replace('2.10', '4.0'))).toEqual({
      rule: null,
      found: ['warning fw-version-major 1'],
    });
  });

  it('below that of a key leave the key in force, with a warning', () => {
    expect(read(`${NAMED.replace('2.10', '2.1')}Protocol=6|LPort2_10=1-2|`)).toMatchObject({
      rule: { localPorts: [{ from: 1, to: 2 }] },
      found: [expect.stringContaining('warning fw-version-newer') as string],
    });
  });
});
