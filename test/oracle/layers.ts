/** The layers of an endpoint that a packet walks, their order, and the keys of their flows. */
import type {
  Direction,
  EncapsulationLayer,
  HostStage,
  NormalisedEndpoint,
  Stage,
  SwitchStage,
  TranslationLayer,
  VfpLayerStage,
} from '../../src/normalise/normalised-host.js';
import { type Packet, flowKey } from './packet.js';

/** A stage without layers that rewrite, one such layer, or a layer of a dumped port. */
export interface Layer {
  readonly stage: Stage;
  /** Of the switch stage. */
  readonly translation: TranslationLayer | null;
  readonly vfp?: VfpLayerStage;
  readonly encapsulation?: EncapsulationLayer;
}

export const HOST_LAYER: Layer = { stage: 'host', translation: null };
const ACL_LAYER: Layer = { stage: 'switch', translation: null };
const ACL_PRIORITY = 15;

/** Small priorities are nearest to the container. A switch stage of no layer at all is one layer. */
export function layersOf(endpoint: NormalisedEndpoint, direction: Direction): Layer[] {
  const { switchStage } = endpoint;
  const translations = endpoint.translations ?? [];
  const ofSwitch = translations.map((translation): { priority: number; layer: Layer } => ({
    priority: translation.priority,
    layer: { stage: 'switch', translation },
  }));
  const { encapsulation } = endpoint;
  if (encapsulation !== undefined && switchStage.kind !== 'vfp') {
    const { priority } = encapsulation;
    ofSwitch.push({ priority, layer: { stage: 'switch', translation: null, encapsulation } });
  }
  if (switchStage.kind === 'vfp') {
    for (const vfp of switchStage.layers) {
      ofSwitch.push({ priority: vfp.priority, layer: { stage: 'switch', translation: null, vfp } });
    }
  } else if (switchStage.kind !== 'no-acl-layer' || ofSwitch.length === 0) {
    ofSwitch.push({ priority: ACL_PRIORITY, layer: ACL_LAYER });
  }
  ofSwitch.sort((a, b) => a.priority - b.priority);
  const out = [HOST_LAYER, ...ofSwitch.map(({ layer }) => layer)];
  return direction === 'out' ? out : out.reverse();
}

/** 1: a stage that cannot refuse anything has no say. */
export function stageHasSay(policy: SwitchStage | HostStage): boolean {
  return (
    policy.kind === 'acl' ||
    policy.kind === 'vfp' ||
    policy.kind === 'container-defaults' ||
    policy.kind === 'firewall'
  );
}

/** Where the flows of a layer are. */
export const placeOf = (
  { name }: NormalisedEndpoint,
  { stage, translation, vfp }: Layer,
): string =>
  translation !== null
    ? `${name} switch/${translation.name} `
    : vfp !== undefined
      ? `${name} switch:${vfp.name} `
      : `${name} ${stage} `;

/** The key of the packet's flow at an endpoint that sees it in this direction. */
export function localKey(packet: Packet, direction: Direction): string | null {
  return flowKey(packet, direction === 'in' ? 'destination' : 'source');
}

/** The key of the flow that a quoted packet belongs to: it went the other way. */
export function quotedKey(quoted: Packet, direction: Direction): string | null {
  return flowKey(quoted, direction === 'in' ? 'source' : 'destination');
}

/** Where a layer rewrites, each direction has keys of its own. */
export function keyOf({ translation }: Layer, packet: Packet, direction: Direction): string {
  const key = localKey(packet, direction) ?? '';
  return translation === null ? key : `${direction} ${key}`;
}

/** actions.md 3: that of the answers to a packet that left so. */
export function answersKey(left: Packet, direction: Direction): string {
  return `${direction === 'in' ? 'out' : 'in'} ${localKey(left, direction) ?? ''}`;
}
