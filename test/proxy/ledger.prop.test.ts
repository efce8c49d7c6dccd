/** The ledger against a plain model: every revision looks as the store did then, pruned or not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpv4 } from '../../src/net/index.js';
import { endpoint, ledgerWorld, texts } from './ledger-world.js';

const action = fc.oneof(
  fc.record({
    kind: fc.constant('service' as const),
    n: fc.integer({ min: 0, max: 3 }),
    port: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('drop-service' as const), n: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    kind: fc.constant('slice' as const),
    n: fc.integer({ min: 0, max: 3 }),
    part: fc.integer({ min: 0, max: 1 }),
    members: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { maxLength: 6 }),
  }),
  fc.record({
    kind: fc.constant('drop-slice' as const),
    n: fc.integer({ min: 0, max: 3 }),
    part: fc.integer({ min: 0, max: 1 }),
  }),
);

test('any sequence of writes', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(), (actions, forget) => {
      const { ledger, write, store } = ledgerWorld();
      /** What the store says about every Service now: its port and sorted ready endpoints. */
      const seen = () =>
        [...store.list('service')]
          .map((one) => {
            const members = [...store.list('slice')].filter((slice) => slice.service === one.metadata.name);
            const all = members.flatMap((slice) => slice.endpoints);
            const list = [...new Set(all.map((member) => `${formatIpv4(member.address)}:8080`))].sort();
            return `${one.metadata.name} ${one.ports[0]?.port} ${list.join(' ')}`;
          })
          .sort();
      const history = new Map<number, string[]>([[1, seen()]]);
      for (const step of actions) {
        const name = `s${step.n}`;
        if (step.kind === 'service') {
          write.service(name, { ports: [{ name: '', protocol: 6, port: step.port, targetPort: 1, nodePort: 0 }] });
        } else if (step.kind === 'drop-service') write.remove('service', name);
        else if (step.kind === 'drop-slice') write.remove('slice', `${name}-${step.part}`);
        else {
          const members = step.members.map(([address, ready]) => endpoint(address, { ready, serving: ready }));
          write.slice(name, `${name}-${step.part}`, members);
        }
        history.set(ledger.revision, seen());
      }
      const floor = 1 + (forget % ledger.revision);
      ledger.forgetBefore(floor);
      for (let revision = floor; revision <= ledger.revision; revision++) {
        const ports = ledger.keysAt(revision).map((key) => ledger.portAt(key, revision));
        const view = ports.map((port) => `${port?.service} ${port?.port} ${texts(port).join(' ')}`).sort();
        expect(view).toEqual(history.get(revision));
        const changed = new Set(ledger.changedBetween(floor, revision));
        for (const key of new Set([...ledger.keysAt(floor), ...ledger.keysAt(revision)])) {
          if (!changed.has(key)) expect(ledger.portAt(key, revision)).toBe(ledger.portAt(key, floor));
        }
      }
    }),
    { numRuns: 200 },
  );
});
