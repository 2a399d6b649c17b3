/** `/`: tells a person how to connect a client; and the picture in the tab of their browser. */
import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Settings } from '../../config/settings.js';
import { AccessPolicy } from '../../protocol/access.js';
import { guest } from '../../protocol/caller.js';
import { Catalogue, type ToolEntry } from '../../tools/catalogue.js';
import { landingPage } from './page.js';

// A gate in a wall. Browsers take it under this name whatever its format is.
const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b5fc0" d="M2 8h4V4h5v4h3V4h4v4h3V4h5v4h4v20h-8V21a6 6 0 0 0-12 0v7H2z"/></svg>';

@Controller()
export class LandingController {
  constructor(private readonly catalogue: Catalogue, @Inject(AccessPolicy) private readonly access: AccessPolicy, private readonly settings: Settings) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Referrer-Policy', 'no-referrer')
  page(@Req() request: Request): string {
    return landingPage({
      title: this.settings.serverTitle,
      base: this.#base(request),
      mcpPath: this.settings.mcpPath,
      ssePath: this.settings.ssePath,
      signIn: this.access.uniform ? undefined : this.settings.authMode === 'external' ? 'external' : 'here',
      tools: this.#offeredToAnyone().map(({ name, options }) => ({ name, about: firstSentence(options.description) || (options.title ?? '') })),
    });
  }

  @Get('favicon.ico')
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cache-Control', 'public, max-age=86400')
  @Header('X-Content-Type-Options', 'nosniff')
  icon(): string {
    return ICON;
  }

  // Who has not signed in reads only what is open to everyone (promise P6).
  #offeredToAnyone(): readonly ToolEntry[] {
    const all = this.catalogue.tools.all();
    return this.access.uniform ? all : all.filter(({ name, options }) => this.access.decide(guest, 'tool', name, options).kind === 'allowed');
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
