/**
 * Reads the text that `ipvsadm -R` takes, by the grammar of ipvsadm(8) 1.31, and does what it says to a table of virtual servers.
 *
 * What ipvsadm would refuse throws: unknown options, a service that is there already or is not there, a flag of another scheduler.
 */

/** One virtual server. */
export interface ParsedService {
  readonly scheduler: string;
  readonly persistenceSeconds: number;
  readonly flags: readonly string[];
  /** Weight by `address:port`, in the order of addition. */
  readonly servers: Map<string, number>;
}

/** Virtual servers by protocol and place, such as `tcp 10.96.0.1:80`. */
export type ParsedTable = Map<string, ParsedService>;

const PROTOCOLS: Readonly<Record<string, string>> = {
  '-t': 'tcp',
  '--tcp-service': 'tcp',
  '-u': 'udp',
  '--udp-service': 'udp',
  '--sctp-service': 'sctp',
};
const PLACE = /^(?:(?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:]+\]):\d{1,5}$/;
const FLAGS = /^(?:(sh|mh)-(?:fallback|port)|flag-[123])$/;

/** Carries a text out on a table. */
export function restore(text: string, table: ParsedTable = new Map()): ParsedTable {
  for (const line of text.split('\n')) if (line !== '') carryOut(line, table);
  return table;
}

function carryOut(line: string, table: ParsedTable): void {
  const words = line.split(' ');
  const command = words.shift();
  const protocol = PROTOCOLS[words.shift() ?? ''];
  const place = words.shift() ?? '';
  if (protocol === undefined || !PLACE.test(place)) throw new Error(`no virtual service: ${line}`);
  const name = `${protocol} ${place}`;
  const options = optionsOf(words, line);
  const present = table.get(name);
  if (command === '-A' ? present !== undefined : present === undefined)
    throw new Error(`service exists or not: ${line}`);
  if (command === '-D') table.delete(name);
  else if (command === '-A' || command === '-E')
    table.set(name, serviceOf(options, present?.servers ?? new Map(), line));
  else if (present !== undefined) serverCommand(command, options, present, line);
}

function serviceOf(options: Map<string, string>, servers: Map<string, number>, line: string): ParsedService {
  const scheduler = options.get('-s') ?? 'wlc';
  const flags = options.get('-b')?.split(',') ?? [];
  for (const flag of flags) {
    const match = FLAGS.exec(flag);
    if (match === null || (match[1] !== undefined && match[1] !== scheduler)) throw new Error(`flag ${flag}: ${line}`);
  }
  return { scheduler, persistenceSeconds: Number(options.get('-p') ?? 0), flags, servers };
}

function serverCommand(
  command: string | undefined,
  options: Map<string, string>,
  { servers }: ParsedService,
  line: string,
): void {
  const server = options.get('-r') ?? '';
  if (!PLACE.test(server)) throw new Error(`no server: ${line}`);
  if (command === '-a' ? servers.has(server) : !servers.has(server)) throw new Error(`server exists or not: ${line}`);
  if (command === '-d') servers.delete(server);
  else if (command === '-a' || command === '-e') {
    if (!options.has('-m')) throw new Error(`not by masquerade: ${line}`);
    servers.set(server, Number(options.get('-w') ?? 1));
  } else throw new Error(`unknown command: ${line}`);
}

function optionsOf(words: readonly string[], line: string): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const name = words[i] ?? '';
    if (name === '-m') options.set(name, '');
    else if (['-s', '-p', '-b', '-M', '-r', '-w'].includes(name)) options.set(name, words[++i] ?? '');
    else throw new Error(`unknown option ${name}: ${line}`);
  }
  return options;
}
