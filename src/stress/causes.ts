// The likely class of a failure, with what speaks for it: knobs that make it happen, and words of its errors. Each speaks with a weight,
// and a class is named where it has clearly more than all others.

import { isSuspect } from './effects.ts'
import { type KnobName, knobNames } from './knobs.ts'
import { printKnobs, printRecipe } from './recipe.ts'
import type { CauseClass, KnobEffect, LikelyCause, Rate, TestVerdict } from './results.ts'
import { type Counted, fisherOneSided, holm } from './statistics.ts'
import { type Failure, type Trial, usualOfEndless } from './trials.ts'

export interface Symptoms {
  /** All runs, those that passed among them. */
  trials: readonly Trial[]
  baseline: Rate
  effects: readonly KnobEffect[]
  recipe: TestVerdict['recipe']
}

interface Sign {
  of: CauseClass
  weight: number
  words: string
}

const least = 2
const lead = 1

/** Null rather than a guess. */
export function likelyCause(symptoms: Symptoms): LikelyCause | null {
  const signs = [...knobSigns(symptoms), ...orderSigns(symptoms), ...errorSigns(symptoms)].filter(({ weight }) => weight > 0)
  const classes = [...Map.groupBy(signs, (sign) => sign.of)]
    .map(([name, group]) => ({ name, group, weight: group.reduce((sum, { weight }) => sum + weight, 0) }))
    .sort((a, b) => b.weight - a.weight)
  const [first, second] = classes
  if (!first || first.weight < least || first.weight < (second?.weight ?? 0) + lead) return null
  const evidence = first.group.toSorted((a, b) => b.weight - a.weight).map(({ words }) => words)
  return { class: first.name, evidence: [...new Set(evidence)] }
}

/** What each knob brings to light. */
const classOf: Record<KnobName, CauseClass> = {
  cpu: 'async wait',
  cores: 'race',
  memory: 'resources',
  pids: 'resources',
  nofile: 'resources',
  inotify: 'resources',
  disk: 'resources',
  inodes: 'resources',
  freeze: 'async wait',
  uv: 'race',
  net: 'network',
  dns: 'network',
  delay: 'network',
  loss: 'network',
  tz: 'environment',
  locale: 'environment',
  hostname: 'environment',
  uid: 'environment',
  monotonic: 'clock',
  boottime: 'clock',
  clock: 'clock',
  shuffle: 'order',
  twins: 'environment',
  seed: 'randomness',
}

const weights = { recipe: 3, guilty: 3, suspect: 2 }
/** A recipe that was run less often says no more than the sweep that it is from. */
const runsOfRecipe = 3
/** Every test of a suite that failed at all is asked about: of twenty that fail by chance one would pass the usual mark of 5 %. */
const significant = 0.01

function knobSigns({ trials, baseline, effects, recipe }: Symptoms): Sign[] {
  const groups = [...Map.groupBy(effects, ({ names }) => names.join()).values()].map((alike) => ({ alike, counted: countedOf(alike) }))
  // Each is a chance to be wrong.
  const ps = holm(groups.map(({ counted }) => fisherOneSided(counted, baseline)))
  const accused = groups.map((group, index) => accusation({ ...group, p: ps[index] as number }, baseline))
  // Several knobs of a class are no more than the strongest of them: what fails under everything is of no class.
  const strongest = [...Map.groupBy(accused.flatMap(shared), ({ of }) => of).values()].map((signs) =>
    signs.reduce((most, sign) => (sign.weight > most.weight ? sign : most)),
  )
  return [...recipeSigns(recipe, trials), ...strongest]
}

function recipeSigns(recipe: Symptoms['recipe'], trials: readonly Trial[]): Sign[] {
  if (!recipe || recipe.runs < runsOfRecipe) return []
  const { failed, runs, knobs } = recipe
  const names = knobNames.filter((name) => name !== 'seed' && knobs[name] !== undefined)
  if (!isMoreThanChance(recipe, names, trials)) return []
  if (names.length === 0) {
    const words = `The seed alone decides: with seed=${knobs.seed} it failed ${failed} of ${runs} times.`
    return failed === runs ? [{ of: 'randomness', weight: 4, words }] : []
  }
  return shared({
    names,
    weight: weights.recipe,
    words: `Of all that was turned, ${printKnobs(knobs)} is enough: it failed ${failed} of ${runs} times.`,
  })
}

/**
 * Compared with the runs in which no knob of its classes was turned, and corrected for all recipes that it was chosen among: even what
 * fails at the same rate with anything has one under which it failed most often.
 */
