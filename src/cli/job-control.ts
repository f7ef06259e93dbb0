// A sandboxed program and the terminal of whoever started it: who may read from it, and who stops when.
//
// The program has a process group of its own, which starts in the background of the terminal: the
// caller may be part of a pipeline, and `nsbox run -- make | less` must leave the keyboard to less. A
// program that wants the terminal is stopped for it (SIGTTIN, SIGTTOU: credentials(7), tcsetpgrp(3)),
// and then it is given.

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { payloadPid, signalPayload } from '../run/payload-process.ts'
import { ignoreSignals, isBlocked, isPending } from '../sys/signal.ts'
import {
  endExclusiveMode,
  foregroundGroup,
  getpgrp,
  openTerminal,
  restoreTerminalSettings,
  setForegroundGroup,
  terminalSettings,
} from '../sys/terminal.ts'

const { SIGTSTP, SIGTTIN, SIGTTOU } = constants.signals

export class JobControl {
  readonly #terminal: number
  readonly #group: number = getpgrp()
  readonly #settings: Buffer
  /** Pid of the sandbox's init. */
  readonly #init: () => number | undefined
  /** Whether the program has been given the terminal. */
  #given = false

  private constructor(terminal: number, init: () => number | undefined) {
    this.#terminal = terminal
    this.#init = init
    this.#settings = terminalSettings(terminal)
    // To give the terminal away and take it back from the background.
    ignoreSignals([SIGTTOU])
    process.on('SIGTSTP', this.#stopProgram)
    process.on('SIGCONT', this.#goOn)
  }

  /** Undefined without a terminal. */
  static start(init: () => number | undefined): JobControl | undefined {
    const terminal = openTerminal()
    return terminal === undefined ? undefined : new JobControl(terminal, init)
  }

  /** The program was stopped. */
  stopped(signal: number): void {
    const program = this.#program()
    const wants = (signal === SIGTTIN || signal === SIGTTOU) && !isAskedToStop(program)
    // When it is the program's already, this stop is from before it was given.
    if (wants && [this.#group, program].includes(foregroundGroup(this.#terminal))) {
      this.#given = true
      this.#give()
      // From here on Ctrl+Z is for the program, and going on would forget one that it has not taken (signal(7), SIGCONT).
      const asked = isAskedToStop(program)
      this.#signal('SIGCONT')
      if (asked) this.#signal('SIGTSTP')
      return
    }
    this.#takeBack()
    if (isOrphaned()) return this.#goOn()
    this.#stopSelf()
  }

  /** The terminal is the caller's again, with its old settings if the program could not put them back. */
  end(wasKilled: boolean): void {
    process.off('SIGTSTP', this.#stopProgram)
    process.off('SIGCONT', this.#goOn)
    // The program may have taken it without asking, and nobody is left in its group.
    if (isGone(foregroundGroup(this.#terminal))) this.#given = true
    this.#takeBack()
    endExclusiveMode(this.#terminal)
    if (wasKilled && foregroundGroup(this.#terminal) === this.#group) restoreTerminalSettings(this.#terminal, this.#settings)
  }

  readonly #stopProgram = (): void => this.#signal('SIGTSTP')

  readonly #goOn = (): void => {
    this.#give()
    this.#signal('SIGCONT')
  }

  #give(): void {
    const program = this.#program()
    if (this.#given && program !== undefined && foregroundGroup(this.#terminal) === this.#group) setForegroundGroup(this.#terminal, program)
  }

  #program(): number | undefined {
    const init = this.#init()
    return init === undefined ? undefined : payloadPid(init)
  }

  #signal(signal: NodeJS.Signals): void {
    const init = this.#init()
    if (init !== undefined) signalPayload(init, signal)
  }

  #takeBack(): void {
    // Groups of the sandbox are the only others that this process may have put there.
    if (this.#given && foregroundGroup(this.#terminal) !== -1) setForegroundGroup(this.#terminal, this.#group)
  }

  /** With the rest of the pipeline, as Ctrl+Z would have done. */
  #stopSelf(): void {
    process.off('SIGTSTP', this.#stopProgram)
    process.kill(0, 'SIGTSTP')
    process.on('SIGTSTP', this.#stopProgram)
  }
}

/** Whether Ctrl+Z came while it was stopped for something else. */
function isAskedToStop(program: number | undefined): boolean {
  return program !== undefined && isPending(program, SIGTSTP) && !isBlocked(program, SIGTSTP)
}

function isGone(group: number): boolean {
  try {
    return group > 1 && !process.kill(-group, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** A process group without a shell to wake it up again is not stopped by the terminal (credentials(7)). */
function isOrphaned(): boolean {
  const [own, parent] = [statOf(process.pid), statOf(process.ppid)]
  return parent === undefined || own?.session !== parent.session || own?.group === parent.group
}

/** proc_pid_stat(5): state, ppid, pgrp and session follow the name. */
function statOf(pid: number): Record<'session' | 'group', string | undefined> | undefined {
  try {
    const [, , group, session] = (/\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '').split(' ')
    return { session, group }
  } catch {
    return undefined
  }
}
