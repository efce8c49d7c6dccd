/** The rules of single chains as text, for tests that look at one feature. */
import { printTables } from '../../../src/kernel/iptables/print.js';
import type { ProxyOptions } from '../../../src/proxy/proxier.js';
import type { NodeFacts } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import type { IpFamily } from '../../../src/net/index.js';
import { OPTIONS, type TestNode } from './fixture.js';
import { World } from './world.js';

/** The tables of a node. */
export interface Lines {
  /** Rules of a chain of a table, without `-A` and the chain's name. */
  of(table: 'nat' | 'filter', chain: string): string[];
  /** Chains of a table whose names begin so. */
  chains(table: 'nat' | 'filter', prefix: string): string[];
  readonly node: TestNode;
}

/** What is not as usual. */
export interface Setting {
  readonly options?: Partial<ProxyOptions>;
  readonly family?: IpFamily;
  readonly node?: Partial<NodeFacts>;
}

/** The tables of one node for some service ports. */
export function linesFor(ports: readonly ServicePort[], setting: Setting = {}): Lines {
  const world = new World([ports], { ...OPTIONS, ...setting.options }, setting.family);
  const node = world.node('index', setting.node);
  world.sync(node, 1);
  return linesOf(node);
}

/** The tables of a node. */
export function linesOf(node: TestNode): Lines {
  const [filter = '', nat = ''] = printTables(node.netfilter).split('*nat\n');
  const text = { filter: filter.split('\n'), nat: nat.split('\n') };
  return {
    of: (table, chain) =>
      text[table].filter((line) => line.startsWith(`-A ${chain} `)).map((line) => line.slice(chain.length + 4)),
    chains: (table, prefix) =>
      text[table].filter((line) => line.startsWith(`:${prefix}`)).map((line) => line.slice(1, line.indexOf(' '))),
    node,
  };
}
