/** Intervals of what is known from few or many cases. */

const Z95 = 1.959964

/** Returns a share with Wilson's 95 % interval. */
export function wilson(successes: number, cases: number): { value: number; low: number; high: number } {
  const share = successes / cases
  const spread = Z95 ** 2 / cases
  const middle = (share + spread / 2) / (1 + spread)
  const half = (Z95 / (1 + spread)) * Math.sqrt((share * (1 - share)) / cases + spread / (4 * cases))
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}
