/**
 * Reads Kubernetes manifests: what `kubectl get svc,deploy,sts,pods,endpointslices,nodes -o yaml` (or json) prints, or files
 * that somebody wrote. Kinds that Service networking does not need are counted, not refused. A KubeProxyConfiguration among them
 * gives the proxies' options. What an API server would refuse of objects that somebody wrote is refused first (`review.ts`).
 */
import type { ClusterObjects, Service } from '../../kube/api.js';
import { formatIp } from '../../net/index.js';
import { problemIn } from '../explain.js';
import type { Path } from '../located.js';
import { InputError } from '../problem.js';
import type { Problem } from '../problem.js';
import { isProxyConfiguration, proxyConfiguration, type ProxyConfiguration } from '../proxy-configuration.js';
import { assembled, mirroredEndpoints } from './assemble.js';
import { annotationNotes } from './annotation-notes.js';
import { unknownKind } from './known-kinds.js';
import { rawObjects } from './raw-object.js';
import type { RawObject, SourceText } from './raw-object.js';
import { keyOfRaw, noObjects, readInto, requireFirst, unreadKind, type ReadObjects } from './read-objects.js';
import { isFromServer, reviewed, type ReviewScope } from './review.js';

/** What manifests gave. */
export interface ManifestContent {
  readonly objects: ClusterObjects;
  /** The KubeProxyConfiguration among them; undefined without one. */
  readonly configuration: ProxyConfiguration | undefined;
  /** Number of objects of kinds that are not needed, by kind. */
  readonly ignored: ReadonlyMap<string, number>;
  /** What was left out or made up, one sentence each. */
  readonly notes: readonly string[];
}

/** What is asked of objects. */
export interface ManifestRules {
  /** Which of them are held against the API server's rules. */
  readonly review: ReviewScope;
  /** Whether there must be a Service among them, or an Ingress, which sends to Services. */
  readonly needsService: boolean;
  /** Objects that a cluster has now, by `keyOfRaw`: those of the same name are updated. */
  readonly old?: ReadonlyMap<string, RawObject>;
}

/** What is asked of manifests that are to be run. */
const TO_RUN: ManifestRules = { review: 'written', needsService: true };

/**
 * Reads manifests; all texts together are one cluster.
 * @throws InputError with every problem of every text
 */
export function readManifests(sources: readonly SourceText[], rules: ManifestRules = TO_RUN): ManifestContent {
  const problems: Problem[] = [];
  const raws: RawObject[] = [];
  for (const source of sources) collect(problems, () => raws.push(...rawObjects(source)));
  if (problems.length > 0) throw new InputError(problems);
  return readRawObjects(raws, rules);
}

/** What is asked of objects that a run has stored: they were reviewed when they were read first. */
const STORED: ManifestRules = { review: 'nothing', needsService: true };

/** Puts objects together that are already taken apart. @throws InputError with every problem */
export function readRawObjects(raws: readonly RawObject[], rules: ManifestRules = STORED): ManifestContent {
  const read = noObjects();
  const problems: Problem[] = [];
  const ignored = new Map<string, number>();
  const known = new Map<string, RawObject>();
  const services = new Map<Service, RawObject>();
  let configuration: ProxyConfiguration | undefined;
  let byName = 0;
  for (const raw of raws) {
    collect(problems, () => {
      if (isProxyConfiguration(raw)) {
        if (configuration !== undefined) {
          throw new InputError([problemIn(raw, [], 'expected one KubeProxyConfiguration, found a second one')]);
        }
        configuration = proxyConfiguration(raw);
        return;
      }
      const unread = unreadKind(raw);
      if (unread !== '') {
        const unknown = rules.review === 'nothing' || isFromServer(raw) ? '' : unknownKind(raw);
        if (unknown !== '') throw new InputError([problemIn(raw, ['kind'], unknown)]);
        problems.push(...reviewed(raw, rules.review, oldOf(raw, rules)).problems);
        ignored.set(unread, (ignored.get(unread) ?? 0) + 1);
        return;
      }
      requireFirst(raw, known);
      if (!readReviewed(read, raw, rules)) byName++;
      const service = read.services.at(-1);
      if (raw.kind === 'Service' && service !== undefined) services.set(service, raw);
    });
  }
  if (problems.length === 0) problems.push(...clashes(services));
  const isEmpty = services.size === 0 && read.ingresses.length === 0;
  if (problems.length === 0 && rules.needsService && isEmpty) problems.push(noServices(raws, ignored));
  if (problems.length > 0) throw new InputError(problems);
  const named = `${byName} EndpointSlice${byName === 1 ? '' : 's'} of address type FQDN passed over, as kube-proxy does`;
  const others = read.endpoints.length - mirroredEndpoints(read).size;
  if (others > 0) ignored.set('Endpoints', others);
  const { objects, notes } = assembled(read);
  const all = [...(byName > 0 ? [named] : []), ...notes, ...annotationNotes(raws), ...(configuration?.notes ?? [])];
  return { objects, configuration, ignored, notes: all };
}

/**
 * Reviews an object and reads it.
 * @returns as `readInto`
 * @throws InputError with what the API server refuses, and with what the reader finds at other places; the reader alone speaks of values
 *   of a wrong type
 */
function readReviewed(read: ReadObjects, raw: RawObject, rules: ManifestRules): boolean {
  const { reviewed: isReviewed, problems, undecodable } = reviewed(raw, rules.review, oldOf(raw, rules));
  const found: Problem[] = [];
  let isRead = true;
  collect(found, () => (isRead = readInto(read, raw, false, isReviewed)));
  if (problems.length === 0 && found.length === 0) return isRead;
  if (undecodable && found.length > 0) throw new InputError(found);
  const taken = new Set(problems.map(placeText));
  throw new InputError([...problems, ...found.filter((problem) => !taken.has(placeText(problem)))]);
}

function oldOf(raw: RawObject, { old }: ManifestRules): RawObject | undefined {
  return old?.get(keyOfRaw(raw) ?? '');
}

function placeText({ place }: Problem): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** Cluster addresses and node ports belong to one Service each. */
function clashes(services: ReadonlyMap<Service, RawObject>): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [service, raw] of services) {
    const name = `${service.metadata.namespace}/${service.metadata.name}`;
    const claim = (what: string, path: Path): void => {
      const owner = owners.get(what) ?? name;
      owners.set(what, owner);
      if (owner !== name) problems.push(problemIn(raw, path, `${what} belongs to Service ${owner}`));
    };
    service.clusterIps.forEach((own, i) => {
      claim(`cluster IP ${formatIp(own)}`, i === 0 ? ['spec', 'clusterIP'] : ['spec', 'clusterIPs', i]);
    });
    for (const [index, port] of service.ports.entries()) {
      if (port.nodePort !== 0) claim(`node port ${port.nodePort}`, ['spec', 'ports', index, 'nodePort']);
    }
    const { healthCheckNodePort: health } = service;
    if (health !== 0) claim(`node port ${health}`, ['spec', 'healthCheckNodePort']);
  }
  return problems;
}

function noServices(raws: readonly RawObject[], ignored: ReadonlyMap<string, number>): Problem {
  const others = [...ignored].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const place = raws[0]?.place([], false) ?? { file: 'manifests', line: 0, column: 0 };
  const found = others === '' ? '' : ` (found: ${others})`;
  return { place: { ...place, line: 1, column: 1 }, field: '', message: `expected at least one Service${found}` };
}

function collect(problems: Problem[], step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
  }
}
