/** Traces: one connection, followed packet by packet and step by step. */
export { runTrace } from './run-trace.js';
export { readSource, readTarget } from './request-text.js';
export { captureOf, type Capture } from './capture.js';
export type { IngressAsked, SourceName, TargetName, TraceRequest } from './request.js';
export type { ProxyTry, TracedBackend, TracedIngress, TracedProxy, TracedRule } from './ingress-told.js';
export type { Entry, Place } from './place.js';
export type {
  Passage,
  PacketEnd,
  StepKind,
  Stop,
  StopRule,
  Trace,
  TraceOutcome,
  TraceStep,
  TracedPacket,
} from './trace.js';
export type { ChainVisit, ChancePick, Effort, RuleVisit, UnmatchedRules, Visit } from '../../kernel/index.js';
export type { TracedFrame } from './sight.js';
