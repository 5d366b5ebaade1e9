import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureReason } from '../../src/workflows/failure-reason.ts';

const UNAVAILABLE = 'store_unavailable';
const timeout = new TimeoutFailure('Activity timed out', undefined, TimeoutType.SCHEDULE_TO_CLOSE);

function failed(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'recordBooking', '1', RetryState.NON_RETRYABLE_FAILURE, '', cause);
}

describe('why an activity failed', () => {
  it.each([
    [
      'as it says itself, when that is final',
      failed(ApplicationFailure.nonRetryable('No', 'unauthorized')),
      'unauthorized',
    ],
    ['when it was tried for as long as it might', failed(ApplicationFailure.retryable('Later', 'busy')), UNAVAILABLE],
    ['when its time was up', failed(timeout), UNAVAILABLE],
    // So the SDK's core tells it of a local activity, on replay alone: a run that took it for another fault could not go on.
    ['when its time was up, told by the bare cause', timeout, UNAVAILABLE],
  ])('is told %s', (_, error, reason) => {
    expect(failureReason(error, UNAVAILABLE)).toBe(reason);
  });

  it.each([
    ['a withdrawal', failed(new CancelledFailure('Withdrawn'))],
    ['a fault of our own', new TypeError('known is undefined')],
  ])('is not told of %s, which is thrown on', (_, error) => {
    expect(() => failureReason(error, UNAVAILABLE)).toThrow(error);
  });
});
