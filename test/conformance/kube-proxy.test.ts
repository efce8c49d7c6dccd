/**
 * kube-proxy's own behaviour as cases: every case, in each of its modes, by the walk and by the index where packets are sent.
 *
 * The cases lie in the folder `kube-proxy` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do.
 */
import { describe, expect, test } from 'vitest';
import { casesIn, conformanceFolder, outsideVersion, type ConformanceCase } from './kube-proxy/case-file.js';
import { CASE_KINDS } from './kube-proxy/kinds.js';

/** Minor version of Kubernetes that is simulated. */
const MINOR = 34;

const folder = conformanceFolder('kube-proxy');
const cases = casesIn(folder);

describe('kube-proxy', () => {
  test.skipIf(cases === undefined)(`the folder ${folder} has cases`, () => expect(cases?.length).toBeGreaterThan(0));
  for (const each of cases ?? []) define(each);
});

function define(each: ConformanceCase): void {
  const name = `${each.file} ${each.id}`;
  const reason = outsideVersion(each, MINOR);
  const kind = CASE_KINDS[each.kind];
  if (kind === undefined) {
    test(name, () => expect.fail(`unknown kind of case: ${each.kind}`));
    return;
  }
  const variants = kind.variants(each);
  if (variants.length === 0) test(name, () => expect.fail('the case has no modes'));
  const applicable = test.skipIf(reason !== undefined);
  const lookups = new Set(variants.map(({ lookup }) => lookup)).size;
  for (const variant of variants) {
    const label = lookups > 1 ? `${variant.mode}, ${variant.lookup}` : variant.mode;
    applicable(`${name} [${label}]${reason === undefined ? '' : ` (applies ${reason})`}`, () =>
      kind.run(each, variant),
    );
  }
}
