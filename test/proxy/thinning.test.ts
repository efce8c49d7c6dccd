/** Revisions that nobody can ask for any more are dropped; those in use stay as they were. */
import { expect, test } from 'vitest';
import { PortVersions } from '../../src/proxy/port-versions.js';
import type { ServicePort } from '../../src/proxy/index.js';

const port = (node: number) => ({ key: 0, node }) as unknown as ServicePort;

test('versions in use, and those that can still be asked for, are kept', () => {
  const versions = new PortVersions();
  for (let revision = 1; revision <= 10; revision++) versions.set(0, port(revision), revision);
  versions.forgetUnused([1, 4], 7);
  for (const revision of [1, 4, 7, 8, 9, 10]) expect(versions.at(0, revision)).toEqual(port(revision));
  versions.forgetBefore(4);
  expect(versions.at(0, 4)).toEqual(port(4));
  versions.forgetUnused([9], 10);
  for (const revision of [9, 10]) expect(versions.at(0, revision)).toEqual(port(revision));
});
