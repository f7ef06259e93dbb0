import { type FileHandle, open } from 'node:fs/promises'

/** A line for each request. The answer does not wait for its line. */
export class AccessLog {
  readonly #file: FileHandle
  #written: Promise<unknown> = Promise.resolve()

  static async open(path: string): Promise<AccessLog> {
    return new AccessLog(await open(path, 'a'))
  }

  constructor(file: FileHandle) {
    this.#file = file
  }

  answer(path: string): string {
    this.#written = this.#file.appendFile(`GET ${path}\n`)
    return page(path)
  }

  /** Until all lines are in the file. */
  async flush(): Promise<void> {
    await this.#written
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#file.close()
  }
}

function page(path: string): string {
  const rows = Array.from({ length: 3000 }, (_, index) => ({ index, text: `${path}/${(index * 7919) % 3000}` }))
  return JSON.stringify(rows.sort((one, other) => (one.text < other.text ? -1 : 1)))
}
