// The pipe through which a sandbox tells how it goes: one JSON text a line.

import { constants } from 'node:os'
import { errorToData, NsboxError } from '../errors.ts'
import { writeAll } from '../sys/descriptor.ts'
import type { NotEnforced, ReportLine, SandboxEnd } from '../wire/protocol.ts'

export function postReport(pipe: number, line: ReportLine): void {
  writeAll(pipe, Buffer.from(`${JSON.stringify(line)}\n`))
}

/** Makes the end of a sandbox of the wait status of its init and of all that was reported. */
export function sandboxEnd(initStatus: number, text: string): SandboxEnd {
  const lines = text.split('\n').filter(Boolean).map(parseLine)
  const ended = lines.find((line) => 'ended' in line)?.ended
  if (!ended) {
    // Only a signal from outside the namespace ends its init before it can report.
    const error = new NsboxError("The sandbox's init was killed from outside", { code: 'ERR_NSBOX_INIT_KILLED', stage: 'payload' })
    return { ...decodeStatus(initStatus), error: errorToData(error), notEnforced: [] }
  }
  const { status, usage, emulated, hit, unseen } = ended
  const error = ended.error ?? lines.find((line) => 'failed' in line)?.failed
  const notEnforced = lines.flatMap((line): NotEnforced[] => ('notEnforced' in line ? line.notEnforced : []))
  return {
    ...(status === undefined ? { exitCode: null, signal: null } : decodeStatus(status)),
    ...(error && { error }),
    notEnforced: [...ended.notEnforced, ...notEnforced],
    ...(usage && { usage }),
    ...(emulated && { emulated }),
    ...(hit && { hit }),
    ...(unseen && { unseen }),
  }
}

/** What is no report must not end the zygote. */
export function parseLine(line: string): ReportLine {
  try {
    return JSON.parse(line) as ReportLine
  } catch (error) {
    return { ended: { error: errorToData(error), notEnforced: [] } }
  }
}

/** waitpid(2): the signal in the low seven bits, else the exit code in the next eight. */
function decodeStatus(status: number): { exitCode: number | null; signal: string | null } {
  const number = status & 0x7f
  if (number === 0) return { exitCode: (status >> 8) & 0xff, signal: null }
  return { exitCode: null, signal: signalName(number) }
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
