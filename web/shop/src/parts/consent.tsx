/** The question for consent, and the switches that answer it; both refuse as easily as they accept. */

import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { carriedOver } from '../api/basket'
import { keepInAccount, useShopperId } from '../api/session'
import { said } from '../api/problems'
import { EVERYTHING, NOTHING, PURPOSES, answerConsent, consent, type Purposes } from '../consent'
import { useStore } from '../store'
import { texts } from '../texts'
import { announce, complain } from './toast'

export const useAnswer = () => {
  const shopperId = useShopperId()
  return async (purposes: Purposes): Promise<void> => {
    try {
      await carriedOver(() => answerConsent(purposes))
      if (shopperId) await keepInAccount(purposes)
      announce(texts.consent.saved)
    } catch (error) {
      complain(said(error))
    }
  }
}

export const ConsentBanner = () => {
  const { isAnswered } = useStore(consent)
  const [location] = useLocation()
  const [isChoosing, setChoosing] = useState(false)
  const answer = useAnswer()
  useEffect(() => () => document.getElementById('content')?.focus({ preventScroll: true }), [isAnswered])
  if (isAnswered || location === '/privacy') return null
  return (
    <section className="consent" aria-labelledby="consent-title">
      <h2 id="consent-title">{texts.consent.title}</h2>
      <p>{texts.consent.lead}</p>
      {isChoosing ? (
        <ConsentSwitches isFocused />
      ) : (
        <div className="consent-buttons">
          <button type="button" className="button" onClick={() => void answer(EVERYTHING)}>
            {texts.consent.accept}
          </button>
          <button type="button" className="button" onClick={() => void answer(NOTHING)}>
            {texts.consent.refuse}
          </button>
          <button type="button" className="button button-quiet" onClick={() => setChoosing(true)}>
            {texts.consent.choose}
          </button>
        </div>
      )}
    </section>
  )
}

export const ConsentSwitches = ({ isFocused = false }: { isFocused?: boolean }) => {
  const given = useStore(consent).purposes
  const [chosen, setChosen] = useState(given)
  const answer = useAnswer()
  return (
    <form
      className="switches"
      onSubmit={event => {
        event.preventDefault()
        void answer(chosen)
      }}
    >
      {PURPOSES.map((purpose, index) => (
        <label key={purpose} className="switch">
          <input
            type="checkbox"
            role="switch"
            autoFocus={isFocused && index === 0}
            checked={chosen[purpose]}
            onChange={event => setChosen({ ...chosen, [purpose]: event.target.checked })}
          />
          <span>
            <strong>{texts.consent.purposes[purpose]}</strong>
            <small>{texts.consent.hints[purpose]}</small>
          </span>
        </label>
      ))}
      <button className="button">{texts.consent.save}</button>
    </form>
  )
}
