// What `nsbox threshold` has found, in lines and as data.

import { count, shown, sizeWords, testWords, timeWords } from './output/words.ts'
import { printKnob } from './recipe.ts'
import { boundWords } from './repro-report.ts'
import type { Cap, FileThresholds, Step, Threshold, Together } from './threshold.ts'

export interface ThresholdFindings {
  version: 1
  /** On each step. */
  runs: number
  files: FileThresholds[]
  /** Null where it was not got to, or nothing passes without caps. */
  together: Together | null
  /** Whether it was ended before it was through. */
  interrupted: boolean
}

export function thresholdText({ runs, files, together, interrupted }: ThresholdFindings): string {
  const good = files.filter(({ baseline }) => baseline.failed === 0)
  return [
    ...files.flatMap(fileLines),
    ...(together && good.length > 0 ? togetherLines(together, good) : []),
    ...(good.length > 0
      ? [
          `Where ${count(runs, 'run')} of ${runs} passed, the failure rate is below ${boundWords(runs)} with 95 % confidence. More --runs tell more: 59 tell of 5 %.`,
        ]
      : []),
    ...(interrupted ? ['It was interrupted: what is not here was not got to.'] : []),
  ].join('\n')
}

function fileLines(file: FileThresholds): string[] {
  const { baseline } = file
  const title = testWords({ ...file, name: null })
  if (baseline.first) {
    return [`${title}  BROKEN: without any cap ${failedWords(baseline)}`, '']
  }
  const needs = [
    `${timeWords(baseline.wallMs)} wall`,
    `${timeWords(baseline.cpuMs)} CPU`,
    ...(baseline.memoryPeakBytes === null ? [] : [`at most ${sizeWords(baseline.memoryPeakBytes)}`]),
  ]
  return [`${title}  (without a cap: ${needs.join(', ')})`, ...capLine('cpu', file.cpu), ...capLine('memory', file.memory), '']
}

function capLine(cap: Cap, threshold: Threshold | null): string[] {
  if (!threshold) return []
  const { passes, fails } = threshold
  const below = fails ? `at ${capWords(cap, fails.value)}: ${failedWords(fails)}` : 'less was not tried'
  const words = passes
    ? `passes with ${cap} ${capWords(cap, passes.value)} and up (${passes.runs - passes.failed} of ${passes.runs}; ${below})`
    : `passes under no cap on ${cap} that was tried (${below})`
  return [`  ${words}`]
}

function failedWords({ failed, runs, first }: Step): string {
  return `${failed} of ${runs} failed${first ? `, first by ${shown(first.words)}` : ''}`
}

function togetherLines({ cpu, memory, step }: Together, files: readonly FileThresholds[]): string[] {
  const flags = machineFlags({ cpu, memory })
  if (flags === '') return ['No cap was found that all files pass under.', '']
  const all = files.length === 1 ? 'It' : `All ${files.length} files`
  const atOnce = cpu !== null && memory !== null ? ' at once' : ''
  const verdict = step.first
    ? `${all} ${files.length === 1 ? 'does' : 'do'} not pass with ${flags}${atOnce}: ${failedWords(step)}`
    : `${all} ${files.length === 1 ? 'passes' : 'pass'} with ${flags}${atOnce} (${step.runs - step.failed} of ${step.runs})`
  return [
    verdict,
    ...why('cpu', cpu, files),
    ...why('memory', memory, files),
    'That is for one file at a time. vitest itself, and files that run beside it, need theirs too.',
    '',
  ]
}

/** `--cpu 0.5 --memory 256M` */
export function machineFlags({ cpu, memory }: Pick<Together, Cap>): string {
  return [
    ...(cpu === null ? [] : [`--cpu ${capWords('cpu', cpu)}`]),
    ...(memory === null ? [] : [`--memory ${capWords('memory', memory)}`]),
  ].join(' ')
}

/** Which file needs the most of it, and what becomes of that with less. */
function why(cap: Cap, value: number | null, files: readonly FileThresholds[]): string[] {
  const first = files.find((file) => file[cap]?.fails && file[cap]?.passes?.value === value)
  const kind = first?.[cap]?.fails?.first?.kind
  return first && kind ? [`  ${cap}: because of ${testWords({ ...first, name: null })}, which has ${kinds[kind]} with less`] : []
}

const kinds = { 'time-out': 'a time-out', 'out of memory': 'too little memory', failure: 'a failure' }

function capWords(cap: Cap, value: number): string {
  return cap === 'cpu' ? printKnob('cpu', { share: value, periodMs: 100 }) : printKnob('memory', value)
}
