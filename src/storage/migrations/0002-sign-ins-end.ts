/** Schema 2: the moment from which on sign-ins of a person count. */
import type { Migration } from './migration.js';

/** One column. */
export const signInsEnd: Migration = {
  version: 2,
  about: 'sign-ins that are over',

  async up(db, { whole }) {
    await db.schema.alterTable('users').addColumn('sign_ins_since', whole, (column) => column.notNull().defaultTo(0)).execute();
  },
};
