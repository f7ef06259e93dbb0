// Copies a file and keeps its holes, without holding others up: attachments may be of any length.

import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { nextData, nextHole } from '../src/sys/sparse.ts'

const chunk = 1 << 20

/** Returns how many bytes of it are holes. @throws what `tooMany` returns when those are more than `most` */
export async function copyWithHoles(from: string, to: string, most: number, tooMany: () => Error): Promise<number> {
  const source = await open(from)
  try {
    const { size } = await source.stat()
    if (nextHole(source.fd, 0, size) >= size) {
      await copyFile(from, to)
      return 0
    }
    const target = await open(to, 'wx', 0o600)
    try {
      return await copyData(source, target, size, (holes) => {
        if (holes > most) throw tooMany()
      })
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function copyData(source: FileHandle, target: FileHandle, size: number, check: (holes: number) => void): Promise<number> {
  let holes = 0
  for (let offset = 0; offset < size; ) {
    const data = nextData(source.fd, offset, size)
    holes += data - offset
    check(holes)
    offset = data < size ? await copyRange(source, target, data, Math.min(nextHole(source.fd, data, size), size)) : size
  }
  await target.truncate(size)
  return holes
}

/** Where it ends: at `end`, also where the file has become shorter meanwhile. */
async function copyRange(source: FileHandle, target: FileHandle, start: number, end: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(chunk, end - start))
  for (let position = start; position < end; ) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - position), position)
    if (bytesRead === 0) break
    for (let done = 0; done < bytesRead; ) done += (await target.write(buffer, done, bytesRead - done, position + done)).bytesWritten
    position += bytesRead
  }
  return end
}
