// Writes capture.pcap: eight minutes of made-up but plausible traffic of a Windows node whose three
// pods have no policy yet, so everything is answered. Always writes the same bytes.
//
//   node examples/web-pod/make-capture.mjs
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  ETHERTYPE,
  PROTOCOL,
  TCP,
  addressBytes,
  arp,
  ethernet,
  gre,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  macBytes,
  pcapFile,
  tcp,
  udp,
} from '../packets.mjs';

const START_US = Date.UTC(2026, 2, 10, 9, 0, 0) * 1000;
const NODE = '10.244.1.2';
const WEB = '10.244.1.10';
const DB = '10.244.1.20';
const JOBS = '10.244.1.30';
const DNS = '10.244.0.8';
const WEB_6 = 'fd00:10:244:1::10';
const CLIENT_6 = 'fd00:20::77';
const GATEWAY_6 = 'fe80::1';
const GATEWAY_MAC = '00-15-5D-01-00-01';
const MACS = new Map([
  [NODE, '00-15-5D-01-00-02'],
  [WEB, '00-15-5D-01-00-0A'],
  [WEB_6, '00-15-5D-01-00-0A'],
  [DB, '00-15-5D-01-00-14'],
  [JOBS, '00-15-5D-01-00-1E'],
]);

const packets = [];
let ipId = 1;

// A fixed sequence of numbers in [0, 1): the file must not change from run to run.
let state = 20_348;
function chance() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}
const between = (low, high) => low + chance() * (high - low);
const isPod = (address) => [WEB, WEB_6, DB, JOBS, NODE].includes(address);
/** One way, in seconds: within the node, or across the data centre. */
const wireTime = (src, dst) =>
  isPod(src) && isPod(dst) ? between(0.000_08, 0.000_2) : between(0.002, 0.006);

function send(seconds, src, dst, protocol, payload, more = {}) {
  const header = { src, dst, protocol, ...more };
  const six = src.includes(':');
  const link = {
    srcMac: MACS.get(src) ?? GATEWAY_MAC,
    dstMac: more.dstMac ?? MACS.get(dst) ?? GATEWAY_MAC,
    type: six ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4,
  };
  const packet = six ? ipv6(header, payload) : ipv4({ ...header, id: ipId++ }, payload);
  const timeUs = START_US + Math.round(seconds * 1e6);
  packets.push({ timeUs, bytes: ethernet(link, packet) });
}

/** Two ends of a TCP connection; each step returns the time at which the next may follow. */
class Connection {
  constructor(client, server, sport, dport) {
    this.ends = { client, server };
    this.ports = { client: sport, server: dport };
    this.seq = { client: Math.floor(chance() * 2 ** 32), server: Math.floor(chance() * 2 ** 32) };
  }

  segment(at, from, flags, text = '') {
    const to = from === 'client' ? 'server' : 'client';
    const payload = Buffer.from(text, 'latin1');
    const [src, dst] = [this.ends[from], this.ends[to]];
    const packet = tcp(
      {
        ...{ src, dst, sport: this.ports[from], dport: this.ports[to], seq: this.seq[from], flags },
        ack: flags & TCP.ack ? this.seq[to] : 0,
      },
      payload,
    );
    send(at, src, dst, PROTOCOL.tcp, packet);
    const counted = payload.length + (flags & TCP.syn ? 1 : 0) + (flags & TCP.fin ? 1 : 0);
    this.seq[from] = (this.seq[from] + counted) >>> 0;
    return at + wireTime(src, dst);
  }

  open(at) {
    const asked = this.segment(at, 'client', TCP.syn);
    const answered = this.segment(asked, 'server', TCP.syn | TCP.ack);
    return this.segment(answered, 'client', TCP.ack);
  }

  /** A request and its answer, then the acknowledgement of the answer. */
  ask(at, request, answer, thinking = 0.003) {
    const asked = this.segment(at, 'client', TCP.psh | TCP.ack, request);
    const answered = this.segment(asked + thinking, 'server', TCP.psh | TCP.ack, answer);
    return this.segment(answered, 'client', TCP.ack);
  }

