/**
 * Names as a cluster's DNS server answers them, as a Pod's resolver file has them, and as a stub resolver looks for them: every case.
 *
 * The cases lie in the folder `dns` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schemas will do.
 */
import { describe, expect, test } from 'vitest';
import { documentsIn, requireNothingElse, type CaseDocument, type NamedCase } from './case-documents.js';
import { runQuery } from './dns/query-case.js';
import { runResolvConf, runSearch } from './dns/resolver-cases.js';
import { conformanceFolder } from './kube-proxy/case-file.js';
import { fieldsOf, knownFields } from './kube-proxy/fields.js';

/** How the cases of a file are run, by its schema. */
const RUNNERS: Readonly<Record<string, (document: CaseDocument) => (own: NamedCase) => void>> = {
  'dns-query/v1': ({ rest, file }) => {
    const fixtures = fieldsOf(knownFields(rest, ['fixtures'], file)['fixtures'], `${file} fixtures`);
    return (own) => runQuery(own, fixtures);
  },
  'dns-resolvconf/v1': (document) => {
    requireNothingElse(document);
    return (own) => runResolvConf(own, document.sources);
  },
  'dns-search/v1': (document) => {
    requireNothingElse(document);
    return runSearch;
  },
};

const folder = conformanceFolder('dns');
const documents = documentsIn(folder, Object.keys(RUNNERS));

describe('dns', () => {
  test.skipIf(documents === undefined)(`the folder ${folder} has cases`, () => {
    expect(documents?.some(({ cases }) => cases.length > 0)).toBe(true);
  });
  for (const document of documents ?? []) {
    const run = RUNNERS[document.schema]!(document);
    for (const own of document.cases) test(`${document.file} ${own.name}`, () => run(own));
  }
});
