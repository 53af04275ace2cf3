import {describe, expect, test} from 'vitest'
import type {ContainerStatus, Pod} from '../../src/cluster/objects.ts'
import {judge} from '../../src/cluster/pod-status.ts'

const judged = (status: Pod['status'], metadata: Pod['metadata'] = {}) =>
  judge({metadata, ...(status && {status})}, 'node1')
const inState = (state: ContainerStatus['state']) =>
  judged({startTime: 'now', containerStatuses: [{name: 'pod-agent', ...(state && {state})}]})

/** What a person reads. */
const words = (verdict: ReturnType<typeof judge>) =>
  verdict.state === 'failed' ? verdict.failure.message : verdict.state

describe('a pod’s status', () => {
  test('is waiting until the kubelet takes it, accepted until its container runs', () => {
    expect(judged(undefined).state).toBe('waiting')
    expect(judged({phase: 'Pending'}).state).toBe('waiting')
    expect(judged({phase: 'Pending', startTime: 'now'}).state).toBe('accepted')
    expect(inState({waiting: {reason: 'ContainerCreating'}}).state).toBe('accepted')
    expect(inState({running: {}}).state).toBe('running')
  })

  test.each(['ErrImagePull', 'ImagePullBackOff', 'CreateContainerError', 'CreateContainerConfigError'])(
    'with %s is a failure in the kubelet’s words',
    (reason) => {
      expect(words(inState({waiting: {reason, message: 'no such thing'}}))).toBe(
        `The agent did not start on node1: ${reason}: no such thing`,
      )
    },
  )

  test.each(['OutOfcpu', 'NodeAffinity', 'UnexpectedAdmissionError', 'Evicted'])(
    'that the kubelet ended with %s says so',
    (reason) => {
      expect(words(judged({phase: 'Failed', reason, message: 'the words'}))).toBe(
        `The agent did not start on node1: ${reason}: the words`,
      )
    },
  )

  test('that outlived its time names the flag', () => {
    expect(words(judged({phase: 'Failed', reason: 'DeadlineExceeded'}))).toContain('--max-duration')
  })

  test('of a pod that somebody deletes is the end of it', () => {
    expect(words(judged({phase: 'Running'}, {deletionTimestamp: 'now'}))).toContain('somebody deleted it')
  })

  test.each([
    {terminated: {exitCode: 137, reason: 'OOMKilled'}, says: 'it was out of memory'},
    {terminated: {exitCode: 137, signal: 9, reason: 'Error'}, says: 'killed by signal 9'},
    {terminated: {exitCode: 3, reason: 'Error', message: 'a\nb\n'}, says: 'exit status 3\na\nb'},
    {terminated: {exitCode: 137, reason: 'Error', message: '{"listening":20001}\n'}, says: 'killed by SIGKILL'},
  ])('of an agent that ended tells $says', ({terminated, says}) => {
    expect(words(inState({terminated}))).toBe(`The agent ended before it was asked to: ${says}`)
  })

  test('of an agent that could say why itself is that very failure', () => {
    const failed = {type: 'failed', code: 'port-taken', message: 'taken', advice: 'again'}
    const message = `noise\n${JSON.stringify(failed)}\n`
    const verdict = inState({terminated: {exitCode: 2, reason: 'Error', message}})
    expect(verdict).toMatchObject({state: 'failed', code: 'port-taken', failure: {message: 'taken', advice: 'again'}})
    const cut = inState({terminated: {exitCode: 2, reason: 'Error', message: message.slice(0, 40)}})
    expect(words(cut)).toContain('exit status 2')
  })

  test('of a container that the runtime cannot start is no crash of the agent', () => {
    const terminated = {exitCode: 128, reason: 'StartError', message: 'exec: no such file'}
    expect(words(inState({terminated}))).toBe('The agent did not start on node1: StartError: exec: no such file')
  })
})
