"""The two websockets of the older Python client: its market data comes as MessagePack."""

import asyncio
import threading

from alpaca_trade_api.common import URL
from alpaca_trade_api.stream import DataStream, TradingStream

from checks import DATA_STREAM, KEY, SECRET, TRADING, equal, until

A_MINUTE_BAR = 80


def run(checks, api, ends):
    with checks.check("trade-updates", "a market order"):
        seen, keep = kept()
        stream = TradingStream(KEY, SECRET, URL(TRADING))
        stream.subscribe_trade_updates(keep)
        follow(stream, [])
        until(lambda: stream._running)
        order = api.submit_order("SMR", qty=1)
        ends(order)
        fill = until(lambda: [each for each in seen if each.event == "fill" and each.order["id"] == order.id])[0]
        equal(fill.order["filled_qty"], "1")
    seen, keep = kept()
    refused = []
    with checks.check("data-stream", "trades, quotes and bars"):
        stream = DataStream(KEY, SECRET, URL(DATA_STREAM.removesuffix("/v2")), raw_data=True, feed="iex")
        for subscribe in (stream.subscribe_trades, stream.subscribe_quotes, stream.subscribe_bars):
            subscribe(keep, "SPY")
        follow(stream, refused)
        until(lambda: refused or {each["T"] for each in seen} == {"t", "q", "b"}, A_MINUTE_BAR)
        if refused:
            raise refused[0]
        equal({each["S"] for each in seen}, {"SPY"})


def kept():
    seen = []

    async def keep(message):
        seen.append(message)

    return seen, keep


def follow(stream, refused):
    connect = stream._connect

    async def watched():
        try:
            await connect()
        except Exception as error:
            refused.append(error)
            stream._should_run = False
            raise

    stream._connect = watched
    threading.Thread(target=lambda: asyncio.run(stream._run_forever()), daemon=True).start()
