/**
 * EndpointSlices as the control plane's controllers write them: every case.
 *
 * The cases lie in the folder `endpointslice` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schemas will do.
 */
import { describe, expect, test } from 'vitest';
import { documentsIn, requireNothingElse, type NamedCase } from './case-documents.js';
import { runConditions } from './endpointslice/conditions-case.js';
import { runHints } from './endpointslice/hints-case.js';
import { runMirroring } from './endpointslice/mirroring-case.js';
import { runReconcile } from './endpointslice/reconcile-case.js';
import { conformanceFolder } from './kube-proxy/case-file.js';

/** How the cases of a file are run, by its schema. */
const RUNNERS: Readonly<Record<string, (own: NamedCase) => void>> = {
  'endpointslice-reconcile/v1': runReconcile,
  'endpointslice-conditions/v1': runConditions,
  'endpointslice-hints/v1': runHints,
  'endpointslice-mirroring/v1': runMirroring,
};

const folder = conformanceFolder('endpointslice');
const documents = documentsIn(folder, Object.keys(RUNNERS));

describe('endpointslice', () => {
  test.skipIf(documents === undefined)(`the folder ${folder} has cases`, () => {
    expect(documents?.some(({ cases }) => cases.length > 0)).toBe(true);
  });
  for (const document of documents ?? []) {
    requireNothingElse(document);
    const run = RUNNERS[document.schema]!;
    for (const own of document.cases) test(`${document.file} ${own.name}`, () => run(own));
  }
});
