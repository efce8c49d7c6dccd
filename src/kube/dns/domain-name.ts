/**
 * Domain names as text: fully qualified, with a dot at the end, in the letter case in which somebody wrote them.
 *
 * Names compare without regard to the case of ASCII letters (RFC 4343). Escapes (`\.`, `\032`) are not known: names of Kubernetes
 * objects need none. Cost: O(length).
 */

/** The name of the root. */
export const ROOT = '.';

/** A name with its dot at the end. */
export function fqdn(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** The labels of a name from left to right; none for the root. */
export function labelsOf(name: string): readonly string[] {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  return bare === '' ? [] : bare.split('.');
}

/** A name with ASCII letters in lower case. Others stay, as in DNS. */
export function lowered(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether two names are one. */
export function sameName(a: string, b: string): boolean {
  return a.length === b.length && lowered(a) === lowered(b);
}

/** Whether a name lies in a zone, or is the zone itself. Both fully qualified. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === ROOT) return true;
  if (name.length < zone.length || !sameName(name.slice(name.length - zone.length), zone)) return false;
  return name.length === zone.length || name[name.length - zone.length - 1] === '.';
}

/** The longest of the zones that a name lies in; undefined when there is none. */
export function closestZone(name: string, zones: readonly string[]): string | undefined {
  let closest: string | undefined;
  for (const zone of zones) {
    if (isWithin(name, zone) && zone.length > (closest?.length ?? 0)) closest = zone;
  }
  return closest;
}

/** A name below a zone. */
export function below(labels: string, zone: string): string {
  return zone === ROOT ? `${labels}.` : `${labels}.${zone}`;
}

/** The labels of a name that stand left of a zone. */
export function labelsBefore(name: string, zone: string): readonly string[] {
  return labelsOf(name.slice(0, name.length - (zone === ROOT ? 1 : zone.length)));
}

/** Whether a name can be sent: labels of 1 to 63 bytes, 255 bytes in all (RFC 1035 section 3.1). */
export function isSendable(name: string): boolean {
  if (name === ROOT) return true;
  return fqdn(name).length + 1 <= 255 && labelsOf(name).every(({ length }) => length > 0 && length < 64);
}
