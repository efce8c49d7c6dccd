/** The steps of a script: what they name is looked up, and what they do to servers is followed, so that no step can fail later. */
import type { Path } from '../located.js';
import type { Complaints } from './complaints.js';
import { placeText, samePlace } from './place-text.js';
import type { ScriptFile } from './script-schema.js';
import { flagBits } from './script-services.js';
import type { ScriptService, ScriptStep, SocketPlace } from './script.js';
import { checkSysctl } from './sysctl-names.js';

type StepFields = ScriptFile['steps'][number];
type ServerFields = Extract<StepFields, { op: 'add' | 'weight' | 'remove' }>;
type OpenFields = Extract<StepFields, { op: 'connect' | 'udp' }>;

/** The steps, in the order of the file. */
export function scriptSteps(
  source: ScriptFile,
  services: readonly ScriptService[],
  complaints: Complaints,
): ScriptStep[] {
  const reader = new StepReader(services, complaints);
  return source.steps.flatMap((fields, index) => reader.read(fields, ['steps', index]) ?? []);
}

class StepReader {
  private readonly services: readonly ScriptService[];
  private readonly complaints: Complaints;
  private readonly byName: ReadonlyMap<string, number>;
  /** The servers in place, by service. */
  private readonly servers: Set<string>[];
  private readonly opened = new Map<string, number>();

  constructor(services: readonly ScriptService[], complaints: Complaints) {
    this.services = services;
    this.complaints = complaints;
    this.byName = new Map(services.map(({ name }, index) => [name, index]));
    this.servers = services.map(() => new Set<string>());
  }

  /** One step; undefined when it names what there is not. */
  read(fields: StepFields, path: Path): ScriptStep | undefined {
    switch (fields.op) {
      case 'add':
      case 'weight':
      case 'remove':
        return this.serverStep(fields, path);
      case 'connect':
      case 'udp':
        return this.openStep(fields, path);
      case 'scheduler': {
        const service = this.serviceOf(fields.svc, path);
        const { op, scheduler } = fields;
        const flags = flagBits(scheduler, fields.flags ?? [], [...path, 'flags'], this.complaints);
        return service === undefined ? undefined : { op, service, scheduler, flags };
      }
      case 'sysctl':
        checkSysctl(fields.name, fields.value, { name: [...path, 'name'], value: [...path, 'value'] }, this.complaints);
        return fields;
      default:
        return fields;
    }
  }

  private serverStep(fields: ServerFields, path: Path): ScriptStep | undefined {
    const service = this.serviceOf(fields.svc, path);
    if (service === undefined) return undefined;
    const server = fields.rs;
    this.follow(fields.op, service, server, path);
    if (fields.op === 'remove') return { op: 'remove', service, server };
    const { weight, upper = 0, lower = 0 } = fields;
    if (lower > upper) this.complaints.add([...path, 'lower'], `expected at most upper (${upper}), found ${lower}`);
    const weighed = { service, server, weight, upper, lower };
    return fields.op === 'add' ? { op: 'add', ...weighed, dead: fields.dead ?? false } : { op: 'weight', ...weighed };
  }

  /** Keeps account of which servers there are. */
  private follow(op: ServerFields['op'], service: number, server: SocketPlace, path: Path): void {
    const present = this.servers[service] ?? new Set();
    const { name } = this.services[service] ?? { name: '' };
    const text = placeText(server);
    if (op === 'add' ? present.has(text) : !present.has(text)) {
      const known = op === 'add' ? 'has' : 'has no';
      this.complaints.add(
        [...path, 'rs'],
        `${name} ${known} server ${text}${op === 'add' ? ' already' : ''} at this step`,
      );
    }
    if (op === 'add') present.add(text);
    else if (op === 'remove') present.delete(text);
  }

  private openStep({ op, id, svc, src, sport, vip }: OpenFields, path: Path): ScriptStep | undefined {
    const index = this.serviceOf(svc, path);
    const before = this.opened.get(id);
    if (before !== undefined) {
      this.complaints.add([...path, 'id'], `expected an id of its own, steps[${before}] has ${id} too`);
    }
    this.opened.set(id, Number(path.at(-1)));
    const service = index === undefined ? undefined : this.services[index];
    if (service === undefined || index === undefined) return undefined;
    if ((op === 'udp') !== (service.proto === 'udp')) {
      this.complaints.add(
        [...path, 'op'],
        `expected ${service.proto === 'udp' ? 'udp' : 'connect'}: ${svc} is ${service.proto}`,
      );
    }
    const place = this.placeOf(service, vip, path);
    return place === undefined ? undefined : { op, id, service: index, client: { address: src, port: sport }, place };
  }

  /** The place that a client asks for. */
  private placeOf(service: ScriptService, vip: SocketPlace | undefined, path: Path): SocketPlace | undefined {
    const { name, places } = service;
    if (vip === undefined) {
      if (places.length > 1)
        this.complaints.add([...path, 'vip'], `this field is required: ${name} has several addresses`);
      return places[0];
    }
    const found = places.find((place) => samePlace(place, vip));
    if (found === undefined) {
      const texts = places.slice(0, 3).map(placeText).join(', ');
      const more = places.length > 3 ? ', ...' : '';
      this.complaints.add(
        [...path, 'vip'],
        `expected an address of ${name} (${texts}${more}), found ${placeText(vip)}`,
      );
    }
    return found;
  }

  private serviceOf(name: string, path: Path): number | undefined {
    const index = this.byName.get(name);
    if (index === undefined) this.complaints.unknown([...path, 'svc'], 'service', name, [...this.byName.keys()]);
    return index;
  }
}
