/** The list of proxy modes: adding one is one line here and one folder beside this file. */
import type { ProxyMode } from '../proxier.js';
import { iptablesMode } from './iptables/mode.js';
import { ipvsMode } from './ipvs/mode.js';

/** All modes, in the order in which help and documentation show them. */
export const PROXY_MODES: readonly ProxyMode[] = [iptablesMode, ipvsMode];

/** The mode of a name, or undefined. */
export function findProxyMode(name: string): ProxyMode | undefined {
  return PROXY_MODES.find((mode) => mode.name === name);
}
