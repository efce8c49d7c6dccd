/** Takes the steps of a script with a `ModelPair`: clients and servers that speak just enough TCP. */
import { VIP, VPORT } from './ipvs-fixture.js';
import { MARK, type Flow, type ModelPair } from './model-pair.js';
import type { Answer, Closing, ScriptService, Step } from './model-script.js';
import type { Segment } from './model/model-states.js';

const SYN: Segment = { syn: true };
const SYN_ACK: Segment = { syn: true, ack: true };
const ACK: Segment = { ack: true };
const FIN: Segment = { fin: true, ack: true };
const RST: Segment = { rst: true };

/** A script on its way. */
export class ScriptRun {
  readonly pair: ModelPair;
  private readonly flows: Flow[] = [];

  constructor(pair: ModelPair) {
    this.pair = pair;
  }

  /** Takes one step and lets a moment pass. */
  take(step: Step): void {
    const { pair } = this;
    if (step.op === 'add') pair.addAbsent(step.service, step.absent, step.plan);
    else if (step.op === 'edit') pair.edit(step.service, step.index, step.plan);
    else if (step.op === 'remove') pair.remove(step.service, step.index);
    else if (step.op === 'scheduler') pair.schedule(step.service, step.scheduler, step.fallback, step.hashPort);
    else if (step.op === 'service') pair.toggle(step.service);
    else if (step.op === 'sysctl') pair.setSysctls({ [step.name]: step.value });
    else if (step.op === 'timeouts') pair.setTimeouts(step.tcp, step.tcpFin, step.udp);
    else if (step.op === 'open') this.begin(flowTo(pair.services[step.service]!.settings, step), step.answer);
    else if (step.op !== 'wait') this.takeWithFlow(step);
    pair.wait(step.op === 'wait' ? step.seconds : 0);
  }

  private takeWithFlow(step: Extract<Step, { flow: number }>): void {
    const { pair } = this;
    const flow = this.flows[step.flow % this.flows.length];
    if (flow === undefined) return;
    if (step.op === 'again') this.open(flow, 'accepts', step.isTracked);
    else if (step.op === 'data') pair.fromClient(flow, tcp(flow, ACK));
    else if (step.op === 'answer') pair.fromServer(flow, tcp(flow, ACK));
    else if (step.op === 'close') this.close(flow, step.by);
    else if (step.from === 'client') pair.fromClient(flow, tcp(flow, segmentOf(step.flags)), step.isTracked);
    else pair.fromServer(flow, tcp(flow, segmentOf(step.flags)));
  }

  private begin(flow: Flow, answer: Answer): void {
    this.flows.push(flow);
    this.open(flow, answer, false);
  }

  private open(flow: Flow, answer: Answer, isTracked: boolean): void {
    const { pair } = this;
    if (pair.fromClient(flow, tcp(flow, SYN), isTracked) !== 'forwarded' || answer === 'silent') return;
    if (answer === 'refuses') pair.fromServer(flow, tcp(flow, RST));
    else if (pair.fromServer(flow, tcp(flow, SYN_ACK))) pair.fromClient(flow, tcp(flow, ACK));
  }

  private close(flow: Flow, by: Closing): void {
    const { pair } = this;
    const fromClient = (segment: Segment): void => {
      pair.fromClient(flow, tcp(flow, segment));
    };
    const fromServer = (segment: Segment): void => {
      pair.fromServer(flow, tcp(flow, segment));
    };
    if (by === 'rst') fromClient(RST);
    else if (by === 'server-rst') fromServer(RST);
    else if (by === 'client' || by === 'half') {
      fromClient(FIN);
      fromServer(by === 'half' ? ACK : FIN);
      if (by === 'client') fromClient(ACK);
    } else {
      fromServer(FIN);
      fromClient(by === 'half-server' ? ACK : FIN);
      if (by === 'server') fromServer(ACK);
    }
  }
}

/** A segment, where the flow has any. */
function tcp(flow: Flow, segment: Segment): Segment | undefined {
  return flow.protocol === 'tcp' ? segment : undefined;
}

function segmentOf(flags: number): Segment {
  return { syn: (flags & 1) !== 0, fin: (flags & 2) !== 0, ack: (flags & 4) !== 0, rst: (flags & 8) !== 0 };
}

/** The flow of a client (by number) and one of its ports to a service. */
function flowTo({ kind }: ScriptService, numbers: Extract<Step, { op: 'open' }>): Flow {
  const isMarked = kind === 'mark';
  return {
    protocol: kind === 'udp' || (isMarked && numbers.udp) ? 'udp' : 'tcp',
    // Twelve clients in six networks of four and in three of 256.
    client: 0x0a010000 + (numbers.client % 3) * 256 + numbers.client,
    clientPort: 1000 + numbers.port,
    virtual: isMarked ? VIP + 1 + numbers.virtual : VIP,
    virtualPort: VPORT,
    mark: isMarked ? MARK : 0,
    service: numbers.service,
    server: -1,
    serverPort: 0,
  };
}
