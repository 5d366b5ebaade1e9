import { defineSearchAttributeKey } from '@temporalio/common';

/** `scheduled`, `skipped` or `completed`: what an operator filters runs by. */
export const precallStatus = defineSearchAttributeKey('PrecallStatus', 'KEYWORD');

/** When the call starts. */
export const precallStartsAt = defineSearchAttributeKey('PrecallStartsAt', 'DATETIME');

/** The campaign the attendee is in, or `none`; absent while that is not known. */
export const precallCampaign = defineSearchAttributeKey('PrecallCampaign', 'KEYWORD');
