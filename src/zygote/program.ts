// A sealed fork becomes a program.

import { errorToData } from '../errors.ts'
import { execProgram } from '../payload/exec.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { applyLast } from '../seal/apply.ts'
import { close, duplicateTo, keepAtExec } from '../sys/descriptor.ts'
import { exitNow } from '../sys/process.ts'
import type { Descriptors, Program } from '../wire/protocol.ts'
import { postReport } from './report-pipe.ts'

/** Where a program finds its channel. */
const channelFd = 3
/** As env(1) has it: not the program failed, but what was to start it. */
const FAILED = 125

/** `passed` are descriptors that the program keeps under their numbers. */
export function becomeProgram(
  plan: SandboxPlan,
  program: Program,
  descriptors: Descriptors,
  report: number,
  passed: readonly number[] = [],
): never {
  takeStreams(descriptors)
  keepAtExec(passed)
  if (descriptors.channel !== undefined) duplicateTo(descriptors.channel, channelFd)
  const { error, exitCode } = execProgram(program, () => finishSeal(plan, report))
  postReport(report, { failed: errorToData(error) })
  return exitNow(exitCode)
}

/** Which descriptor of a sandbox becomes which of the program's. */
export function programDescriptors(
  { stdin, stdout, stderr, channel }: Descriptors,
  passed: readonly number[] = [],
): [from: number, to: number][] {
  const standard: [number, number][] = [stdin, stdout, stderr].map((fd, target) => [fd, target])
  const streams: [number, number][] = [...standard, ...passed.map((fd): [number, number] => [fd, fd])]
  return channel === undefined ? streams : [...streams, [channel, channelFd]]
}

export function takeStreams({ stdin, stdout, stderr }: Descriptors): void {
  for (const [target, fd] of [stdin, stdout, stderr].entries()) duplicateTo(fd, target)
  for (const fd of new Set([stdin, stdout, stderr])) if (fd > 2) close(fd)
}

/** The last steps of the plan, which only the payload's own process can take. */
export function finishSeal(plan: SandboxPlan, report: number): void {
  try {
    const notEnforced = applyLast(plan)
    if (notEnforced.length > 0) postReport(report, { notEnforced })
  } catch (error) {
    postReport(report, { failed: errorToData(error) })
    exitNow(FAILED)
  }
}
