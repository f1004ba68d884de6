/** Small captures, byte by byte. */

export interface TcpFrame {
  readonly from?: number;
  readonly to?: number;
  readonly sourcePort?: number;
  readonly port?: number;
}

/** A TCP SYN in an Ethernet frame of 54 bytes; by default from 10.9.9.9:4000 to 10.1.0.5:80. */
export function tcpSyn(frame: TcpFrame = {}): Buffer {
  const { from = 0x0a090909, to = 0x0a010005, sourcePort = 4000, port = 80 } = frame;
  const bytes = Buffer.alloc(54);
  bytes.writeUInt16BE(0x0800, 12);
  bytes.writeUInt8(0x45, 14);
  bytes.writeUInt16BE(40, 16);
  bytes.writeUInt8(64, 22);
  bytes.writeUInt8(6, 23);
  bytes.writeUInt32BE(from, 26);
  bytes.writeUInt32BE(to, 30);
  bytes.writeUInt16BE(sourcePort, 34);
  bytes.writeUInt16BE(port, 36);
  bytes.writeUInt8(0x50, 46);
  bytes.writeUInt8(0x02, 47);
  return bytes;
}

/** The endpoint that {@link tcpSyn} is sent to. */
export const ENDPOINT = '10.1.0.5';

const SECONDS = 1_700_000_000;

/** A classic capture header, little endian, microseconds. */
export function pcapHeader(linkType = 1): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

/** One record; `claimed` is the captured length it claims. */
export function pcapRecord(frame: Buffer, index = 0, claimed = frame.length): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(SECONDS + index, 0);
  record.writeUInt32LE(claimed, 8);
  record.writeUInt32LE(claimed, 12);
  return Buffer.concat([record, frame]);
}

/** A classic capture of frames a second apart. */
export function pcap(frames: readonly Buffer[], linkType = 1): Buffer {
  return Buffer.concat([
    pcapHeader(linkType),
    ...frames.map((frame, index) => pcapRecord(frame, index)),
  ]);
}

/** A block with its lengths, padded. */
export function pcapngBlock(type: number, body: Buffer): Buffer {
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  const length = 12 + body.length + padding.length;
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, body, padding, tail]);
}

/** The blocks of a pcapng capture: section, one interface, one packet block per frame. */
/** A block with its lengths, padded. */
export function pcapngBlocks(frames: readonly Buffer[], linkType = 1): Buffer[] {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt16LE(1, 4);
  section.fill(0xff, 8);
  const interfaceBody = Buffer.alloc(8);
  interfaceBody.writeUInt16LE(linkType, 0);
  return [
    pcapngBlock(0x0a0d0d0a, section),
    pcapngBlock(1, interfaceBody),
    ...frames.map((frame, index) => {
      const head = Buffer.alloc(20);
      const time = BigInt(SECONDS + index) * 1_000_000n;
      head.writeUInt32LE(Number(time >> 32n), 4);
      head.writeUInt32LE(Number(time & 0xffff_ffffn), 8);
      head.writeUInt32LE(frame.length, 12);
      head.writeUInt32LE(frame.length, 16);
      return pcapngBlock(6, Buffer.concat([head, frame]));
    }),
  ];
}

export function pcapng(frames: readonly Buffer[], linkType = 1): Buffer {
  return Buffer.concat(pcapngBlocks(frames, linkType));
}

const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
};
const option = (code: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
};

/** A packet at a component; `at` counts its interfaces. */
export interface SeenPacket {
  readonly at: number;
  readonly frame: Buffer;
  readonly id?: number;
  /** Packets lost before it. */
  readonly lost?: number;
  /** Type and value of a recorded verdict. */
  readonly verdict?: readonly [number, number];
}

/** A capture of components, as etl2pcapng writes it. */
export function components(names: readonly string[], records: readonly SeenPacket[]): Buffer {
  return Buffer.concat([
    pcapngBlock(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d, 1), Buffer.alloc(8, 0xff)])),
    ...names.map((name) =>
      pcapngBlock(1, Buffer.concat([u32(1, 0), option(2, Buffer.from(name))])),
    ),
    ...records.map(({ at, frame, id, lost, verdict }) => {
      const padding = Buffer.alloc((4 - (frame.length % 4)) % 4);
      const remarks = [
        ...(lost === undefined ? [] : [option(4, Buffer.concat([u32(lost), u32(0)]))]),
        ...(id === undefined ? [] : [option(5, Buffer.concat([u32(id), u32(0)]))]),
        ...(verdict === undefined
          ? []
          : [option(7, Buffer.concat([Buffer.from([verdict[0]]), u32(verdict[1], 0)]))]),
      ];
      const head = u32(at, 0, 1_000_000, frame.length, frame.length);
      return pcapngBlock(6, Buffer.concat([head, frame, padding, ...remarks, u32(0)]));
    }),
  ]);
}
