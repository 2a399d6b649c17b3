/** Says where to sign in for this server (RFC 9728 §3), at the root and under the path of each door (contract line 2). */
import { Controller, Get, Header, NotFoundException, Param } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { ASYMMETRIC } from './credentials/token-shape.js';
import { issuerOf, resourceOfMetadata } from './resource.js';

/** The document, as clients read it. */
export interface ResourceMetadata {
  resource: string;
  authorization_servers: string[];
  scopes_supported: string[];
  bearer_methods_supported: ['header'];
  dpop_signing_alg_values_supported: string[];
  resource_name: string;
}

@Controller('.well-known/oauth-protected-resource')
export class ProtectedResourceController {
  constructor(private readonly settings: Settings) {}

  @Get()
  @Header('Cache-Control', 'public, max-age=60')
  root(): ResourceMetadata {
    return this.#describe('');
  }

  @Get('*path')
  @Header('Cache-Control', 'public, max-age=60')
  inserted(@Param('path') path: string | string[]): ResourceMetadata {
    return this.#describe(`/${Array.isArray(path) ? path.join('/') : path}`);
  }

  #describe(path: string): ResourceMetadata {
    const resource = this.settings.authMode === 'none' ? undefined : resourceOfMetadata(path, this.settings);
    // A document about what is not protected would send clients to a login that leads nowhere.
    if (!resource) throw new NotFoundException();
    return {
      resource: resource.uri,
      authorization_servers: [issuerOf(this.settings)],
      scopes_supported: [...this.settings.baselineScopes],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: [...ASYMMETRIC],
      resource_name: this.settings.serverTitle,
    };
  }
}
