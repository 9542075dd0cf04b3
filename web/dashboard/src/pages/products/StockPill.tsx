/** How much of a product is left, and whether that is too little. */

import { number } from '../../format'
import { texts } from '../../texts'
import type { Figures } from './shapes'

const words = texts.products.stock

export function StockPill({ figures }: { figures: Pick<Figures, 'stock' | 'is_due'> }) {
  const { stock, is_due: isDue } = figures
  if (stock === null) return <span className="soft">{words.notCounted}</span>
  if (stock === 0)
    return (
      <span className="pill" data-tone="bad">
        {words.soldOut}
      </span>
    )
  if (isDue) {
    return (
      <span className="pill" data-tone="warn" title={words.due}>
        {number(stock)} · {words.order}
      </span>
    )
  }
  return <>{number(stock)}</>
}
