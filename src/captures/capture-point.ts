/** Where captures were taken, which decides what of a frame is the packet. */
import { argumentError, type ArgumentContext } from '../arguments.js';
import { PortaclError } from '../errors.js';
import type { NormalisedHost } from '../normalise/normalised-host.js';

/**
 * `container` (default): at the ports of endpoints. `overlay`: at a network adapter of the host, where
 * an overlay network carries packets in VXLAN. docs/semantics/captures.md says what follows.
 */
export const CAPTURE_POINTS = ['container', 'overlay'] as const;
export type CapturePoint = (typeof CAPTURE_POINTS)[number];

/** Where an overlay carries packets, the numbers of its networks; none when one is not told. */
export function overlayVnis(
  { networks }: NormalisedHost,
  point: CapturePoint = 'container',
): Uint32Array | undefined {
  if (point === 'container') return undefined;
  const vnis = networks.filter(({ driver }) => driver === 'overlay').map(({ vni }) => vni);
  return new Uint32Array(vnis.every((vni) => vni !== null) ? vnis : []);
}

/** @throws {PortaclError} bad-argument */
export function readCapturePoint(value: unknown, context: ArgumentContext): void {
  if (value === undefined || isCapturePoint(value)) return;
  throw argumentError(context, 'capturePoint', value, `one of ${CAPTURE_POINTS.join(', ')}`);
}

/** The value of `--capture-point`. @throws {PortaclError} bad-usage */
export function capturePointOption(text: string): CapturePoint {
  if (isCapturePoint(text)) return text;
  const wanted = `one of ${CAPTURE_POINTS.join(', ')} is wanted`;
  throw new PortaclError('bad-usage', `--capture-point ${text}: ${wanted}`);
}

function isCapturePoint(value: unknown): value is CapturePoint {
  return (CAPTURE_POINTS as readonly unknown[]).includes(value);
}
