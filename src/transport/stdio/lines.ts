/** Cuts a byte stream into lines within a bound. */

const NEWLINE = 0x0a;

/** One line without its end, or the news that one was too long and was skipped. */
export type Line = { bytes: Buffer } | { tooLong: true };

/** The non-empty lines of a stream. */
export async function* linesOf(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let kept: Buffer[] = [];
  let length = 0;
  let skipping = false;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      start = end + 1;
      if (skipping || length + part.length > maxBytes) yield { tooLong: true };
      else if (length + part.length > 0) yield { bytes: Buffer.concat([...kept, part]) };
      kept = [];
      length = 0;
      skipping = false;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maxBytes) {
      skipping = true;
      kept = [];
    } else if (rest.length > 0) kept.push(rest);
  }
}
