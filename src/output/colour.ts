import {styleText} from 'node:util'

export type ColourChoice = 'auto' | 'always' | 'never'
type Style = Parameters<typeof styleText>[0]

/** Words for what a colour means; without colour each returns its text. */
export interface Palette {
  readonly heading: Paint
  readonly quiet: Paint
  readonly name: Paint
  readonly good: Paint
  readonly warning: Paint
  readonly bad: Paint
  readonly strong: Paint
  readonly selected: Paint
}
type Paint = (text: string) => string

const styles: Readonly<Record<keyof Palette, Style>> = {
  heading: ['bold', 'cyan'],
  quiet: 'dim',
  name: 'cyan',
  good: 'green',
  warning: 'yellow',
  bad: ['bold', 'red'],
  strong: 'bold',
  selected: 'inverse',
}

export function palette(isColoured: boolean): Palette {
  const paint = (style: Style): Paint =>
    isColoured ? (text) => styleText(style, text, {validateStream: false}) : (text) => text
  const {heading, quiet, name, good, warning, bad, strong, selected} = styles
  return {
    heading: paint(heading),
    quiet: paint(quiet),
    name: paint(name),
    good: paint(good),
    warning: paint(warning),
    bad: paint(bad),
    strong: paint(strong),
    selected: paint(selected),
  }
}

/** https://no-color.org: any non-empty NO_COLOR; an explicit --color wins. */
export function isColoured(choice: ColourChoice, {isTerminal, environment}: ColourContext): boolean {
  if (choice !== 'auto') return choice === 'always'
  return isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}

export interface ColourContext {
  readonly isTerminal: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}
