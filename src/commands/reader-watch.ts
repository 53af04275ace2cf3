import {spawn} from 'node:child_process'
import {fstatSync} from 'node:fs'

/**
 * Tells when nobody reads stdout any more, also while there is nothing to write: a pipe tells it only to who writes or polls, and Node does not poll.
 * GNU tail does, once a second. Where there is no such tail, the next write tells.
 */
export function watchReader(onGone: () => void): Disposable {
  if (!fstatSync(process.stdout.fd).isFIFO()) return {[Symbol.dispose]: () => undefined}
  // --pid: it holds the pipe too, and must not keep it open when this process is killed.
  const tail = spawn('tail', ['-f', `--pid=${String(process.pid)}`, '/dev/null'], {
    stdio: ['ignore', 'inherit', 'ignore'],
  })
  tail.on('error', () => undefined)
  tail.on('exit', (_status, signal) => {
    if (signal === 'SIGPIPE') onGone()
  })
  tail.unref()
  return {[Symbol.dispose]: () => void tail.kill()}
}
