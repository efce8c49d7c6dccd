/** Where cases run: in this process or in worker threads. */
export { startExecutor, type Executor, type ExecutorOptions } from './executor.js';
