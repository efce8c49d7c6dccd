/** The discrete-event engine: clock, event list, timers, random streams, trace points, invariants, units. */
export * from './units.js';
export { grown, type Column } from './grow.js';
export { type EventList, HeapEventList } from './event-list.js';
export { Simulation, EventClass, type EventHandler } from './simulation.js';
export { TimerWheel, TimerWheels, type TimerOwner } from './timer-wheel.js';
export { RandomStream, RandomStreams } from './random.js';
export { TracePoint, type Probe } from './trace.js';
export { invariant, InvariantError } from './invariant.js';
export { Digest } from './digest.js';
export { ln, exp, power } from './elementary.js';
