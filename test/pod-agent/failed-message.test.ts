import {expect, test} from 'vitest'
import {fromAgent, programsRefused} from '../../src/errors.ts'
import {failedMessage} from '../../src/pod-agent/failed-message.ts'
import {NativeError} from '../../src/pod-agent/native/failure.ts'

const log = Array.from({length: 400}, (_, at) => `${at}: (79) r0 = *(u64 *)(r0 +0)`).join('\n')
const refusal = programsRefused('EACCES', new NativeError('The kernel refused the programs', 13, log))

test("the end of the verifier's log crosses the wire in whole lines, and fits into what a kubelet keeps", () => {
  const message = failedMessage(refusal)
  expect(message.because).toMatch(/^3\d\d: [\s\S]*\n399: \(79\) r0 = \*\(u64 \*\)\(r0 \+0\)$/)
  expect(JSON.stringify(message).length).toBeLessThan(1500)
  expect(fromAgent(message)).toMatchObject({code: 'programs-refused', cause: {message: message.because}})
})

test('what has nothing behind it says nothing of it', () => {
  const message = failedMessage(programsRefused('EACCES', undefined))
  expect(message).not.toHaveProperty('because')
  expect(fromAgent(message).cause).toBeUndefined()
})

test('a bug of ours comes with its stack', () => {
  expect(failedMessage(new TypeError('no ring'))).toMatchObject({
    code: 'agent-bug',
    because: expect.stringMatching(/^TypeError: no ring\n\s+at .*failed-message/) as string,
  })
})
