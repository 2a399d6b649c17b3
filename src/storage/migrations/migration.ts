/** A step of the schema. Steps only go forward, and one that was released never changes. */
import type { Kysely, RawBuilder } from 'kysely';

/** Column types by what they mean: the two databases spell them differently. */
export interface ColumnTypes {
  /** Text that is compared and sorted by its code points, whatever language the database speaks. */
  text: RawBuilder<unknown>;
  /** A whole number up to 2^53. */
  whole: RawBuilder<unknown>;
  bytes: RawBuilder<unknown>;
}

/** The one table that is there before the first migration, and all that code beside the migrations knows of them. */
export type SchemaVersions = Record<'schema_versions', { version: number; about: string }>;

export interface Migration {
  /** Counts from 1 without gaps. */
  version: number;
  about: string;
  up(db: Kysely<SchemaVersions>, types: ColumnTypes): Promise<void>;
}
