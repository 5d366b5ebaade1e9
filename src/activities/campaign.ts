import type { Notion } from '../notion/notion.ts';
import type { CampaignReport } from '../workflows/messages.ts';
import { asFailure } from './notion-failure.ts';

export interface CampaignActivities {
  /**
   * Looks the address up in the e-mail sequence database.
   *
   * @throws {ApplicationFailure} final, with the refusal's reason as its type, when only a person can help.
   */
  findMembership(request: { email: string }): Promise<CampaignReport>;
}

/** @param notion undefined where the operator does without Notion. */
export function createCampaignActivities({ notion }: { notion: Notion | undefined }): CampaignActivities {
  return {
    async findMembership({ email }) {
      if (!notion) return { state: 'not_looked_up', reason: 'notion_off' };
      try {
        return await notion.findMembership(email);
      } catch (error) {
        throw asFailure(error);
      }
    },
  };
}
