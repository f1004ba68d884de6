/** One condition of a rule or group, by the name that vfpctrl prints. Source: vfp.md 2.4, 12.5. */
import type {
  Conditions,
  FurtherCondition,
  FurtherField,
  PortRange,
} from '../normalise/normalised-host.js';
import { everyNumber, readAddresses, readMacs, readNumbers } from './condition-text.js';

/** What stands for VXLAN where a protocol stands. Source: vfp.md 2.4. */
const VXLAN = 252;
const ENCRYPTED_VXLAN = 251;
const UDP = 17;
const PORT_MAX = 65535;
const VLAN_MAX = 4095;
const TNI_MAX = 2 ** 24 - 1;
const KEY_MAX = 2 ** 32 - 1;
const ANY_NETWORK: readonly PortRange[] = [{ from: 0, to: TNI_MAX }];

/**
 * The conditions with one more; `key` is in lower case. Null for a key or value that is not known, or
 * a key that comes twice: passed over, it would let more packets match.
 */
export function readCondition(
  before: Conditions,
  key: string,
  value: string,
  family: 4 | 6,
): Conditions | null {
  switch (key) {
    case 'protocols':
    case 'protocol':
      return before.protocols === null ? withProtocols(before, value) : null;
    case 'source ip':
    case 'source ipv6': {
      const source = readAddresses(value, family);
      return source === null || before.source !== null ? null : { ...before, source };
    }
    case 'destination ip':
    case 'destination ipv6': {
      const destination = readAddresses(value, family);
      if (destination === null || before.destination !== null) return null;
      return { ...before, destination };
    }
    case 'source ports':
    case 'source port': {
      const sourcePorts = readNumbers(value, PORT_MAX);
      if (sourcePorts === null || before.sourcePorts !== null) return null;
      return { ...before, sourcePorts };
    }
    case 'destination ports':
    case 'destination port': {
      const destinationPorts = readNumbers(value, PORT_MAX);
      if (destinationPorts === null || before.destinationPorts !== null) return null;
      return { ...before, destinationPorts };
    }
    case 'source mac':
      return withFurther(before, 'source_mac', readMacs(value));
    case 'destination mac':
      return withFurther(before, 'destination_mac', readMacs(value));
    case 'vlan':
    case 'vlan id':
      return withFurther(before, 'vlan', readNumbers(value, VLAN_MAX));
    case 'tni':
      return withFurther(before, 'tni', readNumbers(value, TNI_MAX));
    case 'gre key':
      return withFurther(before, 'gre_key', readNumbers(value, KEY_MAX));
    default:
      return null;
  }
}

/** VXLAN is UDP with a VXLAN header. Beside other protocols it has no meaning here. */
function withProtocols(before: Conditions, value: string): Conditions | null {
  const ranges = readNumbers(value, 255);
  if (ranges === null) return null;
  const protocols = everyNumber(ranges);
  if (protocols.length === 1 && protocols[0] === VXLAN) {
    return withFurther({ ...before, protocols: [UDP] }, 'tni', ANY_NETWORK);
  }
  const isPseudo = ranges.some(({ from, to }) => from >= ENCRYPTED_VXLAN && to <= VXLAN);
  return isPseudo ? null : { ...before, protocols };
}

function withFurther(
  before: Conditions,
  field: FurtherField,
  ranges: readonly PortRange[] | null,
): Conditions | null {
  const known: readonly FurtherCondition[] = before.further ?? [];
  // What stands for VXLAN asks for any network; a condition on the network narrows it.
  const isKnown = known.some((other) => other.field === field && other.ranges !== ANY_NETWORK);
  if (ranges === null || isKnown) return null;
  return { ...before, further: [...known, { field, ranges }] };
}
