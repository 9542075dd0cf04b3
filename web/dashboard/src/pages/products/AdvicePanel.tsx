/** Whether to order a product, how much, and what that rests on. */

import { NOTHING, decimal, number, share } from '../../format'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { texts } from '../../texts'
import { Risk } from './StockAdvice'
import { useProduct } from './context'
import type { Advice } from './shapes'

const words = texts.products.advice

export function AdvicePanel() {
  const { result } = useProduct()
  const advice = result.data?.advice
  return (
    <Panel
      title={words.one}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    >
      {advice ? <Shown advice={advice} /> : <Empty text={words.none} />}
    </Panel>
  )
}

function Shown({ advice }: { advice: Advice }) {
  const { stock, reorder_point: point, order_quantity: quantity } = advice
  const isDue = stock !== null && stock <= point
  const facts: [string, React.ReactNode][] = [
    [words.stock, number(stock)],
    [words.leadDemand, decimal(advice.lead_demand, 1)],
    [words.reorderPoint, number(point)],
    [words.orderUpTo, number(advice.order_up_to)],
    [words.daysLeft, decimal(advice.days_left, 0)],
    [words.shortage, <Risk key="risk" of={advice.shortage} />],
  ]
  return (
    <div className="stack">
      <p className="advice" data-due={isDue}>
        <strong>
          {stock === null
            ? words.notCounted
            : isDue
              ? words.orderNow(number(quantity ?? 0))
              : words.enough}
        </strong>
      </p>
      {stock !== null && <Gauge advice={advice} stock={stock} />}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value ?? NOTHING}</dd>
          </div>
        ))}
      </dl>
      <p className="small soft">
        {words.rests(number(point), share(advice.shortage), number(advice.position))}
      </p>
    </div>
  )
}

function Gauge({ advice, stock }: { advice: Advice; stock: number }) {
  const most = Math.max(stock, advice.order_up_to, 1)
  return (
    <div
      className="gauge"
      role="img"
      aria-label={words.gauge(
        number(stock),
        number(advice.reorder_point),
        number(advice.order_up_to),
      )}
    >
      <i style={{ width: `${(100 * stock) / most}%` }} data-low={stock <= advice.reorder_point} />
      <b style={{ left: `${(100 * advice.reorder_point) / most}%` }} />
    </div>
  )
}
