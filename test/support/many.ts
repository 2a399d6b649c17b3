/** Many of a kind, opened so many at a time that a busy machine still answers each in time. */

/** Makes `count` of them, in order, at most `atOnce` under way together. */
export async function many<T>(count: number, make: (index: number) => Promise<T>, atOnce = 40): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const next = Array.from({ length: Math.min(atOnce, count - made.length) }, (_, offset) => make(made.length + offset));
    made.push(...await Promise.all(next));
  }
  return made;
}