function isMoreThanChance(recipe: NonNullable<Symptoms['recipe']>, names: readonly KnobName[], trials: readonly Trial[]): boolean {
  const classes = names.map((name) => classOf[name])
  const isWithout = ({ attempt: { order } }: Trial) =>
    names.length === 0
      ? order.knobs.seed !== recipe.knobs.seed
      : knobNames.every((name) => name === 'seed' || order.knobs[name] === undefined || !classes.includes(classOf[name]))
  const without = trials.filter(isWithout)
  const again = trials.filter(({ attempt: { phase } }) => phase === 'confirm' || phase === 'shrink')
  const isOf = ({ attempt }: Trial) => printRecipe(attempt.order.knobs) === recipe.text
  const chosenAmong = new Set((again.some(isOf) ? again : trials).map(({ attempt }) => printKnobs(attempt.order.knobs)))
  const other = { failed: without.filter(({ failure }) => failure !== null).length, runs: without.length }
  return fisherOneSided(recipe, other) * chosenAmong.size < significant
}

interface Accusation {
  names: readonly KnobName[]
  weight: number
  words: string
}

/** The same knobs at several strengths. */
interface Accused {
  alike: readonly KnobEffect[]
  counted: Counted
  /** Corrected. */
  p: number
}

/** Of the guilty strength, or of all together. */
function countedOf(alike: readonly KnobEffect[]): Counted {
  return alike.find(({ guilty }) => guilty) ?? { failed: total(alike, 'failed'), runs: total(alike, 'runs') }
}

function accusation({ alike, counted, p }: Accused, baseline: Rate): Accusation {
  const guilty = alike.find((effect) => effect.guilty)
  const failing = guilty ? [guilty] : alike.filter(({ failed }) => failed > 0)
  const chance = guilty ? `corrected p = ${guilty.pCorrected.toPrecision(2)}` : 'too few runs to rule out chance'
  const times = `${counted.failed} of ${counted.runs} times, without ${baseline.failed} of ${baseline.runs}`
  return {
    names: alike[0]?.names ?? [],
    weight: guilty ? weights.guilty : suspicion(alike, p, baseline),
    words: `With ${failing.map(({ knobs }) => knobs).join(' or ')} it failed ${times} (${chance}).`,
  }
}

/** What fails without any knob too is not told by knobs that may be chance; and by one failure alone no class is named. */
function suspicion(alike: readonly KnobEffect[], p: number, baseline: Rate): number {
  if (baseline.failed > 0 || !alike.some(isSuspect)) return 0
  return p < significant ? weights.suspect : weights.suspect / 2
}

function total(effects: readonly KnobEffect[], of: 'failed' | 'runs'): number {
  return effects.reduce((sum, effect) => sum + effect[of], 0)
}

/** Of knobs that were turned together nobody knows which it was: each has its part. */
function shared({ names, weight, words }: Accusation): Sign[] {
  const classes = Map.groupBy(names, (name) => classOf[name])
  return [...classes].map(([of, some]) => ({ of, weight: (weight * some.length) / names.length, words }))
}

function orderSigns({ trials }: Symptoms): Sign[] {
  const [shuffled, usual] = [true, false].map((wanted) =>
    trials.filter(({ attempt }) => (attempt.order.knobs.shuffle !== undefined) === wanted),
  ) as [Trial[], Trial[]]
  const failed = shuffled.filter(({ failure }) => failure !== null).length
  if (usual.some(({ failure }) => failure !== null)) return []
  if (fisherOneSided({ failed, runs: shuffled.length }, { failed: 0, runs: usual.length }) >= significant) return []
  const some = failed < shuffled.length ? `, and not in every order: ${failed} of ${shuffled.length}` : ''
  return [{ of: 'order', weight: 1, words: `It failed only where the order was shuffled, in none of ${usual.length} other runs${some}.` }]
}

interface ErrorSign {
  of: CauseClass
  weight: number
  pattern: RegExp
  /** After what was found. */
  means: string
}

