import { describe, expect, it } from 'vitest';
import { workflowIdOf } from '../../src/booking.ts';
import { loadConfig } from '../../src/config.ts';
import { createBookingRuns } from '../../src/temporal/booking-runs.ts';
import { hear } from '../../src/workflows/booking-state.ts';
import { aBooking, confirmed, HOUR_MS, later, noShow } from '../support/a-booking.ts';
import { useBookingWorkflow } from '../support/booking-workflow.ts';
import { silent } from '../support/silent.ts';

describe('a run that has ended', () => {
  // The test server's clock stands still for good once a run has been left without a worker: nothing else may follow in this file.
  const bookings = useBookingWorkflow();

  it('is followed by another where it is opened again, and by none for any other news', async () => {
    const now = await bookings.now();
    const booking = aBooking({ startsAt: later(now, 3 * HOUR_MS) });
    const event = confirmed(booking, later(now, 0));
    await bookings.follow(event, async () => undefined);
    const said = noShow(booking, later(await bookings.now(), 0));
    const state = { revision: 9, known: hear(undefined, event)!, decisions: {}, notion: { outcome: 'updated' } };
    const config = loadConfig('client', { TEMPORAL_ADDRESS: bookings.address, TASK_QUEUE: 'nobody' }, 'none.yaml');
    const runs = createBookingRuns({ config, dataConverter: {}, log: silent });

    expect(await runs.tell(event)).toBe('closed');
    expect(await runs.inform(booking, said)).toBe('absent');
    expect(await runs.restore(booking, state)).toBe('closed');

    await runs.reopen(booking, state, said);

    expect(await runs.inform(booking, said)).toBe('told');
    await runs.reopen(booking, state, said);
    expect(await runs.restore(booking, state)).toBe('running');

    await bookings.client.workflow.getHandle(workflowIdOf(booking)).terminate();
    await runs.close();
  });
});
