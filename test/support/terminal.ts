// A pseudo-terminal with a command in it, as a person has one: script(1) of util-linux makes it.

import type { ChildProcess } from 'node:child_process'
import type { CommandPlace } from './command-place.ts'

/** What bash prints when it waits for a command, and nothing else does. */
const prompt = 'ready> '
/** A bash without anybody's settings, for job control. */
export const bash: string = `env PS1='${prompt}' bash --norc --noprofile --noediting -i`

export const keys = { interrupt: '\x03', stop: '\x1a', escape: '\x1b', end: '\x04' }

export class Terminal {
  /** Everything that was shown. */
  output = ''
  /** The exit code of the command, or what a shell makes of its signal. */
  readonly ended: Promise<number | null>
  readonly #script: ChildProcess
  #seen = 0
  #look = (): void => undefined

  constructor(place: CommandPlace, command: string) {
    const env = { ...place.env, TERM: 'xterm' }
    this.#script = place.spawn(['script', '-qefc', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
      this.#look()
    })
    const { promise, resolve } = Promise.withResolvers<number | null>()
    this.ended = promise
    this.#script.on('close', resolve)
  }

  type(text: string): void {
    this.#script.stdin?.write(text)
  }

  /** Types a line. What the terminal echoes of it is not waited for: a pattern should match only what a command prints. */
  enter(line: string): void {
    this.type(`${line}\r`)
  }

  prompted(): Promise<RegExpExecArray> {
    return this.shows(new RegExp(prompt))
  }

  /** Settles once this is shown, after what was waited for before. The test's own timeout is the limit. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    this.#look = () => {
      const match = pattern.exec(this.output.slice(this.#seen))
      if (!match) return
      this.#seen += match.index + match[0].length
      this.#look = () => undefined
      resolve(match)
    }
    this.#look()
    void this.ended.then((code) => reject(new Error(`The terminal ended with ${code} before it showed ${pattern}:\n${this.output}`)))
    return promise
  }

  /** Hangs up. */
  close(): void {
    this.#script.kill('SIGKILL')
  }
}
