"""Shopper: an account, its profile, addresses, consent and visitors."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Annotated, Self

import msgspec

from domain.errors import NotFound, Rejected, require
from domain.events import PERSONAL, Aggregate

NAME_LETTERS = 3
POSTCODE_LETTERS = 10
LINE_LETTERS = 200
PASSWORD_LETTERS = 8
ADDRESSES = 20
PURPOSES = frozenset({"analytics", "personalisation", "marketing"})


class ShopperNotFound(NotFound):
    """There is no such shopper."""

    code = "shopper_not_found"


class ShopperErased(Rejected):
    """This account was erased."""

    code = "shopper_erased"


class AddressNotFound(NotFound):
    """There is no such address."""

    code = "address_not_found"


class TooManyAddresses(Rejected):
    """An account holds at most 20 addresses."""

    code = "too_many_addresses"


class Address(msgspec.Struct, frozen=True):
    """Where an order goes."""

    recipient: str
    street: str
    city: str
    postcode: str
    country: str


class Profile(msgspec.Struct, frozen=True):
    """How a shopper wants to be known."""

    name: str
    email: str
    username: str


class Shopper(Aggregate):
    """An account. Personal fields are readable until it is erased."""

    CATEGORY = "shopper"

    class Registered(Aggregate.Created):
        TOPIC = "shopper.registered"
        name: Annotated[str, PERSONAL]
        email: Annotated[str, PERSONAL]
        username: Annotated[str, PERSONAL]
        password_hash: Annotated[str, PERSONAL]
        email_hash: str
        username_hash: str

        def apply(self, aggregate: Shopper) -> None:
            aggregate.profile = Profile(self.name, self.email, self.username)
            aggregate.password_hash = self.password_hash
            aggregate.email_hash = self.email_hash
            aggregate.username_hash = self.username_hash

    class Imported(Aggregate.Created):
        """A customer of imported history, of whom nothing personal is known."""

        TOPIC = "shopper.imported"
        source: str
        country: str = ""

    class ProfileChanged(Aggregate.Event):
        TOPIC = "shopper.profile_changed"
        name: Annotated[str, PERSONAL]
        email: Annotated[str, PERSONAL]
        username: Annotated[str, PERSONAL]
        email_hash: str
        username_hash: str

        def apply(self, aggregate: Shopper) -> None:
            aggregate.profile = Profile(self.name, self.email, self.username)
            aggregate.email_hash = self.email_hash
            aggregate.username_hash = self.username_hash

    class PasswordChanged(Aggregate.Event):
        TOPIC = "shopper.password_changed"
        password_hash: Annotated[str, PERSONAL]

        def apply(self, aggregate: Shopper) -> None:
            aggregate.password_hash = self.password_hash

    class AddressAdded(Aggregate.Event):
        TOPIC = "shopper.address_added"
        address_id: str
        address: Annotated[Address | None, PERSONAL]

        def apply(self, aggregate: Shopper) -> None:
            if self.address is not None:
                aggregate.addresses[self.address_id] = self.address

    class AddressRemoved(Aggregate.Event):
        TOPIC = "shopper.address_removed"
        address_id: str

        def apply(self, aggregate: Shopper) -> None:
            aggregate.addresses.pop(self.address_id, None)

    class VisitorJoined(Aggregate.Event):
        """The anonymous visitor turned out to be this shopper: their past is this shopper's."""

        TOPIC = "shopper.visitor_joined"
        visitor: str

        def apply(self, aggregate: Shopper) -> None:
            aggregate.visitors.add(self.visitor)

    class SignedIn(Aggregate.Event):
        TOPIC = "shopper.signed_in"
        visitor: str = ""

    class SignedOut(Aggregate.Event):
        TOPIC = "shopper.signed_out"

    class ConsentChanged(Aggregate.Event):
        TOPIC = "shopper.consent_changed"
        purposes: dict[str, bool]

        def apply(self, aggregate: Shopper) -> None:
            aggregate.consent = dict(self.purposes)

    class Erased(Aggregate.Event):
        """The account is closed and its key destroyed: nothing personal can be read."""

        TOPIC = "shopper.erased"

        def apply(self, aggregate: Shopper) -> None:
            aggregate.is_erased = True
            aggregate.profile = Profile("", "", "")
            aggregate.password_hash = ""
            aggregate.addresses = {}

    def __init__(self) -> None:
        self.profile = Profile("", "", "")
        self.password_hash = ""
        self.email_hash = ""
        self.username_hash = ""
        self.addresses: dict[str, Address] = {}
        self.visitors: set[str] = set()
        self.consent: dict[str, bool] = {}
        self.is_erased = False

    @classmethod
    def register(
        cls,
        shopper_id: str,
        profile: Profile,
        *,
        password_hash: str,
        email_hash: str,
        username_hash: str,
        now: datetime,
    ) -> Self:
        """Open an account; refused with InvalidFields for a profile that cannot be."""
        check_profile(profile)
        return cls._create(
            cls.Registered,
            id=cls.stream_id(shopper_id),
            timestamp=now,
            name=profile.name.strip(),
            email=profile.email.strip(),
            username=profile.username.strip(),
            password_hash=password_hash,
            email_hash=email_hash,
            username_hash=username_hash,
        )

    def change_profile(
        self, profile: Profile, *, email_hash: str, username_hash: str, now: datetime
    ) -> None:
        """Take over a new profile; nothing is recorded where nothing changes."""
        self.check_is_there()
        check_profile(profile)
        if profile == self.profile:
            return
        self.trigger_event(
            self.ProfileChanged,
            timestamp=now,
            name=profile.name.strip(),
            email=profile.email.strip(),
            username=profile.username.strip(),
            email_hash=email_hash,
            username_hash=username_hash,
        )

    def change_password(self, password_hash: str, now: datetime) -> None:
        """Take over a new password, already hashed."""
        self.check_is_there()
        self.trigger_event(self.PasswordChanged, timestamp=now, password_hash=password_hash)

    def add_address(self, address_id: str, address: Address, now: datetime) -> None:
        """Add an address; refused with InvalidFields for one that cannot be."""
        self.check_is_there()
        check_address(address)
        if len(self.addresses) >= ADDRESSES:
            raise TooManyAddresses
        self.trigger_event(self.AddressAdded, timestamp=now, address_id=address_id, address=address)

    def remove_address(self, address_id: str, now: datetime) -> None:
        """Remove an address; orders that went there keep it."""
        self.address(address_id)
        self.trigger_event(self.AddressRemoved, timestamp=now, address_id=address_id)

    def address(self, address_id: str) -> Address:
        """Return an address by its id."""
        if address_id not in self.addresses:
            raise AddressNotFound
        return self.addresses[address_id]

    def sign_in(self, visitor: str, now: datetime) -> None:
        """Note a sign-in, from the device known as ``visitor``."""
        self.check_is_there()
        self.trigger_event(self.SignedIn, timestamp=now, visitor=visitor)

    def sign_out(self, now: datetime) -> None:
        """Note a sign-out."""
        self.check_is_there()
        self.trigger_event(self.SignedOut, timestamp=now)

    def join_visitor(self, visitor: str, now: datetime) -> None:
        """Take over the history of an anonymous visitor; once is enough."""
        self.check_is_there()
        if visitor and visitor not in self.visitors:
            self.trigger_event(self.VisitorJoined, timestamp=now, visitor=visitor)

    def set_consent(self, purposes: dict[str, bool], now: datetime) -> None:
        """Give or withdraw consent, by purpose; purposes not named stay as they are."""
        self.check_is_there()
        require(
            (
                purposes.keys() <= PURPOSES,
                "purposes",
                "unknown_purpose",
                f"purposes are {', '.join(sorted(PURPOSES))}",
            )
        )
        changed = self.consent | purposes
        if changed != self.consent:
            self.trigger_event(self.ConsentChanged, timestamp=now, purposes=changed)

    def erase(self, now: datetime) -> None:
        """Close the account for good. The caller destroys the key that its personal fields need."""
        self.check_is_there()
        self.trigger_event(self.Erased, timestamp=now)

    def check_is_there(self) -> None:
        """Raise ShopperErased where the account is closed."""
        if self.is_erased:
            raise ShopperErased


