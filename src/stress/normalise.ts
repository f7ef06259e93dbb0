// What two failures of one kind share: the words of their errors without what differs from run to run.

import { stripVTControlCharacters } from 'node:util'
import type { AttemptError } from './attempt.ts'
import { type Frame, framesOf } from './stack-frames.ts'

/** In this order: what is replaced first is not taken for something simpler after it. */
const replacements: readonly [pattern: RegExp, by: string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)/g, '<time>'],
  [/(?:\/private)?(?:\/var)?\/tmp\/[^\s'"`)\]},;:]+/g, '<temp>'],
  [/(?:file:\/\/)?(?:\/[\w.@+-]+)+\/(?=node_modules\/)/g, ''],
  [/(?<=[\s'"`([=]|^)(?:file:\/\/)?(?:\/[\w.@+-]+){2,}(?=\/)/g, '<path>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|(?:\blocalhost|\[?::1?\]?):\d{1,5}\b/g, '<address>'],
  [/\bport:? \d{1,5}\b/gi, 'port <port>'],
  [/-?\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds?|milliseconds?|min|minutes?)\b/g, '<duration>'],
  [/(?:(?<!\w)[+-])?\b\d+(?:[_,]\d+)*(?:\.\d+)?(?:e[+-]?\d+)?/gi, '<n>'],
]

/** `root` is of the project, without a slash at its end; null where nobody knows it. */
export function normaliseText(text: string, root: string | null): string {
  const plain = stripVTControlCharacters(text)
  const inProject = root === null ? plain : plain.replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '')
  return replacements.reduce((words, [pattern, by]) => words.replace(pattern, by), inProject)
}

const framesKept = 3

/**
 * The error and the top frames in the project: of its sources, so that tests which fail at one place are together, or else where the
 * test itself failed. Lines of the project stay, for they are the same in all runs of a campaign.
 */
export function signatureOf({ name, message, stack }: AttemptError, { file, root }: { file: string; root: string | null }): string {
  const frames = framesOf(stripVTControlCharacters(stack)).map((frame) => ({ ...frame, shown: below(frame.path, root) }))
  const own = frames.filter(({ path, shown }) => (root === null || shown !== path) && !path.includes('/node_modules/'))
  const sources = own.filter(({ shown }) => !shown.endsWith(file))
  const kept = sources.length > 0 ? sources.slice(0, framesKept) : own.slice(0, 1)
  return [headline(name, normaliseText(message, root)), ...kept.map(frameWords)].join('\n')
}

/** Where the paths of a stack begin, told by the path that ends with the test file's name. */
export function rootIn(stack: string, file: string): string | null {
  const path = framesOf(stack).find((frame) => frame.path.endsWith(`/${file}`))?.path
  return path === undefined ? null : path.slice(0, -file.length - 1)
}

/** The first line, and what it is an error of. */
export function headline(name: string, message: string): string {
  const line = stripVTControlCharacters(message).trim().split('\n', 1)[0] as string
  return name === '' || line.startsWith(`${name}: `) ? line : `${name}: ${line}`
}

function frameWords({ words, shown, line }: Frame & { shown: string }): string {
  return `at ${words === '' ? '' : `${words} `}${shown}:${line}`
}

function below(path: string, root: string | null): string {
  return root !== null && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
}
