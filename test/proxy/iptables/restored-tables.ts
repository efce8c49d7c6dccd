/**
 * What `iptables-restore --noflush` leaves of the texts that it is given: a chain line makes or empties a chain, `-A` adds a rule,
 * `-X` takes an empty chain away. Written from iptables-restore(8), with nothing of the product in it.
 */

/** Two tables. */
export class RestoredTables {
  private readonly tables = new Map<string, Map<string, string[]>>();

  restore(text: string): void {
    let chains: Map<string, string[]> | undefined;
    for (const line of text.split('\n')) {
      const [word = '', chain = ''] = line.split(' ', 2);
      if (word.startsWith('*')) chains = this.table(word.slice(1));
      else if (word.startsWith(':')) chains!.set(word.slice(1), []);
      else if (word === '-A') ruleList(chains!, chain).push(line);
      else if (word === '-X') this.remove(chains!, chain);
      else if (word !== 'COMMIT' && word !== '') throw new Error(`not understood: ${line}`);
    }
  }

  /** Rules by table and chain. */
  chains(): Record<string, Record<string, readonly string[]>> {
    return Object.fromEntries([...this.tables].map(([name, chains]) => [name, Object.fromEntries(chains)]));
  }

  get ruleCount(): number {
    return this.all().reduce((sum, rules) => sum + rules.length, 0);
  }

  get chainCount(): number {
    return this.all().length;
  }

  private all(): string[][] {
    return [...this.tables.values()].flatMap((chains) => [...chains.values()]);
  }

  private table(name: string): Map<string, string[]> {
    const chains = this.tables.get(name) ?? new Map<string, string[]>();
    this.tables.set(name, chains);
    return chains;
  }

  private remove(chains: Map<string, string[]>, chain: string): void {
    if (ruleList(chains, chain).length > 0) throw new Error(`${chain} is not empty`);
    const used = [...chains.values()].flat().some((rule) => rule.endsWith(` ${chain}`));
    if (used) throw new Error(`${chain} is still jumped to`);
    chains.delete(chain);
  }
}

function ruleList(chains: Map<string, string[]>, chain: string): string[] {
  const rules = chains.get(chain);
  if (rules === undefined) throw new Error(`there is no chain ${chain}`);
  return rules;
}
