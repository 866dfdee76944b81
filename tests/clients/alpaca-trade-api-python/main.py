"""Alpaca's older Python client against the simulator. Its addresses and keys come from the environment variables that it
reads itself, but for the stream of market data."""

import logging
from datetime import datetime, timedelta, timezone

import requests
from alpaca_trade_api.rest import APIError, Sort, TimeFrame, TimeFrameUnit
from alpaca_trade_api.rest import REST

import streams
from checks import NOT_THERE, Checks, control, done, equal, until


def status_of(error):
    if isinstance(error, APIError):
        return error.status_code, str(error)
    if isinstance(error, requests.HTTPError):
        return error.response.status_code, ""
    if type(error).__name__ == "InvalidStatusCode":
        return (404, NOT_THERE) if error.status_code in (400, 404) else (error.status_code, "handshake refused")
    return None


logging.disable(logging.CRITICAL)
checks = Checks(status_of)
check = checks.check
api = REST()
END = datetime.now(timezone.utc) - timedelta(minutes=20)


def ends(order, status="filled"):
    """The order, once it has this status."""
    return until(lambda: (found := api.get_order(order.id)).status == status and found)


def account():
    with check("account", "money and status"):
        found = api.get_account()
        equal((found.cash, found.status, found.currency), ("100000", "ACTIVE", "USD"))
    with check("settings", "changed and read back"):
        equal(api.update_account_configurations(suspend_trade=True).suspend_trade, True)
        equal(api.get_account_configurations().suspend_trade, True)
        equal(api.update_account_configurations(suspend_trade=False, no_shorting=False).no_shorting, False)
    with check("clock", "next open and close"):
        clock = api.get_clock()
        assert clock.next_open and clock.next_close > clock.timestamp, clock
    with check("calendar", "a week with a holiday and a half-day"):
        days = api.get_calendar("2026-11-23", "2026-11-29")
        equal([day.date.day for day in days], [23, 24, 25, 27])
    with check("assets", "list, and one by symbol and by id"):
        assert "SMR" in {asset.symbol for asset in api.list_assets(status="active", asset_class="us_equity")}
        equal(api.get_asset(api.get_asset("SMR").id).symbol, "SMR")


def orders():
    control("prices", symbol="SMR", price="40")
    control("prices", symbol="OKLO", price="50")
    with check("simple-orders", "market, notional and fraction"):
        equal(ends(api.submit_order("SMR", qty=10)).filled_qty, "10")
        equal(ends(api.submit_order("SMR", notional=100)).notional, "100")
        equal(ends(api.submit_order("SMR", qty=0.5)).filled_qty, "0.5")
    with check("priced-orders", "limit, stop and stop limit"):
        order = api.submit_order("OKLO", qty=1, type="limit", limit_price="40", time_in_force="gtc")
        ends(order, "new")
        control("prices", symbol="OKLO", price="39")
        ends(order)
        control("prices", symbol="OKLO", price="50")
        stop = api.submit_order("OKLO", qty=1, side="sell", type="stop", stop_price="45")
        ends(stop, "new")
        control("prices", symbol="OKLO", price="44")
        ends(stop)
        control("prices", symbol="OKLO", price="50")
        both = api.submit_order("OKLO", qty=1, type="stop_limit", stop_price="55", limit_price="57")
        equal((ends(both, "new").stop_price, both.limit_price), ("55", "57"))
        api.cancel_order(both.id)
    with check("refusals", "no such asset, too dear, an order that is not there"):
        checks.refuses(lambda: api.submit_order("NOSUCH9", qty=1), 422, 'asset "NOSUCH9" not found')
        checks.refuses(lambda: api.submit_order("SMR", qty=1_000_000), 403, "insufficient buying power")
        checks.refuses(lambda: api.get_order("00000000-0000-4000-8000-000000000000"), 404, "order not found for")
    with check("trailing-stop", "by percent"):
        order = api.submit_order("SMR", qty=1, side="sell", type="trailing_stop", trail_percent="5", time_in_force="gtc")
        assert ends(order, "new").stop_price, order
        api.cancel_order(order.id)
    with check("order-classes", "bracket, OTO and OCO"):
        exits = {"take_profit": {"limit_price": "60"}, "stop_loss": {"stop_price": "45"}}
        bracket = api.submit_order("OKLO", qty=2, order_class="bracket", **exits)
        ends(bracket)
        equal(len(api.get_order(bracket.id, nested=True).legs), 2)
        api.cancel_all_orders()
        until(lambda: api.list_orders() == [])
        oto = api.submit_order("OKLO", qty=1, order_class="oto", stop_loss={"stop_price": "45"})
        ends(oto)
        api.cancel_all_orders()
        until(lambda: api.list_orders() == [])
        oco = api.submit_order("OKLO", qty=2, side="sell", type="limit", order_class="oco", **exits)
        control("prices", symbol="OKLO", price="61")
        ends(oco)
        control("prices", symbol="OKLO", price="50")
    with check("times-in-force", "IOC, FOK, OPG and CLS"):
        for tif in ("ioc", "fok"):
            ends(api.submit_order("SMR", qty=1, type="limit", limit_price="20", time_in_force=tif), "canceled")
        for tif in ("opg", "cls"):
            equal(api.submit_order("SMR", qty=1, time_in_force=tif).time_in_force, tif)
    with check("extended-hours", "limit"):
        order = api.submit_order("SMR", qty=1, type="limit", limit_price="20", extended_hours=True)
        equal(order.extended_hours, True)
    with check("short-sale", "opened and closed"):
        ends(api.submit_order("LEU", qty=3, side="sell"))
        equal((api.get_position("LEU").qty, api.get_position("LEU").side), ("-3", "short"))
        ends(api.close_position("LEU"))
    with check("replace", "limit price and quantity"):
        order = ends(api.submit_order("SMR", qty=1, type="limit", limit_price="20"), "new")
        after = api.replace_order(order.id, qty="2", limit_price="21")
        equal((after.qty, after.limit_price, after.replaces), ("2", "21", order.id))
        ends(order, "replaced")
    with check("order-queries", "by symbol and side, and by its own id"):
        found = api.list_orders(status="all", symbols=["SMR"], side="buy", limit=3, direction="desc", nested=True)
        equal([(order.symbol, order.side) for order in found], [("SMR", "buy")] * 3)
        equal(api.get_order_by_client_order_id(found[0].client_order_id).id, found[0].id)
    with check("cancel", "all"):
        api.cancel_all_orders()
        until(lambda: api.list_orders() == [])


