// Promise: limits.md is true, command by command.
// @module-tag root

import { testDocumentOf } from '../support/transcript-tests.ts'

testDocumentOf(import.meta.filename)
