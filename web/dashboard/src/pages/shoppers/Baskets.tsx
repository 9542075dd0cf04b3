/** What somebody means to buy. */

import { Link } from 'wouter'

import { useProductNames } from '../../api/product-names'
import { money, number, since } from '../../format'
import { useNow } from '../../live/use-live'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import { usePerson } from './context'
import type { Basket } from './shapes'

const words = texts.shoppers.basket

export function Baskets() {
  const { result } = usePerson()
  const baskets = result.data?.baskets ?? []
  const sheet = () => ({
    columns: ['owner', 'product_id', 'quantity', 'unit_price_minor', 'currency'],
    rows: baskets.flatMap((basket) =>
      basket.items.map((item) => [basket.owner, item.product_id, item.quantity, item.unit_price.amount, item.unit_price.currency]),
    ),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      {...(baskets.length > 0 && { sheet })}
    >
      {baskets.length === 0 ? <Empty text={words.none} /> : baskets.map((basket) => <One key={basket.owner} basket={basket} />)}
    </Panel>
  )
}

function One({ basket }: { basket: Basket }) {
  const names = useProductNames()
  const now = useNow()
  return (
    <div className="stack">
      <ul className="lines">
        {basket.items.map((item) => (
          <li key={item.product_id}>
            <span>
              {number(item.quantity)} ×{' '}
              <Link href={`~/products/${partOf(item.product_id)}`}>{names.get(item.product_id) ?? item.product_id}</Link>
            </span>
            <span className="number">{money({ ...item.unit_price, amount: item.unit_price.amount * item.quantity })}</span>
          </li>
        ))}
        <li className="total">
          <span className="soft small">{words.touched(since(now - Date.parse(basket.last_activity_at)))}</span>
          <strong className="number">{money(basket.total)}</strong>
        </li>
      </ul>
    </div>
  )
}
