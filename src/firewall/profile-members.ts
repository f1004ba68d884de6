/**
 * Settings of a profile in the vocabulary of `Set-NetFirewallProfile`; shared by the project's own
 * JSON and `Get-NetFirewallProfile`. Source: windows-firewall.md 4, 7.3.
 */
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { NO_PROFILE_SETTINGS, type ProfileSettings } from './firewall-rule.js';

type Kind = 'flag' | 'inverted' | 'action' | 'number' | 'text' | 'list';

export interface ProfileMemberRow {
  readonly name: string;
  readonly setting: keyof ProfileSettings;
  readonly kind: Kind;
}

const row = (name: string, setting: keyof ProfileSettings, kind: Kind): ProfileMemberRow => ({
  ...{ name, setting, kind },
});

export const PROFILE_MEMBERS: readonly ProfileMemberRow[] = [
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
  row('LogMaxSizeKilobytes', 'logSizeKb', 'number'),
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
  const settings: Record<string, unknown> = { ...NO_PROFILE_SETTINGS };
  for (const member of node.value) {
    const known = PROFILE_MEMBERS.find(
      ({ name }) => name.toLowerCase() === member.key.toLowerCase(),
    );
    if (known !== undefined) {
      settings[known.setting] = valueOf(known.kind, member, reading);
    } else if (!reading.cmdlet || !NOISE.test(member.key)) {
      const names = PROFILE_MEMBERS.map(({ name }) => name);
      const message = `The profile has no setting ${JSON.stringify(member.key)}.${didYouMean(member.key, names)}`;
      const place = { document: reading.document, node: member, part: 'key' } as const;
      if (reading.cmdlet) reading.reporter.warning('fw-setting', place, message);
      else reading.reporter.error('fw-json-shape', place, message);
    }
  }
  return settings as unknown as ProfileSettings;
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
    case 'number':
      return /^\d{1,9}$/.test(text ?? '') ? Number(text) : refuse(node, 'a number', reading);
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
