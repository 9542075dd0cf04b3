/** An address, filled in. */

import { useId, useMemo } from 'react'
import { saveAddress } from '../api/orders'
import type { Address } from '../api/types'
import { texts } from '../texts'
import { countries, usualCountry } from './countries'
import { Field, Notes, described } from './field'
import { Form } from './form'

interface AddressFormProps {
  /** Who the recipient most probably is. */
  name: string
  saved: (address: Address) => void
  cancel?: () => void
}

export const AddressForm = ({ name, saved, cancel }: AddressFormProps) => {
  const id = useId()
  const offered = useMemo(countries, [])
  const send = async (values: Record<string, string>): Promise<void> => {
    const { recipient = '', street = '', city = '', postcode = '', country = '' } = values
    saved(await saveAddress({ recipient, street, city, postcode, country }))
  }
  const beside = cancel && (
    <button type="button" className="button button-quiet" onClick={cancel}>
      {texts.account.cancel}
    </button>
  )
  return (
    <Form send={send} button={texts.account.saveAddress} beside={beside}>
      {wrong => (
        <>
          <Field
            label={texts.account.recipient}
            name="recipient"
            autoComplete="shipping name"
            defaultValue={name}
            autoFocus={cancel !== undefined}
            required
            wrong={wrong.recipient}
          />
          <Field
            label={texts.account.street}
            name="street"
            autoComplete="shipping street-address"
            required
            wrong={wrong.street}
          />
          <div className="fields">
            <Field
              label={texts.account.postcode}
              name="postcode"
              autoComplete="shipping postal-code"
              required
              maxLength={10}
              wrong={wrong.postcode}
            />
            <Field
              label={texts.account.city}
              name="city"
              autoComplete="shipping address-level2"
              required
              wrong={wrong.city}
            />
          </div>
          <div className="field">
            <label htmlFor={id}>{texts.account.country}</label>
            <select
              id={id}
              name="country"
              autoComplete="shipping country"
              defaultValue={usualCountry()}
              {...described(id, undefined, wrong.country)}
            >
              {offered.map(({ code, name: countryName }) => (
                <option key={code} value={code}>
                  {countryName}
                </option>
              ))}
            </select>
            <Notes id={id} wrong={wrong.country} />
          </div>
        </>
      )}
    </Form>
  )
}
