/** Whether what a script says was recorded belongs to its steps: one pick for each client, each observation at a step that looks. */
import { didYouMean } from '../nearest.js';
import type { Complaints } from './complaints.js';
import type { ScriptFile } from './script-schema.js';

/** What a step that looks is recorded as. */
const SEEN = { snapshot: 'dests', conns: 'conns', data: 'result' } as const;

/** Checks `picks` and `observations`. */
export function checkRecord(source: ScriptFile, complaints: Complaints): void {
  if (source.picks !== undefined) checkPicks(source, complaints);
  checkObservations(source, complaints);
}

function checkPicks({ steps, picks = [] }: ScriptFile, complaints: Complaints): void {
  const opening = steps.flatMap((step, index) =>
    step.op === 'connect' || step.op === 'udp' ? [{ id: step.id, index }] : [],
  );
  if (picks.length !== opening.length) {
    complaints.add(['picks'], `expected ${opening.length} picks, one for each connect and udp; found ${picks.length}`);
    return;
  }
  picks.forEach(({ id }, i) => {
    const wanted = opening[i];
    if (wanted === undefined || wanted.id === id) return;
    complaints.add(['picks', i, 'id'], `expected ${wanted.id}, the id of steps[${wanted.index}]; found ${id}`);
  });
}

function checkObservations({ steps, services, observations = [] }: ScriptFile, complaints: Complaints): void {
  const names = services.map(({ name }) => name);
  const taken = new Set<number>();
  observations.forEach((seen, i) => {
    const path = ['observations', i];
    const step = steps[seen.step];
    const fields = Object.keys(seen).filter((name) => name !== 'step');
    const wanted = step !== undefined && step.op in SEEN ? SEEN[step.op as keyof typeof SEEN] : undefined;
    if (step === undefined || wanted === undefined) {
      const found = step === undefined ? 'there is none' : `it is ${step.op}`;
      complaints.add(
        [...path, 'step'],
        `expected the number of a snapshot, conns or data step, found ${seen.step}: ${found}`,
      );
      return;
    }
    if (taken.has(seen.step)) complaints.add([...path, 'step'], `step ${seen.step} has an observation already`);
    taken.add(seen.step);
    const needed = wanted === 'result' ? ['id', 'result'] : [wanted];
    for (const name of needed) {
      if (!fields.includes(name))
        complaints.add([...path, name], `this field is required: steps[${seen.step}] is ${step.op}`);
    }
    for (const name of fields.filter((field) => !needed.includes(field))) {
      complaints.add([...path, name], `a ${step.op} step shows no ${name}${didYouMean(name, needed)}`);
    }
    if (step.op === 'data' && seen.id !== undefined && seen.id !== step.id) {
      complaints.add([...path, 'id'], `expected ${step.id}, the id of steps[${seen.step}]; found ${seen.id}`);
    }
    for (const name of Object.keys(seen.dests ?? {})) {
      if (!names.includes(name)) complaints.unknown([...path, 'dests', name], 'service', name, names);
    }
  });
}