def check_profile(profile: Profile) -> None:
    """Raise InvalidFields naming each field of the profile that cannot be."""
    name, username = profile.name.strip(), profile.username.strip()
    require(
        (
            NAME_LETTERS <= len(name) <= 200,  # noqa: PLR2004
            "name",
            "length",
            "a name has 3 to 200 characters",
        ),
        (_is_email(profile.email.strip()), "email", "invalid", "this is not an e-mail address"),
        (
            1 <= len(username) <= 100 and not any(c.isspace() for c in username),  # noqa: PLR2004
            "username",
            "invalid",
            "a username has 1 to 100 characters and no spaces",
        ),
    )


def check_password(password: str) -> None:
    """Raise InvalidFields for a password that is too short or endless."""
    require(
        (
            PASSWORD_LETTERS <= len(password) <= 1_000,  # noqa: PLR2004
            "password",
            "length",
            "a password has 8 to 1000 characters",
        )
    )


def check_address(address: Address) -> None:
    """Raise InvalidFields naming each field of the address that cannot be."""
    require(
        *(
            (bool(getattr(address, field).strip()), field, "required", f"{field} is required")
            for field in Address.__struct_fields__
        ),
        *(
            (
                len(getattr(address, field)) <= LINE_LETTERS,
                field,
                "length",
                f"{field} has at most 200 characters",
            )
            for field in Address.__struct_fields__
            if field != "postcode"
        ),
        (
            len(address.postcode) <= POSTCODE_LETTERS,
            "postcode",
            "length",
            "a postcode has at most 10 characters",
        ),
    )


def _is_email(text: str) -> bool:
    """Whether mail could be sent there: one @, a dotted domain, nothing that breaks a header."""
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at and local)
        and len(text) <= 254  # noqa: PLR2004 - RFC 5321
        and "@" not in local
        and not any(c.isspace() or not c.isprintable() for c in text)
        and len(labels) > 1
        and all(label and not label.startswith("-") and not label.endswith("-") for label in labels)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
    )
