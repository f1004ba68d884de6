/**
 * Draws hosts from a small universe of addresses, ports and times, so that rules, flows and timers
 * collide at their edges. `draw-tuples.ts` draws the packets from the same universe.
 */
import type {
  Direction,
  FirewallList,
  FirewallListName,
  FirewallSide,
  HostStage,
  InboundException,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  PortMappingAllow,
  RuleAction,
  RuleId,
  RuleList,
  SemanticOptions,
  Stage,
  SwitchStage,
} from '../../src/normalise/normalised-host.js';
import {
  ANY,
  BUSY_PORTS,
  OWN_4,
  OWN_6,
  PEERS_4,
  PORTS,
  drawConditions,
} from './draw-conditions.js';
import { drawOptions } from './draw-options.js';
import { readAddress } from './packet.js';
import type { Random } from './random.js';

/** One host: its rules are collected while its endpoints are drawn. */
class HostDraw {
  readonly #random: Random;
  readonly #options: SemanticOptions;
  readonly rules: NormalisedRule[] = [];

  constructor(random: Random, options: SemanticOptions) {
    this.#random = random;
    this.#options = options;
  }

  endpoint(index: number, addresses: readonly string[]): NormalisedEndpoint {
    const hostStage = this.#hostStage();
    return {
      name: `endpoint${index}`,
      network: this.#random.below(2),
      isolation: hostStage.kind === 'guest-default-allow' ? 'hyperv' : 'process',
      owner: null,
      containers: [],
      published: [],
      outboundNat: null,
      // Some share a stack with the first.
      compartment: hostStage.kind === 'firewall-off' ? 2 : index + 2,
      addresses: addresses.map(readAddress),
      mac: null,
      broadcasts: this.#random.chance(0.3)
        ? [Number(readAddress(this.#random.pick(PEERS_4)).value)]
        : [],
      switchStage: this.#switchStage(),
      hostStage,
    };
  }

  #switchStage(): SwitchStage {
    if (this.#random.chance(0.2)) return { kind: 'no-acl-layer' };
    const tiers = this.#random.chance(0.4) ? 1 + this.#random.below(2) : 0;
    const lists = (direction: Direction): RuleList[] => [
      ...Array.from({ length: tiers }, (_, index) => ({
        tier: `tier${index}-${direction}`,
        rules: this.#ruleList('switch', direction, ['allow', 'block', 'pass']),
      })),
      { tier: null, rules: this.#ruleList('switch', direction, ['allow', 'allow', 'block']) },
    ];
    const [inbound, outbound] = [lists('in'), lists('out')];
    return {
      kind: 'acl',
      in: inbound,
      out: outbound,
      implicitDeny: this.#denies(inbound, outbound),
    };
  }

  #hostStage(): HostStage {
    const random = this.#random;
    const mappings = (): PortMappingAllow[] =>
      Array.from({ length: random.chance(0.5) ? 1 + random.below(3) : 0 }, () => ({
        protocol: random.pick([6, 17, 132]),
        internalPort: random.pick(BUSY_PORTS),
      }));
    switch (
      random.pick([
        'guest',
        'off',
        'defaults',
        'defaults',
        'old',
        'acl',
        'acl',
        'acl',
        'firewall',
        'firewall',
      ])
    ) {
      case 'guest':
        return { kind: 'guest-default-allow' };
      case 'off':
        return { kind: 'firewall-off' };
      case 'defaults':
        return {
          kind: 'container-defaults',
          inboundProtocols: [1, 2, 6, 17, 58],
          inboundExceptions: [],
          inboundDeny: 'default-deny-other-protocol',
          mappings: mappings(),
          outboundFlows: this.#outboundFlows(),
        };
      case 'old':
        return {
          kind: 'container-defaults',
          inboundProtocols: random.chance(0.3) ? [1, 58] : [],
          inboundExceptions: this.#exceptions(),
          inboundDeny: 'default-deny-inbound',
          mappings: mappings(),
          outboundFlows: this.#outboundFlows(),
        };
      case 'firewall':
        return {
          kind: 'firewall',
          profile: random.pick(['domain', 'private', 'public']),
          besideProfile: 'drawn',
          stealth: random.chance(0.5),
          unicastAnswers: random.chance(0.7),
          ...{ logAllowed: null, logDropped: null },
          in: this.#firewallSide('in', mappings()),
          out: this.#firewallSide('out', mappings()),
        };
      default: {
        const inbound = this.#ruleList('host', 'in', ['allow', 'block']);
        const outbound = this.#ruleList('host', 'out', ['allow', 'allow', 'block']);
        return {
          kind: 'acl',
          in: inbound,
          out: outbound,
          implicitDeny: this.#denies([{ rules: inbound }], [{ rules: outbound }]),
          mappings: mappings(),
        };
      }
    }
  }

  /** Blocks, what has no opinion, allows; some with a mapping that lets anybody answer. */
  #firewallSide(direction: Direction, mappings: readonly PortMappingAllow[]): FirewallSide {
    const random = this.#random;
    const list = (name: FirewallListName, actions: readonly RuleAction[]): FirewallList => {
      const rules = this.#ruleList('host', direction, actions);
      for (const id of rules) {
        const rule = this.rules[id]!;
        if (rule.action !== 'allow') continue;
        this.rules[id] = {
          ...rule,
          ...(direction === 'out' && random.chance(0.3) && { anyRemote: true }),
          ...(random.chance(0.5) && { profileCrossing: true }),
        };
      }
      return { name, rules };
    };
    const lists = [
      list('service-hardening', ['pass', 'block']),
      list('block', ['block']),
      list('allow', ['allow']),
    ];
    const blocks = random.chance(0.5);
    return {
      lists: lists.filter(({ rules }) => rules.length > 0),
      defaults:
        direction === 'in' && random.chance(0.4)
          ? {
              protocols: random.chance(0.5) ? [1, 2, 6, 17, 58] : [],
              exceptions: this.#exceptions(),
              mappings,
            }
          : null,
      defaultFlows: direction === 'out' ? this.#outboundFlows() : null,
      default: blocks
        ? {
            action: 'block',
            reason: direction === 'in' ? 'query-user-default' : 'default-outbound-block',
          }
        : {
            action: 'allow',
            reason: direction === 'in' ? 'default-inbound-allow' : 'default-outbound-allow',
          },
    };
  }

  #outboundFlows(): readonly number[] | null {
    return this.#random.chance(0.3) ? [1, 2, 6, 17, 58] : null;
  }

  /** Ports as packets are drawn with. */
  #exceptions(): readonly InboundException[] {
    const random = this.#random;
    if (random.chance(0.6)) return [];
    const destinationPort = random.chance(0.5) ? random.pick(PORTS) : null;
    return [{ protocol: random.pick([6, 17]), sourcePort: random.pick(PORTS), destinationPort }];
  }

