/** The account: profile, addresses, password, reviews, privacy, data. */

import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { client } from '../api/client'
import { useProductsById } from '../api/catalogue'
import { send } from '../api/http'
import { removeAddress, useOwnReviews } from '../api/orders'
import { said } from '../api/problems'
import { ACCOUNT, erase, signOut, useAccount, useShopperId } from '../api/session'
import type { Account } from '../api/types'
import { country } from '../format'
import { AddressForm } from '../parts/address-form'
import { ConsentSwitches } from '../parts/consent'
import { Dialog } from '../parts/dialog'
import { Field, PasswordField } from '../parts/field'
import { Form } from '../parts/form'
import { ProfileFields } from '../parts/sign-in-forms'
import { Stars } from '../parts/stars'
import { Failed, Skeleton } from '../parts/states'
import { announce, complain } from '../parts/toast'
import { productPath } from '../paths'
import { texts } from '../texts'
import { useTitle } from '../title'
import { SignInPage } from './sign-in'

export const AccountPage = () => {
  useTitle(texts.account.title)
  const shopperId = useShopperId()
  const account = useAccount()
  if (shopperId === '') return <SignInPage />
  if (account.isError) return <Failed error={account.error} retry={() => void account.refetch()} />
  if (!account.data) return <Skeleton lines={8} />
  return (
    <>
      <div className="account-head">
        <h1>{texts.account.title}</h1>
        <Link href="/orders" className="button button-quiet">
          {texts.account.orders}
        </Link>
        <SignOut />
      </div>
      <div className="account">
        <Profile account={account.data} />
        <Addresses account={account.data} />
        <Password />
        <OwnReviews />
        <section className="panel" aria-labelledby="account-consent">
          <h2 id="account-consent">{texts.consent.page}</h2>
          <ConsentSwitches />
        </section>
        <Data account={account.data} />
      </div>
    </>
  )
}

const SignOut = () => {
  const [, go] = useLocation()
  const leave = (): void =>
    void signOut().then(
      () => {
        announce(texts.account.signedOut)
        go('/')
      },
      (error: unknown) => complain(said(error)),
    )
  return (
    <button type="button" className="button button-quiet" onClick={leave}>
      {texts.account.signOut}
    </button>
  )
}

const Profile = ({ account }: { account: Account }) => {
  const save = async ({ name, email, username }: Record<string, string>): Promise<void> => {
    const given = { name, email, username }
    const changed = Object.entries(given).filter(([field, value]) => value !== account[field as keyof typeof given])
    if (!changed.length) return announce(texts.account.nothingChanged)
    const saved = await send<Account>('PATCH', '/v1/shoppers/me', { body: Object.fromEntries(changed) })
    client.setQueryData(ACCOUNT, saved)
    announce(texts.account.saved)
  }
  return (
    <section className="panel" aria-labelledby="profile">
      <h2 id="profile">{texts.account.profile}</h2>
      <Form send={save} button={texts.account.save}>
        {wrong => (
          <ProfileFields wrong={wrong} name={account.name} email={account.email} username={account.username} />
        )}
      </Form>
    </section>
  )
}

const Addresses = ({ account }: { account: Account }) => {
  const [isAdding, setAdding] = useState(false)
  const saved = (): void => {
    setAdding(false)
    announce(texts.account.addressSaved)
  }
  const remove = (id: string): void =>
    void removeAddress(id).then(
      () => announce(texts.account.addressRemoved),
      (error: unknown) => complain(said(error)),
    )
  return (
    <section className="panel" aria-labelledby="addresses">
      <h2 id="addresses">{texts.account.addresses}</h2>
      {!account.addresses.length && <p className="muted">{texts.account.noAddresses}</p>}
      <ul className="addresses">
        {account.addresses.map(({ address_id: id, ...lines }) => (
          <li key={id}>
            <address>
              <strong>{lines.recipient}</strong>
              <br />
              {lines.street}
              <br />
              {`${lines.postcode} ${lines.city}, ${country(lines.country)}`}
            </address>
            <button
              type="button"
              className="button button-quiet"
              aria-label={texts.account.removeAddress(lines.recipient, lines.street)}
              onClick={() => remove(id)}
            >
              {texts.account.remove}
            </button>
          </li>
        ))}
      </ul>
      {isAdding ? (
        <AddressForm name={account.name} saved={saved} cancel={() => setAdding(false)} />
      ) : (
        <button type="button" className="button button-quiet" onClick={() => setAdding(true)}>
          {texts.account.addAddress}
        </button>
      )}
    </section>
  )
}

