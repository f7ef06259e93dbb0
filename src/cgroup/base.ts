// A cgroup that this user was given, made ready for sandboxes to be its children.

import { accessSync, constants, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { NsboxError } from '../errors.ts'
import { readValue, words, writeValue } from './interface-files.ts'
import { Leaf } from './leaf.ts'
import { controllersOf } from './place.ts'

/** Where the processes go that were in it: only cgroups without processes may limit their children (cgroups(7)). */
export const callers = 'nsbox-callers'
/** memory first: with processes still inside, others would be switched on and make it threaded, and memory never after that. */
const wanted = ['memory', 'io', 'hugetlb', 'cpu', 'pids', 'cpuset']
const attempts = 50

export interface BaseOptions {
  /** Whether processes in it may be moved to a child of it: those of its owner, while this process is among them. */
  evacuate: boolean
}

export class Base {
  readonly path: string
  /** Those that limit its children. */
  readonly controllers: readonly string[]
  readonly #leaves = new Set<Leaf>()
  readonly #options: BaseOptions
  #count = 0

  private constructor(path: string, controllers: readonly string[], options: BaseOptions) {
    this.path = path
    this.controllers = controllers
    this.#options = options
  }

  /** @throws NsboxError ERR_NSBOX_CGROUP that says why this cgroup cannot be used */
  static open(path: string, options: BaseOptions): Base {
    requireWritable(path)
    const type = readValue(path, 'cgroup.type')
    if (type !== undefined && type !== 'domain')
      throw unusable(path, `its type is ${type}, and processes cannot be limited in memory there`)
    return new Base(path, switchOn(path, options), options)
  }

  /** A cgroup for one sandbox. */
  leaf(): Leaf {
    for (let attempt = 1; ; attempt++) {
      const path = join(this.path, `nsbox-${process.pid}-${this.#count++}`)
      try {
        mkdirSync(path)
      } catch (error) {
        // A process of another pid namespace may have the same pid.
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw unusable(this.path, (error as Error).message)
      }
      // Another nsbox that ended may have switched them off in between.
      const missing = this.controllers.filter((name) => !controllersOf(path).includes(name))
      if (missing.length === 0) return this.#keep(new Leaf(path))
      rmdirSync(path)
      if (attempt === attempts) throw unusable(this.path, `${missing.join(', ')} cannot be switched on`)
      switchOn(this.path, this.#options)
    }
  }

  async remove(leaf: Leaf): Promise<void> {
    this.#leaves.delete(leaf)
    await leaf.remove()
  }

  /** Puts everything back as it was, unless others still use it. */
  async close(): Promise<void> {
    await Promise.all([...this.#leaves].map((leaf) => this.remove(leaf)))
    restore(this.path)
  }

  #keep(leaf: Leaf): Leaf {
    this.#leaves.add(leaf)
    return leaf
  }
}

/** The cgroup that sandboxes of a process in `own` belong below. */
export function baseOf(own: string): string {
  return basename(own) === callers ? dirname(own) : own
}

function requireWritable(path: string): void {
  for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control']) {
    try {
      accessSync(join(path, file), constants.W_OK)
    } catch (error) {
      throw unusable(path, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is no cgroup' : 'this user may not write to it')
    }
  }
}

function switchOn(path: string, { evacuate }: BaseOptions): string[] {
  const available = controllersOf(path)
  const asked = wanted.filter((name) => available.includes(name))
  if (asked.length === 0)
    throw unusable(path, available.length === 0 ? 'it has no controllers' : `its controllers are ${available.join(', ')}`)
  const missing = () => asked.filter((name) => !words(readValue(path, 'cgroup.subtree_control')).includes(name))
  // Processes that start meanwhile land in it again.
  for (let attempt = 1; missing().length > 0; attempt++) {
    if (!isRoot(path)) moveProcesses(path, evacuate)
    const error = enable(path, missing())
    if (error === undefined) break
    if (error.code !== 'EBUSY' || attempt === attempts) {
      // What cannot be had at all is left out; without any it is of no use.
      if (error.code !== 'EBUSY' && missing().length < asked.length) break
      throw unusable(path, `its controllers cannot be switched on: ${error.code}`)
    }
  }
  return asked.filter((name) => !missing().includes(name))
}

function enable(path: string, controllers: readonly string[]): NodeJS.ErrnoException | undefined {
  let failed: NodeJS.ErrnoException | undefined
  for (const name of controllers) {
    try {
      writeValue(path, 'cgroup.subtree_control', `+${name}`)
    } catch (error) {
      failed ??= error as NodeJS.ErrnoException
      if (failed.code === 'EBUSY') return failed
    }
  }
  return failed
}

/** The root of all cgroups may hold processes and limit its children. */
function isRoot(path: string): boolean {
  return readValue(path, 'cgroup.type') === undefined
}

function moveProcesses(path: string, allowed: boolean): void {
  const pids = words(readValue(path, 'cgroup.procs'))
  if (pids.length === 0) return
  if (!allowed) throw unusable(path, `it holds processes of somebody else (${pids.slice(0, 5).join(', ')})`)
  const home = join(path, callers)
  makeDirectory(home)
  for (const pid of pids) moveInto(home, pid)
}

function moveInto(home: string, pid: string): void {
  try {
    writeValue(home, 'cgroup.procs', pid)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH') throw unusable(dirname(home), `process ${pid} cannot be moved into ${home}: ${code}`)
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw unusable(dirname(path), `no cgroup can be made in it: ${code}`)
  }
}

/** Where nobody else needs it: controllers off, and the processes where they were. */
function restore(path: string): void {
  try {
    const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    if (!children.some(({ name }) => name === callers) || children.length > 1) return
    for (const name of words(readValue(path, 'cgroup.subtree_control'))) writeValue(path, 'cgroup.subtree_control', `-${name}`)
    const home = join(path, callers)
    for (const pid of words(readValue(home, 'cgroup.procs'))) moveInto(path, pid)
    rmdirSync(home)
  } catch {
    // Another nsbox began in between, and needs it as it is.
  }
}

/** Why a cgroup cannot be used. */
export function unusable(path: string, why: string): NsboxError {
  return new NsboxError(`${path}: ${why}`, { code: 'ERR_NSBOX_CGROUP', stage: 'launch' })
}
