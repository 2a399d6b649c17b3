/** What is thrown when kept state cannot be reached: every store may, every door answers it as "try again" (promise P11). */

/** The store did not answer in time, or not at all; the next try may succeed. The message names no secret. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** What is kept was written by a newer version: nothing is touched, and the message says which version to start. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew';
}
