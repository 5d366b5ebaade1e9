import type { NotionChoices } from '../config.ts';
import { contactFields } from './contact.ts';
import type { MappedField, MappedList } from './doctor-fields.ts';
import { sequenceFields } from './membership.ts';

/** What is to be found in a database. */
export interface Mapping {
  fields: readonly MappedField[];
  /** Of each, the same is said. */
  lists: readonly MappedList[];
}

const NO_CAMPAIGN = 'nobody counts as a member of a campaign';

export function contactsMapping(choices: NotionChoices): Mapping {
  const { email, bookingStatus, callDate, campaignStatus } = contactFields(choices);
  const { booked, completed, cancelled, noShow, preCallPrep } = choices.values;
  return {
    fields: [
      { what: 'contact e-mail', field: email },
      {
        what: 'booking status',
        field: bookingStatus,
        options: [booked, completed, cancelled, noShow],
        heeded: choices.keptStatuses,
      },
      { what: 'call date', field: callDate },
      {
        what: 'campaign status',
        field: campaignStatus,
        options: [preCallPrep],
        without: 'the campaign status is left alone',
      },
    ],
    lists: [],
  };
}

/** @param contactsId of the data source that a relation has to lead to, where it is known. */
export function sequenceMapping(choices: NotionChoices, contactsId: string | undefined): Mapping {
  const { foundBy, campaign, emailsSent, reminderSent } = sequenceFields(choices);
  return {
    fields: [
      { what: 'sequence person', field: foundBy, leadsTo: contactsId, without: NO_CAMPAIGN },
      { what: 'campaign', field: campaign, options: choices.campaigns, without: NO_CAMPAIGN },
    ],
    lists: [
      {
        what: 'e-mails sent',
        fields: emailsSent,
        without: 'which of these e-mails were sent is not known',
        isOptional: true,
      },
      { what: 'reminders sent', fields: reminderSent, without: 'these reminders are not noted in Notion' },
    ],
  };
}
