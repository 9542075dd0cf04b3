/** Every page there is. A new one is one line here and a section of texts.ts. */

import { type ComponentType, lazy } from 'react'

import type { Role } from './api/shapes'
import type { IconName } from './parts/Icon'
import { texts } from './texts'

export interface PageEntry {
  /** Everything below it is the page's own. */
  path: string
  title: string
  icon: IconName
  /** Who may see it: any of them. An admin has all other roles too. */
  roles: readonly Role[]
  content: ComponentType
}

export const PAGES: readonly PageEntry[] = [
  page('/', texts.now.title, 'now', ['analyst'], async () => (await import('./pages/now/Now')).Now),
  page('/shoppers', texts.shoppers.title, 'shoppers', ['analyst'], async () => (await import('./pages/shoppers/Shoppers')).Shoppers),
  page('/products', texts.products.title, 'products', ['analyst'], async () => (await import('./pages/products/Products')).Products),
  page('/models', texts.models.nav, 'models', ['analyst', 'ml'], async () => (await import('./pages/models/Models')).Models),
  page('/system', texts.system.title, 'system', ['admin', 'auditor'], async () => (await import('./pages/system/System')).System),
]

export function maySee(page: PageEntry, roles: readonly Role[]): boolean {
  return page.roles.some((role) => roles.includes(role))
}

/** Returns a page whose code is loaded when it is first shown. */
function page(
  path: string,
  title: string,
  icon: IconName,
  roles: readonly Role[],
  load: () => Promise<ComponentType>,
): PageEntry {
  const content = lazy(async () => ({ default: await load() }))
  return { path, title, icon, roles, content }
}
