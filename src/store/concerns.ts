import { type SQL, sql } from 'drizzle-orm';
import { deliveries, retiredBookings } from './schema.ts';

// What is about a whole seated event is about each of its seats, unless it names those that it is about. The seat of an
// ordinary booking is ''.

/** Whether a delivery is about this booking. */
export function isAbout(uid: string | SQL, seat: string | SQL): SQL {
  const { subjectUid, subjectSeat, subjectSeats } = deliveries;
  return sql`(${subjectUid} = ${uid} and ${subjectSeat} in ('', ${seat})
    and (${subjectSeats} is null or ${seat} = any(${subjectSeats})))`;
}

/** Whether a retirement is that of this booking. */
export function retires(uid: string | SQL, seat: string | SQL): SQL {
  return sql`(${retiredBookings.externalId} = ${uid} and ${retiredBookings.seat} in ('', ${seat}))`;
}
