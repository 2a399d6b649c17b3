/** Every migration, in order. */
import { whoMayComeIn } from './0001-who-may-come-in.js';
import { signInsEnd } from './0002-sign-ins-end.js';
import type { Migration } from './migration.js';

export const history: readonly Migration[] = [whoMayComeIn, signInsEnd];
