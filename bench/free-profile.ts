/** A cost profile in which all work is free: for measuring the simulator, or a network without processing times. */
import { SYNC_WORK_NAMES, WORK_NAMES, type CostConstant, type CostProfile } from '../src/kernel/index.js';

const FREE: CostConstant = { ns: 0, basis: 'assumed', source: 'no processing time', date: '2026-11-20' };

/** All prices zero. */
export const freeProfile: CostProfile = {
  name: 'free',
  description: 'no processing time at all',
  packet: Object.fromEntries(WORK_NAMES.map((name) => [name, FREE])),
  sync: Object.fromEntries(SYNC_WORK_NAMES.map((name) => [name, FREE])),
  far: { rule: { ...FREE, beyond: Infinity }, ipvsServer: { ...FREE, beyond: Infinity } },
};
