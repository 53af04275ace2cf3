import {noFeeds, noInterface} from '../protocol/settings.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface DropsRequest {
  readonly run: ObserveRequest
  /** Benign drops are shown too. */
  readonly all: boolean
}

/** Flows are not asked for: the programs stay off the interfaces, and the smallest table does. */
const flows = 64

export function dropsRequest({flags, targets, raw}: ParsedLine): DropsRequest {
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw})
  const feeds = {...noFeeds, drops: true, dropInterfaces: run.interfaces}
  return {run: {...run, interfaces: [noInterface], feeds}, all: flags['all'] === true}
}
