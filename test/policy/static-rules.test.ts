/** Static rules files of Calico. Source: hns.md 4.1 (F9), 7.4. */
import { expect, it } from 'vitest';
import { briefly, hostOf } from './reading.js';

const rule = { Action: 'Block', Direction: 'Out', RuleType: 'Switch', Priority: 200, Protocol: 6 };
const file = (...rules: object[]): object => ({
  Provider: 'aks',
  Version: '0.1',
  Rules: rules.map((Rule) => ({ Name: 'EndpointPolicy', Rule })),
});

it('static rules are named after their provider, by either spelling of Id', () => {
  const document = file(
    { Id: 'wire', ...rule, RemoteAddresses: '168.63.129.16/32', RemotePorts: '80' },
    { ID: 'all', ...rule, Action: 'Allow', Priority: 300 },
  );
  expect(briefly(document)).toEqual([]);
  expect(hostOf(document).rules).toMatchObject([
    { name: 'aks-wire', action: 'block', priority: 200, stage: 'switch' },
    { name: 'aks-all', action: 'allow', priority: 300 },
  ]);
});

it.each<[string, unknown, readonly string[]]>([
  ['no Id', file(rule), ['error missing-field 0:0 Rules[0].Rule']],
  [
    'priority 0',
    file({ Id: 'a', ...rule, Priority: 0 }),
    [
      'error missing-field 0:0 Rules[0].Rule.Priority',
      'error bad-priority 0:0 Rules[0].Rule.Priority',
    ],
  ],
  [
    'no RuleType, Action and Direction',
    file({ Id: 'a', Priority: 200 }),
    [
      'error missing-field 0:0 Rules[0].Rule',
      'error missing-field 0:0 Rules[0].Rule',
      'error missing-field 0:0 Rules[0].Rule',
    ],
  ],
  ['no Rule', { Provider: 'a', Rules: [{ Name: 'x' }] }, ['error missing-field 0:0 Rules[0]']],
  ['no Provider', { Provider: '', Rules: [] }, ['error missing-field 0:0 Provider']],
  [
    'a wrong address',
    file({ Id: 'a', ...rule, RemoteAddresses: 'Any' }),
    ['error bad-address 0:0 Rules[0].Rule.RemoteAddresses'],
  ],
])('static rules are refused with %s', (_, document, expected) => {
  expect(briefly(document)).toEqual(expected);
});
