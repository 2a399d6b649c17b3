/** Sorts as the databases do, which compare UTF-8 and not UTF-16. */
export function byCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
