/** Calls at once, and then at most once in each `interval`; what was asked for meanwhile is done at the end of it. */
export function throttle(interval: number, call: () => void): () => void {
  let waiting = false
  let again = false
  return function throttled() {
    if (waiting) {
      again = true
      return
    }
    call()
    waiting = true
    setTimeout(() => {
      waiting = false
      if (again) throttled()
      again = false
    }, interval)
  }
}
