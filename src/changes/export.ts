// Writes an upper directory as a layer of an OCI image: https://github.com/opencontainers/image-spec, layer.md.

import { randomUUID } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readlinkSync, renameSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { IdMaps, IdRange } from '../plan/plan.ts'
import { quoted } from '../quoted.ts'
import { reach } from '../sys/long-path.ts'
import { inRealDirectory } from '../sys/real-file.ts'
import { removeTree } from '../sys/remove-tree.ts'
import { visibleAttributes } from './attributes.ts'
import type { UpperLayer } from './changed.ts'
import { copySegments, writeFully } from './copy-entry.ts'
import { ignoredBelow, upperRoot } from './copy-upper.ts'
import { deepest, depthFirst } from './depth-first.ts'
import { baseName, type Entry, entriesIn, inodeOf, isWhiteout, opaqueness, type TrueModes } from './entry.ts'
import { asChangesError } from './failure.ts'
import { nameOf, textOf } from './names.ts'
import { withReadable } from './readable-upper.ts'
import { withFile } from './same-content.ts'
import { block, type TarEntry, tarHeader } from './tar-header.ts'

export interface Exported {
  /** Absolute paths of what a layer cannot hold: sockets, devices, names that begin with `.wh.`, and directories that are too deep. */
  skipped: string[]
}

/**
 * Writes layers of `root`, and of directories in it, as one. Paths in the archive are relative to `root`. The directory of `file` is a real
 * path. A failed export leaves nothing, and a file that was there before as it was.
 */
export function exportLayers(layers: readonly UpperLayer[], root: string, file: string): Exported {
  try {
    return inRealDirectory(dirname(file), (directory) => writeArchive(layers, root, `${directory}/${basename(file)}`))
  } catch (error) {
    throw asChangesError('ERR_NSBOX_EXPORT', `The changes of ${quoted(root)} cannot be exported to ${quoted(file)}`, error)
  }
}

function writeArchive(layers: readonly UpperLayer[], root: string, file: string): Exported {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const fd = openSync(temporary, 'wx')
    try {
      const archive = new LayerArchive(fd)
      for (const layer of layers) archive.add(layer, nameOf(relative(root, layer.target)))
      archive.end()
      renameSync(temporary, file)
      return { skipped: archive.skipped.map((path) => join(root, textOf(path))) }
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    removeTree(temporary)
    throw error
  }
}

const whiteoutPrefix = '.wh.'
const opaqueWhiteout = '.wh..wh..opq'

interface Node {
  entry: Entry
  /** Relative to the root. */
  path: string
  /** The mark of the directory that it lies in. */
  mark: string
}

class LayerArchive {
  /** Relative to the root. */
  readonly skipped: string[] = []
  readonly #fd: number
  readonly #linked = new Map<string, string>()
  #modes: TrueModes = new Map()
  #ignored: ReadonlySet<string> = new Set()
  #ids: IdMaps | undefined
  #position = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** `path` is where its target lies, relative to the root. */
  add({ upper, target, ignore, ids }: UpperLayer, path: string): void {
    this.#ignored = new Set([...ignoredBelow(target, ignore)].map((name) => (path === '' ? name : `${path}/${name}`)))
    this.#ids = ids
    withReadable(upper, (modes) => {
      this.#modes = modes
      const root: Node = { entry: upperRoot(upper, modes), path, mark: '' }
      for (const node of depthFirst(this.#below(root), (one) => this.#below(one))) this.#add(node)
    })
  }

  /** Two empty blocks are the end. */
  end(): void {
    ftruncateSync(this.#fd, this.#position + 2 * block)
  }

  #below({ entry: directory, path }: Node): Node[] {
    if (directory.type !== 'directory' || baseName(directory).startsWith(whiteoutPrefix)) return []
    if (path.length > deepest) {
      this.skipped.push(path)
      return []
    }
    const mark = opaqueness(directory.path)
    const prefix = path === '' ? '' : `${path}/`
    // Before the siblings: some unpackers empty the directory when they come to it.
    if (mark === 'y') this.#whiteout(prefix + opaqueWhiteout, directory)
    const nodes = entriesIn(directory.path, this.#modes).map((entry): Node => ({ entry, path: prefix + baseName(entry), mark }))
    return nodes.filter((node) => !this.#ignored.has(node.path))
  }

  #add({ entry, path, mark }: Node): void {
    const name = baseName(entry)
    if (name.startsWith(whiteoutPrefix)) this.skipped.push(path)
    else if (isWhiteout(entry, mark)) this.#whiteout(path.slice(0, path.length - name.length) + whiteoutPrefix + name, entry)
    else if (entry.type === 'socket' || entry.type === 'device') this.skipped.push(path)
    else this.#entry(entry, path)
  }

  #entry(entry: Entry, name: string): void {
    const first = entry.type !== 'directory' && entry.stat.nlink > 1n ? this.#linked.get(inodeOf(entry.stat)) : undefined
    if (first !== undefined) return this.#header(entry, { type: 'link', name, target: first, attributes: new Map() })
    this.#linked.set(inodeOf(entry.stat), name)
    const attributes = visibleAttributes(entry.path)
    switch (entry.type) {
      case 'directory':
        return this.#header(entry, { type: 'directory', name: `${name}/`, attributes })
      case 'symlink':
        return this.#header(entry, { type: 'symlink', name, target: readlinkSync(reach(entry.path), 'latin1'), attributes })
      case 'fifo':
        return this.#header(entry, { type: 'fifo', name, attributes })
      default:
        this.#header(entry, { type: 'file', name, size: entry.size, attributes })
        return this.#content(entry)
    }
  }

  /** Attributes and sizes of links belong to the entry that they link to. */
  #header({ mode, stat }: Entry, about: Pick<TarEntry, 'type' | 'name' | 'attributes'> & Partial<TarEntry>): void {
    const [uid, gid] = [Number(stat.uid), Number(stat.gid)]
    const own = {
      uid: uid === process.geteuid?.() ? 0 : insideOf(uid, this.#ids?.uid),
      gid: gid === process.getegid?.() ? 0 : insideOf(gid, this.#ids?.gid),
    }
    this.#append(tarHeader({ mode, ...own, size: 0, mtimeNs: stat.mtimeNs, ...about }))
  }

  #whiteout(name: string, { stat }: Entry): void {
    this.#append(tarHeader({ type: 'file', name, mode: 0o644, uid: 0, gid: 0, size: 0, mtimeNs: stat.mtimeNs, attributes: new Map() }))
  }

  /** Holes read as zeros, and are holes of the archive. */
  #content({ path, size }: Entry): void {
    const start = this.#position
    if (size > 0) withFile(path, (source) => copySegments(source, size, (data, position) => writeFully(this.#fd, data, start + position)))
    this.#position = start + Math.ceil(size / block) * block
  }

  #append(data: Buffer): void {
    writeFully(this.#fd, data, this.#position)
    this.#position += data.length
  }
}

/** The id that the sandbox knows an id of the host by. */
function insideOf(id: number, ranges: readonly IdRange[] = []): number {
  const range = ranges.find(({ outside, count }) => id >= outside && id < outside + count)
  return range ? range.inside + id - range.outside : id
}
