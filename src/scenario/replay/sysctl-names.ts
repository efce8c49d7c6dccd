/**
 * The sysctls net.ipv4.vs.* of Linux 6.1, as far as a script may set them.
 *
 * Those that change what a connection meets are obeyed; those that could change it in a way that is not modelled may only have the
 * kernel's default; all others change nothing that a script shows and are taken as they are.
 */
import type { Path } from '../located.js';
import type { Complaints } from './complaints.js';
import type { SysctlValues } from './script.js';

/** The kernel's default of every sysctl that is obeyed. */
export const KERNEL_SYSCTLS = {
  conntrack: 0,
  expire_nodest_conn: 0,
  expire_quiescent_template: 0,
  conn_reuse_mode: 1,
  sloppy_tcp: 0,
} as const satisfies SysctlValues;

/** Not modelled: only the default will do. */
const DEFAULT_ONLY: SysctlValues = {
  cache_bypass: 0,
  drop_entry: 0,
  drop_packet: 0,
  secure_tcp: 0,
  sloppy_sctp: 0,
  nat_icmp_send: 0,
};

/** About synchronisation, rates, memory, ICMP and tunnels: nothing that a script shows depends on them. */
const WITHOUT_EFFECT = [
  ...['am_droprate', 'amemthresh', 'backup_only', 'debug_level', 'est_cpulist', 'est_nice', 'ignore_tunneled'],
  ...['pmtu_disc', 'run_estimation', 'schedule_icmp', 'snat_reroute', 'sync_persist_mode', 'sync_ports'],
  ...['sync_qlen_max', 'sync_refresh_period', 'sync_retries', 'sync_sock_size', 'sync_threshold', 'sync_version'],
];

const NAMES: readonly string[] = [...Object.keys(KERNEL_SYSCTLS), ...Object.keys(DEFAULT_ONLY), ...WITHOUT_EFFECT];

/** Complains of a sysctl that there is not, and of a value that it cannot have. */
export function checkSysctl(
  name: string,
  value: number,
  paths: { readonly name: Path; readonly value: Path },
  complaints: Complaints,
): void {
  if (!NAMES.includes(name)) {
    complaints.unknown(paths.name, 'sysctl of net.ipv4.vs', name, NAMES);
    return;
  }
  const only = DEFAULT_ONLY[name];
  if (only !== undefined && value !== only) {
    complaints.add(paths.value, `expected ${only}, found ${value}: no other value of ${name} is modelled`);
  } else if (name in KERNEL_SYSCTLS && value > 1) {
    complaints.add(paths.value, `expected 0 or 1, found ${value}`);
  }
}
