/** Signing in, and registering: the forms, wherever they stand. */

import { StaffLogin, register, signIn } from '../api/session'
import { texts } from '../texts'
import { Field, PasswordField } from './field'
import { Form } from './form'
import { announce } from './toast'

interface Done {
  done?: () => void
}

export const SignInForm = ({ done }: Done) => {
  const send = async ({ username = '', password = '' }: Record<string, string>): Promise<void> => {
    await signIn(username, password)
    announce(texts.account.welcome(username))
    done?.()
  }
  return (
    <Form
      send={send}
      button={texts.account.signIn}
      explain={error => (error instanceof StaffLogin ? texts.account.staff : undefined)}
    >
      {() => (
        <>
          <Field label={texts.account.username} name="username" autoComplete="username" autoCapitalize="none" required />
          <PasswordField label={texts.account.password} name="password" autoComplete="current-password" required />
        </>
      )}
    </Form>
  )
}

export const RegisterForm = ({ done }: Done) => {
  const send = async ({ name = '', email = '', username = '', password = '' }: Record<string, string>): Promise<void> => {
    await register({ name, email, username, password })
    announce(texts.account.welcome(name))
    done?.()
  }
  return (
    <Form send={send} button={texts.account.register}>
      {wrong => (
        <>
          <ProfileFields wrong={wrong} />
          <PasswordField
            label={texts.account.password}
            hint={texts.account.passwordHint}
            name="password"
            autoComplete="new-password"
            required
            wrong={wrong.password}
          />
        </>
      )}
    </Form>
  )
}

interface ProfileFieldsProps {
  wrong: Record<string, string>
  name?: string
  email?: string
  username?: string
}

export const ProfileFields = ({ wrong, name, email, username }: ProfileFieldsProps) => (
  <>
    <Field
      label={texts.account.name}
      hint={texts.account.nameHint}
      name="name"
      autoComplete="name"
      defaultValue={name}
      required
      wrong={wrong.name}
    />
    <Field
      label={texts.account.email}
      name="email"
      type="email"
      autoComplete="email"
      defaultValue={email}
      required
      wrong={wrong.email}
    />
    <Field
      label={texts.account.username}
      hint={texts.account.usernameHint}
      name="username"
      autoComplete="username"
      autoCapitalize="none"
      defaultValue={username}
      required
      wrong={wrong.username}
    />
  </>
)
