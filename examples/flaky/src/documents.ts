import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export async function writeDocuments(directory: string, count: number): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const paths = Array.from({ length: count }, (_, number) => join(directory, `${number}.md`))
  for (const [number, path] of paths.entries()) await writeFile(path, `# ${number}\n`)
  return paths
}

/** `width` is how many files may be open at once. */
export async function titles(paths: string[], width: number = paths.length): Promise<string[]> {
  const found: string[] = []
  const waiting = paths.entries()
  const read = async () => {
    for (const [index, path] of waiting) found[index] = (await readFile(path, 'utf8')).slice(2).trim()
  }
  await Promise.all(Array.from({ length: width }, read))
  return found
}
