import type {Severity} from '../diagnosis/finding.ts'
import {noFeeds} from '../protocol/settings.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface ListenersRequest {
  readonly run: ObserveRequest
  /** Namespaces that no pod is known for are shown too. */
  readonly showsAll: boolean
  readonly failOn: Severity | 'never'
}

/** No program is loaded: the agent's memory is what the smallest table takes. */
const flows = 64

export function listenersRequest({flags, targets}: ParsedLine): ListenersRequest {
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw: []})
  const showsAll = flags['all-namespaces-of-node'] === true
  const isPod = targets.length > 0 && targets.every((target) => /^(po|pods?)\//.test(target))
  return {
    run: {...run, feeds: noFeeds, listeners: {everywhere: showsAll || !isPod}},
    showsAll,
    failOn: flags['fail-on'] as ListenersRequest['failOn'], // oclif has checked it against the same list
  }
}
