/** The first to see a request: refuses what may not come in, serves the hot door, leaves the rest to Nest's controllers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuthorizationEndpoints } from '../auth/authorization-endpoints.port.js';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { fault } from '../protocol/faults.js';
import { Edge } from './edge.js';
import { Exchange } from './streamable/exchange.js';
import { Messages } from './sse/messages.js';
import { SSE_ROUTE } from './sse/sse.controller.js';
import { openToPages, readsOpenDocument } from './open-documents.js';
import { sendFault, setHeaders } from './streamable/reply.js';

const INNER = '/-/';
// No form and no registration is longer, however short messages have to be.
const LONGEST_FORM = 64 * 1024;

@Injectable()
export class FrontDoor {
  constructor(
    @Inject(AuthorizationEndpoints) private readonly authorization: AuthorizationEndpoints, private readonly edge: Edge,
    private readonly exchange: Exchange, private readonly messages: Messages, private readonly settings: Settings, private readonly log: Log,
  ) {}

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
    const isLong = Number(request.headers['content-length'] ?? 0) > Math.max(this.settings.maxMessageBytes, LONGEST_FORM);
    // Whatever the answer is going to be, such a body is not waited for.
    if (isLong) response.shouldKeepAlive = false;
    if (isAuthorization) {
      if (isLong) sendFault(response, fault('body_too_large'));
      else this.authorization.handle(request, response);
      return true;
    }
    if (isOpen ? openToPages(request, response) : this.edge.answerPreflight(request, response)) return true;
    if (path === this.settings.mcpPath || path === `${this.settings.mcpPath}/`) {
      void this.exchange.serve(request, response);
      return true;
    }
    const { sseMessagesPath } = this.settings;
    if (path === sseMessagesPath || path.startsWith(`${sseMessagesPath}/`)) {
      if (request.method === 'POST') void this.messages.serve(request, response, path.slice(sseMessagesPath.length), this.edge.corsHeaders(request));
      else this.#refuseMethod(request, response, 'POST');
      return true;
    }
    return this.#prepare(request, response, path, isOpen ? [] : this.edge.corsHeaders(request));
  };

  #prepare(request: IncomingMessage, response: ServerResponse, path: string, cors: readonly string[]): boolean {
    // The controllers' own routes stand behind configured paths and are nobody's address.
    if (path.startsWith(INNER)) {
      sendFault(response, fault('route_unknown'));
      return true;
    }
    // Clients probe with POST /sse and only then GET it (contract, "C# SDK"): a plain 405 sends them on.
    if (path === this.settings.ssePath && request.method !== 'GET') {
      this.#refuseMethod(request, response, 'GET');
      return true;
    }
    setHeaders(response, cors);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (path === this.settings.ssePath) request.url = SSE_ROUTE + (request.url ?? '').slice(path.length);
    return false;
  }

  #refuseMethod(request: IncomingMessage, response: ServerResponse, allowed: string): void {
    sendFault(response, fault('http_method_refused'), undefined, [...this.edge.corsHeaders(request), 'Allow', `${allowed}, OPTIONS`]);
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
