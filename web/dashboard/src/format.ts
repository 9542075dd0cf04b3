/** Numbers, money and moments as the reader's browser writes them. */

import type { Money } from './api/shapes'

const LOCALES = typeof navigator === 'undefined' ? undefined : [...navigator.languages]

const whole = new Intl.NumberFormat(LOCALES, { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat(LOCALES, { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat(LOCALES, { style: 'percent', maximumFractionDigits: 1 })
const signedPercent = new Intl.NumberFormat(LOCALES, {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
})
const ago = new Intl.RelativeTimeFormat(LOCALES, { numeric: 'auto', style: 'narrow' })
const clock = new Intl.DateTimeFormat(LOCALES, { timeStyle: 'medium' })
const minute = new Intl.DateTimeFormat(LOCALES, { timeStyle: 'short' })
const day = new Intl.DateTimeFormat(LOCALES, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(LOCALES, { dateStyle: 'medium', timeStyle: 'medium' })

export const NOTHING = '–'

export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : whole.format(value)
}

/** Writes a number in little room: 12.3K. */
export function short(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value)
}

/** Writes a number with so many digits after the point. */
export function decimal(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return NOTHING
  return new Intl.NumberFormat(LOCALES, { maximumFractionDigits: digits }).format(value)
}

/** Writes a number with always so many digits after the point, for columns that are compared. */
export function fixed(value: number, digits: number): string {
  return new Intl.NumberFormat(LOCALES, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value)
}

export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : percent.format(value)
}

/** Writes how much more than before, as in +12 %; nothing where there was nothing before. */
export function change(value: number, before: number): string {
  return before > 0 ? signedPercent.format((value - before) / before) : ''
}

const moneyFormats = new Map<string, Intl.NumberFormat>()

/** Writes money; `isShort` shortens what is large. What has no currency is no money. */
export function money(value: Money | null | undefined, isShort = false): string {
  if (!value?.currency) return NOTHING
  const key = `${value.currency} ${isShort}`
  let format = moneyFormats.get(key)
  if (!format) {
    const shown = { style: 'currency', currency: value.currency } as const
    format = new Intl.NumberFormat(
      LOCALES,
      isShort ? { ...shown, notation: 'compact', maximumFractionDigits: 1 } : shown,
    )
    moneyFormats.set(key, format)
  }
  return format.format(major(value))
}

/** Returns money in its larger unit: 12.99 of 1299 cents; currencies differ in their digits. */
export function major({ amount, currency }: Money): number {
  return currency ? amount / 10 ** digitsOf(currency) : amount
}

/** Returns how many digits a currency has after the point; two where it is not known. */
export function digitsOf(currency: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) return 2
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.resolvedOptions().maximumFractionDigits ?? 2
}

export function clockTime(value: string | number): string {
  return clock.format(new Date(value))
}

export function minuteTime(value: string | number): string {
  return minute.format(new Date(value))
}

export function dayOf(value: string | number): string {
  return day.format(new Date(value))
}

export function dateTime(value: string | number): string {
  return moment.format(new Date(value))
}

/** Writes how long ago something was, in the largest unit that fits. */
export function since(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000))
  if (seconds < 60) return ago.format(-seconds, 'second')
  if (seconds < 3_600) return ago.format(-Math.round(seconds / 60), 'minute')
  if (seconds < 86_400) return ago.format(-Math.round(seconds / 3_600), 'hour')
  return ago.format(-Math.round(seconds / 86_400), 'day')
}

/** Writes a span of time: 3 s, 2 min, 5 h. */
export function duration(seconds: number): string {
  const [value, unit] =
    seconds < 90
      ? [seconds, 'second']
      : seconds < 5_400
        ? [seconds / 60, 'minute']
        : seconds < 172_800
          ? [seconds / 3_600, 'hour']
          : [seconds / 86_400, 'day']
  return new Intl.NumberFormat(LOCALES, {
    style: 'unit',
    unit: unit as string,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

const month = new Intl.DateTimeFormat(LOCALES, { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** Writes a month that is told as 2026-11. */
export function monthOf(value: string): string {
  return month.format(new Date(`${value.slice(0, 7)}-01T00:00:00Z`))
}

const weekday = new Intl.DateTimeFormat(LOCALES, { weekday: 'long', day: 'numeric', month: 'long' })

export function dayInWords(value: string | number): string {
  return weekday.format(new Date(value))
}

const dayOnly = new Intl.DateTimeFormat(LOCALES, { dateStyle: 'medium', timeZone: 'UTC' })

/** Writes a day of the shop's numbers, which are those of UTC: told as 2026-11-26 or as a moment. */
export function utcDay(value: string | number): string {
  return dayOnly.format(new Date(value))
}
