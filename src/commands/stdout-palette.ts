import {type ColourChoice, isColoured, type Palette, palette} from '../output/colour.ts'

/** For what goes to stdout. */
export const stdoutPalette = (choice: ColourChoice): Palette =>
  palette(isColoured(choice, {isTerminal: process.stdout.isTTY, environment: process.env}))
