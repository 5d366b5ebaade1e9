export { precallPrep } from './precall-prep.ts';
export { reconcile } from './reconcile.ts';
