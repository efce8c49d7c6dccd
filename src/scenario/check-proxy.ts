/** What must hold for kube-proxy: a mode that its kernel can run, and options that mean something in it. */
import { schedulers } from '../kernel/ipvs/schedulers/index.js';
import { resolveMode, type ResolvedMode } from '../proxy/modes/index.js';
import type { Misfit } from './check-traffic.js';
import { DEFAULT_SPEC } from './defaults.js';
import type { Spec } from './schema.js';

/** The mode that runs where one was asked for, or what kube-proxy ends with. */
export function runningMode({ mode, ipvs, scheduler, onMissing }: Spec['proxy']): ResolvedMode {
  const kernel = { ipvs: ipvs === 'available', schedulers: schedulers.map(({ name }) => name) };
  return resolveMode(mode, kernel, scheduler, onMissing);
}

/**
 * Checks kube-proxy's options.
 * @param chosen whether the scheduler was written for this mode, not beside a matrix of modes
 * @returns every broken rule
 */
export function* proxyMisfits({ proxy }: Spec, chosen: boolean): Iterable<Misfit> {
  const running = runningMode(proxy);
  if (running.mode === undefined) {
    const message = `kube-proxy ends with: ${running.error}; with onMissing: fallback it takes another mode, as it once did`;
    yield { path: ['proxy', 'mode'], message };
  } else if (running.mode.hasScheduler || running.fellBackFrom !== '' || !chosen) {
    return;
  } else if (proxy.scheduler !== DEFAULT_SPEC.proxy.scheduler) {
    yield { path: ['proxy', 'scheduler'], message: `a scheduler means nothing in ${proxy.mode} mode` };
  }
}
