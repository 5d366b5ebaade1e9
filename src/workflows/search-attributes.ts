import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { Timetable } from './messages.ts';

/** The timetable's status: what an operator filters runs by. */
export const precallStatus = defineSearchAttributeKey('PrecallStatus', 'KEYWORD');

/** When the call starts. */
export const precallStartsAt = defineSearchAttributeKey('PrecallStartsAt', 'DATETIME');

/** The campaign the attendee is in, or `none`; absent while that is not known. */
export const precallCampaign = defineSearchAttributeKey('PrecallCampaign', 'KEYWORD');

export const precallKeys = [precallStatus, precallStartsAt, precallCampaign];

/** What a run's search attributes say. */
export interface Published {
  status: Timetable['status'];
  /** ISO 8601, UTC. */
  startsAt: string;
  campaign?: string | undefined;
}

export function publishedOf({ status, startsAt, campaign: { state, campaign } }: Timetable): Published {
  return { status, startsAt, campaign: state === 'none' ? 'none' : campaign };
}

/** Only what differs: each write is an event in the run's history. */
export function changesBetween(
  before: Published,
  { status, startsAt, campaign }: Published,
): SearchAttributeUpdatePair[] {
  const changes: SearchAttributeUpdatePair[] = [];
  if (status !== before.status) changes.push({ key: precallStatus, value: status });
  if (startsAt !== before.startsAt) changes.push({ key: precallStartsAt, value: new Date(startsAt) });
  if (campaign && campaign !== before.campaign) changes.push({ key: precallCampaign, value: campaign });
  return changes;
}
