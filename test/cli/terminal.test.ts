/** The program on a terminal of 80 columns: its progress bar, and the width of the summary. */
import { beforeAll, describe, expect, test } from 'vitest';
import { hasTerminal, kpbOnTerminal, makeReady } from './program.js';
import { withScenario } from './tiny-scenario.js';

describe.runIf(hasTerminal)('on a terminal', () => {
  const ESCAPE = String.fromCharCode(27);
  const folder = withScenario();
  let text = '';
  beforeAll(() => {
    makeReady();
    text = kpbOnTerminal(folder, 80, ['run', 'tiny.yaml', '--color', 'always']).stdout;
  });

  test('the bar is drawn and cleared, and leaves no setting of the terminal behind', () => {
    const [bar = '', after = ''] = text.split(`${ESCAPE}8`);
    expect(bar).toContain('kpb: tiny: 2 cases, seeds 1, 1.2, 0 workers');
    expect(bar).toContain(' 0/4 runs');
    expect(bar.slice(bar.lastIndexOf(`${ESCAPE}[1G`))).toMatch(/ 4\/4 runs {2}\S+#1\.2.{4}$/);
    // Back to where the bar began (ESC 8), that line cleared, and all below it.
    expect(after.startsWith(`${ESCAPE}[1G${ESCAPE}[2K${ESCAPE}[0J${ESCAPE}[1mtiny`)).toBe(true);
    // Neither hides the cursor nor turns off the wrapping of lines.
    expect(text).not.toContain(`${ESCAPE}[?`);
  });

  test('the summary keeps to its width', () => {
    const lines = text
      .slice(text.indexOf('Findings'))
      .replaceAll(new RegExp(`${ESCAPE}\\[[0-9]*m`, 'g'), '')
      .split('\r\n');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
