import fc from 'fast-check';

/** On CI the same cases each time, so that red says something of the change. Elsewhere new ones, which find what nobody thought of. */
if (process.env['CI']) fc.configureGlobal({ seed: 1 });
