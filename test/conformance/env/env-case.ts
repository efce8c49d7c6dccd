/** Cases of the schema `env/v1`: Services, and the variables that a container gets of them. */
import { expect } from 'vitest';
import { serviceEnvironment, variablesOf, type LinkedService } from '../../../src/kube/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf } from '../kube-proxy/fields.js';

/** Services that come after the container has started. */
const LATER = 'LATER_';

/** Runs a case; throws when it fails. */
export function runEnvironment({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'services', 'pod', 'expect'], name);
  const services = listOf(fields['services'], `${name} services`).map((each) => serviceOf(each, `${name} services`));
  const known = ['ordered', 'env', 'presentPrefixes', 'absentPrefixes', 'values'];
  const expected = knownFields(fields['expect'], known, `${name} expect`);
  if (flagOf(expected['ordered'], `${name} ordered`, false)) {
    expect(variablesOf(services)).toEqual(expected['env']);
    return;
  }
  const pod = knownFields(fields['pod'], ['namespace', 'enableServiceLinks'], `${name} pod`);
  const present = services.filter((service) => !service.name.toUpperCase().replaceAll('-', '_').startsWith(LATER));
  const variables = serviceEnvironment(present, {
    namespace: textOf(pod['namespace'], `${name} namespace`),
    enableServiceLinks: flagOf(pod['enableServiceLinks'], `${name} enableServiceLinks`, true),
  });
  const has = (prefix: string): boolean => variables.some((variable) => variable.name.startsWith(prefix));
  const prefixes = textsOf(expected['presentPrefixes'], `${name} presentPrefixes`);
  expect(prefixes.filter((prefix) => !has(prefix))).toEqual([]);
  expect(textsOf(expected['absentPrefixes'], `${name} absentPrefixes`).filter(has)).toEqual([]);
  const values = new Map(variables.map((variable) => [variable.name, variable.value]));
  const wanted = Object.entries(fieldsOf(expected['values'] ?? {}, `${name} values`));
  expect(wanted.map(([key]) => [key, values.get(key)])).toEqual(wanted);
}

function serviceOf(value: unknown, where: string): LinkedService {
  const fields = knownFields(value, ['name', 'namespace', 'clusterIP', 'ports', 'type'], where);
  return {
    name: textOf(fields['name'], where),
    namespace: textOf(fields['namespace'], where),
    clusterIp: textOf(fields['clusterIP'] ?? '', where),
    ports: listOf(fields['ports'], where).map((own) => {
      const port = knownFields(own, ['name', 'port', 'protocol'], where);
      return {
        name: textOf(port['name'] ?? '', where),
        port: numberOf(port['port'], where),
        protocol: textOf(port['protocol'] ?? '', where),
      };
    }),
  };
}
