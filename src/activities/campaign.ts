import type { Notion } from '../notion/notion.ts';
import type { CampaignReport } from '../workflows/messages.ts';
import { asFailure, sharedTrouble } from './notion-failure.ts';

export interface MembershipRequest {
  email: string;
  /** The reasons for `unknown` that have been told already: they are waited out. */
  told?: readonly string[];
}

export interface CampaignActivities {
  /**
   * Looks the address up in the e-mail sequence database.
   *
   * @returns `unknown` as soon as nobody can be looked up until a person has mended something, once for each reason.
   * @throws {ApplicationFailure} final, with the refusal's reason as its type, when this one address cannot be looked up.
   */
  findMembership(request: MembershipRequest): Promise<CampaignReport>;
}

export interface CampaignActivitiesOptions {
  /** Undefined where the operator does without Notion. */
  notion: Pick<Notion, 'findMembership'> | undefined;
}

export function createCampaignActivities({ notion }: CampaignActivitiesOptions): CampaignActivities {
  return {
    async findMembership({ email, told = [] }) {
      if (!notion) return { state: 'not_looked_up', reason: 'notion_off' };
      try {
        return await notion.findMembership(email);
      } catch (error) {
        const reason = sharedTrouble(error);
        if (reason !== undefined && !told.includes(reason)) return { state: 'unknown', reason };
        throw asFailure(error);
      }
    },
  };
}
