import { type Spread, spreadOf, whyVoid } from '../figures.ts';
import { judged, table } from '../markdown.ts';
import { PEER_TITLES, PEERS, type PeerName } from './peers.ts';
import type { Turn } from './run.ts';
import { LATEST, SHAPE_TITLES, SHAPES, type Shape } from './shapes.ts';

/** The figures as Markdown tables, one for each shape, a row for each peer: medians of its turns, and between what they lay. */
export function peersReport(turns: readonly Turn[]): string {
  return SHAPES.flatMap((shape) => {
    const ofShape = turns.filter((turn) => turn.shape === shape);
    const rows = PEERS.map((peer) => ofShape.filter((turn) => turn.peer === peer)).filter(({ length }) => length > 0);
    if (rows.length === 0) return [];
    const head = [SHAPE_TITLES[shape], 'mails', 'p50', 'p99', 'max', 'earliest', 'missing / doubled / foreign / early'];
    return ['', table([head, ...rows.map(rowOf)]), ...voids(ofShape)];
  }).join('\n');
}

function rowOf(turns: readonly Turn[]): string[] {
  const { peer, shape, bookings } = turns[0]!;
  const faults = (['missing', 'doubled', 'foreign', 'early'] as const).map((fault) =>
    turns.reduce((sum, { mails }) => sum + mails[fault], 0),
  );
  return [
    PEER_TITLES[peer],
    bookings.toLocaleString('en'),
    over(turns, 'p50'),
    p99Of(turns, peer, shape),
    over(turns, 'max'),
    over(turns, 'min'),
    faults.join(' / '),
  ];
}

/** We set out to reach ours alone. */
function p99Of(turns: readonly Turn[], peer: PeerName, shape: Shape): string {
  const p99 = spreadOver(turns, 'p99');
  return judged(over(turns, 'p99'), peer !== 'precall' || (p99 !== undefined && p99.p50 <= LATEST[shape]));
}

function over(turns: readonly Turn[], figure: keyof Spread): string {
  const spread = spreadOver(turns, figure);
  if (!spread) return '–';
  return turns.length === 1 ? `${spread.p50} ms` : `${spread.p50} [${spread.min}–${spread.max}] ms`;
}

function spreadOver(turns: readonly Turn[], figure: keyof Spread): Spread | undefined {
  return spreadOf(turns.flatMap(({ mails: { lateness } }) => (lateness ? [lateness[figure]] : [])));
}

function voids(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ peer, shape, mails }) => {
    const why = whyVoid(mails);
    return why ? ['', `VOID, ${PEER_TITLES[peer]}, ${SHAPE_TITLES[shape]}: ${why}`] : [];
  });
}
