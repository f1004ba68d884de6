/** Requests that remove policies. Source: hns.md 4.8. */
import { describe, expect, it } from 'vitest';

import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromText, policyFromValue } from '../../src/policy/load.js';
import { acl, brief, L2BRIDGE } from '../policy/reading.js';

const request = (RequestType: string, ...Policies: object[]): object => ({
  ...{ ResourceType: 'Policy', RequestType },
  Settings: { Policies },
});
const normalise = (...documents: unknown[]): ReturnType<typeof normaliseHost> =>
  normaliseHost({
    documents: documents.map((each, i) =>
      typeof each === 'string'
        ? policyFromText(each, `${i}.json`, { strict: true })
        : policyFromValue(each, `${i}.json`, { strict: true }),
    ),
    ...{ strict: true, platform: L2BRIDGE },
  });
const names = (...documents: unknown[]): string[] =>
  normalise(...documents).host!.rules.map(({ name }) => name);

const a = acl({ Id: 'a' });
const b = acl({ Id: 'b', Action: 'Block' });

describe('a request that removes', () => {
  it('takes away what equals it in every field, whatever their order', () => {
    const { Type, ...fields } = a;
    expect(names(request('Add', a, b), request('Remove', { ...fields, Type }))).toEqual(['b']);
    expect(names([request('Add', a, b), request('Remove', b)])).toEqual(['a']);
    expect(names([a, b], request('Remove', a, b))).toEqual([]);
  });

  it('leaves what comes after it', () => {
    expect(names(request('Add', a), request('Remove', a), request('Add', a))).toEqual(['a']);
  });

  it('takes away port mappings and sets too', () => {
    const nat = { Type: 'NAT', Protocol: 'TCP', InternalPort: 80, ExternalPort: 8080 };
    const { host } = normalise([nat, a], request('Remove', nat));
    expect(host!.endpoints[0]!.published).toEqual([]);
  });

  it('is refused where nothing equals it', () => {
    const text = JSON.stringify(request('Remove', { ...a, Priority: 201 }), null, 1);
    expect(normalise(request('Add', a), text).diagnostics.map(brief)).toEqual([
      'error policy-not-found 6:4 Settings.Policies[0]',
    ]);
    expect(normalise(request('Remove', a), request('Add', a)).diagnostics.map(brief)).toEqual([
      'error policy-not-found 0:0 Settings.Policies[0]',
    ]);
    expect(normalise(request('Remove', a), request('Add', a)).diagnostics[0]).toMatchObject({
      hns: '0x803b0008',
    });
  });

  it('ends soon where very much is removed', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => acl({ Id: `r${i}` }));
    expect(names(request('Add', ...many, a), request('Remove', ...many))).toEqual(['a']);
  });

  it('is read as policies are', () => {
    const wrong = request('Remove', acl({ Action: 'Deny' }));
    expect(normalise(wrong).diagnostics.map(brief)).toContain(
      'error unknown-value 0:0 Settings.Policies[0].Action',
    );
  });
});
