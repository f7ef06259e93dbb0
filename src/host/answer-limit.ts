// How long nsbox waits for what takes milliseconds on an idle machine. Silence until then says nothing about the cause.

/** In milliseconds. */
export const answerLimit = 60_000

export const noAnswer: string = `no answer in ${answerLimit / 1000} s`
