// A compiled host for scripts that run the built package: one endpoint, one rule.
import { compileHost, normaliseHost, policyFromValue } from '../../dist/index.js';

export function compiledWeb() {
  const web = { Id: 'web', Action: 'Allow', Direction: 'In', Protocols: '6', LocalPorts: '80' };
  const policy = { Type: 'ACL', Settings: { ...web, Priority: 200, RuleType: 'Switch' } };
  const { host } = normaliseHost({
    documents: [policyFromValue([policy], 'web.json', { strict: true })],
    platform: { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' },
    strict: true,
  });
  return compileHost(host);
}
