/** What a product did, beside as many days before. */

import { change, decimal, money, number, share } from '../../format'
import { Stat, type StatProps } from '../../parts/Stat'
import { texts } from '../../texts'
import { useProduct } from './context'
import type { Figures } from './shapes'

const words = texts.products.tiles

export function Tiles() {
  const { result } = useProduct()
  const insight = result.data
  if (!insight) return null
  const { now, before } = insight
  const at = result.dataUpdatedAt
  const tiles: Omit<StatProps, 'at'>[] = [
    { title: words.units.title, definition: words.units.definition, value: number(now.units), ...compared(now.units, before.units) },
    { title: words.revenue.title, definition: words.revenue.definition, value: money(now.revenue), ...compared(now.revenue.amount, before.revenue.amount) },
    { title: words.views.title, definition: words.views.definition, value: number(now.views), ...compared(now.views, before.views) },
    {
      title: words.conversion.title,
      definition: words.conversion.definition,
      value: share(now.conversion),
      beside:
        before.conversion === null
          ? words.conversion.orders(now.orders, number(now.orders))
          : words.conversion.beside(number(now.orders), share(before.conversion)),
    },
    { title: words.stock.title, definition: words.stock.definition, ...stockOf(now) },
    {
      title: words.rating.title,
      definition: words.rating.definition,
      value: decimal(now.rating, 1),
      beside: words.rating.beside(now.ratings, number(now.ratings)),
    },
  ]
  return (
    <div className="grid tiles">
      {tiles.map((tile) => (
        <div key={tile.title} className="span-2">
          <Stat {...tile} at={at} isStale={Boolean(result.error)} />
        </div>
      ))}
    </div>
  )
}

function compared(value: number, before: number): Pick<StatProps, 'beside' | 'tone'> {
  const text = change(value, before)
  if (!text) return { beside: words.nothingBefore }
  return { beside: words.onBefore(text), tone: value === before ? undefined : value > before ? 'good' : 'bad' }
}

function stockOf({ stock, days_left: days }: Figures): Pick<StatProps, 'value' | 'beside'> {
  if (stock === null) return { value: words.stock.notCounted }
  return { value: number(stock), beside: days === null ? '' : words.stock.beside(decimal(days, 0)) }
}
