/** `kpb trace` of requests to paths of an Ingress whose backends are no Services, in this process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/program.js';
import { hideTestVariables, newFolder } from './program.js';

const INGRESS = `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { replicas: 2, template: { metadata: { labels: { app: web } }, spec: { containers: [{ ports: [{ containerPort: 80 }] }] } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /cart, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /cart/r, pathType: Prefix, backend: { resource: { kind: Bucket, name: pictures } } }
          - { path: /r, pathType: Exact, backend: { resource: { kind: Bucket, name: pictures } } }
`;
const file = join(newFolder(), 'cluster.yaml');
writeFileSync(file, INGRESS);

beforeEach(hideTestVariables);
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function traced(path: string): Promise<string> {
  let stdout = '';
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: readonly unknown[]) => {
    stdout += String(text);
    const last = rest.at(-1);
    if (typeof last === 'function') (last as () => void)();
    return true;
  });
  await main(['trace', file, '-q', '--to', `http://shop.example${path}`]);
  process.exitCode = 0;
  return stdout;
}

test('a path that leads to no Service alone is a 404, and the reason is said', async () => {
  const text = await traced('/r');
  expect(text).toContain(
    'none: passed over, as ingress-nginx does with backends that are no Services: default/shop: /r (Exact)',
  );
  expect(text).toContain('404');
  expect(text).not.toContain('is on no path');
});

test('a better path that leads to no Service leaves the request to another one', async () => {
  const text = await traced('/cart/r/x');
  expect(text).toContain('path /cart (Prefix)');
  expect(text).toContain(
    'passed over, as ingress-nginx does with backends that are no Services: default/shop: /cart/r (Prefix)',
  );
});

test('a path that is not there is said with those that are', async () => {
  expect(await traced('/x')).toContain('/x is on no path of the rules for host shop.example');
});
