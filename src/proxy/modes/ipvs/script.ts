/**
 * What a sync of the ipvs mode hands to the kernel's tools, as text: sets, virtual servers, rules.
 *
 * kube-proxy calls ipset once for each line and speaks to ip_vs over netlink; the texts are what `ipset restore` and `ipvsadm -R` would be
 * given for the same. The rules are the ones of its iptables-restore, all of them at every sync; jumps from built-in chains are
 * not among them, since they are ensured one by one. Cost: O(everything in place).
 */
import {
  ipsetAddLine,
  ipsetCreateLine,
  ipsetDeleteLine,
  ipsetEntryText,
  Table,
  type IpSet,
  type Netfilter,
} from '../../../kernel/index.js';
import { OWN_ADDRESS, type ServerColumns, type VirtualServerDefinition } from '../../../kernel/ipvs/definition.js';
import { placedServers, serverLine, serviceLine, type PlacedService } from '../../../kernel/ipvs/print.js';
import { ruleLine } from '../../../kernel/iptables/rule-text.js';
import { TableNames } from '../../../kernel/iptables/table-names.js';
import { formatIpPort, isIpv6, Protocol } from '../../../net/index.js';
import type { ProxyNode, ToolInput } from '../../proxier.js';
import { emptySet, SET_KINDS, type SetHandle } from './ip-sets.js';
import type { ListPlan } from './node-lists.js';
import type { NodeState } from './node-state.js';
import type { RuleVariant } from './rules.js';
import type { Version } from './versions.js';

/** A planned sync. */
export interface ScriptPlan {
  readonly node: ProxyNode;
  /** What is in place. */
  readonly state: NodeState;
  readonly version: Version;
  readonly lists: ListPlan;
  /** Sets after it, by handle. */
  readonly sets: readonly IpSet[];
  readonly rules: RuleVariant;
}

/** The texts, in the order in which they take effect. */
export function syncScript(plan: ScriptPlan): ToolInput[] {
  const { node, rules } = plan;
  const restore = isIpv6(node.ip) ? 'ip6tables-restore' : 'iptables-restore';
  return [
    { tool: 'ipset', text: setText(plan) },
    { tool: 'ipvsadm', text: ipvsText(plan) },
    { tool: restore, text: ruleText(node.netfilter, plan.sets, rules) },
  ];
}

function setText({ sets, state, version }: ScriptPlan): string {
  const family = version.family;
  const lines: string[] = [];
  SET_KINDS.forEach((_, handle) => lines.push(ipsetCreateLine(emptySet(handle as SetHandle, family))));
  sets.forEach((set, handle) => {
    const before = state.sets[handle];
    if (before === set) return;
    const known = new Set((before?.entries() ?? []).map((entry) => ipsetEntryText(set, entry)));
    const wanted = new Set(set.entries().map((entry) => ipsetEntryText(set, entry)));
    for (const entry of before?.entries() ?? []) {
      if (!wanted.has(ipsetEntryText(set, entry))) lines.push(ipsetDeleteLine(set, entry));
    }
    for (const entry of set.entries()) {
      if (!known.has(ipsetEntryText(set, entry))) lines.push(ipsetAddLine(set, entry));
    }
  });
  return lined(lines);
}

function ruleText(netfilter: Netfilter, sets: readonly IpSet[], { chains }: RuleVariant): string {
  const tables = new TableNames(netfilter);
  const names = {
    chain: (chain: number): string => tables.chain(chain),
    list: (list: number): string => tables.list(list),
    set: (handle: number): string => sets[handle]!.name,
  };
  const lines: string[] = [];
  for (const [table, name] of [
    [Table.nat, 'nat'],
    [Table.filter, 'filter'],
  ] as const) {
    const own = chains.filter((each) => each.table === table);
    lines.push(`*${name}`, ...own.map((each) => `:${each.name} - [0:0]`));
    for (const each of own) {
      for (let position = 0; position < netfilter.store.length(each.chain); position++) {
        lines.push(ruleLine(names, each.name, netfilter.store.rule(each.chain, position), false));
      }
    }
    lines.push('COMMIT');
  }
  return lined(lines);
}

function ipvsText(plan: ScriptPlan): string {
  const { version, state } = plan;
  const { registry } = version.table;
  const lines: string[] = [];
  const gone: string[] = [];
  for (let slot = 0; slot < registry.slotCount; slot++) {
    const before = state.version === null ? null : registry.definition(slot, state.version.revision);
    const after = registry.definition(slot, version.revision);
    const definition = after ?? before;
    if (definition === null) continue;
    const addresses = definition.address === OWN_ADDRESS ? state.nodePorts : [definition.address];
    addresses.forEach((address, own) => {
      const placed = { definition, slot, own, address };
      if (after === null) gone.push(serviceLine('-D', placed));
      else lines.push(...serviceChange(plan, placed, before));
    });
  }
  return lined([...lines, ...gone]);
}

function serviceChange(plan: ScriptPlan, placed: PlacedService, before: VirtualServerDefinition | null): string[] {
  const wanted = plannedServers(plan, placed.definition);
  if (before === null) return [serviceLine('-A', placed), ...additions(placed, wanted, new Set())];
  const { ipvs } = plan.node;
  const present = placedServers(ipvs, { ...placed, definition: before });
  const draining = present.filter((server) => server.weight === 0);
  const staying = new Set(present.filter(({ weight }) => weight > 0).map((server) => keyOf(server)));
  const keys = new Set(Array.from({ length: wanted.length }, (_, i) => keyAt(wanted, i)));
  const lines: string[] = [];
  if (before.persistenceSeconds !== placed.definition.persistenceSeconds) lines.push(serviceLine('-E', placed));
  for (const server of draining) {
    if (!keys.has(keyOf(server))) continue;
    // A kube-proxy that has just started does not know that it was draining: it gives it its weight back.
    if (plan.state.initial) {
      lines.push(serverLine('-e', placed, server, 1));
      staying.add(keyOf(server));
    } else lines.push(serverLine('-d', placed, server, 0));
  }
  lines.push(...additions(placed, wanted, staying));
  for (const server of present) {
    if (keys.has(keyOf(server)) || (server.weight === 0 && !plan.state.initial)) continue;
    const waits = placed.definition.protocol === Protocol.tcp && server.active + server.inactive > 0;
    if (waits && server.weight === 0) continue;
    lines.push(serverLine(waits ? '-e' : '-d', placed, server, 0));
  }
  return lines;
}

function plannedServers({ state, lists }: ScriptPlan, { ownList, servers }: VirtualServerDefinition): ServerColumns {
  return (ownList === undefined ? undefined : state.lists.planned(lists, ownList)) ?? servers;
}

function additions(placed: PlacedService, wanted: ServerColumns, known: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const server = { address: wanted.address[i]!, port: wanted.port[i]! };
    if (!known.has(keyOf(server))) lines.push(serverLine('-a', placed, server, 1));
  }
  return lines;
}

function keyAt(servers: ServerColumns, index: number): string {
  return formatIpPort(servers.address[index]!, servers.port[index]!);
}

function keyOf({ address, port }: { readonly address: number; readonly port: number }): string {
  return formatIpPort(address, port);
}

function lined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
