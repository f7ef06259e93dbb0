// The test that nsbox repro is asked for, and what is turned for it: as given, or as the newest results have it.

import { existsSync } from 'node:fs'
import { readResults } from '../config/results.ts'
import { configError } from '../errors.ts'
import { inQuotes, quoted } from '../quoted.ts'
import type { Knobs } from '../stress/knobs.ts'
import { parseRecipe } from '../stress/recipe.ts'
import { type Recorded, recordedLines, recordedOf } from '../stress/recorded.ts'
import type { Results } from '../stress/results.ts'
import { parseTestId, type TestId } from '../stress/test-id.ts'
import { print } from './print.ts'

export interface Wanted {
  id: TestId
  recipe: Knobs
  /** What a campaign found of the same test and recipe. */
  recorded: (Recorded['recipe'] & { project: string }) | undefined
}

interface Given {
  recipe: string | undefined
  results: string
}

/** @throws NsboxError ERR_NSBOX_CONFIG where there is no recipe of it */
export function wantedTest(test: string, { recipe: text, results: path }: Given): Wanted {
  const results = existsSync(path) ? readResults(path) : undefined
  const found = results && recordedOf(results, test)
  if (text !== undefined) {
    const isSame = found?.recipe.text === text
    return { id: parseTestId(test), recipe: parseRecipe(text), recorded: isSame ? { ...found.recipe, project: found.project } : undefined }
  }
  if (!results) throw configError(`nsbox repro: --recipe is missing, and there is no ${quoted(path)} of nsbox stress to take it from`)
  if (!found) throw configError([`nsbox repro: ${quoted(path)} has no recipe of ${inQuotes(test)}${known(results)}`].join('\n'))
  return { id: found, recipe: parseRecipe(found.recipe.text), recorded: { ...found.recipe, project: found.project } }
}

/** The exit code. @throws NsboxError ERR_NSBOX_CONFIG where there are no results */
export function listRecorded({ recipe, results: path }: Given): number {
  if (recipe !== undefined)
    throw configError(
      `nsbox repro: --recipe is ${inQuotes(recipe)}, and of which test is not said: nsbox repro 'src/a.test.ts > name' --recipe …`,
    )
  if (!existsSync(path))
    throw configError(`nsbox repro: which test? There is no ${quoted(path)} of nsbox stress either, that would have some`)
  const lines = recordedLines(readResults(path))
  print(lines.length > 0 ? lines.join('\n') : `${quoted(path)} has no test that failed under a recipe.`)
  return 0
}

function known(results: Results): string {
  const lines = recordedLines(results)
  return lines.length > 0 ? `; it has\n  ${lines.join('\n  ')}` : '; it has none at all'
}
