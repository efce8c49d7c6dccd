/** Line breaking for prose. Cost: linear in the text. */

/**
 * Breaks plain text into lines at spaces, but not between a number and the word or unit behind it.
 * @param text without escape sequences; its own line breaks count as spaces
 * @param width longest line; longer words stand alone
 */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  const bound = text.replace(/\s+/g, ' ').replace(/(\d) (?=\S)/g, '$1\u00a0');
  for (const word of bound.split(' ').filter((part) => part !== '')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n').replaceAll('\u00a0', ' ');
}
