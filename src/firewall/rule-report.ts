/**
 * Findings on one rule. In strict reading an error stops the load; in lenient reading the rule is
 * left out and listed. Never is a rule taken with a condition silently missing.
 * Source: windows-firewall.md 11.
 */
import type { ErrorCode, SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';

/**
 * `strict`: the published grammar. `lenient`: what third-party files write too, each with a
 * warning. `service`: the same without warnings, for the stores of services, which Windows itself
 * fills so.
 */
export type Dialect = 'strict' | 'lenient' | 'service';

/** A field of a rule, by its name in {@link FirewallRule}, or a place in its text. */
export type Field = string | number;

export class RuleReport {
  readonly dialect: Dialect;
  readonly #reporter: Reporter;
  readonly #rule: string;
  readonly #place: (field: Field) => SourceLocation;
  #failed = false;
  /** Forms beyond the grammar that were taken without a word. */
  additions = 0;

  constructor(
    reporter: Reporter,
    rule: string,
    place: (field: Field) => SourceLocation,
    dialect: Dialect,
  ) {
    this.#reporter = reporter;
    this.#rule = rule;
    this.#place = place;
    this.dialect = dialect;
  }

  /** The rule cannot be taken. `found` is shown shortened. */
  error(code: ErrorCode, field: Field, message: string, found?: string, expected?: string): void {
    this.#failed = true;
    const details = this.#details(found, expected);
    if (this.#reporter.strict) {
      this.#reporter.error(code, this.#place(field), message, details);
    } else {
      const left = `${message} The rule ${quote(this.#rule)} is left out.`;
      this.#reporter.warning(code, this.#place(field), left, details);
    }
  }

  /** Beyond the published grammar, but with a plain meaning. */
  lax(code: ErrorCode, field: Field, message: string, found?: string, expected?: string): void {
    if (this.dialect === 'service') this.additions += 1;
    else if (this.dialect === 'strict') this.error(code, field, message, found, expected);
    else this.warning(code, field, message, found, expected);
  }

  warning(code: ErrorCode, field: Field, message: string, found?: string, expected?: string): void {
    this.#reporter.warning(code, this.#place(field), message, this.#details(found, expected));
  }

  /** Whether an error was found: the rule must not be used. */
  get failed(): boolean {
    return this.#failed;
  }

  at(field: Field): SourceLocation {
    return this.#place(field);
  }

  #details(found?: string, expected?: string): { found?: string; expected?: string; rule: string } {
    return {
      ...(found !== undefined && { found: quote(found) }),
      ...(expected !== undefined && { expected }),
      rule: this.#rule,
    };
  }
}
