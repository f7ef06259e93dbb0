// Loaded by node programs that tests start (NODE_OPTIONS, --import), so that they agree with the tests about the time of day.

import { shiftClock } from './shifted-clock.ts'

shiftClock(Number(new URL(import.meta.url).searchParams.get('ms')))
