/** The colours of a picture: those that the product says it has, else some that its id chooses. */

import { hash } from './hash'

const NAMED: Record<string, string> = {
  sage: '#8ba287', cobalt: '#345fb5', rust: '#b2542f', ivory: '#f1e7d3', plum: '#744263', mustard: '#d5a437',
  charcoal: '#474c52', coral: '#ec7f68', mint: '#9ed2bd', red: '#c1443c', blue: '#3f6fae', green: '#5f8f62',
  yellow: '#dfb23f', orange: '#dd8438', pink: '#df8fa3', purple: '#7a5596', brown: '#8a5f42', black: '#35383c',
  white: '#f4f1ea', grey: '#8c9196', gray: '#8c9196',
}

const OTHERS = ['sage', 'cobalt', 'rust', 'plum', 'mustard', 'charcoal', 'coral', 'mint'] as const
const GROUNDS = ['#e9d9c8', '#d9dfd2', '#d3dde3', '#e8d5d3', '#e2dcec', '#efe3c3', '#cfdcd8']
const DEEP_GROUNDS = ['#b98e74', '#7f9483', '#7f96a6', '#a8848a', '#8d86a8']

type Rgb = [number, number, number]

const parse = (colour: string): Rgb => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16)) as Rgb

export const mix = (one: string, other: string, share: number): string => {
  const [from, to] = [parse(one), parse(other)]
  return '#' + from.map((part, at) => Math.round(part + (to[at]! - part) * share).toString(16).padStart(2, '0')).join('')
}

const lightness = (colour: string): number => {
  const [red, green, blue] = parse(colour)
  return (red * 0.3 + green * 0.59 + blue * 0.11) / 255
}

export interface Colours {
  main: string
  dark: string
  light: string
  accent: string
  ground: string
}

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length]!

/** The first colour that a text names. */
const namedIn = (text: string): string | undefined =>
  text.toLowerCase().split(/[^a-z]+/).map(word => NAMED[word]).find(Boolean)

/** Light things stand before deep grounds, so that they are seen. */
export const coloursOf = (id: string, said: string): Colours => {
  const number = hash(id)
  const main = namedIn(said) ?? NAMED[pick(OTHERS, number)]!
  const isLight = lightness(main) > 0.68
  return {
    main,
    dark: mix(main, '#2b211b', 0.28),
    light: mix(main, '#fffaf2', 0.5),
    accent: lightness(main) > 0.5 ? '#b2542f' : '#e9b44c',
    ground: pick(isLight ? DEEP_GROUNDS : GROUNDS, number >>> 5),
  }
}