const errorKinds: readonly ErrorSign[] = [
  {
    of: 'network',
    weight: 2.5,
    pattern: /\b(ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ECONNRESET|ETIMEDOUT)\b|socket hang up|fetch failed/,
    means: 'something was not reached',
  },
  { of: 'resources', weight: 3, pattern: /\b(EMFILE|ENFILE)\b/, means: 'no descriptor was left' },
  { of: 'resources', weight: 3, pattern: /\b(ENOSPC|EDQUOT)\b/, means: 'no space or no watch was left' },
  { of: 'resources', weight: 3, pattern: /\bENOMEM\b|heap out of memory|reaching memory limit/, means: 'no memory was left' },
  { of: 'resources', weight: 3, pattern: /\bspawn\b.*\bEAGAIN\b/, means: 'no process could be started' },
  { of: 'environment', weight: 3, pattern: /\bEADDRINUSE\b/, means: 'somebody else had the port' },
  {
    of: 'leak',
    weight: 3,
    pattern: /environment (?:was|has been) torn down|after (?:all )?tests? (?:are|is|have) (?:done|finished)|MaxListenersExceeded/i,
    means: 'something went on after its test, or was never let go',
  },
  {
    of: 'clock',
    weight: 1.5,
    pattern: /\bInvalid Date\b|\bgetTimezoneOffset\b|\bDateTimeFormat\b|\bDate\.(?:now|parse)\b/,
    means: 'dates are in it',
  },
  {
    of: 'environment',
    weight: 1.5,
    pattern: /\btoLocale\w+|\blocaleCompare\b|\bCollator\b|\bNumberFormat\b|\bhostname\b/,
    means: 'it depends on where it runs',
  },
  {
    of: 'randomness',
    weight: 2.5,
    pattern: /\bMath\.random\b|\brandom(?:UUID|Int|Bytes)\b|\bfaker\b|Property failed after \d+ tests/,
    means: 'chance is in it',
  },
]

const slowing: readonly KnobName[] = ['cpu', 'cores', 'freeze', 'uv']

function errorSigns({ trials }: Symptoms): Sign[] {
  const failed = trials.flatMap((trial) => {
    const { attempt, failure } = trial
    return failure ? [{ trial, knobs: attempt.order.knobs, failure, text: textOf(failure) }] : []
  })
  const all = failed.length
  const part = (of: CauseClass, weight: number, some: readonly unknown[], words: (count: string) => string): Sign => ({
    of,
    weight: (weight * some.length) / Math.max(1, all),
    words: words(some.length === all ? (all === 1 ? 'The failure' : `All ${all} failures`) : `${some.length} of ${all} failures`),
  })
  const kinds = errorKinds.map(({ of, weight, pattern, means }) => {
    const found = failed.flatMap(({ text }) => pattern.exec(text)?.[0] ?? [])
    return part(of, weight, found, (count) => `${count} had ${[...new Set(found)].join(', ')}: ${means}.`)
  })
  const isSlow = ({ attempt: { order } }: Trial) => slowing.some((name) => order.knobs[name] !== undefined)
  const slowed = trials.filter(isSlow)
  // What fails as often at full speed is not of the speed, whichever runs it was met in.
  const whenSlowed = (some: typeof failed) => {
    const here = some.filter(({ trial }) => isSlow(trial))
    const other = { failed: some.length - here.length, runs: trials.length - slowed.length }
    return fisherOneSided({ failed: here.length, runs: slowed.length }, other) < significant ? here : []
  }
  const refused = failed.filter(({ text }) => /\bECONNREFUSED\b/.test(text))
  const late = whenSlowed(failed.filter(({ failure }) => failure.killedBy === null && failure.errors.some(({ isTimeout }) => isTimeout)))
  const missing = whenSlowed(failed.filter(({ text }) => /\bENOENT\b|Unexpected end of JSON/.test(text)))
  const capped = failed.filter(({ failure: { killedBy } }) => killedBy === 'memory' || killedBy === 'pids' || killedBy === 'disk')
  return [
    ...kinds,
    part('async wait', 2.5, whenSlowed(refused), (count) => `${count} had ECONNREFUSED when slowed down: nothing listened yet.`),
    part(
      'network',
      2.5,
      refused.filter(({ trial }) => !isSlow(trial)),
      (count) => `${count} had ECONNREFUSED: nothing listened there.`,
    ),
    part('async wait', 2, late, (count) => `${count} ran into vitest's time limit when slowed down${hangs(trials, late)}.`),
    part('async wait', 1, missing, (count) => `${count} read what was not there yet when slowed down.`),
    part('resources', 3, capped, (count) => `${count} ended with the worker killed by its cap.`),
  ]
}

function hangs(trials: readonly Trial[], late: readonly { trial: Trial }[]): string {
  const usual = late.map(({ trial }) => usualOfEndless(trial, trials))
  if (usual.length === 0 || usual.includes(null)) return ''
  return `, and took no more than ${Math.ceil(Math.max(...usual.map(Number)))} ms when it passed: it waits for what never comes`
}

function textOf({ errors }: Failure): string {
  return errors.map(({ name, message, stack }) => `${name}: ${message}\n${stack}`).join('\n')
}
