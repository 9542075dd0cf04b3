/** A rule as it is built on the screen, and as the API takes it. */

import type { Said } from './shapes'

export const NUMBERS = {
  orders: 'count',
  revenue_minor: 'money',
  mean_order_minor: 'money',
  value_minor: 'money',
  discount_share: 'share',
  days_since_order: 'days',
  days_since_seen: 'days',
  days_known: 'days',
  product_views: 'count',
  basket_adds: 'count',
  mean_rating: 'count',
  recency_score: 'count',
  frequency_score: 'count',
  monetary_score: 'count',
  cluster: 'count',
  chance_alive: 'share',
  expected_orders: 'count',
} as const

export type NumberName = keyof typeof NUMBERS

export const DEEDS = ['viewed', 'added', 'bought'] as const
export type Deed = (typeof DEEDS)[number]

export const KINDS = ['number', 'did', 'segment', 'known', 'consent'] as const
export type Kind = (typeof KINDS)[number]

interface Node {
  id: number
  isNot: boolean
}

export interface Group extends Node {
  kind: 'group'
  match: 'all' | 'any'
  parts: readonly Part[]
}

export interface NumberPart extends Node {
  kind: 'number'
  name: NumberName
  atLeast: string
  atMost: string
}

export interface DidPart extends Node {
  kind: 'did'
  deed: Deed
  of: 'anything' | 'category' | 'product'
  target: string
  withinDays: string
  times: string
}

export interface SegmentPart extends Node {
  kind: 'segment'
  segment: string
}

export interface KnownPart extends Node {
  kind: 'known'
  isKnown: boolean
}

export interface ConsentPart extends Node {
  kind: 'consent'
  purpose: string
}

export type Condition = NumberPart | DidPart | SegmentPart | KnownPart | ConsentPart
export type Part = Group | Condition

let lastId = 0

function nextId(): number {
  lastId += 1
  return lastId
}

export function newGroup(parts: readonly Part[] = [newCondition('number')]): Group {
  return { id: nextId(), kind: 'group', isNot: false, match: 'all', parts }
}

export function newCondition(kind: Kind): Condition {
  const node = { id: nextId(), isNot: false }
  switch (kind) {
    case 'number':
      return { ...node, kind, name: 'orders', atLeast: '1', atMost: '' }
    case 'did':
      return {
        ...node,
        kind,
        deed: 'viewed',
        of: 'anything',
        target: '',
        withinDays: '30',
        times: '1',
      }
    case 'segment':
      return { ...node, kind, segment: 'loyal' }
    case 'known':
      return { ...node, kind, isKnown: true }
    case 'consent':
      return { ...node, kind, purpose: 'marketing' }
  }
}

/** Returns what the API takes. `digits`: those of the shop's currency, for amounts of money. */
export function said(part: Part, digits: number): Said {
  const rule = bare(part, digits)
  return part.isNot ? { not: rule } : rule
}

function bare(part: Part, digits: number): Said {
  switch (part.kind) {
    case 'group':
      return { [part.match]: part.parts.map((one) => said(one, digits)) }
    case 'number':
      return {
        number: part.name,
        ...(part.atLeast !== '' && { at_least: toApi(part.name, part.atLeast, digits) }),
        ...(part.atMost !== '' && { at_most: toApi(part.name, part.atMost, digits) }),
      }
    case 'did':
      return {
        did: part.deed,
        ...(part.of === 'category' && { category: part.target }),
        ...(part.of === 'product' && { product_id: part.target }),
        ...(part.withinDays !== '' && { within_days: Number(part.withinDays) }),
        ...(part.deed !== 'bought' && part.times !== '' && { at_least: Number(part.times) }),
      }
    case 'segment':
      return { segment: part.segment }
    case 'known':
      return { known: part.isKnown }
    case 'consent':
      return { consent: part.purpose }
  }
}

/** Returns a rule of the API as it is built on the screen: a group, whatever it was. */
export function built(rule: Said, digits: number): Group {
  const part = read(rule, digits, false)
  return part.kind === 'group' && !part.isNot ? part : newGroup([part])
}

function read(rule: Said, digits: number, isNot: boolean): Part {
  const node = { id: nextId(), isNot }
  if ('not' in rule) {
    const inner = read(rule['not'] as Said, digits, !isNot)
    // Twice not is not told by one mark, so it gets a group around it.
    return isNot && inner.isNot ? { ...newGroup([inner]), isNot } : inner
  }
  for (const match of ['all', 'any'] as const) {
    if (match in rule) {
      const parts = (rule[match] as readonly Said[]).map((one) => read(one, digits, false))
      return { ...node, kind: 'group', match, parts }
    }
  }
  if ('number' in rule) {
    const name = rule['number'] as NumberName
    return {
      ...node,
      kind: 'number',
      name,
      atLeast: fromApi(name, rule['at_least'], digits),
      atMost: fromApi(name, rule['at_most'], digits),
    }
  }
  if ('did' in rule) {
    const of = 'category' in rule ? 'category' : 'product_id' in rule ? 'product' : 'anything'
    return {
      ...node,
      kind: 'did',
      deed: rule['did'] as Deed,
      of,
      target: String(rule['category'] ?? rule['product_id'] ?? ''),
      withinDays: text(rule['within_days']),
      times: text(rule['at_least']) || '1',
    }
  }
  if ('segment' in rule) return { ...node, kind: 'segment', segment: String(rule['segment']) }
  if ('known' in rule) return { ...node, kind: 'known', isKnown: rule['known'] === true }
  return { ...node, kind: 'consent', purpose: String(rule['consent'] ?? '') }
}

function toApi(name: NumberName, value: string, digits: number): number {
  const unit = NUMBERS[name]
  if (unit === 'money') return Math.round(Number(value) * 10 ** digits)
  return unit === 'share' ? Number(value) / 100 : Number(value)
}

function fromApi(name: NumberName, value: unknown, digits: number): string {
  if (typeof value !== 'number') return ''
  const unit = NUMBERS[name]
  const shown = unit === 'money' ? value / 10 ** digits : unit === 'share' ? value * 100 : value
  return String(Number(shown.toFixed(6)))
}

function text(value: unknown): string {
  return value === undefined ? '' : String(value)
}
