"""Every domain-separation label, spelled once.

Each begins with `starling/1 ` and has one purpose, but for `chan`: its hash
salts the phrases and it derives the keys of a day.
"""

from typing import Final


def _label(words: str) -> bytes:
    return b"starling/1 " + words.encode()


# Keys of a person, and the card.
ID_SIGN: Final = _label("id sign")
ID_DH: Final = _label("id dh")
CARD: Final = _label("card")

# Sessions.
ROOT: Final = _label("root")
HEAD: Final = _label("head")
HEAD_SEAL: Final = _label("hseal")
BODY: Final = _label("body")
SESSION: Final = _label("session")

# First contact.
BUNDLE_TAG: Final = _label("bundle tag")
BUNDLE_KEY: Final = _label("bundle key")
BUNDLE_SIGN: Final = _label("bundle")
KNOCK_TAG: Final = _label("knock")
KNOCK_KEY: Final = _label("knock key")
KNOCK_ID: Final = _label("knock id")
X3DH: Final = _label("x3dh")
PREKEY_ID: Final = _label("prekey id")

# Codes and verification.
QR: Final = _label("qr")
SAS_COMMIT: Final = _label("sas commit")
SAS: Final = _label("sas")
CONFIRM: Final = _label("confirm")
VERIFY: Final = _label("verify")
NEARBY_COMMIT: Final = _label("nearby commit")
NEARBY_SAS: Final = _label("nearby sas")

# Groups.
MEMBER: Final = _label("member")
REKEY: Final = _label("rekey")
WRAP: Final = _label("wrap")
OP: Final = _label("op")
GROUP_SEND: Final = _label("gsend")
GROUP_CONTROL: Final = _label("gctl")
GROUP_MESSAGE: Final = _label("gmsg")

# Channels, and the envelope's id.
CHANNEL: Final = _label("chan")
CHANNEL_PUBLIC: Final = _label("chan public")
CHANNEL_POST: Final = _label("chan post")
ENVELOPE_ID: Final = "starling/1 envelope"
