/** Facts about the firewall in a host description, word by word. Source: windows-firewall.md 10.1. */
import type { SourceLocation } from '../errors.js';
import { readAddressItem } from '../firewall/address-items.js';
import {
  NO_MACHINE_FACTS,
  type InterfaceState,
  type IpsecFact,
  type MachineFacts,
  type ProcessFact,
} from '../firewall/facts.js';
import {
  INTERFACE_TYPE_BIT,
  PROFILE_NAMES,
  type InterfaceType,
  type ProfileName,
} from '../firewall/firewall-rule.js';
import { ADDRESS_KEYWORDS, addressKeyword, PORT_KEYWORDS } from '../firewall/keywords.js';
import { readPortItem } from '../firewall/port-items.js';
import { EVERYTHING, type Region } from '../firewall/region.js';
import { RuleReport } from '../firewall/rule-report.js';
import { setProtocol, wordOf } from '../firewall/vocabulary.js';
import { newDraft } from '../firewall/rule-draft.js';
import { addressSet, unionOf } from '../normalise/address-set.js';
import type { AddressSet, PortRange } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import type { FirewallForm, InterfaceForm, ProcessForm } from './firewall-form.js';

type Path = readonly (string | number)[];
export type Locate = (path: Path) => SourceLocation;

/** What is known of one interface of an endpoint; null where nothing says it. */
export interface DescribedInterface {
  readonly profile: ProfileName | null;
  readonly type: InterfaceType | null;
  /** GUID and alias. */
  readonly names: readonly string[];
  readonly state: InterfaceState;
  readonly edgeTraversed: boolean;
  readonly prefixes: AddressSet | null;
  readonly processes: readonly ProcessFact[];
}

const TCP = 6;
const UDP = 17;

/** Findings of the description have its own code, not those of rules. */
class Reading {
  readonly #reporter: Reporter;
  readonly #locate: Locate;

  constructor(reporter: Reporter, locate: Locate) {
    this.#reporter = reporter;
    this.#locate = locate;
  }

