/** Money, dates and numbers as the browser's locale writes them. */

import type { Money } from './api/types'

const formats = new Map<string, Intl.NumberFormat>()

const format = (currency: string): Intl.NumberFormat => {
  let found = formats.get(currency)
  if (!found) formats.set(currency, (found = new Intl.NumberFormat(undefined, { style: 'currency', currency })))
  return found
}

/** The amount in whole units: 12.99 of 1299 cents. */
export const units = ({ amount, currency }: Money): number =>
  amount / 10 ** (format(currency).resolvedOptions().maximumFractionDigits ?? 2)

export const money = (given: Money): string => format(given.currency).format(units(given))

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export const date = (given: string): string => day.format(new Date(given))
export const dateAndTime = (given: string): string => moment.format(new Date(given))

const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export const stars = (average: number): string => decimal.format(average)

const regions = new Intl.DisplayNames(undefined, { type: 'region' })

/** The name of a country by its ISO 3166 code; anything else as it is. */
export const country = (code: string): string => {
  try {
    return regions.of(code) ?? code
  } catch {
    return code
  }
}
