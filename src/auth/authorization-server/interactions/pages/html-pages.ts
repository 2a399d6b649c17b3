/** The pages the authorization server asks for, as finished HTML. */
import { Injectable } from '@nestjs/common';
import { Settings } from '../../../../config/settings.js';
import type { ClientIntroduction, DeviceProblem, PageForm, Pages } from '../../../pages.port.js';
import { PAGE_HEADERS, page, type PageContent } from './layout.js';
import { deviceConfirmPage, deviceDonePage, deviceInputPage, errorPage, logoutDonePage, logoutPage } from './message-pages.js';

@Injectable()
export class HtmlPages implements Pages {
  readonly headers = PAGE_HEADERS;

  constructor(private readonly settings: Settings) {}

  error(problem: { error: string; description: string | undefined; status: number }): string {
    return this.render(errorPage(problem));
  }

  logout(form: PageForm): string {
    return this.render(logoutPage(form));
  }

  logoutDone(client: ClientIntroduction | undefined): string {
    return this.render(logoutDonePage(client));
  }

  deviceInput(form: PageForm, state: { userCode: string | undefined; problem: DeviceProblem | undefined }): string {
    return this.render(deviceInputPage(form, state));
  }

  deviceConfirm(form: PageForm, device: { userCode: string; client: ClientIntroduction; address: string | undefined; agent: string | undefined }): string {
    return this.render(deviceConfirmPage(form, device));
  }

  deviceDone(client: ClientIntroduction): string {
    return this.render(deviceDonePage(client));
  }

  /** Any page in the frame all share. */
  render(content: PageContent): string {
    return page(this.settings.serverTitle, content);
  }
}
