/** Keys of rule strings that no packet answers: what the rule does, for whom, under which flags. */
import { INTERFACE_TYPE_BIT, PROFILES_ALL, type FirewallRule } from './firewall-rule.js';
import { trustTuple } from './keywords.js';
import { word, type ReadKey, type StringDraft } from './string-draft.js';

type TextField = {
  [Name in keyof FirewallRule]: FirewallRule[Name] extends string | null ? Name : never;
}[keyof FirewallRule];

const PROFILE_WORDS: Readonly<Record<string, number>> = {
  ...{ domain: 1, private: 2, public: 4, any: PROFILES_ALL },
};

export const text =
  (field: TextField): ReadKey =>
  (draft, value) => {
    // An empty text says nothing: EmbedCtxt= and Desc= are written so.
    (draft as Record<TextField, string | null>)[field] =
      value === '' && field !== 'name' ? null : value;
  };

/** A condition: empty it would hold for everything, which is what no writer means. */
export const condition = (field: TextField): ReadKey => {
  const take = text(field);
  return (draft, value, at, report) => {
    if (value === '') {
      const message = 'A condition that is not meant is left out.';
      report.lax('fw-field-malformed', at, message, value, 'a value');
    }
    take(draft, value, at, report);
  };
};

export const flag =
  (set: (draft: StringDraft, value: boolean) => void): ReadKey =>
  (draft, value, at, report) => {
    const word = value.toUpperCase();
    if (word === 'TRUE' || word === 'FALSE') {
      set(draft, word === 'TRUE');
      return;
    }
    if (word === 'YES' || word === 'NO') {
      report.lax('fw-bool', at, 'A flag is TRUE or FALSE.', value, 'TRUE or FALSE');
      set(draft, word === 'YES');
      return;
    }
    report.error('fw-bool', at, 'A flag is TRUE or FALSE.', value, 'TRUE or FALSE');
  };

export const readAction: ReadKey = (draft, value, at, report) => {
  const action = word({ Allow: 'allow', Block: 'block', ByPass: 'bypass' } as const, value);
  if (action !== undefined) draft.action = action;
  else
    report.error(
      'fw-action',
      at,
      'An action is Allow, Block or ByPass.',
      value,
      'Allow, Block, ByPass',
    );
};

export const readDirection: ReadKey = (draft, value, at, report) => {
  const direction = word({ In: 'in', Out: 'out' } as const, value);
  if (direction !== undefined) draft.direction = direction;
  else report.error('fw-dir', at, 'A direction is In or Out.', value, 'In, Out');
};

export const readProfile: ReadKey = (draft, value, at, report) => {
  const bits = word(PROFILE_WORDS, value);
  if (bits === undefined) {
    const expected = 'Domain, Private, Public';
    report.error('fw-profile', at, `A profile is one of ${expected}.`, value, expected);
    return;
  }
  if (bits === PROFILES_ALL) {
    report.lax('fw-profile', at, 'Any profile is written by leaving the key out.', value);
    draft.profiles = PROFILES_ALL;
  } else {
    draft.profiles = draft.profiles === PROFILES_ALL ? bits : draft.profiles | bits;
  }
};

/** As keys carry interfaces. */
export const GUID = /^\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$/;
export const readInterface: ReadKey = (draft, value, at, report) => {
  if (GUID.test(value)) draft.interfaces.push(value.toUpperCase());
  else report.error('fw-if', at, 'An interface is a GUID in braces.', value, 'a GUID in braces');
};

export const readInterfaceType: ReadKey = (draft, value, at, report) => {
  const types = { Lan: 'lan', Wireless: 'wireless', RemoteAccess: 'remote-access' } as const;
  const type = word(types, value);
  if (type !== undefined) draft.interfaceTypes |= INTERFACE_TYPE_BIT[type];
  else {
    const expected = Object.keys(types).join(', ');
    report.error('fw-iftype', at, `An interface type is one of ${expected}.`, value, expected);
  }
};

export const readService: ReadKey = (draft, value, at, report) => {
  if (value.startsWith('=')) {
    report.lax('fw-svc', at, 'The name of the service begins with an equals sign too many.', value);
  }
  draft.service = value.replace(/^=/, '') || null;
  if (draft.service === null) {
    report.lax('fw-svc', at, 'A condition that is not meant is left out.', value, 'a short name');
  }
};

export const securityWord =
  (accepted: readonly string[]): ReadKey =>
  (draft, value, at, report) => {
    const known = accepted.find((each) => each.toLowerCase() === value.toLowerCase());
    if (known !== undefined) draft.securityFlags.add(known);
    else
      report.error(
        'fw-flags',
        at,
        `The value is one of ${accepted.join(', ')}.`,
        value,
        accepted.join(', '),
      );
  };

export const readDefer: ReadKey = (draft, value, at, report) => {
  const deferred = word({ App: 'defer-to-app', User: 'defer-to-user' } as const, value);
  if (deferred !== undefined) draft.deferred = deferred;
  else report.error('fw-flags', at, 'Defer is App or User.', value, 'App, User');
};

export const readPlatform: ReadKey = (draft, value, at, report) => {
  const match = /^(\d):(\d{1,3}):(\d{1,3})$/.exec(value);
  const [type, major, minor] = (match ?? []).slice(1).map(Number) as [number, number, number];
  if (match === null || type > 7 || major > 255 || minor > 255) {
    report.error('fw-platform', at, 'A platform is written type:major:minor.', value, '2:6:2');
    return;
  }
  draft.platforms.push({ type, major, minor, andLater: false });
};

export const readLater: ReadKey = (draft, value, at, report) => {
  const last = draft.platforms.at(-1);
  if (value.toUpperCase() !== 'GTEQ' || last === undefined) {
    report.error('fw-platform', at, 'Platform2 is GTEQ, behind a Platform.', value, 'GTEQ');
    return;
  }
  draft.platforms[draft.platforms.length - 1] = { ...last, andLater: true };
};

export const readTrust: ReadKey = (draft, value, at, report) => {
  const row = trustTuple(value);
  if (row !== null) draft.trustTuples.push(row.name);
  else report.error('fw-flags', at, `${value} is no trust tuple that is known.`, value);
};

export const readBase64: ReadKey = (draft, value, at, report) => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    report.error('fw-sddl', at, 'The descriptor is not in base 64.', value);
    return;
  }
  const bytes = Buffer.from(value, 'base64');
  // Windows writes UTF-16; a text without zero bytes was written by somebody else.
  draft.localUser = bytes.toString(bytes.includes(0) ? 'utf16le' : 'utf8').replace(/\0+$/, '');
};

export const readSkip: ReadKey = (draft, value, at, report) => {
  const match = /^v?(\d{1,3})\.(\d{1,3})$/i.exec(value);
  if (match !== null) draft.skipVersion = { major: Number(match[1]), minor: Number(match[2]) };
  else report.error('fw-field-malformed', at, 'SkipVer is a version.', value, '2.10');
};

export const readNetworkNames: ReadKey = (draft, value, at, report) => {
  const message = 'How NNm is encoded is not published; the rule is kept and not enforced.';
  report.warning('fw-rule-not-enforced', at, message);
  draft.networkNames = value;
};
