"""Every domain-separation label, spelled once.

The page says that all labels begin with `starling/1 ` and then shortens some
of them: `"id sign"` there is `ID_SIGN` here. Where one word is used for two
purposes (`bundle`, `sas`) both names stand here with the same bytes, so that
a change of either is one line.
"""

from typing import Final


def _label(words: str) -> bytes:
    return b"starling/1 " + words.encode()


# Keys of a person, and the card (section 1).
ID_SIGN: Final = _label("id sign")
ID_DH: Final = _label("id dh")
CARD: Final = _label("card")

# Double ratchet (section 3).
ROOT: Final = _label("root")
HEAD: Final = _label("head")
HEAD_SEAL: Final = _label("hseal")
BODY: Final = _label("body")
SESSION: Final = _label("session")

# First contact (section 4).
BUNDLE_TAG: Final = _label("bundle")
BUNDLE_KEY: Final = _label("bundle key")
BUNDLE_SIGN: Final = _label("bundle")
KNOCK_TAG: Final = _label("knock")
KNOCK_KEY: Final = _label("knock key")
KNOCK_ID: Final = _label("knock id")
X3DH: Final = _label("x3dh")

# Contact exchange (section 5).
QR: Final = _label("qr")
SAS_COMMIT: Final = _label("sas")
SAS: Final = _label("sas")
CONFIRM: Final = _label("confirm")

# Groups (section 6).
MEMBER: Final = _label("member")
REKEY: Final = _label("rekey")
WRAP: Final = _label("wrap")
OP: Final = _label("op")
GROUP_SEND: Final = _label("gsend")
GROUP_CONTROL: Final = _label("gctl")
GROUP_MESSAGE: Final = _label("gmsg")

# Channels (section 7) and the envelope's id.
CHANNEL: Final = _label("chan")
CHANNEL_PUBLIC: Final = _label("chan public")
CHANNEL_POST: Final = _label("chan post")
ENVELOPE_ID: Final = "starling/1 envelope"
