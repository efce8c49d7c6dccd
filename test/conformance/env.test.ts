/**
 * Environment variables of Services as the kubelet sets them: every case.
 *
 * The cases lie in the folder `env` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do.
 */
import { describe, expect, test } from 'vitest';
import { documentsIn, requireNothingElse } from './case-documents.js';
import { runEnvironment } from './env/env-case.js';
import { conformanceFolder } from './kube-proxy/case-file.js';

const folder = conformanceFolder('env');
const documents = documentsIn(folder, ['env/v1']);

describe('env', () => {
  test.skipIf(documents === undefined)(`the folder ${folder} has cases`, () => {
    expect(documents?.some(({ cases }) => cases.length > 0)).toBe(true);
  });
  for (const document of documents ?? []) {
    requireNothingElse(document);
    for (const own of document.cases) test(`${document.file} ${own.name}`, () => runEnvironment(own));
  }
});