  close(at, first = 'client') {
    const second = first === 'client' ? 'server' : 'client';
    const closing = this.segment(at, first, TCP.fin | TCP.ack);
    const closed = this.segment(closing, second, TCP.fin | TCP.ack);
    return this.segment(closed, first, TCP.ack);
  }

  reset(at, from) {
    return this.segment(at, from, TCP.rst | TCP.ack);
  }
}

let nextPort = 49_700;
const ephemeral = () => nextPort++;
const http = (path, host) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const ok = (body) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** Stands for TLS records: the right first bytes, the rest is filler. */
const tls = (type, length) =>
  `${String.fromCharCode(type, 3, 3, length >> 8, length & 255)}${'.'.repeat(length)}`;

// ---- Clients of the shop, plain and over TLS, the whole time ------------------------------------
for (let n = 0; n < 70; n++) {
  const client = `10.20.${Math.floor(between(0, 4))}.${Math.floor(between(10, 250))}`;
  const secure = chance() < 0.6;
  const connection = new Connection(client, WEB, ephemeral(), secure ? 443 : 80);
  let at = connection.open(between(0, 450));
  if (secure) at = connection.ask(at, tls(22, 190), tls(22, 420));
  for (let asked = 1 + Math.floor(chance() * 3); asked > 0; asked--) {
    const size = Math.floor(between(60, 240));
    at = secure
      ? connection.ask(at + between(0.01, 2), tls(23, 80), tls(23, size), between(0.002, 0.02))
      : connection.ask(at + between(0.01, 2), http('/cart', 'shop'), ok('x'.repeat(size)));
  }
  connection.close(at + between(0.01, 1), chance() < 0.7 ? 'client' : 'server');
}

// ---- The web pod's own needs: names, the database ----------------------------------------------
function resolve(at, pod, name) {
  const sport = ephemeral();
  const question = Buffer.concat([
    Buffer.from([sport >> 8, sport & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.from([0, 0, 1, 0, 1]),
  ]);
  const answer = Buffer.concat([
    question,
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]),
    addressBytes(DB),
  ]);
  answer[2] = 0x81;
  answer[3] = 0x80;
  answer[7] = 1;
  send(at, pod, DNS, PROTOCOL.udp, udp({ src: pod, dst: DNS, sport, dport: 53 }, question));
  const replied = at + wireTime(pod, DNS) + 0.001;
  send(
    replied,
    DNS,
    pod,
    PROTOCOL.udp,
    udp({ src: DNS, dst: pod, sport: 53, dport: sport }, answer),
  );
  return replied + wireTime(DNS, pod);
}
for (let at = 2; at < 470; at += 30) resolve(at + chance(), WEB, 'db.shop.svc.cluster.local');
for (let at = 20; at < 470; at += 120) resolve(at + chance(), DB, 'dc1.corp.example');

for (let n = 0; n < 24; n++) {
  const connection = new Connection(WEB, DB, ephemeral(), 5432);
  let at = connection.open(5 + n * 19 + chance());
  for (let asked = 0; asked < 3; asked++) {
    at = connection.ask(at + 0.002, 'Q....SELECT * FROM item WHERE id = $1', `D${'.'.repeat(90)}`);
  }
  connection.close(at + 0.5);
}

// ---- One pooled connection is idle for longer than a flow lives (240 s) -------------------------
// The database speaks first afterwards: nothing allows it to open a connection to the web pod.
{
  const pooled = new Connection(WEB, DB, ephemeral(), 5432);
  let at = pooled.ask(pooled.open(12), 'Q....LISTEN orders', 'C....LISTEN');
  at = pooled.segment(at + 300, 'server', TCP.psh | TCP.ack, 'A....orders');
  at = pooled.segment(at + 0.2, 'server', TCP.psh | TCP.ack, 'A....orders');
  pooled.ask(at + 60, 'Q....SELECT 1', 'D....1');
}
// A client's web socket is idle as long, but here the side speaks that may open: picked up again.
{
  const socket = new Connection('10.20.1.77', WEB, ephemeral(), 443);
  let at = socket.ask(socket.open(30), tls(22, 190), tls(22, 420));
  at = socket.ask(at + 290, tls(23, 60), tls(23, 90));
  socket.close(at + 20);
}
// A client gives up with a reset.
{
  const hasty = new Connection('10.20.2.31', WEB, ephemeral(), 443);
  const at = hasty.ask(hasty.open(95), tls(22, 190), tls(22, 420));
  hasty.reset(at + 0.4, 'client');
}