const Password = () => {
  const [round, setRound] = useState(0) // another round begins with empty fields
  const change = async ({ old = '', password = '' }: Record<string, string>): Promise<void> => {
    await send('POST', '/v1/shoppers/me/password', { body: { old_password: old, new_password: password } })
    announce(texts.account.passwordChanged)
    setRound(round + 1)
  }
  return (
    <section className="panel" aria-labelledby="password">
      <h2 id="password">{texts.account.password}</h2>
      <Form
        key={round}
        send={change}
        button={texts.account.changePassword}
      >
        {wrong => (
          <>
            <PasswordField label={texts.account.oldPassword} name="old" autoComplete="current-password" required />
            <PasswordField
              label={texts.account.newPassword}
              hint={texts.account.passwordHint}
              name="password"
              autoComplete="new-password"
              required
              wrong={wrong.password}
            />
          </>
        )}
      </Form>
    </section>
  )
}

const OwnReviews = () => {
  const reviews = useOwnReviews()
  const written = [...(reviews.data?.values() ?? [])]
  const products = useProductsById(written.map(review => review.product_id)).data
  return (
    <section className="panel" aria-labelledby="own-reviews">
      <h2 id="own-reviews">{texts.account.reviews}</h2>
      {reviews.data && !written.length && <p className="muted">{texts.account.noReviews}</p>}
      <ul className="own-reviews">
        {written.map(review => (
          <li key={review.review_id}>
            <Link href={`${productPath(review.product_id)}#reviews`}>
              {products?.get(review.product_id)?.name ?? review.product_id}
            </Link>
            <Stars average={review.rating} />
            <span className="visually-hidden">{texts.reviews.star(review.rating)}</span>
            {review.comment && <p>{review.comment}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

const Data = ({ account }: { account: Account }) => {
  const [isAsked, setAsked] = useState(false)
  return (
    <section className="panel" aria-labelledby="data">
      <h2 id="data">{texts.account.data}</h2>
      <p>{texts.account.exportLead}</p>
      <a className="button button-quiet" href="/v1/shoppers/me/export" download>
        {texts.account.export}
      </a>
      <p>{texts.account.eraseLead}</p>
      <button type="button" className="button button-danger" onClick={() => setAsked(true)}>
        {texts.account.erase}
      </button>
      <Dialog title={texts.account.eraseTitle} isOpen={isAsked} close={() => setAsked(false)}>
        <Erasing account={account} keep={() => setAsked(false)} />
      </Dialog>
    </section>
  )
}

/** Nobody erases an account by a slip: its username is typed first. */
const Erasing = ({ account, keep }: { account: Account; keep: () => void }) => {
  const [, go] = useLocation()
  const [isMismatch, setMismatch] = useState(false)
  const confirm = async ({ typed = '' }: Record<string, string>): Promise<void> => {
    setMismatch(typed.trim() !== account.username)
    if (typed.trim() !== account.username) return
    await erase()
    announce(texts.account.erased)
    go('/')
  }
  return (
    <>
      <p>{texts.account.eraseWarning}</p>
      <Form
        send={confirm}
        button={texts.account.erase}
        isQuiet
        beside={
          <button type="button" className="button" onClick={keep}>
            {texts.account.eraseKeep}
          </button>
        }
      >
        {() => (
          <Field
            label={texts.account.eraseConfirm(account.username)}
            name="typed"
            autoComplete="off"
            autoCapitalize="none"
            wrong={isMismatch ? texts.account.eraseMismatch : undefined}
          />
        )}
      </Form>
    </>
  )
}
