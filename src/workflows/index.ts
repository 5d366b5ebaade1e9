export { precallPrep } from './precall-prep.ts';
