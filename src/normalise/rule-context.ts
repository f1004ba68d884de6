/** What the reading of one rule depends on: the platform of its endpoint, and where to report. */
import type { Driver, Isolation } from '../platform/platform.js';
import type { StageCell } from '../platform/stage-table.js';
import { windowsText, type WindowsRelease } from '../platform/windows-releases.js';
import type { Reporter } from '../source/diagnostic.js';
import type { SourceNode } from '../source/source-node.js';
import type { WrittenRule } from '../policy/document.js';
import type { SetTable } from './sets.js';
import type { EffectivePolicy } from '../firewall/effective-policy.js';
import type { MachineFacts } from '../firewall/facts.js';
import type { AddressSet, SemanticOptions } from './normalised-host.js';

export interface FirewallContext {
  readonly policy: EffectivePolicy;
  readonly machine: MachineFacts;
}

export interface RuleContext {
  readonly reporter: Reporter;
  readonly windows: WindowsRelease;
  readonly driver: Driver;
  readonly isolation: Isolation;
  readonly cell: StageCell;
  /** Windows Firewall of the machine; null when no rules are given. */
  readonly firewall: FirewallContext | null;
  /** Of the network, as far as they are described. */
  readonly subnets: AddressSet;
  readonly sets: SetTable;
  readonly setNameDirection: SemanticOptions['setNameDirection'];
  /** Of the network. */
  readonly networkAcls: readonly WrittenRule[];
  /** Lists already parsed without any remark; equal texts share one value. */
  readonly addressCache: Map<string, AddressSet>;
}

/** `on Windows Server 2022 (build 20348) with driver l2bridge and process isolation`. */
export function platformText(
  context: Pick<RuleContext, 'windows' | 'driver' | 'isolation'>,
): string {
  return `on ${windowsText(context.windows)} with driver ${context.driver} and ${context.isolation} isolation`;
}

/** The place of a value of a rule. */
export function placeOf(
  rule: WrittenRule,
  node: SourceNode | null,
): { readonly document: WrittenRule['document']; readonly node: SourceNode } {
  return { document: rule.document, node: node ?? rule.node };
}
