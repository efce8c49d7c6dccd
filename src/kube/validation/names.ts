/**
 * Names as the API server checks them (apimachinery util/validation and api/validate/content, about v1.34): each function
 * answers with what is wrong, in the server's words, nothing when all is well.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const UNDERSCORE = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;
const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;

const LABEL_PATTERN = whole(LABEL);
const SUBDOMAIN_PATTERN = whole(SUBDOMAIN);
const LABEL_1035_PATTERN = whole(LABEL_1035);
const UNDERSCORE_PATTERN = whole(UNDERSCORE);
const WILDCARD_PATTERN = whole(WILDCARD);
const QUALIFIED_PATTERN = whole(QUALIFIED);
const LABEL_VALUE_PATTERN = whole(LABEL_VALUE);

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  'alphanumeric character';
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  'alphanumeric character';
const UNDERSCORE_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an " +
  'alphanumeric character';
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an " +
  'alphanumeric character';
const WILDCARD_RULE =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case " +
  "alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const QUALIFIED_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  'alphanumeric character';

/** Checks of names of objects; `prefix` for one to which the server adds letters (generateName), which may end in a dash. */
export type NameCheck = (name: string, prefix: boolean) => readonly string[];

/** A label of a domain name (RFC 1123). */
export function dnsLabelProblems(value: string): readonly string[] {
  const rule = SUBDOMAIN_PATTERN.test(value)
    ? 'must not contain dots'
    : broken(LABEL_RULE, LABEL, 'my-name', '123-abc');
  return [...tooLongFor(value, 63), ...(LABEL_PATTERN.test(value) ? [] : [rule])];
}

/** A label of a domain name that begins with a letter (RFC 1035). */
export function dns1035LabelProblems(value: string): readonly string[] {
  const rule = broken(LABEL_1035_RULE, LABEL_1035, 'my-name', 'abc-123');
  return [...tooLongFor(value, 63), ...(LABEL_1035_PATTERN.test(value) ? [] : [rule])];
}

/** A domain name (RFC 1123). */
export function dnsSubdomainProblems(value: string): readonly string[] {
  const rule = broken(SUBDOMAIN_RULE, SUBDOMAIN, 'example.com');
  return [...tooLongFor(value, 253), ...(SUBDOMAIN_PATTERN.test(value) ? [] : [rule])];
}

/** A domain name that may have underscores, as search domains since v1.32. */
export function dnsUnderscoreProblems(value: string): readonly string[] {
  const rule = broken(UNDERSCORE_RULE, UNDERSCORE, 'example.com');
  return [...tooLongFor(value, 253), ...(UNDERSCORE_PATTERN.test(value) ? [] : [rule])];
}

/** `*.` before a domain name. */
export function wildcardProblems(value: string): readonly string[] {
  const rule = broken(WILDCARD_RULE, WILDCARD, '*.example.com');
  return [...tooLongFor(value, 253), ...(WILDCARD_PATTERN.test(value) ? [] : [rule])];
}

/** A key of labels and annotations: a name, with a domain and a slash before it if wanted. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const [first = '', second, ...more] = value.split('/');
  const rule = broken(QUALIFIED_RULE, QUALIFIED, 'MyName', 'my.name', '123-abc');
  if (more.length > 0) {
    return [`a valid label key ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const [prefix, name] = second === undefined ? [undefined, first] : [first, second];
  const ofPrefix = prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : dnsSubdomainProblems(prefix);
  const ofName = [
    ...(name === '' ? ['must be non-empty'] : tooLongFor(name, 63)),
    ...(QUALIFIED_PATTERN.test(name) ? [] : [rule]),
  ];
  return [...ofPrefix.map((problem) => `prefix part ${problem}`), ...ofName.map((problem) => `name part ${problem}`)];
}

/** A value of a label. */
export function labelValueProblems(value: string): readonly string[] {
  const rule = broken(LABEL_VALUE_RULE, LABEL_VALUE, 'MyValue', 'my_value', '12345');
  return [...tooLongFor(value, 63), ...(LABEL_VALUE_PATTERN.test(value) ? [] : [rule])];
}

/** A part of a path in the API. */
export function pathSegmentProblems(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].flatMap((sign) => (value.includes(sign) ? [`may not contain '${sign}'`] : []));
}

/** Names of objects that are domain names. */
export const subdomainName: NameCheck = (name, prefix) => dnsSubdomainProblems(prefix ? withoutDash(name) : name);

/** Names of objects that are labels. */
export const labelName: NameCheck = (name, prefix) => dnsLabelProblems(prefix ? withoutDash(name) : name);

/** Names of objects that are labels with a letter in front. */
export const label1035Name: NameCheck = (name, prefix) => dns1035LabelProblems(prefix ? withoutDash(name) : name);

/** What a prefix is checked as: the server puts a letter in place of a dash at its end, and of what stands before that (maskTrailingDash). */
function withoutDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

function tooLongFor(value: string, most: number): readonly string[] {
  return value.length > most ? [`must be no more than ${most} bytes`] : [];
}

function broken(rule: string, format: string, ...examples: readonly string[]): string {
  const shown = examples.map((example, i) => `${i === 0 ? '' : ' or '}'${example}', `).join('');
  return `${rule} (e.g. ${shown}regex used for validation is '${format}')`;
}

function whole(format: string): RegExp {
  return new RegExp(`^${format}$`);
}
