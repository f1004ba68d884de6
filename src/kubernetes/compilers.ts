/** Who turns NetworkPolicies into ACLs. */
import type { Cluster } from './cluster.js';
import type { PodCompiler } from './compiled-acl.js';
import { referenceCompiler } from './reference.js';

/** `reference` is exact. */
export const FRONT_ENDS = ['reference'] as const;
export type FrontEnd = (typeof FRONT_ENDS)[number];

const COMPILERS: Readonly<Record<FrontEnd, (cluster: Cluster) => PodCompiler>> = {
  reference: referenceCompiler,
};

export function compilerOf(frontEnd: FrontEnd, cluster: Cluster): PodCompiler {
  return COMPILERS[frontEnd](cluster);
}
