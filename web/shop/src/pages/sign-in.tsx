/** The pages of signing in and registering. */

import { Link, useLocation, useSearch } from 'wouter'
import { RegisterForm, SignInForm } from '../parts/sign-in-forms'
import { goOnPath } from '../paths'
import { texts } from '../texts'
import { useTitle } from '../title'

const useGoOn = (): (() => void) => {
  const [, go] = useLocation()
  const search = useSearch()
  return () => go(goOnPath(search), { replace: true })
}

export const SignInPage = () => {
  useTitle(texts.account.signInTitle)
  const search = useSearch()
  return (
    <div className="narrow">
      <h1>{texts.account.signInTitle}</h1>
      <p className="muted">{texts.account.signInLead}</p>
      <SignInForm done={useGoOn()} />
      <p>
        {texts.account.noAccount} <Link href={`/register${search && `?${search}`}`}>{texts.account.register}</Link>
      </p>
    </div>
  )
}

export const RegisterPage = () => {
  useTitle(texts.account.registerTitle)
  const search = useSearch()
  return (
    <div className="narrow">
      <h1>{texts.account.registerTitle}</h1>
      <p className="muted">{texts.account.registerLead}</p>
      <RegisterForm done={useGoOn()} />
      <p>
        {texts.account.hasAccount} <Link href={`/sign-in${search && `?${search}`}`}>{texts.account.signIn}</Link>
      </p>
    </div>
  )
}
