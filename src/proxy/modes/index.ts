/** The list of proxy modes: adding one is one line here and one folder beside this file. */
import type { KernelSupport, ProxyMode } from '../proxier.js';
import { iptablesMode } from './iptables/mode.js';
import { ipvsMode } from './ipvs/mode.js';
import { nftablesMode } from './nftables/mode.js';
import { userspaceMode } from './userspace/mode.js';

/** All modes, in the order in which help and documentation show them. */
export const PROXY_MODES: readonly ProxyMode[] = [iptablesMode, ipvsMode, nftablesMode, userspaceMode];

/** The mode of a name, or undefined. */
export function findProxyMode(name: string): ProxyMode | undefined {
  return PROXY_MODES.find((mode) => mode.name === name);
}

/** What kube-proxy does when its kernel lacks what a mode needs: today it ends with an error; 1.20 took the next older mode. */
export type OnMissing = 'error' | 'fallback';

/** The mode that kube-proxy runs in, or why it does not run. */
export type ResolvedMode =
  /** `fellBackFrom` is the name asked for when another mode took its place, else empty. */
  | { readonly mode: ProxyMode; readonly fellBackFrom: string; readonly error?: undefined }
  /** `error` is what kube-proxy ends with. */
  | { readonly error: string; readonly mode?: undefined };

/**
 * Decides which mode runs where another one was asked for. Whoever builds a world asks once, before it starts a mode; the answer's
 * `mode.start` is then called for each family.
 * @param name the mode asked for
 * @param kernel what the nodes' kernel has
 * @param scheduler of ipvs, as asked for; ignored by other modes
 * @param onMissing `fallback` goes from ipvs to iptables, as kube-proxy 1.20 did (and from there to userspace, where iptables was
 * missing; here it never is)
 */
export function resolveMode(
  name: string,
  kernel: KernelSupport,
  scheduler: string,
  onMissing: OnMissing,
): ResolvedMode {
  const mode = findProxyMode(name);
  if (mode === undefined) {
    return { error: `unknown proxy mode ${name}; there are ${PROXY_MODES.map((each) => each.name).join(', ')}` };
  }
  const error = mode.canRun?.(kernel, scheduler);
  if (error === undefined) return { mode, fellBackFrom: '' };
  return onMissing === 'fallback' ? { mode: iptablesMode, fellBackFrom: name } : { error };
}

export type { KernelSupport, LocalDetector, ProxyOptions } from '../proxier.js';
