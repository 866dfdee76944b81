package main

import (
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
)

var trading = alpaca.NewClient(alpaca.ClientOpts{})

func accountChecks() {
	check("account", "money and status", func() {
		found := must(trading.GetAccount())
		same(found.Cash.String() == "100000" && found.Status == "ACTIVE" && found.Currency == "USD", "%+v", found)
	})
	check("settings", "changed and read back", func() {
		ask := alpaca.UpdateAccountConfigurationsRequest{TradeConfirmEmail: "none", FractionalTrading: true, SuspendTrade: true}
		must(trading.UpdateAccountConfigurations(ask))
		same(must(trading.GetAccount()).TradeSuspendedByUser, "trading is not suspended")
		ask.SuspendTrade = false
		must(trading.UpdateAccountConfigurations(ask))
		found := must(trading.GetAccountConfigurations())
		same(found.TradeConfirmEmail == alpaca.None, "%+v", found)
		same(!must(trading.GetAccount()).TradeSuspendedByUser, "trading stays suspended")
	})
	check("clock", "next open and close", func() {
		clock := must(trading.GetClock())
		same(!clock.NextOpen.IsZero() && clock.NextClose.After(clock.Timestamp), "%+v", clock)
	})
	check("calendar", "a week with a holiday and a half-day", func() {
		days := must(trading.GetCalendar(alpaca.GetCalendarRequest{
			Start: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC),
		}))
		same(len(days) == 4 && days[3].Date == "2026-11-27" && days[3].Close == "13:00", "%+v", days)
	})
	check("assets", "list", func() {
		listed := must(trading.GetAssets(alpaca.GetAssetsRequest{Status: "active", AssetClass: "us_equity"}))
		symbols := map[string]bool{}
		for _, asset := range listed {
			symbols[asset.Symbol] = true
		}
		same(symbols["SMR"], "%d assets without SMR", len(listed))
	})
	check("assets", "one, by symbol and by id", func() {
		asset := must(trading.GetAsset("SMR"))
		same(asset.Tradable && must(trading.GetAsset(asset.ID)).Symbol == "SMR", "%+v", asset)
	})
}

func historyChecks() {
	check("activities", "fills, page by page", func() {
		ask := alpaca.GetAccountActivitiesRequest{ActivityTypes: []string{"FILL"}, PageSize: 2}
		first := must(trading.GetAccountActivities(ask))
		ask.PageToken = first[len(first)-1].ID
		second := must(trading.GetAccountActivities(ask))
		same(len(first) == 2 && len(second) == 2 && first[1].ID != second[0].ID, "%+v %+v", first, second)
		same(first[0].Price.IsPositive() && first[0].Qty.IsPositive(), "%+v", first[0])
	})
	check("transfers", "a deposit among the activities", func() {
		control("transfers", map[string]any{"amount": "5000"})
		for _, activity := range must(trading.GetAccountActivities(alpaca.GetAccountActivitiesRequest{})) {
			if activity.ActivityType == "CSD" {
				same(activity.NetAmount.String() == "5000" && activity.Date.IsValid(), "%+v", activity)
				return
			}
		}
		same(false, "no deposit")
	})
	check("portfolio-history", "a week by day", func() {
		found := must(trading.GetPortfolioHistory(alpaca.GetPortfolioHistoryRequest{Period: "1W", TimeFrame: alpaca.Day1}))
		same(len(found.Equity) == len(found.Timestamp) && found.BaseValue.IsPositive(), "%+v", found)
	})
	check("watchlists", "made, changed, deleted", func() {
		made := must(trading.CreateWatchlist(alpaca.CreateWatchlistRequest{Name: "mine", Symbols: []string{"SMR"}}))
		must(trading.AddSymbolToWatchlist(made.ID, alpaca.AddSymbolToWatchlistRequest{Symbol: "OKLO"}))
		same(len(must(trading.GetWatchlist(made.ID)).Assets) == 2, "not two symbols")
		must(trading.UpdateWatchlist(made.ID, alpaca.UpdateWatchlistRequest{Name: "ours", Symbols: []string{"SMR", "OKLO"}}))
		must(0, trading.RemoveSymbolFromWatchlist(made.ID, alpaca.RemoveSymbolFromWatchlistRequest{Symbol: "SMR"}))
		all := must(trading.GetWatchlists())
		same(len(all) == 1 && all[0].Name == "ours", "%+v", all)
		same(len(must(trading.GetWatchlist(made.ID)).Assets) == 1, "not one symbol")
		must(0, trading.DeleteWatchlist(made.ID))
		same(len(must(trading.GetWatchlists())) == 0, "still there")
	})
	check("options", "contracts", func() {
		must(trading.GetOptionContracts(alpaca.GetOptionContractsRequest{UnderlyingSymbols: "SPY"}))
	})
	check("options", "an order", func() { must(market("SPY261218C00600000", alpaca.Buy, 1)) })
	check("crypto", "an order", func() {
		must(place(alpaca.PlaceOrderRequest{Symbol: "BTC/USD", Qty: shares(1), TimeInForce: alpaca.GTC}))
	})
}
