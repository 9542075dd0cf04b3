/** What stands above every page: the way home, search, account, basket, categories. */

import { Link, useRoute } from 'wouter'
import { useBasket } from '../api/basket'
import { useCategories } from '../api/catalogue'
import { useShopperId } from '../api/session'
import { categoryPath } from '../paths'
import { useStore } from '../store'
import { texts } from '../texts'
import { theme, turnTheme } from '../theme'
import { Icon } from './icon'
import { SearchBox } from './search-box'

const MOST_SHOWN = 99

export const Header = () => {
  const shopperId = useShopperId()
  const pieces = useBasket().data?.pieces ?? 0
  const shown = useStore(theme)
  return (
    <header className="header">
      <div className="header-bar">
        <Link href="/" className="brand">
          <BrandMark />
          <span>{texts.shop}</span>
        </Link>
        <SearchBox />
        <div className="header-links">
          <button
            type="button"
            className="icon-button"
            aria-label={shown === 'dark' ? texts.header.toLight : texts.header.toDark}
            onClick={turnTheme}
          >
            <Icon name={shown === 'dark' ? 'sun' : 'moon'} />
          </button>
          <Link
            href={shopperId ? '/account' : '/sign-in'}
            className="icon-button"
            aria-label={shopperId ? texts.header.account : texts.header.signIn}
          >
            <Icon name="person" />
            {shopperId && <span className="dot" />}
          </Link>
          <Link href="/basket" className="icon-button" aria-label={texts.header.basket(pieces)}>
            <Icon name="basket" />
            {pieces > 0 && (
              <span className="count" key={pieces}>
                {pieces > MOST_SHOWN ? `${MOST_SHOWN}+` : pieces}
              </span>
            )}
          </Link>
        </div>
      </div>
      <Categories />
    </header>
  )
}

const BrandMark = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" className="brand-mark">
    <rect width="32" height="32" rx="9" />
    <path d="M9 12h14l-1.4 11.2a2 2 0 0 1-2 1.8h-7.2a2 2 0 0 1-2-1.8z" />
    <path className="brand-handle" d="M12.5 14v-3a3.5 3.5 0 0 1 7 0v3" />
  </svg>
)

const Categories = () => {
  const categories = useCategories().data
  const [, parameters] = useRoute('/categories/:category')
  return (
    <nav className="categories" aria-label={texts.header.categories}>
      <ul>
        {categories
          ?.filter(category => category.products > 0)
          .map(({ category_id: id, name }) => (
            <li key={id}>
              <Link href={categoryPath(id)} aria-current={parameters?.category === id ? 'page' : undefined}>
                {name}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  )
}
