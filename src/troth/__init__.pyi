from troth.app import Troth as Troth
from troth.app import create as create
from troth.app import open as open
from troth.app import verify_webhook as verify_webhook
from troth.interfaces.cookies.asgi import CookieGuard as CookieGuard
from troth.interfaces.cookies.wsgi import CookieGuardWSGI as CookieGuardWSGI
from troth.model import acts as acts
from troth.model.acts import SUBJECT as SUBJECT
from troth.model.acts import SYSTEM as SYSTEM
from troth.model.acts import Actor as Actor
from troth.model.clock import SetClock as SetClock
from troth.model.clock import SystemClock as SystemClock
from troth.model.errors import ConsentMissing as ConsentMissing
from troth.model.errors import Refused as Refused
from troth.model.errors import TrothError as TrothError
from troth.model.secret import Secret as Secret
from troth.model.terms import SubjectId as SubjectId

__version__: str
