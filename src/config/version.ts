/** The version of this package, read once from its own package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({ name: z.literal('gatehouse'), version: z.string() });

/** Throws an Error when the package's own manifest cannot be found above this file. */
export function packageVersion(from: string = import.meta.dirname): string {
  const path = join(from, 'package.json');
  const found = existsSync(path) ? manifest.safeParse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
  if (found?.success) return found.data.version;
  if (dirname(from) === from) throw new Error('package.json of gatehouse is missing');
  return packageVersion(dirname(from));
}
