/** The event list in the hold model: take the earliest of n pending events and put it back at a later time. */
import { HeapEventList, RandomStream } from '../../src/sim/index.js';
import type { Micro } from '../micro.js';

const HOLDS = 20_000;
const STEPS = 4096;

/** Hold model with a number of pending events; the check is the time reached and the sum of the handles taken. */
export function holdModel(pending: number): Micro {
  const events = new HeapEventList();
  const chance = new RandomStream('bench', 'holds');
  const steps = Float64Array.from({ length: STEPS }, () => Math.ceil(chance.exponential(1000)));
  let rank = 0;
  for (let handle = 0; handle < pending; handle++) events.push(handle, steps[handle % STEPS]!, rank++);
  let step = 0;
  return {
    name: `event list, hold model, ${pending} pending`,
    operations: HOLDS,
    run: () => {
      let handles = 0;
      let time = 0;
      for (let i = 0; i < HOLDS; i++) {
        time = events.firstTime();
        const handle = events.pop();
        handles += handle;
        events.push(handle, time + steps[step]!, rank++);
        step = (step + 1) % STEPS;
      }
      return `${time}/${handles}`;
    },
  };
}
