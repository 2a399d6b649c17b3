/** The wish that a call stop. Cheaper than an AbortController, which is made only for a handler that looks at it. */

/** Why a call is asked to stop. */
export type CancelReason = 'caller' | 'disconnect' | 'deadline' | 'drain' | 'session_ended';

/** Fires at most once. One owner calls {@link Cancellation.cancel}; anybody may listen. */
export class Cancellation {
  #reason: CancelReason | undefined;
  #listeners: ((reason: CancelReason) => void)[] | undefined;
  #controller: AbortController | undefined;

  /** Undefined until cancelled. */
  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  /** The same wish as an AbortSignal. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(new DOMException(this.#reason, 'AbortError'));
    }
    return this.#controller.signal;
  }

  /** Asks the call to stop; later wishes change nothing. */
  cancel(reason: CancelReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(new DOMException(reason, 'AbortError'));
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls back once, at once where it already happened. */
  onCancel(listener: (reason: CancelReason) => void): void {
    if (this.#reason) listener(this.#reason);
    else (this.#listeners ??= []).push(listener);
  }
}
