/** Who turns NetworkPolicies into ACLs: exactly, or as a front end does, omissions included. */
import { calicoCompiler } from './calico/compile.js';
import type { Cluster } from './cluster.js';
import type { PodCompiler } from './compiled-acl.js';
import type { FaithfulCompiler } from './departure.js';
import { npmCompiler } from './npm/compile.js';
import { referenceCompiler } from './reference.js';

const FAITHFUL = {
  calico: calicoCompiler,
  npm: (cluster) => npmCompiler(cluster, 'full'),
  'npm-lite': (cluster) => npmCompiler(cluster, 'lite'),
  'npm-lite-before-4823': (cluster) => npmCompiler(cluster, 'lite-before-4823'),
} as const satisfies Record<string, (cluster: Cluster) => FaithfulCompiler>;

export type FaithfulFrontEnd = keyof typeof FAITHFUL;
/** `reference` is exact. */
export type FrontEnd = 'reference' | FaithfulFrontEnd;

export const FAITHFUL_FRONT_ENDS = Object.keys(FAITHFUL) as readonly FaithfulFrontEnd[];

export function faithfulCompiler(frontEnd: FaithfulFrontEnd, cluster: Cluster): FaithfulCompiler {
  return FAITHFUL[frontEnd](cluster);
}

export function compilerOf(frontEnd: FrontEnd, cluster: Cluster): PodCompiler {
  return frontEnd === 'reference'
    ? referenceCompiler(cluster)
    : faithfulCompiler(frontEnd, cluster).compile;
}
