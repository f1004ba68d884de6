/** Keys of rule strings that a packet answers: protocol, ports, ICMP types, addresses. */
import { readAddressItem } from './address-items.js';
import { addressKeyword, portKeyword } from './keywords.js';
import { readIcmpItem, readPortItem, type PortSide } from './port-items.js';
import type { RuleReport } from './rule-report.js';
import type { ReadKey, StringDraft } from './string-draft.js';

const PROTOCOL_WORDS: Readonly<Record<string, number>> = { icmpv4: 1, tcp: 6, udp: 17, icmpv6: 58 };
export const readProtocol: ReadKey = (draft, value, at, report) => {
  const named = PROTOCOL_WORDS[value.toLowerCase()];
  if (named !== undefined) {
    report.lax('fw-protocol', at, 'A protocol is a number from 0 to 255.', value, '0 to 255');
    draft.protocol = named;
  } else if (/^\d{1,3}$/.test(value) && Number(value) <= 255) {
    draft.protocol = Number(value);
  } else {
    report.error('fw-protocol', at, 'A protocol is a number from 0 to 255.', value, '0 to 255');
  }
  for (const late of draft.late) {
    const message = `The key ${late.key} stands ahead of Protocol, which decides what it means.`;
    report.lax('fw-port-protocol', late.at, message, late.key);
  }
  draft.late.length = 0;
};

function noteOrder(draft: StringDraft, key: string, at: number): void {
  if (!draft.given.has('Protocol')) draft.late.push({ key, at });
}

export const ports =
  (key: string, side: PortSide): ReadKey =>
  (draft, value, at, report) => {
    noteOrder(draft, key, at);
    if (value === '') {
      report.lax('fw-port', at, 'A condition that is not meant is left out.', `${key}=`);
      return;
    }
    const items = value.split(',');
    if (items.length > 1) {
      report.lax('fw-port', at, `The key ${key} takes one port; it is given once for each.`, value);
    }
    for (const item of items) {
      const port = readPortItem(item.trim(), side, report, at);
      if (port === null) continue;
      checkCarrier(key, item.trim(), side, at, report);
      const list = side === 'local' ? draft.localPorts : draft.remotePorts;
      if (!list.some((each) => JSON.stringify(each) === JSON.stringify(port))) list.push(port);
    }
  };

/** Each key takes what its version brought. Source: windows-firewall.md 7.1. */
function checkCarrier(
  key: string,
  item: string,
  side: PortSide,
  at: number,
  report: RuleReport,
): void {
  const row = portKeyword(item, side);
  const isRange = item.includes('-') && row === null;
  const carrier = row?.key ?? (isRange ? `${key[0]!}Port2_10` : `${key[0]!}Port`);
  // Ranges in the keys of 2.10 and later do not disturb; 2.25 is the published home of mDNS.
  const fits =
    carrier === key ||
    (row?.name === 'mDNS' && key === 'LPort2_25') ||
    (row === null && key !== `${key[0]!}Port`);
  if (!fits)
    report.lax(
      'fw-port',
      at,
      `The key ${key} does not carry ${item}; ${carrier} does.`,
      item,
      carrier,
    );
}

export const icmp =
  (key: string, family: 4 | 6): ReadKey =>
  (draft, value, at, report) => {
    noteOrder(draft, key, at);
    const item = readIcmpItem(value, family, report, at);
    if (item !== null) draft.icmp.push(item);
  };

export const addresses =
  (key: string, side: PortSide, family: 4 | 6, late = false): ReadKey =>
  (draft, value, at, report) => {
    if (value === '' || value.toLowerCase() === 'any') {
      report.lax('fw-addr', at, 'A condition that is not meant is left out.', `${key}=${value}`);
      return;
    }
    const row = addressKeyword(value);
    if (row !== null && row.late !== late) {
      const carrier = `${key.slice(0, 3)}${row.late ? '2' : ''}`;
      report.lax(
        'fw-addr-keyword',
        at,
        `The key ${key} does not carry ${value}; ${carrier} does.`,
        value,
        carrier,
      );
    }
    const context = { report, field: at, family, keywords: side === 'remote' };
    const list = side === 'local' ? draft.localAddresses : draft.remoteAddresses;
    list.push(...readAddressItem(value, context));
  };
