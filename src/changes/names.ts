// Names of files are bytes. Inside this room they are byte strings: one character for each byte (latin1).

import { isUtf8 } from 'node:buffer'

/** For node's fs. */
export function bytes(name: string): Buffer {
  return Buffer.from(name, 'latin1')
}

/** A byte string as text. Bytes that are not UTF-8 become lone surrogates, which no valid name has: nothing is lost. */
export function textOf(name: string): string {
  const all = bytes(name)
  if (isUtf8(all)) return all.toString()
  let text = ''
  for (let at = 0; at < all.length; ) {
    const length = [1, 2, 3, 4].find((count) => at + count <= all.length && isUtf8(all.subarray(at, at + count)))
    text += length ? all.toString('utf8', at, at + length) : String.fromCharCode(escapeBase + (all[at] as number))
    at += length ?? 1
  }
  return text
}

/** The reverse of {@link textOf}. */
export function nameOf(text: string): string {
  if (text.isWellFormed()) return Buffer.from(text).toString('latin1')
  return [...text].map((character) => escapedByte(character) ?? Buffer.from(character).toString('latin1')).join('')
}

const escapeBase = 0xdc00

/** The byte that a lone surrogate stands for. */
export function escapedByte(character: string): string | undefined {
  const byte = character.charCodeAt(0) - escapeBase
  return character.length === 1 && byte >= 0x80 && byte <= 0xff ? String.fromCharCode(byte) : undefined
}

/** A directory by a path that may itself be a link, such as /proc/self/fd/3. */
export function rootOf(directory: string): string {
  return `${nameOf(directory)}/.`
}

export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
