// What may be told from a few runs that failed among some. Pure.

/** Quantile of the normal distribution for 97.5 %, so that 95 % lie between it and its negative. */
const z = 1.959963984540054

/**
 * Wilson's score interval for 95 % of a rate, without continuity correction: unlike the one of textbooks it is right for few runs
 * and for rates near 0 and 1 (Wilson 1927; Newcombe, Statistics in Medicine 17, 1998, method 3).
 */
export function wilson(failed: number, runs: number): [number, number] {
  if (runs === 0) return [0, 1]
  const rate = failed / runs
  const centre = rate + z ** 2 / (2 * runs)
  const half = z * Math.sqrt((rate * (1 - rate)) / runs + z ** 2 / (4 * runs ** 2))
  const all = 1 + z ** 2 / runs
  return [failed === 0 ? 0 : (centre - half) / all, failed === runs ? 1 : (centre + half) / all]
}

export interface Counted {
  failed: number
  runs: number
}

/**
 * Fisher's exact test, one-sided: how likely chance alone would put at least as many of all failures on this side, if both had the
 * same rate (Fisher 1935; R: `fisher.test(…, alternative = 'greater')`).
 */
export function fisherOneSided(side: Counted, other: Counted): number {
  const failed = side.failed + other.failed
  const most = Math.min(failed, side.runs)
  const all = logChoose(side.runs + other.runs, failed)
  let sum = 0
  for (let here = side.failed; here <= most; here++) {
    if (failed - here <= other.runs) sum += Math.exp(logChoose(side.runs, here) + logChoose(other.runs, failed - here) - all)
  }
  return Math.min(1, sum)
}

/** Corrected for all that were tried at once, in the order given (Holm 1979; R: `p.adjust(p, 'holm')`). */
export function holm(ps: readonly number[]): number[] {
  const corrected = ps.map(() => 1)
  let least = 0
  const ascending = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p)
  for (const [rank, { p, index }] of ascending.entries()) {
    least = Math.max(least, Math.min(1, p * (ps.length - rank)))
    corrected[index] = least
  }
  return corrected
}

/**
 * How many times as often as in the baseline. Where the baseline has no failure that would be infinite: then both have half a
 * failure more in one run more (Haldane 1956, Anscombe 1956), which understates it. 1 where nothing failed on either side, or there is no baseline.
 */
export function amplification(side: Counted, baseline: Counted): number {
  if (side.runs === 0 || baseline.runs === 0 || side.failed + baseline.failed === 0) return 1
  if (baseline.failed > 0) return side.failed / side.runs / (baseline.failed / baseline.runs)
  return (side.failed + 0.5) / (side.runs + 1) / (0.5 / (baseline.runs + 1))
}

/** How many runs have at least one failure with this confidence, of what fails at rate `p`: 59 for 5 % and 95 %. */
export function runsForConfidence(p: number, confidence: number): number {
  if (p >= 1) return 1
  return p <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(Math.log1p(-confidence) / Math.log1p(-p))
}

/**
 * The rate that it is below with this confidence: one-sided and exact (Clopper and Pearson 1934; R:
 * `binom.test(failed, runs, alternative = 'less')`). For no failure in 59 runs that is 4.95 %.
 */
export function upperBound(runs: number, confidence: number, failed = 0): number {
  if (failed >= runs) return 1
  if (failed === 0) return -Math.expm1(Math.log1p(-confidence) / runs)
  let [low, high] = [failed / runs, 1]
  // Of 60 halvings none is left that a number could tell.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (binomialAtMost(failed, runs, middle) > 1 - confidence) low = middle
    else high = middle
  }
  return high
}

function binomialAtMost(failed: number, runs: number, p: number): number {
  let sum = 0
  for (let k = 0; k <= failed; k++) sum += Math.exp(logChoose(runs, k) + k * Math.log(p) + (runs - k) * Math.log1p(-p))
  return sum
}

function logChoose(of: number, take: number): number {
  return logFactorial(of) - logFactorial(take) - logFactorial(of - take)
}

/** Of each number so far: sums of logarithms, so that nothing overflows. */
const logFactorials = [0]

function logFactorial(n: number): number {
  for (let next = logFactorials.length; next <= n; next++) logFactorials.push((logFactorials[next - 1] as number) + Math.log(next))
  return logFactorials[n] as number
}
