/** The line that shows how far a run is: bar, count, time left, what ended last; in that order given up for want of room. */

/** What the line is made of. */
export interface ProgressState {
  /** The drawn bar. */
  readonly bar: string;
  readonly done: number;
  readonly total: number;
  /** Seconds left by the mean so far; 0 when nobody can say: before the first job has ended, or when they are over. */
  readonly leftS: number;
  /** What ended last; empty for nothing. */
  readonly label: string;
}

/** Columns kept free at the end, so that neither the cursor nor the `^C` that a terminal echoes starts a new line. */
const MARGIN = 4;
/** A shorter piece of a label says nothing. */
const LEAST_LABEL = 12;

/**
 * Makes the line.
 * @param columns width of the terminal
 * @returns text without line breaks, shorter than the terminal is wide
 */
export function progressLine({ bar, done, total, leftS, label }: ProgressState, columns: number): string {
  const room = columns - MARGIN;
  const counts = `${done}/${total} runs${leftS === 0 ? '' : `, ${spanText(leftS)} left`}`;
  const withBar = `${bar} ${counts}`;
  if (withBar.length > room) return counts.slice(0, Math.max(0, room));
  const labelRoom = room - withBar.length - 2;
  return label === '' || labelRoom < LEAST_LABEL ? withBar : `${withBar}  ${ending(label, labelRoom)}`;
}

/** A time in the two largest units that it needs. */
function spanText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  return hours === 0 ? `${minutes}m${whole % 60}s` : `${hours}h${minutes % 60}m`;
}

/** The end of a label, from a comma on if there is one: cases of one run begin alike. */
function ending(label: string, room: number): string {
  if (label.length <= room) return label;
  const last = label.slice(label.length - room + 1);
  return `\u2026${last.slice(last.indexOf(',') + 1)}`;
}
