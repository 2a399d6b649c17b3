/** Writes pages and the one kind of redirect that may follow a form. */
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { HtmlPages } from './pages/html-pages.js';
import type { PageContent } from './pages/layout.js';

@Injectable()
export class PageWriter {
  constructor(private readonly pages: HtmlPages) {}

  page(response: Response, content: PageContent, status: number, retryAfterSeconds?: number): void {
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    // Not `send`: its ETag is of no use to pages nobody may keep.
    response.status(status).set(this.pages.headers).end(this.pages.render(content));
  }

  // 303, not 307: a 307 would make the browser send the password form on (RFC 9700 §4.12, row F12).
  seeOther(response: Response, url: string): void {
    response.status(303).set({ 'Location': url, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'Content-Length': '0' }).end();
  }
}
