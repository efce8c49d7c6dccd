/**
 * Reads the part of a Pod's spec that says how its containers find others: dnsPolicy, dnsConfig, hostAliases, enableServiceLinks, and the
 * names that a Pod may have in DNS.
 */
import { z } from 'zod';
import type { Pod, PodDiscovery, PodDnsConfig } from '../../kube/api.js';
import * as q from '../quantity.js';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();

/** The fields, for the schema of `spec`. */
export const discoveryFields = {
  hostname: text,
  subdomain: text,
  dnsPolicy: q.word('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None').nullish(),
  dnsConfig: z
    .object({
      nameservers: texts,
      searches: texts,
      options: z.array(z.object({ name: z.string(), value: text })).nullish(),
    })
    .nullish(),
  hostAliases: z.array(z.object({ ip: z.string(), hostnames: texts })).nullish(),
  enableServiceLinks: q.flag.nullish(),
};

type Written = z.output<z.ZodObject<typeof discoveryFields>>;

/** What a spec says; nothing where it says nothing. */
export function discoveryOf(spec: Written | null | undefined): Pick<Pod, 'hostname' | 'subdomain' | 'discovery'> {
  const { hostname, subdomain, dnsPolicy, dnsConfig, hostAliases, enableServiceLinks } = spec ?? {};
  const discovery: PodDiscovery = {
    ...(dnsPolicy && { dnsPolicy }),
    ...(dnsConfig && { dnsConfig: dnsConfigOf(dnsConfig) }),
    ...(hostAliases && { hostAliases: hostAliases.map(({ ip, hostnames }) => ({ ip, hostnames: hostnames ?? [] })) }),
    ...(typeof enableServiceLinks === 'boolean' && { enableServiceLinks }),
  };
  return {
    ...(hostname && { hostname }),
    ...(subdomain && { subdomain }),
    ...(Object.keys(discovery).length > 0 && { discovery }),
  };
}

function dnsConfigOf({ nameservers, searches, options }: NonNullable<Written['dnsConfig']>): PodDnsConfig {
  return {
    nameservers: nameservers ?? [],
    searches: searches ?? [],
    options: (options ?? []).map(({ name, value }) => (typeof value === 'string' ? { name, value } : { name })),
  };
}
