import {type Severity} from '../diagnosis/finding.ts'
import {badUsage} from '../errors.ts'
import {noFeeds} from '../protocol/settings.ts'
import {canMatchIPv6} from './filter.ts'
import {flagsOf, type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface ExthdrRequest {
  readonly run: ObserveRequest
  readonly isFindingsOnly: boolean
  readonly failOn: Severity | 'never'
}

export function exthdrRequest({flags, targets, raw}: ParsedLine): ExthdrRequest {
  const run = observeRequest({flags, targets, raw})
  if (!canMatchIPv6(flagsOf(raw)))
    throw badUsage(
      'IPv4 has no extension headers, and the filter leaves no IPv6',
      'Leave --family out, or loosen the filter; observe counts every packet.',
    )
  return {
    run: {...run, feeds: {...noFeeds, chains: true, facts: true}},
    isFindingsOnly: flags['findings-only'] === true,
    failOn: flags['fail-on'] as ExthdrRequest['failOn'], // oclif has checked it against the same list
  }
}
