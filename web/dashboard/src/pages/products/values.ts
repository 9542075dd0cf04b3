/** A product as it is typed into a form, and what of it changed. */

import type { Money } from '../../api/shapes'
import { digitsOf, major } from '../../format'
import type { Insight } from './shapes'

export interface Values {
  name: string
  description: string
  category: string
  /** In the larger unit of the currency. */
  price: string
  currency: string
  /** Empty where the shop does not count it. */
  stock: string
  image_url: string
  attributes: readonly Attribute[]
}

export interface Attribute {
  key: number
  name: string
  value: string
}

export type FieldName = Exclude<keyof Values, 'currency'>

export const FIELDS: readonly FieldName[] = [
  'name',
  'category',
  'price',
  'stock',
  'description',
  'image_url',
  'attributes',
]

export function emptyValues(currency: string): Values {
  return {
    name: '',
    description: '',
    category: '',
    price: '',
    currency,
    stock: '',
    image_url: '',
    attributes: [],
  }
}

export function valuesOf({ now, description, image_url, attributes }: Insight): Values {
  return {
    name: now.name,
    description,
    category: now.category,
    price: String(major(now.price)),
    currency: now.price.currency,
    stock: now.stock === null ? '' : String(now.stock),
    image_url,
    attributes: Object.entries(attributes).map(([name, value], key) => ({ key, name, value })),
  }
}

/** Returns the fields that are not the same. */
export function changed(before: Values, after: Values): FieldName[] {
  return FIELDS.filter((field) => shown(before, field) !== shown(after, field))
}

/** Returns a field as a text that can be compared and shown. */
export function shown(values: Values, field: FieldName): string {
  if (field !== 'attributes') return values[field].trim()
  return values.attributes
    .filter((one) => one.name.trim())
    .map((one) => `${one.name.trim()}: ${one.value.trim()}`)
    .sort()
    .join('\n')
}

/** Returns the fields as the API takes them. */
export function body(values: Values, fields: readonly FieldName[]): Record<string, unknown> {
  const said: Record<string, unknown> = {
    name: values.name.trim(),
    description: values.description.trim(),
    category: values.category,
    price: price(values),
    stock: values.stock.trim() === '' ? null : Number(values.stock),
    image_url: values.image_url.trim(),
    attributes: Object.fromEntries(
      values.attributes
        .filter((one) => one.name.trim())
        .map((one) => [one.name.trim(), one.value.trim()]),
    ),
  }
  return Object.fromEntries(fields.map((field) => [field, said[field]]))
}

function price({ price: typed, currency }: Values): Money {
  const code = currency.trim().toUpperCase()
  return { amount: Math.round(Number(typed) * 10 ** digitsOf(code)), currency: code }
}
