/** The JSON Schema of the project's own firewall JSON, made of the tables that read it. */
import { MEMBER_ROWS, type MemberRow } from './cmdlet-members.js';
import { OWN_VERSION } from './own-json.js';
import { GLOBAL_MEMBERS, PROFILE_MEMBERS, type SettingRow } from './profile-members.js';

type Schema = Readonly<Record<string, unknown>>;

const SCALAR: Schema = { type: ['string', 'number'] };

/** JSON Schema, draft 2020-12. Words are compared without regard to case, which no schema can say. */
export function firewallJsonSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'portacl firewall policy',
    type: 'object',
    required: ['version'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      version: { const: OWN_VERSION },
      profiles: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          ['Domain', 'Private', 'Public'].map((name) => [name, settingsSchema(PROFILE_MEMBERS)]),
        ),
      },
      settings: settingsSchema(GLOBAL_MEMBERS),
      rules: { type: 'array', items: ruleSchema() },
    },
  };
}

function ruleSchema(): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(MEMBER_ROWS.map((row) => [row.name, memberSchema(row)])),
  };
}

function memberSchema({ name, type, words }: MemberRow): Schema {
  switch (type) {
    case 'text':
      return name === 'Protocol' ? SCALAR : { type: 'string' };
    case 'flag':
      return { anyOf: [{ type: 'boolean' }, { enum: words }] };
    case 'number':
      return { type: 'integer' };
    case 'word':
      // AllowBypass is what the cmdlets print; it is not read.
      return { enum: words?.filter((word) => word !== 'AllowBypass') };
    case 'list':
      return { anyOf: [SCALAR, { type: 'array', items: SCALAR, maxItems: 1000 }] };
  }
}

function settingsSchema(rows: readonly SettingRow[]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(rows.map((row) => [row.name, settingSchema(row)])),
  };
}

function settingSchema({ kind }: SettingRow): Schema {
  switch (kind) {
    case 'flag':
    case 'inverted':
      return { anyOf: [{ type: 'boolean' }, { enum: ['True', 'False', 'NotConfigured'] }] };
    case 'action':
      return { enum: ['Allow', 'Block', 'NotConfigured'] };
    case 'size':
      return { type: 'integer', minimum: 1, maximum: 32_767 };
    case 'text':
      return { type: 'string' };
    case 'list':
      return { type: 'array', items: { type: 'string' } };
  }
}
