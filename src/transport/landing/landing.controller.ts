/** `/`: tells a person how to connect a client. */
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Settings } from '../../config/settings.js';
import { Catalogue } from '../../tools/catalogue.js';
import { landingPage } from './page.js';

@Controller()
export class LandingController {
  constructor(private readonly catalogue: Catalogue, private readonly settings: Settings) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Referrer-Policy', 'no-referrer')
  page(@Req() request: Request): string {
    return landingPage({
      title: this.settings.serverTitle,
      base: this.#base(request),
      mcpPath: this.settings.mcpPath,
      ssePath: this.settings.ssePath,
      tools: this.catalogue.tools.all().map(({ name, options }) => ({ name, about: firstSentence(options.description) || (options.title ?? '') })),
    });
  }

  // The edge has let this Host in, so it may be shown back.
  #base(request: Request): string {
    const configured = new URL(this.settings.publicUrl);
    return configured.port === '0' || this.settings.host === configured.hostname ? `http://${request.headers.host ?? configured.host}` : configured.origin;
  }
}

function firstSentence(text = ''): string {
  return text.split(/(?<=\.)\s/)[0] ?? '';
}
