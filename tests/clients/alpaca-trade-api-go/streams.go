package main

import (
	"context"
	"errors"
	"io"
	"log"
	"sync"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"
)

// A bar of a minute comes after its end.
const minuteBarSeconds = 80

// seen keeps what a stream's own goroutine hands over.
type seen[T any] struct {
	lock sync.Mutex
	all  []T
}

func (s *seen[T]) add(one T) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.all = append(s.all, one)
}

func (s *seen[T]) list() []T {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]T(nil), s.all...)
}

func streamChecks() {
	log.SetOutput(io.Discard)
	check("trade-events", "a market order", tradeEvents)
	dataStream()
}

// Order updates come as server-sent events: this client has no other way.
func tradeEvents() {
	var updates seen[alpaca.TradeUpdate]
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { ended <- trading.StreamTradeUpdates(ctx, updates.add, alpaca.StreamTradeUpdatesRequest{}) }()
	select {
	case err := <-ended:
		panic(errors.Join(err, errorIf(err == nil, "the stream ended")))
	case <-time.After(time.Second):
	}
	order := must(market("SMR", alpaca.Buy, 1))
	until("the fill", 15, func() bool {
		for _, update := range updates.list() {
			if update.Order.ID == order.ID && update.Event == "fill" {
				same(update.Price.IsPositive() && update.EventID != "" && !update.At.IsZero(), "%+v", update)
				return true
			}
		}
		return false
	})
}

func errorIf(isSo bool, text string) error {
	if isSo {
		return errors.New(text)
	}
	return nil
}

func dataStream() {
	var trades seen[stream.Trade]
	var quotes seen[stream.Quote]
	var bars seen[stream.Bar]
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	client := stream.NewStocksClient(
		marketdata.IEX,
		stream.WithTrades(trades.add, "SPY"),
		stream.WithQuotes(quotes.add, "SPY"),
		stream.WithBars(bars.add, "SPY"),
		stream.WithReconnectSettings(2, 100*time.Millisecond),
		stream.WithLogger(stream.ErrorOnlyLogger()),
	)
	refused := client.Connect(ctx)
	arrival := func(isThere func() bool) {
		if refused != nil {
			panic(refused)
		}
		until("the data", minuteBarSeconds, isThere)
		time.Sleep(500 * time.Millisecond)
	}
	check("data-stream", "trades as HTTP has them", func() {
		arrival(func() bool { return len(trades.list()) > 0 })
		one := trades.list()[0]
		found := must(data.GetTrades("SPY", marketdata.GetTradesRequest{Start: one.Timestamp, End: one.Timestamp}))
		same(len(found) > 0 && found[0].Price == one.Price && found[0].ID == one.ID && found[0].Size == one.Size, "%+v %+v", one, found)
	})
	check("data-stream", "quotes as HTTP has them", func() {
		arrival(func() bool { return len(quotes.list()) > 0 })
		one := quotes.list()[0]
		found := must(data.GetQuotes("SPY", marketdata.GetQuotesRequest{Start: one.Timestamp, End: one.Timestamp}))
		same(len(found) > 0 && found[0].BidPrice == one.BidPrice && found[0].AskPrice == one.AskPrice, "%+v %+v", one, found)
	})
	check("data-stream", "bars as HTTP has them", func() {
		arrival(func() bool { return len(bars.list()) > 0 })
		one := bars.list()[0]
		ask := marketdata.GetBarsRequest{TimeFrame: marketdata.OneMin, Start: one.Timestamp, End: one.Timestamp}
		found := must(data.GetBars("SPY", ask))
		same(len(found) == 1 && found[0].Close == one.Close && found[0].High == one.High && found[0].Volume == one.Volume, "%+v %+v", one, found)
	})
}
