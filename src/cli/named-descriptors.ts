// File descriptors above stderr that the command line names. A shell replaces <(…) and >(…) by such arguments: /dev/fd/63.

import type { RunFlags } from '../config/run-flags.ts'
import { isGiven } from '../sys/descriptor.ts'

/** Matches a whole argument, or an option with its value: `--file=/dev/fd/63`. */
const argument = /^[^\s/]*\/(?:dev|proc\/self)\/fd\/(\d+)$/
/** Finds numbers of descriptors in the text of a script. */
const inScript = /[<>]&\s*(\d+)\b|\/dev\/fd\/(\d+)\b/g
/** Matches a script that opens the descriptor itself and so means its own. */
const opens = (fd: number) => new RegExp(`(?<![\\d&/])${fd}[<>]`)

/** Returns the descriptors that are passed on to the command. */
export function namedDescriptors(command: readonly string[]): number[] {
  return given(command.map((word) => argument.exec(word)?.[1]))
}

/** Returns descriptors that are not passed on although a script among the arguments uses them. */
export function mentionedDescriptors(command: readonly string[]): number[] {
  const named = namedDescriptors(command)
  const numbers = command.flatMap((word) => [...word.matchAll(inScript)].map(([, redirected, path]) => redirected ?? path))
  return given(numbers).filter((fd) => !named.includes(fd) && !command.some((word) => opens(fd).test(word)))
}

/** Returns the descriptors that must survive when nsbox executes itself anew. */
export function descriptorsOf({ command, output: { controlFd } }: RunFlags): number[] {
  return [...(controlFd === undefined ? [] : [controlFd]), ...namedDescriptors(command), ...mentionedDescriptors(command)]
}

/** Keeps those that the caller gave to this process. */
function given(numbers: readonly (string | undefined)[]): number[] {
  const fds = numbers.filter((number) => number !== undefined).map(Number)
  return [...new Set(fds)].filter((fd) => fd > 2 && isGiven(fd))
}
