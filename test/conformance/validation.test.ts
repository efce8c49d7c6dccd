/**
 * What the API server takes and refuses of Services, Endpoints, EndpointSlices and Ingresses: every case.
 *
 * The cases lie in the folder `validation` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do.
 */
import { describe, expect, test } from 'vitest';
import { conformanceFolder } from './kube-proxy/case-file.js';
import { validationCasesIn } from './validation/case-file.js';
import { answerTo } from './validation/answer.js';

const folder = conformanceFolder('validation');
const cases = validationCasesIn(folder);

describe('validation', () => {
  test.skipIf(cases === undefined)(`the folder ${folder} has cases`, () => expect(cases?.length).toBeGreaterThan(0));
  for (const each of cases ?? []) {
    test(`${each.file} ${each.name}`, () => {
      const { accepted, fields, taken } = answerTo(each);
      expect({ accepted, fields }).toEqual(each.expected);
      if (each.allocates !== undefined) expect(taken).toEqual(each.allocates);
    });
  }
});
