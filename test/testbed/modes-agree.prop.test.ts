/** What all modes have in common, over random clusters: who is behind a cluster IP, and that services leave each other alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpPort } from '../../src/net/index.js';
import { PROXY_MODES } from '../../src/proxy/index.js';
import { NodeLab } from '../../src/testbed/node-lab.js';
import type { Flow, FlowOutcome } from '../../src/testbed/flow-outcome.js';
import { flowsOf, randomCluster, type RandomCluster, type RandomFlow } from '../random-cluster.js';

const MODES = PROXY_MODES.map(({ name }) => name);

/** The node of a cluster, synced; without the last `without` Services. */
function labOf(mode: string, { family, node, options, services, slices }: RandomCluster, without = 0): NodeLab {
  const count = services.length - without;
  const objects = { services: services.slice(0, count), slices: slices.slice(0, count) };
  const lab = new NodeLab({ mode, family, node, options, objects });
  lab.sync();
  return lab;
}

/** Where a packet may end, each place once, in the order of their text. */
function ends(lab: NodeLab, flow: Flow): string[] {
  const place = ({ kind, address, port }: FlowOutcome): string =>
    kind === 'endpoint' ? formatIpPort(address, port) : kind;
  return [...new Set(lab.explore(flow).outcomes.map(({ outcome }) => place(outcome)))].sort();
}

/** Flows to cluster IPs without traffic policy and topology hints, and the ready endpoints behind each. */
function plainFlows(cluster: RandomCluster): { readonly flow: RandomFlow; readonly ready: readonly string[] }[] {
  return flowsOf(cluster).flatMap((flow) => {
    const index = cluster.services.findIndex(({ clusterIp }) => clusterIp === flow.destination);
    const service = cluster.services[index];
    const port = service?.ports.find((each) => each.port === flow.destinationPort);
    const endpoints = cluster.slices[index]?.endpoints ?? [];
    const isPlain = service?.internalTrafficPolicy === 'Cluster' && endpoints.every(({ hints }) => hints === null);
    if (port === undefined || !isPlain) return [];
    const ready = endpoints.filter((endpoint) => endpoint.ready);
    return [{ flow, ready: ready.map(({ address }) => formatIpPort(address, port.targetPort as number)).sort() }];
  });
}

describe.each(MODES)('%s', (mode) => {
  test('a cluster IP leads to all of its ready endpoints, and to nobody else', () => {
    fc.assert(
      fc.property(randomCluster(), (cluster) => {
        const lab = labOf(mode, cluster);
        for (const { flow, ready } of plainFlows(cluster)) {
          const found = ends(lab, flow);
          if (ready.length === 0) continue;
          // A client with affinity may be held to one of them.
          if (flow.sticky) expect(ready).toEqual(expect.arrayContaining(found));
          else expect([flow.name, ...found]).toEqual([flow.name, ...ready]);
          expect(found).not.toEqual([]);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a Service that is added changes nothing for the others', () => {
    fc.assert(
      fc.property(randomCluster(), (cluster) => {
        const lab = labOf(mode, cluster, 1);
        const last = cluster.services.at(-1);
        const others = flowsOf({ ...cluster, services: cluster.services.slice(0, -1) });
        const before = others.map((flow) => [flow.name, ...ends(lab, flow)]);
        lab.store.put('service', last!);
        lab.store.put('slice', cluster.slices.at(-1)!);
        lab.sync();
        expect(others.map((flow) => [flow.name, ...ends(lab, flow)])).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });
});

test('without a ready endpoint, nobody is reached through a cluster IP whose endpoints are all gone', () => {
  fc.assert(
    fc.property(randomCluster(), (cluster) => {
      const gone = cluster.slices.map((slice) => ({
        ...slice,
        endpoints: slice.endpoints.map((endpoint) => ({ ...endpoint, ready: false, serving: false })),
      }));
      const empty = { ...cluster, slices: gone };
      for (const mode of MODES) {
        const lab = labOf(mode, empty);
        for (const { flow } of plainFlows(empty)) {
          expect([mode, flow.name, ends(lab, flow).some((end) => end === 'reject' || end === 'drop')]).toEqual([
            mode,
            flow.name,
            true,
          ]);
        }
      }
    }),
    { numRuns: 10 },
  );
});
