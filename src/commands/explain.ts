import {Args} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {rulePages} from '../diagnosis/rules.ts'
import type {RulePage} from '../diagnosis/rule.ts'
import {badUsage} from '../errors.ts'
import {jsonLine} from '../output/json.ts'
import {nearest} from '../output/nearest.ts'
import {listText, pageText} from './explain-text.ts'
import {outputWidth} from './output-width.ts'
import {stdoutPalette} from './stdout-palette.ts'

export class Explain extends BaseCommand {
  static override summary = 'Say what a finding means, how it is found, and what to do.'
  static override description =
    'Shows the page of one rule: what it means, how it is found, what looks like it and is not, what to do, and the RFCs. Without a rule, lists all of them.'
  static override examples = [
    'kubectl ipv6 explain',
    'kubectl ipv6 explain exthdr/rh0',
    'kubectl ipv6 explain ndp',
    'kubectl ipv6 explain -o json',
  ]
  static override args = {
    rule: Args.string({name: 'RULE', description: 'A rule as findings name it (ndp/hoplimit), or an area (ndp).'}),
  }

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Explain)
    const pages = pagesFor(args.rule)
    const [page] = pages
    const paint = stdoutPalette(flags.color)
    const shape = {width: outputWidth(80), paint}
    if (flags.output === 'json') process.stdout.write(pages.map((each) => jsonLine({kind: 'rule', ...each})).join(''))
    else if (args.rule === page?.rule && page !== undefined) process.stdout.write(pageText(page, shape))
    else process.stdout.write(listText(pages, shape))
  }
}

/** The one page of a rule, those of an area, or all of them. */
function pagesFor(word: string | undefined): readonly RulePage[] {
  if (word === undefined) return rulePages
  const found = rulePages.filter(({rule}) => rule === word || rule.startsWith(`${word}/`))
  if (found.length === 0) throw unknownRule(word)
  return found
}

function unknownRule(word: string) {
  const names = rulePages.map(({rule}) => rule)
  const inWord = names.filter((name) => name.split('/')[1] === word)
  const near = nearest(word, names)
  const meant = [...new Set([...inWord, ...(near === undefined ? [] : [near])])]
  return badUsage(
    `There is no rule "${word}"`,
    meant.length === 0
      ? 'To list all rules: kubectl ipv6 explain'
      : `Did you mean: kubectl ipv6 explain ${meant.join(', or ')}`,
  )
}
