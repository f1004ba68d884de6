/**
 * Tags of a port in vfpctrl commands: named sets of addresses, for which rules ask by id.
 * Source: vfp.md 1, 2.4, 12.1; docs/semantics/vfpctrl.md, X10.
 */
import { EMPTY_SET, intersectionOf } from '../normalise/address-set.js';
import type { AddressSet, Conditions } from '../normalise/normalised-host.js';
import { quote } from '../source/source-node.js';
import { Refusal, misfit, type Word, type Words } from './command-words.js';
import { readAddresses } from './condition-text.js';

export interface Tag {
  readonly family: 4 | 6;
  readonly set: AddressSet;
}
/** By id. */
export type Tags = Map<string, Tag>;

/** Ids of the tags that a rule asks for; null: of none. */
export interface AskedTags {
  readonly source: string | null;
  readonly destination: string | null;
}

const FAMILIES = { ipv4: 4, ipv6: 6 } as const;

/** `[id] [name] [ipv4|ipv6] [ips]`, of one that is not there yet. */
export function addTag(words: Words, tags: Tags): void {
  const { id, tag } = readTag(words);
  if (tags.has(id.text)) throw misfit(id, 'the id of a tag that is not there yet');
  tags.set(id.text, tag);
}

/** The same of one that is there. Rules that ask for it ask for the new addresses. */
export function replaceTag(words: Words, tags: Tags): void {
  const { id, tag } = readTag(words);
  if (tagOf(tags, id).family !== tag.family) throw misfit(id, 'a tag of the family it had');
  tags.set(id.text, tag);
}

function readTag(words: Words): { readonly id: Word; readonly tag: Tag } {
  const id = words.take('the id');
  words.take('the name');
  const family = words.one('the family', FAMILIES);
  if (words.left === 0) return { id, tag: { family, set: EMPTY_SET } };
  const first = words.take('the addresses');
  let list = first.text;
  while (words.left > 0) list += `,${words.take('the addresses').text}`;
  const set = readAddresses(list, family);
  if (set === null) throw misfit(first, `a list of IPv${family} addresses`);
  return { id, tag: { family, set } };
}

/** The id of a tag that a rule of that family may ask for; null for `*`. */
export function askedTag(tags: Tags, word: Word, family: 4 | 6): string | null {
  if (word.text === '*') return null;
  if (tagOf(tags, word).family !== family) throw misfit(word, `a tag of IPv${family} addresses`);
  return word.text;
}

function tagOf(tags: Tags, { text, place }: Word): Tag {
  const found = tags.get(text);
  if (found !== undefined) return found;
  const message = `The tag ${quote(text)} is not there; /add-tag makes it.`;
  throw new Refusal('dump-incomplete', place, message);
}

/** Conditions that hold where those of the rule hold and the addresses are of its tags. */
export function withTags(
  conditions: Conditions,
  { source, destination }: AskedTags,
  tags: Tags,
): Conditions {
  const within = (side: AddressSet | null, id: string | null): AddressSet | null =>
    id === null ? side : intersectionOf(side, tags.get(id)!.set);
  return {
    ...conditions,
    source: within(conditions.source, source),
    destination: within(conditions.destination, destination),
  };
}
