/** Steps of a connection script in words: where there is one, the command that does the same on a real director. */
import {
  placeText,
  schedulerFlags,
  type ReplayScript,
  type ScriptService,
  type ScriptStep,
} from '../../scenario/index.js';

const CLOSES = {
  client: 'closes, the client first',
  server: 'closes, the server first',
  half: 'closes at its client, which sends a FIN',
  'half-server': 'closes at its server, which sends a FIN',
  rst: 'is reset by its client',
  'server-rst': 'is reset by its server',
} as const;

/** The command that makes a virtual server. */
export function serviceCommand(service: ScriptService): string {
  return `ipvsadm -A ${serviceOptions(service, service.scheduler, service.flags)}`;
}

/** The command that sets a sysctl of IPVS. */
export function sysctlCommand(name: string, value: number): string {
  return `sysctl -w net.ipv4.vs.${name}=${value}`;
}

/** One step. Looks are not steps of their own here: what they show says what they are. */
export function stepText({ services }: ReplayScript, step: ScriptStep): string {
  switch (step.op) {
    case 'add':
    case 'weight': {
      const thresholds = [
        ...(step.upper > 0 ? ['-x', String(step.upper)] : []),
        ...(step.lower > 0 ? ['-y', String(step.lower)] : []),
      ];
      const dead = step.op === 'add' && step.dead ? '   # nothing listens there' : '';
      const words = [serverWords(services, step), '-m', '-w', String(step.weight), ...thresholds];
      return `ipvsadm ${step.op === 'add' ? '-a' : '-e'} ${words.join(' ')}${dead}`;
    }
    case 'remove':
      return `ipvsadm -d ${serverWords(services, step)}`;
    case 'scheduler': {
      const service = services[step.service];
      return service === undefined ? '' : `ipvsadm -E ${serviceOptions(service, step.scheduler, step.flags)}`;
    }
    case 'sysctl':
      return sysctlCommand(step.name, step.value);
    case 'timeouts':
      return `ipvsadm --set ${step.tcp} ${step.tcpfin} ${step.udp}`;
    case 'wait':
      return `sleep ${step.seconds}`;
    case 'close':
      return CLOSES[step.by];
    default:
      return step.op;
  }
}

/** What tells ipvsadm everything about a virtual server: an edit that leaves something out takes it away. */
function serviceOptions(service: ScriptService, scheduler: string, flags: number): string {
  const { persistSeconds, netmask, onePacket } = service;
  const words = [serviceWords(service), '-s', scheduler];
  const names = [...schedulerFlags(scheduler)].flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  if (names.length > 0) words.push('-b', names.join(','));
  if (persistSeconds > 0) words.push('-p', String(persistSeconds));
  if (persistSeconds > 0 && netmask !== 0xffffffff) words.push('-M', maskText(netmask));
  if (onePacket) words.push('-o');
  return words.join(' ');
}

function serverWords(
  services: readonly ScriptService[],
  step: Extract<ScriptStep, { readonly server: unknown }>,
): string {
  return `${nameOf(services, step.service)} -r ${placeText(step.server)}`;
}

function nameOf(services: readonly ScriptService[], index: number): string {
  const service = services[index];
  return service === undefined ? '' : serviceWords(service);
}

function serviceWords({ mark, proto, places }: ScriptService): string {
  if (mark > 0) return `-f ${mark}`;
  return `${proto === 'tcp' ? '-t' : '-u'} ${places.map(placeText).join()}`;
}

function maskText(mask: number): string {
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.');
}
