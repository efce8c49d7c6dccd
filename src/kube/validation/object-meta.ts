/**
 * `metadata` as the API server checks it on creation and on update (apimachinery api/validation objectmeta.go, about v1.34).
 *
 * Left out: managedFields, which no user writes.
 */
import { forbidden, invalid, invalidEach, required, tooLong, type FieldError, type FieldPath } from './field-error.js';
import { labelName, labelValueProblems, qualifiedNameProblems, type NameCheck } from './names.js';
import type { MetaObject } from './object-shapes.js';

/** Most bytes of all annotations together. */
const ANNOTATION_BYTES = 256 * 1024;

/** Finalizers of Kubernetes itself: others name a domain (core/validation validateKubeFinalizerName). */
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

const META: FieldPath = ['metadata'];

/** Rules for an object's `metadata`. */
export interface MetaRules {
  readonly nameCheck: NameCheck;
  /** Whether objects of the kind live in namespaces. */
  readonly namespaced: boolean;
}

/** What is wrong with an object's `metadata`, seen alone. */
export function metaErrors(meta: MetaObject, { nameCheck, namespaced }: MetaRules): FieldError[] {
  const { name = '', generateName = '', namespace = '', generation = 0 } = meta;
  const errors: FieldError[] = [];
  if (generateName !== '') errors.push(...invalidEach(at('generateName'), generateName, nameCheck(generateName, true)));
  if (name === '') errors.push(required(at('name'), 'name or generateName is required'));
  else errors.push(...invalidEach(at('name'), name, nameCheck(name, false)));
  if (!namespaced) {
    if (namespace !== '') errors.push(forbidden(at('namespace'), 'not allowed on this type'));
  } else if (namespace === '') errors.push(required(at('namespace')));
  else errors.push(...invalidEach(at('namespace'), namespace, labelName(namespace, false)));
  if (generation < 0) errors.push(invalid(at('generation'), generation, 'must be greater than or equal to 0'));
  errors.push(
    ...labelErrors(at('labels'), meta.labels),
    ...annotationErrors(at('annotations'), meta.annotations),
    ...ownerErrors(at('ownerReferences'), meta.ownerReferences),
    ...finalizerErrors(at('finalizers'), meta.finalizers),
  );
  return errors;
}

/** What an update may not do to `metadata`. */
export function metaUpdateErrors(meta: MetaObject, before: MetaObject): FieldError[] {
  const errors: FieldError[] = [];
  const added = (meta.finalizers ?? []).filter((own) => !(before.finalizers ?? []).includes(own));
  if (before.deletionTimestamp !== undefined && added.length > 0) {
    const found = `[]string{${added
      .sort()
      .map((own) => JSON.stringify(own))
      .join(', ')}}`;
    const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
    errors.push(forbidden(at('finalizers'), detail));
  }
  const { resourceVersion = '', generation = 0 } = meta;
  if (resourceVersion === '') {
    errors.push(invalid(at('resourceVersion'), resourceVersion, 'must be specified for an update'));
  }
  if (generation < (before.generation ?? 0)) {
    errors.push(invalid(at('generation'), generation, 'must not be decremented'));
  }
  for (const field of IMMUTABLE) {
    const [now, then] = [meta[field] ?? EMPTY[field], before[field] ?? EMPTY[field]];
    if (now !== then) errors.push(invalid(at(field), now, 'field is immutable'));
  }
  return errors;
}

/** Labels, and selectors, which have the same rules. */
export function labelErrors(path: FieldPath, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidEach(path, key, qualifiedNameProblems(key)),
    ...invalidEach(path, value, labelValueProblems(value)),
  ]);
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What stands for nothing: texts are empty, times are null. */
const EMPTY: Readonly<Partial<Record<keyof MetaObject, string>>> = { name: '', namespace: '', uid: '' };

function annotationErrors(path: FieldPath, annotations: Readonly<Record<string, string>> | undefined): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) => invalidEach(path, key, qualifiedNameProblems(key.toLowerCase())));
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
  return bytes > ANNOTATION_BYTES ? [...errors, tooLong(path, ANNOTATION_BYTES)] : errors;
}

function ownerErrors(path: FieldPath, owners: MetaObject['ownerReferences']): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const owner of owners ?? []) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = owner;
    const hasVersion = apiVersion !== '' && !apiVersion.endsWith('/') && apiVersion.split('/').length <= 2;
    if (!hasVersion) errors.push(invalid([...path, 'apiVersion'], apiVersion, 'version must not be empty'));
    for (const [field, value] of Object.entries({ kind, name, uid })) {
      if (value === '') errors.push(invalid([...path, field], value, 'must not be empty'));
    }
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    const own = `${kind}/${name}`;
    const detail =
      'Only one reference can have Controller set to true. Found "true" in references for ' +
      `${controller} and ${own}`;
    if (controller !== '') errors.push(invalid(path, owners, detail));
    else controller = own;
  }
  return errors;
}

function finalizerErrors(path: FieldPath, finalizers: readonly string[] | undefined): FieldError[] {
  const own = finalizers ?? [];
  const errors = own.flatMap((finalizer) => invalidEach(path, finalizer, qualifiedNameProblems(finalizer)));
  if (own.includes('orphan') && own.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  own.forEach((finalizer, i) => {
    const isKnown = finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer);
    if (!isKnown) errors.push(invalid([...path, i], finalizer, detail));
  });
  return errors;
}

function at(field: string): FieldPath {
  return [...META, field];
}

/** Length of a text in UTF-8. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes;
}
