/**
 * The Services, endpoints and pods that a request means: mirrors Records, findServices and findPods of CoreDNS 1.14
 * (plugin/kubernetes/kubernetes.go).
 *
 * A request is answered with a list, empty for a name that exists without anything behind it, or with nothing for a name that does not
 * exist. Cost: O(slices and endpoints of the Service).
 */
import { formatIp, isIpv6, parseIp, protocolName, type IpAddress } from '../../net/index.js';
import type { ClusterDnsOptions } from './dns-options.js';
import { below, lowered } from './domain-name.js';
import { recordRequest, type RecordRequest } from './record-request.js';
import type { DnsEndpoint, DnsPort, DnsService, DnsSource } from './record-source.js';
import { isReverse } from './reverse-name.js';

/** Something that a name leads to. */
export interface ServiceAnswer {
  /** An address; 0 for an ExternalName. */
  readonly address: IpAddress;
  /** The name that an ExternalName stands for; empty else. */
  readonly alias: string;
  /** Name of the Service or endpoint itself, in lower case but for the zone. */
  readonly name: string;
  /** -1 where no port is known. */
  readonly port: number;
}

/** Stands in for the ports of a Service or slice that has none. */
const NO_PORTS: readonly DnsPort[] = [{ name: '', protocol: 0, port: -1 }];

/** A request with where to look. */
interface Search {
  readonly source: DnsSource;
  readonly options: ClusterDnsOptions;
  /** In the letter case of the question. */
  readonly zone: string;
}

/**
 * What a name leads to.
 * @param name in lower case
 * @returns undefined when there is no such name
 */
export function serviceAnswers(search: Search, name: string): readonly ServiceAnswer[] | undefined {
  const request = recordRequest(name, search.zone, search.options.zonal);
  if (request === undefined) return undefined;
  if (request.kind === '') return [];
  if (isReverse(name) || !isExposed(search, request.namespace)) return undefined;
  return request.kind === 'pod' ? podAnswers(search, request) : answersOf(search, request);
}

/** Whether names of a namespace are answered. */
export function isExposed({ source, options: { namespaces } }: Omit<Search, 'zone'>, namespace: string): boolean {
  return (namespaces.length === 0 || namespaces.includes(namespace)) && source.hasNamespace(namespace);
}

/** What an endpoint is called: its hostname, its Pod if that is wanted, or its address with dashes. */
export function endpointLabel({ hostname, podName, address }: DnsEndpoint, podNames: boolean): string {
  if (hostname !== '') return hostname;
  // Longer names of Pods are no labels.
  if (podNames && podName !== '' && podName.length < 64) return podName;
  const text = formatIp(address);
  const dashed = text.replaceAll(isIpv6(address) ? ':' : '.', '-');
  return dashed.endsWith('-') ? `${dashed}0` : dashed;
}

function podAnswers({ source, options, zone }: Search, request: RecordRequest): readonly ServiceAnswer[] | undefined {
  const { namespace, service: label } = request;
  if (options.pods === 'disabled') return undefined;
  if (label === '') return [];
  const isDotted = label.split('-').length === 4 && !label.includes('--');
  const text = label.replaceAll('-', isDotted ? '.' : ':');
  const address = parseIp(text);
  if (address === undefined) return undefined;
  const answer = { address, alias: '', name: below(`${label}.${namespace}.pod`, zone), port: 0 };
  if (options.pods === 'insecure') return [answer];
  // Looked up by its text: another way of writing an IPv6 address is not found.
  if (formatIp(address) !== text) return undefined;
  const found = [...source.podNamespaces(address)].filter((own) => own === namespace);
  return found.length === 0 ? undefined : found.map(() => answer);
}

function answersOf(search: Search, request: RecordRequest): readonly ServiceAnswer[] | undefined {
  const { source, options, zone } = search;
  const { namespace, service: label } = request;
  if (label === '') return [];
  const service = source.service(namespace, label);
  if (service === undefined || isHidden(search, service)) return undefined;
  const isHeadless = service.kind === 'Headless';
  if (request.zone !== '' && !isHeadless) return undefined;
  const name = below(`${label}.${namespace}.svc`, zone);
  if (service.kind === 'ExternalName') {
    const mayBe = request.endpoint === '' && request.port === '' && request.protocol === '';
    const { externalName: alias } = service;
    // An address is no name, whatever the field is called.
    if (!mayBe || alias === '' || parseIp(alias) !== undefined) return undefined;
    return [{ address: 0, alias, name, port: 0 }];
  }
  if (isHeadless || request.endpoint !== '') {
    const found = endpointAnswers(source, options, request, request.zone, name);
    const all = found.length === 0 && request.prefersZone ? endpointAnswers(source, options, request, '', name) : found;
    return all.length === 0 && request.zone === '' ? undefined : all;
  }
  const ports = portsOf(service.ports).filter((port) => matches(request, port));
  if (ports.length === 0) return undefined;
  return ports.flatMap(({ port }) => service.clusterIps.map((address) => ({ address, alias: '', name, port })));
}

/** Whether a Service is passed over for want of endpoints. */
function isHidden({ source, options }: Search, { kind, namespace, name }: DnsService): boolean {
  if (!options.ignoreEmptyService || kind !== 'ClusterIP') return false;
  for (const { endpoints } of source.slices(namespace, name)) if (endpoints.length > 0) return false;
  return true;
}

function endpointAnswers(
  source: DnsSource,
  { endpointPodNames }: ClusterDnsOptions,
  request: RecordRequest,
  zone: string,
  serviceName: string,
): ServiceAnswer[] {
  const answers: ServiceAnswer[] = [];
  for (const slice of source.slices(request.namespace, request.service)) {
    const ports = portsOf(slice.ports).filter((port) => matches(request, port));
    for (const endpoint of slice.endpoints) {
      if (zone !== '' && lowered(endpoint.zone) !== zone) continue;
      const label = endpointLabel(endpoint, endpointPodNames);
      if (request.endpoint !== '' && lowered(label) !== request.endpoint) continue;
      const name = `${label}.${serviceName}`;
      for (const { port } of ports) answers.push({ address: endpoint.address, alias: '', name, port });
    }
  }
  return answers;
}

function portsOf(ports: readonly DnsPort[]): readonly DnsPort[] {
  return ports.length === 0 ? NO_PORTS : ports;
}

/** Whether a port is asked for. What is not said matches all, and a port without a name no name. */
function matches({ port, protocol }: RecordRequest, own: DnsPort): boolean {
  if (port !== '' && lowered(own.name) !== port) return false;
  return protocol === '' || (own.port >= 0 && lowered(protocolName(own.protocol)) === protocol);
}
