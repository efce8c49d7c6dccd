/**
 * kube-proxy's own configuration (kubeproxy.config.k8s.io/v1alpha1, 1.34) as a source of a scenario's options.
 *
 * What it sets stands between the defaults and what the scenario writes. Sections belong to modes, so what it sets depends on the mode
 * that a case has: ipvs mode takes masquerading from the section of iptables (cmd/kube-proxy server_linux.go). What is empty, zero or null
 * has kube-proxy's default (defaults.go), which is the scenario's too.
 */
import { checkedSubject, type Subject } from './explain.js';
import { emptyMap, located, mergedAt, type Located } from './located.js';
import type { RawObject, SourceText } from './manifest/raw-object.js';
import { rawObjects } from './manifest/raw-object.js';
import { InputError } from './problem.js';
import { configurationSchema, type Configuration } from './proxy-configuration-schema.js';

const GROUP = 'kubeproxy.config.k8s.io';
const KIND = 'KubeProxyConfiguration';

/** A configuration that was read. */
export interface ProxyConfiguration {
  /** The object as it was written. */
  readonly source: unknown;
  /** The mode that it asks for; empty for the default. */
  readonly mode: string;
  /** What is not taken as it is written, one sentence each. */
  readonly notes: readonly string[];
  /** The fields of a scenario's `spec` that it sets in a mode, with their places. */
  settings(mode: string): Located;
}

/** Timeouts of ip_vs: their names there and here. */
const IPVS_TIMEOUTS = [
  ['tcpTimeout', 'ipvsTcpTimeout'],
  ['tcpFinTimeout', 'ipvsTcpFinTimeout'],
  ['udpTimeout', 'ipvsUdpTimeout'],
] as const;

/** One field of the configuration, and where its value goes. */
type Setting = readonly [from: readonly [string, ...string[]], to: readonly [string, ...string[]], value: unknown];

/** Whether an object is a configuration of kube-proxy. */
export function isProxyConfiguration({ kind, group }: RawObject): boolean {
  return kind === KIND && group === GROUP;
}

/**
 * Reads a file with kube-proxy's configuration.
 * @throws InputError with every problem; unknown fields are named with the known one that is nearest
 */
export function readProxyConfiguration(source: SourceText): ProxyConfiguration {
  const all = rawObjects(source);
  const [found, second] = all.filter(isProxyConfiguration);
  const problem = (raw: RawObject | undefined, message: string): InputError => {
    const place = raw?.place([], false) ?? { file: source.file, line: 1, column: 1 };
    return new InputError([{ place, field: '', message }]);
  };
  if (found === undefined) {
    const kinds = [...new Set(all.map(({ kind }) => kind))].join(', ');
    throw problem(all[0], `expected a ${KIND} (${GROUP}/v1alpha1), found ${kinds}`);
  }
  if (second !== undefined) throw problem(second, `expected one ${KIND}, found a second one`);
  return proxyConfiguration(found);
}

/** Reads an object. @throws InputError with every problem */
export function proxyConfiguration(raw: Subject): ProxyConfiguration {
  const config = checkedSubject(configurationSchema, raw);
  return {
    source: raw.value,
    mode: config.mode ?? '',
    notes: notesOf(config),
    settings: (mode) =>
      settingsOf(config, mode).reduce<Located>((tree, [from, to, value]) => {
        if (value === undefined || value === null || value === '') return tree;
        const place = raw.place(from, false);
        return mergedAt(tree, to, located(value, place), place);
      }, emptyMap(null)),
  };
}

