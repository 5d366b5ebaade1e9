import { Liquid, type LiquidOptions } from 'liquidjs';

/**
 * Reads templates that leave nothing to chance: an unknown variable or filter is a fault, only what was given can be read, and what
 * is written has limits.
 *
 * @param root folders, of which the first that has a file gives it.
 */
export function strictLiquid(root: readonly string[], options: Pick<LiquidOptions, 'outputEscape'> = {}): Liquid {
  return new Liquid({
    root: [...root],
    extname: '.liquid',
    cache: true,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: 1_000_000,
    renderLimit: 1_000,
    memoryLimit: 10_000_000,
    ...options,
  });
}
