/** What a search found; where that is nothing, ways on. */

import { useEffect } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useCategories, useProducts, useSingleWords, type Sort } from '../api/catalogue'
import { RecommendedRow } from '../parts/recommended'
import { categoryPath, searchPath } from '../paths'
import { texts } from '../texts'
import { useTitle } from '../title'
import { tell } from '../tracker'
import { ProductList } from './list'

const SORTS: Sort[] = ['relevance', 'newest', 'name', 'price', 'price_down']

export const SearchPage = () => {
  const [parameters] = useSearchParams()
  const words = (parameters.get('words') ?? '').trim()
  return words ? <Results key={words} words={words} /> : <Blank />
}

const Results = ({ words }: { words: string }) => {
  useTitle(texts.search.title(words))
  const found = useProducts({ words, sort: 'relevance', isInStock: false })
  const first = found.data?.pages[0]?.items.length
  useEffect(() => {
    if (first !== undefined) tell('Products Searched', { query: words, results: first })
  }, [words, first === undefined])
  if (first === 0) return <Nothing words={words} />
  return (
    <>
      <h1>{texts.search.title(words)}</h1>
      <ProductList name="search" wanted={{ words }} sorts={SORTS} />
    </>
  )
}

const Nothing = ({ words }: { words: string }) => {
  const single = useSingleWords(words.includes(' ') ? words.split(/\s+/).slice(0, 5) : []).data ?? []
  return (
    <>
      <div className="empty">
        <h1>{texts.search.nothing(words)}</h1>
        <p>{texts.search.nothingLead}</p>
        {single.length > 0 && (
          <p className="chips">
            <span>{texts.search.instead}</span>
            {single.map(word => (
              <Link key={word} href={searchPath(word)} className="chip">
                {word}
              </Link>
            ))}
          </p>
        )}
        <CategoryChips />
      </div>
      <RecommendedRow title={texts.search.popular} where={{ placement: 'home', count: 4 }} />
    </>
  )
}

const Blank = () => {
  useTitle(texts.search.blank)
  return (
    <div className="empty">
      <h1>{texts.search.blank}</h1>
      <p>{texts.search.blankLead}</p>
      <CategoryChips />
    </div>
  )
}

const CategoryChips = () => (
  <ul className="chips">
    {useCategories().data?.map(({ category_id: id, name }) => (
      <li key={id}>
        <Link href={categoryPath(id)} className="chip">
          {name}
        </Link>
      </li>
    ))}
  </ul>
)
