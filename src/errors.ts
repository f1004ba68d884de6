/**
 * Every error of the package: one table of codes, one class per kind of input.
 *
 * `docs/ERRORS.md` and `native/core/base/error_code.h` are generated from this file; nothing is
 * ever matched on a message text.
 *
 * It is long because it is one table, read by searching and never from top to bottom. Several files
 * would hide that a code is taken, and that a condition has one.
 */

/** Whose input is wrong. */
export type ErrorKind =
  'policy' | 'firewall' | 'host' | 'capture' | 'program' | 'usage' | 'system' | 'lint';

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
    when: 'the first bytes are of no capture format that is read (pcap, pcapng, snoop)',
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
  'frame-not-found': {
    kind: 'capture',
    when: 'a capture ends before the packet that was asked for',
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
  'file-shrunk': {
    kind: 'system',
    native: 63,
    when: 'a file that is followed became shorter than what was read of it',
  },
  'compare-limit': {
    kind: 'capture',
    native: 70,
    when: 'a comparison has more packets than it keeps (1,048,576)',
  },
  'nothing-recorded': {
    kind: 'capture',
    when: 'a capture to compare with has neither packet ids nor verdicts of its machine',
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
  'bad-rule-set': {
    kind: 'usage',
    when: 'a rule set or trace to measure has a line that is none, or nothing to measure',
  },
  'bad-tuple': { kind: 'usage', when: 'a packet of a simulation has a field out of its range' },
  'bad-packet': {
    kind: 'usage',
    when: 'a packet builder or a session was given something that makes no packet',
  },
  'hns-refused': { kind: 'usage', when: 'the fake service refuses a request, with its own code' },
  'bad-coverage': { kind: 'usage', when: 'a file is no coverage as --coverage json writes it' },
  'bad-bench-report': { kind: 'usage', when: 'a file is no report as bench --json prints it' },
  'bad-cases': {
    kind: 'usage',
    when: 'a file of test cases has a wrong field; the message names what is accepted',
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
  'algorithm-refused': {
    kind: 'usage',
    native: 81,
    when: 'an algorithm is asked for whose structure would pass its limits for these rules',
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
  'dump-line': {
    kind: 'policy',
    when: 'a line of a vfpctrl dump has a value that is not understood',
  },
  'dump-incomplete': {
    kind: 'policy',
    when: 'a vfpctrl dump lacks what its rules need: a group, a layer, or rules at all',
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
    when: 'two mappings publish one external port; as a warning: two Services have one address and port',
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
  // Windows Firewall. Raised by src/firewall. Source of the codes: windows-firewall.md 11.
  'fw-not-a-rule': {
    kind: 'firewall',
    when: 'a text is no firewall rule: it begins with no version, or is too long',
  },
  'fw-version-major': {
    kind: 'firewall',
    when: 'a rule is of a major version that is not known; it is ignored, as Windows does',
  },
  'fw-version-newer': {
    kind: 'firewall',
    when: 'a rule or key is of a newer version than is known, or than the rule says',
  },
  'fw-key-unknown': { kind: 'firewall', when: 'a rule has a key that is not known' },
  'fw-key-duplicate': { kind: 'firewall', when: 'a rule has a key twice that is given once' },
  'fw-field-malformed': {
    kind: 'firewall',
    when: 'a field of a rule string is no key with a value, or the last bar is missing',
  },
  'fw-action': { kind: 'firewall', when: 'a rule has no action, or one that is not known' },
  'fw-dir': { kind: 'firewall', when: 'a rule has no direction, or one that is not known' },
  'fw-bool': { kind: 'firewall', when: 'a flag is neither true nor false' },
  'fw-profile': { kind: 'firewall', when: 'a profile is not Domain, Private or Public' },
  'fw-protocol': { kind: 'firewall', when: 'a protocol is not 0 to 255' },
  'fw-port': {
    kind: 'firewall',
    when: 'a port is no number, above 65535, a range is reversed, or its key carries another form',
  },
  'fw-port-protocol': {
    kind: 'firewall',
    when: 'ports without TCP or UDP, or ICMP types without the ICMP of their family',
  },
  'fw-port-keyword': {
    kind: 'firewall',
    when: 'a port keyword is not known, or is for another direction or protocol',
  },
  'fw-icmp': {
    kind: 'firewall',
    when: 'an ICMP type or code is above 255 or not written type:code',
  },
  'fw-addr': { kind: 'firewall', when: 'an item of an address list is no address of its family' },
  'fw-addr-range': {
    kind: 'firewall',
    when: 'a range of addresses is reversed or goes over two families',
  },
  'fw-addr-mask': { kind: 'firewall', when: 'a mask is 0 or has holes' },
  'fw-addr-prefix': { kind: 'firewall', when: 'a prefix length is 0 or too long' },
  'fw-addr-v6-special': {
    kind: 'firewall',
    when: 'the unspecified or the loopback address of IPv6 is in a list',
  },
  'fw-addr-keyword': {
    kind: 'firewall',
    when: 'an address keyword is not known, or stands among local addresses',
  },
  'fw-addr-hostbits': { kind: 'firewall', when: 'bits below a mask are set; they are cleared' },
  'fw-addr-family': {
    kind: 'firewall',
    when: 'local addresses, remote addresses and ICMP types have no family in common',
  },
  'fw-name': {
    kind: 'firewall',
    when: 'the name of a rule is absent, too long, has a bar, or is the word all',
  },
  'fw-id': { kind: 'firewall', when: 'the ID of a rule is absent, too long or has a bar' },
  'fw-app': { kind: 'firewall', when: 'a program is no path' },
  'fw-svc': { kind: 'firewall', when: 'a service is no short name' },
  'fw-group': { kind: 'firewall', when: 'a group is too long or has a bar' },
  'fw-desc': { kind: 'firewall', when: 'a description is too long or has a bar' },
  'fw-iftype': { kind: 'firewall', when: 'an interface type is not known' },
  'fw-if': { kind: 'firewall', when: 'an interface is no GUID in braces' },
  'fw-flags': {
    kind: 'firewall',
    when: 'flags of a rule exclude each other, or need what the rule lacks',
  },
  'fw-platform': { kind: 'firewall', when: 'a platform is not written as it should be' },
  'fw-sddl': { kind: 'firewall', when: 'a security descriptor cannot be read' },
  'fw-list-too-long': { kind: 'firewall', when: 'a list of a rule has more than 1,000 items' },
  'fw-id-duplicate': { kind: 'firewall', when: 'two rules of one store have one ID' },
  'fw-rule-not-enforced': {
    kind: 'firewall',
    when: 'a rule is read and not enforced; the message has the state by number and name',
  },
  'fw-filters-missing': {
    kind: 'firewall',
    when: 'objects of Get-NetFirewallRule come without their filter objects',
  },
  'fw-json-shape': {
    kind: 'firewall',
    when: 'firewall JSON has a member of another type, or one that is not known',
  },
  'fw-netsh-locale': { kind: 'firewall', when: 'a listing of netsh is not in English' },
  'fw-netsh-not-verbose': {
    kind: 'firewall',
    when: 'a listing of netsh was made without the word verbose',
  },
  'fw-netsh-blind': {
    kind: 'firewall',
    when: 'a listing of netsh does not show every condition of a rule',
  },
  'fw-reg': { kind: 'firewall', when: 'a line of a registry export is not of its form' },
  'fw-hive': {
    kind: 'firewall',
    when: 'a registry hive is not sound; as a warning: its transaction log is not read',
  },
  'fw-pol': { kind: 'firewall', when: 'a registry.pol is not sound' },
  'fw-setting': {
    kind: 'firewall',
    when: 'a firewall setting has a wrong value; as a warning: it is not known',
  },
  'fw-not-printable': {
    kind: 'firewall',
    when: 'a rule is printed as a rule string and has a condition that no key carries',
  },
  'fw-service-forms': {
    kind: 'firewall',
    when: 'rules of service stores use forms beyond the published grammar',
  },
  'fw-rule-shadowed': {
    kind: 'lint',
    when: 'a rule of the firewall lies wholly inside a Block; as info: the rule is a Block too',
  },
  'fw-never-settled': { kind: 'lint', when: 'firewall rules ask for what nothing settles' },
  'fw-unknown-service': {
    kind: 'lint',
    when: 'a rule is for a service that neither Windows has nor the host description names',
  },
  'fw-same-id': {
    kind: 'lint',
    when: 'the local store and Group Policy have different rules of one ID',
  },
  'fw-plain-traffic': {
    kind: 'lint',
    when: 'a rule asks for authentication, and the same traffic passes without it',
  },
  'fw-stateful-helper': {
    kind: 'lint',
    when: 'a rule lets control connections of FTP or PPTP pass, which Windows reads and which are not read here',
  },
  'fw-log-line': { kind: 'firewall', when: 'a line of a firewall log is not of its form' },
  'fw-env': { kind: 'firewall', when: 'what a host description tells of the firewall cannot be' },
  'fw-store-unsupported': {
    kind: 'firewall',
    when: 'a registry key of the firewall is not modelled',
  },
  'unsupported-in-front-end': {
    kind: 'policy',
    when: 'a front end refuses a NetworkPolicy as a whole and enforces nothing of it',
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
  'dump-not-evaluated': {
    kind: 'lint',
    when: 'a layer of a vfpctrl dump is left out: its rules change packets, or are not in the dump',
  },
  'dump-assumed': { kind: 'lint', when: 'something a vfpctrl dump does not show was assumed' },
  'file-passed-over': {
    kind: 'lint',
    when: 'a file of a folder of policies is none, or a document of something else',
  },
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
  'never-matches': {
    kind: 'lint',
    when: 'no packet can match a rule; or a load balancer has no backend of the family of its address; as info: a Service has none at all',
  },
  'host-acl-order': {
    kind: 'lint',
    when: 'the option hostAclOrder decides between two overlapping host rules',
  },
  'legacy-inbound-deny': {
    kind: 'lint',
    when: 'a build below 16299 denies everything inbound, and nothing opens a port',
  },
  'port-not-translated': {
    kind: 'lint',
    when: 'a port is published at no address that is known, so nothing is translated by it',
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
  'front-end-dropped-rule': {
    kind: 'lint',
    when: 'a front end leaves out or changes part of a NetworkPolicy, and a packet shows it',
  },
  'except-ignored': {
    kind: 'lint',
    when: 'a front end lets in what an exception of an address block leaves out',
  },
  'except-overrides-other-policy': {
    kind: 'lint',
    when: 'a front end blocks an exception of one rule for all others too',
  },
  'selects-no-pod': {
    kind: 'lint',
    when: 'a NetworkPolicy, or a peer in one of its rules, selects no pod of the documents',
  },
  'sctp-on-windows': {
    kind: 'lint',
    when: 'a NetworkPolicy or Service has ports of SCTP, which Windows does not support',
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
