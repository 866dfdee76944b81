//! Orders: placed, refused, replaced, cancelled, listed.

use apca::api::v2::order::{self, Amount, Class, CreateReqInit, Order, Side, Status, StopLoss, TakeProfit, TimeInForce, Type};
use apca::api::v2::{account_config, asset, orders, position};
use apca::Client;
use num_decimal::Num;
use uuid::Uuid;

use crate::checks::{check, ends, price, refuses, Check, Failure};
use crate::ensure;

pub async fn run(client: &Client) {
    price("SMR", "40").ok();
    price("OKLO", "50").ok();
    check("simple-orders", "market", market(client)).await;
    check("simple-orders", "notional and fraction", parts(client)).await;
    check("priced-orders", "limit", limit(client)).await;
    check("priced-orders", "stop and stop limit", stops(client)).await;
    check("priced-orders", "a symbol with its exchange", composite(client)).await;
    check("refusals", "no such asset, too dear, no such order", refusals(client)).await;
    check("trailing-stop", "by dollars", trailing(client)).await;
    check("order-classes", "bracket", bracket(client)).await;
    check("order-classes", "OTO", triggered(client)).await;
    for (name, tif) in [("IOC", TimeInForce::ImmediateOrCancel), ("FOK", TimeInForce::FillOrKill)] {
        check("times-in-force", name, immediate(client, tif)).await;
    }
    for (name, tif) in [("OPG", TimeInForce::UntilMarketOpen), ("CLS", TimeInForce::UntilMarketClose)] {
        check("times-in-force", name, auction(client, tif)).await;
    }
    check("extended-hours", "limit", extended(client)).await;
    check("short-sale", "opened and closed", short(client)).await;
    check("replace", "limit price and quantity", replace(client)).await;
    check("cancel", "one", cancel(client)).await;
    check("order-queries", "by symbol and by its own id", queries(client)).await;
}

/// One share or more, bought at the market for the day, unless something else is asked for.
async fn place(client: &Client, ask: CreateReqInit, symbol: &str, side: Side, shares: i32) -> Result<Order, Failure> {
    Ok(client.issue::<order::Create>(&ask.init(symbol, side, Amount::quantity(shares))).await?)
}

fn limited(dollars: i32) -> CreateReqInit {
    CreateReqInit { type_: Type::Limit, limit_price: Some(Num::from(dollars)), ..Default::default() }
}

async fn market(client: &Client) -> Check {
    let order = place(client, Default::default(), "SMR", Side::Buy, 10).await?;
    let filled = ends(client, order.id, Status::Filled).await?;
    ensure!(filled.filled_quantity == Num::from(10) && filled.average_fill_price > Some(Num::from(39)), "{filled:?}");
    Ok(())
}

async fn parts(client: &Client) -> Check {
    for amount in [Amount::notional(100), Amount::quantity(Num::new(1, 2))] {
        let request = CreateReqInit::default().init("SMR", Side::Buy, amount);
        let order = client.issue::<order::Create>(&request).await?;
        ends(client, order.id, Status::Filled).await?;
    }
    Ok(())
}

async fn limit(client: &Client) -> Check {
    let order = place(client, limited(40), "OKLO", Side::Buy, 1).await?;
    ensure!(order.limit_price == Some(Num::from(40)) && order.type_ == Type::Limit, "{order:?}");
    ends(client, order.id, Status::New).await?;
    price("OKLO", "39")?;
    ends(client, order.id, Status::Filled).await?;
    price("OKLO", "50")
}

async fn stops(client: &Client) -> Check {
    let stop = CreateReqInit { type_: Type::Stop, stop_price: Some(Num::from(45)), ..Default::default() };
    let order = place(client, stop, "OKLO", Side::Sell, 1).await?;
    ends(client, order.id, Status::New).await?;
    price("OKLO", "44")?;
    ends(client, order.id, Status::Filled).await?;
    price("OKLO", "50")?;
    let stop_limit = CreateReqInit { type_: Type::StopLimit, stop_price: Some(Num::from(55)), ..limited(57) };
    let order = place(client, stop_limit, "OKLO", Side::Buy, 1).await?;
    ends(client, order.id, Status::New).await?;
    price("OKLO", "56")?;
    ends(client, order.id, Status::Filled).await?;
    price("OKLO", "50")
}

async fn composite(client: &Client) -> Check {
    let exchange = client.issue::<asset::Get>(&asset::Symbol::Sym("SMR".into())).await?.exchange;
    let mut request = limited(20).init("SMR", Side::Buy, Amount::quantity(1));
    request.symbol = asset::Symbol::SymExchgCls("SMR".into(), exchange, asset::Class::UsEquity);
    let order = client.issue::<order::Create>(&request).await?;
    client.issue::<order::Delete>(&order.id).await?;
    ensure!(order.symbol == "SMR", "{order:?}");
    Ok(())
}

async fn refusals(client: &Client) -> Check {
    let missing = CreateReqInit::default().init("NOSUCH9", Side::Buy, Amount::quantity(1));
    refuses(client.issue::<order::Create>(&missing).await, "asset \"NOSUCH9\" not found")?;
    let dear = CreateReqInit::default().init("SMR", Side::Buy, Amount::quantity(1_000_000));
    refuses(client.issue::<order::Create>(&dear).await, "insufficient buying power")?;
    refuses(client.issue::<order::Get>(&order::Id(Uuid::new_v4())).await, "order not found for")
}

