package main

import (
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"
)

func shares(quantity float64) *decimal.Decimal {
	value := decimal.NewFromFloat(quantity)
	return &value
}

// place fills in what most orders here have.
func place(ask alpaca.PlaceOrderRequest) (*alpaca.Order, error) {
	if ask.Side == "" {
		ask.Side = alpaca.Buy
	}
	if ask.Type == "" {
		ask.Type = alpaca.Market
	}
	if ask.TimeInForce == "" {
		ask.TimeInForce = alpaca.Day
	}
	return trading.PlaceOrder(ask)
}

func market(symbol string, side alpaca.Side, quantity float64) (*alpaca.Order, error) {
	return place(alpaca.PlaceOrderRequest{Symbol: symbol, Side: side, Qty: shares(quantity)})
}

func limit(symbol string, dollars float64, tif alpaca.TimeInForce) *alpaca.Order {
	ask := alpaca.PlaceOrderRequest{Symbol: symbol, Qty: shares(1), Type: alpaca.Limit, LimitPrice: shares(dollars), TimeInForce: tif}
	return must(place(ask))
}

// ends waits until the order has this status, and gives it as it then is.
func ends(order *alpaca.Order, status string) *alpaca.Order {
	var found *alpaca.Order
	until(order.Symbol+" "+status, 15, func() bool {
		found = must(trading.GetOrder(order.ID))
		return found.Status == status
	})
	return found
}

func orderChecks() {
	check("simple-orders", "market", func() {
		filled := ends(must(market("SMR", alpaca.Buy, 10)), "filled")
		same(filled.FilledQty.String() == "10" && filled.FilledAvgPrice.Sub(*shares(40)).Abs().LessThan(*shares(1)), "%+v", filled)
	})
	check("simple-orders", "notional", func() {
		filled := ends(must(place(alpaca.PlaceOrderRequest{Symbol: "SMR", Notional: shares(100)})), "filled")
		same(filled.Notional.String() == "100" && filled.FilledQty.GreaterThan(*shares(2)), "%+v", filled)
	})
	check("simple-orders", "fraction", func() {
		same(ends(must(market("SMR", alpaca.Buy, 0.5)), "filled").FilledQty.String() == "0.5", "another quantity")
	})
	check("priced-orders", "limit", func() {
		order := limit("OKLO", 40, alpaca.GTC)
		same(order.LimitPrice.String() == "40" && order.TimeInForce == alpaca.GTC, "%+v", order)
		ends(order, "new")
		price("OKLO", "39")
		ends(order, "filled")
		price("OKLO", "50")
	})
	check("priced-orders", "stop", func() {
		order := must(place(alpaca.PlaceOrderRequest{Symbol: "OKLO", Qty: shares(1), Side: alpaca.Sell, Type: alpaca.Stop, StopPrice: shares(45)}))
		ends(order, "new")
		price("OKLO", "44")
		same(ends(order, "filled").FilledAvgPrice.LessThan(*shares(45)), "filled too high")
		price("OKLO", "50")
	})
	check("priced-orders", "stop limit", func() {
		ask := alpaca.PlaceOrderRequest{Symbol: "OKLO", Qty: shares(1), Type: alpaca.StopLimit, StopPrice: shares(55), LimitPrice: shares(57)}
		order := must(place(ask))
		ends(order, "new")
		price("OKLO", "56")
		ends(order, "filled")
		price("OKLO", "50")
	})
	check("refusals", "no such asset", func() {
		refuses(func() { must(market("NOSUCH9", alpaca.Buy, 1)) }, 422, `asset "NOSUCH9" not found`)
	})
	check("refusals", "more than the account can pay", func() {
		refuses(func() { must(market("SMR", alpaca.Buy, 1_000_000)) }, 403, "insufficient buying power")
	})
	check("refusals", "an order that is not there", func() {
		refuses(func() { must(trading.GetOrder("00000000-0000-4000-8000-000000000000")) }, 404, "order not found for")
	})
}

