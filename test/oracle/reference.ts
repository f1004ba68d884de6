/**
 * A second, naive reading of docs/SEMANTICS.md: a loop over rules and a map of flows.
 *
 * Imported by tests only. It shares no code with `src/compile`, `src/program` or `native`, keeps no
 * cache, and answers one question: what is said of this packet? Section numbers in the comments
 * are those of docs/SEMANTICS.md. Where that text leaves room the comment begins with "Reading:".
 */
import type {
  AddressSet,
  Conditions,
  Direction,
  HostStage,
  NormalisedEndpoint,
  NormalisedHost,
  Stage,
  SwitchStage,
  TranslationLayer,
  VfpLayerStage,
} from '../../src/normalise/normalised-host.js';
import type { FlowEvent, PacketRecord } from '../../src/report/packet-record.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import {
  type Address,
  type Packet,
  type Side,
  ICMP,
  ICMPV6,
  RST,
  TCP,
  UDP,
  addressText,
  flowKey,
  hasInvalidFlags,
  isIcmpError,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isPureSyn,
  isQueryAnswer,
  readTuple,
} from './packet.js';
import { type Flow, type FlowState, newFlowState, nextState } from './flow.js';
import { judgeByLayer, judgeByRules } from './rules.js';
import {
  beforeFront,
  behindFront,
  leadsTo,
  rewrite,
  withEndsAgainst,
  withEndsOf,
} from './translation.js';

type Reason = PacketRecord['reason'];

export type ReferenceRecord = Pick<
  PacketRecord,
  'endpoint' | 'direction' | 'verdict' | 'stage' | 'rule' | 'reason' | 'flow' | 'flow_event'
>;

export interface ReferenceCounter {
  /** Name of the rule, or the reason of a default. */
  readonly name: string;
  packets: number;
  flows: number;
}

/** What one stage says of one packet. */
interface Outcome {
  readonly stage: Stage;
  /** Where its flows are. */
  readonly post: Post;
  /** The packet as it came there. */
  readonly entry: Packet;
  /** As it goes on, where a layer has rewritten it. */
  readonly leaves: Packet | null;
  readonly hasSay: boolean;
  readonly verdict: 'allow' | 'drop';
  readonly reason: Reason;
  readonly rule: string | null;
  /** Name in the counters. */
  readonly credit: string;
  /** The live flow the packet belongs to. */
  readonly flow: Flow | null;
  /** State of the flow to make if the whole walk allows; null to make none. */
  readonly opens: FlowState | null;
  readonly tier: string | null;
  /** Anybody may answer, by the rule that lets it out. */
  readonly anyRemote: boolean;
  /** Seconds that the rule gives flows it makes on the switch stage; null: the timer. */
  readonly ttl: number | null;
}

type Answer = Omit<Outcome, 'post' | 'entry'>;

interface FragmentRecord {
  readonly record: ReferenceRecord;
  readonly credit: string;
  readonly deadline: number;
}

interface Placement {
  readonly endpoint: NormalisedEndpoint;
  readonly direction: Direction;
  /** The packet before it got a front for its source. */
  readonly inside?: Packet;
}

/** A stage without layers that rewrite, one such layer, or a layer of a dumped port. */
interface Post {
  readonly stage: Stage;
  /** Of the switch stage. */
  readonly layer: TranslationLayer | null;
  readonly vfp?: VfpLayerStage;
}

const SECOND = 1e9;
const FRAGMENT_SECONDS = 60;
const FRAGMENT_RECORDS = 16_384;

export class Reference {
  #host: NormalisedHost;
  readonly #stateless: boolean;
  readonly #flows = new Map<string, Flow>();
  readonly #fragments = new Map<string, FragmentRecord>();
  readonly #counters = new Map<string, ReferenceCounter>();
  #clock = 0;
  #lastFlowId = 0;

  constructor(host: NormalisedHost, options: { readonly stateless: boolean }) {
    this.#host = host;
    this.#stateless = options.stateless;
  }

