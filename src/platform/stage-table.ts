/**
 * Which stage exists on which driver and isolation, and which rules it takes.
 * Source: hns.md 5.1 and R7, R8, R14, R16, R17, R18 of its section 3.
 */
import type { Stage } from '../normalise/normalised-host.js';
import { DRIVERS, type Driver, type Isolation } from './platform.js';

export interface StageCell {
  readonly drivers: readonly Driver[];
  readonly isolation: Isolation;
  /** `fixed`: present, always allows, not programmable. */
  readonly switchStage: 'vfp-port' | 'fixed';
  readonly hostStage: 'host-firewall' | 'guest-firewall' | 'machine-firewall';
  /** Stages whose rules the cell takes. */
  readonly accepts: readonly Stage[];
  /** The RuleType of an ACL that gives none. Source: hns.md 4.5. */
  readonly ruleTypeDefault: Stage;
}

const FIREWALL_DRIVERS = ['nat', 'ics', 'transparent'] as const;
/** Drivers whose switch ports VFP filters. */
export const VFP_DRIVERS = ['l2bridge', 'l2tunnel', 'overlay'] as const;

/** Source: hns.md 5.1. */
export const STAGE_TABLE: readonly StageCell[] = [
  // R8: the firewall of the host and VFP. R16: both can be programmed on the VFP drivers.
  {
    drivers: VFP_DRIVERS,
    isolation: 'process',
    switchStage: 'vfp-port',
    hostStage: 'host-firewall',
    accepts: ['host', 'switch'],
    ruleTypeDefault: 'switch',
  },
  // R16: on nat and transparent only the Windows Firewall.
  {
    drivers: FIREWALL_DRIVERS,
    isolation: 'process',
    switchStage: 'fixed',
    hostStage: 'host-firewall',
    accepts: ['host'],
    ruleTypeDefault: 'host',
  },
  // R5, R14: the utility VM has a firewall of its own, which allows everything. R18: no Host rules.
  {
    drivers: VFP_DRIVERS,
    isolation: 'hyperv',
    switchStage: 'vfp-port',
    hostStage: 'guest-firewall',
    accepts: ['switch'],
    ruleTypeDefault: 'switch',
  },
  // R17: marked X, takes nothing.
  {
    drivers: FIREWALL_DRIVERS,
    isolation: 'hyperv',
    switchStage: 'fixed',
    hostStage: 'guest-firewall',
    accepts: [],
    ruleTypeDefault: 'host',
  },
  // hns.md 5.1, row of the host itself: an ordinary Windows Firewall, no switch stage, no ACLs.
  {
    drivers: DRIVERS,
    isolation: 'host',
    switchStage: 'fixed',
    hostStage: 'machine-firewall',
    accepts: [],
    ruleTypeDefault: 'host',
  },
];

/** The cell of a driver and an isolation; null for the drivers that are not modelled. */
export function stageCell(driver: Driver, isolation: Isolation): StageCell | null {
  return (
    STAGE_TABLE.find((cell) => cell.isolation === isolation && cell.drivers.includes(driver)) ??
    null
  );
}

/** Whether published ports open the host stage. Source: hns.md 6.5; Q17: nat, not the others. */
export function mappingsOpenFirewall(driver: Driver): boolean {
  return driver === 'nat' || driver === 'ics';
}
