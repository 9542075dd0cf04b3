/** Orders: all of them, and one, which after it was placed is its confirmation. */

import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useCancel, useOrder, useOrders, useOwnReviews } from '../api/orders'
import { isMissing, said } from '../api/problems'
import { useShopperId } from '../api/session'
import type { Order } from '../api/types'
import { country, date, dateAndTime, money } from '../format'
import type { PageProps } from '../pages'
import { Dialog } from '../parts/dialog'
import { Icon } from '../parts/icon'
import { Empty, Failed, Skeleton } from '../parts/states'
import { announce, complain } from '../parts/toast'
import { orderPath, productPath } from '../paths'
import { Picture } from '../pictures/picture'
import { texts } from '../texts'
import { useTitle } from '../title'

export const OrdersPage = () => {
  useTitle(texts.orders.title)
  const shopperId = useShopperId()
  const found = useOrders()
  if (shopperId === '') return <SignInFirst next="/orders" />
  if (found.isError) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Skeleton lines={6} />
  const orders = found.data.pages.flatMap(page => page.items)
  if (!orders.length)
    return (
      <Empty title={texts.orders.none}>
        <p>{texts.orders.noneLead}</p>
        <Link href="/products" className="button">
          {texts.basket.browse}
        </Link>
      </Empty>
    )
  return (
    <>
      <h1>{texts.orders.title}</h1>
      <ul className="orders">
        {orders.map(order => (
          <li key={order.order_id}>
            <Link href={orderPath(order.order_id)} className="order-card">
              <span className="order-pictures">
                {order.lines.slice(0, 4).map(line => (
                  <Picture key={line.product_id} product={line} />
                ))}
              </span>
              <span>
                <strong>{date(order.placed_at)}</strong>
                <small>{order.lines.map(line => line.name).join(', ')}</small>
              </span>
              <Status order={order} />
              <span className="price">{money(order.total)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <div className="more">
          <button type="button" className="button button-quiet" onClick={() => void found.fetchNextPage()}>
            {texts.orders.more}
          </button>
        </div>
      )}
    </>
  )
}

export const OrderPage = ({ params }: PageProps) => {
  const id = params.order ?? ''
  const [search] = useSearchParams()
  const isNew = search.has('new')
  useTitle(isNew ? texts.orders.thanks : texts.orders.order)
  const shopperId = useShopperId()
  const found = useOrder(id)
  if (shopperId === '') return <SignInFirst next={orderPath(id)} />
  if (found.isError && isMissing(found.error)) return <Empty title={texts.orders.unknown} />
  if (found.isError) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Skeleton lines={6} />
  return (
    <>
      {isNew && found.data.status !== 'cancelled' ? (
        <div className="thanks">
          <Icon name="check" />
          <div>
            <h1>{texts.orders.thanks}</h1>
            <p>{texts.orders.thanksLead}</p>
          </div>
        </div>
      ) : (
        <h1>{texts.orders.order}</h1>
      )}
      <OrderDetails order={found.data} />
      <p>
        <Link href="/orders">{texts.orders.all}</Link>
      </p>
    </>
  )
}

const OrderDetails = ({ order }: { order: Order }) => {
  const reviews = useOwnReviews().data
  return (
    <div className="basket">
      <table className="lines">
        <thead>
          <tr>
            <th scope="col">{texts.basket.product}</th>
            <th scope="col" className="number">
              {texts.basket.quantity}
            </th>
            <th scope="col" className="number">
              {texts.basket.total}
            </th>
          </tr>
        </thead>
        <tbody>
          {order.lines.map(line => (
            <tr key={line.product_id}>
              <th scope="row">
                <div className="line-product">
                  <Picture product={line} />
                  <span>
                    <Link href={productPath(line.product_id)}>{line.name}</Link>
                    <small>{texts.orders.each(money(line.unit_price))}</small>
                    {order.status !== 'cancelled' && (
                      <Link href={`${productPath(line.product_id)}#reviews`} className="line-review">
                        {reviews?.has(line.product_id) ? texts.orders.reviewed : texts.orders.review}
                        <span className="visually-hidden"> {line.name}</span>
                      </Link>
                    )}
                  </span>
                </div>
              </th>
              <td className="number">{line.quantity}</td>
              <td className="number">{money(line.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <aside className="summary" aria-label={texts.basket.summary}>
        <dl>
          <div>
            <dt>{texts.orders.placedAt}</dt>
            <dd>{dateAndTime(order.placed_at)}</dd>
          </div>
          <div>
            <dt>{texts.orders.payment}</dt>
            <dd>{texts.checkout.methods[order.payment as keyof typeof texts.checkout.methods] ?? order.payment}</dd>
          </div>
          <div>
            <dt>{texts.orders.to}</dt>
            <dd>{order.address ? addressOf(order.address) : texts.orders.noAddress}</dd>
          </div>
          <div className="summary-total">
            <dt>{texts.basket.total}</dt>
            <dd>{money(order.total)}</dd>
          </div>
        </dl>
        <Status order={order} />
        {order.status === 'placed' && <Cancel order={order} />}
      </aside>
    </div>
  )
}

const addressOf = ({ recipient, street, postcode, city, country: code }: NonNullable<Order['address']>): string =>
  [recipient, street, `${postcode} ${city}`, country(code)].filter(line => line.trim()).join(', ')

const Status = ({ order }: { order: Order }) => (
  <span className={`status status-${order.status}`}>{texts.orders.status[order.status] ?? order.status}</span>
)

const Cancel = ({ order }: { order: Order }) => {
  const [isAsked, setAsked] = useState(false)
  const cancelling = useCancel(order.order_id)
  const cancel = (): void =>
    cancelling.mutate(undefined, {
      onSuccess: () => announce(texts.orders.cancelled),
      onError: error => complain(said(error)),
      onSettled: () => setAsked(false),
    })
  return (
    <>
      <button type="button" className="button button-quiet" onClick={() => setAsked(true)}>
        {texts.orders.cancel}
      </button>
      <Dialog title={texts.orders.cancelTitle} isOpen={isAsked} close={() => setAsked(false)}>
        <p>{texts.orders.cancelLead}</p>
        <div className="form-buttons">
          <button type="button" className="button" onClick={() => setAsked(false)}>
            {texts.orders.keep}
          </button>
          <button type="button" className="button button-danger" aria-disabled={cancelling.isPending} onClick={cancel}>
            {texts.orders.cancel}
          </button>
        </div>
      </Dialog>
    </>
  )
}

export const SignInFirst = ({ next }: { next: string }) => (
  <Empty title={texts.orders.signIn}>
    <Link href={`/sign-in?${new URLSearchParams({ next })}`} className="button">
      {texts.account.signIn}
    </Link>
  </Empty>
)
