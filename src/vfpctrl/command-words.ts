/** The words of a vfpctrl command, and the refusal of one that does not fit. */
import type { SourceLocation } from '../errors.js';
import { quote } from '../source/source-node.js';

export interface Word {
  readonly text: string;
  readonly place: SourceLocation;
}
/** What of a command its words are read from. */
export interface CommandWords {
  readonly action: Word;
  readonly words: readonly Word[];
}

export type RefusalCode = 'dump-line' | 'dump-incomplete' | 'unsupported-condition';

/** Ends the reading of one line. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly place: SourceLocation;

  constructor(code: RefusalCode, place: SourceLocation, message: string) {
    super(message);
    this.code = code;
    this.place = place;
  }
}

export function misfit({ text, place }: Word, wanted: string): Refusal {
  return new Refusal('dump-line', place, `The line has ${quote(text)}; wanted is ${wanted}.`);
}

/** The words of a command in order, each checked as it is taken. */
export class Words {
  readonly #command: CommandWords;
  #at = 0;

  constructor(command: CommandWords) {
    this.#command = command;
  }

  get left(): number {
    return this.#command.words.length - this.#at;
  }

  take(what: string): Word {
    const word = this.#command.words[this.#at++];
    if (word !== undefined) return word;
    const { text, place } = this.#command.action;
    throw new Refusal('dump-line', place, `${quote(text)} ends where ${what} is wanted.`);
  }

  /** Takes the next word where it is of that form. Whether it was. */
  takeIf(form: RegExp): boolean {
    const word = this.#command.words[this.#at];
    if (word === undefined || !form.test(word.text)) return false;
    this.#at++;
    return true;
  }

  number(what: string, max: number): number {
    const word = this.take(what);
    if (/^\d{1,10}$/.test(word.text) && Number(word.text) <= max) return Number(word.text);
    throw misfit(word, `${what}, a number up to ${max}`);
  }

  one<T>(what: string, accepted: Readonly<Record<string, T>>): T {
    const word = this.take(what);
    const key = word.text.toLowerCase();
    if (Object.hasOwn(accepted, key)) return accepted[key]!;
    throw misfit(word, `${what}: ${Object.keys(accepted).join(', ')}`);
  }

  /** Nothing may follow that could mean something. */
  end(): void {
    const word = this.#command.words[this.#at];
    if (word !== undefined) throw misfit(word, 'the end of the line');
  }
}