  /** The records of one packet, sender first; a packet nobody judges has one record, `pass`. */
  judge(tuple: Tuple): ReferenceRecord[] {
    // 5.1 Time: capture time never runs backwards.
    if (tuple.at !== undefined) this.#clock = Math.max(this.#clock, Math.round(tuple.at * SECOND));
    const packet = readTuple(tuple);
    const placed = tuple.dir === undefined ? this.#place(packet) : this.#placeAsTold(tuple);
    if (typeof placed === 'string') return [passRecord(placed)];

    const records: ReferenceRecord[] = [];
    for (const { endpoint, direction, inside } of placed) {
      const asTold = tuple.dir !== undefined;
      const { record, left } = this.#judgeAt(endpoint, direction, inside ?? packet, asTold);
      records.push(record);
      // 1: the receiver judges only what got so far.
      if (direction !== 'out') continue;
      if (record.verdict === 'drop') break;
      // actions.md 4: who receives it says the packet as it left.
      const out = left ?? inside;
      if (asTold || out === undefined) continue;
      for (const receiver of this.#receivers(out, endpoint)) {
        records.push(this.#judgeAt(receiver, 'in', out, false).record);
      }
      break;
    }
    return records;
  }

  #receivers(packet: Packet, sender: NormalisedEndpoint): NormalisedEndpoint[] {
    const { destination } = packet;
    const others = this.#host.endpoints.filter((each) => each !== sender);
    if (isMulticast(destination) || isLimitedBroadcast(destination)) {
      return others.filter(({ network }) => network === sender.network);
    }
    const target = behindFront(this.#host, packet, 'destination');
    const owners =
      target === null
        ? this.#owners(destination)
        : target.endpoint === null
          ? []
          : [this.#host.endpoints[target.endpoint]!];
    return owners.length === 1 && owners[0] !== sender ? owners : [];
  }

  counters(): ReferenceCounter[] {
    return [...this.#counters.values()];
  }

  /** docs/semantics/updates.md: another policy in the place of this one. */
  apply(
    host: NormalisedHost,
    mode: 'keep' | 'reevaluate' | 'reset',
  ): { live: number; cut: number } {
    const account = { live: 0, cut: 0 };
    const known = new Set<Flow>();
    this.#host = host;
    for (const [key, flow] of this.#flows) {
      // What was asked is not answered under another policy: W11 of firewall.md.
      if (flow.deadline <= this.#clock || flow.asked) {
        this.#flows.delete(key);
        continue;
      }
      // One that stands under two keys is judged once.
      if (known.has(flow)) continue;
      known.add(flow);
      const [name, place] = key.split(' ') as [string, string];
      const endpoint = host.endpoints.find((each) => each.name === name);
      if (endpoint && mode !== 'reset' && this.#livesOn(flow, endpoint, place, mode)) {
        account.live++;
      } else {
        this.#forget(flow);
        account.cut++;
      }
    }
    const names = new Set(host.endpoints.map(({ name }) => name));
    for (const [key, { record }] of this.#fragments) {
      if (mode === 'reset' || !names.has(record.endpoint!)) this.#fragments.delete(key);
    }
    return account;
  }

  /** 2 of updates.md. A flow that lives on may have another rule afterwards. */
  #livesOn(
    flow: Flow,
    endpoint: NormalisedEndpoint,
    place: string,
    mode: 'keep' | 'reevaluate',
  ): boolean {
    if (place.startsWith('switch/')) return this.#livesTranslated(flow, endpoint, place, mode);
    if (place.startsWith('switch:')) return this.#livesInLayer(flow, endpoint, place, mode);
    const stage = place as Stage;
    const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
    if (!stageHasSay(policy) || policy.kind === 'vfp') return false;
    const { packet, direction } = flow.opening;
    const { switchFlow } = this.#host.options.timers;
    if (mode === 'keep' && stage === 'switch') {
      // A rule that is no more keeps the time it gave.
      if (hasRule(this.#host, endpoint, direction, packet.source.family, flow)) {
        flow.ttl = switchFlow;
      }
      return true;
    }
    const judged = judgeByRules(this.#host, policy, direction, packet);
    const { rule, reason, tier, anyRemote } = judged;
    const toMany = direction === 'out' && packet.protocol === UDP && goesToMany(endpoint, packet);
    Object.assign(flow, { rule, reason, tier, anyRemote, toMany, ttl: switchFlow });
    return judged.verdict === 'allow' && judged.stateful;
  }

  /** 2 of updates.md, of a layer of a dumped port: a flow stays in the layer of its name. */
  #livesInLayer(
    flow: Flow,
    { switchStage }: NormalisedEndpoint,
    place: string,
    mode: 'keep' | 'reevaluate',
  ): boolean {
    const layers = switchStage.kind === 'vfp' ? switchStage.layers : [];
    const layer = layers.find(({ name }) => place === `switch:${name}`);
    if (!layer?.stateful) return false;
    const { packet, direction } = flow.opening;
    const { switchFlow } = this.#host.options.timers;
    if (mode === 'keep') {
      const { family } = packet.source;
      for (const group of layer.groups) {
        if (group.direction !== direction || group.family !== family) continue;
        for (const { id, flowSeconds } of group.rules) {
          const rule = this.#host.rules[id]!;
          if (`${group.name} ${rule.name}` !== `${flow.tier} ${flow.rule}`) continue;
          if (rule.action === 'allow' && isOfFamily(rule.conditions, family)) {
            flow.ttl = flowSeconds ?? switchFlow;
          }
        }
      }
      return true;
    }
    // N22: a flow does not remember what such rules ask for.
    const asksFurther = layer.groups.some(({ rules }) =>
      rules.some(({ id }) => this.#host.rules[id]!.conditions.further !== undefined),
    );
    if (asksFurther) return false;
    const judged = judgeByLayer(this.#host, layer, direction, packet);
    const { rule, reason, tier, ttl } = judged;
    Object.assign(flow, { rule, reason, tier, ttl: ttl ?? switchFlow });
    return judged.verdict === 'allow' && judged.stateful;
  }

  /** actions.md 5: what a flow was rewritten to, it keeps while a rule leads there. */
  #livesTranslated(
    flow: Flow,
    { translations = [] }: NormalisedEndpoint,
    place: string,
    mode: 'keep' | 'reevaluate',
  ): boolean {
    const layer = translations.find(({ name }) => place === `switch/${name}`);
    if (layer === undefined) return false;
    const { packet, direction } = flow.opening;
    const { switchFlow } = this.#host.options.timers;
    if (mode === 'keep') {
      const { family } = packet.source;
      const isThere = layer.rules.some(
        (each) => each.name === flow.rule && each.direction === direction && each.family === family,
      );
      if (isThere) flow.ttl = switchFlow;
      return true;
    }
    const led = leadsTo(layer, direction, packet, flow.left);
    if (led === null) return false;
    Object.assign(flow, { rule: led, ttl: switchFlow });
    return true;
  }

  /** Flows alive now, for tests of the reference itself. */
  flowCount(): number {
    return [...new Set(this.#flows.values())].filter((flow) => flow.deadline > this.#clock).length;
  }

  // ---- 2 Placing -------------------------------------------------------------------------------

  #place(packet: Packet): Placement[] | Reason {
    return this.#placeByFront(packet) ?? this.#placeByAddress(packet);
  }

  /** actions.md 4. Null where the packet has nothing to do with a front. */
  #placeByFront(packet: Packet): Placement[] | Reason | null {
    const { endpoints } = this.#host;
    const to = behindFront(this.#host, packet, 'destination');
    if (to !== null) {
      const senders = this.#owners(packet.source);
      if (senders.length > 1) return 'ambiguous-endpoint';
      const receiver = to.endpoint === null ? undefined : endpoints[to.endpoint]!;
      const [sender] = senders;
      const placed: Placement[] = [];
      if (sender) placed.push({ endpoint: sender, direction: 'out' });
      if (receiver && receiver !== sender) placed.push({ endpoint: receiver, direction: 'in' });
      return placed.length > 0 ? placed : 'no-endpoint';
    }
    const from = behindFront(this.#host, packet, 'source');
    if (from?.endpoint == null) return null;
    const inside = beforeFront(packet, from);
    return [{ endpoint: endpoints[from.endpoint]!, direction: 'out', inside }];
  }

  #placeByAddress({ source, destination }: Packet): Placement[] | Reason {
    const senders = this.#owners(source);
    const receivers = this.#owners(destination);
    const isOwned = senders.length > 0 || receivers.length > 0;
    if (
      !isOwned &&
      (isLoopback(source) || isLoopback(destination)) &&
      !isMulticast(destination) &&
      !isLimitedBroadcast(destination)
    )
      return 'loopback';
    // A tuple has no MAC addresses that could decide.
    if (senders.length > 1 || receivers.length > 1) return 'ambiguous-endpoint';
    if (senders.length > 0 && senders[0] === receivers[0]) return 'own-address';

    const sender = senders[0];
    const out: Placement[] = sender ? [{ endpoint: sender, direction: 'out' }] : [];
    const heard =
      isMulticast(destination) || isLimitedBroadcast(destination)
        ? this.#host.endpoints.filter(
            (endpoint) => endpoint !== sender && (!sender || endpoint.network === sender.network),
          )
        : receivers;
    const placed = [...out, ...heard.map((endpoint): Placement => ({ endpoint, direction: 'in' }))];
    return placed.length > 0 ? placed : 'no-endpoint';
  }

  /** Reading: a direction that is given is believed whatever the addresses are, 2.4 included. */
  #placeAsTold(tuple: Tuple): Placement[] | Reason {
    const endpoint =
      tuple.endpoint === undefined
        ? this.#host.endpoints[0]
        : this.#host.endpoints.find(({ name }) => name === tuple.endpoint);
    return endpoint && tuple.dir ? [{ endpoint, direction: tuple.dir }] : 'no-endpoint';
  }

  #owners(address: Address): NormalisedEndpoint[] {
    return this.#host.endpoints.filter(({ addresses }) =>
      addresses.some(({ family, value }) => family === address.family && value === address.value),
    );
  }

  // ---- 1 The walk of one endpoint --------------------------------------------------------------

  #judgeAt(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
  ): { record: ReferenceRecord; left?: Packet } {
    const fragmentKey =
      packet.fragment && !this.#stateless
        ? [endpoint.name, direction, packet.protocol, packet.fragment.id]
            .concat(addressText(packet.source), addressText(packet.destination))
            .join(' ')
        : null;
    if (fragmentKey !== null && packet.fragment?.later) {
      const known = this.#fragments.get(fragmentKey);
      if (known && known.deadline > this.#clock) {
        // Reading: it walks through no stage, so only what decided is credited.
        this.#credit(known.credit, 1, 0);
        return { record: { ...known.record, flow_event: null } };
      }
    }

    const outcomes = this.#walk(endpoint, direction, packet, asTold);
    outcomes.forEach(({ credit }) => this.#credit(credit, 1, 0));
    const deciding = decidingOutcome(outcomes);
    const { id, event } =
      deciding.verdict === 'allow'
        ? this.#settle(endpoint, direction, packet, outcomes)
        : { id: null, event: null };
    const { verdict, stage, rule, reason } = deciding;
    const record: ReferenceRecord = {
      ...{ endpoint: endpoint.name, direction, verdict, stage, rule, reason },
      ...{ flow: id, flow_event: event },
    };
    if (fragmentKey !== null && !packet.fragment?.later) {
      const deadline = this.#clock + FRAGMENT_SECONDS * SECOND;
      this.#fragments.delete(fragmentKey);
      this.#fragments.set(fragmentKey, { record, credit: deciding.credit, deadline });
      if (this.#fragments.size > FRAGMENT_RECORDS) {
        this.#fragments.delete(this.#fragments.keys().next().value!);
      }
    }
    const left = outcomes.findLast(({ leaves }) => leaves !== null)?.leaves;
    return left ? { record, left } : { record };
  }

  /** What the stages say, in their order, up to the first refusal. */
  #walk(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
  ): Outcome[] {
    const outcomes: Outcome[] = [];
    let now = packet;
    for (const post of postsOf(endpoint, direction)) {
      const said = this.#judgePost(endpoint, post, direction, now, asTold);
      const outcome = { ...said, post, entry: now };
      outcomes.push(outcome);
      if (outcome.verdict === 'drop') return outcomes;
      now = outcome.leaves ?? now;
    }
    // actions.md 3: no connection whose answers another one has.
    const clash = outcomes.findIndex((outcome) => this.#clashes(endpoint, outcome, direction));
    if (clash >= 0) {
      const refused = outcomeOf('switch', false, 'drop', 'translation-conflict');
      return [...outcomes.slice(0, clash), { ...outcomes[clash]!, ...refused }];
    }
    // 5.1 Limit: only a packet that every stage would allow needs room.
    const full = outcomes.findIndex(
      ({ post, entry, opens }) =>
        opens !== null &&
        !this.#hasRoom(endpoint, post, keyOf(post, entry, direction), packet, opens),
    );
    if (full < 0) return outcomes;
    const { stage } = outcomes[full]!;
    const refused = outcomeOf(stage, true, 'drop', 'flow-limit');
    return [...outcomes.slice(0, full), { ...outcomes[full]!, ...refused }];
  }

  /** Whether the answers to what the outcome would open belong to another flow. */
  #clashes(
    endpoint: NormalisedEndpoint,
    { post, entry, leaves, opens }: Outcome,
    direction: Direction,
  ): boolean {
    if (opens === null || post.layer === null) return false;
    const left = leaves ?? entry;
    const other = this.#liveFlow(endpoint, post, answersKey(left, direction));
    if (other === null || other === this.#liveFlow(endpoint, post, keyOf(post, entry, direction))) {
      return false;
    }
    return !(isClosing(other) && isPureSyn(left));
  }

