/** What buyers say of a product, and one's own word on it. */

import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useReviews } from '../api/catalogue'
import { saveReview, useHasBought, useOwnReviews, withdrawReview } from '../api/orders'
import { said } from '../api/problems'
import { useShopperId } from '../api/session'
import type { Product, Review } from '../api/types'
import { date } from '../format'
import { productPath } from '../paths'
import { texts } from '../texts'
import { Form } from './form'
import { Rating, StarChoice, Stars } from './stars'
import { Failed, Skeleton } from './states'
import { announce, complain } from './toast'

export const Reviews = ({ product }: { product: Product }) => {
  const found = useReviews(product.product_id)
  const own = useOwnReviews().data?.get(product.product_id)
  const reviews = found.data?.pages.flatMap(page => page.items) ?? []
  const others = reviews.filter(review => review.review_id !== own?.review_id)
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    if (location.hash === '#reviews') place.current?.scrollIntoView() // it was not there when the address was
  }, [])
  return (
    <section ref={place} className="reviews" id="reviews" aria-labelledby="reviews-title">
      <div className="row-head">
        <h2 id="reviews-title">{texts.reviews.title}</h2>
        <Rating rating={product.rating} />
      </div>
      <OwnReview product={product} own={own} />
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton />}
      {found.data && !others.length && !own && <p className="muted">{texts.reviews.none}</p>}
      <ul className="review-list">
        {others.map(review => (
          <li key={review.review_id}>
            <ReviewWords review={review} by={texts.reviews.buyer} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button type="button" className="button button-quiet" onClick={() => void found.fetchNextPage()}>
          {texts.reviews.more}
        </button>
      )}
    </section>
  )
}

const ReviewWords = ({ review, by }: { review: Review; by: string }) => {
  const isEdited = review.edited_at !== review.submitted_at
  return (
    <article className="review">
      <p className="review-head">
        <Stars average={review.rating} />
        <span className="visually-hidden">{texts.reviews.star(review.rating)}</span>
        <strong>{by}</strong>
        {review.submitted_at && <time dateTime={review.submitted_at}>{date(review.submitted_at)}</time>}
        {isEdited && <span>({texts.reviews.edited})</span>}
      </p>
      {review.comment && <p className="review-comment">{review.comment}</p>}
    </article>
  )
}

const OwnReview = ({ product, own }: { product: Product; own: Review | undefined }) => {
  const shopperId = useShopperId()
  const hasBought = useHasBought(product.product_id)
  const [isChanging, setChanging] = useState(false)
  if (shopperId === '')
    return (
      <p>
        <Link href={`/sign-in?${new URLSearchParams({ next: productPath(product.product_id) })}`}>{texts.reviews.signIn}</Link>
      </p>
    )
  if (own && !isChanging) return <Written product={product} own={own} change={() => setChanging(true)} />
  if (own || hasBought) return <ReviewForm product={product} own={own} done={() => setChanging(false)} />
  return hasBought === false ? <p className="muted">{texts.reviews.notBought}</p> : null
}

const Written = ({ product, own, change }: { product: Product; own: Review; change: () => void }) => {
  const withdraw = (): void =>
    void withdrawReview(product.product_id, own.review_id).then(
      () => announce(texts.reviews.withdrawn),
      (error: unknown) => complain(said(error)),
    )
  return (
    <div className="own-review">
      <ReviewWords review={own} by={texts.reviews.you} />
      <div className="form-buttons">
        <button type="button" className="button button-quiet" onClick={change}>
          {texts.reviews.change}
        </button>
        <button type="button" className="button button-quiet" onClick={withdraw}>
          {texts.reviews.withdraw}
        </button>
      </div>
    </div>
  )
}

const ReviewForm = ({ product, own, done }: { product: Product; own: Review | undefined; done: () => void }) => {
  const [rating, setRating] = useState(own?.rating ?? 0)
  const [isUnrated, setUnrated] = useState(false)
  const send = async ({ comment = '' }: Record<string, string>): Promise<void> => {
    setUnrated(!rating)
    if (!rating) return
    await saveReview(product.product_id, { rating, comment }, own?.review_id)
    announce(own ? texts.reviews.saved : texts.reviews.sent)
    done()
  }
  const cancel = (
    <button type="button" className="button button-quiet" onClick={done}>
      {texts.reviews.cancel}
    </button>
  )
  return (
    <div className="own-review">
      <h3>{texts.reviews.yours}</h3>
      <Form send={send} button={own ? texts.reviews.save : texts.reviews.send} beside={own && cancel}>
        {wrong => (
          <>
            <StarChoice
              given={rating}
              wrong={isUnrated ? texts.reviews.chooseRating : wrong.rating}
              isFocused={own !== undefined}
              choose={setRating}
            />
            <div className="field">
              <label htmlFor="comment">{texts.reviews.comment}</label>
              <textarea id="comment" name="comment" rows={3} maxLength={10_000} defaultValue={own?.comment} />
            </div>
          </>
        )}
      </Form>
    </div>
  )
}
