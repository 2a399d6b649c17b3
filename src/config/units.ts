/** Reads sizes and durations as people write them: `4mb`, `30s`, `1.5h`. */

const BYTES: Record<string, number> = {
  b: 1, kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2, gb: 1024 ** 3, gib: 1024 ** 3,
};
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes; a bare number counts bytes already. */
export function readSize(raw: unknown): number | undefined {
  return readQuantity(raw, BYTES, 1);
}

/** Whole units of `unit` milliseconds; a bare number counts such units already. */
export function readDuration(raw: unknown, unit: 1 | 1000): number | undefined {
  return readQuantity(raw, MILLISECONDS, unit);
}

/** A number in digits only: `1e3`, `0x10` and ` 7` are more often mistakes than intentions. */
export function readWhole(raw: unknown): number | undefined {
  const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function readQuantity(raw: unknown, units: Record<string, number>, unit: number): number | undefined {
  const bare = readWhole(raw);
  if (bare !== undefined || typeof raw !== 'string') return bare;
  const [, amount, name] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(raw) ?? [];
  const factor = units[name?.toLowerCase() ?? ''];
  return factor === undefined ? undefined : readWhole((Number(amount) * factor) / unit);
}
