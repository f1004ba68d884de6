/**
 * What `netsh advfirewall show allprofiles` prints: settings of the local store. Source:
 * windows-firewall.md 4, 7.4.
 */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { positionAt, type SourceText } from '../source/source-text.js';
import {
  isLogSize,
  NO_GLOBAL_SETTINGS,
  NO_PROFILE_SETTINGS,
  type ProfileName,
  type ProfileSettings,
  type StoreSettings,
} from './firewall-rule.js';

const HEADING = /^[ \t]*(Domain|Private|Public) Profile Settings:[ \t]*$/i;
/** A heading with a ruled line below it. */
const SECTION = /^[ \t]*(?:Domain|Private|Public) Profile Settings:[ \t]*\r?\n-{50,}/im;
/** `State                                 ON`: labels have no colon. */
const SETTING = /^[ \t]*([A-Za-z]+(?: [A-Za-z]+)*)(?:[ \t]{2,}|\t)(\S.*?)[ \t]*$/;
/** Of the form, and nothing is set by it. */
const SILENT = /^[ \t]*(?:-{3,}|Logging:|Ok\.)?[ \t]*$/i;

export const looksLikeNetshProfiles = (text: string): boolean => SECTION.test(text);

type Settings = Partial<ProfileSettings>;
/** What a value sets; null where it is none of the words. */
type Take = (value: string) => Settings | null;

const flag =
  (setting: keyof ProfileSettings, on: boolean): Take =>
  (value) => {
    if (/^(?:on|enable|yes)$/i.test(value)) return { [setting]: on };
    return /^(?:off|disable|no)$/i.test(value) ? { [setting]: !on } : null;
  };
const ignored: Take = () => ({});

/** By label in small letters. */
const LABELS: Readonly<Record<string, Take>> = {
  state: flag('enabled', true),
  'firewall policy': policyOf,
  localfirewallrules: flag('localRules', true),
  localconsecrules: flag('localIpsecRules', true),
  inboundusernotification: flag('notificationsDisabled', false),
  // Whether the firewall can be managed from elsewhere: no packet shows it.
  remotemanagement: ignored,
  unicastresponsetomulticast: flag('unicastAnswersDisabled', false),
  logallowedconnections: flag('logAllowed', true),
  logdroppedconnections: flag('logDropped', true),
  filename: (value) => ({ logFile: value }),
  maxfilesize: (value) => (isLogSize(Number(value)) ? { logSizeKb: Number(value) } : null),
};

/** Not set in this store: a Group Policy object has it, or none. */
const UNSET = /^(?:N\/A\b.*|NotConfigured)$/i;

const INBOUND: Readonly<Record<string, Settings>> = {
  blockinbound: { defaultInbound: 'block', shielded: false },
  allowinbound: { defaultInbound: 'allow', shielded: false },
  // Shielded: no rule lets anything in.
  blockinboundalways: { defaultInbound: 'block', shielded: true },
  notconfigured: {},
};
const OUTBOUND: Readonly<Record<string, Settings>> = {
  allowoutbound: { defaultOutbound: 'allow' },
  blockoutbound: { defaultOutbound: 'block' },
  notconfigured: {},
};

/** `BlockInbound,AllowOutbound`. */
function policyOf(value: string): Settings | null {
  const [inbound = '', outbound = '', ...more] = value.toLowerCase().split(',');
  const one = INBOUND[inbound.trim()];
  const other = OUTBOUND[outbound.trim()];
  return one === undefined || other === undefined || more.length > 0 ? null : { ...one, ...other };
}

/** The settings of all sections; profiles without one have none. */
export function readNetshProfiles(source: SourceText, reporter: Reporter): StoreSettings {
  const settings: Partial<Record<ProfileName, ProfileSettings>> = {};
  let profile: ProfileName | null = null;
  for (const match of (source.text ?? '').matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
    const [, line = ''] = match;
    const heading = HEADING.exec(line);
    if (heading !== null) profile = heading[1]!.toLowerCase() as ProfileName;
    // Listings may stand one behind the other in a file.
    else if (/^Rule Name:/i.test(line)) profile = null;
    else if (profile !== null && !SILENT.test(line)) {
      const place = { file: source.name, ...positionAt(source, match.index), path: '' };
      const read = readSetting(line, place, reporter);
      settings[profile] = { ...(settings[profile] ?? NO_PROFILE_SETTINGS), ...read };
    }
  }
  return {
    store: 'local',
    profiles: {
      domain: settings.domain ?? NO_PROFILE_SETTINGS,
      private: settings.private ?? NO_PROFILE_SETTINGS,
      public: settings.public ?? NO_PROFILE_SETTINGS,
    },
    global: NO_GLOBAL_SETTINGS,
  };
}

function readSetting(line: string, place: SourceLocation, reporter: Reporter): Settings {
  const [, label = '', value = ''] = SETTING.exec(line) ?? [];
  const take = Object.hasOwn(LABELS, label.toLowerCase()) ? LABELS[label.toLowerCase()] : undefined;
  if (take === undefined) {
    const message = 'This is no setting of a profile as English Windows prints it.';
    reporter.lax('fw-setting', place, message, { found: line.trim().slice(0, 80) });
    return {};
  }
  if (UNSET.test(value)) return {};
  const read = take(value);
  if (read !== null) return read;
  const message = `The setting ${label} has none of the values that netsh prints.`;
  reporter.error('fw-setting', place, message, { found: value.slice(0, 80) });
  return {};
}
