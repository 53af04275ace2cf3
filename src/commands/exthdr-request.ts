import {type Severity} from '../diagnosis/finding.ts'
import {noFeeds} from '../protocol/settings.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface ExthdrRequest {
  readonly run: ObserveRequest
  readonly isFindingsOnly: boolean
  readonly failOn: Severity | 'never'
}

export function exthdrRequest({flags, targets, raw}: ParsedLine): ExthdrRequest {
  const run = observeRequest({flags, targets, raw})
  return {
    run: {...run, feeds: {...noFeeds, chains: true, facts: true}},
    isFindingsOnly: flags['findings-only'] === true,
    failOn: flags['fail-on'] as ExthdrRequest['failOn'], // oclif has checked it against the same list
  }
}