  #denies(
    inbound: readonly { readonly rules: readonly RuleId[] }[],
    outbound: readonly { readonly rules: readonly RuleId[] }[],
  ): { in: boolean; out: boolean } {
    const any = (lists: readonly { readonly rules: readonly RuleId[] }[]): boolean =>
      lists.some(({ rules }) => rules.length > 0);
    switch (this.#options.implicitDeny) {
      case 'both':
        return { in: true, out: true };
      case 'same-direction':
        return { in: any(inbound), out: any(outbound) };
      default:
        return { in: false, out: false };
    }
  }

  #priority(stage: Stage): number | null {
    if (stage === 'host' && this.#random.chance(0.3)) return null;
    return 100 + this.#random.below(4);
  }

  /** Rule ids in the order of evaluation that the options ask for (SEMANTICS.md 4.2, 4.3). */
  #ruleList(stage: Stage, direction: Direction, actions: readonly RuleAction[]): RuleId[] {
    const random = this.#random;
    const count = random.below(6);
    // Often the last rule allows everything, as policies do; else little would reach the flows.
    const open = random.chance(0.5) ? count : -1;
    const drawn = Array.from({ length: open < 0 ? count : count + 1 }, (_, at): NormalisedRule => {
      const id = this.rules.length as RuleId;
      const rule: NormalisedRule = {
        id,
        name: `rule${id}`,
        stage,
        direction,
        action: at === open ? 'allow' : random.pick(actions),
        priority: at === open ? 200 : this.#priority(stage),
        conditions: at === open ? ANY : drawConditions(random),
        location: { file: '<drawn>', line: 1, column: 1, path: `[${id}]` },
      };
      this.rules.push(rule);
      return rule;
    });
    const blockFirst = ({ action }: NormalisedRule): number => (action === 'allow' ? 1 : 0);
    const number = ({ priority }: NormalisedRule): number => priority ?? 1e9;
    const tie = (a: NormalisedRule, b: NormalisedRule): number => {
      switch (stage === 'host' ? 'block-first' : this.#options.tieBreak) {
        case 'block-first':
          return blockFirst(a) - blockFirst(b) || a.id - b.id;
        case 'document-order':
          return a.id - b.id;
        default:
          return b.id - a.id;
      }
    };
    const byAction = stage === 'host' && this.#options.hostAclOrder === 'firewall';
    return drawn
      .sort((a, b) => (byAction ? 0 : number(a) - number(b)) || tie(a, b))
      .map(({ id }) => id);
  }
}

export function drawHost(random: Random): NormalisedHost {
  const options = drawOptions(random);
  const draw = new HostDraw(random, options);
  const count = 1 + random.below(4);
  const endpoints = Array.from({ length: count }, (_, index) => {
    // Now and then two endpoints own the same address.
    const own = (pool: readonly string[]): string =>
      random.chance(0.05) ? pool[0]! : pool[index % pool.length]!;
    const addresses = [own(OWN_4), own(OWN_6)].slice(0, random.chance(0.7) ? 2 : 1);
    return draw.endpoint(index, addresses);
  });
  return {
    assumptions: [],
    addresses: [],
    windows: { name: 'drawn', build: 20348 },
    options,
    networks: [
      { name: 'network0', driver: 'l2bridge', vni: null },
      { name: 'network1', driver: 'overlay', vni: null },
    ],
    endpoints,
    rules: draw.rules,
  };
}
