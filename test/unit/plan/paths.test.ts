import { expect, test } from 'vitest'
import { isWithin, outermost } from '../../../src/plan/paths.ts'

test('a path lies within itself and its parents, not within a name that only starts alike', () => {
  expect(isWithin('/a/b', '/a/b')).toBe(true)
  expect(isWithin('/a/b', '/a')).toBe(true)
  expect(isWithin('/a/b', '/')).toBe(true)
  expect(isWithin('/ab', '/a')).toBe(false)
  expect(isWithin('/a', '/a/b')).toBe(false)
})

test('of nested paths only the outermost stay, without repeats', () => {
  expect(outermost(['/home/me/project', '/home/me', '/srv', '/home/me', '/home/me2'])).toEqual(['/srv', '/home/me', '/home/me2'])
})