  #judgePost(
    endpoint: NormalisedEndpoint,
    post: Post,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
  ): Answer {
    return post.layer === null
      ? this.#judgeStage(endpoint, post, direction, packet, asTold)
      : this.#judgeTranslation(endpoint, post, post.layer, direction, packet, asTold);
  }

  /** actions.md 1 and 3: such a layer refuses nothing. */
  #judgeTranslation(
    endpoint: NormalisedEndpoint,
    post: Post,
    layer: TranslationLayer,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
  ): Answer {
    const { options } = this.#host;
    const stateful = !this.#stateless;
    const none = endpoint.switchStage.kind === 'no-acl-layer' ? 'no-acl-layer' : 'default-allow';
    const passes = outcomeOf('switch', false, 'allow', none);
    if (stateful && packet.fragment?.later) return passes;
    if (stateful && options.invalidTcp === 'drop' && hasInvalidFlags(packet)) return passes;

    const key = keyOf(post, packet, direction);
    const flow = stateful ? this.#liveFlow(endpoint, post, key) : null;
    if (flow && !(isClosing(flow) && isPureSyn(packet))) {
      const { rule, reason } = flow;
      return {
        ...outcomeOf('switch', false, 'allow', 'established'),
        ...{ rule, credit: rule ?? reason, flow, leaves: throughPair(flow, direction, packet) },
      };
    }
    if (stateful && options.icmpErrors === 'flow' && isIcmpError(packet) && packet.quoted) {
      const { quoted } = packet;
      // It left on the side where the error comes from, as packets of the error's direction come.
      const ends = flowKey(quoted, direction === 'in' ? 'source' : 'destination');
      const about = ends === null ? null : this.#liveFlow(endpoint, post, `${direction} ${ends}`);
      if (about !== null) {
        const related = outcomeOf('switch', false, 'allow', 'related');
        return { ...related, leaves: relatedThroughPair(about, direction, packet, quoted) };
      }
    }
    const discovery =
      packet.protocol === ICMPV6 && packet.source.family === 6 && isDiscovery(packet.icmp?.type);
    if (options.neighborDiscovery === 'exempt' && !asTold && discovery) {
      return outcomeOf('switch', false, 'allow', 'neighbor-discovery');
    }
    const rewritten = rewrite(layer, direction, packet);
    if (rewritten === null) return passes;
    const { rule, packet: leaves } = rewritten;
    const makesNone = !stateful || isIcmpError(packet) || isRstOf(packet);
    return {
      ...outcomeOf('switch', false, 'allow', 'rule'),
      ...{ rule, credit: rule, leaves, opens: makesNone ? null : newFlowState(packet) },
    };
  }

  // ---- 4.1 One stage ---------------------------------------------------------------------------

  #judgeStage(
    endpoint: NormalisedEndpoint,
    post: Post,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
  ): Answer {
    const { stage, vfp } = post;
    const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
    const hasSay = stageHasSay(policy) && vfp?.port !== 'disabled';
    const say = (verdict: 'allow' | 'drop', reason: Reason): Answer =>
      outcomeOf(stage, hasSay, verdict, reason);
    // vfp.md 2.1: a port where VFP is not enabled.
    if (vfp?.port === 'disabled') return say('allow', 'port-not-filtered');
    if (!hasSay) return say('allow', openStageReason(policy));

    // firewall.md 3.2: no rule and no flow lets out what tells that a port is closed.
    const hides = policy.kind === 'firewall' && policy.stealth && direction === 'out';
    if (hides && revealsClosedPort(packet)) return say('drop', 'stealth');

    // vfp.md 3.3: a stateless layer asks its rules of every packet.
    const tracked = !this.#stateless;
    const stateful = tracked && (vfp?.stateful ?? true);
    const { options } = this.#host;
    // 5.3: a later fragment whose first is known never comes here.
    if (tracked && packet.fragment?.later) return say('drop', 'fragment-without-first');

    // state.md 1: flags that no end of a connection sends.
    const strictTcp = tracked && options.invalidTcp === 'drop';
    if (strictTcp && hasInvalidFlags(packet)) return say('drop', 'invalid-tcp');

    const key = localKey(packet, direction);
    const flow = stateful && key !== null ? this.#liveFlow(endpoint, post, key) : null;
    // 5.2, the row "time-wait, reset": a pure SYN counts as a packet without a flow.
    const reopens =
      flow !== null && (flow.state === 'time-wait' || flow.state === 'reset') && isPureSyn(packet);
    const refusesOpening = flow?.state === 'syn' && flow.opener === 'remote' && isRstOf(packet);
    if (hides && refusesOpening) return say('drop', 'stealth');
    // state.md 1: a SYN of the end that answered, in a connection whose handshake was seen.
    const sender: Side = direction === 'in' ? 'remote' : 'local';
    const isOpen = flow?.state === 'established' || flow?.state === 'closing';
    if (strictTcp && isOpen && flow.verified && flow.opener !== sender && isPureSyn(packet)) {
      return say('drop', 'invalid-tcp');
    }
    const asked =
      flow === null && stateful && stage === 'host' && direction === 'in'
        ? this.#askedFlow(endpoint, packet)
        : null;
    const own = flow && !reopens ? flow : asked;
    if (own) {
      const { rule, reason, anyRemote } = own;
      return {
        ...say('allow', 'established'),
        ...{ rule, credit: rule ?? reason, flow: own, anyRemote },
      };
    }

    if (stateful && options.icmpErrors === 'flow' && isIcmpError(packet) && packet.quoted) {
      // The quoted packet went the other way: what we hear of was sent by us.
      const quotedKey = flowKey(packet.quoted, direction === 'in' ? 'source' : 'destination');
      // Reading: an error that is let in beside a flow is no packet of it; no rule is credited.
      const relates = quotedKey !== null && this.#liveFlow(endpoint, post, quotedKey) !== null;
      if (relates) return say('allow', 'related');
    }

    const discovery =
      packet.protocol === ICMPV6 && packet.source.family === 6 && isDiscovery(packet.icmp?.type);
    const exempt = options.neighborDiscovery === 'exempt' && !asTold;
    if (stage === 'switch' && exempt && discovery && vfp?.port !== 'blocked') {
      return say('allow', 'neighbor-discovery');
    }

    const midstream = stateful && packet.tcp !== null && !isPureSyn(packet);
    const isRst = isRstOf(packet);
    if (midstream && (isRst ? stage === 'host' : options.midstream === 'strict')) {
      return say('drop', 'non-syn-without-state');
    }

    if (stateful && options.midstream === 'strict' && isQueryAnswer(packet)) {
      return say('drop', 'reply-without-request');
    }

    const judged =
      vfp === undefined
        ? judgeByRules(this.#host, policy, direction, packet)
        : judgeByLayer(this.#host, vfp, direction, packet);
    const opens =
      !stateful || !judged.stateful || isIcmpError(packet) || isRst || packet.fragment?.later
        ? null
        : newFlowState(packet);
    return {
      ...say(judged.verdict, judged.reason),
      rule: judged.rule,
      opens,
      credit: judged.credit,
      tier: judged.tier,
      anyRemote: judged.anyRemote,
      ttl: judged.ttl,
    };
  }

  #liveFlow(endpoint: NormalisedEndpoint, post: Post, key: string): Flow | null {
    const flow = this.#flows.get(placeOf(endpoint, post) + key);
    return flow && flow.deadline > this.#clock ? flow : null;
  }

  /** firewall.md 3.4: what asked many, or by a rule that anybody may answer to. */
  #askedFlow(endpoint: NormalisedEndpoint, packet: Packet): Flow | null {
    if (packet.protocol !== UDP || packet.ports === null) return null;
    const toMany = goesToMany(endpoint, packet);
    const locals = toMany
      ? endpoint.addresses.filter(({ family }) => family === packet.destination.family)
      : [packet.destination];
    const { hostStage: policy } = endpoint;
    const onlyToMany = policy.kind === 'firewall' && !policy.unicastAnswers;
    const { source, destination } = packet.ports;
    const dhcp = (source === 67 && destination === 68) || (source === 547 && destination === 546);
    for (const local of locals) {
      const flow = this.#liveFlow(endpoint, HOST_POST, askedKey(local, destination));
      if (flow && (toMany || !onlyToMany || flow.anyRemote || dhcp)) return flow;
    }
    return null;
  }

  #noteAsked(
    endpoint: NormalisedEndpoint,
    packet: Packet,
    { rule, reason, anyRemote }: Outcome,
    id: number,
  ): void {
    const toMany = goesToMany(endpoint, packet);
    if (packet.protocol !== UDP || packet.ports === null || !(anyRemote || toMany)) return;
    const { timers } = this.#host.options;
    const idle = (anyRemote ? timers.hostUdp : timers.hostMulticast) * SECOND;
    const asked = askedKey(packet.source, packet.ports.source);
    const key = `${endpoint.name} host ${asked}`;
    const known = this.#liveFlow(endpoint, HOST_POST, asked);
    if (known === null && !this.#hasRoom(endpoint, HOST_POST, asked, packet, 'untracked')) return;
    this.#flows.set(key, {
      ...{ id: known?.id ?? id, protocol: UDP, opener: 'local', state: 'untracked', asked: true },
      ...{
        toMany: !anyRemote && known?.anyRemote !== true,
        responderSyn: null,
        verified: false,
        closer: null,
      },
      ...{ opening: { packet, direction: 'out' }, ttl: timers.switchFlow, tier: null },
      left: packet,
      rule: known && !anyRemote ? known.rule : rule,
      reason: known && !anyRemote ? known.reason : reason,
      anyRemote: anyRemote || known?.anyRemote === true,
      deadline: Math.max(known?.deadline ?? 0, this.#clock + idle),
    });
  }

  // ---- 5 State ---------------------------------------------------------------------------------

  /** Only called when every stage of the endpoint allowed (A10). */
  #settle(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    outcomes: readonly Outcome[],
  ): { id: number | null; event: FlowEvent | null } {
    const sender: Side = direction === 'in' ? 'remote' : 'local';
    // Reading: the first flow the packet belongs to gives id and event; those made beside it
    // have its id and no event of their own.
    let id: number | null = null;
    let event: FlowEvent | null = null;
    for (const { stage, flow } of outcomes) {
      if (flow === null) continue;
      const change = this.#advance(flow, stage, packet, sender);
      if (id === null) event = change;
      id ??= flow.id;
      // A flow that a RST ended at once is no more.
      if (flow.deadline <= this.#clock) this.#forget(flow);
    }
    for (const outcome of outcomes) {
      const { stage, post, entry, leaves, opens, rule, reason, credit, tier, anyRemote } = outcome;
      const { ttl } = outcome;
      if (opens === null) continue;
      const opening = opens === 'established' ? 'midstream' : 'new';
      if (id === null) event = opening;
      // 5.2: a pick-up is marked also where another stage has the flow still.
      else if (opening === 'midstream') event ??= opening;
      id ??= ++this.#lastFlowId;
      const made: Flow = {
        ...{ id, protocol: packet.protocol, rule, reason, opener: sender, state: opens },
        ...{
          responderSyn: null,
          verified: false,
          closer: null,
          deadline: 0,
          anyRemote,
          asked: false,
        },
        ...{ opening: { packet: entry, direction }, left: leaves ?? entry, tier },
        ttl: ttl ?? this.#host.options.timers.switchFlow,
        toMany: direction === 'out' && packet.protocol === UDP && goesToMany(endpoint, packet),
      };
      made.deadline = this.#clock + this.#idleTime(made, stage);
      const place = placeOf(endpoint, post);
      const keys = [place + keyOf(post, entry, direction)];
      if (post.layer !== null) keys.push(place + answersKey(leaves ?? entry, direction));
      for (const key of keys) {
        const before = this.#flows.get(key);
        if (before) this.#forget(before);
      }
      for (const key of keys) this.#flows.set(key, made);
      this.#credit(credit, 0, 1);
    }
    if (direction === 'out' && id !== null) {
      const host = outcomes.find(({ stage }) => stage === 'host');
      if (host && (host.flow ?? host.opens) !== null) this.#noteAsked(endpoint, packet, host, id);
    }
    return { id, event };
  }

  #forget(flow: Flow): void {
    for (const [key, each] of this.#flows) if (each === flow) this.#flows.delete(key);
  }

  /** 5.1 Limit; state.md 3: whether the stage can hold the flow beside the others it has. */
  #hasRoom(
    endpoint: NormalisedEndpoint,
    post: Post,
    key: string | null,
    { protocol }: Packet,
    opens: FlowState,
  ): boolean {
    const prefix = placeOf(endpoint, post);
    const own = this.#flows.get(`${prefix}${key ?? ''}`);
    const others = new Set<Flow>();
    for (const [each, flow] of this.#flows) {
      if (each.startsWith(prefix) && flow.deadline > this.#clock && flow !== own) others.add(flow);
    }
    const { flowLimit, flowLimits } = this.#host.options;
    const isHalfOpen = (state: FlowState): boolean => state === 'syn' || state === 'syn-ack';
    const ofClass = [...others].filter((flow) => flowClass(flow.protocol) === flowClass(protocol));
    const halfOpen = [...others].filter(({ state }) => isHalfOpen(state));
    return (
      others.size < flowLimit &&
      ofClass.length < flowLimits[flowClass(protocol)] &&
      (!isHalfOpen(opens) || halfOpen.length < flowLimits.halfOpen)
    );
  }

  /** 5.2: one step of a live flow, and its renewal. */
  #advance(flow: Flow, stage: Stage, packet: Packet, sender: Side): FlowEvent | null {
    // firewall.md 3.4: only who asked many keeps the answers open.
    if (flow.asked && !flow.anyRemote) return null;
    const event = packet.tcp ? nextState(flow, packet.tcp, sender) : null;
    if (event === 'reset') {
      const rest = stage === 'host' ? 0 : this.#host.options.timers.switchReset * SECOND;
      flow.deadline = Math.min(flow.deadline, this.#clock + rest);
    } else if (flow.state !== 'reset') {
      flow.deadline = this.#clock + this.#idleTime(flow, stage);
    }
    return event;
  }

  /** 5.1, the table of idle times; nanoseconds. */
  #idleTime(flow: Flow, stage: Stage): number {
    const { timers } = this.#host.options;
    const onSwitch = stage === 'switch';
    switch (flow.state) {
      case 'syn':
      case 'syn-ack':
        return (onSwitch ? timers.switchHalfOpen : timers.hostHalfOpen) * SECOND;
      case 'established':
      case 'closing':
        return onSwitch ? flow.ttl * SECOND : Infinity;
      case 'time-wait':
        return (onSwitch ? timers.switchTimeWait : timers.hostTimeWait) * SECOND;
      default: {
        const icmp = flow.protocol === ICMP || flow.protocol === ICMPV6;
        if (onSwitch) return flow.ttl * SECOND;
        if (flow.toMany) return timers.hostMulticast * SECOND;
        return (icmp ? timers.hostIcmp : timers.hostUdp) * SECOND;
      }
    }
  }

  #credit(name: string, packets: number, flows: number): void {
    const counter = this.#counters.get(name) ?? { name, packets: 0, flows: 0 };
    counter.packets += packets;
    counter.flows += flows;
    this.#counters.set(name, counter);
  }
}

