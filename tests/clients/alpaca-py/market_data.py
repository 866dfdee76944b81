"""Market data over HTTP."""

from datetime import datetime, timedelta, timezone

from alpaca.data.enums import Adjustment, DataFeed
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.crypto import CryptoHistoricalDataClient
from alpaca.data.historical.news import NewsClient
from alpaca.data.historical.screener import ScreenerClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.requests import (
    CorporateActionsRequest,
    CryptoLatestQuoteRequest,
    MostActivesRequest,
    NewsRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

from checks import DATA, KEY, SECRET, control, equal

client = StockHistoricalDataClient(KEY, SECRET, url_override=DATA)
IEX = DataFeed.IEX
# The free plan gives nothing newer of all exchanges.
END = datetime.now(timezone.utc) - timedelta(minutes=20)


def run(check_all):
    check = check_all.check
    latest(check)
    bars(check)
    ticks(check)
    elsewhere(check)


def latest(check):
    control("prices", symbol="SMR", price="40")
    with check("latest", "trade, quote and bar"):
        trade = client.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="SMR", feed=IEX))["SMR"]
        quote = client.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=["SMR", "SPY"], feed=IEX))
        bar = client.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="SMR", feed=IEX))["SMR"]
        equal(set(quote), {"SMR", "SPY"})
        assert quote["SMR"].bid_price <= trade.price <= quote["SMR"].ask_price, (quote["SMR"], trade)
        assert bar.low <= bar.close <= bar.high, bar
    with check("snapshots", "two symbols"):
        found = client.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=["SMR", "SPY"], feed=IEX))
        assert found["SMR"].latest_trade and found["SPY"].daily_bar and found["SPY"].previous_daily_bar, found


def bars_of(timeframe, days, **more):
    request = StockBarsRequest(symbol_or_symbols=["SMR", "SPY"], timeframe=timeframe, start=END - timedelta(days=days), end=END, **more)
    return client.get_stock_bars(request).data


def bars(check):
    for name, timeframe, days, least in [
        ("minutes", TimeFrame.Minute, 4, 300),
        ("hours", TimeFrame.Hour, 10, 20),
        ("days", TimeFrame.Day, 30, 15),
        ("weeks", TimeFrame.Week, 90, 10),
        ("months", TimeFrame(3, TimeFrameUnit.Month), 900, 8),
    ]:
        with check("bars", name):
            found = bars_of(timeframe, days, adjustment=Adjustment.ALL)
            equal(set(found), {"SMR", "SPY"})
            for symbol in found.values():
                assert len(symbol) >= least, (name, len(symbol))
                assert all(bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high for bar in symbol)
                assert all(one.timestamp < other.timestamp for one, other in zip(symbol, symbol[1:]))


def ticks(check):
    for capability, request, ask in [
        ("historical-trades", StockTradesRequest, "get_stock_trades"),
        ("historical-quotes", StockQuotesRequest, "get_stock_quotes"),
    ]:
        # A time of the newest session: nights and weekends may have no ticks.
        with check(capability, "of two symbols, by time"):
            last = bars_of(TimeFrame.Minute, 5)["SPY"][-1].timestamp
            found = getattr(client, ask)(request(symbol_or_symbols=["SMR", "SPY"], start=last, end=last + timedelta(minutes=1))).data
            equal(set(found), {"SMR", "SPY"})
            times = [tick.timestamp for tick in found["SPY"]]
            assert times and times == sorted(times) and times[0] >= last, times[:3]
        with check(capability, "a limit"):
            last = bars_of(TimeFrame.Minute, 5)["SPY"][-1].timestamp
            found = getattr(client, ask)(request(symbol_or_symbols="SPY", start=last, end=last + timedelta(minutes=1), limit=3)).data
            equal(len(found["SPY"]), 3)


def elsewhere(check):
    with check("corporate-actions", "a split"):
        control("splits", symbol="UVXY", ratio="1:5")
        today = datetime.now(timezone.utc).date()
        asked = CorporateActionsRequest(symbols=["UVXY"], start=today - timedelta(days=2), end=today + timedelta(days=2))
        found = CorporateActionsClient(KEY, SECRET, url_override=DATA).get_corporate_actions(asked).data
        equal([(each.symbol, each.new_rate, each.old_rate) for each in found["reverse_splits"]], [("UVXY", 1, 5)])
    with check("crypto", "data"):
        CryptoHistoricalDataClient(KEY, SECRET, url_override=DATA).get_crypto_latest_quote(
            CryptoLatestQuoteRequest(symbol_or_symbols="BTC/USD")
        )
    with check("news", "headlines and screener"):
        NewsClient(KEY, SECRET, url_override=DATA).get_news(NewsRequest(symbols="SPY"))
        ScreenerClient(KEY, SECRET, url_override=DATA).get_most_actives(MostActivesRequest())
