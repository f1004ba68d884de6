/** Requests that take policies away. Source: hns.md 4.8; docs/semantics/documents.md D8. */
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

describe('a request that updates', () => {
  it('takes the place of all policies of the endpoint before it', () => {
    expect(names(request('Add', a), request('Update', b))).toEqual(['b']);
    expect(names([request('Add', a), request('Update', b), request('Add', a)])).toEqual(['b', 'a']);
    expect(names([a], request('Update'))).toEqual([]);
    expect(names(request('Update', a), request('Update', b), request('Remove', b))).toEqual([]);
  });

  it('leaves alone what only a network takes, unless it is of a network itself', () => {
    const set = (Values: string): object => ({
      ...{ Type: 'SetPolicy', Settings: { Id: 's', PolicyType: 'IPSET', Values } },
    });
    const local = acl({ Id: 'set', LocalAddresses: 's' });
    const matched = (...documents: unknown[]): unknown =>
      normalise(...documents).host!.rules[0]!.conditions;
    const one = matched([set('10.0.0.1'), local]);
    const two = matched([set('10.0.0.2'), local]);
    expect(one).not.toEqual(two);
    expect(matched([set('10.0.0.1'), a], request('Update', local))).toEqual(one);
    expect(matched([set('10.0.0.1'), local], request('Update', set('10.0.0.2')))).toEqual(two);
  });

  it('is for the endpoint, where the documents describe one', () => {
    const endpoint = (...Policies: object[]): object => ({
      ...{ ID: 'web', HostComputeNetwork: 'n', IpConfigurations: [{ IpAddress: '10.0.0.1' }] },
      Policies,
    });
    expect(names(endpoint(a), request('Update', b))).toEqual(['b']);
    expect(names(endpoint(a, b), request('Remove', a))).toEqual(['b']);
    const other = { ...endpoint(a), ID: 'db', IpConfigurations: [{ IpAddress: '10.0.0.2' }] };
    const { diagnostics } = normalise(endpoint(b), other, request('Remove', a));
    expect(diagnostics.map(({ code }) => code)).toContain('policy-not-found');
  });
});

it('a request that resets leaves no policy, one that refreshes all', () => {
  expect(names(request('Add', a, b), { RequestType: 'Reset', ResourceType: 'Policy' })).toEqual([]);
  expect(names([{ RequestType: 'Reset' }, request('Add', a)])).toEqual(['a']);
  expect(names([a], { RequestType: 'Refresh' })).toEqual(['a']);
});
