/** Tells scenarios from files with Kubernetes objects. */
import { existsSync } from 'node:fs';
import { readText, STDIN } from './files.js';

/** Whether a name is that of a scenario: a file that says so, or the name of a shipped one. */
export function speaksOfScenario(name: string): boolean {
  if (name !== STDIN && !existsSync(name)) return !/[/\\]|\.(ya?ml|json)$/.test(name);
  return /^\s*"?apiVersion"?:\s*"?kpb\//m.test(readText(name));
}

/** Whether a file holds Kubernetes objects: it names their versions and kinds, and is no scenario, a misspelt one included. */
export function holdsObjects(name: string): boolean {
  if ((name !== STDIN && !existsSync(name)) || speaksOfScenario(name)) return false;
  const text = readText(name);
  const hasHead = /^[\s{-]*"?apiVersion"?\s*:/m.test(text) || /"apiVersion"\s*:/.test(text);
  return hasHead && /(^[\s{-]*|")kind"?\s*:/m.test(text) && !/(^|")kind"?\s*:\s*"?Scenario\b/m.test(text);
}
