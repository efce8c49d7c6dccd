/** A script under another scheduler than its own: the same clients, the same servers, other choices. */
import { schedulerOf } from '../../kernel/ipvs/schedulers/index.js';
import type { ReplayScript, ScriptStep } from './script.js';

/** Names of the flags of a scheduler, and their bits. @param scheduler one that there is */
export function schedulerFlags(scheduler: string): ReadonlyMap<string, number> {
  return new Map(schedulerOf(scheduler).flags.map(({ name, bit }) => [name, bit]));
}

/**
 * Puts every virtual server of a script under one scheduler, from the beginning to the end. What was recorded is left as it is.
 * @param flags bits of `SchedulerFlag`
 */
export function underScheduler(script: ReplayScript, scheduler: string, flags: number): ReplayScript {
  const services = script.services.map((service) => ({ ...service, scheduler, flags }));
  // A change to the scheduler that is at work changes nothing.
  const steps = script.steps.map((step): ScriptStep =>
    step.op === 'scheduler' ? { ...step, scheduler, flags } : step,
  );
  return { ...script, services, steps };
}
