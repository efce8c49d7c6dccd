/** Cost profiles: the shipped ones are complete, and one that is not is refused by name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CostModel } from '../../src/kernel/cost.js';
import { parseProfile } from '../../src/scenario/index.js';
import { problemsOf } from './made-up-scenario.js';

const FOLDER = join(import.meta.dirname, '../../scenarios/profiles');

describe.each(readdirSync(FOLDER))('%s', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');

  test('prices every kind of work, and is called like its file', () => {
    const profile = parseProfile(text, file);
    expect(`${profile.name}.yaml`).toBe(file);
    expect(() => new CostModel(profile)).not.toThrow();
  });

  test('costs no less where the caches are left', () => {
    const { packet, far } = parseProfile(text, file);
    for (const kind of ['rule', 'ipvsServer'] as const)
      expect(far[kind].ns).toBeGreaterThan(packet[kind]?.ns ?? Infinity);
  });

  test.each([
    ['a missing price', /^ {4}jump:\n(?: {6}.*\n)+/m, '', 'spec.packet.jump: this field is required'],
    ['an unknown kind of work', /^ {4}jump:/m, '    jumps:', 'spec.packet.jumps: unknown field; did you mean "jump"?'],
    [
      'a price that is none',
      'ns: 2.57',
      'ns: cheap',
      'spec.packet.rule.ns: expected a number of at least 0, found "cheap"',
    ],
    [
      'a basis that is none',
      'basis: measured',
      'basis: guessed',
      'spec.packet.rule.basis: expected one of measured, derived, assumed, found "guessed"',
    ],
    [
      'a date that is none',
      'date: 2026-11-20',
      'date: today',
      'spec.packet.rule.date: expected a date as YYYY-MM-DD, found "today"',
    ],
  ])('%s is refused', (_, from, to, message) => {
    expect(problemsOf(() => parseProfile(text.replace(from, to), file)).join('\n')).toContain(message);
  });
});