def positions():
    with check("positions", "list and one"):
        listed = {position.symbol: position.qty for position in api.list_positions()}
        equal(listed["SMR"], api.get_position("SMR").qty)
    with check("close-position", "a quantity"):
        before = float(api.get_position("SMR").qty)
        ends(api.close_position("SMR", qty=1))
        equal(float(api.get_position("SMR").qty), before - 1)
    with check("close-all", "every position"):
        api.close_all_positions()
        until(lambda: api.list_positions() == [])
    with check("activities", "fills, page by page"):
        first = api.get_activities("FILL", page_size=2)
        second = api.get_activities("FILL", page_size=2, page_token=first[-1].id)
        equal(len({activity.id for activity in first + second}), 4)
    with check("transfers", "a deposit among the activities"):
        control("transfers", amount="5000")
        equal([each.net_amount for each in api.get_activities(["CSD"])], ["5000"])
    with check("portfolio-history", "a week by day"):
        found = api.get_portfolio_history(period="1W", timeframe="1D")
        equal(len(found.equity), len(found.timestamp))
        assert len(found.df) > 0, found
    with check("watchlists", "made, changed, deleted"):
        made = api.create_watchlist("mine", ["SMR"])
        api.add_to_watchlist(made.id, "OKLO")
        equal(len(api.get_watchlist_by_name("mine").assets), 2)
        api.update_watchlist(made.id, name="ours")
        api.delete_from_watchlist(made.id, "SMR")
        equal([(each.name) for each in api.get_watchlists()], ["ours"])
        api.delete_watchlist(made.id)
        equal(api.get_watchlists(), [])


def market_data():
    with check("latest", "trade, quote and bar"):
        trade, quote = api.get_latest_trade("SMR", feed="iex"), api.get_latest_quote("SMR", feed="iex")
        assert quote.bp <= trade.p <= quote.ap, (quote, trade)
        equal(set(api.get_latest_bars(["SMR", "SPY"], feed="iex")), {"SMR", "SPY"})
    with check("snapshots", "two symbols"):
        found = api.get_snapshots(["SMR", "SPY"])
        assert found["SMR"].latest_trade and found["SPY"].daily_bar, found
    for name, timeframe, days, least in [
        ("minutes", TimeFrame.Minute, 4, 300),
        ("days", TimeFrame.Day, 30, 30),
        ("weeks", TimeFrame(1, TimeFrameUnit.Week), 90, 20),
    ]:
        with check("bars", name):
            span = {"start": (END - timedelta(days=days)).isoformat(), "end": END.isoformat()}
            found = api.get_bars(["SMR", "SPY"], timeframe, **span, adjustment="all", sort=Sort.Desc).df
            assert len(found) >= least and (found.low <= found.high).all(), found
    # A minute of the newest session: nights and weekends have no ticks.
    last = api.get_bars("SPY", TimeFrame.Minute, (END - timedelta(days=5)).isoformat(), END.isoformat(), sort=Sort.Desc, limit=1)
    span = {"start": last[0].t.isoformat(), "end": (last[0].t + timedelta(minutes=1)).isoformat()}
    with check("historical-trades", "of a minute"):
        assert len(api.get_trades("SPY", **span, limit=30).df) == 30
    with check("historical-quotes", "of a minute"):
        assert (api.get_quotes("SPY", **span).df.ask_price > 0).all()
    with check("crypto", "data"):
        api.get_latest_crypto_trades(["BTC/USD"])
    with check("news", "headlines"):
        api.get_news("SPY")


account()
orders()
positions()
market_data()
streams.run(checks, api, ends)
done()
