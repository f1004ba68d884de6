/** What is wrong with a line of a file of lines. */
import { PortaclError, type ErrorCode } from '../errors.js';

export class LineError extends PortaclError {
  /** As the user named it; `-` is shown as `<stdin>`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;

  constructor(code: ErrorCode, file: string, line: number, message: string) {
    super(code, message);
    this.file = file === '-' ? '<stdin>' : file;
    this.line = line;
  }
}
