/** The database cannot be reached, or does not answer in time. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly statusCode = 503;

  /** @param why what the driver or the database said, in a few words. */
  constructor(why: string) {
    super(`The store does not answer (${why}).`);
  }
}
