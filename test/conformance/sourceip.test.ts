/**
 * The source address that a server sees through kube-proxy and flannel: every case, by the walk and by the index.
 *
 * The cases lie in the folder `sourceip` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do.
 */
import { describe, expect, test } from 'vitest';
import { conformanceFolder } from './kube-proxy/case-file.js';
import { sourceCasesIn } from './sourceip/case-file.js';
import { SourceWorld } from './sourceip/source-world.js';

const folder = conformanceFolder('sourceip');
const cases = sourceCasesIn(folder);

describe('sourceip', () => {
  test.skipIf(cases === undefined)(`the folder ${folder} has cases`, () => expect(cases?.length).toBeGreaterThan(0));
  for (const each of cases ?? []) {
    test.each(['walk', 'index'] as const)(`${each.file} ${each.name} [%s]`, (lookup) => {
      const seen = new SourceWorld(each, lookup).dial(each.client, each.target);
      expect(seen).toEqual({ reachable: each.reachable, source: each.sourceSeen });
    });
  }
});