const HOST_POST: Post = { stage: 'host', layer: null };
const ACL_POST: Post = { stage: 'switch', layer: null };
const ACL_PRIORITY = 15;

/** Small priorities are nearest to the container. A switch stage of no layer at all is one post. */
function postsOf(endpoint: NormalisedEndpoint, direction: Direction): Post[] {
  const { switchStage } = endpoint;
  // A dump has all layers of its port.
  const translations = switchStage.kind === 'vfp' ? [] : (endpoint.translations ?? []);
  const layers = translations.map((layer): { priority: number; post: Post } => ({
    priority: layer.priority,
    post: { stage: 'switch', layer },
  }));
  if (switchStage.kind === 'vfp') {
    for (const vfp of switchStage.layers) {
      layers.push({ priority: vfp.priority, post: { stage: 'switch', layer: null, vfp } });
    }
  } else if (switchStage.kind !== 'no-acl-layer' || layers.length === 0) {
    layers.push({ priority: ACL_PRIORITY, post: ACL_POST });
  }
  layers.sort((a, b) => a.priority - b.priority);
  const out = [HOST_POST, ...layers.map(({ post }) => post)];
  return direction === 'out' ? out : out.reverse();
}

const placeOf = ({ name }: NormalisedEndpoint, { stage, layer, vfp }: Post): string =>
  layer !== null
    ? `${name} switch/${layer.name} `
    : vfp !== undefined
      ? `${name} switch:${vfp.name} `
      : `${name} ${stage} `;

