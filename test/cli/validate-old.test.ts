/** `kpb validate --old`, in this process: changes of objects that there are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { called } from './called.js';
import { newFolder } from './program.js';

const folder = newFolder();
const file = (name: string, spec: string): string => {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ${spec} }\n`);
  return path;
};
const OLD = file('old', 'ports: [{ port: 80 }]');
const GOOD = file('good', 'type: NodePort, ports: [{ port: 81 }]');
const BAD = file('bad', 'clusterIP: None, ports: [{ port: 80 }]');

const validated = (...words: readonly string[]) => called('validate', ...words);

test('a change that may be is valid', async () => {
  const { code, stdout, stderr } = await validated('--manifests', GOOD, '--old', OLD);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${GOOD}: valid, 1 Kubernetes object\n`, stderr: '' });
});

test('a change that may not be is refused where the new object says it', async () => {
  expect((await validated(BAD)).code).toBe(0);
  const { code, stderr } = await validated(BAD, '--old', OLD);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `${BAD}:4:20 Service.spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set\n`,
  });
});

test('old objects alone are nothing to check, and unreadable ones are said', async () => {
  expect((await validated('scenarios/dns-ndots.yaml', '--old', OLD)).stderr).toBe(
    'kpb: --old: name files with the new objects too\n',
  );
  const { code, stderr } = await validated(GOOD, '--old', file('wrong', 'ports: [{ port: x }]'));
  expect(code).toBe(2);
  expect(stderr).toContain('wrong.yaml:4:25 Service.spec.ports[0].port');
});
