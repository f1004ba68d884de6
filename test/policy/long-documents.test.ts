/** Lists with more items than a call has room for arguments. */
import { describe, expect, it } from 'vitest';

import { lintHost } from '../../src/lint/lint-host.js';
import type { RuleId, SwitchStage } from '../../src/normalise/normalised-host.js';
import { policyFromText } from '../../src/policy/load.js';
import { acl, hostOf } from './reading.js';

const COUNT = 200_000;
const listOf = (item: (i: number) => string): string =>
  Array.from({ length: COUNT }, (_, i) => item(i)).join();

const read = (text: string): ReturnType<typeof policyFromText> =>
  policyFromText(text, 'long.json', { strict: true });

describe(`${COUNT} items are read`, () => {
  it('in a list of Kubernetes', () => {
    const items = listOf((i) => `{"metadata":{"name":"n${i}"}}`);
    const list = `{"apiVersion":"v1","kind":"NamespaceList","items":[${items}]}`;
    expect(read(list).kubernetes).toHaveLength(COUNT);
  });

  it('in static rules of Calico', () => {
    const rest = '"Action":"Allow","Direction":"In","RuleType":"Switch","Priority":200';
    const rules = listOf((i) => `{"Rule":{"Type":"ACL","Id":"r${i}",${rest}}}`);
    expect(read(`{"Provider":"p","Rules":[${rules}]}`).policies.rules).toHaveLength(COUNT);
  });
});

it('names the first of the rules that are in conflict with one, however many there are', () => {
  const policy = [acl({ Id: 'block', Action: 'Block' }), acl({ Id: 'allow' })];
  const host = hostOf(policy);
  const [block, allow] = host.rules;
  const [endpoint] = host.endpoints;
  const ids = Array.from({ length: COUNT }, (_, i) => i as RuleId);
  const rules = ids.map((id) => ({ ...(id === 0 ? block! : allow!), id }));
  const switchStage: SwitchStage = {
    kind: 'acl',
    in: [{ tier: null, rules: ids }],
    out: [],
    implicitDeny: { in: true, out: true },
  };
  const found = lintHost({ ...host, rules, endpoints: [{ ...endpoint!, switchStage }] });
  expect(found.filter(({ code }) => code === 'equal-priority-conflict')).toHaveLength(100);
});
