import { open } from 'node:fs/promises'

/** A file of a fixed size for the last events: all of its space is taken when it is made. */
export async function makeRingFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w')
  const block = Buffer.alloc(2 ** 20)
  for (let written = 0; written < bytes; written += block.length) await file.write(block, 0, Math.min(block.length, bytes - written))
  await file.close()
}
