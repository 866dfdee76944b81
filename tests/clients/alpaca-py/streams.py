"""The two websockets: order updates, and market data next to what HTTP says of the same moments."""

import threading
import time
from datetime import timedelta

from alpaca.data.enums import DataFeed
from alpaca.data.live.stock import StockDataStream
from alpaca.data.requests import StockBarsRequest, StockQuotesRequest, StockTradesRequest
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.stream import TradingStream

from checks import DATA_STREAM, KEY, SECRET, TRADE_STREAM, equal, until
from market_data import client as data_client
from orders import client as trading_client
from orders import ends, market

A_MINUTE_BAR = 80


def run(checks):
    with checks.check("trade-updates", "a market order"):
        updates = order_updates()
        with running(updates["stream"]):
            until(lambda: updates["stream"]._running)
            order = market("SMR", qty=1)
            ends(order)
            mine = until(lambda: [each for each in updates["seen"] if each.order.id == order.id and each.event == "fill"])
            equal(mine[0].order.client_order_id, order.client_order_id)
            assert float(mine[0].price) > 0 and float(mine[0].position_qty) >= 1, mine
            events = [str(getattr(each.event, "value", each.event)) for each in updates["seen"] if each.order.id == order.id]
            assert events[0] in ("pending_new", "new") and events[-1] == "fill", events
    market_data(checks.check)
    trading_client.close_all_positions(cancel_orders=True)


def order_updates():
    seen = []

    async def keep(update):
        seen.append(update)

    stream = TradingStream(KEY, SECRET, url_override=TRADE_STREAM)
    stream.subscribe_trade_updates(keep)
    return {"stream": stream, "seen": seen}


def market_data(check):
    seen = {"bars": [], "quotes": [], "trades": [], "test": []}
    refused = []

    def keeper(kind):
        async def keep(message):
            seen[kind].append(message)

        return keep

    stream = StockDataStream(KEY, SECRET, url_override=f"{DATA_STREAM}/iex")
    stream.subscribe_trades(keeper("trades"), "SPY")
    stream.subscribe_quotes(keeper("quotes"), "SPY")
    stream.subscribe_bars(keeper("bars"), "SPY")
    test = StockDataStream(KEY, SECRET, url_override=f"{DATA_STREAM}/test")
    test.subscribe_trades(keeper("test"), "FAKEPACA")
    with running(stream, refused), running(test, refused):
        with check("data-stream", "the test symbol"):
            equal(arrival(seen["test"], refused)[0].symbol, "FAKEPACA")
        for kind, request, ask, values in [
            ("trades", StockTradesRequest, data_client.get_stock_trades, ("price", "size", "id")),
            ("quotes", StockQuotesRequest, data_client.get_stock_quotes, ("bid_price", "ask_price", "bid_size", "ask_size")),
            ("bars", StockBarsRequest, data_client.get_stock_bars, ("open", "high", "low", "close", "volume")),
        ]:
            with check("data-stream", f"{kind} as HTTP has them"):
                message = arrival(seen[kind], refused)[0]
                more = {"timeframe": TimeFrame.Minute} if kind == "bars" else {}
                time.sleep(0.5)
                at = message.timestamp
                asked = request(symbol_or_symbols="SPY", start=at, end=at + timedelta(seconds=1), feed=DataFeed.IEX, **more)
                found = [each for each in ask(asked).data.get("SPY", []) if each.timestamp == at]
                shown = [[getattr(each, value) for value in values] for each in (message, *found[:1])]
                assert len(shown) == 2, f"HTTP has nothing at {at}"
                equal(shown[0], shown[1])


def arrival(messages, refused):
    """The first messages, unless the address of the stream is not there."""

    def probe():
        if refused:
            raise refused[0]
        return messages

    return until(probe, A_MINUTE_BAR)


class running:
    """A client's stream in a thread of its own."""

    def __init__(self, stream, refused=None):
        self._stream = stream
        self._thread = threading.Thread(target=stream.run, daemon=True)
        if refused is not None:
            connect = stream._connect

            async def watched():
                try:
                    await connect()
                except Exception as error:
                    refused.append(error)
                    raise

            stream._connect = watched

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stream.stop()
        self._thread.join(5)
