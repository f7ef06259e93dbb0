import { EventEmitter } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Says `ready` when it knows the files that are there already, and `change` for what happens from then on. */
export class Watcher extends EventEmitter {
  readonly files: Map<string, number> = new Map()
  #watcher: FSWatcher | undefined

  constructor(directory: string) {
    super()
    void this.#start(directory)
  }

  close(): void {
    this.#watcher?.close()
  }

  async #start(directory: string): Promise<void> {
    for (const name of await readdir(directory)) this.files.set(name, (await stat(join(directory, name))).mtimeMs)
    this.#watcher = watch(directory, (_, name) => this.emit('change', name))
    this.emit('ready')
  }
}
