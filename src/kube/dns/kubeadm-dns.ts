/**
 * The cluster's DNS as kubeadm sets it up (cmd/kubeadm/app/phases/addons/dns): the Service kube-system/kube-dns at the tenth address of the
 * service range of the cluster's primary family, and the Deployment `coredns` behind it.
 *
 * Left out: the pods' node affinity and tolerations; they are placed like all others.
 */
import { familyOf, Protocol, type IpAddress } from '../../net/index.js';
import { addressAt, type Cidr } from '../address-range.js';
import { SERVICE_DEFAULTS, type PodSet, type Service } from '../api.js';
import { DNS_ADDRESS_OFFSET, DNS_SERVICE } from './dns-service.js';

/** Port of DNS over UDP and TCP. */
export const DNS_PORT = 53;

const METRICS_PORT = 9153;
const LABELS = { 'k8s-app': DNS_SERVICE.name };
const { tcp, udp } = Protocol;

const PORTS = [
  { name: 'dns', protocol: udp, port: DNS_PORT },
  { name: 'dns-tcp', protocol: tcp, port: DNS_PORT },
  { name: 'metrics', protocol: tcp, port: METRICS_PORT },
] as const;

/** The Service, with its address. @param serviceCidr of the cluster's primary family */
export function dnsService(serviceCidr: Cidr): Service {
  const clusterIp: IpAddress = addressAt(serviceCidr, DNS_ADDRESS_OFFSET);
  return {
    ...SERVICE_DEFAULTS,
    metadata: { ...DNS_SERVICE, labels: LABELS },
    type: 'ClusterIP',
    headless: false,
    selector: LABELS,
    clusterIp,
    clusterIps: [clusterIp],
    ipFamilies: [familyOf(clusterIp)],
    ports: PORTS.map((port) => ({ ...port, targetPort: port.port, nodePort: 0 })),
  };
}

/** The Deployment behind it. */
export function dnsDeployment(replicas: number): PodSet {
  const metadata = { namespace: DNS_SERVICE.namespace, name: 'coredns', labels: LABELS };
  return { metadata, kind: 'Deployment', replicas, podLabels: LABELS, ports: PORTS };
}
