/** The pages of the shop, in one place: which address shows what. */

import type { ComponentType } from 'react'
import { AccountPage } from './pages/account'
import { BasketPage } from './pages/basket'
import { CheckoutPage } from './pages/checkout'
import { HomePage } from './pages/home'
import { CategoryPage, EverythingPage } from './pages/list'
import { MissingPage } from './pages/missing'
import { OrderPage, OrdersPage } from './pages/orders'
import { PrivacyPage } from './pages/privacy'
import { ProductPage } from './pages/product'
import { SearchPage } from './pages/search'
import { RegisterPage, SignInPage } from './pages/sign-in'

export type PageProps = { params: Record<string, string | undefined> }

export const pages: { path: string; page: ComponentType<PageProps> }[] = [
  { path: '/', page: HomePage },
  { path: '/products', page: EverythingPage },
  { path: '/categories/:category', page: CategoryPage },
  { path: '/products/:product', page: ProductPage },
  { path: '/search', page: SearchPage },
  { path: '/basket', page: BasketPage },
  { path: '/checkout', page: CheckoutPage },
  { path: '/orders', page: OrdersPage },
  { path: '/orders/:order', page: OrderPage },
  { path: '/account', page: AccountPage },
  { path: '/sign-in', page: SignInPage },
  { path: '/register', page: RegisterPage },
  { path: '/privacy', page: PrivacyPage },
  { path: '*', page: MissingPage },
]
