/** `kpb validate` on files with Kubernetes objects. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kpb, kpbReading, makeReady } from './program.js';
import { withScenario } from './tiny-scenario.js';

const GOOD = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n';
const BAD =
  'apiVersion: v1\nkind: Service\nmetadata: { name: db }\nspec: { ports: [{ port: 0, protocol: HTTP, targetPort: 1 }] }\n';
const PROBLEMS = [
  'bad.yaml:4:25 Service.spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  'bad.yaml:4:38 Service.spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
];

beforeAll(makeReady);

describe('Kubernetes objects', () => {
  const folder = withScenario();
  writeFileSync(join(folder, 'good.yaml'), `${GOOD}---\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\n`);
  writeFileSync(join(folder, 'bad.yaml'), BAD);

  test('are told from scenarios, and counted', () => {
    const { code, stdout, stderr } = kpb(folder, 'validate', 'good.yaml', 'tiny.yaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('tiny.yaml: valid, 2 cases with 2 seeds each\ngood.yaml: valid, 2 Kubernetes objects\n');
  });

  test.each([
    [['validate', 'good.yaml', 'bad.yaml']],
    [['validate', '--manifests', 'good.yaml', '--manifests', 'bad.yaml']],
  ])('%j says everything that is wrong, and in which file', (words) => {
    const { code, stdout, stderr } = kpb(folder, ...words);
    expect({ code, lines: stderr.trimEnd().split('\n') }).toEqual({ code: 2, lines: PROBLEMS });
    expect(stdout).toBe('good.yaml: valid, 2 Kubernetes objects\nbad.yaml: not valid, 2 problems\n');
  });

  test('may come from standard input, and the result be JSON', () => {
    const { code, stdout } = kpbReading(
      folder,
      JSON.stringify({ apiVersion: 'v1', kind: 'Service' }),
      'validate',
      '-',
      '-o',
      'json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'ValidationList',
      items: [{ file: 'stdin', valid: false, objects: 1 }],
    });
  });

  test('are refused for rules and for a run as well', () => {
    for (const words of [
      ['rules', 'bad.yaml'],
      ['run', '--manifests', 'bad.yaml', '--dry-run'],
    ]) {
      const { code, stderr } = kpb(folder, ...words);
      expect(code).toBe(2);
      for (const line of PROBLEMS) expect(stderr).toContain(line);
    }
  });

  test('that are none are nothing to check', () => {
    const { code, stderr } = kpb(folder, 'validate');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'kpb: nothing to check: name scenarios, or files with Kubernetes objects\n',
    });
  });

  test('a scenario of a misspelt version is reported as one', () => {
    writeFileSync(join(folder, 'old.yaml'), 'apiVersion: kbp/v1\nkind: Scenario\nmetadata: { name: a }\nspec: {}\n');
    expect(kpb(folder, 'validate', 'old.yaml').stderr).toContain('old.yaml:1:13 apiVersion');
  });
});
