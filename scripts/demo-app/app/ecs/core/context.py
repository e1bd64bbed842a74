# SPDX-License-Identifier: MIT
from django.conf import settings


def appliance(request):
    """What every page shows: which revision this is, and whether it is a copy for trials."""
    return {
        "domain": settings.DOMAIN,
        "revision": settings.REVISION[:8],
        "trial": settings.USERSWITCHER_ENABLED or settings.DISABLE_EMAIL_DELIVERY,
    }
