/** The nodes' own resolver file, where one is named. */
import { parseResolvConf, type ResolvConf } from '../testbed/index.js';
import { readText } from './files.js';

/** Reads the file; undefined without one. @throws CliError when it cannot be read */
export function resolvConfFile(path: string | undefined): ResolvConf | undefined {
  return path === undefined ? undefined : parseResolvConf(readText(path));
}
