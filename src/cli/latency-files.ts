/**
 * `cases/<case>/latency.hdr`: the latency histograms of a case over all its seeds, for tools that read HdrHistogram.
 *
 * One line a metric: its name, a space, the histogram in base64 as HdrHistogram V2 writes it (values in nanoseconds, three
 * significant digits). The form is a zlib stream within; hdr-histogram-js makes it with Node's zlib, whose bytes differ
 * between versions and processors. So its content is packed anew without compression, which is the same everywhere.
 * Cost: 0.1 s for the library, then about 1 ms a histogram.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { Histogram, METRICS } from '../measure/index.js';
import type { CaseResult, HistogramData } from '../measure/index.js';
import { caseFolders } from './case-folders.js';

/** Name of the file in a case's folder. */
export const LATENCY_FILE = 'latency.hdr';

/** Metrics that a file holds, in the order of its lines. */
const LATENCIES = METRICS.filter(({ area }) => area === 'latency').map(({ name }) => name);

/** zlib's level for the compression that is undone again. */
const FASTEST = 1;

/** Bytes before the zlib stream: a word that says "V2, compressed", and the length of the stream. */
const HEAD_BYTES = 8;

/**
 * The files of a run.
 * @param caseIds all cases of the plan; those without results get no file
 * @param results results in any order
 * @returns text by path within the run's folder
 */
export async function latencyFiles(
  caseIds: readonly string[],
  results: readonly CaseResult[],
): Promise<ReadonlyMap<string, string>> {
  const { build, encodeIntoCompressedBase64 } = await import('hdr-histogram-js');
  // One for all: making it costs more than filling it. Its range is fixed, because it stands in the bytes.
  const hdr = build({
    useWebAssembly: false,
    bitBucketSize: 64,
    numberOfSignificantValueDigits: 3,
    lowestDiscernibleValue: 1,
    highestTrackableValue: Number.MAX_SAFE_INTEGER,
    autoResize: false,
  });
  const files = new Map<string, string>();
  for (const [id, folder] of caseFolders(caseIds)) {
    const own = results.filter(({ caseId }) => caseId === id);
    if (own.length === 0) continue;
    const lines = LATENCIES.map((metric) => {
      const parts = own.flatMap(({ histograms }) => histograms[metric] ?? []);
      hdr.reset();
      for (const [value, count] of merged(parts).entries()) hdr.recordValueWithCount(value, count);
      return `${metric} ${uncompressed(encodeIntoCompressedBase64(hdr, FASTEST))}\n`;
    });
    files.set(`cases/${folder}/${LATENCY_FILE}`, lines.join(''));
  }
  return files;
}

function merged(parts: readonly HistogramData[]): Histogram {
  const whole = new Histogram();
  for (const part of parts) whole.merge(Histogram.fromJSON(part));
  return whole;
}

/** The same histogram with its zlib stream in stored blocks. */
function uncompressed(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const content = inflateSync(bytes.subarray(HEAD_BYTES, HEAD_BYTES + bytes.readUInt32BE(4)));
  const stream = deflateSync(content, { level: 0, chunkSize: content.length + 64 });
  const head = bytes.subarray(0, HEAD_BYTES);
  head.writeUInt32BE(stream.length, 4);
  return Buffer.concat([head, stream]).toString('base64');
}