function settingsOf(config: Configuration, mode: string): Setting[] {
  const sync = mode === 'ipvs' || mode === 'nftables' ? mode : 'iptables';
  const masquerade = mode === 'nftables' ? mode : 'iptables';
  const periods = config[sync];
  const marks = config[masquerade];
  return [
    [['mode'], ['proxy', 'mode'], config.mode],
    [[sync, 'minSyncPeriod'], ['proxy', 'minSyncPeriod'], durationText(periods?.minSyncPeriod)],
    [[sync, 'syncPeriod'], ['proxy', 'syncPeriod'], durationText(periods?.syncPeriod)],
    [[masquerade, 'masqueradeAll'], ['proxy', 'masqueradeAll'], marks?.masqueradeAll],
    [[masquerade, 'masqueradeBit'], ['proxy', 'masqueradeBit'], marks?.masqueradeBit],
    [['iptables', 'localhostNodePorts'], ['proxy', 'localhostNodePorts'], config.iptables?.localhostNodePorts],
    [['ipvs', 'scheduler'], ['proxy', 'scheduler'], config.ipvs?.scheduler],
    [['ipvs', 'strictARP'], ['proxy', 'strictArp'], config.ipvs?.strictARP],
    [['ipvs', 'excludeCIDRs'], ['proxy', 'excludeCidrs'], config.ipvs?.excludeCIDRs],
    ...IPVS_TIMEOUTS.map(([from, to]): Setting => [['ipvs', from], ['proxy', to], secondsText(config.ipvs?.[from])]),
    [['detectLocalMode'], ['proxy', 'detectLocalMode'], config.detectLocalMode],
    [['detectLocal', 'bridgeInterface'], ['proxy', 'bridgeInterface'], config.detectLocal?.bridgeInterface],
    [['detectLocal', 'interfaceNamePrefix'], ['proxy', 'interfaceNamePrefix'], config.detectLocal?.interfaceNamePrefix],
    [['nodePortAddresses'], ['proxy', 'nodePortAddresses'], nodePortAddresses(config)],
    [['clusterCIDR'], ['cluster', 'podCidr'], config.clusterCIDR?.find((text) => !text.includes(':'))],
    [['clusterCIDR'], ['cluster', 'podCidr6'], config.clusterCIDR?.find((text) => text.includes(':'))],
    ...conntrackSettings(config.conntrack ?? {}),
  ];
}

function conntrackSettings(conntrack: NonNullable<Configuration['conntrack']>): Setting[] {
  const timeouts = [
    ['tcpEstablishedTimeout', 'tcpEstablished'],
    ['tcpCloseWaitTimeout', 'tcpCloseWait'],
    ['udpTimeout', 'udp'],
    ['udpStreamTimeout', 'udpStream'],
  ] as const;
  return [
    [['conntrack', 'maxPerCore'], ['cluster', 'conntrack', 'maxPerCore'], amount(conntrack.maxPerCore)],
    [['conntrack', 'min'], ['cluster', 'conntrack', 'min'], amount(conntrack.min)],
    [['conntrack', 'tcpBeLiberal'], ['proxy', 'conntrackTcpBeLiberal'], conntrack.tcpBeLiberal],
    ...timeouts.map(([from, to]): Setting => {
      return [['conntrack', from], ['cluster', 'conntrack', to], durationText(conntrack[from])];
    }),
  ];
}

/** The word `primary` stands alone. */
function nodePortAddresses({ nodePortAddresses: written }: Configuration): unknown {
  if (!written || written.length === 0) return undefined;
  return written.length === 1 && written[0] === 'primary' ? 'primary' : written;
}

/** Zero leaves things as they are. */
function amount(value: number | null | undefined): number | undefined {
  return value === 0 || value === null ? undefined : value;
}

function durationText(ns: number | null | undefined): string | undefined {
  return ns === undefined || ns === null || ns === 0 ? undefined : `${ns}ns`;
}

/** The kernel is told whole seconds. */
function secondsText(ns: number | null | undefined): string | undefined {
  const seconds = Math.floor((ns ?? 0) / 1e9);
  return seconds === 0 ? undefined : `${seconds}s`;
}

function notesOf({ ipvs }: Configuration): string[] {
  const lost = IPVS_TIMEOUTS.map(([name]) => name).filter((name) => (ipvs?.[name] ?? 0) % 1e9 !== 0);
  if (lost.length === 0) return [];
  return [`${KIND}: ${lost.map((name) => `ipvs.${name}`).join(', ')} in whole seconds only: the rest is cut off`];
}
