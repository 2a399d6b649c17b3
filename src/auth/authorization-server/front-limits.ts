/** Turns away who asks too often for what costs us something, before the library sees the request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { EndpointLimits, type LimitedThing } from './endpoint-limits.port.js';
import { paths } from './endpoints.js';
import { PageHooks } from './page-hooks.js';
import { UserCodeGuesses } from './user-code-guesses.js';

const { routes } = paths;
const LIMITED = new Map<string, LimitedThing>([
  [routes.registration, 'registration'], [routes.authorization, 'authorization'],
  [routes.pushed_authorization_request, 'authorization'], [routes.device_authorization, 'authorization'],
]);
const DESCRIPTIONS: Record<LimitedThing, string> = {
  registration: 'too many registrations', authorization: 'too many sign-ins were begun', client_document: 'too many documents',
};
/** What people see in their browser, and not programs. */
const FOR_PEOPLE = new Set<string>([routes.authorization, routes.code_verification]);

@Injectable()
export class FrontLimits {
  constructor(
    @Inject(EndpointLimits) private readonly limits: EndpointLimits, private readonly guesses: UserCodeGuesses, private readonly pages: PageHooks,
  ) {}

  /** Serves a request unless it is one too many; then it is answered here. */
  async serve(route: string, request: IncomingMessage, response: ServerResponse, next: () => Promise<void>): Promise<void> {
    // Whatever the method: HEAD begins a sign-in as well. Browsers ask by OPTIONS before they ask.
    const what = request.method === 'OPTIONS' ? undefined : LIMITED.get(route);
    const wait = what && await this.limits.take(what, request);
    if (what && wait !== undefined) return this.#turnAway(route, request, response, wait, DESCRIPTIONS[what]);
    if (request.method !== 'POST' || route !== routes.code_verification) return next();
    const pause = this.guesses.begin(request);
    if (pause !== undefined) return this.#turnAway(route, request, response, pause, `too many wrong codes; try again in ${pause} seconds`);
    try {
      await next();
    } finally {
      this.guesses.end(request);
    }
  }

  #turnAway(route: string, request: IncomingMessage, response: ServerResponse, seconds: number, description: string): void {
    const problem = { error: 'temporarily_unavailable', error_description: description };
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Retry-After', String(seconds));
    if (FOR_PEOPLE.has(route)) this.pages.refuse(response, 429, problem);
    else response.writeHead(429, { 'Content-Type': 'application/json' }).end(JSON.stringify(problem));
    request.resume();
  }
}
