/** Checkout on one page: who, where to, how it is paid; then the order is placed, once. */

import { useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useBasket } from '../api/basket'
import { newKey } from '../api/http'
import { placeOrder } from '../api/orders'
import { said } from '../api/problems'
import { useAccount, useShopperId } from '../api/session'
import type { Account, Address, Basket } from '../api/types'
import { country, units } from '../format'
import { AddressForm } from '../parts/address-form'
import { RegisterForm, SignInForm } from '../parts/sign-in-forms'
import { Empty, Failed, Skeleton } from '../parts/states'
import { orderPath } from '../paths'
import { texts } from '../texts'
import { useTitle } from '../title'
import { tell } from '../tracker'
import { Summary } from './basket'

const METHODS = ['card', 'invoice', 'transfer'] as const
type Method = (typeof METHODS)[number]

export const CheckoutPage = () => {
  useTitle(texts.checkout.title)
  const basket = useBasket()
  const [isPlaced, setPlaced] = useState(false)
  useBegun(basket.data)
  if (basket.isError) return <Failed error={basket.error} retry={() => void basket.refetch()} />
  if (!basket.data || isPlaced) return <Skeleton lines={6} />
  if (!basket.data.pieces)
    return (
      <Empty title={texts.checkout.empty}>
        <Link href="/products" className="button">
          {texts.basket.browse}
        </Link>
      </Empty>
    )
  return <Checkout basket={basket.data} placed={() => setPlaced(true)} />
}

/** Tell once that a checkout has begun. */
const useBegun = (basket: Basket | undefined): void => {
  const isTold = useRef(false)
  useEffect(() => {
    if (isTold.current || !basket?.total) return
    isTold.current = true
    tell('Checkout Started', { value: units(basket.total), currency: basket.total.currency })
  }, [basket])
}

const Checkout = ({ basket, placed }: { basket: Basket; placed: () => void }) => {
  const [, go] = useLocation()
  const account = useAccount().data
  const wasAnonymous = useRef(false)
  if (useShopperId() === '') wasAnonymous.current = true
  const [chosen, setChosen] = useState<string>()
  const [method, setMethod] = useState<Method>('card')
  const [error, setError] = useState<unknown>(null)
  const [isPlacing, setPlacing] = useState(false)
  const key = useRef(newKey())
  const addressId = chosen ?? account?.addresses[0]?.address_id
  const isReady = !!account && !!addressId

  const place = async (): Promise<void> => {
    if (!isReady || isPlacing) return
    setPlacing(true)
    setError(null)
    try {
      const order = await placeOrder(addressId, method, key.current)
      placed()
      go(`${orderPath(order.order_id)}?new=true`, { replace: true })
    } catch (problem) {
      setError(problem)
      setPlacing(false)
    }
  }

  return (
    <>
      <h1>{texts.checkout.title}</h1>
      <div className="basket">
        <div className="steps">
          <Who account={account} />
          {account && <Where account={account} chosen={addressId} choose={setChosen} isNext={wasAnonymous.current} />}
          {account && <How method={method} choose={setMethod} />}
        </div>
        <Summary basket={basket}>
          {error !== null && (
            <p className="notice notice-bad" role="alert">
              {said(error)}
            </p>
          )}
          <button type="button" className="button button-large" disabled={!isReady} onClick={() => void place()}>
            {isPlacing ? texts.checkout.placing : texts.checkout.place}
          </button>
        </Summary>
      </div>
    </>
  )
}

const Who = ({ account }: { account: Account | undefined }) => {
  const shopperId = useShopperId()
  const [isKnown, setKnown] = useState(false)
  return (
    <section className="step" aria-labelledby="who">
      <h2 id="who">{texts.checkout.steps.who}</h2>
      {account && <p>{texts.checkout.signedIn(account.name, account.username)}</p>}
      {!account && shopperId !== '' && <Skeleton lines={2} />}
      {!account && shopperId === '' && (
        <>
          <p className="muted">{texts.checkout.whoLead}</p>
          <div className="tabs" role="group" aria-label={texts.checkout.steps.who}>
            {[false, true].map(known => (
              <button
                key={`${known}`}
                type="button"
                aria-pressed={known === isKnown}
                onClick={() => setKnown(known)}
              >
                {known ? texts.checkout.known : texts.checkout.newHere}
              </button>
            ))}
          </div>
          {isKnown ? <SignInForm /> : <RegisterForm />}
        </>
      )}
    </section>
  )
}

interface WhereProps {
  account: Account
  chosen: string | undefined
  choose: (addressId: string) => void
  /** Whether it has just become possible to go on here. */
  isNext: boolean
}

const Where = ({ account, chosen, choose, isNext }: WhereProps) => {
  const [isAdding, setAdding] = useState(false)
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    if (isNext) place.current?.focus()
  }, [])
  const isFormShown = isAdding || !account.addresses.length
  const saved = ({ address_id: id }: Address): void => {
    choose(id)
    setAdding(false)
    place.current?.focus() // the form is gone
  }
  return (
    <section ref={place} tabIndex={-1} className="step" aria-labelledby="where">
      <h2 id="where">{texts.checkout.steps.where}</h2>
      {account.addresses.length > 0 && (
        <fieldset className="choices">
          <legend className="visually-hidden">{texts.checkout.address}</legend>
          {account.addresses.map(({ address_id: id, ...lines }) => (
            <label key={id}>
              <input type="radio" name="address" checked={id === chosen} onChange={() => choose(id)} />
              <span>
                <strong>{lines.recipient}</strong>
                <small>{`${lines.street}, ${lines.postcode} ${lines.city}, ${country(lines.country)}`}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {isFormShown ? (
        <AddressForm name={account.name} saved={saved} cancel={account.addresses.length ? () => setAdding(false) : undefined} />
      ) : (
        <button type="button" className="button button-quiet" onClick={() => setAdding(true)}>
          {texts.checkout.otherAddress}
        </button>
      )}
    </section>
  )
}

const How = ({ method, choose }: { method: Method; choose: (method: Method) => void }) => (
  <section className="step" aria-labelledby="how">
    <h2 id="how">{texts.checkout.steps.how}</h2>
    <fieldset className="choices">
      <legend className="visually-hidden">{texts.checkout.payment}</legend>
      {METHODS.map(each => (
        <label key={each}>
          <input type="radio" name="method" checked={each === method} onChange={() => choose(each)} />
          <span>
            <strong>{texts.checkout.methods[each]}</strong>
            <small>{texts.checkout.methodHints[each]}</small>
          </span>
        </label>
      ))}
    </fieldset>
  </section>
)
