import { Liquid } from 'liquidjs';
import type { SentWebhook } from './operations.ts';
import { type SandboxBooking, titleOf, type World } from './world.ts';

const TEMPLATE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="2">
  <title>Cal.com sandbox</title>
  <style>
    :root { color-scheme: light dark; --ink: #1f2328; --dim: #667085; --line: #e4e7ec; --paper: #fff; --ground: #f6f7f9;
      --tag: #eceef2 }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --dim: #98a1ae; --line: #2c3138; --paper: #181b20;
      --ground: #101216; --tag: #2a2f37 } }
    * { box-sizing: border-box }
    body { margin: 0; padding: 2.5rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--ink);
      font: 14px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif }
    header { margin-bottom: 2rem } h1 { margin: 0; font-size: 1.35rem } header p { margin: .25rem 0 0; color: var(--dim) }
    section { margin-bottom: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
    h2 { margin: 0; padding: .9rem .8rem; font-size: 1rem; border-bottom: 1px solid var(--line) }
    .scroll { overflow-x: auto }
    table { width: 100%; border-collapse: collapse; white-space: nowrap }
    th, td { padding: .55rem .8rem; text-align: left; border-bottom: 1px solid var(--line) }
    th { color: var(--dim); font-size: .8rem; font-weight: 500 } tr:last-child td { border-bottom: 0 }
    .tag { padding: .1rem .55rem; border-radius: 6px; background: var(--tag) }
    .off td { color: var(--dim); text-decoration: line-through } .off .tag { text-decoration: none }
    code { font: .85em ui-monospace, monospace } .none { padding: .8rem; color: var(--dim) }
  </style>
</head>
<body>
  <header>
    <h1>Cal.com sandbox</h1>
    <p>Stands in for Cal.com: its bookings are made with <code>precall book</code>, and told of by webhook.</p>
  </header>
  <section>
    <h2>Bookings</h2>
    {% if bookings.size == 0 %}<p class="none">None yet.</p>{% else %}<div class="scroll"><table>
      <thead><tr><th scope="col">Starts</th><th scope="col">Title</th><th scope="col">Attendees</th><th scope="col">Status</th><th scope="col">uid</th><th scope="col">Link</th></tr></thead>
      <tbody>
      {% for booking in bookings %}<tr{% if booking.isOff %} class="off"{% endif %}>
        <td>{{ booking.startsAt }}</td><td>{{ booking.title }}</td><td>{{ booking.attendees }}</td>
        <td><span class="tag">{{ booking.status }}</span></td><td><code>{{ booking.uid }}</code></td><td>{{ booking.location }}</td>
      </tr>
      {% endfor %}
      </tbody>
    </table></div>{% endif %}
  </section>
  <section>
    <h2>Webhooks</h2>
    {% if webhooks.size == 0 %}<p class="none">None yet.</p>{% else %}<div class="scroll"><table>
      <thead><tr><th scope="col">Sent</th><th scope="col">Trigger</th><th scope="col">uid</th><th scope="col">Answered</th></tr></thead>
      <tbody>
      {% for webhook in webhooks %}<tr><td>{{ webhook.at }}</td><td>{{ webhook.trigger }}</td><td><code>{{ webhook.uid }}</code></td><td>{{ webhook.answer }}</td></tr>
      {% endfor %}
      </tbody>
    </table></div>{% endif %}
  </section>
</body>
</html>
`;

const template = new Liquid({ outputEscape: 'escape' });
const parsed = template.parse(TEMPLATE);

/** The bookings, and the webhooks sent of them, newest first, in HTML that needs nothing from the network. */
export async function renderSandboxPage(world: World, webhooks: readonly SentWebhook[]): Promise<string> {
  return template.render(parsed, {
    bookings: [...world.values()].toReversed().map(rowOf),
    webhooks: webhooks.toReversed().map(({ at, trigger, uid, status }) => ({
      at: clock(at),
      trigger,
      uid,
      answer: status ?? 'nobody answered',
    })),
  });
}

function rowOf(booking: SandboxBooking) {
  const { uid, status, startsAt, attendees, rescheduledToUid } = booking;
  return {
    uid,
    title: titleOf(booking),
    startsAt: `${new Date(startsAt).toISOString().slice(0, 10)} ${clock(startsAt)} UTC`,
    attendees: attendees.map(({ name, email }) => `${name} <${email}>`).join(', '),
    status: rescheduledToUid ? `moved to ${rescheduledToUid}` : status,
    isOff: status === 'cancelled' || status === 'rejected',
    location: booking.videoCallUrl ?? booking.location,
  };
}

function clock(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(11, 19);
}