/** Where a layer rewrites, each direction has keys of its own. */
function keyOf({ layer }: Post, packet: Packet, direction: Direction): string {
  const key = localKey(packet, direction) ?? '';
  return layer === null ? key : `${direction} ${key}`;
}

/** actions.md 3: that of the answers to a packet that left so. */
function answersKey(left: Packet, direction: Direction): string {
  return `${direction === 'in' ? 'out' : 'in'} ${localKey(left, direction) ?? ''}`;
}

/** A packet of the flow as it goes on. */
function throughPair({ opening, left }: Flow, direction: Direction, packet: Packet): Packet {
  return opening.direction === direction
    ? withEndsOf(packet, left)
    : withEndsAgainst(packet, opening.packet);
}

/** An ICMP error about a packet that went the other way through the flow. */
function relatedThroughPair(
  { opening, left }: Flow,
  direction: Direction,
  packet: Packet,
  quoted: Packet,
): Packet {
  const along = opening.direction === direction;
  const inner = along ? withEndsAgainst(quoted, left) : withEndsOf(quoted, opening.packet);
  const same = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;
  const { source, destination } = packet;
  return {
    ...packet,
    quoted: inner,
    source: same(source, quoted.destination) ? inner.destination : source,
    destination: same(destination, quoted.source) ? inner.source : destination,
  };
}

