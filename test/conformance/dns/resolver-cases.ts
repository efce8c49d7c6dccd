/** Cases of the schemas `dns-resolvconf/v1` and `dns-search/v1`: a Pod's resolver file, and what a stub resolver tries. */
import { expect } from 'vitest';
import {
  LEGACY_RESOLV_CONF_LIMITS,
  podResolvConf,
  resolverSettings,
  RESOLV_CONF_LIMITS,
  stubLookup,
  type DnsPolicy,
  type PodDnsConfig,
  type RecordType,
  type ResolvConf,
} from '../../../src/kube/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from '../kube-proxy/fields.js';

/** The first minor version whose kubelet has the wide limits. */
const WIDE_LIMITS_MINOR = 26;

/** Runs a case of `dns-resolvconf/v1`; throws when it fails. @param sources of its file: whose version decides the limits */
export function runResolvConf({ name, fields: own }: NamedCase, sources: Fields): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'kubelet', 'pod', 'expect'], name);
  const kubelet = knownFields(fields['kubelet'], ['clusterDNS', 'clusterDomain', 'hostResolvConf'], `${name} kubelet`);
  const known = ['namespace', 'dnsPolicy', 'hostNetwork', 'dnsConfig'];
  const pod = knownFields(fields['pod'], known, `${name} pod`);
  const config = pod['dnsConfig'];
  const host = kubelet['hostResolvConf'];
  const result = podResolvConf(
    {
      namespace: textOf(pod['namespace'], `${name} namespace`),
      dnsPolicy: textOf(pod['dnsPolicy'], `${name} dnsPolicy`) as DnsPolicy,
      hostNetwork: flagOf(pod['hostNetwork'], `${name} hostNetwork`, false),
      ...(config !== undefined && config !== null && { dnsConfig: configOf(config, `${name} dnsConfig`) }),
    },
    {
      clusterDns: textsOf(kubelet['clusterDNS'], `${name} clusterDNS`),
      clusterDomain: textOf(kubelet['clusterDomain'] ?? '', `${name} clusterDomain`),
      hostResolvConf: host === undefined || host === null ? undefined : confOf(host, `${name} hostResolvConf`),
      limits: limitsOf(name, fields['origin'], sources),
    },
  );
  const expected = confOf(fields['expect'], `${name} expect`);
  expect(result.nameservers).toEqual(expected.nameservers);
  expect(result.searches).toEqual(expected.searches);
  expect([...result.options].sort()).toEqual([...expected.options].sort());
}

/** Runs a case of `dns-search/v1`; throws when it fails. */
export function runSearch({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'resolver', 'lookup', 'existingNames', 'expect'], name);
  const resolver = knownFields(fields['resolver'], ['searches', 'ndots', 'families'], `${name} resolver`);
  const searches = textsOf(resolver['searches'], `${name} searches`);
  const options = [`ndots:${numberOf(resolver['ndots'], `${name} ndots`)}`];
  const types = textsOf(resolver['families'], `${name} families`) as RecordType[];
  const existing = textsOf(fields['existingNames'], `${name} existingNames`);
  const settings = resolverSettings({ nameservers: ['192.0.2.53'], searches, options });
  const lookup = stubLookup(textOf(fields['lookup'], `${name} lookup`), types, settings);
  const namesTried: string[] = [];
  let [queries, nxdomainAnswers] = [0, 0];
  let next = lookup.next();
  while (next.done !== true) {
    const round = next.value;
    const exists = existing.includes(round.name.toLowerCase());
    namesTried.push(round.name);
    queries += round.types.length;
    if (!exists) nxdomainAnswers += round.types.length;
    const rcode = exists ? 'NOERROR' : 'NXDOMAIN';
    next = lookup.next(round.types.map(() => ({ rcode, answers: exists ? 1 : 0, truncated: false })));
  }
  const expected = knownFields(
    fields['expect'],
    ['namesTried', 'queries', 'resolved', 'nxdomainAnswers'],
    `${name} expect`,
  );
  expect({ namesTried, queries, resolved: next.value === 'found', nxdomainAnswers }).toEqual(expected);
}

function confOf(value: unknown, where: string): ResolvConf {
  const fields = knownFields(value, ['nameservers', 'searches', 'options'], where);
  return {
    nameservers: textsOf(fields['nameservers'], `${where} nameservers`),
    searches: textsOf(fields['searches'], `${where} searches`),
    options: textsOf(fields['options'], `${where} options`),
  };
}

function configOf(value: unknown, where: string): PodDnsConfig {
  const fields = knownFields(value, ['nameservers', 'searches', 'options'], where);
  return {
    nameservers: textsOf(fields['nameservers'], `${where} nameservers`),
    searches: textsOf(fields['searches'], `${where} searches`),
    options: listOf(fields['options'], `${where} options`).map((own) => {
      const option = knownFields(own, ['name', 'value'], `${where} options`);
      const optionName = textOf(option['name'], `${where} options`);
      const given = option['value'];
      return given === undefined || given === null
        ? { name: optionName }
        : { name: optionName, value: textOf(given, `${where} options`) };
    }),
  };
}

/** The limits of the version that a case is taken from. */
function limitsOf(name: string, origin: unknown, sources: Fields) {
  const source = fieldsOf(origin, `${name} origin`)['source'];
  const from = sources[textOf(source, `${name} origin`)];
  const version = from === undefined ? undefined : fieldsOf(from, `${name} source`)['version'];
  const minor = /^v?1\.(\d+)/.exec(typeof version === 'string' ? version : '')?.[1];
  return minor !== undefined && Number(minor) < WIDE_LIMITS_MINOR ? LEGACY_RESOLV_CONF_LIMITS : RESOLV_CONF_LIMITS;
}
