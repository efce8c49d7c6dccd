/** The virtual servers of a script: those that contradict themselves or each other are complained of. */
import type { Path } from '../located.js';
import type { Complaints } from './complaints.js';
import { placeText } from './place-text.js';
import type { ScriptFile } from './script-schema.js';
import type { ScriptService, SocketPlace } from './script.js';
import { schedulerFlags } from './under-scheduler.js';

type ServiceFields = ScriptFile['services'][number];
type FlagNames = NonNullable<ScriptFile['flags']>;

/** The virtual servers, in the order of the file. */
export function scriptServices(source: ScriptFile, complaints: Complaints): ScriptService[] {
  const names = new Map<string, number>();
  const takenPlaces = new Map<string, string>();
  return source.services.map((fields, index) => {
    const path = ['services', index];
    const { name, proto } = fields;
    if (names.has(name)) complaints.add([...path, 'name'], `expected a name of its own, ${name} is taken`);
    names.set(name, index);
    const mark = fields.fwmark ?? 0;
    const places = placesOf(fields, path, complaints);
    const keys = places.map((place) => `${proto} ${placeText(place)}`);
    for (const key of mark === 0 ? keys : [`fwmark ${mark}`, ...keys]) {
      const other = takenPlaces.get(key);
      if (other !== undefined) complaints.add(path, `${key} belongs to ${other} already`);
      takenPlaces.set(key, name);
    }
    return { name, proto, mark, places, ...schedulingOf(source, fields, path, complaints), ...persistenceOf(fields) };
  });
}

/** Bits of scheduler flags. Flags of another scheduler are complained of. */
export function flagBits(scheduler: string, flags: FlagNames, path: Path, complaints: Complaints): number {
  const known = schedulerFlags(scheduler);
  let bits = 0;
  flags.forEach((flag, index) => {
    const bit = known.get(flag);
    if (bit === undefined) complaints.add([...path, index], `${flag} is no flag of ${scheduler}`);
    else bits |= bit;
  });
  return bits;
}

/** What a virtual server does not say itself, the file's own scheduler and flags say. */
function schedulingOf(source: ScriptFile, fields: ServiceFields, path: Path, complaints: Complaints) {
  const scheduler = fields.scheduler ?? source.scheduler;
  if (scheduler === undefined) {
    complaints.add([...path, 'scheduler'], 'this field is required where the script names no scheduler for all');
    return { scheduler: '', flags: 0 };
  }
  const isOwn = fields.flags !== undefined || fields.scheduler !== undefined;
  const names = isOwn ? (fields.flags ?? []) : (source.flags ?? []);
  const flags = flagBits(scheduler, names, isOwn ? [...path, 'flags'] : ['flags'], complaints);
  return { scheduler, flags };
}

function persistenceOf({ persist = 0, netmask = 0xffffffff, ops = false }: ServiceFields) {
  return { persistSeconds: persist, netmask, onePacket: ops };
}

function placesOf({ vip, vips, fwmark }: ServiceFields, path: Path, complaints: Complaints): readonly SocketPlace[] {
  if (fwmark === undefined) {
    if (vips !== undefined) complaints.add([...path, 'vips'], 'several addresses take a firewall mark: set fwmark');
    else if (vip === undefined) complaints.add([...path, 'vip'], 'this field is required, or fwmark and vips');
    return vip === undefined ? [] : [vip];
  }
  if (vip !== undefined) complaints.add([...path, 'vip'], 'a virtual server with fwmark has vips in place of vip');
  else if (vips === undefined) complaints.add([...path, 'vips'], 'this field is required with fwmark');
  return vips ?? [];
}
