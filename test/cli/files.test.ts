/** Files and folders: what is made, and what is said when it cannot be. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, reasonOf } from '../../src/cli/files.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kpb-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('makeFolder', () => {
  it('makes the folders above as well, and leaves those that exist', () => {
    makeFolder(join(folder, 'a', 'b'));
    makeFolder(join(folder, 'a', 'b'));
    expect(existsSync(join(folder, 'a', 'b'))).toBe(true);
  });

  it('says why a folder below a file cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    const attempt = (): string => {
      try {
        makeFolder(join(folder, 'file', 'below'));
        return 'made';
      } catch (error) {
        return reasonOf(error);
      }
    };
    expect(attempt()).toBe('a part of the path is not a folder');
  });

  it.runIf(existsSync('/proc/self'))('ends where the file system refuses new folders with "no such file"', () => {
    expect(() => {
      makeFolder('/proc/none/below');
    }).toThrow('ENOENT');
  });
});