func orderKindChecks() {
	check("trailing-stop", "by dollars", func() {
		order := must(place(alpaca.PlaceOrderRequest{Symbol: "SMR", Qty: shares(1), Side: alpaca.Sell, Type: alpaca.TrailingStop, TrailPrice: shares(2)}))
		found := ends(order, "new")
		same(found.HWM.Sub(*shares(2)).Sub(*found.StopPrice).Abs().LessThan(*shares(0.011)), "%+v", found)
		price("SMR", "37")
		ends(order, "filled")
		price("SMR", "40")
	})
	profit, loss := &alpaca.TakeProfit{LimitPrice: shares(60)}, &alpaca.StopLoss{StopPrice: shares(45)}
	check("order-classes", "bracket", func() {
		ask := alpaca.PlaceOrderRequest{Symbol: "OKLO", Qty: shares(2), OrderClass: alpaca.Bracket, TakeProfit: profit, StopLoss: loss}
		order := must(place(ask))
		same(order.OrderClass == alpaca.Bracket && len(order.Legs) == 2, "%+v", order)
		ends(order, "filled")
		price("OKLO", "61")
		for _, leg := range order.Legs {
			ends(&leg, map[alpaca.OrderType]string{alpaca.Limit: "filled", alpaca.Stop: "canceled"}[leg.Type])
		}
		price("OKLO", "50")
	})
	check("order-classes", "OCO", func() {
		ends(must(market("OKLO", alpaca.Buy, 2)), "filled")
		ask := alpaca.PlaceOrderRequest{Symbol: "OKLO", Qty: shares(2), Side: alpaca.Sell, Type: alpaca.Limit, OrderClass: alpaca.OCO, TakeProfit: profit, StopLoss: loss}
		order := must(place(ask))
		same(order.OrderClass == alpaca.OCO && len(order.Legs) == 1, "%+v", order)
		price("OKLO", "44")
		ends(order, "canceled")
		ends(&order.Legs[0], "filled")
		price("OKLO", "50")
	})
	check("order-classes", "OTO", func() {
		order := must(place(alpaca.PlaceOrderRequest{Symbol: "OKLO", Qty: shares(1), OrderClass: alpaca.OTO, StopLoss: loss}))
		same(len(order.Legs) == 1, "%+v", order)
		ends(order, "filled")
	})
	must(0, trading.CancelAllOrders())
	for name, tif := range map[string]alpaca.TimeInForce{"IOC": alpaca.IOC, "FOK": alpaca.FOK} {
		check("times-in-force", name, func() {
			ends(limit("SMR", 20, tif), "canceled")
			ends(limit("SMR", 44, tif), "filled")
		})
	}
	for name, tif := range map[string]alpaca.TimeInForce{"OPG": alpaca.OPG, "CLS": alpaca.CLS} {
		check("times-in-force", name, func() {
			same(must(place(alpaca.PlaceOrderRequest{Symbol: "SMR", Qty: shares(1), TimeInForce: tif})).TimeInForce == tif, "another one")
		})
	}
	check("extended-hours", "limit", func() {
		ask := alpaca.PlaceOrderRequest{Symbol: "SMR", Qty: shares(1), Type: alpaca.Limit, LimitPrice: shares(20), ExtendedHours: true}
		same(must(place(ask)).ExtendedHours, "not for extended hours")
	})
	check("short-sale", "opened and closed", func() {
		allowed := alpaca.UpdateAccountConfigurationsRequest{TradeConfirmEmail: "all", FractionalTrading: true, NoShorting: false}
		must(trading.UpdateAccountConfigurations(allowed))
		ends(must(market("LEU", alpaca.Sell, 3)), "filled")
		position := must(trading.GetPosition("LEU"))
		same(position.Side == "short" && position.Qty.String() == "-3", "%+v", position)
		ends(must(trading.ClosePosition("LEU", alpaca.ClosePositionRequest{})), "filled")
	})
	must(0, trading.CancelAllOrders())
}

func changeChecks() {
	check("replace", "limit price alone", func() {
		order := ends(limit("SMR", 20, alpaca.Day), "new")
		after := must(trading.ReplaceOrder(order.ID, alpaca.ReplaceOrderRequest{LimitPrice: shares(21)}))
		same(after.LimitPrice.String() == "21" && *after.Replaces == order.ID && after.TimeInForce == alpaca.Day, "%+v", after)
		ends(order, "replaced")
	})
	check("replace", "stop price", func() {
		order := must(place(alpaca.PlaceOrderRequest{Symbol: "SMR", Qty: shares(1), Type: alpaca.Stop, StopPrice: shares(60)}))
		ends(order, "new")
		after := must(trading.ReplaceOrder(order.ID, alpaca.ReplaceOrderRequest{StopPrice: shares(61)}))
		same(after.StopPrice.String() == "61", "%+v", after)
	})
	check("cancel", "one", func() {
		order := ends(limit("SMR", 20, alpaca.Day), "new")
		must(0, trading.CancelOrder(order.ID))
		ends(order, "canceled")
	})
	check("cancel", "all", func() {
		limit("SMR", 20, alpaca.Day)
		must(0, trading.CancelAllOrders())
		until("no open order", 15, func() bool { return len(must(trading.GetOrders(alpaca.GetOrdersRequest{}))) == 0 })
	})
	check("order-queries", "by symbol, side, status and time, newest first", func() {
		ask := alpaca.GetOrdersRequest{
			Status: "all", Symbols: []string{"SMR"}, Side: "buy", Limit: 3, Direction: "desc", Until: time.Now().Add(time.Minute), Nested: true,
		}
		found := must(trading.GetOrders(ask))
		same(len(found) == 3 && found[0].Symbol == "SMR" && !found[0].SubmittedAt.Before(found[2].SubmittedAt), "%+v", found)
	})
	check("order-queries", "by its own id", func() {
		order := limit("SMR", 20, alpaca.Day)
		same(must(trading.GetOrderByClientOrderID(order.ClientOrderID)).ID == order.ID, "another order")
		must(0, trading.CancelOrder(order.ID))
	})
}

func positionChecks() {
	ends(must(market("SMR", alpaca.Buy, 10)), "filled")
	held := func() decimal.Decimal { return must(trading.GetPosition("SMR")).Qty }
	check("positions", "list and one", func() {
		same(len(must(trading.GetPositions())) > 0, "none")
		position := must(trading.GetPosition("SMR"))
		same(position.Side == "long" && position.CurrentPrice.IsPositive(), "%+v", position)
		same(must(trading.GetPosition(position.AssetID)).Symbol == "SMR", "another one by id")
	})
	check("close-position", "a quantity and a percentage", func() {
		before := held()
		ends(must(trading.ClosePosition("SMR", alpaca.ClosePositionRequest{Qty: *shares(1)})), "filled")
		same(held().Equal(before.Sub(*shares(1))), "%s after %s", held(), before)
		ends(must(trading.ClosePosition("SMR", alpaca.ClosePositionRequest{Percentage: *shares(50)})), "filled")
		same(held().LessThan(before.Mul(*shares(0.6))), "%s after %s", held(), before)
	})
	check("close-all", "with the open orders", func() {
		must(place(alpaca.PlaceOrderRequest{Symbol: "SMR", Qty: shares(1), Side: alpaca.Sell, Type: alpaca.Limit, LimitPrice: shares(80)}))
		must(trading.CloseAllPositions(alpaca.CloseAllPositionsRequest{CancelOrders: true}))
		until("no position", 15, func() bool { return len(must(trading.GetPositions())) == 0 })
	})
}
