/**
 * What a zone says of itself: its start of authority and its servers (CoreDNS 1.14, plugin/kubernetes/ns.go and SOA of
 * plugin/backend_lookup.go).
 *
 * The servers are the Services in front of the server's own addresses; where no slice has these, the name `ns.dns` of the zone stands for
 * them.
 */
import { familyOf, type IpAddress } from '../../net/index.js';
import { below, lowered } from './domain-name.js';
import type { Found, Inquiry } from './inquiry.js';
import { addressRecord, type DnsRecord, type RecordType, type SoaRecord } from './record.js';
import { endpointLabel, serviceAnswers, type ServiceAnswer } from './service-answers.js';

const SERVER = 'ns.dns';

/** The zone's start of authority. Its own TTL is at most 300 s. */
export function startOfAuthority({ zone, options: { ttlSeconds }, source }: Inquiry): SoaRecord {
  return {
    name: zone,
    ttlSeconds: Math.min(300, ttlSeconds),
    type: 'SOA',
    server: below(SERVER, zone),
    mailbox: below('hostmaster', zone),
    serial: source.serial,
    refreshSeconds: 7200,
    retrySeconds: 1800,
    expireSeconds: 86_400,
    minimumSeconds: ttlSeconds,
  };
}

/** The zone's NS records, with the servers' addresses. */
export function nameServers(inquiry: Inquiry): Found {
  const { ttlSeconds } = inquiry.options;
  const answer: DnsRecord[] = [];
  const additional: DnsRecord[] = [];
  const seen = new Set<string>();
  for (const { name: target, address } of servers(inquiry)) {
    additional.push(addressRecord(target, ttlSeconds, address));
    if (seen.has(target)) continue;
    seen.add(target);
    answer.push({ name: inquiry.question.name, ttlSeconds, type: 'NS', target });
  }
  return { answer, additional };
}

/**
 * What a name leads to, the servers' own name included.
 * @param type of the question
 * @returns undefined when there is no such name
 */
export function backendAnswers(inquiry: Inquiry, name: string, type: RecordType): readonly ServiceAnswer[] | undefined {
  const own = lowered(name);
  // The zone in the case of the question: written with capitals, the servers' name is not known.
  if (own !== below(SERVER, inquiry.zone)) return serviceAnswers(inquiry, own);
  return servers(inquiry)
    .filter(({ address }) => type === (familyOf(address) === 4 ? 'A' : 'AAAA'))
    .map(({ address }) => ({ address, alias: '', name: own, port: 0 }));
}

interface NameServer {
  readonly name: string;
  readonly address: IpAddress;
}

function servers({ source, options, zone }: Inquiry): readonly NameServer[] {
  const found: NameServer[] = [];
  let hasEndpoint = false;
  for (const local of options.localAddresses) {
    for (const slice of source.slicesWith(local)) {
      hasEndpoint = true;
      const service = source.service(slice.namespace, slice.service);
      if (service === undefined) continue;
      const name = below(`${service.name}.${service.namespace}.svc`, zone);
      if (service.kind === 'Headless') {
        for (const endpoint of slice.endpoints) {
          const label = endpointLabel(endpoint, options.endpointPodNames);
          found.push({ name: `${label}.${name}`, address: endpoint.address });
        }
      } else for (const address of service.clusterIps) found.push({ name, address });
    }
  }
  if (hasEndpoint) return found;
  return options.localAddresses.map((address) => ({ name: below(SERVER, zone), address }));
}
