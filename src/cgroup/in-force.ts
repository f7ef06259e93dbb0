// Whether what was written to a cgroup's file is what the kernel holds.

import { readNestedKeyed, readValue } from './interface-files.ts'

/** The largest page of the supported processors (arm64): memory is counted in whole ones, rounded down. */
const largestPage = 65_536

/** True, or what the kernel holds instead. */
export function holds(directory: string, file: string, asked: string): true | string {
  const held = readValue(directory, file) ?? 'nothing'
  // The period stays as it is.
  if (file === 'cpu.max' && asked === 'max') return held.startsWith('max ') || held
  if (file === 'io.max') return holdsIo(directory, asked)
  // Processors that the cgroup above does not have are accepted, and not given.
  if (file === 'cpuset.cpus' && asked !== '') return sameCpus(asked, readValue(directory, 'cpuset.cpus.effective') ?? 'nothing')
  if (/^(memory|hugetlb)\..*(max|high)$/.test(file)) return sameBytes(asked, held)
  return held === asked || held
}

function sameBytes(asked: string, held: string): true | string {
  const difference = Number(asked) - Number(held)
  return asked === held || (difference >= 0 && difference < largestPage) || held
}

function sameCpus(asked: string, held: string): true | string {
  const numbers = (list: string) =>
    list.split(',').flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  return numbers(asked).join() === numbers(held).join() || held
}

/** `8:0 rbps=1048576 wiops=100`; what is not named stays `max`. */
function holdsIo(directory: string, asked: string): true | string {
  const [device = '', ...pairs] = asked.split(' ')
  const held = readNestedKeyed(directory, 'io.max')?.[device] ?? {}
  const same = pairs.every((pair) => {
    const [key = '', value] = pair.split('=')
    return (held[key] ?? 'max') === value
  })
  return same || `${device} ${JSON.stringify(held)}`
}
