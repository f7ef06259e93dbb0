import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { takeWorkerNumber, type WorkerNumber } from '../../../plugin/worker-number.ts'

function take(): WorkerNumber {
  const number = takeWorkerNumber()
  onTestFinished(() => number.release())
  return number
}

test('each is the smallest that is free', () => {
  const [first, second, third] = [takeWorkerNumber(), takeWorkerNumber(), take()]
  expect(first.value).toBeGreaterThan(0)
  expect([second.value > first.value, third.value > second.value]).toEqual([true, true])
  second.release()
  first.release()
  expect([take().value, take().value]).toEqual([first.value, second.value])
})

test('another process has others, and gives them back however it ends', () => {
  const { value } = take()
  const source = `import { takeWorkerNumber } from '${new URL('../../../plugin/worker-number.ts', import.meta.url)}'
    const numbers = [takeWorkerNumber(), takeWorkerNumber(), takeWorkerNumber()].map(({ value }) => value)
    process.stdout.write(numbers.join(' '), () => process.kill(process.pid, 'SIGKILL'))`
  const start = () => spawnSync(process.execPath, ['--input-type=module', '--eval', source], { encoding: 'utf8' })
  const [first, second] = [start(), start()]
  expect([first.signal, second.signal]).toEqual(['SIGKILL', 'SIGKILL'])
  expect(first.stdout.split(' ')).toHaveLength(3)
  expect(first.stdout.split(' ')).not.toContain(String(value))
  expect(second.stdout).toBe(first.stdout)
})
