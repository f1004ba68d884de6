/** Objects of the service as JSON has them, and maps of them by ID. */
import { HNS_CODE, HnsError } from './hns-error.js';

/** An object of the service as JSON has it. */
export type HnsObject = Readonly<Record<string, unknown>>;

/** A copy that nobody else can change. @throws {HnsError} for what JSON cannot say */
export function plain(value: unknown): HnsObject {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    copy = null;
  }
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as HnsObject;
  throw new HnsError(HNS_CODE.INVALID_JSON, 'the request is no JSON object');
}

/** The objects of a list that may be absent. @throws {HnsError} for what is none */
export function listOf(holder: HnsObject, name: string): readonly HnsObject[] {
  const list = holder[name] ?? [];
  if (!Array.isArray(list)) throw new HnsError(HNS_CODE.INVALID_JSON, `${name} is no list`);
  return (list as readonly unknown[]).map(plain);
}

/** Equal for values that are equal in every field, whatever their order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** By ID, as {@link keyOf} has it; the objects are nobody else's. */
export type HnsObjects = ReadonlyMap<string, HnsObject>;

export const idOf = (object: HnsObject): string => object['ID'] as string;

/** IDs are GUIDs, written in capitals by some and in small letters by others. Assumption: L14. */
export const keyOf = (id: string): string => id.toUpperCase();

export function withOne(objects: HnsObjects, object: HnsObject): HnsObjects {
  return new Map(objects).set(keyOf(idOf(object)), object);
}

export function without(objects: HnsObjects, id: string): HnsObjects {
  const rest = new Map(objects);
  rest.delete(keyOf(id));
  return rest;
}
