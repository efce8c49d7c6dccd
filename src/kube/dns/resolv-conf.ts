/**
 * A resolver's configuration, `/etc/resolv.conf`: what the kubelet reads of the node's, and what it gives to a container.
 *
 * Reading mirrors parseResolvConf of the kubelet (pkg/kubelet/network/dns/dns.go, 1.34): lines of `nameserver` and `options` add up, an option
 * of one name taking the place of an earlier one; of `search` lines the last one counts. `domain` and `sortlist` are passed over, as there.
 */

/** The file's content. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** Such as `ndots:5`, each with its value. */
  readonly options: readonly string[];
}

/** Reads a file. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let searches: readonly string[] = [];
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && words[0] !== undefined) nameservers.push(words[0]);
    // With a dot at the end a domain would count as another one.
    if (keyword === 'search') searches = words.map((word) => (word === '.' ? word : word.replace(/\.$/, '')));
    if (keyword === 'options') for (const word of words) options.set(word.split(':')[0] ?? '', word);
  }
  return { nameservers, searches, options: [...options.values()] };
}

/** Writes the file as container runtimes do (containerd and CRI-O: search, then nameservers, then options). */
export function resolvConfText({ nameservers, searches, options }: ResolvConf): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
