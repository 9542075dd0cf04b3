/** The basket, with what goes well with it. */

import { Link } from 'wouter'
import { useBasket, useChange, useClear } from '../api/basket'
import { useProductsById } from '../api/catalogue'
import { said } from '../api/problems'
import { useIsPersonal } from '../api/recommendations'
import type { Basket, Line, Product } from '../api/types'
import { money } from '../format'
import { Icon } from '../parts/icon'
import { Quantity } from '../parts/quantity'
import { RecommendedRow } from '../parts/recommended'
import { Empty, Failed, Skeleton } from '../parts/states'
import { announce, complain } from '../parts/toast'
import { productPath } from '../paths'
import { Picture } from '../pictures/picture'
import { texts } from '../texts'
import { useTitle } from '../title'

export const BasketPage = () => {
  useTitle(texts.basket.title)
  const basket = useBasket()
  if (basket.isError) return <Failed error={basket.error} retry={() => void basket.refetch()} />
  if (!basket.data) return <Skeleton lines={6} />
  return (
    <>
      {basket.data.pieces ? <Filled basket={basket.data} /> : <NothingInside />}
      <Complements basket={basket.data} />
    </>
  )
}

const NothingInside = () => (
  <Empty title={texts.basket.empty}>
    <p>{texts.basket.emptyLead}</p>
    <Link href="/products" className="button">
      {texts.basket.browse}
    </Link>
  </Empty>
)

const Filled = ({ basket }: { basket: Basket }) => {
  const products = useProductsById(basket.items.map(line => line.product_id))
  const clear = useClear()
  return (
    <>
      <h1>{texts.basket.title}</h1>
      <div className="basket">
        <div>
          <table className="lines">
            <thead>
              <tr>
                <th scope="col">{texts.basket.product}</th>
                <th scope="col">{texts.basket.quantity}</th>
                <th scope="col" className="number">
                  {texts.basket.total}
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {basket.items.map(line => (
                <BasketLine
                  key={line.product_id}
                  line={line}
                  product={products.data?.get(line.product_id)}
                  isWithdrawn={products.isSuccess && !products.isPlaceholderData && !products.data.has(line.product_id)}
                />
              ))}
            </tbody>
          </table>
          <button
            type="button"
            className="button button-quiet"
            onClick={() => clear.mutate(undefined, { onError: error => complain(said(error)) })}
          >
            {texts.basket.clear}
          </button>
        </div>
        <Summary basket={basket}>
          <Link href="/checkout" className="button button-large">
            {texts.basket.checkout} <Icon name="arrow" />
          </Link>
        </Summary>
      </div>
    </>
  )
}

interface LineProps {
  line: Line
  product: Product | undefined
  isWithdrawn: boolean
}

const BasketLine = ({ line, product, isWithdrawn }: LineProps) => {
  const change = useChange()
  const name = product?.name ?? line.product_id
  const stock = product?.stock ?? null
  const to = (quantity: number): void =>
    change.mutate(
      { productId: line.product_id, quantity },
      {
        onSuccess: () => {
          if (!quantity) announce(texts.basket.removed(name))
        },
        onError: error => complain(said(error)),
      },
    )
  return (
    <tr>
      <th scope="row">
        <div className="line-product">
          <Picture product={product ?? { product_id: line.product_id, name }} />
          <span>
            {isWithdrawn ? name : <Link href={productPath(line.product_id)}>{name}</Link>}
            <small>{texts.orders.each(money(line.unit_price))}</small>
            {isWithdrawn && <small className="wrong">{texts.basket.withdrawn}</small>}
            {stock !== null && stock < line.quantity && <small className="wrong">{texts.basket.tooMany(stock)}</small>}
          </span>
        </div>
      </th>
      <td>
        <Quantity label={texts.basket.quantityOf(name)} value={line.quantity} most={stock && Math.max(stock, line.quantity)} change={to} />
      </td>
      <td className="number">{money(line.total)}</td>
      <td>
        <button type="button" className="icon-button" aria-label={texts.basket.remove(name)} onClick={() => to(0)}>
          <Icon name="bin" />
        </button>
      </td>
    </tr>
  )
}

export const Summary = ({ basket, children }: { basket: Basket; children: React.ReactNode }) => (
  <aside className="summary" aria-label={texts.basket.summary}>
    <dl>
      <div>
        <dt>{texts.basket.goods(basket.pieces)}</dt>
        <dd>{basket.total && money(basket.total)}</dd>
      </div>
      <div>
        <dt>{texts.basket.shipping}</dt>
        <dd>{texts.basket.free}</dd>
      </div>
      <div className="summary-total">
        <dt>{texts.basket.total}</dt>
        <dd>{basket.total && money(basket.total)}</dd>
      </div>
    </dl>
    {children}
    <p className="hint">{texts.demo}</p>
  </aside>
)

/** What goes with the basket. Where nobody is to be recognised, it is asked what goes with what came last. */
const Complements = ({ basket }: { basket: Basket }) => {
  const isPersonal = useIsPersonal()
  const ids = basket.items.map(line => line.product_id)
  const last = ids.at(-1)
  return (
    <RecommendedRow
      title={last ? texts.recommendations.complements : texts.front.popular}
      where={
        isPersonal || !last
          ? { placement: 'basket', count: 4, exclude: ids }
          : { placement: 'product', productId: last, count: 4, exclude: ids }
      }
      isLive={isPersonal}
    />
  )
}
