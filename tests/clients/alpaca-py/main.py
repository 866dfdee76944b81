"""alpaca-py against the simulator, one check for each thing that a bot does."""

import json
import logging

from alpaca.common.exceptions import APIError

import market_data
import orders
import streams
import trading
from checks import NOT_THERE, Checks, done


def status_of(error):
    if type(error).__name__ == "InvalidStatusCode":
        return (404, NOT_THERE) if error.status_code in (400, 404) else (error.status_code, "handshake refused")
    if not isinstance(error, APIError) or error.status_code is None:
        return None
    try:
        return error.status_code, str(json.loads(str(error))["message"])
    except (ValueError, KeyError):
        return error.status_code, ""


logging.disable(logging.CRITICAL)
checks = Checks(status_of)
trading.account(checks.check)
orders.run(checks)
trading.after_orders(checks.check)
market_data.run(checks)
streams.run(checks)
done()
