/** The schema of Services (v1): every field that proxies, allocation or the slice controller see. Others are passed over. */
import { z } from 'zod';
import * as q from '../quantity.js';
import { labels, metadata, port, protocol } from './field.js';
import { address, prefix, readAddress } from './ip-text.js';

const servicePort = z.object({
  name: z.string().nullish(),
  protocol,
  port,
  targetPort: q
    .quantity('a port, 1 to 65535, or the name of a container port', (value) => {
      if (typeof value === 'string') return value;
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535 ? value : undefined;
    })
    .nullish(),
  nodePort: q.whole(0, 65535).nullish(),
  appProtocol: z.string().nullish(),
});

const clusterIp = q.quantity('an IP address, None or nothing', (value) =>
  value === 'None' || value === '' ? value : readAddress(value),
);

const policy = q.word('Cluster', 'Local').nullish();

/** The schema of a Service. */
export const serviceSchema = z.object({
  metadata: metadata.extend({ annotations: z.record(z.string(), z.unknown()).nullish() }),
  spec: z.object({
    type: q.word('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName').nullish(),
    clusterIP: clusterIp.nullish(),
    clusterIPs: z.array(clusterIp).nullish(),
    ipFamilies: z.array(q.word('IPv4', 'IPv6')).nullish(),
    ipFamilyPolicy: q.word('SingleStack', 'PreferDualStack', 'RequireDualStack').nullish(),
    externalName: z.string().nullish(),
    selector: labels.nullish(),
    ports: z.array(servicePort).nullish(),
    sessionAffinity: q.word('None', 'ClientIP').nullish(),
    sessionAffinityConfig: z
      .object({ clientIP: z.object({ timeoutSeconds: q.whole(1, 86_400).nullish() }).nullish() })
      .nullish(),
    publishNotReadyAddresses: q.flag.nullish(),
    externalIPs: z.array(address).nullish(),
    loadBalancerIP: z.string().nullish(),
    loadBalancerSourceRanges: z.array(prefix).nullish(),
    allocateLoadBalancerNodePorts: q.flag.nullish(),
    internalTrafficPolicy: policy,
    externalTrafficPolicy: policy,
    healthCheckNodePort: q.whole(0, 65535).nullish(),
    trafficDistribution: q.word('PreferClose', 'PreferSameZone', 'PreferSameNode').nullish(),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({
          ingress: z.array(z.object({ ip: z.string().nullish(), ipMode: z.string().nullish() })).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/** A Service as written, checked field by field. */
export type WrittenService = z.output<typeof serviceSchema>;
