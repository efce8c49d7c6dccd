/**
 * Whether a real kernel can be asked here: Linux, root, the tools, and leave to make network namespaces. And what it can be asked.
 *
 * Where it cannot, everything here is skipped; `possible.test.ts` says why, in one line. KPB_REAL_KERNEL=1 asks for all of it, which takes
 * minutes; without it fewer random clusters are tried.
 */
import { spawnSync } from 'node:child_process';
import { Namespace } from './namespace.js';

const TOOLS = ['ip', 'sysctl', 'iptables-restore', 'ip6tables-restore', 'nft', 'ipset', 'conntrack'];

/** Whether the whole suite is asked for. */
export const IS_WHOLE = process.env['KPB_REAL_KERNEL'] === '1';

let reason: string | undefined;

/** Why no real kernel can be asked; empty when it can. */
export function whyNot(): string {
  reason ??= findReason();
  return reason;
}

/** Whether a tool is there. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Whether the kernel does what a command asks for, tried in a namespace of its own. */
export function kernelDoes(command: string, ...words: readonly string[]): boolean {
  const namespace = new Namespace();
  try {
    namespace.exec(command, words);
    return true;
  } catch {
    return false;
  } finally {
    namespace.remove();
  }
}

function findReason(): string {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  const missing = TOOLS.filter((tool) => !hasTool(tool));
  if (missing.length > 0) return `these tools are missing: ${missing.join(', ')}`;
  try {
    new Namespace().remove();
  } catch {
    return 'network namespaces cannot be made';
  }
  if (!kernelDoes('iptables', '-t', 'nat', '-S')) return 'its kernel lacks iptables';
  return kernelDoes('nft', 'add', 'table', 'ip', 'x') ? '' : 'its kernel lacks nftables';
}
