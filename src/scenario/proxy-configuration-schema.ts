/**
 * The schema of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1, k8s.io/kube-proxy types.go 1.34): all fields are
 * known, those that mean something here are checked. Any field may be null, as kubeadm writes it.
 */
import { z } from 'zod';
import { PROXY_MODES } from '../proxy/modes/index.js';
import { readGoDuration } from './go-duration.js';
import { readPrefix } from './manifest/ip-text.js';
import * as q from './quantity.js';

const duration = q.quantity('a duration as Go writes it, such as 30s or 1h0m0s', readGoDuration).nullish();
const flag = q.flag.nullish();
const bit = q.whole(0, 31).nullish();
const count = q.whole(0).nullish();
const text = q.quantity('a text', (value) => (typeof value === 'string' ? value : undefined)).nullish();
/** Modes of 1.34 and those of older versions that are simulated. */
const MODES = PROXY_MODES.map(({ name }) => name);
const mode = q
  .quantity(
    (value) => {
      const known = `one of ${MODES.join(', ')}`;
      return value === 'kernelspace' ? `${known} (kernelspace is for Windows nodes, which are not simulated)` : known;
    },
    (value) => (value === '' || MODES.some((name) => name === value) ? String(value) : undefined),
  )
  .nullish();
/** Fields that concern other things than where packets go. */
const anything = z.unknown().optional();

const cidrs = z
  .array(
    q.quantity('a network such as 10.0.0.0/8', (value) =>
      typeof value === 'string' && readPrefix(value) !== undefined ? value.trim() : undefined,
    ),
  )
  .nullish();

const networkOrPrimary = q.quantity('a network such as 10.0.0.0/8, or primary', (value) =>
  typeof value === 'string' && (value === 'primary' || readPrefix(value) !== undefined) ? value : undefined,
);

/** One network, or one of each family with a comma between them. */
const clusterCidr = q
  .quantity('a network, or one of each family: 10.244.0.0/16,fd00:10:244::/48', (value) => {
    const parts = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [];
    if (value === '') return [];
    return parts.length >= 1 && parts.length <= 2 && parts.every((part) => readPrefix(part)) ? parts : undefined;
  })
  .nullish();

const ipvs = z.strictObject({
  syncPeriod: duration,
  minSyncPeriod: duration,
  scheduler: text,
  excludeCIDRs: cidrs,
  strictARP: flag,
  tcpTimeout: duration,
  tcpFinTimeout: duration,
  udpTimeout: duration,
});

const conntrack = z.strictObject({
  maxPerCore: count,
  min: count,
  tcpEstablishedTimeout: duration,
  tcpCloseWaitTimeout: duration,
  tcpBeLiberal: flag,
  udpTimeout: duration,
  udpStreamTimeout: duration,
});

/** The schema of the object. */
export const configurationSchema = z.strictObject({
  apiVersion: q.word('kubeproxy.config.k8s.io/v1alpha1'),
  kind: q.word('KubeProxyConfiguration'),
  mode,
  iptables: z
    .strictObject({
      masqueradeBit: bit,
      masqueradeAll: flag,
      localhostNodePorts: flag,
      syncPeriod: duration,
      minSyncPeriod: duration,
    })
    .nullish(),
  ipvs: ipvs.nullish(),
  nftables: z
    .strictObject({ masqueradeBit: bit, masqueradeAll: flag, syncPeriod: duration, minSyncPeriod: duration })
    .nullish(),
  detectLocalMode: text,
  detectLocal: z.strictObject({ bridgeInterface: text, interfaceNamePrefix: text }).nullish(),
  clusterCIDR: clusterCidr,
  nodePortAddresses: z.array(networkOrPrimary).nullish(),
  conntrack: conntrack.nullish(),
  configSyncPeriod: duration,
  metadata: anything,
  featureGates: anything,
  clientConnection: anything,
  logging: anything,
  hostnameOverride: anything,
  bindAddress: anything,
  bindAddressHardFail: anything,
  healthzBindAddress: anything,
  metricsBindAddress: anything,
  enableProfiling: anything,
  showHiddenMetricsForVersion: anything,
  winkernel: anything,
  windowsRunAsService: anything,
  oomScoreAdj: anything,
  portRange: anything,
  udpIdleTimeout: anything,
});

/** A configuration as written, checked. */
export type Configuration = z.output<typeof configurationSchema>;
