/** Ratios and medians of measured rounds, and how they are written. */

/** The ratios of two columns, each taken within its round. */
export function ratios(rounds, one, other, member) {
  return rounds.filter((round) => round[one]?.[member] && round[other]?.[member]).map((round) => round[one][member] / round[other][member]);
}

/** What a column measured, round by round. */
export function valuesOf(rounds, column, member) {
  return rounds.map((round) => round[column]?.[member]).filter((value) => value !== undefined);
}

/** The middle value; undefined of none. */
export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median, with the least and the most where there are several values. */
export function withSpread(values) {
  return values.length < 2 ? written(median(values)) : `${written(median(values))} (${written(Math.min(...values))}–${written(Math.max(...values))})`;
}

/** A number with about three digits; a dash for none. */
export function written(value) {
  if (value === undefined) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A table in Markdown, its columns as wide as their longest cell. */
export function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