async fn trailing(client: &Client) -> Check {
    let ask = CreateReqInit { type_: Type::TrailingStop, trail_price: Some(Num::from(2)), ..Default::default() };
    let order = place(client, ask, "SMR", Side::Sell, 1).await?;
    let found = ends(client, order.id, Status::New).await?;
    ensure!(found.trail_price == Some(Num::from(2)) && found.stop_price.is_some(), "{found:?}");
    price("SMR", "37")?;
    ends(client, order.id, Status::Filled).await?;
    price("SMR", "40")
}

fn with_exits(class: Class, profit: Option<i32>) -> CreateReqInit {
    CreateReqInit {
        class,
        take_profit: profit.map(|dollars| TakeProfit::Limit(Num::from(dollars))),
        stop_loss: Some(StopLoss::Stop(Num::from(45))),
        ..Default::default()
    }
}

async fn bracket(client: &Client) -> Check {
    let order = place(client, with_exits(Class::Bracket, Some(60)), "OKLO", Side::Buy, 2).await?;
    ensure!(order.class == Class::Bracket && order.legs.len() == 2, "{order:?}");
    ends(client, order.id, Status::Filled).await?;
    price("OKLO", "61")?;
    for leg in order.legs {
        let wanted = if leg.type_ == Type::Limit { Status::Filled } else { Status::Canceled };
        ends(client, leg.id, wanted).await?;
    }
    price("OKLO", "50")
}

async fn triggered(client: &Client) -> Check {
    let order = place(client, with_exits(Class::OneTriggersOther, None), "OKLO", Side::Buy, 1).await?;
    ensure!(order.legs.len() == 1, "{order:?}");
    ends(client, order.id, Status::Filled).await?;
    client.issue::<order::Delete>(&order.legs[0].id).await?;
    ends(client, order.legs[0].id, Status::Canceled).await?;
    Ok(())
}

async fn immediate(client: &Client, time_in_force: TimeInForce) -> Check {
    for (dollars, status) in [(20, Status::Canceled), (44, Status::Filled)] {
        let ask = CreateReqInit { time_in_force, ..limited(dollars) };
        let order = place(client, ask, "SMR", Side::Buy, 1).await?;
        ends(client, order.id, status).await?;
    }
    Ok(())
}

async fn auction(client: &Client, time_in_force: TimeInForce) -> Check {
    let order = place(client, CreateReqInit { time_in_force, ..Default::default() }, "SMR", Side::Buy, 1).await?;
    ensure!(order.time_in_force == time_in_force, "{order:?}");
    Ok(())
}

async fn extended(client: &Client) -> Check {
    let order = place(client, CreateReqInit { extended_hours: true, ..limited(20) }, "SMR", Side::Buy, 1).await?;
    ensure!(order.extended_hours, "{order:?}");
    client.issue::<order::Delete>(&order.id).await?;
    Ok(())
}

async fn short(client: &Client) -> Check {
    let settings = client.issue::<account_config::Get>(&()).await?;
    let allowed = account_config::Configuration { no_shorting: false, ..settings };
    client.issue::<account_config::Change>(&allowed).await?;
    let order = place(client, Default::default(), "LEU", Side::Sell, 3).await?;
    ends(client, order.id, Status::Filled).await?;
    let symbol = asset::Symbol::Sym("LEU".into());
    let found = client.issue::<position::Get>(&symbol).await?;
    ensure!(found.side == position::Side::Short && found.quantity == Num::from(3), "{found:?}");
    let closing = client.issue::<position::Delete>(&symbol).await?;
    ends(client, closing.id, Status::Filled).await?;
    Ok(())
}

async fn replace(client: &Client) -> Check {
    let order = place(client, limited(20), "SMR", Side::Buy, 1).await?;
    ends(client, order.id, Status::New).await?;
    let change = order::ChangeReq { limit_price: Some(Num::from(21)), quantity: Some(Num::from(2)), ..Default::default() };
    let after = client.issue::<order::Change>(&(order.id, change)).await?;
    ensure!(after.limit_price == Some(Num::from(21)) && after.amount == Amount::quantity(2), "{after:?}");
    ends(client, order.id, Status::Replaced).await?;
    client.issue::<order::Delete>(&after.id).await?;
    Ok(())
}

async fn cancel(client: &Client) -> Check {
    let order = place(client, limited(20), "SMR", Side::Buy, 1).await?;
    client.issue::<order::Delete>(&order.id).await?;
    ends(client, order.id, Status::Canceled).await?;
    Ok(())
}

async fn queries(client: &Client) -> Check {
    let order = place(client, limited(20), "SMR", Side::Buy, 1).await?;
    let request = orders::ListReq { symbols: vec!["SMR".into()], ..Default::default() };
    let found = client.issue::<orders::List>(&request).await?;
    let own = client.issue::<order::GetByClientId>(&order.client_order_id).await?;
    client.issue::<order::Delete>(&order.id).await?;
    ends(client, order.id, Status::Canceled).await?;
    ensure!(found.iter().any(|each| each.id == order.id) && found.iter().all(|each| each.symbol == "SMR"), "{found:?}");
    ensure!(own.id == order.id, "{own:?}");
    Ok(())
}
