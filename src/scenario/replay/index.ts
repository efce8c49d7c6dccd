/** Connection scripts for one IPVS director: their form, and reading them. */
export type * from './script.js';
export { readScript } from './read-script.js';
export { isUnknownKernel, loadFactorOf } from './kernel-version.js';
export { schedulerFlags, underScheduler } from './under-scheduler.js';
export { placeText, samePlace } from './place-text.js';
export { KERNEL_SYSCTLS } from './sysctl-names.js';
