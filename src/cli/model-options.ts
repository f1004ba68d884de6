/** The options by which every command learns of policies and platform. */
import type { Command } from 'commander';

import {
  CAPTURE_POINTS,
  capturePointOption,
  type CapturePoint,
} from '../captures/capture-point.js';
import { PortaclError } from '../errors.js';
import { FAITHFUL_FRONT_ENDS, type FaithfulFrontEnd } from '../kubernetes/compilers.js';
import type { HostSources } from '../load-host.js';
import {
  DEFAULT_OPTIONS,
  FLOW_LIMIT_MAX,
  OPTION_WORDS,
  TIMER_SECONDS_MAX,
  TIMER_SECONDS_MIN,
  type SemanticOptionsInput,
} from '../normalise/options.js';

export interface ModelOptions {
  readonly policy?: string[];
  readonly as?: string;
  readonly host?: string;
  readonly firewall?: string[];
  readonly windows?: string;
  readonly driver?: string;
  readonly isolation?: string;
  readonly endpoint?: string;
  readonly option?: string[];
  readonly strict?: boolean;
  readonly lenient?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Of commands with {@link addCapturePoint}. */
  readonly capturePoint?: CapturePoint;
}

/** For options that are given once for each value, so that they take nothing that follows. */
export const repeated = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

export function addModelOptions(command: Command): Command {
  return addPlatformOptions(
    command
      .option(
        '-p, --policy <file...>',
        'HNS documents (JSON), Kubernetes objects (YAML or JSON), folders of them',
      )
      .option('--host <file>', 'host description: networks, endpoints, policies (YAML or JSON)')
      .option(
        '--as <front-end>',
        `NetworkPolicies as ${FAITHFUL_FRONT_ENDS.join(' or ')} would program them`,
      ),
  );
}

export function addPlatformOptions(command: Command): Command {
  return command
    .option('--windows <release>', 'Windows release or build, e.g. ws2022 or 20348')
    .option(
      '--firewall <file>',
      'Windows Firewall policy of the host, one each time: .reg, registry.pol, .wfw, netsh, JSON',
      repeated,
    )
    .option('--driver <driver>', 'network driver: nat, transparent, l2bridge, l2tunnel, overlay')
    .option('--isolation <kind>', 'process, hyperv, or host: the own stack of the host')
    .option('--endpoint <endpoint>', 'NAME, ADDRESS, or NAME=ADDRESS[,ADDRESS...]')
    .option(
      '-o, --option <key=value>',
      `a choice where sources are silent, one each time: ${Object.keys(DEFAULT_OPTIONS).join(', ')}, timers.NAME`,
      repeated,
    )
    .option('--strict', 'refuse documents with mistakes (default)')
    .option('--lenient', 'repair mistakes in documents with a warning, go on after damage')
    .option('--json', 'machine-readable output')
    .option('-q, --quiet', 'no warnings and no progress');
}

/** Of commands that read captures. @throws {PortaclError} bad-usage, when it is parsed */
export function addCapturePoint(command: Command): Command {
  return command.option(
    '--capture-point <where>',
    `where captures were taken: ${CAPTURE_POINTS.join(', ')} (VXLAN is opened); default: ${CAPTURE_POINTS[0]}`,
    capturePointOption,
  );
}

/** @throws {PortaclError} bad-usage */
export function hostSources(options: ModelOptions): HostSources {
  if (options.strict && options.lenient) {
    throw new PortaclError('bad-usage', '--strict and --lenient exclude each other');
  }
  return {
    policies: options.policy ?? [],
    ...(options.host !== undefined && { host: options.host }),
    ...(options.firewall !== undefined && { firewall: options.firewall }),
    platform: {
      windows: options.windows,
      driver: options.driver,
      isolation: options.isolation,
      endpoint: options.endpoint,
    },
    ...(options.as !== undefined && { frontEnd: frontEndOf(options.as) }),
    strict: options.lenient !== true,
    options: semanticOptions(options.option ?? []),
  };
}

/** The same options again, as words behind the captures of another command. */
export function modelArguments(options: ModelOptions & { readonly at?: string[] }): string[] {
  const one = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  return [
    ...one('--host', options.host),
    ...(options.policy === undefined ? [] : ['--policy', ...options.policy]),
    ...one('--as', options.as),
    ...(options.firewall ?? []).flatMap((file) => ['--firewall', file]),
    ...one('--windows', options.windows),
    ...one('--driver', options.driver),
    ...one('--isolation', options.isolation),
    ...one('--endpoint', options.endpoint),
    ...(options.option ?? []).flatMap((pair) => ['--option', pair]),
    ...(options.lenient === true ? ['--lenient'] : []),
    ...one('--capture-point', options.capturePoint),
    ...(options.at === undefined ? [] : ['--at', ...options.at]),
  ];
}

/** @throws {PortaclError} bad-usage */
export function frontEndOf(text: string): FaithfulFrontEnd {
  const frontEnd = FAITHFUL_FRONT_ENDS.find((each) => each === text);
  if (frontEnd !== undefined) return frontEnd;
  const wanted = `one of ${FAITHFUL_FRONT_ENDS.join(', ')} is wanted`;
  throw new PortaclError('bad-usage', `--as ${text}: ${wanted}`);
}

const WORDS: Readonly<Record<string, readonly string[]>> = OPTION_WORDS;

function semanticOptions(pairs: readonly string[]): SemanticOptionsInput {
  const options: Record<string, unknown> = {};
  const timers: Record<string, number> = {};
  const flowLimits: Record<string, number> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const [key, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const words = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined;
    if (words !== undefined) {
      if (!words.includes(value)) throw badOption(pair, `${key} is one of ${words.join(', ')}`);
      options[key] = value;
    } else if (key === 'flowLimit') {
      options[key] = boundedNumber(pair, value, 1, FLOW_LIMIT_MAX, true);
    } else if (isOf('flowLimits', key)) {
      flowLimits[key.slice('flowLimits.'.length)] = boundedNumber(
        ...([pair, value, 1, FLOW_LIMIT_MAX, true] as const),
      );
    } else if (isOf('timers', key)) {
      timers[key.slice(7)] = boundedNumber(
        pair,
        value,
        TIMER_SECONDS_MIN,
        TIMER_SECONDS_MAX,
        false,
      );
    } else {
      const known = [...Object.keys(WORDS), 'flowLimit'];
      const nested = NESTED.flatMap((of) =>
        Object.keys(DEFAULT_OPTIONS[of]).map((name) => `${of}.${name}`),
      );
      throw badOption(pair, `known are ${[...known, ...nested].join(', ')}`);
    }
  }
  return { ...options, timers, flowLimits };
}

const NESTED = ['flowLimits', 'timers'] as const;

/** Whether it is `timers.NAME` or `flowLimits.NAME` with a name that is known. */
function isOf(of: (typeof NESTED)[number], key: string): boolean {
  const [head, name, ...rest] = key.split('.');
  return head === of && rest.length === 0 && Object.hasOwn(DEFAULT_OPTIONS[of], name ?? '');
}

function boundedNumber(
  pair: string,
  text: string,
  min: number,
  max: number,
  whole: boolean,
): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw badOption(pair, `a ${whole ? 'whole ' : ''}number from ${min} to ${max} is wanted`);
}

function badOption(pair: string, wanted: string): PortaclError {
  return new PortaclError('bad-usage', `--option ${pair}: ${wanted}`);
}
