/** How containers find Services, as the room shows it: the DNS server, resolvers, resolver and hosts files, environment, Ingress. */
export type { DnsPolicy, HostAlias, PodDiscovery, PodDnsConfig } from './api.js';
export { ClusterDns } from './dns/cluster-dns.js';
export {
  DNS_DEFAULTS,
  KUBEADM_DNS,
  type ClusterDnsOptions,
  type Upstream,
  type UpstreamReply,
} from './dns/dns-options.js';
export { fqdn, isWithin, sameName } from './dns/domain-name.js';
export {
  addressesInHosts,
  hostsEntries,
  hostsFilePod,
  hostsFileText,
  podHostname,
  type HostsEntry,
  type HostsFilePod,
} from './dns/hosts-file.js';
export { DNS_ADDRESS_OFFSET, DNS_SERVICE } from './dns/dns-service.js';
export { DNS_PORT, dnsDeployment, dnsService } from './dns/kubeadm-dns.js';
export { ListedSource, type DnsPod, type ListedCluster } from './dns/listed-source.js';
export { factsOf, lookUp, stubLookup, type LookupRequest, type LookupResult, type LookupStep } from './dns/look-up.js';
export type { Lookup, LookupOutcome, QueryRound, ReplyFacts, RoundReplies } from './dns/lookup-round.js';
export { isNoData, type DnsQuestion, type DnsReply, type Rcode } from './dns/message.js';
export {
  LEGACY_RESOLV_CONF_LIMITS,
  podResolvConf,
  RESOLV_CONF_LIMITS,
  type KubeletDns,
  type PodDnsEvent,
  type PodResolvConf,
  type ResolvConfLimits,
  type ResolvingPod,
} from './dns/pod-resolv-conf.js';
export { addressRecord, dataText, RECORD_TYPES, type DnsRecord, type RecordType } from './dns/record.js';
export type { DnsEndpoint, DnsPort, DnsService, DnsSlice, DnsSource } from './dns/record-source.js';
export { PLAIN_UDP, sentReply, type SentReply, type Transport } from './dns/reply-size.js';
export { parseResolvConf, resolvConfText, type ResolvConf } from './dns/resolv-conf.js';
export { resolverSettings, type ResolverLibrary, type ResolverSettings } from './dns/resolver-settings.js';
export { reverseName } from './dns/reverse-name.js';
export { StoreSource, type StoreSourceSetup } from './dns/store-source.js';
export { plainBytes, queryBytes, replyBytes, type WireOptions } from './dns/wire.js';
export {
  CookieAffinity,
  DEFAULT_COOKIE_NAME,
  type AffinityMode,
  type NewSession,
  type SessionSeed,
} from './ingress/cookie-affinity.js';
export { BackendEndpoints, type BackendEndpointsSetup, type BackendServers } from './ingress/backend-endpoints.js';
export {
  INGRESS_PORT,
  INGRESS_SERVICE,
  type IngressController,
  type IngressExposure,
} from './ingress/controller-objects.js';
export { IngressRoutes, type IngressRequest, type IngressRoute, type RoutedBackend } from './ingress/ingress-routes.js';
export { ANY_CLASS, takenIngresses } from './ingress/taken-ingresses.js';
export {
  INGRESS_NGINX_CHOICES,
  IngressMatcher,
  type IngressChoices,
  type IngressDecision,
  type IngressPath,
  type IngressRule,
  type PathType,
} from './ingress/ingress-match.js';
export {
  PROXY_V1_MOST_BYTES,
  PROXY_V2_IPV4_BYTES,
  PROXY_V2_IPV6_BYTES,
  proxyHeaderBytes,
  proxyV1Header,
  type ProxiedConnection,
} from './ingress/proxy-protocol.js';
export {
  linkedService,
  serviceEnvironment,
  variablesOf,
  type EnvironmentVariable,
  type LinkedPort,
  type LinkedService,
} from './pod-environment/service-variables.js';