// ---- The kubelet's probes: port 8080 of the web pod, the database's port ------------------------
for (let at = 3; at < 475; at += 10) {
  const probe = new Connection(NODE, WEB, ephemeral(), 8080);
  probe.close(probe.ask(probe.open(at + chance() / 10), http('/healthz', WEB), ok('ok')));
}
for (let at = 8; at < 475; at += 20) {
  const probe = new Connection(NODE, DB, ephemeral(), 5432);
  probe.close(probe.open(at + chance() / 10));
}

// ---- A stranger tries the ports of Windows machines on all pods ---------------------------------
const STRANGER = '10.20.3.66';
[WEB, DB, JOBS].forEach((pod, order) => {
  [21, 22, 23, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5432, 5985, 5986, 8080].forEach(
    (port, n) => {
      const knock = new Connection(STRANGER, pod, 61_000 + order, port);
      const asked = knock.segment(200 + order * 4 + n * 0.25, 'client', TCP.syn);
      const open = { [WEB]: [80, 443, 8080], [DB]: [5432], [JOBS]: [135, 445, 5985] }[pod];
      if (!open.includes(port)) {
        knock.reset(asked, 'server');
        return;
      }
      knock.reset(knock.segment(asked, 'server', TCP.syn | TCP.ack), 'client');
    },
  );
});

// ---- The web pod behaves as if somebody were inside ---------------------------------------------
for (const at of [231, 262, 293]) {
  const metadata = new Connection(WEB, '169.254.169.254', ephemeral(), 80);
  const path = '/metadata/identity/oauth2/token?resource=https://vault';
  metadata.close(
    metadata.ask(metadata.open(at), http(path, '169.254.169.254'), ok('{"token":"…"}')),
  );
}
for (let n = 0; n < 6; n++) {
  const beacon = new Connection(WEB, '203.0.113.66', ephemeral(), 4444);
  // Nobody answers: the stack asks again after one and three seconds.
  const first = beacon.seq.client;
  for (const wait of [0, 1, 3]) {
    beacon.seq.client = first;
    beacon.segment(240 + n * 35 + wait, 'client', TCP.syn);
  }
}

// ---- Pings, an error that quotes a connection, tunnels out of the blue --------------------------
function ping(at, src, dst, id, sequence) {
  const rest = id * 65_536 + sequence;
  const filler = Buffer.from('abcdefghijklmnopqrstuvwabcdefghi');
  send(at, src, dst, PROTOCOL.icmp, icmp({ type: 8, rest }, filler));
  send(at + wireTime(src, dst), dst, src, PROTOCOL.icmp, icmp({ type: 0, rest }, filler));
}
for (let n = 1; n <= 4; n++) {
  ping(60 + n, '10.20.0.15', WEB, 1, n);
  ping(70 + n, NODE, DB, 1, n);
  ping(150 + n, WEB, '10.20.0.1', 2, n);
}
{
  // A router on the way has a smaller MTU than the web pod thinks.
  const connection = new Connection('10.20.0.99', WEB, ephemeral(), 80);
  const at = connection.open(120);
  const lost = tcp(
    {
      ...{ src: WEB, dst: '10.20.0.99', sport: 80, dport: connection.ports.client },
      ...{ seq: connection.seq.server, ack: connection.seq.client, flags: TCP.ack },
    },
    Buffer.alloc(8),
  );
  const quoted = ipv4({ src: WEB, dst: '10.20.0.99', protocol: PROTOCOL.tcp, id: ipId++ }, lost);
  const error = icmp({ type: 3, code: 4, rest: 1400 }, quoted.subarray(0, 28));
  send(at + 0.01, '10.20.0.1', WEB, PROTOCOL.icmp, error);
  connection.close(connection.ask(at + 0.02, http('/', 'shop'), ok('x'.repeat(200))));
}
for (const [n, pod] of [WEB, JOBS, JOBS].entries()) {
  const inner = ipv4(
    { src: '192.168.7.1', dst: '192.168.7.2', protocol: PROTOCOL.icmp },
    icmp({ type: 8, rest: 1 }),
  );
  send(310 + n, '198.51.100.9', pod, PROTOCOL.gre, gre(ETHERTYPE.ipv4, inner));
}

