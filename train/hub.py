"""Whether the model hub can be reached: without it, its client retries for over a minute."""

from ssl import SSLError
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from huggingface_hub import constants

PATIENCE = 5.0  # seconds


def answers() -> bool:
    """Whether the hub, or a proxy on the way to it, answers at all; never in offline mode."""
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        with urlopen(Request(constants.ENDPOINT, method="HEAD"), timeout=PATIENCE):
            return True
    except HTTPError:
        return True
    except URLError as error:  # the hub's client may know other certificates than Python does
        return isinstance(error.reason, SSLError)
    except OSError:
        return False
