/** The search field with suggestions of what there is: a combobox as ARIA has it. */

import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { useCategories, useSuggestions } from '../api/catalogue'
import { money } from '../format'
import { categoryPath, productPath, searchPath } from '../paths'
import { Picture } from '../pictures/picture'
import { texts } from '../texts'
import { Icon } from './icon'

const PAUSE_MS = 150

export const SearchBox = () => {
  const [location, go] = useLocation()
  const [parameters] = useSearchParams()
  const searched = location === '/search' ? (parameters.get('words') ?? '') : ''
  const [words, setWords] = useState(searched)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const box = useRef<HTMLFormElement>(null)
  const id = useId()
  useEffect(() => setWords(searched), [searched])

  const settled = usePaused(words.trim())
  const products = useSuggestions(settled).data ?? []
  const categories = useCategories().data ?? []
  const matching = settled.length > 1 ? categories.filter(({ name }) => beginsIn(name, settled)).slice(0, 2) : []
  const options = [
    ...matching.map(category => ({ path: categoryPath(category.category_id), category, product: undefined })),
    ...(settled.length > 1 ? products : []).map(product => ({
      path: productPath(product.product_id),
      product,
      category: undefined,
    })),
  ]
  const isShown = isOpen && options.length > 0
  const optionId = (index: number): string => `${id}-${index}`

  const close = (): void => {
    setOpen(false)
    setActive(-1)
  }

  const follow = (path: string): void => {
    close()
    go(path)
  }

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const chosen = isShown ? options[active] : undefined
    if (chosen) follow(chosen.path)
    else if (words.trim()) follow(searchPath(words.trim()))
  }

  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && isShown) {
      event.preventDefault() // the words stay
      close()
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    setOpen(true)
    // One place more than there are options: that of the words themselves, -1.
    const places = options.length + 1
    const step = event.key === 'ArrowDown' ? 1 : -1
    setActive(((active + 1 + step + places) % places) - 1)
  }

  return (
    <form
      ref={box}
      className="search"
      role="search"
      onSubmit={submit}
      onBlur={event => {
        if (!box.current?.contains(event.relatedTarget)) close()
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        role="combobox"
        aria-label={texts.header.search}
        placeholder={texts.header.search}
        aria-expanded={isShown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? optionId(active) : undefined}
        autoComplete="off"
        value={words}
        onChange={event => {
          setWords(event.target.value)
          setOpen(true)
          setActive(-1)
        }}
        onFocus={() => setOpen(words !== searched)}
        onKeyDown={press}
      />
      <button className="visually-hidden" tabIndex={-1}>
        {texts.header.searchButton}
      </button>
      <ul id={`${id}-list`} role="listbox" aria-label={texts.suggestions.label} hidden={!isShown}>
        {isShown &&
          options.map(({ path, product, category }, index) => (
            <li
              key={path}
              id={optionId(index)}
              role="option"
              aria-selected={index === active}
              onPointerDown={event => event.preventDefault()}
              onClick={() => follow(path)}
            >
              {product ? (
                <>
                  <Picture product={product} />
                  <span>{product.name}</span>
                  <span className="price">{money(product.price)}</span>
                </>
              ) : (
                <>
                  <span className="suggested-category">{texts.suggestions.inCategory}</span>
                  <span>{category.name}</span>
                </>
              )}
            </li>
          ))}
      </ul>
      <p className="visually-hidden" role="status">
        {isShown ? texts.suggestions.found(options.length) : ''}
      </p>
    </form>
  )
}

const beginsIn = (name: string, words: string): boolean =>
  name.toLowerCase().split(/\s+/).some(word => word.startsWith(words.toLowerCase()))

/** The text as it was when its typing paused. */
const usePaused = (text: string): string => {
  const [paused, setPaused] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return paused
}
