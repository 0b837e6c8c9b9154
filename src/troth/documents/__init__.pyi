from troth.documents.proof import totp as totp
from troth.documents.proof import webauthn as webauthn
