/**
 * Every error of the package: one table of codes, one class per kind of input.
 *
 * `docs/ERRORS.md` and `native/core/base/error_code.h` are generated from this file; nothing is
 * ever matched on a message text.
 */

/** Whose input is wrong. */
export type ErrorKind = 'policy' | 'host' | 'capture' | 'program' | 'usage' | 'system' | 'lint';

export interface ErrorRow {
  readonly kind: ErrorKind;
  /** When it is raised, one sentence. */
  readonly when: string;
  /** The code the Host Networking Service answers with, where it has one. Source: hns.md 9. */
  readonly hns?: string;
  /** Number on the native side; fixed once given, part of no file format. */
  readonly native?: number;
}

export const ERRORS = {
  // Captures. Raised by native/core/capture.
  'capture-empty': { kind: 'capture', native: 1, when: 'the file has no bytes at all' },
  'capture-unknown-format': {
    kind: 'capture',
    native: 2,
    when: 'the first bytes are of no capture format that is read (pcap, pcapng)',
  },
  'capture-version': {
    kind: 'capture',
    native: 3,
    when: 'the file declares a format version that is not read',
  },
  'capture-cut': { kind: 'capture', native: 4, when: 'the file ends inside a record or block' },
  'capture-record-length': {
    kind: 'capture',
    native: 5,
    when: 'a record or block claims an impossible length',
  },
  'capture-unknown-interface': {
    kind: 'capture',
    native: 6,
    when: 'a pcapng packet names an interface that was not described before it',
  },
  'capture-link-type': {
    kind: 'capture',
    native: 7,
    when: 'the capture has a link type that is not read',
  },
  'capture-block': {
    kind: 'capture',
    native: 8,
    when: 'a pcapng block contradicts itself (trailer, option or field out of bounds)',
  },
  // Compressed captures. Raised by src/captures, told to the reader as the end of its bytes.
  'compression-damaged': {
    kind: 'capture',
    native: 60,
    when: 'the compressed data of a capture contradict themselves or need too much memory',
  },
  'compression-cut': {
    kind: 'capture',
    native: 61,
    when: 'the file ends inside the compressed data of a capture',
  },
  'decompressor-missing': {
    kind: 'system',
    native: 62,
    when: 'a capture is compressed with zstd; neither this Node nor a program zstd can read it',
  },
  // Files and the system. Raised by native/platform and the command line.
  'file-not-found': { kind: 'system', native: 20, when: 'a file that was named does not exist' },
  'file-is-directory': {
    kind: 'system',
    native: 21,
    when: 'a file was expected, a folder was found',
  },
  'file-unreadable': { kind: 'system', native: 22, when: 'the system refuses to read a file' },
  'file-unwritable': { kind: 'system', native: 23, when: 'the system refuses to write an output' },
  'engine-missing': { kind: 'system', when: 'the native engine is not built or does not load' },
  cancelled: { kind: 'system', native: 25, when: 'the work was cancelled before it was complete' },
  'out-of-memory': { kind: 'system', native: 26, when: 'the system has not enough memory' },
  // What is asked of the program. Raised by src/simulate, src/replay and src/cli.
  'bad-tuple': { kind: 'usage', when: 'a packet of a simulation has a field out of its range' },
  'bad-packet': {
    kind: 'usage',
    when: 'a packet builder or a session was given something that makes no packet',
  },
  'bad-argument': {
    kind: 'usage',
    when: 'a function of the library was given an argument of another kind than it takes',
  },
  'bad-usage': { kind: 'usage', when: 'the command line or the options of a call do not fit' },
  // Rule programs. Raised by native/core/program: the loader trusts nothing.
  'program-magic': { kind: 'program', native: 40, when: 'the bytes are not a rule program' },
  'program-version': { kind: 'program', native: 41, when: 'the program is of another version' },
  'program-cut': { kind: 'program', native: 42, when: 'a table lies outside the bytes' },
  'program-row-size': { kind: 'program', native: 43, when: 'a table has rows of another size' },
  'program-limit': { kind: 'program', native: 44, when: 'a count is above its named limit' },
  'program-index': { kind: 'program', native: 45, when: 'an index leads out of its table' },
  'program-value': { kind: 'program', native: 46, when: 'a field has a value outside its list' },
  'program-order': { kind: 'program', native: 47, when: 'rows are not in the order of evaluation' },
  'program-range': { kind: 'program', native: 48, when: 'a range ends before it begins' },
  'program-text': { kind: 'program', native: 49, when: 'a text is not valid UTF-8' },
  // The machine. Raised by native/core/classifier.
  'kernel-unknown': {
    kind: 'usage',
    native: 80,
    when: 'PORTACL_KERNEL names no kernel that this build has and this CPU runs',
  },
  // Documents and policies. Raised by src/source, src/policy and src/normalise.
  // Source of the codes and of the answers of the service: hns.md 9.
  'not-json': {
    kind: 'policy',
    hns: '0x803b001b',
    when: 'a document is not strict JSON, or is not UTF-8 or UTF-16LE with a byte order mark',
  },
  'duplicate-key': {
    kind: 'policy',
    hns: '0x803b001b',
    when: 'an object has one name twice',
  },
  'not-yaml': { kind: 'policy', when: 'a document is not plain YAML 1.2 (anchors, tags, tabs)' },
  'document-limit': {
    kind: 'policy',
    when: 'a document is larger or more deeply nested than the named limits',
  },
  'unknown-document': {
    kind: 'policy',
    when: 'a document is of none of the kinds that are read',
  },
  'truncated-dump': {
    kind: 'policy',
    when: 'a text such as @{...} or System.Object[] stands where an object or array belongs',
  },
  'hns-failure': { kind: 'policy', when: 'a reply of the service says that its request failed' },
  'missing-field': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a field that a policy needs is absent or null',
  },
  'unknown-value': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a field has a value outside its list; in strict reading also when only case differs',
  },
  'unknown-field': {
    kind: 'policy',
    when: 'a policy has a field that its schema does not know (lenient: a warning)',
  },
  'name-too-long': {
    kind: 'policy',
    when: 'the name of a rule, tier, set, network or endpoint has more than 1,024 characters',
  },
  'wrong-type': {
    kind: 'policy',
    hns: '0x803b001b',
    when: 'a field has another JSON type than its schema says (lenient: text and number change)',
  },
  'bad-address': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'an address is not in the grammar: IPv4 or IPv6, with or without prefix length',
  },
  'bad-prefix': {
    kind: 'policy',
    hns: '0x803b0030',
    when: 'a prefix length is out of range; as a warning: host bits below it were cleared',
  },
  'bad-port': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a port is no number, above 65535, or a range is reversed',
  },
  'ports-need-protocol': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a rule has ports and a protocol without ports, or no protocol on the host stage',
  },
  'bad-protocol': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a protocol is outside 0..256, or in strict reading a name or 0',
  },
  'bad-priority': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'a priority is no such number, or in strict reading unset or outside 100..65500',
  },
  'conflicting-fields': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'the singular and the plural form of one field disagree',
  },
  'unsupported-condition': {
    kind: 'policy',
    when: 'a rule has a condition that no packet can show, such as a service name',
  },
  'unknown-set': { kind: 'policy', hns: '0x803b000d', when: 'a rule or set names no declared set' },
  'set-cycle': { kind: 'policy', hns: '0x803b000d', when: 'nested sets contain one another' },
  'mixed-sets-and-addresses': {
    kind: 'policy',
    hns: '0x803b000d',
    when: 'one field has set names and addresses',
  },
  'rule-type-not-supported': {
    kind: 'policy',
    hns: '0x803b0015',
    when: 'a rule is of a stage that cannot be programmed on this driver and isolation (R18)',
  },
  'not-reprogrammable': {
    kind: 'policy',
    hns: '0x803b0015',
    when: 'a rule is meant for a driver and isolation that take none (R17)',
  },
  'remote-endpoint': {
    kind: 'policy',
    hns: '0x803b000f',
    when: 'a rule is on an endpoint that stands for a peer on another host',
  },
  'needs-newer-windows': {
    kind: 'policy',
    hns: '0x803b0015',
    when: 'a policy uses what the declared Windows build does not have yet',
  },
  'unknown-policy-type': {
    kind: 'policy',
    hns: '0x803b000e',
    when: 'a policy is of a type no schema knows; it is kept and not evaluated',
  },
  'policy-not-found': {
    kind: 'policy',
    hns: '0x803b0008',
    when: 'a request removes a policy that is not there',
  },
  'port-collision': {
    kind: 'policy',
    hns: '0x803b0013',
    when: 'two mappings publish one external port',
  },
  // Kubernetes. Raised by src/kubernetes.
  'bad-network-policy': {
    kind: 'policy',
    when: 'a NetworkPolicy is not as the API wants it, or is of a group that is not read',
  },
  'bad-kubernetes-object': {
    kind: 'policy',
    when: 'a Pod, Namespace, Node, Service or EndpointSlice is not as the API wants it',
  },
  // The host and its platform. Raised by src/platform, src/normalise and src/host-description.
  'unknown-windows': { kind: 'host', when: 'a Windows release or build is not known' },
  'unknown-driver': { kind: 'host', when: 'a network driver is not known' },
  'unknown-isolation': { kind: 'host', when: 'an isolation is neither process nor hyperv' },
  'driver-not-modelled': {
    kind: 'host',
    when: 'an endpoint is on a network whose driver has no documented stages',
  },
  'unknown-network': {
    kind: 'host',
    when: 'an endpoint names a network that is not described',
  },
  'unknown-endpoint': {
    kind: 'host',
    hns: '0x803b0002',
    when: 'an endpoint that is named does not exist, or two have one address or one name',
  },
  'endpoint-needed': {
    kind: 'host',
    when: 'policies belong to no endpoint while the documents describe several',
  },
  'bad-host-description': {
    kind: 'host',
    when: 'the host description has a wrong field; the message names what is accepted',
  },
  'too-many-diagnostics': { kind: 'policy', when: 'more was found than is listed' },
  // Warnings. Raised by src/policy, src/normalise and src/lint. Source: hns.md 10.
  'policy-not-evaluated': {
    kind: 'lint',
    when: 'policies of other types are kept, but decide no verdict here',
  },
  'front-end-rule': {
    kind: 'lint',
    when: 'a CNI plug-in writes ACLs that its configuration does not name',
  },
  'duplicate-policy': { kind: 'lint', when: 'two policies are equal in every field' },
  'space-in-list': { kind: 'lint', when: 'a list has white space around its items' },
  'protocol-list': { kind: 'lint', when: 'a rule has a comma list of protocols, read as OR' },
  'long-list': { kind: 'lint', when: 'a list has more items than the service is known to take' },
  'ports-of-any-protocol': {
    kind: 'lint',
    when: 'a switch rule has ports and any protocol: it matches TCP and UDP only',
  },
  'any-family-address': {
    kind: 'lint',
    when: 'a prefix of length 0 on a NAT network, which the service may not read as every address',
  },
  'empty-nested-set-matches-all': {
    kind: 'lint',
    when: 'a nested set without members matches every address on builds below 26100',
  },
  'tiers-assumed': { kind: 'lint', when: 'tiers are used; part of their order is a choice' },
  'implicit-deny-surprise': {
    kind: 'lint',
    when: 'a stage only blocks, or has rules of one direction, and so denies all the rest',
  },
  'equal-priority-conflict': {
    kind: 'lint',
    when: 'overlapping switch rules share a priority and differ in action',
  },
  'shadowed-rule': {
    kind: 'lint',
    when: 'an earlier rule of another action matches all that a rule matches',
  },
  'redundant-rule': {
    kind: 'lint',
    when: 'an earlier rule of the same action matches all that a rule matches',
  },
  'never-matches': { kind: 'lint', when: 'no packet can match a rule' },
  'host-acl-order': {
    kind: 'lint',
    when: 'the option hostAclOrder decides between two overlapping host rules',
  },
  'legacy-inbound-deny': {
    kind: 'lint',
    when: 'a build below 16299 denies everything inbound, and nothing opens a port',
  },
  'assumed-platform': { kind: 'lint', when: 'build, driver or isolation was not given' },
  'server-2025-nat-acl': {
    kind: 'lint',
    when: 'rules on NAT on build 26100, where they had no effect before April 2026',
  },
  'host-allow-missing': {
    kind: 'lint',
    when: 'host rules on a VFP network without the usual pair of allow rules',
  },
  'dns-blocked': { kind: 'lint', when: 'outbound is filtered and nothing allows port 53' },
  'stage-has-no-effect': {
    kind: 'lint',
    when: 'rules are on a stage that is not asked, as Host rules are while the firewall is off',
  },
  'judged-on-internal-port': {
    kind: 'lint',
    when: 'a rule is written for a published port of the host; rules see the port of the container',
  },
  'node-blocked': {
    kind: 'lint',
    when: 'no rule lets the node reach an endpoint, so its health probes fail',
  },
  'platform-address-open': {
    kind: 'lint',
    when: 'outbound is filtered, and the metadata or wire server can be reached all the same',
  },
  'ipv6-not-filtered': {
    kind: 'lint',
    when: 'an endpoint has IPv6 addresses, and all that blocks names IPv4 only',
  },
  'translated-source': {
    kind: 'lint',
    when: 'a rule names an endpoint whose packets arrive with an address of the host',
  },
  'vfp-missing': {
    kind: 'lint',
    when: 'a network needs VFP, which editions of this Windows may lack',
  },
  'policy-type-missing': {
    kind: 'lint',
    when: 'a NetworkPolicy has rules of a direction that its policyTypes leave out',
  },
  'selects-no-pod': {
    kind: 'lint',
    when: 'a NetworkPolicy, or a peer in one of its rules, selects no pod of the documents',
  },
  'sctp-on-windows': {
    kind: 'lint',
    when: 'a NetworkPolicy has ports of SCTP, which Windows does not support',
  },
  'not-checked': { kind: 'lint', when: 'a lint stopped at its limit of work' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** A place in a text the user wrote. */
export interface SourceLocation {
  /** The file as the user named it, or a name such as `<argument>`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Keys into the document, e.g. `Policies[2].Settings.LocalPorts`. */
  readonly path: string;
}

/** The base of every error this package throws on purpose. */
export class PortaclError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Something is wrong with a file; the message says what, and does not name the file again. */
export class FileError extends PortaclError {
  /** As the user named it. */
  readonly file: string;

  constructor(code: ErrorCode, file: string, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.file = file;
  }
}
