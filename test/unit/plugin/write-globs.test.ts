import { expect, test } from 'vitest'
import { writeGlobs } from '../../../plugin/write-globs.ts'

const isNew = (directory: string) => /^(dist|packages\/a\/out|~\/\.cachedir|node_modules|node_modules\/\.tool)$/.test(directory)

test.each([
  ['a file that is there', ['src/a.ts'], ['src/a.ts']],
  ['a directory that is new', ['dist/a.js', 'dist/deep/b.js', 'packages/a/out/c.js'], ['dist/**', 'packages/a/out/**']],
  ['an empty one', ['dist/empty/', 'made/'], ['dist/**', 'made']],
  ['HOME', ['~/.rc', '~/.cachedir/a/b'], ['~/.cachedir/**', '~/.rc']],
  ['many of one kind', ['a', 'b', 'c', 'd'].map((name) => `test/out/${name}.txt`), ['test/out/*.txt']],
  ['many of several kinds', ['a.txt', 'b.txt', 'c.js', 'd'].map((name) => `test/out/${name}`), ['test/out/*']],
  ['what stands for others in globs', ['src/[id].ts', 'a (1).txt'], ['a \\(1\\).txt', 'src/\\[id\\].ts']],
  ['not all packages', ['node_modules/.tool/x', 'node_modules/y'], ['node_modules/.tool/**', 'node_modules/y']],
])('%s', (_, paths, globs) => {
  expect(writeGlobs(paths, isNew)).toEqual(globs)
})