const isClosing = ({ state }: Flow): boolean => state === 'time-wait' || state === 'reset';
const isDiscovery = (type: number | undefined): boolean =>
  type !== undefined && type >= 133 && type <= 137;

/** The fields of a record that the reference gives too. */
export const comparable = (record: ReferenceRecord): ReferenceRecord => ({
  endpoint: record.endpoint,
  direction: record.direction,
  verdict: record.verdict,
  stage: record.stage,
  rule: record.rule,
  reason: record.reason,
  flow: record.flow,
  flow_event: record.flow_event,
});

function passRecord(reason: Reason): ReferenceRecord {
  return {
    ...{ endpoint: null, direction: null, verdict: 'pass', stage: null, rule: null, reason },
    ...{ flow: null, flow_event: null },
  };
}

/** The key of the packet's flow at an endpoint that sees it in this direction. */
function localKey(packet: Packet, direction: Direction): string | null {
  return flowKey(packet, direction === 'in' ? 'destination' : 'source');
}

/** A key that no packet has: the far side is not part of it. */
const askedKey = (local: Address, port: number): string =>
  `asked ${local.family} ${addressText(local)} ${port}`;

function goesToMany({ broadcasts }: NormalisedEndpoint, { destination }: Packet): boolean {
  const directed = destination.family === 4 && broadcasts.includes(Number(destination.value));
  return isMulticast(destination) || isLimitedBroadcast(destination) || directed;
}

