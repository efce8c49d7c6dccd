/**
 * Environment variables by which a container finds the Services of its namespace, fixed when it starts.
 *
 * Mirrors getServiceEnvVarMap of the kubelet (pkg/kubelet/kubelet_pods.go) and FromServices (pkg/kubelet/envvars), 1.34. Services without a
 * cluster IP have none. The Service `kubernetes` of `default` is always there, unless the Pod's own namespace has one of that name; others are left out with
 * enableServiceLinks: false. Services come in the order in which they are given: the kubelet's own order is that of a hash map.
 * Left out: what the container's own `env` says, which wins.
 */
import { formatIp, protocolName } from '../../net/index.js';
import type { Service } from '../api.js';

/** A variable. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** A Service as the kubelet sees it. */
export interface LinkedService {
  readonly namespace: string;
  readonly name: string;
  /** As written; empty or `None` for none. */
  readonly clusterIp: string;
  readonly ports: readonly LinkedPort[];
}

/** One port. */
export interface LinkedPort {
  /** Empty for an unnamed one. */
  readonly name: string;
  readonly port: number;
  /** Such as `TCP`; empty counts as TCP. */
  readonly protocol: string;
}

/** Where the API server's own Service is, and what it is called. */
const MASTER = { namespace: 'default', name: 'kubernetes' };

/** The variables of a container. */
export function serviceEnvironment(
  services: readonly LinkedService[],
  pod: { readonly namespace: string; readonly enableServiceLinks: boolean },
): readonly EnvironmentVariable[] {
  const byName = new Map<string, LinkedService>();
  for (const service of services) {
    const { namespace, name } = service;
    if (!hasAddress(service)) continue;
    if (namespace === MASTER.namespace && name === MASTER.name) {
      if (!byName.has(name)) byName.set(name, service);
    } else if (namespace === pod.namespace && pod.enableServiceLinks) byName.set(name, service);
  }
  return variablesOf([...byName.values()]);
}

/** The variables of the Services given, one after the other. */
export function variablesOf(services: readonly LinkedService[]): readonly EnvironmentVariable[] {
  return services.filter(hasAddress).flatMap((service) => {
    const { name, clusterIp, ports } = service;
    const first = ports[0];
    if (first === undefined) return [];
    const prefix = variableName(name);
    const named = ports.filter((port) => port.name !== '');
    return [
      { name: `${prefix}_SERVICE_HOST`, value: clusterIp },
      { name: `${prefix}_SERVICE_PORT`, value: String(first.port) },
      ...named.map((port) => {
        return { name: `${prefix}_SERVICE_PORT_${variableName(port.name)}`, value: String(port.port) };
      }),
      { name: `${prefix}_PORT`, value: urlOf(clusterIp, first) },
      ...ports.flatMap((port) => portVariables(prefix, clusterIp, port)),
    ];
  });
}

/** A Service of the store as the kubelet sees it. */
export function linkedService({ metadata, clusterIp, ports }: Service): LinkedService {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    clusterIp: clusterIp === 0 ? '' : formatIp(clusterIp),
    ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol: protocolName(protocol) })),
  };
}

function hasAddress({ clusterIp }: LinkedService): boolean {
  return clusterIp !== '' && clusterIp !== 'None';
}

function portVariables(prefix: string, clusterIp: string, port: LinkedPort): EnvironmentVariable[] {
  const own = `${prefix}_PORT_${port.port}_${protocolOf(port).toUpperCase()}`;
  return [
    { name: own, value: urlOf(clusterIp, port) },
    { name: `${own}_PROTO`, value: protocolOf(port) },
    { name: `${own}_PORT`, value: String(port.port) },
    { name: `${own}_ADDR`, value: clusterIp },
  ];
}

function urlOf(clusterIp: string, port: LinkedPort): string {
  const host = clusterIp.includes(':') ? `[${clusterIp}]` : clusterIp;
  return `${protocolOf(port)}://${host}:${port.port}`;
}

function protocolOf({ protocol }: LinkedPort): string {
  return protocol === '' ? 'tcp' : protocol.toLowerCase();
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
