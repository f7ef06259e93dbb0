// Changes a directory at random, the same way for the same seed.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { makeFifo } from '../../../src/sys/file-nodes.ts'
import { removeTree } from '../../../src/sys/remove-tree.ts'
import { listXattrs, removeXattr, setXattr } from '../../../src/sys/xattr.ts'

export interface Game {
  directory: string
  seed: number
  count: number
  /** `base` leaves nothing that an ordinary user may not read or remove. */
  kind: 'base' | 'all'
}

export function play({ directory, seed, count, kind }: Game): void {
  let state = seed >>> 0

  function random(limit: number): number {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }

  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const names = ['a', 'b', 'c', 'd', 'e', 'sp ace', 'new\nline', '\xc3\xbc', 'bad\xff\xfe', 'x'.repeat(120), '-r', '.hidden', 'wh.', 'd']
  const path = (name: string) => Buffer.from(`${directory}/${name}`, 'latin1')

  function all(): string[] {
    const found: string[] = []
    const visit = (name: string) => {
      found.push(name)
      try {
        if (fs.lstatSync(path(name)).isDirectory()) for (const child of fs.readdirSync(path(name), 'latin1')) visit(`${name}/${child}`)
      } catch {}
    }
    visit('.')
    return found
  }

  const isDirectory = (name: string) => fs.lstatSync(path(name)).isDirectory()
  const some = () => pick(all())
  const fresh = () => `${pick(all().filter(isDirectory))}/${pick(names)}`
  const any = () => (random(2) ? some() : fresh())
  const data = () => Buffer.alloc(random(3) ? random(300) : random(200_000), String(random(1e9)))
  const fileModes = [0o644, 0o600, 0o755, 0, 0o444, 0o4755, 0o200]
  const directoryModes = kind === 'base' ? [0o755, 0o700, 0o1777, 0o2755] : [0o755, 0o700, 0o500, 0o1777, 0, 0o2770, 0o300]

  function rewrite(name: string, content: Buffer): void {
    const fd = fs.openSync(
      path(name),
      fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW | fs.constants.O_TRUNC,
    )
    fs.writeSync(fd, content)
    fs.closeSync(fd)
  }

  const operations: Record<string, () => void> = {
    write: () => rewrite(fresh(), data()),
    overwrite: () => rewrite(some(), data()),
    same: () => {
      const name = some()
      if (fs.lstatSync(path(name)).isFile()) rewrite(name, fs.readFileSync(path(name)))
    },
    append: () => {
      const name = some()
      if (fs.lstatSync(path(name)).isFile()) fs.appendFileSync(path(name), data())
    },
    sparse: () => {
      const fd = fs.openSync(path(fresh()), 'wx')
      fs.ftruncateSync(fd, 4096 * (1 + random(500)))
      fs.writeSync(fd, data(), 0, undefined, 4096 * random(500))
      fs.closeSync(fd)
    },
    truncate: () => {
      const name = some()
      if (fs.lstatSync(path(name)).isFile()) fs.truncateSync(path(name), random(400))
    },
    mkdir: () => fs.mkdirSync(path(fresh())),
    mkdirs: () => fs.mkdirSync(path(`${fresh()}/${pick(names)}/${pick(names)}`), { recursive: true }),
    rename: () => fs.renameSync(path(some()), path(any())),
    remove: () => {
      const name = some()
      if (name !== '.') removeTree(path(name))
    },
    replace: () => {
      const name = some()
      if (name === '.') return
      const wasDirectory = isDirectory(name)
      removeTree(path(name))
      if (random(3) === 0 ? !wasDirectory : wasDirectory) fs.mkdirSync(path(name))
      else rewrite(name, data())
    },
    clear: () => {
      const name = some()
      if (!isDirectory(name)) return
      for (const child of fs.readdirSync(path(name), 'latin1')) removeTree(path(`${name}/${child}`))
    },
    copied: () => {
      const name = some()
      if (name === '.' || !isDirectory(name)) return
      execFileSync('cp', ['-a', path(name), path(`${name}.copy`)] as never, { stdio: 'ignore' })
      removeTree(path(name))
      fs.renameSync(path(`${name}.copy`), path(name))
    },
    chmod: () => {
      const name = some()
      if (fs.lstatSync(path(name)).isSymbolicLink() || name === '.') return
      fs.chmodSync(path(name), pick(isDirectory(name) ? directoryModes : fileModes))
    },
    touch: () => fs.lutimesSync(path(some()), 1e9 + random(1e6), 1e9 + random(1e6)),
    open: () => {
      const name = some()
      if (fs.lstatSync(path(name)).isFile()) fs.closeSync(fs.openSync(path(name), 'r+'))
    },
    symlink: () => fs.symlinkSync(Buffer.from(pick([...names, '/etc', '..', 'nowhere']), 'latin1'), path(fresh())),
    link: () => kind !== 'base' && fs.linkSync(path(some()), path(fresh())),
    fifo: () => makeFifo(path(fresh()), 0o640),
    attribute: () => {
      const name = some()
      if (!fs.lstatSync(path(name)).isSymbolicLink() && name !== '.')
        setXattr(path(name), pick(['user.one', 'user.two', 'user.three']), Buffer.from([0, 255, random(256)]))
    },
    attributeGone: () => {
      const name = some()
      const attribute = listXattrs(path(name)).find((one) => one.startsWith('user.') && one !== 'user.nsbox')
      if (attribute) removeXattr(path(name), attribute)
    },
  }
  if (kind === 'base')
    operations.attribute = () => setXattr(path(pick(all().filter((name) => name !== '.'))), 'user.one', Buffer.from([0, 255, random(256)]))

  for (let index = 0; index < count; index++) {
    const operation = pick(Object.keys(operations))
    try {
      operations[operation]?.()
    } catch (error) {
      if (!(error as { syscall?: string; status?: number }).syscall && !(error as { status?: number }).status) throw error
    }
  }
}
