// On which lines the tests of a file are. vitest takes a quarter of a small attempt to find that out, so it is asked once.

import type { TestModule } from 'vitest/node'
import { nameOf } from './test-name.ts'

export class TestLines {
  /** By the name of a test. Of those that share one, the first. */
  readonly #files = new Map<string, ReadonlyMap<string, number>>()

  knows(file: string): boolean {
    return this.#files.has(file)
  }

  /** From a run that was asked for them. */
  learn(file: string, module: TestModule | undefined): void {
    const located = [...(module?.children.allTests() ?? [])].flatMap((test): [string, number][] =>
      test.location ? [[nameOf(test), test.location.line]] : [],
    )
    if (located.length > 0 && !this.knows(file)) this.#files.set(file, new Map(located.reverse()))
  }

  /** Null where vitest did not tell. */
  of(file: string, test: string): number | null {
    return this.#files.get(file)?.get(test) ?? null
  }
}
