// Room for new objects: they are collected before a fork, and not between it and the start of the child's threads.

import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeRoom } from '../../../src/sys/node-heap.ts'

interface Span {
  from: number
  to: number
}

test('what fits into the room that was made is allocated without a collection', async () => {
  const collections: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: NodeGCPerformanceDetail }).detail
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) collections.push(entry.startTime)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  const spans: Span[] = []
  for (let rounds = 0; rounds < 500; rounds++) {
    makeRoom(512 * 1024)
    const from = performance.now()
    for (let pieces = 0; pieces < 100; pieces++) new Array(500).fill(0)
    spans.push({ from, to: performance.now() })
  }
  // Entries are handed out by the event loop.
  await setTimeout(10)
  observer.disconnect()
  const began = (spans[0] as Span).from
  expect(collections.filter((at) => at > began).length).toBeGreaterThan(0)
  expect(collections.filter((at) => spans.some(({ from, to }) => at > from && at < to))).toEqual([])
})
