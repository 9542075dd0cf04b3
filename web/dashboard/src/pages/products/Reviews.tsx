/** What buyers say of a product. */

import { usePages } from '../../api/queries'
import { dayOf, decimal, number } from '../../format'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { texts } from '../../texts'
import { useProduct } from './context'
import type { Review } from './shapes'

const words = texts.products.reviews
const STARS = [5, 4, 3, 2, 1] as const

export function Reviews() {
  const { productId, result } = useProduct()
  const pages = usePages<Review>(`/v1/products/${encodeURIComponent(productId)}/reviews`, {
    page_size: 10,
  })
  const ratings = result.data?.ratings ?? {}
  const sheet = () => ({
    columns: ['review_id', 'submitted_at', 'rating', 'comment'],
    rows: (pages.items ?? []).map((row) => [
      row.review_id,
      row.submitted_at,
      row.rating,
      row.comment,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
    >
      <Paged pages={pages} empty={words.none}>
        {(reviews) => (
          <div className="reviews">
            <Histogram ratings={ratings} average={result.data?.now.rating ?? null} />
            <ul className="stack">
              {reviews.map((review) => (
                <li key={review.review_id} className="review">
                  <p className="row">
                    <Stars of={review.rating} />
                    <time className="small soft" dateTime={review.submitted_at}>
                      {dayOf(review.submitted_at)}
                    </time>
                  </p>
                  {review.comment && <p>{review.comment}</p>}
                </li>
              ))}
            </ul>
          </div>
        )}
      </Paged>
    </Panel>
  )
}

function Stars({ of }: { of: number }) {
  return (
    <span className="stars" role="img" aria-label={words.stars(of)}>
      {'★'.repeat(of)}
      <span className="soft">{'☆'.repeat(5 - of)}</span>
    </span>
  )
}

function Histogram({
  ratings,
  average,
}: {
  ratings: Readonly<Record<string, number>>
  average: number | null
}) {
  const all = STARS.reduce((sum, stars) => sum + (ratings[stars] ?? 0), 0)
  return (
    <div className="stack">
      <p>
        <strong>{decimal(average, 1)}</strong>{' '}
        <span className="soft">{words.of(all, number(all))}</span>
      </p>
      <ul className="histogram">
        {STARS.map((stars) => (
          <li key={stars}>
            <span className="small">{words.stars(stars)}</span>
            <div className="bar" aria-hidden="true">
              <i style={{ width: `${all ? (100 * (ratings[stars] ?? 0)) / all : 0}%` }} />
            </div>
            <span className="small soft number">{number(ratings[stars] ?? 0)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
