/**
 * Answers to PTR: mirrors plugin/kubernetes/reverse.go of CoreDNS 1.14. A cluster IP is its Service's; any other address belongs to the
 * endpoints that have it, whatever the kind of their Service.
 */
import type { IpAddress } from '../../net/index.js';
import { below, lowered } from './domain-name.js';
import { NO_DATA, type Found, type Inquiry } from './inquiry.js';
import type { DnsRecord } from './record.js';
import { addressOfReverseName, isReverse } from './reverse-name.js';
import { endpointLabel, isExposed, serviceAnswers } from './service-answers.js';

/** The names of an address. */
export function reverseRecords(inquiry: Inquiry): Found {
  const { question, options } = inquiry;
  const address = addressOfReverseName(question.name);
  if (address === undefined) {
    return serviceAnswers(inquiry, lowered(question.name)) === undefined ? undefined : NO_DATA;
  }
  const targets = new Set(namesAt(inquiry, address));
  if (targets.size === 0) return undefined;
  const { ttlSeconds } = options;
  const answer = Array.from(targets, (target): DnsRecord => {
    return { name: question.name, ttlSeconds, type: 'PTR', target };
  });
  return { answer };
}

function namesAt({ source, options }: Inquiry, address: IpAddress): readonly string[] {
  const zone = primaryZone(options.zones);
  const isShown = (namespace: string): boolean =>
    options.namespaces.length === 0 || isExposed({ source, options }, namespace);
  for (const { name, namespace } of source.servicesAt(address)) {
    if (isShown(namespace)) return [below(`${name}.${namespace}.svc`, zone)];
  }
  const names: string[] = [];
  for (const slice of source.slicesWith(address)) {
    if (!isShown(slice.namespace)) continue;
    for (const endpoint of slice.endpoints) {
      if (endpoint.address !== address) continue;
      const label = endpointLabel(endpoint, options.endpointPodNames);
      names.push(below(`${label}.${slice.service}.${slice.namespace}.svc`, zone));
    }
  }
  return names;
}

/** The cluster's own zone: the first one that is no reverse zone. */
export function primaryZone(zones: readonly string[]): string {
  return zones.find((zone) => !isReverse(zone)) ?? zones[0] ?? 'cluster.local.';
}
