/**
 * Settings of a profile and of the whole firewall in the vocabulary of `Set-NetFirewallProfile` and
 * `Set-NetFirewallSetting`; shared by the project's own JSON and what the `Get-` cmdlets print.
 * Source: windows-firewall.md 4, 7.3.
 */
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import {
  isLogSize,
  LOG_SIZE,
  NO_GLOBAL_SETTINGS,
  NO_PROFILE_SETTINGS,
  type GlobalSettings,
  type ProfileSettings,
} from './firewall-rule.js';

type Kind = 'flag' | 'inverted' | 'action' | 'size' | 'text' | 'list';

export interface SettingRow {
  readonly name: string;
  readonly setting: string;
  readonly kind: Kind;
}

const row = (name: string, setting: keyof ProfileSettings, kind: Kind): SettingRow => ({
  ...{ name, setting, kind },
});
const global = (name: string, setting: keyof GlobalSettings, kind: Kind): SettingRow => ({
  ...{ name, setting, kind },
});

/** The others of `Get-NetFirewallSetting` are about IPsec and decide nothing here. */
export const GLOBAL_MEMBERS: readonly SettingRow[] = [
  global('EnableStatefulFtp', 'statefulFtpDisabled', 'inverted'),
  global('EnableStatefulPptp', 'statefulPptpDisabled', 'inverted'),
];

export const PROFILE_MEMBERS: readonly SettingRow[] = [
  row('Enabled', 'enabled', 'flag'),
  row('AllowInboundRules', 'shielded', 'inverted'),
  row('DefaultInboundAction', 'defaultInbound', 'action'),
  row('DefaultOutboundAction', 'defaultOutbound', 'action'),
  row('AllowUnicastResponseToMulticast', 'unicastAnswersDisabled', 'inverted'),
  // The registry has it, the cmdlets do not.
  row('DisableStealthMode', 'stealthDisabled', 'flag'),
  row('EnableStealthModeForIPsec', 'stealthExemptionDisabled', 'flag'),
  row('AllowLocalFirewallRules', 'localRules', 'flag'),
  row('AllowLocalIPsecRules', 'localIpsecRules', 'flag'),
  row('AllowUserApps', 'localApplicationRules', 'flag'),
  row('AllowUserPorts', 'localPortRules', 'flag'),
  row('DisabledInterfaceAliases', 'disabledInterfaces', 'list'),
  row('LogBlocked', 'logDropped', 'flag'),
  row('LogAllowed', 'logAllowed', 'flag'),
  row('LogIgnored', 'logIgnored', 'flag'),
  row('LogMaxSizeKilobytes', 'logSizeKb', 'size'),
  row('LogFileName', 'logFile', 'text'),
  row('NotifyOnListen', 'notificationsDisabled', 'inverted'),
];

/** Members of `Get-NetFirewallProfile` that set nothing. */
const NOISE =
  /^(?:Name|Profile|Caption|Description|ElementName|InstanceID|CommunicationStatus|DetailedStatus|HealthState|InstallDate|OperatingStatus|OperationalStatus|PrimaryStatus|Status|StatusDescriptions|PSComputerName|Cim\w+|PolicyStore\w*|CreationClassName)$/i;

export interface ProfileReading {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
  /** Objects of the cmdlets: enumerations are numbers, and there is noise. */
  readonly cmdlet: boolean;
}

export function readProfileMembers(node: ObjectNode, reading: ProfileReading): ProfileSettings {
  const settings = readMembers(node, 'profile', PROFILE_MEMBERS, NOISE, reading);
  return { ...NO_PROFILE_SETTINGS, ...settings };
}

export function readGlobalMembers(node: ObjectNode, reading: ProfileReading): GlobalSettings {
  const settings = readMembers(node, 'firewall', GLOBAL_MEMBERS, /^/, reading);
  return { ...NO_GLOBAL_SETTINGS, ...settings };
}

/** By the setting. `noise`: members of the cmdlets that are passed over. */
function readMembers(
  node: ObjectNode,
  subject: string,
  rows: readonly SettingRow[],
  noise: RegExp,
  reading: ProfileReading,
): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = {};
  for (const member of node.value) {
    const known = rows.find(({ name }) => name.toLowerCase() === member.key.toLowerCase());
    if (known !== undefined) {
      settings[known.setting] = valueOf(known.kind, member, reading);
    } else if (!reading.cmdlet || !noise.test(member.key)) {
      const names = rows.map(({ name }) => name);
      const message = `The ${subject} has no setting ${JSON.stringify(member.key)}.${didYouMean(member.key, names)}`;
      const place = { document: reading.document, node: member, part: 'key' } as const;
      if (reading.cmdlet) reading.reporter.warning('fw-setting', place, message);
      else reading.reporter.error('fw-json-shape', place, message);
    }
  }
  return settings;
}

/** Null is not set, as are the cmdlets' 2 and `NotConfigured`. */
function valueOf(kind: Kind, node: SourceNode, reading: ProfileReading): unknown {
  const text = node.kind === 'object' || node.kind === 'array' ? null : String(node.value ?? '');
  if (node.kind === 'null' || text === '' || /^NotConfigured$/i.test(text ?? '')) return null;
  switch (kind) {
    case 'flag':
    case 'inverted': {
      const flag = /^(?:true|1)$/i.test(text ?? '')
        ? true
        : /^(?:false|0)$/i.test(text ?? '')
          ? false
          : undefined;
      if (flag !== undefined) return kind === 'inverted' ? !flag : flag;
      if (reading.cmdlet && text === '2') return null;
      return refuse(node, 'true or false', reading);
    }
    case 'action':
      if (/^(?:allow|2)$/i.test(text ?? '')) return 'allow';
      if (/^(?:block|4)$/i.test(text ?? '')) return 'block';
      if (reading.cmdlet && text === '0') return null;
      return refuse(node, 'Allow or Block', reading);
    case 'size':
      return isLogSize(Number(text)) ? Number(text) : refuse(node, LOG_SIZE, reading);
    case 'text':
      return text ?? refuse(node, 'a text', reading);
    case 'list': {
      const items = node.kind === 'array' ? node.value : [node];
      const texts = items.map((item) => (item.kind === 'string' ? item.value : null));
      if (texts.some((item) => item === null)) return refuse(node, 'a list of texts', reading);
      return texts.filter((item) => item !== 'NotConfigured');
    }
  }
}

function refuse(node: SourceNode, expected: string, { document, reporter }: ProfileReading): null {
  const message = `The setting ${node.key} is ${expected}.`;
  reporter.error('fw-setting', { document, node }, message, { found: describe(node), expected });
  return null;
}
