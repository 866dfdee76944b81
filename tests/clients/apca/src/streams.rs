//! The two websockets: order updates and market data.

use std::time::Duration;

use apca::api::v2::order::{self, Amount, CreateReqInit, Side};
use apca::api::v2::updates::{OrderStatus, OrderUpdates};
use apca::data::v2::stream::{drive, Data, MarketData, RealtimeData, IEX};
use apca::Client;
use futures::{FutureExt, StreamExt};
use num_decimal::Num;
use tokio::time::timeout;

use crate::checks::{check, Check, Failure};
use crate::ensure;

const SOON: Duration = Duration::from_secs(15);
/// A bar of a minute comes after its end.
const A_MINUTE_BAR: Duration = Duration::from_secs(80);

pub async fn run(client: &Client) {
    check("trade-updates", "a market order", updates(client)).await;
    check("data-stream", "trades, quotes and bars", market_data(client)).await;
}

async fn updates(client: &Client) -> Check {
    let (mut stream, _subscription) = client.subscribe::<OrderUpdates>().await?;
    let request = CreateReqInit::default().init("SMR", Side::Buy, Amount::quantity(1));
    let order = client.issue::<order::Create>(&request).await?;
    loop {
        let next = timeout(SOON, stream.next()).await?;
        let update = next.ok_or("the stream ended")???;
        if update.order.id == order.id && update.event == OrderStatus::Filled {
            ensure!(update.order.filled_quantity == Num::from(1), "{update:?}");
            return Ok(());
        }
    }
}

async fn market_data(client: &Client) -> Check {
    let (mut stream, mut subscription) = client.subscribe::<RealtimeData<IEX>>().await?;
    let mut wanted = MarketData::default();
    wanted.set_trades(["SPY"]);
    wanted.set_quotes(["SPY"]);
    wanted.set_bars(["SPY"]);
    let subscribing = subscription.subscribe(&wanted).boxed_local();
    drive(subscribing, &mut stream).await.map_err(|_| Failure("data before the answer".into()))???;
    let (mut bars, mut quotes, mut trades) = (0, 0, 0);
    while bars == 0 || quotes == 0 || trades == 0 {
        let next = timeout(A_MINUTE_BAR, stream.next()).await?;
        match next.ok_or("the stream ended")??? {
            Data::Bar(bar) => {
                ensure!(bar.low_price <= bar.close_price && bar.close_price <= bar.high_price, "{bar:?}");
                bars += 1;
            }
            Data::Quote(quote) => {
                ensure!(quote.symbol == "SPY" && quote.bid_price <= quote.ask_price, "{quote:?}");
                quotes += 1;
            }
            Data::Trade(trade) => {
                ensure!(trade.trade_price > Num::from(0), "{trade:?}");
                trades += 1;
            }
            other => ensure!(false, "{other:?}"),
        }
    }
    Ok(())
}
