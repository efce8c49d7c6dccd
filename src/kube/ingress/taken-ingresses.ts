/**
 * Which Ingresses a controller takes, by their class; and what of them means something. Names and plain records, for whoever reads or checks them too.
 */
import type { Ingress, IngressClass } from '../api.js';

/** Annotation that gives a backend sessions (`cookie`), and the one that says how they hold. */
export const AFFINITY_ANNOTATION = 'nginx.ingress.kubernetes.io/affinity';
/** See `AFFINITY_ANNOTATION`. */
export const AFFINITY_MODE_ANNOTATION = 'nginx.ingress.kubernetes.io/affinity-mode';

/** Annotations of Ingresses that mean something. */
export const INGRESS_ANNOTATIONS: ReadonlySet<string> = new Set([AFFINITY_ANNOTATION, AFFINITY_MODE_ANNOTATION]);

/** Takes Ingresses of every class, and those without. */
export const ANY_CLASS = 'any';

/** The Ingresses that a controller takes. @param className its class, or `ANY_CLASS` */
export function takenIngresses(
  ingresses: readonly Ingress[],
  classes: readonly IngressClass[],
  className: string,
): readonly Ingress[] {
  if (className === ANY_CLASS) return ingresses;
  // On creation the API server writes the default class into an Ingress that names none.
  const isDefault = classes.some((own) => own.name === className && own.isDefault);
  return ingresses.filter((own) => own.className === className || (own.className === '' && isDefault));
}

/** Whether any of some Ingresses sends anything to a Service. */
export function leadToServices(ingresses: readonly Ingress[]): boolean {
  return ingresses.some(({ rules, defaultBackend }) => {
    return Boolean(defaultBackend) || rules.some(({ paths }) => paths.some(({ backend }) => backend !== null));
  });
}
