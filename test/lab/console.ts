// What a guest prints: the tests' report is passed on as it comes, and the end of all is kept for when there is none.

const kept = 60

export class Console {
  readonly #mark: string
  #line = ''
  #passing = false
  #lines: string[] = []

  /** A line that is this mark begins what is passed on, and another one ends it. */
  constructor(mark: string) {
    this.#mark = mark
  }

  readonly take = (text: string): void => {
    const lines = `${this.#line}${text}`.split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#takeLine(line.replaceAll('\r', ''))
  }

  get end(): string {
    return [...this.#lines, this.#line].join('\n')
  }

  #takeLine(line: string): void {
    this.#lines = [...this.#lines.slice(1 - kept), line]
    if (line === this.#mark) this.#passing = !this.#passing
    else if (this.#passing) process.stdout.write(`${line}\n`)
  }
}
