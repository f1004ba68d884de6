/** What is said of NetworkPolicies that are right: each lint with a case that has it and one that has not. */
import { describe, expect, it } from 'vitest';

import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { readDocument } from '../../src/policy/read-document.js';
import { readYamlDocuments } from '../../src/source/yaml.js';
import { brief, L2BRIDGE } from '../policy/reading.js';

const POD = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web}]}
status: {podIP: 10.244.1.10}
---
`;
/** Its `spec` begins on line 4 of the document. */
const policy = (...spec: string[]): string =>
  [
    'apiVersion: networking.k8s.io/v1',
    'kind: NetworkPolicy',
    'metadata: {name: p, namespace: shop}',
    'spec:',
    ...spec.map((line) => `  ${line}`),
  ].join('\n');

function saidOf(text: string): string[] {
  const documents = readYamlDocuments({ name: 'policies.yaml', text });
  const { diagnostics } = normaliseHost({
    documents: documents.map((each) => readDocument(each, true)),
    ...{ strict: true, platform: L2BRIDGE },
  });
  return diagnostics.map(brief);
}

describe.each<[string, string, string, string]>([
  [
    'selects-no-pod: a policy',
    `${POD}${policy('podSelector: {matchLabels: {app: db}}', 'ingress: []')}`,
    'warning selects-no-pod 11:16 spec.podSelector',
    `${POD}${policy('podSelector: {matchLabels: {app: web}}', 'ingress: []')}`,
  ],
  [
    'selects-no-pod: a peer',
    `${POD}${policy('podSelector: {}', 'ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]')}`,
    'info selects-no-pod 12:21 spec.ingress[0].from[0]',
    `${POD}${policy('podSelector: {}', 'ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]')}`,
  ],
  [
    'selects-no-pod: no pods at all',
    policy('podSelector: {}', 'ingress: []'),
    'warning selects-no-pod 1:1',
    `${POD}${policy('podSelector: {}', 'ingress: []')}`,
  ],
  [
    'sctp-on-windows',
    `${POD}${policy('podSelector: {}', 'ingress: [{ports: [{port: 80, protocol: SCTP}]}]')}`,
    'warning sctp-on-windows 12:22 spec.ingress[0].ports[0]',
    `${POD}${policy('podSelector: {}', 'ingress: [{ports: [{port: 80, protocol: UDP}]}]')}`,
  ],
  [
    'policy-type-missing',
    `${POD}${policy('podSelector: {}', 'policyTypes: [Ingress]', 'egress: [{}]')}`,
    'warning policy-type-missing 13:11 spec.egress',
    `${POD}${policy('podSelector: {}', 'policyTypes: [Ingress, Egress]', 'egress: [{}]')}`,
  ],
])('%s', (_, has, expected, hasNot) => {
  it('is said where it is so, with its place', () => {
    expect(saidOf(has)).toContain(expected);
  });

  it('is not said elsewhere', () => {
    const [, code] = expected.split(' ');
    expect(saidOf(hasNot).filter((line) => line.includes(code!))).toEqual([]);
  });
});
