/** Processor time of this process, and of the programs it has run. */
import { readFileSync } from 'node:fs';

export interface ProcessorTime {
  readonly own: number;
  /** Of programs that have ended; null where the system does not tell. */
  readonly programs: number | null;
}

/** Seconds since the process began. */
export function processorTime(): ProcessorTime {
  const { user, system } = process.cpuUsage();
  return { own: (user + system) / 1e6, programs: programsTime() };
}

export const timeBetween = (begin: ProcessorTime, end: ProcessorTime): number =>
  end.own - begin.own + (end.programs ?? 0) - (begin.programs ?? 0);

/** The unit of times in /proc, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Source: proc_pid_stat(5): the 16th and 17th field; the second is a name in parentheses. */
function programsTime(): number | null {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[13]) + Number(fields[14]);
    return Number.isNaN(ticks) ? null : ticks / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}