// ---- A datagram in two fragments ----------------------------------------------------------------
{
  const body = udp(
    { src: JOBS, dst: '10.30.0.5', sport: 50_514, dport: 514 },
    Buffer.alloc(1700, 'log '),
  );
  const id = 40_000;
  const halves = [
    [body.subarray(0, 1480), 0x2000],
    [body.subarray(1480), 1480 / 8],
  ];
  halves.forEach(([bytes, fragment], n) => {
    const header = { src: JOBS, dst: '10.30.0.5', protocol: PROTOCOL.udp, id, fragment };
    const link = { srcMac: MACS.get(JOBS), dstMac: GATEWAY_MAC, type: ETHERTYPE.ipv4 };
    const timeUs = START_US + 180_000_000 + n * 10;
    packets.push({ timeUs, bytes: ethernet(link, ipv4(header, bytes)) });
  });
}

// ---- Below and beside IPv4: ARP, a little IPv6 --------------------------------------------------
function whoHas(at, asker, wanted) {
  const [srcMac, dstMac] = [MACS.get(asker), MACS.get(wanted)];
  const type = ETHERTYPE.arp;
  const ask = arp({ operation: 1, srcMac, src: asker, dst: wanted });
  const answer = arp({ operation: 2, srcMac: dstMac, src: wanted, dstMac: srcMac, dst: asker });
  const timeUs = START_US + at * 1_000_000;
  packets.push(
    { timeUs, bytes: ethernet({ srcMac, dstMac: 'FF-FF-FF-FF-FF-FF', type }, ask) },
    { timeUs: timeUs + 130, bytes: ethernet({ srcMac: dstMac, dstMac: srcMac, type }, answer) },
  );
}
for (let at = 1; at < 480; at += 60) {
  whoHas(at, NODE, WEB);
  whoHas(at + 4, WEB, DB);
}
for (const at of [10, 250]) {
  const group = 'ff02::1:ff00:10';
  const target = Buffer.concat([addressBytes(WEB_6), Buffer.from([1, 1]), macBytes(GATEWAY_MAC)]);
  const solicit = icmpv6({ src: GATEWAY_6, dst: group, type: 135 }, target);
  const sixth = { hops: 255, dstMac: '33-33-FF-00-00-10' };
  send(at, GATEWAY_6, group, PROTOCOL.icmpv6, solicit, sixth);
  const shown = Buffer.concat([
    addressBytes(WEB_6),
    Buffer.from([2, 1]),
    macBytes(MACS.get(WEB_6)),
  ]);
  const flags = 0x6000_0000;
  const advert = icmpv6({ src: WEB_6, dst: GATEWAY_6, type: 136, rest: flags }, shown);
  send(at + 0.000_2, WEB_6, GATEWAY_6, PROTOCOL.icmpv6, advert, { hops: 255 });
}
for (const at of [40, 260]) {
  const connection = new Connection(CLIENT_6, WEB_6, ephemeral(), 443);
  const asked = connection.ask(connection.open(at), tls(22, 190), tls(22, 420));
  connection.close(connection.ask(asked, tls(23, 80), tls(23, 200)));
}
{
  const knock = new Connection(CLIENT_6, WEB_6, ephemeral(), 3389);
  knock.reset(knock.segment(205, 'client', TCP.syn), 'server');
}

const file = fileURLToPath(new URL('capture.pcap', import.meta.url));
const bytes = pcapFile(packets);
writeFileSync(file, bytes);
console.log(`capture.pcap: ${packets.length} packets, ${bytes.length} bytes`);
