// Descriptors above stderr that the command line names. A shell's <(…) and >(…) are such arguments: /dev/fd/63.

import type { RunFlags } from '../config/run-flags.ts'
import { isGiven } from '../sys/descriptor.ts'

/** An argument, or the end of one: `--file=/dev/fd/63`. */
const argument = /^[^\s/]*\/(?:dev|proc\/self)\/fd\/(\d+)$/
/** In the text of a script. */
const inScript = /[<>]&\s*(\d+)\b|\/dev\/fd\/(\d+)\b/g
/** A script that opens one itself means its own. */
const opens = (fd: number) => new RegExp(`(?<![\\d&/])${fd}[<>]`)

/** They are the command's. */
export function namedDescriptors(command: readonly string[]): number[] {
  return given(command.map((word) => argument.exec(word)?.[1]))
}

/** They are not, but a script among the arguments may mean them. */
export function mentionedDescriptors(command: readonly string[]): number[] {
  const named = namedDescriptors(command)
  const numbers = command.flatMap((word) => [...word.matchAll(inScript)].map(([, redirected, path]) => redirected ?? path))
  return given(numbers).filter((fd) => !named.includes(fd) && !command.some((word) => opens(fd).test(word)))
}

/** What a process that takes the place of this one needs of the caller's. */
export function descriptorsOf({ command, output: { controlFd } }: RunFlags): number[] {
  return [...(controlFd === undefined ? [] : [controlFd]), ...namedDescriptors(command), ...mentionedDescriptors(command)]
}

/** Those that the caller has given to this process. */
function given(numbers: readonly (string | undefined)[]): number[] {
  const fds = numbers.filter((number) => number !== undefined).map(Number)
  return [...new Set(fds)].filter((fd) => fd > 2 && isGiven(fd))
}
