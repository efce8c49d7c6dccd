/**
 * Which backend an Ingress sends a request to: every case.
 *
 * The cases lie in the folder `ingress` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do.
 */
import { describe, expect, test } from 'vitest';
import { documentsIn, requireNothingElse } from './case-documents.js';
import { runMatch } from './ingress/match-case.js';
import { conformanceFolder } from './kube-proxy/case-file.js';

const folder = conformanceFolder('ingress');
const documents = documentsIn(folder, ['ingress-match/v1']);

describe('ingress', () => {
  test.skipIf(documents === undefined)(`the folder ${folder} has cases`, () => {
    expect(documents?.some(({ cases }) => cases.length > 0)).toBe(true);
  });
  for (const document of documents ?? []) {
    requireNothingElse(document);
    for (const own of document.cases) test(`${document.file} ${own.name}`, () => runMatch(own));
  }
});
