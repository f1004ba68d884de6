/**
 * Words that stand for addresses, ports and transports, in the spelling of `New-NetFirewallRule`,
 * with the spelling of rule strings and the key that carries them there.
 * Source: windows-firewall.md 3.2, 3.3, 3.5, 7.1.
 */

export const ADDRESS_KEYWORDS = [
  { name: 'LocalSubnet', string: 'LocalSubnet', late: false },
  { name: 'DNS', string: 'DNS', late: false },
  { name: 'DHCP', string: 'DHCP', late: false },
  { name: 'WINS', string: 'WINS', late: false },
  { name: 'DefaultGateway', string: 'DefaultGateway', late: false },
  // Carried by RA42 and RA62.
  { name: 'Intranet', string: 'IntrAnet', late: true },
  { name: 'Internet', string: 'IntErnet', late: true },
  { name: 'PlayToDevice', string: 'Ply2Renders', late: true },
  { name: 'IntranetRemoteAccess', string: 'RmtIntrAnet', late: true },
  { name: 'CaptivePortal', string: 'CaptivePortal', late: true },
] as const;
export type AddressKeyword = (typeof ADDRESS_KEYWORDS)[number]['name'];

export type PortKeyword =
  | 'RPC'
  | 'RPCEPMap'
  | 'Teredo'
  | 'IPHTTPSIn'
  | 'IPHTTPSOut'
  | 'DHCP'
  | 'PlayToDiscovery'
  | 'mDNS'
  | 'CortanaOut'
  | 'TcpCDPSvc';

export interface PortKeywordRow {
  readonly name: PortKeyword;
  /** The first is printed. */
  readonly strings: readonly string[];
  readonly side: 'local' | 'remote';
  readonly key: string;
  /** Null: TCP or UDP. */
  readonly protocol: number | null;
  readonly direction: 'in' | 'out' | null;
}

export const PORT_KEYWORDS: readonly PortKeywordRow[] = [
  { name: 'RPC', strings: ['RPC'], side: 'local', key: 'LPort', protocol: 6, direction: 'in' },
  {
    ...{ name: 'RPCEPMap', strings: ['RPC-EPMap', 'RPCEPMap'], side: 'local', key: 'LPort' },
    ...{ protocol: 6, direction: 'in' },
  },
  {
    ...{ name: 'Teredo', strings: ['Teredo'], side: 'local', key: 'LPort' },
    ...{ protocol: 17, direction: 'in' },
  },
  // Two spellings of one keyword: real rules write both.
  {
    ...{ name: 'IPHTTPSIn', strings: ['IPHTTPSIn', 'IPTLSIn'], side: 'local', key: 'LPort2_10' },
    ...{ protocol: null, direction: 'in' },
  },
  {
    ...{ name: 'IPHTTPSOut', strings: ['IPHTTPSOut', 'IPTLSOut'], side: 'remote' },
    ...{ key: 'RPort2_10', protocol: null, direction: 'out' },
  },
  {
    ...{ name: 'DHCP', strings: ['DHCP'], side: 'local', key: 'LPort2_20' },
    ...{ protocol: null, direction: 'in' },
  },
  {
    ...{ name: 'PlayToDiscovery', strings: ['Ply2Disc'], side: 'local', key: 'LPort2_20' },
    ...{ protocol: null, direction: 'in' },
  },
  {
    ...{ name: 'mDNS', strings: ['mDNS'], side: 'local', key: 'LPort2_24' },
    ...{ protocol: null, direction: 'in' },
  },
  {
    ...{ name: 'CortanaOut', strings: ['CortanaOut'], side: 'remote', key: 'RPort2_28' },
    ...{ protocol: null, direction: 'out' },
  },
  {
    ...{ name: 'TcpCDPSvc', strings: ['TcpCDPSvc'], side: 'local', key: 'LPort2_29' },
    ...{ protocol: 6, direction: 'in' },
  },
];

/** The first version that knows each. */
export const TRUST_TUPLES = [
  { name: 'Proximity', cmdlet: 'ProximityApps', key: 'TTK', since: { major: 2, minor: 20 } },
  { name: 'ProxSharing', cmdlet: 'ProximitySharing', key: 'TTK', since: { major: 2, minor: 20 } },
  {
    name: 'WFDPrint',
    cmdlet: 'WifiDirectPrinting',
    key: 'TTK2_22',
    since: { major: 2, minor: 22 },
  },
  {
    name: 'WFDDisplay',
    cmdlet: 'WifiDirectDisplay',
    key: 'TTK2_22',
    since: { major: 2, minor: 22 },
  },
  {
    name: 'WFDDevices',
    cmdlet: 'WifiDirectDevices',
    key: 'TTK2_22',
    since: { major: 2, minor: 22 },
  },
  { name: 'WFDKmDriver', cmdlet: 'WFDKmDriver', key: 'TTK2_27', since: { major: 2, minor: 27 } },
  { name: 'UPnP', cmdlet: 'UPnP', key: 'TTK2_27', since: { major: 2, minor: 27 } },
  { name: 'WFDCDPSvc', cmdlet: 'WFDCDPSvc', key: 'TTK2_28', since: { major: 2, minor: 28 } },
] as const satisfies readonly {
  readonly name: string;
  readonly cmdlet: string;
  readonly key: string;
  readonly since: { readonly major: number; readonly minor: number };
}[];
export type TrustTuple = (typeof TRUST_TUPLES)[number]['name'];

const sameWord = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** An address keyword in either spelling, case aside. */
export function addressKeyword(text: string): (typeof ADDRESS_KEYWORDS)[number] | null {
  return (
    ADDRESS_KEYWORDS.find(({ name, string }) => sameWord(name, text) || sameWord(string, text)) ??
    null
  );
}

/**
 * A port keyword in either spelling, case aside; `IPHTTPS` is the one of its side, as
 * `netsh` prints it.
 */
export function portKeyword(text: string, side: 'local' | 'remote'): PortKeywordRow | null {
  const rows: readonly PortKeywordRow[] = PORT_KEYWORDS;
  const name = sameWord(text, 'IPHTTPS') ? (side === 'local' ? 'IPHTTPSIn' : 'IPHTTPSOut') : text;
  return (
    rows.find(
      (row) => sameWord(row.name, name) || row.strings.some((string) => sameWord(string, name)),
    ) ?? null
  );
}

export function trustTuple(text: string): (typeof TRUST_TUPLES)[number] | null {
  return (
    TRUST_TUPLES.find(({ name, cmdlet }) => sameWord(name, text) || sameWord(cmdlet, text)) ?? null
  );
}
