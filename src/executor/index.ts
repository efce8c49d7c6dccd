/** Where cases run: in this process or in worker threads. */
export { CaseError } from '../testbed/index.js';
export { startExecutor, type Executor, type ExecutorOptions } from './executor.js';
