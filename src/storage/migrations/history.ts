/** Every migration, in order. */
import { whoMayComeIn } from './0001-who-may-come-in.js';
import type { Migration } from './migration.js';

export const history: readonly Migration[] = [whoMayComeIn];
