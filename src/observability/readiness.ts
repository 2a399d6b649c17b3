/** Whether this process wants new work: from the end of its start to the begin of its drain. */
import { Injectable } from '@nestjs/common';

@Injectable()
export class Readiness {
  #state: 'starting' | 'ready' | 'draining' = 'starting';

  get state(): 'starting' | 'ready' | 'draining' {
    return this.#state;
  }

  get draining(): boolean {
    return this.#state === 'draining';
  }

  opened(): void {
    if (this.#state === 'starting') this.#state = 'ready';
  }

  /** From now on new work is refused; there is no way back. */
  drain(): void {
    this.#state = 'draining';
  }
}
