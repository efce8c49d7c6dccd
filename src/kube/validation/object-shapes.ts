/**
 * The fields of the API's objects around Services (v1, discovery.k8s.io/v1, networking.k8s.io/v1, about v1.34), with their types.
 *
 * All fields are there, so that unknown ones can be told; of those that no rule looks at only that they exist.
 */
import type { Decoded, Shape } from './shape.js';

const text = 'text';
const texts = { list: 'text' } as const;
const reference = {
  fields: {
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  },
} as const;

/** `metadata`. */
const META = {
  fields: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: 'int64',
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: 'int64',
    labels: { map: text },
    annotations: { map: text },
    ownerReferences: {
      list: {
        fields: { apiVersion: text, kind: text, name: text, uid: text, controller: 'flag', blockOwnerDeletion: 'flag' },
      },
    },
    finalizers: texts,
    managedFields: { list: 'any' },
  },
} as const satisfies Shape;

const HEAD = { apiVersion: text, kind: text, metadata: META } as const;

/** Service (v1). */
export const SERVICE = {
  fields: {
    ...HEAD,
    spec: {
      fields: {
        ports: {
          list: {
            fields: {
              name: text,
              protocol: text,
              appProtocol: text,
              port: 'int32',
              targetPort: 'int or text',
              nodePort: 'int32',
            },
          },
        },
        selector: { map: text },
        clusterIP: text,
        clusterIPs: texts,
        type: text,
        externalIPs: texts,
        sessionAffinity: text,
        loadBalancerIP: text,
        loadBalancerSourceRanges: texts,
        externalName: text,
        externalTrafficPolicy: text,
        healthCheckNodePort: 'int32',
        publishNotReadyAddresses: 'flag',
        sessionAffinityConfig: { fields: { clientIP: { fields: { timeoutSeconds: 'int32' } } } },
        ipFamilies: texts,
        ipFamilyPolicy: text,
        allocateLoadBalancerNodePorts: 'flag',
        loadBalancerClass: text,
        internalTrafficPolicy: text,
        trafficDistribution: text,
      },
    },
    status: 'any',
  },
} as const satisfies Shape;

const address = { fields: { ip: text, hostname: text, nodeName: text, targetRef: reference } } as const;

/** Endpoints (v1). */
export const ENDPOINTS = {
  fields: {
    ...HEAD,
    subsets: {
      list: {
        fields: {
          addresses: { list: address },
          notReadyAddresses: { list: address },
          ports: { list: { fields: { name: text, port: 'int32', protocol: text, appProtocol: text } } },
        },
      },
    },
  },
} as const satisfies Shape;

const hints = { list: { fields: { name: text } } } as const;

/** EndpointSlice (discovery.k8s.io/v1). */
export const ENDPOINT_SLICE = {
  fields: {
    ...HEAD,
    addressType: text,
    endpoints: {
      list: {
        fields: {
          addresses: texts,
          conditions: { fields: { ready: 'flag', serving: 'flag', terminating: 'flag' } },
          hostname: text,
          targetRef: reference,
          deprecatedTopology: { map: text },
          nodeName: text,
          zone: text,
          hints: { fields: { forZones: hints, forNodes: hints } },
        },
      },
    },
    ports: { list: { fields: { name: text, protocol: text, port: 'int32', appProtocol: text } } },
  },
} as const satisfies Shape;

const backend = {
  fields: {
    service: { fields: { name: text, port: { fields: { name: text, number: 'int32' } } } },
    resource: { fields: { apiGroup: text, kind: text, name: text } },
  },
} as const;

/** Ingress (networking.k8s.io/v1). */
export const INGRESS = {
  fields: {
    ...HEAD,
    spec: {
      fields: {
        ingressClassName: text,
        defaultBackend: backend,
        tls: { list: { fields: { hosts: texts, secretName: text } } },
        rules: {
          list: {
            fields: {
              host: text,
              http: { fields: { paths: { list: { fields: { path: text, pathType: text, backend } } } } },
            },
          },
        },
      },
    },
    status: 'any',
  },
} as const satisfies Shape;

/** Any object, of which only `metadata` is looked at. */
export const META_ONLY = { fields: { metadata: META } } as const satisfies Shape;

/** Decoded `metadata`. */
export type MetaObject = Decoded<typeof META>;
/** A decoded Service. */
export type ServiceObject = Decoded<typeof SERVICE>;
/** Its `spec`. */
export type ServiceSpecObject = NonNullable<ServiceObject['spec']>;
/** Decoded Endpoints. */
export type EndpointsObject = Decoded<typeof ENDPOINTS>;
/** A decoded EndpointSlice. */
export type EndpointSliceObject = Decoded<typeof ENDPOINT_SLICE>;
/** A decoded Ingress. */
export type IngressObject = Decoded<typeof INGRESS>;
