import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** Writes rows to a file. What is returned is the most that has waited in memory, in bytes. */
export async function exportRows(path: string, rows: number, waits: boolean): Promise<number> {
  const output = createWriteStream(path)
  let most = 0
  for (let row = 0; row < rows; row++) {
    const goesOn = output.write(rowOf(row))
    most = Math.max(most, output.writableLength)
    if (goesOn || !waits) await turn()
    else await once(output, 'drain')
  }
  output.end()
  await once(output, 'close')
  return most
}

function rowOf(number: number): string {
  return `${number};${Array.from({ length: 4000 }, (_, column) => (number * column) % 9973).join(';')}\n`
}
