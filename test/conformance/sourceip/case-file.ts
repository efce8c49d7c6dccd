/** The files of a folder of source-address cases: topology and cases, read strictly. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fieldsOf, knownFields, listOf, numberOf, textOf } from '../kube-proxy/fields.js';

const SCHEMA = 'sourceip/v1';

/** A node of the topology; addresses as text. */
export interface TopologyNode {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string;
  readonly flannelIp: string;
  readonly bridgeIp: string;
}

/** A service with one endpoint; what it does not have is undefined. */
export interface TopologyService {
  readonly clusterIp: string | undefined;
  readonly port: number | undefined;
  readonly nodePort: number | undefined;
  readonly endpoint: string;
  readonly policy: 'Cluster' | 'Local';
}

/** What all cases of a file have in common. */
export interface Topology {
  readonly clusterCidr: string;
  readonly nodes: readonly TopologyNode[];
  readonly pods: readonly { readonly name: string; readonly ip: string; readonly node: string }[];
  readonly outside: { readonly ip: string; readonly prefix: string; readonly via: string };
  readonly services: readonly TopologyService[];
}

/** One case. */
export interface SourceCase {
  readonly file: string;
  readonly name: string;
  readonly topology: Topology;
  readonly backend: string;
  readonly flannelMasquerade: string;
  readonly client: string;
  readonly target: string;
  readonly reachable: boolean;
  /** null where nobody is reached. */
  readonly sourceSeen: string | null;
}

/** All cases of a folder in the order of the files' names; undefined when there is no such folder. */
export function sourceCasesIn(folder: string): readonly SourceCase[] | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), 'utf8')));
}

function casesOf(file: string, text: string): SourceCase[] {
  const document = knownFields(parse(text), ['schema', 'sources', 'topology', 'cases'], file);
  if (document['schema'] !== SCHEMA) throw new Error(`${file}: schema ${String(document['schema'])}, not ${SCHEMA}`);
  const topology = topologyOf(document['topology'], `${file} topology`);
  const known = ['name', 'origin', 'backend', 'flannelMasquerade', 'path', 'client', 'target', 'expect', 'note'];
  return listOf(document['cases'], `${file} cases`).map((value, index) => {
    const where = `${file} case ${index}`;
    const fields = knownFields(value, known, where);
    const expected = knownFields(fields['expect'], ['reachable', 'sourceSeenByServer'], `${where} expect`);
    const source = expected['sourceSeenByServer'] ?? null;
    if (typeof expected['reachable'] !== 'boolean') throw new Error(`${where}: expect.reachable is no boolean`);
    return {
      file,
      topology,
      name: textOf(fields['name'], `${where} name`),
      backend: textOf(fields['backend'], `${where} backend`),
      flannelMasquerade: textOf(fields['flannelMasquerade'], `${where} flannelMasquerade`),
      client: textOf(fields['client'], `${where} client`),
      target: textOf(fields['target'], `${where} target`),
      reachable: expected['reachable'],
      sourceSeen: source === null ? null : textOf(source, `${where} sourceSeenByServer`),
    };
  });
}

function topologyOf(value: unknown, where: string): Topology {
  const fields = knownFields(value, ['clusterCIDR', 'nodes', 'pods', 'outside', 'services'], where);
  const outside = knownFields(fields['outside'], ['ip', 'routes'], `${where} outside`);
  const route = /^(\S+) via (\S+)$/.exec(textOf(outside['routes'], `${where} outside.routes`));
  if (route === null) throw new Error(`${where}: outside.routes is no "prefix via address"`);
  return {
    clusterCidr: textOf(fields['clusterCIDR'], `${where} clusterCIDR`),
    nodes: Object.entries(fieldsOf(fields['nodes'], `${where} nodes`)).map(([name, node]) => nodeOf(name, node, where)),
    pods: Object.entries(fieldsOf(fields['pods'], `${where} pods`)).map(([name, pod]) => {
      const { ip, node } = knownFields(pod, ['ip', 'node'], `${where} ${name}`);
      return { name, ip: textOf(ip, `${name} ip`), node: textOf(node, `${name} node`) };
    }),
    outside: { ip: textOf(outside['ip'], `${where} outside.ip`), prefix: route[1]!, via: route[2]! },
    services: listOf(fields['services'], `${where} services`).map((service) => serviceOf(service, where)),
  };
}

function nodeOf(name: string, value: unknown, where: string): TopologyNode {
  const fields = knownFields(value, ['ip', 'podCIDR', 'flannelIP', 'bridgeIP'], `${where} ${name}`);
  const text = (field: string): string => textOf(fields[field], `${where} ${name} ${field}`);
  return {
    name,
    ip: text('ip'),
    podCidr: text('podCIDR'),
    flannelIp: text('flannelIP'),
    bridgeIp: text('bridgeIP'),
  };
}

function serviceOf(value: unknown, where: string): TopologyService {
  const known = ['clusterIP', 'port', 'endpoint', 'nodePort', 'externalTrafficPolicy'];
  const fields = knownFields(value, known, `${where} service`);
  const number = (field: string): number | undefined =>
    fields[field] === undefined ? undefined : numberOf(fields[field], `${where} service ${field}`);
  const policy = fields['externalTrafficPolicy'] ?? 'Cluster';
  if (policy !== 'Cluster' && policy !== 'Local')
    throw new Error(`${where}: no such policy: ${JSON.stringify(policy)}`);
  return {
    clusterIp: fields['clusterIP'] === undefined ? undefined : textOf(fields['clusterIP'], `${where} clusterIP`),
    port: number('port'),
    nodePort: number('nodePort'),
    endpoint: textOf(fields['endpoint'], `${where} service endpoint`),
    policy,
  };
}
