package main

import (
	"sort"
	"time"

	"cloud.google.com/go/civil"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
)

var data = marketdata.NewClient(marketdata.ClientOpts{Feed: marketdata.IEX})

var both = []string{"SMR", "SPY"}

func marketDataChecks() {
	check("latest", "trade, quote and bar", func() {
		trade := must(data.GetLatestTrade("SMR", marketdata.GetLatestTradeRequest{}))
		quotes := must(data.GetLatestQuotes(both, marketdata.GetLatestQuoteRequest{}))
		bar := must(data.GetLatestBar("SMR", marketdata.GetLatestBarRequest{}))
		same(quotes["SMR"].BidPrice <= trade.Price && trade.Price <= quotes["SMR"].AskPrice, "%+v %+v", quotes["SMR"], trade)
		same(len(quotes) == 2 && bar.Low <= bar.Close && bar.Close <= bar.High, "%+v", bar)
	})
	check("snapshots", "two symbols", func() {
		found := must(data.GetSnapshots(both, marketdata.GetSnapshotRequest{}))
		same(found["SMR"].LatestTrade != nil && found["SPY"].DailyBar != nil && found["SPY"].PrevDailyBar != nil, "%+v", found)
	})
	for _, each := range []struct {
		name      string
		timeframe marketdata.TimeFrame
		days      int
		least     int
	}{
		{"minutes", marketdata.OneMin, 4, 300},
		{"hours", marketdata.OneHour, 10, 20},
		{"days", marketdata.OneDay, 30, 15},
		{"weeks", marketdata.OneWeek, 90, 10},
		{"months", marketdata.NewTimeFrame(3, marketdata.Month), 900, 8},
	} {
		check("bars", each.name, func() {
			for symbol, bars := range bars(each.timeframe, each.days) {
				same(len(bars) >= each.least, "%d bars of %s", len(bars), symbol)
				same(sort.SliceIsSorted(bars, func(i, j int) bool { return bars[i].Timestamp.Before(bars[j].Timestamp) }), "not in order")
			}
		})
	}
	lastMinute := func() (from, to time.Time) {
		minutes := bars(marketdata.OneMin, 5)["SPY"]
		from = minutes[len(minutes)-1].Timestamp
		return from, from.Add(time.Minute)
	}
	check("historical-trades", "of two symbols, by time, page by page", func() {
		from, to := lastMinute()
		found := must(data.GetMultiTrades(both, marketdata.GetTradesRequest{Start: from, End: to, PageLimit: 20}))
		same(len(found) == 2 && len(found["SPY"]) > 0 && !found["SPY"][0].Timestamp.Before(from), "%d", len(found["SPY"]))
	})
	check("historical-quotes", "of two symbols, by time, page by page", func() {
		from, to := lastMinute()
		found := must(data.GetMultiQuotes(both, marketdata.GetQuotesRequest{Start: from, End: to, PageLimit: 20}))
		same(len(found) == 2 && len(found["SPY"]) > 0 && found["SPY"][0].AskPrice >= found["SPY"][0].BidPrice, "%d", len(found["SPY"]))
	})
	check("corporate-actions", "a split", func() {
		control("splits", map[string]any{"symbol": "UVXY", "ratio": "1:5"})
		today := civil.DateOf(time.Now())
		ask := marketdata.GetCorporateActionsRequest{Symbols: []string{"UVXY"}, Start: today.AddDays(-2), End: today.AddDays(2)}
		found := must(data.GetCorporateActions(ask)).ReverseSplits
		same(len(found) == 1 && found[0].NewRate == 1 && found[0].OldRate == 5, "%+v", found)
	})
	check("crypto", "data", func() { must(data.GetLatestCryptoQuote("BTC/USD", marketdata.GetLatestCryptoQuoteRequest{})) })
	check("news", "headlines", func() { must(data.GetNews(marketdata.GetNewsRequest{Symbols: []string{"SPY"}})) })
}

// The free plan gives nothing newer of all exchanges.
func bars(timeframe marketdata.TimeFrame, days int) map[string][]marketdata.Bar {
	end := time.Now().Add(-20 * time.Minute)
	ask := marketdata.GetBarsRequest{TimeFrame: timeframe, Adjustment: marketdata.All, Start: end.AddDate(0, 0, -days), End: end}
	return must(data.GetMultiBars(both, ask))
}
