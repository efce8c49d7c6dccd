#!/usr/bin/env node
/** The program's entry: hands the arguments over and lets the process end by itself. */
import { main } from './program.js';

// A reader that has seen enough (`kpb ... | head`) closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

await main(process.argv.slice(2));
