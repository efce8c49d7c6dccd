/** Suffixes of generated names, as Kubernetes chooses their letters. */

/** Letters of generated names: no vowels, none that look alike. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const NAME_LENGTH = 5;

/** The n-th generated suffix. Kubernetes draws them; counting gives each once. */
export function generatedName(n: number): string {
  let name = '';
  let rest = n;
  while (name.length < NAME_LENGTH || rest > 0) {
    name = NAME_LETTERS[rest % NAME_LETTERS.length]! + name;
    rest = Math.floor(rest / NAME_LETTERS.length);
  }
  return name;
}
