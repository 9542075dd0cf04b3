/** Stars: what reviewers gave, and a choice of one to five. */

import { stars as written } from '../format'
import { texts } from '../texts'

const STAR = 'M12 3l2.7 5.8 6.3.7-4.7 4.3 1.3 6.2-5.6-3.2-5.6 3.2 1.3-6.2L3 9.5l6.3-.7z'

const Row = ({ className }: { className: string }) => (
  <svg className={className} viewBox="0 0 120 24" aria-hidden="true" focusable="false">
    {[0, 24, 48, 72, 96].map(left => (
      <path key={left} transform={`translate(${left})`} d={STAR} />
    ))}
  </svg>
)

export const Stars = ({ average }: { average: number }) => (
  <span className="stars">
    <Row className="stars-under" />
    <span className="stars-cut" style={{ width: `${average * 20}%` }}>
      <Row className="stars-over" />
    </span>
  </span>
)

export const Rating = ({ rating }: { rating: { average: number | null; count: number } | null }) => {
  if (!rating?.average) return null
  const average = written(rating.average)
  return (
    <span className="rating">
      <Stars average={rating.average} />
      <span className="visually-hidden">{texts.product.rating(average, rating.count)}</span>
      <span aria-hidden="true">
        {average} ({rating.count})
      </span>
    </span>
  )
}

/** Five radio buttons that look like stars. */
interface StarChoiceProps {
  given: number
  wrong?: string
  isFocused: boolean
  choose: (stars: number) => void
}

export const StarChoice = ({ given, wrong, isFocused, choose }: StarChoiceProps) => (
  <fieldset className="star-choice" aria-describedby={wrong && 'stars-wrong'}>
    <legend>{texts.reviews.rating}</legend>
    <div>
      {[1, 2, 3, 4, 5].map(stars => (
        <label key={stars} className={stars <= given ? 'is-on' : undefined}>
          <input
            type="radio"
            name="rating"
            value={stars}
            checked={stars === given}
            autoFocus={isFocused && stars === given}
            onChange={() => choose(stars)}
          />
          <span className="visually-hidden">{texts.reviews.star(stars)}</span>
          <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d={STAR} />
          </svg>
        </label>
      ))}
    </div>
    {wrong && (
      <p className="wrong" id="stars-wrong">
        {wrong}
      </p>
    )}
  </fieldset>
)