function revealsClosedPort({ protocol, icmp, source }: Packet): boolean {
  if (icmp === null) return false;
  if (protocol === ICMP) return icmp.type === 3;
  return source.family === 6 && (icmp.type === 1 || icmp.type === 4);
}

const flowClass = (protocol: number): 'tcp' | 'udp' | 'other' =>
  protocol === TCP ? 'tcp' : protocol === UDP ? 'udp' : 'other';

const isRstOf = ({ tcp }: Packet): boolean => tcp !== null && (tcp.flags & RST) !== 0;

/** An outcome of no rule and without a flow. */
function outcomeOf(
  stage: Stage,
  hasSay: boolean,
  verdict: 'allow' | 'drop',
  reason: Reason,
): Answer {
  return {
    stage,
    leaves: null,
    hasSay,
    verdict,
    reason,
    rule: null,
    credit: reason,
    flow: null,
    opens: null,
    tier: null,
    anyRemote: false,
    ttl: null,
  };
}

/** 1: a drop is named by the stage that dropped, an allow by the last stage that has a say (A1). */
function decidingOutcome(outcomes: readonly Outcome[]): Outcome {
  const last = outcomes.at(-1)!;
  if (last.verdict === 'drop') return last;
  return outcomes.findLast(({ hasSay }) => hasSay) ?? last;
}

