import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { createMailTransport, type MailTransportOptions } from '../../src/email/create-mail-transport.ts';
import { sendMail } from '../../src/email/mail-transport.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import { OperatorError } from '../../src/operator-error.ts';
import { silent } from '../support/silent.ts';
import { anOutgoingMail, FROM } from './outgoing-mail.ts';
import { type ScriptedResend, startScriptedResend } from './scripted-resend.ts';

let catcher: MailCatcher;
let resend: ScriptedResend;

beforeEach(async () => {
  [catcher, resend] = await Promise.all([startMailCatcher(), startScriptedResend()]);
});
afterEach(async () => {
  await Promise.all([catcher.stop(), resend.stop()]);
});

async function sendBy(email: MailTransportOptions['email']): Promise<void> {
  const paceOf = () => createLocalPace({ requestsPerMinute: 300 });
  const transport = createMailTransport({ email, from: FROM, paceOf, log: silent });
  await sendMail(transport, anOutgoingMail());
  transport.close();
}

describe('a mail', () => {
  it('goes to the mail server that the settings name', async () => {
    await sendBy({ smtpUrl: catcher.smtpUrl, resend: undefined });

    expect([catcher.mails().length, resend.sent.length]).toEqual([1, 0]);
  });

  it('goes to Resend where the settings have a key', async () => {
    const settings = { apiKey: 're_test_0123456789', baseUrl: resend.url, requestsPerSecond: 5 };

    await sendBy({ smtpUrl: undefined, resend: settings });

    expect([catcher.mails().length, resend.sent.length]).toEqual([0, 1]);
  });

  it('goes nowhere without either, which is said', async () => {
    await expect(sendBy({ smtpUrl: undefined, resend: undefined })).rejects.toThrow(OperatorError);
  });
});
