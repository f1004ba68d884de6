/** Endpoints by the names callers give: their own, and those of their containers (R15). */
import { shownValue } from '../arguments.js';
import { PortaclError, type ErrorCode } from '../errors.js';
import type { NormalisedEndpoint } from './normalised-host.js';

/** The index of an endpoint; without a name that of the only one. */
export type EndpointNames = (name: string | undefined) => number;

const SHOWN_MAX = 8;

/** What it gives throws {@link PortaclError} `code` for a name that is not in the model. */
export function endpointNames(
  endpoints: readonly NormalisedEndpoint[],
  code: ErrorCode,
): EndpointNames {
  const indexes = endpointIndexes(endpoints);
  const known = endpoints
    .slice(0, SHOWN_MAX)
    .map(({ name }) => name)
    .join(', ');
  return (name) => {
    const index = name === undefined ? undefined : indexes.get(name);
    if (index !== undefined) return index;
    if (name === undefined && endpoints.length === 1) return 0;
    throw new PortaclError(
      code,
      name === undefined
        ? `a packet with dir needs endpoint when the model has several; it has ${known}`
        : `endpoint ${shownValue(name)} is not in the model; it has ${known}`,
    );
  };
}

/** A container's name that two pods have names none. */
function endpointIndexes(endpoints: readonly NormalisedEndpoint[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  const ofSeveral = new Set<string>();
  endpoints.forEach(({ containers }, i) => {
    for (const name of containers) {
      if ((indexes.get(name) ?? i) !== i) ofSeveral.add(name);
      indexes.set(name, i);
    }
  });
  for (const name of ofSeveral) indexes.delete(name);
  endpoints.forEach(({ name }, i) => indexes.set(name, i));
  return indexes;
}
