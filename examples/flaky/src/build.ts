// Started as a process of its own: makes an archive of what it is told to, where it is told to.

import { renameSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const [output = ''] = process.argv.slice(2)
const source = Array.from({ length: 60_000 }, (_, index) => `export const name${index} = ${index * 31}`).join('\n')
writeFileSync(`${output}.part`, gzipSync(source))
renameSync(`${output}.part`, output)
