// Started as a process of its own: works until it is asked to end, and then ends in good order.

process.on('SIGTERM', () => {
  clearInterval(work)
  process.exitCode = 0
})
const work = setInterval(() => undefined, 1000)
console.log('ready')
