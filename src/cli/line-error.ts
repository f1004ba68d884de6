/** What is wrong with a line of a file of lines. */
import { FileError, type ErrorCode } from '../errors.js';

export class LineError extends FileError {
  /** From 1. */
  readonly line: number;

  constructor(code: ErrorCode, file: string, line: number, message: string) {
    super(code, file, message);
    this.line = line;
  }
}
