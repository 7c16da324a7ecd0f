"""Take secrets out of texts before anybody else sees them: account ids and addresses.

An address may hold a token anywhere in it (a webhook's path, a user's password), so nothing of it
is kept but its scheme.
"""

import re

MASK = "***"

_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])(?:D?[FIU][A-Z]?|FA)\d{4,}(?![A-Za-z0-9])")
"""As Interactive Brokers writes them: U1234567, DU1234567, DUK123456, F123456, DF123456, I12345."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")


def masked_account(account: str) -> str:
    """Return e.g. "DU***67" of "DU1234567": whose it is, and no more than tells two apart.

    Of fewer than six characters only the letters in front are kept; masked twice is masked once.
    """
    letters = re.match(r"[A-Za-z]*", account)
    kept_front = letters.group()[:2] if letters else ""
    kept_end = account[-2:] if len(account) >= 6 else ""
    return f"{kept_front}{MASK}{kept_end}" if account else ""


def masked_address(address: str) -> str:
    """Return e.g. "slack://***": which kind of service, and nothing else."""
    scheme, colon, _ = address.partition("://")
    return f"{scheme}://{MASK}" if colon else MASK


def masked_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a text with every account id and address masked.

    Args:
        text: Anything.
        secrets: Accounts that are to be masked too, whatever they look like, in capitals or not.
    """
    for secret in filter(None, secrets):
        mask = masked_account(secret).replace("\\", r"\\")
        text = re.sub(re.escape(secret), mask, text, flags=re.IGNORECASE)
    text = _ADDRESS.sub(rf"\1://{MASK}", text)
    return _ACCOUNT.sub(lambda found: masked_account(found.group()), text)
