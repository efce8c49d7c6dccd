/** Edits of Endpoints in scenarios: what stands in the case, and what nobody can edit. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/net/index.js';
import { expandScenario, parseScenario, readManifests } from '../../src/scenario/index.js';
import { plainProfile, problemsOf, scenarioText } from './made-up-scenario.js';

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { ports: [{ port: 5432 }] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets: [{ addresses: [{ ip: 192.0.2.1 }], ports: [{ port: 5432 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [] }
status: { phase: Running, podIP: 10.244.0.9, podIPs: [{ ip: 10.244.0.9 }, { ip: 'fd00::9' }] }
---
apiVersion: v1
kind: Service
metadata: { name: own }
spec: { ports: [{ port: 80 }] }
`;

function expandedWith(churn: string) {
  const { objects } = readManifests([{ file: 'm.yaml', text: MANIFESTS }]);
  const text = scenarioText(`  churn: [{ kind: endpoints-edit, at: 10ms, ${churn} }]`);
  const document = parseScenario(text, 's.yaml', []);
  return expandScenario(document, { objects, profile: plainProfile, configuration: undefined });
}

test('addresses are those of Pods and endpoints of the manifests; nothing said is none', () => {
  const { cases } = expandedWith("service: 0, ready: [10.244.0.9, 'fd00::9'], notReady: [192.0.2.1]");
  const [ready, notReady] = [['10.244.0.9', 'fd00::9'], ['192.0.2.1']].map((texts) => texts.map(parseIp));
  expect(cases[0]?.churn).toEqual([{ kind: 'endpoints-edit', atNs: 10e6, service: 0, ready, notReady }]);
  expect(expandedWith('service: 0').cases[0]?.churn[0]).toMatchObject({ ready: [], notReady: [] });
});

describe('what nobody can edit', () => {
  const problems = (churn: string) => problemsOf(() => expandedWith(churn));

  test.each([
    ['service: 1', 'churn[0].service: Service default/web has no Endpoints that somebody wrote and that are mirrored'],
    ['service: 2', 'churn[0].service: Service default/own has no Endpoints that somebody wrote and that are mirrored'],
    ['service: 3', 'churn[0].service: expected the number of a Service, 0 to 2, found 3'],
    [
      'service: 0, ready: [192.0.2.7]',
      'churn[0].ready: expected addresses of Pods or endpoints of the manifests, found 192.0.2.7',
    ],
    ['service: 0, notReady: [a]', 'churn[0].notReady: expected a list of different addresses, found a list'],
    ['service: 0, ready: [192.0.2.1, 192.0.2.1]', 'churn[0].ready: expected a list of different addresses'],
  ])('%s', (churn, message) => {
    expect(problems(churn).join('\n')).toContain(message);
  });

  test('Endpoints of made-up Services', () => {
    const document = parseScenario(
      scenarioText('  churn: [{ kind: endpoints-edit, at: 10ms, service: 0 }]'),
      's.yaml',
      [],
    );
    const found = problemsOf(() =>
      expandScenario(document, { objects: null, profile: plainProfile, configuration: undefined }),
    );
    expect(found.join('\n')).toContain('churn[0].kind: made-up Services have no Endpoints by hand: expected manifests');
  });
});