  report(path: Path): RuleReport {
    return new RuleReport(this.#reporter, path.join('.'), () => this.#locate(path), 'strict');
  }

  refuse(path: Path, message: string): void {
    this.#reporter.error('fw-env', this.#locate(path), message);
  }

  addresses(texts: readonly string[], path: Path): AddressSet {
    const sets = texts.flatMap((text, i) => {
      const report = this.report([...path, i]);
      return readAddressItem(text, { report, field: 0, family: null, keywords: false });
    });
    return unionOf(
      sets.flatMap((item) => {
        if (item.kind === 'keyword') return [];
        const range = [{ from: item.from, to: item.to }];
        return [item.family === 4 ? addressSet(range, []) : addressSet([], range)];
      }),
    );
  }

  ports(items: readonly (string | number)[], path: Path): PortRange[] {
    return items.flatMap((item, i) => {
      const read = readPortItem(String(item), 'local', this.report([...path, i]), 0);
      if (read?.kind === 'range') return [{ from: read.from, to: read.to }];
      if (read !== null)
        this.refuse([...path, i], `${item} is a keyword; a port or a range is wanted.`);
      return [];
    });
  }

  process(form: ProcessForm, path: Path): ProcessFact {
    const optional = (text: string | undefined): string | null => text ?? null;
    return {
      region: this.#processRegion(form, path),
      program: optional(form.program),
      service: optional(form.service),
      package: optional(form.package),
      user: optional(form.user),
      edgeTraversal: form.edgeTraversal ?? null,
    };
  }

  #processRegion(form: ProcessForm, path: Path): Region {
    const draft = newDraft('', 'local', this.#locate(path));
    if (form.protocol !== undefined) {
      setProtocol(draft, String(form.protocol), this.report([...path, 'protocol']));
    }
    const hasPorts = form.localPort !== undefined || form.remotePort !== undefined;
    if (hasPorts && draft.protocol !== TCP && draft.protocol !== UDP) {
      this.refuse(path, 'A process with a port needs the protocol TCP or UDP.');
    }
    const address = (text: string | undefined, name: string): AddressSet | null =>
      text === undefined ? null : this.addresses([text], [...path, name]);
    const port = (item: string | number | undefined, name: string): readonly PortRange[] | null =>
      item === undefined ? null : this.ports([item], [...path, name]);
    return {
      ...EVERYTHING,
      protocols: draft.protocol === null ? null : [{ from: draft.protocol, to: draft.protocol }],
      local: address(form.localAddress, 'localAddress'),
      remote: address(form.remoteAddress, 'remoteAddress'),
      localPorts: port(form.localPort, 'localPort'),
      remotePorts: port(form.remotePort, 'remotePort'),
    };
  }

  word<T>(words: Readonly<Record<string, T>>, text: string | undefined, path: Path): T | null {
    if (text === undefined) return null;
    return wordOf(words, text, (expected) =>
      this.refuse(path, `What stands here is one of ${expected}.`),
    );
  }
}

const PROFILE_WORDS = Object.fromEntries(PROFILE_NAMES.map((name) => [name, name]));
const TYPE_WORDS = Object.fromEntries(
  Object.keys(INTERFACE_TYPE_BIT).map((name) => [name, name as InterfaceType]),
);

export function readInterface(
  form: InterfaceForm,
  path: Path,
  reporter: Reporter,
  locate: Locate,
): DescribedInterface {
  const reading = new Reading(reporter, locate);
  const { interfaceAlias: alias, interfaceGuid: guid } = form;
  return {
    profile: reading.word(PROFILE_WORDS, form.profile, [...path, 'profile']),
    type: reading.word(TYPE_WORDS, form.interfaceType, [...path, 'interfaceType']),
    names: [guid, alias].filter((name) => name !== undefined),
    state: 'ready',
    edgeTraversed: form.edgeTraversed ?? false,
    prefixes:
      form.prefixes === undefined ? null : reading.addresses(form.prefixes, [...path, 'prefixes']),
    processes: readProcesses(form.processes ?? [], [...path, 'processes'], reporter, locate),
  };
}

export function readProcesses(
  forms: readonly ProcessForm[],
  path: Path,
  reporter: Reporter,
  locate: Locate,
): readonly ProcessFact[] {
  const reading = new Reading(reporter, locate);
  return forms.map((form, i) => reading.process(form, [...path, i]));
}

export function readMachine(
  form: FirewallForm,
  path: Path,
  reporter: Reporter,
  locate: Locate,
): MachineFacts {
  const reading = new Reading(reporter, locate);
  const entries = <T>(record: Readonly<Record<string, T>> | undefined): [string, T][] =>
    Object.entries(record ?? {});
  const addressSets = entries(form.addressSets).flatMap(([name, texts]) => {
    const at = [...path, 'addressSets', name];
    const row = addressKeyword(name);
    if (row !== null) return [[row.name, reading.addresses(texts, at)] as const];
    reading.refuse(
      at,
      `${name} is no set of addresses; there are ${ADDRESS_KEYWORDS.map((each) => each.name).join(', ')}.`,
    );
    return [];
  });
  const portSets = entries(form.portSets).flatMap(([name, items]) => {
    const at = [...path, 'portSets', name];
    const row = PORT_KEYWORDS.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (row !== undefined) return [[row.name, reading.ports(items, at)] as const];
    reading.refuse(
      at,
      `${name} is no set of ports; there are ${PORT_KEYWORDS.map((each) => each.name).join(', ')}.`,
    );
    return [];
  });
  const dynamic = entries(form.dynamicAddresses).map(
    ([guid, texts]) =>
      [guid.toUpperCase(), reading.addresses(texts, [...path, 'dynamicAddresses', guid])] as const,
  );
  const variables = entries(form.variables).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return {
    addressSets: new Map(addressSets),
    portSets: new Map(portSets),
    dynamicAddresses: new Map(dynamic),
    variables: new Map([...NO_MACHINE_FACTS.variables, ...variables]),
    ipsec: (form.ipsec ?? []).map((each, i): IpsecFact => {
      const at = [...path, 'ipsec', i];
      const side = (text: string | undefined, name: string): AddressSet | null =>
        text === undefined ? null : reading.addresses([text], [...at, name]);
      return {
        local: side(each.localAddress, 'localAddress'),
        remote: side(each.remoteAddress, 'remoteAddress'),
        encrypted: each.state === 'encrypted',
        machine: each.machine ?? null,
        user: each.user ?? null,
      };
    }),
  };
}
