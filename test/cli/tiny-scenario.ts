/** A small scenario for calls of the whole program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './program.js';

/** Two cases with two seeds, done in a moment. */
export const SCENARIO = `apiVersion: kpb/v1alpha1
kind: Scenario
metadata: { name: tiny }
spec:
  question: Is it the same?
  matrix:
    proxy: [{ mode: iptables }, { mode: ipvs, scheduler: rr }]
  cluster: { services: { count: 4, endpoints: 2 } }
  workload: { clients: 4, rate: 1k/s }
  run: { duration: 50ms, warmup: 5ms, drain: 20ms, seeds: 2 }
`;

/** A new folder with the scenario in it, as `tiny.yaml`. */
export function withScenario(text = SCENARIO): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'tiny.yaml'), text);
  return folder;
}