/** Whether a switch rule that let a flow in is still asked: its name, its tier and its action. */
function hasRule(
  host: NormalisedHost,
  { switchStage }: NormalisedEndpoint,
  direction: Direction,
  family: 4 | 6,
  { rule, tier }: Flow,
): boolean {
  if (switchStage.kind !== 'acl') return false;
  return switchStage[direction].some(
    (list) =>
      list.tier === tier &&
      list.rules
        .map((id) => host.rules[id]!)
        .some(
          ({ name, action, conditions }) =>
            name === rule && action === 'allow' && isOfFamily(conditions, family),
        ),
  );
}

/** Whether a rule stands in the group of that family. */
function isOfFamily({ source, destination }: Conditions, family: 4 | 6): boolean {
  const isOf = (set: AddressSet | null): boolean =>
    set === null || (family === 4 ? set.ipv4 : set.ipv6).length > 0;
  return isOf(source) && isOf(destination);
}

/** 1: a stage that cannot refuse anything has no say. */
function stageHasSay(policy: SwitchStage | HostStage): boolean {
  return (
    policy.kind === 'acl' ||
    policy.kind === 'vfp' ||
    policy.kind === 'container-defaults' ||
    policy.kind === 'firewall'
  );
}

function openStageReason(policy: SwitchStage | HostStage): Reason {
  switch (policy.kind) {
    case 'acl':
    case 'vfp':
    case 'container-defaults':
    case 'firewall':
      throw new Error(`stage ${policy.kind} has a say`);
  }
  return policy.kind;
}
