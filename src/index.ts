/**
 * portacl: what a Windows host would do to every packet.
 *
 * The way of a policy is {@link loadHost} (or its steps {@link loadPolicyFiles}, {@link normaliseHost},
 * {@link compileHost}); the ways of a packet are {@link replay} for captures and {@link Simulator} for
 * packets that are written.
 */
export { acrossText } from './across/across-text.js';
export {
  acrossWindows,
  type AcrossReport,
  type PlatformReport,
  type Witness,
} from './across/across-windows.js';
export { PROBES_MAX } from './across/probe-packets.js';
export { AXES, type Axis, type Platform } from './across/platform-grid.js';
export {
  BENCH_DEFAULTS,
  benchRules,
  type BenchRulesOptions,
  type BenchRulesReport,
} from './bench/bench-rules.js';
export {
  BENCH_MEASURES,
  benchMeasure,
  type BenchMeasure,
  type BenchMeasureOptions,
} from './bench/bench-measure.js';
export { benchPageHtml } from './bench/bench-page.js';
export {
  aboutBench,
  readBenchReport,
  type BenchAbout,
  type BenchReport,
} from './bench/bench-report.js';
export {
  benchCaptureText,
  benchRulesText,
  comparisonText,
  measurementsText,
} from './bench/bench-text.js';
export {
  compareBench,
  type BenchComparison,
  type BenchVerdict,
  type ComparedMeasurement,
} from './bench/compare-bench.js';
export type { BenchChurnReport } from './bench/bench-churn.js';
export type { BenchResult } from './bench/bench-flows.js';
export type { PrefixShape } from './bench/bench-models.js';
export type { BenchWatch } from './bench/bench-steps.js';
export type { BenchUpdatesReport } from './bench/bench-updates.js';
export type { Latency, Measurement, MeasurementUnit } from './bench/measurement.js';
export type { RuleCost } from './bench/rule-cost.js';
export {
  benchCapture,
  type BenchCaptureOptions,
  type BenchCaptureReport,
  type CaptureReaderName,
  type CaptureReaderTimes,
} from './bench/bench-capture.js';
export { compileHost, type CompiledHost } from './compile/compile-host.js';
export { CAPTURE_POINTS, type CapturePoint } from './captures/capture-point.js';
export { listCaptures } from './captures/list-captures.js';
export { casesJunit, casesTap, casesText } from './cases/case-output.js';
export { casesFromText, readCases } from './cases/read-cases.js';
export { runCases, type CaseRun } from './cases/run-cases.js';
export type * from './cases/test-cases.js';
export { coverageLcov, coverageText } from './coverage/coverage-text.js';
export {
  coverageFromJson,
  coverageOf,
  coverageShare,
  mergeCoverage,
  type ConditionCoverage,
  type Coverage,
  type CoverageItem,
  type CoverageShare,
} from './coverage/coverage.js';
export { withWitnesses } from './coverage/witness.js';
export { decodeCapture, type DecodeOptions, type DecodeResult } from './decode/decode.js';
export {
  ERRORS,
  FileError,
  PortaclError,
  type ErrorCode,
  type ErrorKind,
  type ErrorRow,
  type SourceLocation,
} from './errors.js';
export {
  readFirewallLog,
  type FirewallLog,
  type FirewallLogEntry,
} from './firewall/firewall-log.js';
export type { FirewallDocument } from './firewall/firewall-document.js';
export type * from './firewall/firewall-rule.js';
export { firewallFromBytes, firewallFromValue, loadFirewallFiles } from './firewall/load.js';
export { firewallJsonSchema } from './firewall/own-json-schema.js';
export { printRuleString } from './firewall/print-rule-string.js';
export {
  explain,
  explainFrame,
  type Diagnosis,
  type EditReport,
  type ExplainOptions,
  type VerifiedEdit,
} from './explain/diagnose.js';
export type { ExplainCaptureOptions } from './explain/explain-capture.js';
export { diagnosisText, explanationText, packetText } from './explain/explanation-text.js';
export type * from './explain/explanation.js';
export type { NearMiss } from './explain/near-misses.js';
export { parseTuple } from './explain/tuple-text.js';
export type { HostDescription } from './host-description/host-description.js';
export { lintHost } from './lint/lint-host.js';
export { loadHost, type HostSources, type LoadedHost } from './load-host.js';
export { findLosses, type Judgement, type Loss, type LossReport } from './losses/find-losses.js';
export { lossesText } from './losses/losses-text.js';
export { ProgramError } from './native/engine.js';
export { formatAddress, parseIpAddress } from './normalise/address.js';
export {
  normaliseHost,
  type HostInput,
  type NormaliseResult,
  type PlatformFlags,
} from './normalise/normalise-host.js';
export type * from './normalise/normalised-host.js';
export { DEFAULT_OPTIONS, type SemanticOptionsInput } from './normalise/options.js';
export type { Driver, Isolation, PlatformAssumption } from './platform/platform.js';
export type { WindowsRelease } from './platform/windows-releases.js';
export {
  icmp,
  icmp6,
  igmp,
  ip,
  type Icmp6Options,
  type IcmpOptions,
  type IgmpOptions,
  type IpPacketOptions,
} from './packets/control.js';
export {
  tcpConversation,
  udpConversation,
  type Conversation,
  type ConversationOptions,
  type Side,
  type TcpConversation,
  type UdpConversation,
} from './packets/conversation.js';
export {
  ethernet,
  fragment,
  vlan,
  vxlan,
  type EthernetOptions,
  type FragmentOptions,
  type VlanOptions,
  type VxlanOptions,
} from './packets/encapsulate.js';
export type { IpOptions } from './packets/ip.js';
export {
  raw,
  type Packet,
  type PacketLink,
  type PacketOptions,
  type RawOptions,
} from './packets/packet.js';
export {
  tcp,
  udp,
  type SocketAddress,
  type TcpOptions,
  type UdpOptions,
} from './packets/transport.js';
export type { PolicyDocument } from './policy/document.js';
export {
  loadPolicyFiles,
  policyFromText,
  policyFromValue,
  type LoadOptions,
} from './policy/load.js';
export { FLOW_EVENTS, REASONS, type Reason } from './program/layout.js';
export { CaptureError } from './replay/capture-error.js';
export { compare, type CompareOptions, type CompareResult } from './replay/compare.js';
export {
  compareLog,
  TOLERANCE_SECONDS,
  type CompareLogOptions,
  type CompareLogResult,
} from './replay/compare-log.js';
export type {
  ComparedLine,
  LogComparisonReport,
  LogDisagreement,
  LogDisagreementKind,
} from './replay/log-comparison-report.js';
export type { ComparedPacket, ComparisonReport, Disagreement } from './replay/comparison-report.js';
export { THREADS_MAX, type CaptureOrder, type ReplayOptions } from './replay/replay-options.js';
export { replayBatches, type ReplayBatch, type ReplayStream } from './replay/replay-batches.js';
export { MERGED_CAPTURES_MAX, replay, type ReplayResult } from './replay/replay.js';
export { hostText } from './report/host-text.js';
export {
  hostView,
  type CompartmentView,
  type HostView,
  type StageView,
} from './report/host-view.js';
export type { Decision, FlowEvent, PacketRecord } from './report/packet-record.js';
export type * from './report/replay-report.js';
export { replayText } from './report/replay-text.js';
export { sarifLog } from './report/sarif.js';
export { NO_ROW, type RecordBatch, type RecordDictionary } from './report/record-batch.js';
export type { LayerReport } from './report/layer-counters.js';
export type { RuleCounter } from './report/rule-counters.js';
export type { VfpCounters, VfpPortCounters, VfpRule } from './vfpctrl/counters-json.js';
export type { FlowView } from './session/flow-view.js';
export {
  Session,
  type SentRecord,
  type SessionOptions,
  type SessionSnapshot,
} from './session/session.js';
export { Simulator, decidingRecord, type SimulatorOptions } from './simulate/simulate.js';
export type { CarriedTuple, QuotedTuple, Tuple } from './simulate/tuple.js';
export { PolicyError, type Diagnostic, type Severity } from './source/diagnostic.js';
export { withSeverities, type Severities, type SeverityChoice } from './source/severities.js';
export type { ApplyOptions } from './update/change-policy.js';
export { markText, parseMark, type ReplayMark } from './update/marks.js';
export type { PolicyChange, PolicyChangeReport } from './update/policy-schedule.js';
export type {
  FlowFate,
  FlowFateReport,
  PolicyUpdate,
  RuleName,
  UpdateMode,
} from './update/policy-update.js';
export { VERSION } from './version.js';
