/** The first to see a request: refuses what may not come in, serves the hot door, leaves the rest to Nest's controllers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuthorizationEndpoints } from '../auth/authorization-endpoints.port.js';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { fault } from '../protocol/faults.js';
import { Edge } from './edge.js';
import { Exchange } from './streamable/exchange.js';
import { MESSAGES_ROUTE } from './sse/messages.controller.js';
import { SSE_ROUTE } from './sse/sse.controller.js';
import { openToPages, readsOpenDocument } from './open-documents.js';
import { sendFault } from './streamable/reply.js';

/** A path of the settings, the controller's own path behind it, and the one method it answers. */
interface Alias {
  path: string;
  route: string;
  method: string;
  /** Whether longer paths belong to it too. */
  below: boolean;
}

const INNER = '/-/';

@Injectable()
export class FrontDoor {
  readonly #aliases: readonly Alias[];

  constructor(@Inject(AuthorizationEndpoints) private readonly authorization: AuthorizationEndpoints, private readonly edge: Edge, private readonly exchange: Exchange, private readonly settings: Settings, private readonly log: Log) {
    this.#aliases = [
      { path: settings.ssePath, route: SSE_ROUTE, method: 'GET', below: false },
      { path: settings.sseMessagesPath, route: MESSAGES_ROUTE, method: 'POST', below: true },
    ];
  }

  /** Serves a request and says so, or leaves it to Express. */
  readonly take = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = pathOf(request.url ?? '');
    // It has rules of its own: browsers of any origin may read metadata and redeem codes, and only they.
    const isAuthorization = this.authorization.owns(path);
    const isOpen = readsOpenDocument(request, path, this.settings);
    const refusal = this.edge.refusal(request, isAuthorization || isOpen);
    if (refusal) {
      this.log[refusal.row.log]('request.refused', { fault: refusal.fault, detail: refusal.detail });
      sendFault(response, refusal);
      return true;
    }
    if (isAuthorization) {
      this.authorization.handle(request, response);
      return true;
    }
    if (isOpen ? openToPages(request, response) : this.edge.answerPreflight(request, response)) return true;
    if (path === this.settings.mcpPath || path === `${this.settings.mcpPath}/`) {
      void this.exchange.serve(request, response);
      return true;
    }
    return this.#prepare(request, response, path, isOpen ? [] : this.edge.corsHeaders(request));
  };

  #prepare(request: IncomingMessage, response: ServerResponse, path: string, cors: readonly string[]): boolean {
    for (let index = 0; index + 1 < cors.length; index += 2) response.setHeader(cors[index] ?? '', cors[index + 1] ?? '');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    // The controllers' own routes stand behind configured paths and are nobody's address.
    if (path.startsWith(INNER)) {
      sendFault(response, fault('route_unknown'));
      return true;
    }
    const alias = this.#aliases.find((candidate) => path === candidate.path || (candidate.below && path.startsWith(`${candidate.path}/`)));
    if (!alias) return false;
    // Clients probe with POST /sse and only then GET it (contract, "C# SDK"): a plain 405 sends them on.
    if (request.method !== alias.method) {
      sendFault(response, fault('http_method_refused'), undefined, ['Allow', `${alias.method}, OPTIONS`]);
      return true;
    }
    request.url = alias.route + (request.url ?? '').slice(alias.path.length);
    return false;
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
