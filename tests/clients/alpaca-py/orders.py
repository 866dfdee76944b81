"""Orders: placed, refused, replaced, cancelled, listed."""

import uuid

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, OrderType, QueryOrderStatus, TimeInForce
from alpaca.trading.models import AccountConfiguration
from alpaca.trading.requests import (
    GetOrderByIdRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from checks import KEY, SECRET, TRADING, control, equal, until

BUY, SELL, DAY, GTC = OrderSide.BUY, OrderSide.SELL, TimeInForce.DAY, TimeInForce.GTC
client = TradingClient(KEY, SECRET, url_override=TRADING)


def market(symbol, side=BUY, tif=DAY, **more):
    return client.submit_order(MarketOrderRequest(symbol=symbol, side=side, time_in_force=tif, **more))


def limit(symbol, price, qty=1, side=BUY, tif=DAY, **more):
    return client.submit_order(LimitOrderRequest(symbol=symbol, qty=qty, side=side, limit_price=price, time_in_force=tif, **more))


def ends(order, *statuses):
    """The order, once it has one of these statuses."""
    wanted = statuses or (OrderStatus.FILLED,)
    return until(lambda: (found := client.get_order_by_id(order.id)).status in wanted and found)


def run(checks):
    control("prices", symbol="SMR", price="40")
    control("prices", symbol="OKLO", price="50")
    orders(checks.check, checks.refuses)
    order_kinds(checks.check)
    changes(checks.check)


def orders(check, refuses):
    with check("simple-orders", "market"):
        filled = ends(market("SMR", qty=10))
        equal(float(filled.filled_qty), 10)
        assert abs(float(filled.filled_avg_price) - 40) < 1, filled.filled_avg_price
    with check("simple-orders", "notional"):
        filled = ends(market("SMR", notional=100))
        assert 2 < float(filled.filled_qty) < 3 and float(filled.notional) == 100, filled
    with check("simple-orders", "fraction"):
        equal(float(ends(market("SMR", qty=0.5)).filled_qty), 0.5)
    with check("priced-orders", "limit"):
        order = limit("OKLO", 40, tif=GTC)
        equal((order.order_type, float(order.limit_price), order.time_in_force), (OrderType.LIMIT, 40, GTC))
        ends(order, OrderStatus.NEW)
        control("prices", symbol="OKLO", price="39")
        ends(order)
        control("prices", symbol="OKLO", price="50")
    with check("priced-orders", "stop"):
        order = client.submit_order(StopOrderRequest(symbol="OKLO", qty=1, side=SELL, stop_price=45, time_in_force=DAY))
        ends(order, OrderStatus.NEW)
        control("prices", symbol="OKLO", price="44")
        assert float(ends(order).filled_avg_price) < 45
        control("prices", symbol="OKLO", price="50")
    with check("priced-orders", "stop limit"):
        order = client.submit_order(
            StopLimitOrderRequest(symbol="OKLO", qty=1, side=BUY, stop_price=55, limit_price=57, time_in_force=DAY)
        )
        equal((float(order.stop_price), float(order.limit_price)), (55, 57))
        ends(order, OrderStatus.NEW)
        control("prices", symbol="OKLO", price="56")
        ends(order)
        control("prices", symbol="OKLO", price="50")
    with check("refusals", "no such asset"):
        refuses(lambda: market("NOSUCH9", qty=1), 422, 'asset "NOSUCH9" not found')
    with check("refusals", "more than the account can pay"):
        refuses(lambda: market("SMR", qty=1_000_000), 403, "insufficient buying power")
    with check("refusals", "an id twice"):
        name = str(uuid.uuid4())
        limit("SMR", 20, client_order_id=name)
        refuses(lambda: limit("SMR", 20, client_order_id=name), 422, "client_order_id must be unique")
    with check("refusals", "a price between two steps"):
        refuses(lambda: limit("SMR", 20.001), 422, "sub-penny increment does not fulfill minimum pricing criteria")
    with check("refusals", "an order that is not there"):
        refuses(lambda: client.get_order_by_id(uuid.uuid4()), 404, "order not found for")
    client.cancel_orders()


def order_kinds(check):
    with check("trailing-stop", "by dollars"):
        order = client.submit_order(TrailingStopOrderRequest(symbol="SMR", qty=1, side=SELL, time_in_force=DAY, trail_price=2))
        ends(order, OrderStatus.NEW)
        found = client.get_order_by_id(order.id)
        assert float(found.hwm) >= 39 and abs(float(found.hwm) - 2 - float(found.stop_price)) < 0.011, found
        control("prices", symbol="SMR", price="37")
        ends(order)
        control("prices", symbol="SMR", price="40")
    with check("trailing-stop", "by percent"):
        order = client.submit_order(TrailingStopOrderRequest(symbol="SMR", qty=1, side=SELL, time_in_force=GTC, trail_percent=5))
        equal(float(order.trail_percent), 5)
        client.cancel_order_by_id(order.id)
        ends(order, OrderStatus.CANCELED)
    profit, loss = TakeProfitRequest(limit_price=60), StopLossRequest(stop_price=45)
    with check("order-classes", "bracket"):
        order = market("OKLO", qty=2, order_class=OrderClass.BRACKET, take_profit=profit, stop_loss=loss)
        equal((order.order_class, len(order.legs)), (OrderClass.BRACKET, 2))
        ends(order)
        control("prices", symbol="OKLO", price="61")
        legs = until(
            lambda: {leg.order_type: leg.status for leg in client.get_order_by_id(order.id, GetOrderByIdRequest(nested=True)).legs}
            == {OrderType.LIMIT: OrderStatus.FILLED, OrderType.STOP: OrderStatus.CANCELED}
        )
        control("prices", symbol="OKLO", price="50")
        assert legs
    with check("order-classes", "OCO"):
        ends(market("OKLO", qty=2))
        order = client.submit_order(
            LimitOrderRequest(
                symbol="OKLO", qty=2, side=SELL, time_in_force=GTC, order_class=OrderClass.OCO, take_profit=profit, stop_loss=loss
            )
        )
        equal((order.order_class, len(order.legs)), (OrderClass.OCO, 1))
        control("prices", symbol="OKLO", price="44")
        ends(order, OrderStatus.CANCELED)
        control("prices", symbol="OKLO", price="50")
    with check("order-classes", "OTO"):
        order = market("OKLO", qty=1, order_class=OrderClass.OTO, stop_loss=loss)
        equal((order.order_class, len(order.legs)), (OrderClass.OTO, 1))
        ends(order)
    client.cancel_orders()
    with check("times-in-force", "IOC"):
        ends(limit("SMR", 20, tif=TimeInForce.IOC), OrderStatus.CANCELED)
        ends(limit("SMR", 44, tif=TimeInForce.IOC))
    with check("times-in-force", "FOK"):
        ends(limit("SMR", 20, tif=TimeInForce.FOK), OrderStatus.CANCELED)
        ends(limit("SMR", 44, tif=TimeInForce.FOK))
    with check("times-in-force", "OPG"):
        equal(market("SMR", qty=1, tif=TimeInForce.OPG).time_in_force, TimeInForce.OPG)
    with check("times-in-force", "CLS"):
        equal(market("SMR", qty=1, tif=TimeInForce.CLS).time_in_force, TimeInForce.CLS)
    with check("extended-hours", "limit"):
        equal(limit("SMR", 20, extended_hours=True).extended_hours, True)
    with check("short-sale", "opened and closed"):
        settings = client.get_account_configurations()
        client.set_account_configurations(AccountConfiguration(**{**settings.model_dump(), "no_shorting": False}))
        control("prices", symbol="LEU", price="200")
        ends(market("LEU", SELL, qty=3))
        position = client.get_open_position("LEU")
        equal((float(position.qty), position.side.value), (-3, "short"))
        ends(client.close_position("LEU"))
    client.cancel_orders()


def changes(check):
    with check("replace", "limit price and quantity"):
        order = ends(limit("SMR", 20), OrderStatus.NEW)
        after = client.replace_order_by_id(order.id, ReplaceOrderRequest(limit_price=21, qty=2))
        equal((float(after.limit_price), float(after.qty), after.replaces), (21, 2, order.id))
        ends(order, OrderStatus.REPLACED)
    with check("replace", "stop price"):
        order = client.submit_order(StopOrderRequest(symbol="SMR", qty=1, side=BUY, stop_price=60, time_in_force=DAY))
        ends(order, OrderStatus.NEW)
        equal(float(client.replace_order_by_id(order.id, ReplaceOrderRequest(stop_price=61)).stop_price), 61)
    with check("cancel", "one"):
        order = ends(limit("SMR", 20), OrderStatus.NEW)
        client.cancel_order_by_id(order.id)
        ends(order, OrderStatus.CANCELED)
    with check("cancel", "all"):
        limit("SMR", 20)
        assert all(answer.status == 200 for answer in client.cancel_orders())
        until(lambda: client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN)) == [])
    with check("order-queries", "by symbol, side and status, newest first"):
        found = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, symbols=["SMR"], side=BUY, limit=3))
        equal([(order.symbol, order.side) for order in found], [("SMR", BUY)] * 3)
        assert found[0].submitted_at >= found[-1].submitted_at
    with check("order-queries", "by its own id"):
        order = limit("SMR", 20, client_order_id=f"own-{uuid.uuid4()}")
        equal(client.get_order_by_client_id(order.client_order_id).id, order.id)
        client.cancel_order_by_id(order.id)
