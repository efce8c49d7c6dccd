/**
 * Reads Ingresses and IngressClasses (networking.k8s.io/v1).
 *
 * What an API server would refuse has been looked at before (`review.ts`). Of annotations those are kept that the simulated controller looks at;
 * TLS means nothing here, and a backend that is no Service is kept as one that nobody stands for.
 */
import { z } from 'zod';
import type { Ingress, IngressBackend, IngressClass } from '../../kube/api.js';
import { INGRESS_ANNOTATIONS } from '../../kube/ingress/taken-ingresses.js';
import { checkedSubject, problemIn } from '../explain.js';
import { InputError } from '../problem.js';
import * as q from '../quantity.js';
import { metadata, metaOf, port } from './field.js';
import type { RawObject } from './raw-object.js';

/** Version whose fields these are. */
const VERSION = 'networking.k8s.io/v1';
/** What named an Ingress's class before there was a field for it. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

const annotated = metadata.extend({ annotations: z.record(z.string(), z.unknown()).nullish() });

const backend = z.object({
  service: z
    .object({ name: z.string(), port: z.object({ name: z.string().nullish(), number: port.nullish() }).nullish() })
    .nullish(),
});

const schema = z.object({
  metadata: annotated,
  spec: z.object({
    ingressClassName: z.string().nullish(),
    defaultBackend: backend.nullish(),
    rules: z
      .array(
        z.object({
          host: z.string().nullish(),
          http: z
            .object({
              paths: z.array(
                z.object({
                  path: z.string().nullish(),
                  pathType: q.word('Exact', 'Prefix', 'ImplementationSpecific'),
                  backend,
                }),
              ),
            })
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

/** Reads one Ingress. @throws InputError with every problem */
export function readIngress(raw: RawObject): Ingress {
  requireVersion(raw);
  const { metadata: meta, spec } = checkedSubject(schema, raw);
  const annotations = textsOf(meta.annotations);
  const kept = Object.entries(annotations).filter(([name]) => INGRESS_ANNOTATIONS.has(name));
  return {
    metadata: { ...metaOf(meta), ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) },
    className: spec.ingressClassName ?? annotations[CLASS_ANNOTATION] ?? '',
    rules: (spec.rules ?? []).map(({ host, http }) => ({
      host: host ?? '',
      paths: (http?.paths ?? []).map(({ path, pathType, backend: own }) => {
        return { path: path ?? '', pathType, backend: backendOf(own) };
      }),
    })),
    ...(spec.defaultBackend ? { defaultBackend: backendOf(spec.defaultBackend) } : {}),
  };
}

/** Reads one IngressClass. @throws InputError with every problem */
export function readIngressClass(raw: RawObject): IngressClass {
  requireVersion(raw);
  const { metadata: meta } = checkedSubject(z.object({ metadata: annotated }), raw);
  return { name: meta.name, isDefault: textsOf(meta.annotations)[DEFAULT_ANNOTATION] === 'true' };
}

/** Older versions have other fields, and no API server since 1.22 takes them. */
function requireVersion(raw: RawObject): void {
  const written = (raw.value as Readonly<Record<string, unknown>>)['apiVersion'];
  if (written === undefined || written === VERSION) return;
  const message = `expected ${VERSION} (API servers from 1.22 on take no other), found ${JSON.stringify(written)}`;
  throw new InputError([problemIn(raw, ['apiVersion'], message)]);
}

function backendOf({ service }: z.output<typeof backend>): IngressBackend | null {
  if (!service) return null;
  const { name, number } = service.port ?? {};
  return { service: service.name, port: number ?? name ?? '' };
}

function textsOf(annotations: Readonly<Record<string, unknown>> | null | undefined): Readonly<Record<string, string>> {
  const texts = Object.entries(annotations ?? {}).filter((own): own is [string, string] => typeof own[1] === 'string');
  return Object.fromEntries(texts);
}
