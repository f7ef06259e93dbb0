import { expect, test } from 'vitest'
import { workspaceDirectory } from '../../../plugin/places.ts'

test.each(['/not/there', '/'])('the workspace %s cannot be put under an overlay', (path) => {
  const message = `nsbox(): workspace is "${path}"; it must be an existing directory other than /`
  expect(() => workspaceDirectory(path)).toThrow(expect.objectContaining({ message, code: 'ERR_NSBOX_CONFIG' }))
})
