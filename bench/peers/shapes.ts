/** How the due instants lie. */
export const SHAPES = ['spread', 'instant'] as const;

export type Shape = (typeof SHAPES)[number];

export const SHAPE_TITLES: Record<Shape, string> = { spread: 'due over 60 s', instant: 'due at one instant' };

/** From the first due instant to the last, in milliseconds. */
export const SPREADS: Record<Shape, number> = { spread: 60_000, instant: 0 };

/** How late the 99th percentile may be, as we set out to reach it, in milliseconds. */
export const LATEST: Record<Shape, number> = { spread: 1_000, instant: 2_000 };
