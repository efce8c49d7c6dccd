/** Cases of the schema `ingress-match/v1`: rules and a request, and the backend that gets it. */
import { expect } from 'vitest';
import { IngressMatcher, type PathType } from '../../../src/kube/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { knownFields, listOf, textOf } from '../kube-proxy/fields.js';

const PATH_TYPES: readonly string[] = ['Exact', 'Prefix'] satisfies PathType[];

/** Runs a case; throws when it fails. */
export function runMatch({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'rules', 'request', 'expect'], name);
  const rules = listOf(fields['rules'], `${name} rules`).map((each) => {
    const rule = knownFields(each, ['host', 'paths'], `${name} rule`);
    const paths = listOf(rule['paths'], `${name} paths`).map((value) => pathOf(value, `${name} path`));
    return { host: textOf(rule['host'] ?? '', `${name} host`), paths };
  });
  const request = knownFields(fields['request'], ['host', 'path'], `${name} request`);
  const expected = knownFields(fields['expect'], ['matches', 'backend'], `${name} expect`);
  const host = textOf(request['host'], `${name} host`);
  const backend = new IngressMatcher(rules).match(host, textOf(request['path'], `${name} path`));
  expect({ matches: backend !== undefined, backend: backend ?? 'default' }).toEqual(expected);
}

function pathOf(value: unknown, where: string) {
  const fields = knownFields(value, ['path', 'pathType', 'backend'], where);
  const pathType = textOf(fields['pathType'], where);
  if (!PATH_TYPES.includes(pathType)) throw new Error(`${where}: no such type ${pathType}`);
  return {
    path: textOf(fields['path'], where),
    pathType: pathType as PathType,
    backend: textOf(fields['backend'], where),
  };
}
