/** Values of profile keys to profile settings. Source: windows-firewall.md 2.1, 4. */
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import {
  isLogSize,
  LOG_SIZE,
  NO_GLOBAL_SETTINGS,
  NO_PROFILE_SETTINGS,
  type GlobalSettings,
  type ProfileName,
  type ProfileSettings,
  type StoreSettings,
} from './firewall-rule.js';
import type { RegistryValue } from './registry-value.js';

type Setting = keyof ProfileSettings;
type Kind = 'flag' | 'action' | 'size' | 'text' | 'interfaces';

/** By key below the profile and name of the value, in small letters. */
const SETTINGS: Readonly<Record<string, readonly [Setting, Kind]>> = {
  enablefirewall: ['enabled', 'flag'],
  donotallowexceptions: ['shielded', 'flag'],
  defaultinboundaction: ['defaultInbound', 'action'],
  defaultoutboundaction: ['defaultOutbound', 'action'],
  disableunicastresponsestomulticastbroadcast: ['unicastAnswersDisabled', 'flag'],
  disablestealthmode: ['stealthDisabled', 'flag'],
  disablestealthmodeipsecsecuredpacketexemption: ['stealthExemptionDisabled', 'flag'],
  allowlocalpolicymerge: ['localRules', 'flag'],
  allowlocalipsecpolicymerge: ['localIpsecRules', 'flag'],
  disabledinterfaces: ['disabledInterfaces', 'interfaces'],
  disablenotifications: ['notificationsDisabled', 'flag'],
  'authorizedapplications\\allowuserprefmerge': ['localApplicationRules', 'flag'],
  'globallyopenports\\allowuserprefmerge': ['localPortRules', 'flag'],
  'logging\\logdroppedpackets': ['logDropped', 'flag'],
  'logging\\logsuccessfulconnections': ['logAllowed', 'flag'],
  'logging\\logignoredrules': ['logIgnored', 'flag'],
  'logging\\logfilesize': ['logSizeKb', 'size'],
  'logging\\logfilepath': ['logFile', 'text'],
};

const GLOBAL: Readonly<Record<string, keyof GlobalSettings | null>> = {
  disablestatefulftp: 'statefulFtpDisabled',
  disablestatefulpptp: 'statefulPptpDisabled',
  policyversion: 'policyVersion',
  // About what need not be protected; they let nothing through.
  ipsecexempt: null,
  saidltime: null,
  strongcrlcheck: null,
  ipsecthroughnat: null,
};

/** Keys of profiles; what `StandardProfile` means depends on the others. */
const PROFILE_KEYS: Readonly<Record<string, ProfileName | 'standard'>> = {
  domainprofile: 'domain',
  privateprofile: 'private',
  publicprofile: 'public',
  standardprofile: 'standard',
};

/** Subkeys whose lists only Windows XP read. */
const KNOWN_SUBKEYS = ['', 'logging', 'authorizedapplications', 'globallyopenports'];

type Store = 'local' | 'group-policy';
type Partials = Partial<Record<ProfileName | 'standard', Partial<ProfileSettings>>>;

export class RegistrySettings {
  readonly #reporter: Reporter;
  readonly #profiles = new Map<Store, Partials>();
  readonly #global = new Map<Store, Partial<GlobalSettings>>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Whether the value is of a key that is modelled. */
  take(store: Store, key: string, value: RegistryValue): boolean {
    if (key === '') {
      this.#takeGlobal(store, value);
      return true;
    }
    const [profileKey = '', ...rest] = key.toLowerCase().split('\\');
    const subkey = rest.join('\\');
    if (!Object.hasOwn(PROFILE_KEYS, profileKey) || !KNOWN_SUBKEYS.includes(subkey)) return false;
    this.#takeProfile(store, PROFILE_KEYS[profileKey]!, subkey, value);
    return true;
  }

  result(): readonly StoreSettings[] {
    const stores = new Set([...this.#profiles.keys(), ...this.#global.keys()]);
    return [...stores].map((store) => {
      const partials = this.#profiles.get(store) ?? {};
      const settings = (name: ProfileName): ProfileSettings => ({
        ...NO_PROFILE_SETTINGS,
        ...standardOf(store, name, partials),
        ...partials[name],
      });
      return {
        store,
        profiles: {
          domain: settings('domain'),
          private: settings('private'),
          public: settings('public'),
        },
        global: { ...NO_GLOBAL_SETTINGS, ...this.#global.get(store) },
      };
    });
  }

  #takeGlobal(store: Store, value: RegistryValue): void {
    const name = value.name.toLowerCase();
    if (!Object.hasOwn(GLOBAL, name)) {
      this.#unknown(value);
      return;
    }
    const setting = GLOBAL[name];
    if (setting == null) return;
    if (typeof value.data !== 'number') {
      this.#wrong(value, 'a number');
      return;
    }
    const all = this.#global.get(store) ?? {};
    const data = setting === 'policyVersion' ? value.data : value.data !== 0;
    this.#global.set(store, { ...all, [setting]: data });
  }

  #takeProfile(
    store: Store,
    profile: ProfileName | 'standard',
    subkey: string,
    value: RegistryValue,
  ): void {
    const name = `${subkey === '' ? '' : `${subkey}\\`}${value.name.toLowerCase()}`;
    const row = Object.hasOwn(SETTINGS, name) ? SETTINGS[name]! : null;
    const partials = this.#profiles.get(store) ?? {};
    this.#profiles.set(store, partials);
    // A key that is there counts, whatever is in it.
    partials[profile] ??= {};
    if (row === null) {
      this.#unknown(value);
      return;
    }
    const [setting, kind] = row;
    const data = this.#dataOf(kind, value);
    if (data === undefined) return;
    partials[profile] = { ...partials[profile], [setting]: data };
  }

  #dataOf(kind: Kind, value: RegistryValue): boolean | number | string | string[] | undefined {
    const { data } = value;
    if (kind === 'text' || kind === 'interfaces') {
      if (typeof data !== 'string') {
        this.#wrong(value, 'a text');
        return;
      }
      return kind === 'text' ? data : interfaceList(data);
    }
    if (typeof data !== 'number') {
      this.#wrong(value, 'a number');
      return;
    }
    if (kind === 'size') {
      if (isLogSize(data)) return data;
      this.#wrong(value, LOG_SIZE);
      return;
    }
    if (data !== 0 && data !== 1) {
      this.#wrong(value, '0 or 1');
      return;
    }
    return kind === 'action' ? (data === 1 ? 'block' : 'allow') : data === 1;
  }

  #wrong(value: RegistryValue, expected: string): void {
    const message = `The setting ${value.name} is ${expected}.`;
    const found = quote(String(value.data));
    this.#reporter.error('fw-setting', value.at(0), message, { found, expected });
  }

  #unknown(value: RegistryValue): void {
    const message = `The setting ${quote(value.name)} is not known and decides nothing here.`;
    this.#reporter.warning('fw-setting', value.at(0), message, { found: quote(value.name) });
  }
}

/** `{GUID},{GUID}`. */
function interfaceList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().toUpperCase())
    .filter((item) => item !== '');
}

/**
 * In the local store `StandardProfile` is Private. In Group Policy it counts for Private and Public,
 * and only if neither has a key of its own. Source: windows-firewall.md 2.1 [G].
 */
function standardOf(store: Store, name: ProfileName, partials: Partials): Partial<ProfileSettings> {
  if (partials.standard === undefined) return {};
  if (store === 'local') return name === 'private' ? partials.standard : {};
  if (partials.private !== undefined || partials.public !== undefined) return {};
  return name === 'domain' ? {} : partials.standard;
}
