"""Account, positions, activities, watchlists."""

from datetime import date

from alpaca.trading.enums import AssetClass, AssetStatus, QueryOrderStatus
from alpaca.trading.models import AccountConfiguration
from alpaca.trading.requests import (
    ClosePositionRequest,
    CreateWatchlistRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOptionContractsRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    UpdateWatchlistRequest,
)

from checks import control, equal, until
from orders import GTC, SELL, client, ends, limit, market


def account(check):
    with check("account", "money and status"):
        found = client.get_account()
        equal((found.cash, found.status.value, found.currency), ("100000", "ACTIVE", "USD"))
        assert float(found.buying_power) >= 100_000, found.buying_power
    with check("settings", "changed and read back"):
        before = client.get_account_configurations()
        changed = AccountConfiguration(**{**before.model_dump(), "suspend_trade": True})
        equal(client.set_account_configurations(changed).suspend_trade, True)
        equal(client.get_account_configurations().suspend_trade, True)
        client.set_account_configurations(before)
        equal(client.get_account_configurations(), before)
    with check("clock", "next open and close"):
        clock = client.get_clock()
        assert clock.timestamp.tzinfo and clock.next_open and clock.next_close, clock
    with check("calendar", "a week with a holiday and a half-day"):
        days = client.get_calendar(GetCalendarRequest(start=date(2026, 11, 23), end=date(2026, 11, 29)))
        equal([day.date.day for day in days], [23, 24, 25, 27])
        equal(days[-1].close.hour, 13)
    with check("assets", "list"):
        listed = client.get_all_assets(GetAssetsRequest(status=AssetStatus.ACTIVE, asset_class=AssetClass.US_EQUITY))
        assert "SMR" in {asset.symbol for asset in listed}
        with_options = client.get_all_assets(GetAssetsRequest(attributes="has_options"))
        assert all("has_options" in asset.attributes for asset in with_options)
    with check("assets", "one, by symbol and by id"):
        asset = client.get_asset("SMR")
        equal((asset.symbol, asset.tradable), ("SMR", True))
        equal(client.get_asset(asset.id).symbol, "SMR")


def after_orders(check):
    positions(check)
    history(check)
    watchlists(check)
    elsewhere(check)


def positions(check):
    ends(market("SMR", qty=10))
    with check("positions", "list and one"):
        listed = {position.symbol: position for position in client.get_all_positions()}
        position = client.get_open_position("SMR")
        equal(listed["SMR"].qty, position.qty)
        equal(client.get_open_position(position.asset_id).symbol, "SMR")
        assert abs(float(position.market_value) - 40 * float(position.qty)) < 20, position
    with check("close-position", "a quantity and a percentage"):
        before = float(client.get_open_position("SMR").qty)
        ends(client.close_position("SMR", ClosePositionRequest(qty="1")))
        until(lambda: float(client.get_open_position("SMR").qty) == before - 1)
        ends(client.close_position("SMR", ClosePositionRequest(percentage="50")))
        until(lambda: abs(float(client.get_open_position("SMR").qty) - (before - 1) / 2) < 0.001)
    with check("close-all", "with the open orders"):
        limit("SMR", 80, side=SELL)
        answers = client.close_all_positions(cancel_orders=True)
        equal({answer.status for answer in answers}, {200})
        until(lambda: client.get_all_positions() == [])
        equal(client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN)), [])


def history(check):
    with check("activities", "fills, page by page"):
        first = client.get("/account/activities/FILL", {"page_size": 2})
        second = client.get("/account/activities/FILL", {"page_size": 2, "page_token": first[-1]["id"]})
        equal(len({activity["id"] for activity in first + second}), 4)
    with check("transfers", "a deposit among the activities"):
        control("transfers", amount="5000")
        found = [each for each in client.get("/account/activities") if each["activity_type"] == "CSD"]
        equal(float(found[0]["net_amount"]), 5000)
        date.fromisoformat(found[0]["date"])
    with check("portfolio-history", "a week by day"):
        found = client.get_portfolio_history(GetPortfolioHistoryRequest(period="1W", timeframe="1D"))
        equal(len(found.timestamp), len(found.equity))
        assert found.base_value > 0 and found.timeframe == "1D", found


def watchlists(check):
    with check("watchlists", "made, changed, deleted"):
        made = client.create_watchlist(CreateWatchlistRequest(name="mine", symbols=["SMR"]))
        client.add_asset_to_watchlist_by_id(made.id, "OKLO")
        client.update_watchlist_by_id(made.id, UpdateWatchlistRequest(name="ours"))
        found = client.get_watchlist_by_id(made.id)
        equal((found.name, {asset.symbol for asset in found.assets}), ("ours", {"SMR", "OKLO"}))
        client.remove_asset_from_watchlist_by_id(made.id, "SMR")
        equal([each.name for each in client.get_watchlists()], ["ours"])
        client.delete_watchlist_by_id(made.id)
        equal(client.get_watchlists(), [])


def elsewhere(check):
    with check("options", "contracts"):
        client.get_option_contracts(GetOptionContractsRequest(underlying_symbols=["SPY"]))
    with check("options", "an order"):
        market("SPY261218C00600000", qty=1)
    with check("crypto", "an order"):
        market("BTC/USD", qty=1, tif=GTC)
