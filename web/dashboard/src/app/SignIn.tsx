/** The door for the staff. */

import { useState } from 'react'

import { signIn } from '../api/session'
import { Form, TextField } from '../parts/Form'
import { texts } from '../texts'

export function SignIn() {
  const [isShopper, setShopper] = useState(false)
  const submit = async (fields: FormData): Promise<void> => {
    const [username, password] = [String(fields.get('username')), String(fields.get('password'))]
    setShopper(!(await signIn(username, password)))
  }
  return (
    <main className="door">
      <div className="card stack">
        <p className="brand">
          <img src="/icon.svg" alt="" />
          {texts.app.name}
        </p>
        <h1 className="unseen">{texts.signIn.title}</h1>
        <p className="soft">{texts.signIn.intro}</p>
        <Form action={texts.signIn.action} onSubmit={submit}>
          <TextField
            name="username"
            label={texts.signIn.username}
            autoComplete="username"
            required
            autoFocus
          />
          <TextField
            name="password"
            label={texts.signIn.password}
            type="password"
            autoComplete="current-password"
            required
          />
        </Form>
        {isShopper && (
          <p className="warn" role="alert">
            {texts.signIn.isShopper} <a href="/shop/">{texts.signIn.toShop}</a>
          </p>
        )}
      </div>
    </main>
  )
}
